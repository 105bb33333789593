// What the daemon is doing now: asked for again and again, at once where it
// tells of new blocks by itself, less often while it does not answer.
import { useEffect, useState } from "../vendor/preact/standalone.module.js";
import { RpcError, batch, batchAll, call } from "./rpc.js";
import { number, quantity } from "./format.js";

const BLOCKS_KEPT = 120;
const SAMPLES_KEPT = 240;
const SECONDS_REMEMBERED = 60; // of rates before the first look
const COUNTED_MAX = 5000;
const POLL_MS = 1000;
const POLL_HIDDEN_MS = 15000;
const BACKOFF_MS = [500, 1000, 2000, 4000, 8000];
const SOCKET_RETRY_MS = 15000;

// blocks: newest first. samples: {at, status, rate} of each look.
const state = {
  phase: "connecting", // connecting, online, offline
  epoch: 0, // up by one with each return of the daemon
  head: -1,
  status: null,
  blocks: [],
  samples: [],
  accounts: [],
  methods: new Map(),
  clientVersion: "",
  retryAt: 0,
  socket: false,
};

const listeners = new Set();
let version = 0;
let timer = 0;
let failures = 0;
let busy = false;
let again = false;

function changed() {
  version++;
  for (const listener of listeners) listener(version);
}

export const live = state;

// Draws the component again whenever something has changed.
export function useLive() {
  const [, redraw] = useState(0);
  useEffect(() => {
    listeners.add(redraw);
    return () => listeners.delete(redraw);
  }, []);
  return state;
}

async function learnNode() {
  const [accounts, discovered, clientVersion] = await batch([["eth_accounts"], ["rpc.discover"], ["web3_clientVersion"]]);
  state.accounts = accounts instanceof RpcError ? [] : accounts;
  const methods = discovered instanceof RpcError ? [] : discovered.methods;
  state.methods = new Map(methods.map((method) => [method.name, method]));
  state.clientVersion = clientVersion instanceof RpcError ? "" : clientVersion;
}

const compactBlock = (block) => ({
  number: number(block.number),
  hash: block.hash,
  parentHash: block.parentHash,
  timestamp: number(block.timestamp),
  gasUsed: number(block.gasUsed),
  gasLimit: number(block.gasLimit),
  baseFee: block.baseFeePerGas ?? "0x0",
  miner: block.miner,
  size: number(block.size),
  transactions: block.transactions.length,
  hashes: block.transactions.slice(0, 12),
});

export async function fetchBlocks(numbers) {
  const blocks = await batchAll(numbers.map((n) => ["eth_getBlockByNumber", quantity(n), false]));
  return blocks.filter(Boolean).map(compactBlock);
}

// How many transactions are in the blocks that are passed over.
async function countTransactions(from, to) {
  if (to < from || to - from >= COUNTED_MAX) return null;
  const numbers = Array.from({ length: to - from + 1 }, (_, i) => from + i);
  const counts = await batchAll(numbers.map((n) => ["eth_getBlockTransactionCountByNumber", quantity(n)]));
  return counts.reduce((sum, count) => sum + number(count), 0);
}

const countIn = (blocks) => blocks.reduce((sum, block) => sum + block.transactions, 0);

const range = (from, to) => Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => to - i);

// Brings the newest blocks, and answers how many transactions came with them,
// or null where that cannot be told. What is kept goes where the chain is
// another one now: undone blocks, a fresh chain.
async function advance(head) {
  const newest = state.blocks[0];
  if (newest?.hash === head.hash) return 0;
  const oldest = Math.max(0, head.number - BLOCKS_KEPT + 1);
  const isAhead = newest && newest.number < head.number;
  const from = isAhead ? Math.max(newest.number + 1, oldest) : oldest;
  const fresh = await fetchBlocks(range(from, head.number));
  if (isAhead && from === newest.number + 1) {
    if (fresh.at(-1)?.parentHash === newest.hash) {
      state.blocks = [...fresh, ...state.blocks].slice(0, BLOCKS_KEPT);
      return countIn(fresh);
    }
    state.blocks = await fetchBlocks(range(oldest, head.number));
    return null;
  }
  const skipped = isAhead ? await countTransactions(newest.number + 1, from - 1) : null;
  state.blocks = fresh;
  return skipped === null ? null : countIn(fresh) + skipped;
}

// Rates before the first look, as the blocks' times tell them; nothing where the
// chain's clock is ahead, so that times are not when blocks were made.
function rememberRates(now) {
  const oldest = state.blocks.at(-1);
  if (!oldest || state.blocks[0].timestamp > now) return;
  const first = Math.max(oldest.timestamp + 1, Math.floor(now) - SECONDS_REMEMBERED);
  for (let second = first; second < Math.floor(now); second++) {
    const made = state.blocks.filter((block) => block.timestamp === second);
    state.samples.push({ at: second, rate: countIn(made), pool: null, memory: null, disk: null });
  }
}

function addSample(status, transactions) {
  const at = Date.now() / 1000;
  if (!state.samples.length) rememberRates(at);
  const last = state.samples.at(-1);
  const before = last?.pool === null ? null : last;
  const remembered = last?.pool === null ? last.rate : null; // that of the second before
  const seconds = before ? Math.max(at - before.at, 0.05) : 0;
  const rate = before && transactions !== null && seconds < 30 ? transactions / seconds : null;
  // Looks that follow each other quickly are one: a rate over 20 ms says little.
  if (before && seconds < 0.8) {
    before.pendingTransactions = (before.pendingTransactions ?? 0) + (transactions ?? 0);
    return;
  }
  const held = before?.pendingTransactions ?? 0;
  state.samples.push({
    at,
    rate: rate === null ? remembered : rate + held / seconds,
    pool: number(status.pool.pending) + number(status.pool.queued),
    memory: number(status.memoryBytes),
    disk: number(status.diskBytes),
  });
  if (state.samples.length > SAMPLES_KEPT) state.samples.shift();
}

async function look() {
  if (state.phase !== "online") await learnNode();
  const status = await call("loft_status");
  const head = { number: number(status.head.number), hash: status.head.hash };
  const transactions = await advance(head);
  state.head = head.number;
  state.status = status;
  addSample(status, transactions);
  if (state.phase !== "online") {
    state.phase = "online";
    state.epoch++;
    watchHeads();
  }
  failures = 0;
}

function fail() {
  state.phase = "offline";
  const wait = BACKOFF_MS[Math.min(failures++, BACKOFF_MS.length - 1)];
  state.retryAt = Date.now() + wait;
  return wait;
}

async function tick() {
  if (busy) {
    again = true;
    return;
  }
  busy = true;
  clearTimeout(timer);
  let wait;
  try {
    await look();
    wait = document.hidden ? POLL_HIDDEN_MS : POLL_MS;
  } catch {
    wait = fail();
  }
  busy = false;
  changed();
  timer = setTimeout(tick, again ? 50 : wait);
  again = false;
}

// Looks now instead of at the next turn.
export const refresh = () => tick();

let socket = null;

// New heads by WebSocket only bring the next look forward, so that nothing is
// lost where the socket is.
function watchHeads() {
  if (socket || !state.methods.has("eth_subscribe")) return;
  const opened = new WebSocket(`ws${location.protocol === "https:" ? "s" : ""}://${location.host}/`);
  let soon = 0;
  socket = opened;
  opened.onopen = () => {
    state.socket = true;
    opened.send(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_subscribe", params: ["newHeads"] }));
  };
  opened.onmessage = () => {
    if (!soon && !document.hidden) soon = setTimeout(() => { soon = 0; tick(); }, 60);
  };
  opened.onclose = () => {
    const wasOpen = state.socket;
    socket = null;
    state.socket = false;
    if (wasOpen) tick();
    setTimeout(() => state.phase === "online" && watchHeads(), SOCKET_RETRY_MS);
  };
}

export function begin() {
  document.addEventListener("visibilitychange", () => document.hidden || tick());
  tick();
}
