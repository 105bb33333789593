// A chain that goes on from a block of another node's: of anvil's, and anvil's
// of this node's.
import assert from "node:assert/strict";
import { test } from "node:test";

import { PEER, receiptOf, startNode } from "./lib/node.mjs";

const STRANGER = "0x00000000000000000000000000000000000f0124";
// Adds one to slot 0, and returns it.
const COUNTER = "0x600e600c600039600e6000f3" + "5f5460010180" + "5f555f5260205ff3";

async function send(node, request) {
  const [from] = await node.rpc("eth_accounts");
  const receipt = await receiptOf(node, await node.rpc("eth_sendTransaction", { from, gas: "0x30d40", ...request }));
  assert.equal(receipt.status, "0x1");
  return receipt;
}

const slot = async (node, at, block = "latest") => Number(await node.rpc("eth_getStorageAt", at, "0x0", block));
const balance = async (node, block = "latest") => Number(await node.rpc("eth_getBalance", STRANGER, block));

async function goesOn(kind, from) {
  const remote = await startNode({ kind: from });
  const nodes = [remote];
  try {
    const made = await send(remote, { data: COUNTER });
    const counter = made.contractAddress;
    await send(remote, { to: counter });
    await send(remote, { to: STRANGER, value: "0x5" });

    const fork = await startNode({ kind, fork: remote.url });
    nodes.push(fork);
    assert.equal(await fork.rpc("eth_blockNumber"), "0x3");
    assert.equal(await slot(fork, counter), 1);
    await send(fork, { to: counter });
    await send(fork, { to: STRANGER, value: "0x2" });
    assert.equal(await slot(fork, counter), 2);
    assert.equal(await balance(fork), 7);
    assert.equal(await balance(fork, "0x3"), 5);
    assert.equal(await balance(fork, "0x2"), 0);
    assert.equal(await slot(remote, counter), 1);
    const old = await fork.rpc("eth_getTransactionReceipt", made.transactionHash);
    assert.equal(old.contractAddress, counter);
    const block = await fork.rpc("eth_getBlockByNumber", "0x2", false);
    assert.equal(block.hash, (await remote.rpc("eth_getBlockByNumber", "0x2", false)).hash);
  } finally {
    for (const node of nodes.reverse()) await node.stop();
  }
}

test(`${PEER} goes on from anvil's chain`, () => goesOn(PEER, "anvil"));
test(`anvil goes on from ${PEER}'s chain`, () => goesOn("anvil", PEER));
