// The same random transactions, byte for byte, to a node and to anvil: every
// receipt, block and account must come out alike.
//
// Not compared: block hashes and what follows from them. Each node has its own
// genesis, random beacon and client fields in the header; roots of transactions
// and receipts are compared, and of accounts everything eth_getProof proves.
import assert from "node:assert/strict";
import { test } from "node:test";

import { random } from "./lib/random.mjs";
import { PEER, receiptOf, RpcError, startNode } from "./lib/node.mjs";
import { Steps } from "./lib/steps.mjs";

const SEED = Number(process.env.SEED ?? Math.floor(Math.random() * 1e9));
const COUNT = Number(process.env.COUNT ?? 400);

const BLOCK_FIELDS = ["number", "gasUsed", "gasLimit", "baseFeePerGas", "transactionsRoot", "receiptsRoot", "logsBloom", "timestamp",
  "sha3Uncles", "difficulty", "nonce", "withdrawalsRoot", "blobGasUsed", "excessBlobGas", "requestsHash", "miner"];
const RECEIPT_FIELDS = ["type", "status", "gasUsed", "cumulativeGasUsed", "effectiveGasPrice", "contractAddress", "from", "to", "logsBloom",
  "transactionIndex", "transactionHash", "blockNumber"];
const LOG_FIELDS = ["address", "topics", "data", "logIndex", "transactionIndex", "transactionHash", "blockNumber", "removed"];
const TRANSACTION_FIELDS = ["type", "nonce", "gas", "from", "to", "value", "input", "gasPrice", "maxFeePerGas", "maxPriorityFeePerGas",
  "accessList", "authorizationList", "chainId", "r", "s", "hash", "transactionIndex", "blockNumber"];

// Why a transaction was refused, whatever a node's words and codes for it.
const REFUSALS = [
  ["nonce", /nonce too low|nonce is too low/i],
  ["funds", /insufficient/i],
  ["gas", /intrinsic|gas too low|floor|gas limit/i],
  ["initial code", /init ?code|initial code|contract size/i],
];

const lower = (value) => JSON.parse(JSON.stringify(value ?? null).toLowerCase());
const only = (object, fields) => Object.fromEntries(fields.map((field) => [field, lower(object[field])]));

async function outcome(node, raw) {
  try {
    const hash = await node.rpc("eth_sendRawTransaction", raw);
    const receipt = await receiptOf(node, hash);
    // Not by its hash: anvil may call it pending when its receipt is there.
    const block = await node.rpc("eth_getBlockByNumber", receipt.blockNumber, true);
    const transaction = block.transactions[Number(receipt.transactionIndex)];
    return {
      receipt: { ...only(receipt, RECEIPT_FIELDS), logs: receipt.logs.map((log) => only(log, LOG_FIELDS)) },
      transaction: only(transaction, TRANSACTION_FIELDS),
      block: only(block, BLOCK_FIELDS),
    };
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    const family = REFUSALS.find(([, words]) => words.test(error.message));
    assert.ok(family, `${node.kind} refuses with ${error.code} ${error.message}`);
    return { refused: family[0] };
  }
}

// The paths at which two JSON values differ, with both sides.
function differences(ours, theirs, path = "") {
  if (ours === theirs) return [];
  if (ours === null || theirs === null || typeof ours !== "object" || typeof theirs !== "object")
    return [`${path}: ${JSON.stringify(ours)} here, ${JSON.stringify(theirs)} from anvil`];
  return [...new Set([...Object.keys(ours), ...Object.keys(theirs)])].flatMap((key) => differences(ours[key], theirs[key], `${path}.${key}`));
}

function same(ours, theirs, what) {
  const found = differences(ours, theirs);
  assert.ok(found.length === 0, `${what}\n${found.join("\n")}`);
}

async function accountAt(node, address) {
  const slots = Array.from({ length: 8 }, (_, i) => "0x" + i.toString(16).padStart(64, "0"));
  const { balance, nonce, codeHash, storageHash, storageProof } = await node.rpc("eth_getProof", address, slots, "latest");
  return lower({ balance, nonce, codeHash, storageHash, storageProof, code: await node.rpc("eth_getCode", address, "latest") });
}

async function compareAll(nodes, hardfork, types) {
  const steps = new Steps(random(SEED), { types });
  const counts = { steps: 0, mined: 0, reverted: 0, refused: 0 };
  let time = Number((await nodes[0].rpc("eth_getBlockByNumber", "0x0", false)).timestamp);
  time = Math.max(time, Math.floor(Date.now() / 1000)) + 100;
  const both = async (step) => {
    const { what, raw } = await step;
    ++time;
    for (const node of nodes) await node.rpc("evm_setNextBlockTimestamp", "0x" + time.toString(16));
    const [ours, theirs] = await Promise.all(nodes.map((node) => outcome(node, raw))).catch((error) => {
      throw new Error(`step ${counts.steps} (SEED=${SEED}): ${what}\n${raw}: ${error.message}`, { cause: error });
    });
    same(ours, theirs, `step ${counts.steps} (SEED=${SEED}): ${what}\n${raw}`);
    ++counts.steps;
    ++counts[ours.refused ? "refused" : ours.receipt.status === "0x1" ? "mined" : "reverted"];
  };
  for await (const step of steps.opening()) await both(step);
  while (counts.steps < COUNT) await both(steps.next());
  for (const address of steps.seen) {
    const [ours, theirs] = await Promise.all(nodes.map((node) => accountAt(node, address)));
    same(ours, theirs, `account ${address} after all steps (SEED=${SEED})`);
  }
  return { ...counts, accounts: steps.seen.size };
}

for (const [hardfork, types] of [
  ["osaka", ["legacy", "eip2930", "eip1559", "eip7702"]],
  ["cancun", ["legacy", "eip2930", "eip1559"]],
]) {
  test(`${PEER} and anvil agree about ${COUNT} random transactions under ${hardfork} rules`, async () => {
    console.log(`SEED=${SEED}`);
    const nodes = [await startNode({ hardfork }), await startNode({ kind: "anvil", hardfork })];
    try {
      const counts = await compareAll(nodes, hardfork, types);
      console.log(Object.entries(counts).map(([name, count]) => `${count} ${name}`).join(", "));
      assert.ok(counts.mined > 0 && counts.reverted > 0 && counts.refused > 0, "steps of every kind");
    } finally {
      await Promise.all(nodes.map((node) => node.stop()));
    }
  });
}
