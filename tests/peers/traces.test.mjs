// The same random transactions to a node and to anvil, and what each says went
// on in them: debug_trace…, trace_… and ots_….
//
// Where anvil departs from geth, or from OpenEthereum, geth's form is what is
// asked for: see `asGeth`.
import assert from "node:assert/strict";
import { test } from "node:test";

import { PEER, RpcError, startNode } from "./lib/node.mjs";
import { random, SEED } from "./lib/random.mjs";
import { Steps } from "./lib/steps.mjs";

const COUNT = Number(process.env.COUNT ?? 80);

const lower = (value) => JSON.parse(JSON.stringify(value ?? null).toLowerCase());
const isObject = (value) => value !== null && typeof value === "object";
const without = (object, keys) => Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));
const mapValues = (object, of) => Object.fromEntries(Object.entries(object).map(([key, value]) => [key, of(value)]));

function differences(ours, theirs, path = "") {
  if (ours === theirs) return [];
  if (!isObject(ours) || !isObject(theirs))
    return [`${path}: ${JSON.stringify(ours)?.slice(0, 300)} here, ${JSON.stringify(theirs)?.slice(0, 300)} from anvil`];
  return [...new Set([...Object.keys(ours), ...Object.keys(theirs)])].flatMap((key) => differences(ours[key], theirs[key], `${path}.${key}`));
}

// Names for opcodes that no rules define.
const UNDEFINED = ["slotnum", "dataload", "dataloadn", "datasize", "datacopy", "rjump", "rjumpi", "rjumpv", "callf", "retf", "jumpf", "dupn", "swapn",
  "exchange", "eofcreate", "returncontract", "returndataload", "extcall", "extdelegatecall", "extstaticcall"];

// geth counts the creation's own price alone, for it takes the gas given along
// only afterwards. An instruction that fails, each words and prices in its own
// way.
function structLog(log, index, logs) {
  const kept = without(log, ["error"]);
  const ends = (logs[index + 1]?.depth ?? 0) < log.depth;
  const fails = ends && !["stop", "return", "revert", "selfdestruct"].includes(log.op);
  if (fails || log.op.startsWith("create")) delete kept.gascost;
  if (kept.returndata === "0x") delete kept.returndata;
  if (kept.memory?.length === 0) delete kept.memory;
  // geth counts what authorizations give back from the start, anvil does not.
  // And before an SSTORE it has counted that one too. In a call geth goes on
  // counting, anvil begins at nothing.
  kept.refund = log.op === "sstore" || log.depth > 1 ? 0 : (log.refund ?? 0) - (logs[0].refund ?? 0);
  // Opcodes that no rules define: geth numbers them, anvil does not.
  if (/not defined|unknown/.test(kept.op) || UNDEFINED.includes(kept.op)) kept.op = "undefined";
  return kept;
}

// geth's texts name what was found and what was needed.
function errorText(text) {
  if (text === undefined) return undefined;
  const families = [/invalid opcode|notactivated|bad instruction/, /stack underflow|stack (limit|overflow)|out of stack/, /out of gas|gas uint64|write protection|invalid operand|initcode|code size/, /revert/, /jump/, /static|write protection/, /0xef|startingwithef/, /out of bounds|outofoffset/, /collision/, /built-in|precompile|invalid input|bn256|pairing|kzg|invalid final/];
  const found = families.findIndex((family) => family.test(text));
  return found < 0 ? text : `family ${found}`;
}

function callFrame(frame, isRoot = true, isVoid = false) {
  const kept = { ...frame };
  // geth's outermost frame has the transaction's gas and what it used; anvil's,
  // what was left of the one, and of the other what the block has used so far.
  if (isRoot) delete kept.gas, delete kept.gasused;
  // What failed has left no logs; anvil shows them all the same.
  isVoid ||= frame.error !== undefined;
  if (isVoid) delete kept.logs;
  // geth numbers logs in their block, anvil in their transaction.
  if (kept.logs) kept.logs = kept.logs.map((log) => without(log, ["index"]));
  if (kept.error !== undefined) kept.error = errorText(kept.error);
  delete kept.revertreason;
  if (kept.output === "0x") delete kept.output;
  if (kept.calls) kept.calls = kept.calls.map((call) => callFrame(call, false, isVoid));
  return kept;
}

// Accounts that are not there are not shown by geth; nor, by anvil, hashes of
// codes and that a code is gone.
function prestate(accounts) {
  const shown = Object.entries(accounts).map(([who, account]) => [who, without(account, ["codehash", ...(account.code === "0x" ? ["code"] : [])])]);
  const isEmpty = (account) => Object.keys(account).every((key) => (key === "balance" && account.balance === "0x0") || key === "storage");
  return Object.fromEntries(shown.filter(([, account]) => !isEmpty(account)));
}

function flatTrace(trace) {
  const kept = without(trace, ["blockhash"]);
  if (kept.error !== undefined) kept.error = errorText(kept.error);
  // OpenEthereum leaves out the result of what failed, anvil has null.
  if (kept.error !== undefined) delete kept.result;
  return kept;
}

const asGeth = {
  // anvil's gas is that of all transactions of the block so far.
  struct: ({ structlogs, gas, ...rest }) => ({ ...rest, structlogs: structlogs.map(structLog) }),
  call: (frame) => callFrame(frame),
  prestate,
  diff: (both) => mapValues(both, prestate),
  selectors: (value) => value,
  same: (value) => value,
  flat: (traces) => traces.map(flatTrace),
  filter: (traces) => traces.map(flatTrace),
};

function questionsOf(hash) {
  const trace = (tracer, tracerConfig) => ["debug_traceTransaction", [hash, { tracer, ...(tracerConfig ? { tracerConfig } : {}) }]];
  return [
    ["struct", "debug_traceTransaction", [hash, {}]],
    ["struct", "debug_traceTransaction", [hash, { disableStack: true, disableStorage: true, enableReturnData: true }]],
    ["call", ...trace("callTracer")],
    ["call", ...trace("callTracer", { withLog: true })],
    ["call", ...trace("callTracer", { onlyTopCall: true })],
    ["prestate", ...trace("prestateTracer")],
    ["prestate", ...trace("prestateTracer", { disableCode: true, disableStorage: true })],
    ["diff", ...trace("prestateTracer", { diffMode: true })],
    ["selectors", ...trace("4byteTracer")],
    ["same", ...trace("noopTracer")],
    ["flat", "trace_transaction", [hash]],
    ["same", "ots_getTransactionError", [hash]],
  ];
}

async function ask(node, method, params) {
  try {
    return await node.rpc(method, ...params);
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    return { failed: error.message };
  }
}

async function runSteps(nodes) {
  const steps = new Steps(random(SEED), ["legacy", "eip2930", "eip1559", "eip7702"]);
  const sent = [];
  let time = Math.floor(Date.now() / 1000) + 100;
  let count = 0;
  const both = async (made) => {
    const step = [await made].flat();
    time += 12;
    ++count;
    const hashes = await Promise.all(nodes.map(async (node) => {
      const taken = [];
      for (const { raw, what } of step) {
        const hash = await ask(node, "eth_sendRawTransaction", [raw]);
        if (typeof hash === "string") taken.push({ hash, what });
      }
      await node.rpc("evm_mine", "0x" + time.toString(16));
      return taken;
    }));
    sent.push(...hashes[0]);
  };
  for await (const step of steps.opening()) await both(step);
  while (count < COUNT) await both(steps.next());
  return { sent, steps };
}

async function withBoth(run) {
  console.log(`SEED=${SEED}`);
  const nodes = [];
  const options = { hardfork: "osaka", mining: false, traced: true };
  try {
    nodes.push(await startNode(options), await startNode({ kind: "anvil", ...options }));
    for (const node of nodes) {
      if (node.kind !== "anvil") continue;
      const { baseFeePerGas } = await node.rpc("eth_getBlockByNumber", "0x0", false);
      await node.rpc("anvil_setNextBlockBaseFeePerGas", "0x" + ((BigInt(baseFeePerGas) * 7n) / 8n).toString(16));
    }
    await run(nodes);
  } finally {
    await Promise.all(nodes.map((node) => node.stop()));
  }
}

// Traces that are too large for a node are no difference.
const isTooLarge = ({ failed } = {}) => /too large|longer than/.test(failed ?? "");

const isPrecompile = (to) => BigInt(to ?? -1n) > 0n && BigInt(to) <= 0x100n;

// What anvil shows more than geth.
function leaveOut(kind, ours, theirs, what) {
  const keepOurs = (of, from) => Object.fromEntries(Object.entries(from).filter(([key]) => key in of));
  // anvil does not show a read of a slot that an access list names.
  if (kind === "struct") {
    const logs = ours.structlogs.map((log, i) => (log.storage ? { ...log, storage: keepOurs(theirs.structlogs[i]?.storage ?? {}, log.storage) } : log));
    return [{ ...ours, structlogs: logs }, theirs];
  }
  // geth passes over calls to precompiles.
  if (kind === "selectors") return [ours, keepOurs(ours, theirs)];
  const isCall = ({ action, traceaddress }) => traceaddress.length > 0 && ["call", "staticcall"].includes(action.calltype) && isPrecompile(action.to);
  if (kind === "filter" || (kind === "flat" && theirs.some(isCall))) {
    // Nor does a creation that failed have an address to be found by.
    const isShown = (trace) => !isCall(trace) && !(kind === "filter" && trace.type === "create" && trace.error !== undefined);
    const unplaced = (traces) => traces.filter(isShown).map((trace) => without(trace, ["traceaddress", "subtraces"]));
    return [unplaced(ours), unplaced(theirs)];
  }
  // geth looks up who authorizes, anvil whose code is borrowed from now on.
  if (what.startsWith("delegation") && kind === "prestate") return [keepOurs(theirs, ours), keepOurs(ours, theirs)];
  return [ours, theirs];
}

async function compare(nodes, [kind, method, params], what) {
  const [ours, theirs] = await Promise.all(nodes.map((node) => ask(node, method, params)));
  if (isTooLarge(ours) || isTooLarge(theirs)) return 0;
  for (const [i, answer] of [ours, theirs].entries()) assert.ok(typeof answer?.failed !== "string", `${what}: ${nodes[i].kind} ${method}: ${answer?.failed}`);
  const found = differences(...leaveOut(kind, asGeth[kind](lower(ours)), asGeth[kind](lower(theirs)), what));
  assert.ok(found.length === 0, `${what} (SEED=${SEED}): ${method} ${JSON.stringify(params)}\n${found.slice(0, 20).join("\n")}`);
  return 1;
}

test(`${PEER} and anvil agree about what went on in ${COUNT} random blocks`, () => withBoth(async (nodes) => {
  const { sent, steps } = await runSteps(nodes);
  let compared = 0;
  for (const { hash, what } of sent) {
    const { gasUsed } = await nodes[0].rpc("eth_getTransactionReceipt", hash);
    const frame = await nodes[0].rpc("debug_traceTransaction", hash, { tracer: "callTracer", tracerConfig: { onlyTopCall: true } });
    assert.equal(frame.gasUsed, gasUsed, what);
    for (const question of questionsOf(hash)) compared += await compare(nodes, question, what);
  }
  const newest = Number(await nodes[0].rpc("eth_blockNumber"));
  for (let number = 1; number <= newest; ++number)
    compared += await compare(nodes, ["flat", "trace_block", ["0x" + number.toString(16)]], `block ${number}`);
  for (const address of steps.seen)
    for (const who of [{ fromAddress: [address] }, { toAddress: [address] }]) {
      const filter = { fromBlock: "0x1", toBlock: "0x" + newest.toString(16), ...who };
      compared += await compare(nodes, ["filter", "trace_filter", [filter]], `filter ${address}`);
      const all = await nodes[0].rpc("trace_filter", filter);
      assert.deepEqual(await nodes[0].rpc("trace_filter", { ...filter, after: 1, count: 3 }), all.slice(1, 4));
    }
  const [{ hash, what }] = sent.slice(-1);
  const { from, to, input, value, gas } = await nodes[0].rpc("eth_getTransactionByHash", hash);
  const call = { from, to: to ?? undefined, data: input, value, gas };
  for (const options of [{ tracer: "callTracer" }, { tracer: "prestateTracer", tracerConfig: { diffMode: true } }])
    compared += await compare(nodes, [options.tracer === "callTracer" ? "call" : "diff", "debug_traceCall", [call, "latest", options]], `call of ${what}`);
  console.log(`${sent.length} transactions, ${compared} answers`);
  assert.ok(compared > sent.length * 8, "answers were compared");
  await agreeWithItself(nodes[0], newest);
  await otterscan(nodes, sent, [...steps.seen]);
}));

// What one method says of a transaction, another says too.
async function agreeWithItself(node, newest) {
  const options = { tracer: "callTracer" };
  const unplaced = (trace) => without(trace, ["blockHash", "blockNumber", "transactionHash", "transactionPosition"]);
  for (let number = 1; number <= newest; ++number) {
    const quantity = "0x" + number.toString(16);
    const { hash: blockHash, transactions } = await node.rpc("eth_getBlockByNumber", quantity, true);
    const traces = await node.rpc("debug_traceBlockByNumber", quantity, options);
    assert.deepEqual(await node.rpc("debug_traceBlockByHash", blockHash, options), traces);
    assert.deepEqual(await node.rpc("debug_traceBlock", await node.rpc("debug_getRawBlock", quantity), options), traces);
    const replayed = await node.rpc("trace_replayBlockTransactions", quantity, ["trace", "stateDiff"]);
    const modified = await node.rpc("debug_getModifiedAccountsByNumber", quantity);
    for (const [i, { hash, from, input, ...fields }] of transactions.entries()) {
      assert.equal(traces[i].txHash, hash);
      assert.deepEqual(await node.rpc("debug_traceTransaction", hash, options), traces[i].result);
      const { transactionHash, ...rest } = replayed[i];
      assert.equal(transactionHash, hash);
      assert.deepEqual(await node.rpc("trace_replayTransaction", hash, ["trace", "stateDiff"]), rest);
      const placed = await node.rpc("trace_transaction", hash);
      assert.deepEqual(placed.map(unplaced), rest.trace);
      for (const trace of placed) assert.deepEqual(await node.rpc("trace_get", hash, trace.traceAddress.map((at) => "0x" + at.toString(16))), trace);
      assert.ok(rest.stateDiff[from].nonce["*"] && modified.includes(from));
      const repeated = await node.rpc("debug_traceCall", { from, to: fields.to ?? undefined, data: input, value: fields.value, gas: fields.gas,
        gasPrice: fields.gasPrice, accessList: fields.accessList }, quantity, { ...options, txIndex: "0x" + i.toString(16) });
      if (fields.type !== "0x4") assert.deepEqual(repeated, traces[i].result, `transaction ${hash} as a call`);
    }
  }
}

// Otterscan's calls: anvil's shapes, but for what Otterscan's own document says.
async function otterscan([node, anvil], sent, addresses) {
  assert.equal(await node.rpc("ots_getApiLevel"), 8);
  for (const address of addresses) {
    const hasCode = await node.rpc("ots_hasCode", address, "latest");
    assert.equal(hasCode, await anvil.rpc("ots_hasCode", address, "latest"), `code of ${address}`);
    // What has no code any more, or never got any, is no contract to Erigon.
    if (hasCode) assert.deepEqual(lower(await ask(node, "ots_getContractCreator", [address])), lower(await ask(anvil, "ots_getContractCreator", [address])), `creator of ${address}`);
  }
  for (const { hash } of sent) {
    const { from, nonce } = await node.rpc("eth_getTransactionByHash", hash);
    assert.equal(await node.rpc("ots_getTransactionBySenderAndNonce", from, Number(nonce)), hash);
    const entries = await node.rpc("ots_traceTransaction", hash);
    assert.equal(entries[0].depth, 0);
    for (const operation of await node.rpc("ots_getInternalOperations", hash)) assert.ok([0, 1, 2, 3].includes(operation.type));
  }
  await searchAll(node, sent, addresses[0]);
  const { block, totalFees } = await node.rpc("ots_getBlockDetails", 3);
  assert.deepEqual(await node.rpc("ots_getBlockDetailsByHash", block.hash), await node.rpc("ots_getBlockDetails", 3));
  assert.ok(block.logsBloom === null && block.transactionCount === 1 && BigInt(totalFees) > 0n);
  const { fullblock, receipts } = await node.rpc("ots_getBlockTransactions", 3, 0, 10);
  assert.ok(fullblock.transactions.length === 1 && fullblock.transactions[0].input.length === 10);
  assert.ok(receipts.length === 1 && receipts[0].logs === null);
  assert.equal((await node.rpc("erigon_getHeaderByNumber", 3)).hash, block.hash);
}

// Page by page, both ways, everything in which an account took part.
async function searchAll(node, sent, address) {
  const wanted = new Set();
  for (const { hash } of sent) {
    const calls = await node.rpc("ots_traceTransaction", hash);
    if (calls.some(({ from, to }) => [from, to].includes(address.toLowerCase()))) wanted.add(hash);
  }
  const down = [];
  for (let number = 0, last = false; !last;) {
    const page = await node.rpc("ots_searchTransactionsBefore", address, number, 5);
    assert.equal(page.firstPage, number === 0);
    assert.equal(page.txs.length, page.receipts.length);
    down.push(...page.txs.map(({ hash }) => hash));
    last = page.lastPage;
    if (!last) number = Number(page.txs.at(-1).blockNumber);
  }
  const up = [];
  for (let number = 0, first = false; !first;) {
    const page = await node.rpc("ots_searchTransactionsAfter", address, number, 5);
    assert.equal(page.lastPage, number === 0);
    up.unshift(...page.txs.map(({ hash }) => hash));
    first = page.firstPage;
    if (!first) number = Number(page.txs[0].blockNumber);
  }
  assert.deepEqual(down, up);
  assert.deepEqual(new Set(down), wanted);
}

// Code that goes on until its gas is gone: a loop, and one that calls with a
// megabyte of input.
test("loftd says so when a trace is too large", { skip: PEER !== "loftd" }, async () => {
  const node = await startNode({ hardfork: "osaka" });
  const to = "0x00000000000000000000000000000000000000bb";
  try {
    for (const [code, options] of [["0x5b5f56", {}], ["0x5b5f5f620fffff5f5f60775af1505f56", { tracer: "callTracer" }]]) {
      const stateOverrides = { [to]: { code } };
      await assert.rejects(node.rpc("debug_traceCall", { to }, "latest", { ...options, stateOverrides }), { code: -32003 });
    }
  } finally {
    await node.stop();
  }
});
