// viem against a node: what a dApp's front end does.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import {
  BaseError, ContractFunctionRevertedError, decodeEventLog, encodeFunctionData, getContractAddress, hexToNumber,
  keccak256, parseEther, parseGwei, parseSignature, toHex, zeroAddress,
} from "viem";
import { privateKeyToAccount } from "viem/accounts";

import { accounts, clients, deploy, read, refusal, send } from "./lib/dapp.mjs";
import { CHAIN_ID, startNode } from "./lib/node.mjs";

let node, chain, reader, alice, bob, token, probe;

before(async () => {
  node = await startNode();
  chain = clients(node);
  ({ reader, wallets: [alice, bob] } = chain);
  token = await deploy(chain, "Token", ["Loft Test Token", "LTT", alice.account.address]);
  probe = await deploy(chain, "Probe");
});
after(() => node?.stop());

const addressOf = (wallet) => wallet.account.address;
const mined = (hash) => reader.waitForTransactionReceipt({ hash });
const transfer = async (options) => mined(await alice.sendTransaction({ to: addressOf(bob), value: 1n, ...options }));

test("the chain and its accounts are the usual ones", async () => {
  assert.equal(await reader.getChainId(), CHAIN_ID);
  assert.deepEqual((await node.rpc("eth_accounts")).slice(0, 6).map((a) => a.toLowerCase()), accounts.map((a) => a.address.toLowerCase()));
  assert.equal(await reader.getBalance({ address: accounts[5].address }), parseEther("10000"));
  assert.equal(await node.rpc("net_version"), String(CHAIN_ID));
});

test("a deployment's receipt, address, code and nonce agree", async () => {
  const nonce = await reader.getTransactionCount({ address: addressOf(alice) });
  const { address, receipt } = await deploy(chain, "FourInARow");
  assert.equal(receipt.status, "success");
  assert.equal(address.toLowerCase(), getContractAddress({ from: addressOf(alice), nonce: BigInt(nonce) }).toLowerCase());
  assert.ok((await reader.getCode({ address })).length > 2);
  assert.equal(await reader.getTransactionCount({ address: addressOf(alice) }), nonce + 1);
  assert.equal(receipt.to, null);
});

test("each type of transaction is mined as what it is", async () => {
  for (const [options, type, legacy] of [
    [{ type: "legacy", gasPrice: parseGwei("3") }, "legacy", true],
    [{ type: "eip2930", gasPrice: parseGwei("3"), accessList: [{ address: probe.address, storageKeys: [toHex(1n, { size: 32 })] }] }, "eip2930", true],
    [{ type: "eip1559", maxFeePerGas: parseGwei("5"), maxPriorityFeePerGas: parseGwei("1") }, "eip1559", false],
  ]) {
    const receipt = await transfer(options);
    assert.equal(receipt.status, "success");
    assert.equal(receipt.type, type);
    const transaction = await reader.getTransaction({ hash: receipt.transactionHash });
    assert.equal(transaction.type, type);
    assert.equal(transaction.blockHash, receipt.blockHash);
    assert.deepEqual(transaction.accessList ?? [], options.accessList ?? []);
    const { baseFeePerGas } = await reader.getBlock({ blockHash: receipt.blockHash });
    assert.equal(receipt.effectiveGasPrice, legacy ? options.gasPrice : baseFeePerGas + parseGwei("1"));
    assert.equal(receipt.gasUsed, 21000n + (options.accessList ? 2400n + 1900n : 0n));
  }
});

test("what a transfer costs leaves the sender, and its value arrives", async () => {
  const [alices, bobs] = await Promise.all([alice, bob].map((w) => reader.getBalance({ address: addressOf(w) })));
  const receipt = await transfer({ value: parseEther("1.5") });
  assert.equal(await reader.getBalance({ address: addressOf(bob) }), bobs + parseEther("1.5"));
  assert.equal(await reader.getBalance({ address: addressOf(alice) }), alices - parseEther("1.5") - receipt.gasUsed * receipt.effectiveGasPrice);
  assert.equal(await reader.getBalance({ address: addressOf(bob), blockNumber: receipt.blockNumber - 1n }), bobs, "before the block");
});

test("tokens: mint, transfer, approve, transferFrom, and the events of each", async () => {
  const [a, b] = [addressOf(alice), addressOf(bob)];
  await send(chain, alice, token, "mint", [a, 1000n]);
  const receipt = await send(chain, alice, token, "transfer", [b, 400n]);
  assert.equal(receipt.logs.length, 1);
  const event = decodeEventLog({ abi: token.abi, ...receipt.logs[0] });
  assert.deepEqual(event, { eventName: "Transfer", args: { from: a, to: b, value: 400n } });
  await send(chain, bob, token, "approve", [a, 100n]);
  await send(chain, alice, token, "transferFrom", [b, a, 60n]);
  assert.equal(await read(chain, token, "allowance", [b, a]), 40n);
  assert.equal(await read(chain, token, "balanceOf", [a]), 660n);
  const block = { fromBlock: receipt.blockNumber, toBlock: "latest" };
  const transfers = await reader.getContractEvents({ ...token, eventName: "Transfer", ...block });
  assert.deepEqual(transfers.map((log) => log.args.value), [400n, 60n]);
  const toAlice = await reader.getContractEvents({ ...token, eventName: "Transfer", args: { to: a }, ...block });
  assert.deepEqual(toAlice.map((log) => log.args.value), [60n]);
  const byHash = await reader.getLogs({ address: token.address, blockHash: receipt.blockHash });
  assert.equal(byHash.length, 1);
  assert.equal(byHash[0].transactionHash, receipt.transactionHash);
});

test("a permit signed as EIP-712 typed data is accepted by the contract", async () => {
  const message = {
    owner: addressOf(alice), spender: addressOf(bob), value: 5n,
    nonce: await read(chain, token, "nonces", [addressOf(alice)]), deadline: 2n ** 48n,
  };
  const types = { Permit: ["owner:address", "spender:address", "value:uint256", "nonce:uint256", "deadline:uint256"].map((field) => {
    const [name, type] = field.split(":");
    return { name, type };
  }) };
  const domain = { name: "Loft Test Token", version: "1", chainId: CHAIN_ID, verifyingContract: token.address };
  const { v, r, s } = parseSignature(await alice.signTypedData({ domain, types, primaryType: "Permit", message }));
  await send(chain, bob, token, "permit", [message.owner, message.spender, message.value, message.deadline, Number(v), r, s]);
  assert.equal(await read(chain, token, "allowance", [message.owner, message.spender]), 5n);
  const again = await refusal(chain, bob, token, "permit", [message.owner, message.spender, message.value, message.deadline, Number(v), r, s]);
  assert.equal(again.errorName, "ERC2612InvalidSigner");
});

test("reverts come with their reason: text, custom error, panic, nothing", async () => {
  const why = (name, args = []) => refusal(chain, alice, probe, name, args);
  const text = await why("failWithText", ["out of cheese"]);
  assert.deepEqual([text.errorName, text.args], ["Error", ["out of cheese"]]);
  const custom = await why("failWithError", [7n]);
  assert.deepEqual([custom.errorName, custom.args], ["Refused", [addressOf(alice), 7n]]);
  const panic = await why("failPanic", [1n, 0n]);
  assert.deepEqual([panic.errorName, panic.args], ["Panic", [0x12n]]);
  const bare = await why("failBare");
  assert.ok(bare instanceof ContractFunctionRevertedError);
  assert.equal(bare.raw ?? "0x", "0x");
  const denied = await refusal(chain, bob, token, "mint", [addressOf(bob), 1n]);
  assert.deepEqual([denied.errorName, denied.args], ["OwnableUnauthorizedAccount", [addressOf(bob)]]);
});

test("estimating a call that reverts tells why", async () => {
  await assert.rejects(
    reader.estimateContractGas({ ...probe, functionName: "failWithError", args: [9n], account: alice.account }),
    (error) => error instanceof BaseError && error.walk((c) => c instanceof ContractFunctionRevertedError).data.errorName === "Refused");
});

test("a reverted transaction is mined, pays its gas, and changes nothing else", async () => {
  const receipt = await send(chain, alice, probe, "failAfterWriting", [77n, 5n], { gas: 100_000n });
  assert.equal(receipt.status, "reverted");
  assert.deepEqual(receipt.logs, []);
  assert.ok(receipt.gasUsed > 21000n && receipt.gasUsed < 100_000n);
  assert.equal(await read(chain, probe, "stored", [77n]), 0n);
  const invalid = await send(chain, alice, probe, "failInvalid", [], { gas: 100_000n });
  assert.deepEqual([invalid.status, invalid.gasUsed], ["reverted", 100_000n]);
});

test("an estimate is enough, and not far above what is used", async () => {
  for (const [name, args] of [["put", [500n, 1n]], ["churn", [100n]], ["push", [3n]], ["noteMany", [5n]]]) {
    const gas = await reader.estimateContractGas({ ...probe, functionName: name, args, account: alice.account });
    const receipt = await send(chain, alice, probe, name, args, { gas });
    assert.equal(receipt.status, "success", name);
    assert.ok(gas * 100n <= receipt.gasUsed * 105n, `${name}: ${gas} estimated, ${receipt.gasUsed} used`);
  }
});

test("storage is where Solidity puts it, now and in earlier blocks", async () => {
  const put = await send(chain, alice, probe, "put", [3n, 0x1234n]);
  await send(chain, alice, probe, "put", [3n, 0x5678n]);
  const slot = keccak256(`0x${toHex(3n, { size: 32 }).slice(2)}${toHex(0n, { size: 32 }).slice(2)}`);
  const at = async (options) => BigInt(await reader.getStorageAt({ address: probe.address, slot, ...options }));
  assert.equal(await at(), 0x5678n);
  assert.equal(await at({ blockNumber: put.blockNumber }), 0x1234n);
  assert.equal(await at({ blockNumber: put.blockNumber - 1n }), 0n);
  const proof = await reader.getProof({ address: probe.address, storageKeys: [slot] });
  assert.equal(proof.storageProof[0].value, 0x5678n);
  assert.equal(proof.codeHash, keccak256(await reader.getCode({ address: probe.address })));
  assert.ok(proof.accountProof.length > 0 && proof.storageProof[0].proof.length > 0);
  assert.equal(proof.nonce, 1);
});

test("a proof leads from the block's state root to the account", async () => {
  const block = await reader.getBlock();
  const proof = await reader.getProof({ address: addressOf(bob), storageKeys: [], blockNumber: block.number });
  assert.equal(keccak256(proof.accountProof[0]), block.stateRoot);
  assert.equal(proof.balance, await reader.getBalance({ address: addressOf(bob), blockNumber: block.number }));
});

test("an account delegates its code (EIP-7702), batches calls, and takes it back", async () => {
  const batch = await deploy(chain, "Batch");
  const signer = privateKeyToAccount(`0x${"17".repeat(32)}`);
  await transfer({ to: signer.address, value: parseEther("1") });
  const nonce = await reader.getTransactionCount({ address: signer.address });
  const authorization = await signer.signAuthorization({ chainId: CHAIN_ID, contractAddress: batch.address, nonce: nonce + 1 });
  const calls = [1n, 2n].map((value) => ({ to: addressOf(bob), value, data: "0x" }));
  const data = encodeFunctionData({ abi: batch.abi, functionName: "execute", args: [calls] });
  const before = await reader.getBalance({ address: addressOf(bob) });
  const receipt = await mined(await alice.sendTransaction({
    account: signer, to: signer.address, data, nonce, authorizationList: [authorization], gas: 300_000n,
    maxFeePerGas: parseGwei("5"), maxPriorityFeePerGas: parseGwei("1"),
  }));
  assert.deepEqual([receipt.status, receipt.type], ["success", "eip7702"]);
  assert.equal(await reader.getBalance({ address: addressOf(bob) }), before + 3n);
  assert.equal(await reader.getCode({ address: signer.address }), `0xef0100${batch.address.slice(2).toLowerCase()}`);
  const transaction = await reader.getTransaction({ hash: receipt.transactionHash });
  assert.equal(transaction.authorizationList[0].address.toLowerCase(), batch.address.toLowerCase());
  assert.equal((await refusal(chain, alice, { ...batch, address: signer.address }, "execute", [calls])).errorName, "NotSelf");
  const removal = await signer.signAuthorization({ chainId: CHAIN_ID, contractAddress: zeroAddress, nonce: nonce + 2 });
  await mined(await alice.sendTransaction({ to: signer.address, authorizationList: [removal], gas: 100_000n }));
  assert.equal(await reader.getCode({ address: signer.address }), undefined);
  assert.equal(await reader.getTransactionCount({ address: signer.address }), nonce + 3);
});

test("events are seen by polling", async () => {
  const seen = [];
  const stop = reader.watchContractEvent({ ...probe, eventName: "Note", poll: true, pollingInterval: 20, onLogs: (logs) => seen.push(...logs) });
  await new Promise((resolve) => setTimeout(resolve, 100));
  for (let i = 1n; i <= 3n; ++i) await send(chain, alice, probe, "note", [i, "0xbeef"]);
  for (let tries = 0; seen.length < 3 && tries < 200; ++tries) await new Promise((resolve) => setTimeout(resolve, 20));
  stop();
  assert.deepEqual(seen.map((log) => log.args.topic), [1n, 2n, 3n]);
});

test("logs have their places: in the block, in the transaction, without topics too", async () => {
  const receipt = await send(chain, alice, probe, "note", [9n, "0x01"]);
  assert.equal(receipt.logs.length, 2);
  assert.deepEqual(receipt.logs.map((log) => log.logIndex), [0, 1]);
  assert.deepEqual(receipt.logs[1].topics, [toHex(9n, { size: 32 })]);
  const { logsBloom } = await reader.getBlock({ blockHash: receipt.blockHash });
  assert.equal(logsBloom, receipt.logsBloom);
});

test("fees: history, price and tip fit the blocks", async () => {
  const block = await reader.getBlock();
  const history = await reader.getFeeHistory({ blockCount: 4, rewardPercentiles: [10, 50, 90] });
  assert.equal(history.oldestBlock, block.number - 3n);
  assert.equal(history.baseFeePerGas.length, 5);
  assert.equal(history.baseFeePerGas[3], block.baseFeePerGas);
  assert.equal(history.gasUsedRatio.length, 4);
  assert.equal(history.reward.length, 4);
  const fees = await reader.estimateFeesPerGas();
  assert.ok(fees.maxFeePerGas >= history.baseFeePerGas[4] + fees.maxPriorityFeePerGas);
  assert.ok(await reader.getGasPrice() >= history.baseFeePerGas[4]);
});

test("the next base fee follows EIP-1559 from block to block", async () => {
  const last = await reader.getBlockNumber();
  for (let number = last - 5n; number < last; ++number) {
    const [block, next] = await Promise.all([number, number + 1n].map((blockNumber) => reader.getBlock({ blockNumber })));
    const target = block.gasLimit / 2n;
    const change = block.baseFeePerGas * (target > block.gasUsed ? target - block.gasUsed : block.gasUsed - target) / target / 8n;
    assert.equal(next.baseFeePerGas, block.gasUsed < target ? block.baseFeePerGas - change : block.baseFeePerGas + (change || 1n));
    assert.equal(next.parentHash, block.hash);
  }
});

test("nonces: a used one is refused, a later one waits for those before", async () => {
  const address = addressOf(bob);
  const nonce = await reader.getTransactionCount({ address });
  const fields = { to: addressOf(alice), value: 1n, gas: 21000n, maxFeePerGas: parseGwei("5"), maxPriorityFeePerGas: parseGwei("1") };
  if (nonce > 0) await assert.rejects(bob.sendTransaction({ ...fields, nonce: nonce - 1 }), /nonce/i);
  const later = await bob.sendTransaction({ ...fields, nonce: nonce + 1 });
  assert.equal(await node.rpc("eth_getTransactionReceipt", later), null);
  assert.equal((await node.rpc("eth_getTransactionByHash", later)).blockHash, null);
  const now = await bob.sendTransaction({ ...fields, nonce });
  assert.equal((await mined(now)).status, "success");
  assert.equal((await mined(later)).status, "success");
  assert.equal(await reader.getTransactionCount({ address }), nonce + 2);
});

test("what cannot be paid or run is refused before it is mined", async () => {
  const poor = privateKeyToAccount(`0x${"29".repeat(32)}`);
  await assert.rejects(alice.sendTransaction({ account: poor, to: addressOf(bob), value: 1n, gas: 21000n, maxFeePerGas: parseGwei("5"), maxPriorityFeePerGas: 1n, nonce: 0 }), /insufficient|exceeds/i);
  await assert.rejects(transfer({ gas: 20_000n }), /intrinsic|gas/i);
  await assert.rejects(transfer({ gas: 21_000n, maxFeePerGas: 1n, maxPriorityFeePerGas: 0n }), /fee/i);
});

test("blocks by number, hash and tag, with whole transactions or their hashes", async () => {
  const receipt = await transfer();
  const byHash = await reader.getBlock({ blockHash: receipt.blockHash, includeTransactions: true });
  const byNumber = await reader.getBlock({ blockNumber: receipt.blockNumber });
  assert.equal(byHash.hash, byNumber.hash);
  assert.deepEqual(byHash.transactions.map((t) => t.hash), byNumber.transactions);
  assert.equal(byNumber.transactions[0], receipt.transactionHash);
  assert.equal((await reader.getBlock({ blockTag: "earliest" })).number, 0n);
  assert.equal(await reader.getBlockTransactionCount({ blockHash: receipt.blockHash }), 1);
  await assert.rejects(reader.getBlock({ blockNumber: receipt.blockNumber + 100n }), /not be found/i);
});

test("CREATE2 puts a contract where its salt and code say", async () => {
  const init = "0x6001600c60003960016000f300";
  const salt = toHex(5n, { size: 32 });
  const receipt = await send(chain, alice, probe, "create", [salt, init], { value: 3n });
  const child = getContractAddress({ opcode: "CREATE2", from: probe.address, salt, bytecode: init });
  assert.equal(decodeEventLog({ abi: probe.abi, ...receipt.logs[0] }).args.sender.toLowerCase(), child.toLowerCase());
  assert.equal(await reader.getCode({ address: child }), "0x00");
  assert.equal(await reader.getBalance({ address: child }), 3n);
});

test("calls may name a block, a sender, a value and overridden state", async () => {
  const environment = await read(chain, probe, "environment");
  assert.equal(environment[0], BigInt(CHAIN_ID));
  const { data } = await reader.call({
    account: addressOf(bob), to: probe.address, data: encodeFunctionData({ abi: probe.abi, functionName: "stored", args: [123n] }),
    stateOverride: [{ address: probe.address, stateDiff: [{
      slot: keccak256(`0x${toHex(123n, { size: 32 }).slice(2)}${toHex(0n, { size: 32 }).slice(2)}`), value: toHex(42n, { size: 32 }) }] }],
  });
  assert.equal(hexToNumber(data), 42);
});

test("a message signed by the wallet is recovered to its address", async () => {
  const signature = await alice.signMessage({ message: "loft" });
  assert.equal(await reader.verifyMessage({ address: addressOf(alice), message: "loft", signature }), true);
});
