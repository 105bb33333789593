// viem's test client, in both of its dialects, against a node; and states that
// go from node to node.
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import { createTestClient, http, numberToHex, pad, parseEther, publicActions, toHex, walletActions } from "viem";
import { anvil as localChain } from "viem/chains";

import { clients, deploy, read } from "./lib/dapp.mjs";
import { PEER, startNode } from "./lib/node.mjs";

const STRANGER = "0x00000000000000000000000000000000000000aa";
const READER = "0x5f545f5260205ff3"; // returns its slot 0

let node;
before(async () => {
  node = await startNode();
});
after(() => node.stop());
beforeEach(() => node.rpc("anvil_reset"));

const clientOf = (mode, { url } = node) =>
  createTestClient({ mode, chain: localChain, transport: http(url), pollingInterval: 20, cacheTime: 0 }).extend(publicActions).extend(walletActions);

for (const mode of ["anvil", "hardhat"]) {
  test(`${mode}: accounts are set and impersonated`, async () => {
    const client = clientOf(mode);
    await client.setBalance({ address: STRANGER, value: parseEther("3") });
    await client.setNonce({ address: STRANGER, nonce: 5 });
    await client.setStorageAt({ address: STRANGER, index: 0, value: pad("0x2a") });
    await client.impersonateAccount({ address: STRANGER });
    const [to] = await client.getAddresses();
    const hash = await client.sendTransaction({ account: STRANGER, to, value: 1n });
    const { from, status } = await client.waitForTransactionReceipt({ hash });
    assert.deepEqual([from, status], [STRANGER, "success"]);
    assert.equal(await client.getTransactionCount({ address: STRANGER }), 6);
    await client.stopImpersonatingAccount({ address: STRANGER });
    await client.setCode({ address: STRANGER, bytecode: READER });
    assert.equal((await client.call({ to: STRANGER })).data, pad("0x2a"));
  });

  test(`${mode}: blocks and their times are chosen`, async () => {
    const client = clientOf(mode);
    await client.mine({ blocks: 4, interval: 10 });
    const { number, timestamp } = await client.getBlock();
    assert.equal(number, 4n);
    await client.setNextBlockTimestamp({ timestamp: timestamp + 1000n });
    await client.setNextBlockBaseFeePerGas({ baseFeePerGas: 10n ** 10n });
    await client.setCoinbase({ address: STRANGER });
    await client.setBlockGasLimit({ gasLimit: 20_000_000n });
    await client.mine({ blocks: 1 });
    const block = await client.getBlock();
    assert.deepEqual([block.timestamp, block.baseFeePerGas, block.miner, block.gasLimit], [timestamp + 1000n, 10n ** 10n, STRANGER, 20_000_000n]);
    await client.increaseTime({ seconds: 500 });
    await client.mine({ blocks: 1 });
    assert.ok((await client.getBlock()).timestamp - timestamp >= 1500n);
  });

  test(`${mode}: what waits is dropped, what is done is undone`, async () => {
    const client = clientOf(mode);
    const [account, to] = await client.getAddresses();
    const id = await client.snapshot();
    await client.setAutomine(false);
    const hash = await client.sendTransaction({ account, to, value: 1n });
    assert.equal((await client.getTxpoolStatus()).pending, 1);
    await client.dropTransaction({ hash });
    assert.equal((await client.getTxpoolStatus()).pending, 0);
    await client.setAutomine(true);
    await client.waitForTransactionReceipt({ hash: await client.sendTransaction({ account, to, value: 1n }) });
    assert.equal(await client.getBlockNumber(), 1n);
    await client.revert({ id });
    assert.equal(await client.getBlockNumber(), 0n);
    assert.equal(await client.getTransactionCount({ address: account }), 0);
  });
}

test("anvil: automine, intervals of time, unsigned transactions", async () => {
  const client = clientOf("anvil");
  assert.equal(await client.getAutomine(), true);
  await client.setBlockTimestampInterval({ interval: 30 });
  const before = (await client.getBlock()).timestamp;
  await client.mine({ blocks: 3 });
  assert.equal((await client.getBlock()).timestamp, before + 90n);
  await client.removeBlockTimestampInterval();
  await client.setBalance({ address: STRANGER, value: parseEther("1") });
  const [to] = await client.getAddresses();
  const hash = await client.sendUnsignedTransaction({ from: STRANGER, to, value: 1n, gas: 21_000n });
  assert.equal((await client.waitForTransactionReceipt({ hash })).from, STRANGER);
});

test("tokens are dealt and allowed", async () => {
  const chain = clients(node);
  const [alice, bob] = chain.wallets.map(({ account }) => account.address);
  const token = await deploy(chain, "Token", ["Loft Test Token", "LTT", alice]);
  await node.rpc("anvil_dealERC20", STRANGER, token.address, numberToHex(12345n));
  assert.equal(await read(chain, token, "balanceOf", [STRANGER]), 12345n);
  await node.rpc("anvil_setERC20Allowance", alice, bob, token.address, numberToHex(77n));
  assert.equal(await read(chain, token, "allowance", [alice, bob]), 77n);
  await assert.rejects(node.rpc("anvil_dealERC20", STRANGER, STRANGER, "0x1"));
});

test("a state goes to anvil and comes back", async () => {
  const anvil = await startNode({ kind: "anvil" });
  try {
    await node.rpc("anvil_setCode", STRANGER, READER);
    await node.rpc("anvil_setStorageAt", STRANGER, "0x0", pad("0x2a"));
    await node.rpc("anvil_setNonce", STRANGER, "0x7");
    assert.equal(await anvil.rpc("anvil_loadState", await node.rpc("anvil_dumpState")), true);
    assert.equal(await anvil.rpc("eth_call", { to: STRANGER }, "latest"), pad("0x2a"));
    assert.equal(await anvil.rpc("eth_getTransactionCount", STRANGER, "latest"), "0x7");
    await anvil.rpc("anvil_setStorageAt", STRANGER, "0x1", pad("0x2b"));
    await anvil.rpc("anvil_setBalance", STRANGER, toHex(99n));
    await node.rpc("anvil_reset");
    assert.equal(await node.rpc("anvil_loadState", await anvil.rpc("anvil_dumpState")), true);
    assert.equal(await node.rpc("eth_getStorageAt", STRANGER, "0x1", "latest"), pad("0x2b"));
    assert.equal(await node.rpc("eth_getBalance", STRANGER, "latest"), "0x63");
    assert.equal(await node.rpc("eth_call", { to: STRANGER }, "latest"), pad("0x2a"));
  } finally {
    await anvil.stop();
  }
});

test(`${PEER} answers 200 receipts right after their transactions`, async () => {
  const [from, to] = await node.rpc("eth_accounts");
  for (let i = 0; i < 200; ++i) {
    const hash = await node.rpc("eth_sendTransaction", { from, to, value: "0x1", gas: "0x5208" });
    assert.equal((await node.rpc("eth_getTransactionReceipt", hash))?.status, "0x1");
  }
});
