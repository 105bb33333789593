// The same random transactions, byte for byte, to a node and to anvil: every
// receipt, block and account must come out alike.
//
// Not compared: block hashes and what follows from them, as each node draws its
// own random beacon. From Prague on a block's hash is part of the next state
// (EIP-2935), so whole state roots are compared under Cancun's rules, after a
// genesis that has all of anvil's accounts. The transactions' root of a block
// with blobs is not compared either: anvil's has the blobs in it, which the
// rules leave out. anvil's own
// roots count accounts that are empty and slots that are zero; the roots that
// are compared are made here, from the accounts it holds.
import assert from "node:assert/strict";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";

import { answer, Questions } from "./lib/questions.mjs";
import { random, SEED } from "./lib/random.mjs";
import { proven, stateRootOf } from "./lib/state_root.mjs";
import { CHAIN_ID, PEER, receiptOf, RpcError, startNode } from "./lib/node.mjs";
import { Steps } from "./lib/steps.mjs";

const COUNT = Number(process.env.COUNT ?? 400);

const STEPS_A_ROOT = 20;
const ZERO_HASH = "0x" + "00".repeat(32);
const NO_ACCOUNT = proven({ balance: "0x0", nonce: 0, code: "0x", storage: {} });
// Accounts that each node begins with on its own terms, or that hold its own
// block hashes.
const NODE_OWN_ACCOUNTS = [
  "0x0000f90827f1c53a10cb7a02335b175320002935", // block hashes, EIP-2935
  "0x4e59b44847b379578588920ca78fbf26c0b4956c", // who creates by CREATE2
];

const BLOCK_FIELDS = ["number", "gasUsed", "gasLimit", "baseFeePerGas", "transactionsRoot", "receiptsRoot", "logsBloom", "timestamp",
  "sha3Uncles", "difficulty", "nonce", "withdrawalsRoot", "blobGasUsed", "excessBlobGas", "requestsHash", "miner"];
const RECEIPT_FIELDS = ["type", "status", "gasUsed", "cumulativeGasUsed", "effectiveGasPrice", "contractAddress", "from", "to", "logsBloom",
  "transactionIndex", "transactionHash", "blockNumber"];
const BLOB_FIELDS = ["blobGasUsed", "blobGasPrice"];
const LOG_FIELDS = ["address", "topics", "data", "logIndex", "transactionIndex", "transactionHash", "blockNumber", "removed"];
const TRANSACTION_FIELDS = ["type", "nonce", "gas", "from", "to", "value", "input", "gasPrice", "maxFeePerGas", "maxPriorityFeePerGas",
  "accessList", "authorizationList", "blobVersionedHashes", "maxFeePerBlobGas", "chainId", "r", "s", "hash", "transactionIndex", "blockNumber"];

// Why a transaction was refused, whatever a node's words and codes for it.
const REFUSALS = [
  ["nonce", /nonce too low|nonce is too low/i],
  ["funds", /insufficient/i],
  ["gas", /intrinsic|gas too low|floor|gas limit/i],
  ["initial code", /init ?code|initial code|contract size/i],
];

const lower = (value) => JSON.parse(JSON.stringify(value ?? null).toLowerCase());
const only = (object, fields) => Object.fromEntries(fields.map((field) => [field, lower(object[field])]));

async function submit(node, raw) {
  try {
    return { hash: await node.rpc("eth_sendRawTransaction", raw) };
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    const family = REFUSALS.find(([, words]) => words.test(error.message));
    assert.ok(family, `${node.kind} refuses with ${error.code} ${error.message}`);
    return { refused: family[0] };
  }
}

// What became of a step's transactions: the answer to each, and the block.
async function outcome(node, step, time) {
  const answers = [];
  for (const { raw } of step) answers.push(await submit(node, raw));
  await node.rpc("evm_mine", "0x" + time.toString(16));
  const receipts = [];
  for (const { hash } of answers) if (hash) receipts.push(await receiptOf(node, hash));
  const block = await node.rpc("eth_getBlockByNumber", "latest", true);
  return {
    answers,
    receipts: receipts.map((receipt) => ({ ...only(receipt, [...RECEIPT_FIELDS, ...(receipt.type === "0x3" ? BLOB_FIELDS : [])]), logs: receipt.logs.map((log) => only(log, LOG_FIELDS)) })),
    transactions: block.transactions.map((transaction) => only(transaction, TRANSACTION_FIELDS)),
    block: only(block, block.transactions.some(({ type }) => type === "0x3") ? BLOCK_FIELDS.filter((field) => field !== "transactionsRoot") : BLOCK_FIELDS),
  };
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

async function dump(node) {
  return JSON.parse(gunzipSync(Buffer.from((await node.rpc("anvil_dumpState")).slice(2), "hex"))).accounts;
}

// A genesis of Cancun's rules with the accounts that anvil starts with.
async function genesisOf(node) {
  const { timestamp, gasLimit, baseFeePerGas } = await node.rpc("eth_getBlockByNumber", "0x0", false);
  const alloc = Object.fromEntries(Object.entries(await dump(node)).map(([address, { balance, nonce, code, storage }]) =>
    [address, { balance, nonce: "0x" + nonce.toString(16), ...(code === "0x" ? {} : { code }), storage }]));
  const forks = ["homestead", "eip150", "eip155", "eip158", "byzantium", "constantinople", "petersburg", "istanbul", "berlin", "london", "mergeNetsplit"];
  return {
    config: {
      chainId: CHAIN_ID, ...Object.fromEntries(forks.map((fork) => [`${fork}Block`, 0])), shanghaiTime: 0, cancunTime: 0,
      terminalTotalDifficulty: 0, terminalTotalDifficultyPassed: true,
      blobSchedule: { cancun: { target: 3, max: 6, baseFeeUpdateFraction: 3338477 } },
    },
    nonce: "0x0", extraData: "0x", difficulty: "0x0", coinbase: "0x" + "00".repeat(20), mixHash: "0x" + "00".repeat(32),
    timestamp, gasLimit, baseFeePerGas, alloc,
  };
}

// Every account that anvil holds, and those the steps have met, as the node
// proves them. anvil itself does not prove what it holds.
async function compareAccounts([node, anvil], seen) {
  if (node.kind === "anvil") return 0;
  const held = Object.fromEntries(Object.entries(await dump(anvil)).map(([address, account]) => [address.toLowerCase(), proven(account)]));
  const addresses = new Set([...Object.keys(held), ...[...seen].map((address) => address.toLowerCase())]);
  for (const address of addresses) {
    if (NODE_OWN_ACCOUNTS.includes(address)) continue;
    const { balance, nonce, codeHash, storageHash } = await node.rpc("eth_getProof", address, [], "latest");
    // Of an account that is not there geth gives hashes of zero.
    const ours = codeHash === ZERO_HASH ? { ...NO_ACCOUNT, balance, nonce } : { balance, nonce, codeHash, storageHash };
    same(ours, held[address] ?? NO_ACCOUNT, `account ${address} (SEED=${SEED})`);
  }
  return addresses.size;
}

async function compareStateRoot([node, anvil], what) {
  if (node.kind === "anvil") return;
  const { stateRoot } = await node.rpc("eth_getBlockByNumber", "latest", false);
  assert.equal(stateRoot, stateRootOf(await dump(anvil)), `state root after ${what}`);
}

async function compareAll(nodes, types, { roots }) {
  const steps = new Steps(random(SEED), types);
  const counts = { steps: 0, succeeded: 0, reverted: 0, refused: 0, roots: 0 };
  let time = Number((await nodes[0].rpc("eth_getBlockByNumber", "0x0", false)).timestamp);
  time = Math.max(time, Math.floor(Date.now() / 1000)) + 100;
  const both = async (made) => {
    const step = [await made].flat();
    const what = () => `step ${counts.steps} (SEED=${SEED}):\n${step.map(({ what, raw }) => `${what}\n${raw}`).join("\n")}`;
    time += 12;
    const [ours, theirs] = await Promise.all(nodes.map((node) => outcome(node, step, time))).catch((error) => {
      throw new Error(`${what()}\n${error.message}`, { cause: error });
    });
    same(ours, theirs, what());
    ++counts.steps;
    counts.refused += ours.answers.filter(({ refused }) => refused).length;
    for (const { status } of ours.receipts) ++counts[status === "0x1" ? "succeeded" : "reverted"];
  };
  for await (const step of steps.opening()) await both(step);
  while (counts.steps < COUNT) {
    await both(steps.next());
    if (roots && counts.steps % STEPS_A_ROOT === 0) {
      await compareStateRoot(nodes, `step ${counts.steps} (SEED=${SEED})`);
      ++counts.roots;
    }
  }
  const accounts = await compareAccounts(nodes, steps.seen);
  const questions = new Questions(random(SEED), steps, counts.steps);
  for (let i = 0; i < COUNT; ++i) {
    const question = questions.next();
    const [ours, theirs] = await Promise.all(nodes.map((node) => answer(node, question)));
    if (question.near && ours.result && theirs.result)
      assert.ok(Math.abs(Number(ours.result) / Number(theirs.result) - 1) <= question.near, `${JSON.stringify(question)}: ${ours.result}, ${theirs.result}`);
    else same(lower(ours), lower(theirs), `question ${i} (SEED=${SEED}): ${JSON.stringify(question)}`);
  }
  return { ...counts, accounts, questions: COUNT };
}

// anvil's first block has its genesis's base fee; by EIP-1559 an empty parent
// lowers it by an eighth.
async function correctFirstBaseFee(node) {
  const { baseFeePerGas } = await node.rpc("eth_getBlockByNumber", "0x0", false);
  await node.rpc("anvil_setNextBlockBaseFeePerGas", "0x" + (BigInt(baseFeePerGas) * 7n / 8n).toString(16));
}

async function runBoth(hardfork, types, { roots }) {
  console.log(`SEED=${SEED}`);
  const nodes = [];
  try {
    const options = { hardfork, mining: false };
    if (roots) {
      const bare = await startNode({ kind: "anvil", hardfork });
      options.genesis = await genesisOf(bare).finally(bare.stop);
    }
    nodes.push(await startNode(options), await startNode({ kind: "anvil", ...options }));
    for (const node of nodes) if (node.kind === "anvil") await correctFirstBaseFee(node);
    const counts = await compareAll(nodes, types, { roots });
    console.log(Object.entries(counts).map(([name, count]) => `${count} ${name}`).join(", "));
    assert.ok(counts.succeeded > 0 && counts.reverted > 0 && counts.refused > 0, "steps of every kind");
  } finally {
    await Promise.all(nodes.map((node) => node.stop()));
  }
}

test(`${PEER} and anvil agree about ${COUNT} random blocks under Osaka's rules`, () =>
  runBoth("osaka", ["legacy", "eip2930", "eip1559", "eip7702"], { roots: false }));

test(`${PEER} and anvil agree about ${COUNT} random blocks and their state roots under Cancun's rules`, () =>
  runBoth("cancun", ["legacy", "eip2930", "eip1559", "eip4844"], { roots: true }));
