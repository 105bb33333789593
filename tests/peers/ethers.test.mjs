// ethers v6 against a node, with the node's own accounts (JsonRpcSigner) and
// with keys of its own (Wallet).
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Contract, ContractFactory, ethers, isError, JsonRpcProvider, NonceManager, Wallet } from "ethers";

import { artifact, CHAIN_ID, KEYS, PEER, startNode } from "./lib/node.mjs";
import { random, SEED } from "./lib/random.mjs";


let node, provider, signer, wallet, token, probe;

before(async () => {
  node = await startNode();
  provider = new JsonRpcProvider(node.url, CHAIN_ID, { staticNetwork: true, pollingInterval: 20, cacheTimeout: -1 });
  signer = await provider.getSigner(0);
  wallet = new Wallet(KEYS[1], provider);
  token = await deploy("Token", "Loft Test Token", "LTT", await signer.getAddress());
  probe = await deploy("Probe");
});
after(async () => {
  provider?.destroy();
  await node?.stop();
});

async function deploy(name, ...args) {
  const { abi, bytecode } = artifact(name);
  const contract = await new ContractFactory(abi, bytecode, signer).deploy(...args);
  return contract.waitForDeployment();
}

test("the network is what it says", async () => {
  assert.equal((await provider.getNetwork()).chainId, BigInt(CHAIN_ID));
  assert.equal((await provider.listAccounts()).length, 10);
});

test("the node signs for its own accounts", async () => {
  const sent = await signer.sendTransaction({ to: wallet.address, value: ethers.parseEther("2") });
  const receipt = await sent.wait();
  assert.equal(receipt.status, 1);
  assert.equal(receipt.fee, receipt.gasUsed * receipt.gasPrice);
  assert.equal((await provider.getTransaction(sent.hash)).value, ethers.parseEther("2"));
});

test("messages and typed data signed by the node are the wallet's own signatures", async () => {
  const own = new Wallet(KEYS[0]);
  assert.equal(await signer.signMessage("loft"), await own.signMessage("loft"));
  const domain = { name: "Loft", version: "1", chainId: CHAIN_ID };
  const types = { Mail: [{ name: "to", type: "address" }, { name: "words", type: "string[]" }] };
  const value = { to: wallet.address, words: ["one", "two"] };
  assert.equal(await signer.signTypedData(domain, types, value), await own.signTypedData(domain, types, value));
});

// A random struct type and a value of it; `types` grows by the types it needs.
function randomStruct(numbers, types, depth) {
  const name = `T${Object.keys(types).length}`;
  types[name] = [];
  const value = {};
  const atom = () => {
    const bytes = 1 + numbers.below(32);
    const hex = (length) => numbers.hex(length);
    return numbers.pick([["bool", numbers.below(2) === 1], [`bytes${bytes}`, hex(bytes)], ["bytes", hex(numbers.below(70))], ["string", "é".repeat(numbers.below(5))],
      ["address", hex(20)], [`uint${8 * bytes}`, BigInt(hex(bytes)).toString()], [`int${8 * bytes}`, (-BigInt(hex(bytes)) / 2n).toString()]]);
  };
  for (let i = numbers.below(5); i >= 0; --i) {
    const kind = numbers.below(depth > 0 ? 4 : 2);
    const [type, one] = kind === 3 ? randomStruct(numbers, types, depth - 1) : atom();
    const size = numbers.below(3);
    const [full, whole] = kind < 2 ? [type, one] : [type + numbers.pick(["[]", size ? `[${size}]` : "[]"]), Array(size).fill(one)];
    types[name].push({ name: `m${i}`, type: full });
    value[`m${i}`] = whole;
  }
  return [name, value];
}

test("random typed data has the wallet's own signatures", async () => {
  const numbers = random(SEED);
  for (let i = 0; i < 60; ++i) {
    const types = {};
    const [, value] = randomStruct(numbers, types, 3);
    const domain = numbers.pick([{ name: "Loft" }, { chainId: CHAIN_ID, verifyingContract: numbers.hex(20) }, { version: "2", salt: numbers.hex(32) }]);
    assert.equal(await signer.signTypedData(domain, types, value), await new Wallet(KEYS[0]).signTypedData(domain, types, value),
      `SEED=${SEED}: ${JSON.stringify([types, value])}`);
  }
});

test("tokens move, and events are found by filter and by interface", async () => {
  await (await token.mint(wallet.address, 1000n)).wait();
  const mine = token.connect(wallet);
  const receipt = await (await mine.transfer(await signer.getAddress(), 250n)).wait();
  assert.equal(await token.balanceOf(wallet.address), 750n);
  assert.equal(receipt.logs[0].fragment.name, "Transfer");
  const events = await token.queryFilter(token.filters.Transfer(wallet.address), receipt.blockNumber);
  assert.deepEqual(events.map((event) => event.args.value), [250n]);
});

test("reverts are decoded: custom error, text, panic", async () => {
  const reason = async (promise) => {
    try {
      await promise;
    } catch (error) {
      assert.ok(isError(error, "CALL_EXCEPTION"), error.message);
      return error;
    }
    assert.fail("it did not revert");
  };
  assert.equal((await reason(probe.failWithText.staticCall("out of cheese"))).reason, "out of cheese");
  const custom = await reason(probe.connect(wallet).failWithError.staticCall(3n));
  assert.deepEqual([custom.revert.name, custom.revert.args[0], custom.revert.args[1]], ["Refused", wallet.address, 3n]);
  assert.match((await reason(probe.failPanic.staticCall(1n, 0n))).reason, /0x12|DIVIDE_BY_ZERO/);
  assert.equal((await reason(token.connect(wallet).mint.staticCall(wallet.address, 1n))).revert.name, "OwnableUnauthorizedAccount");
});

test("waiting for a transaction that reverts throws with its receipt", async () => {
  const sent = await probe.connect(wallet).failAfterWriting(1n, 1n, { gasLimit: 100_000n });
  await assert.rejects(sent.wait(), (error) => isError(error, "CALL_EXCEPTION") && error.receipt.status === 0);
});

test("what the node signs and reverts is told at once, and is mined", { skip: PEER !== "loftd" && "anvil answers with a hash" }, async () => {
  const error = await probe.failAfterWriting(1n, 1n, { gasLimit: 100_000n }).then(() => null, (reason) => reason);
  const { data } = error.error;
  assert.equal(probe.interface.parseError(data.data).name, "Refused");
  assert.equal((await provider.getTransactionReceipt(data.txHash)).status, 0);
});

test("transactions of types 0, 1, 2 and 4 sent with the wallet's key", async () => {
  const to = await signer.getAddress();
  const fees = { maxFeePerGas: 5_000_000_000n, maxPriorityFeePerGas: 1_000_000_000n };
  const batch = await deploy("Batch");
  const nonce = await wallet.getNonce();
  const authorization = await wallet.authorize({ address: await batch.getAddress(), nonce: nonce + 4, chainId: CHAIN_ID });
  for (const fields of [
    { type: 0, gasPrice: 5_000_000_000n },
    { type: 1, gasPrice: 5_000_000_000n, accessList: [{ address: await probe.getAddress(), storageKeys: [] }] },
    { type: 2, ...fees },
    { type: 4, ...fees, authorizationList: [authorization], gasLimit: 100_000n },
  ]) {
    const receipt = await (await wallet.sendTransaction({ to, value: 1n, ...fields })).wait();
    assert.deepEqual([receipt.status, receipt.type], [1, fields.type]);
  }
  assert.equal(await provider.getCode(wallet.address), "0xef0100" + (await batch.getAddress()).slice(2).toLowerCase());
});

test("a burst with a managed nonce is mined in order", async () => {
  const manager = new NonceManager(new Wallet(KEYS[3], provider));
  const to = ethers.getAddress("0x" + "5a".repeat(20));
  const sent = await Promise.all(Array.from({ length: 20 }, () => manager.sendTransaction({ to, value: 1n, gasLimit: 21_000n })));
  const receipts = await Promise.all(sent.map((transaction) => transaction.wait()));
  assert.ok(receipts.every((receipt) => receipt.status === 1));
  const places = sent.map((transaction, i) => [transaction.nonce, receipts[i].blockNumber, receipts[i].index]);
  places.sort((a, b) => a[0] - b[0]);
  for (let i = 1; i < places.length; ++i)
    assert.ok(places[i][1] > places[i - 1][1] || (places[i][1] === places[i - 1][1] && places[i][2] > places[i - 1][2]));
});

test("contract events reach a listener", async () => {
  const seen = new Promise((resolve) => probe.once("Note", (topic, sender, data) => resolve([topic, data])));
  await new Promise((resolve) => setTimeout(resolve, 100));
  await (await probe.note(5n, "0xcafe")).wait();
  assert.deepEqual(await seen, [5n, "0xcafe"]);
});

test("block events reach a listener", async () => {
  const start = await provider.getBlockNumber();
  const seen = new Promise((resolve) => provider.on("block", (number) => number > start && resolve(number)));
  await (await signer.sendTransaction({ to: wallet.address, value: 1n })).wait();
  assert.equal(await seen, start + 1);
  provider.removeAllListeners();
});

test("fee data, storage and gas estimates", async () => {
  const fees = await provider.getFeeData();
  assert.ok(fees.maxFeePerGas >= fees.maxPriorityFeePerGas && fees.gasPrice > 0n);
  await (await probe.setBlob("0x" + "ab".repeat(40))).wait();
  assert.equal(BigInt(await provider.getStorage(await probe.getAddress(), 2)), 81n, "a long byte string's length, doubled, plus 1");
  assert.equal(await provider.estimateGas({ from: wallet.address, to: signer.address, value: 1n }), 21_000n);
});
