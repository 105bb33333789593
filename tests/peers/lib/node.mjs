// Starts a node on a free port of the loopback and ends it again. PEER names
// which: loftd (LOFT_BIN or build/release/bin), or anvil, against which the
// expectations of these scripts were written.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const here = join(dirname(fileURLToPath(import.meta.url)), "..");
export const root = join(here, "../..");
export const PEER = process.env.PEER ?? "loftd";
export const CHAIN_ID = 31337;
const START_MS_MAX = 20_000;

const programs = {
  loftd: join(process.env.LOFT_BIN ?? join(root, "build/release/bin"), "loftd"),
  anvil: join(here, "node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil"),
};

export const cast = join(here, "node_modules/@foundry-rs/cast-linux-amd64/bin/cast");

// The accounts of "test test test test test test test test test test test junk".
export const KEYS = [
  "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
  "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
  "0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a",
  "0x7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6",
  "0x47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a",
  "0x8b3a350cf5c34c9194ca85829a2df0ec3153be0318b5e2d3348e872092edffba",
];

function commandLine(kind, dir, { hardfork, genesis, mining = true, accounts, traced = false, fork }) {
  const line = ["--port", "0"];
  if (accounts) line.push("--accounts", `${accounts}`);
  // By name: the address that is looked for in the log is the node's own.
  if (fork) line.push("--fork-url", fork.replace("127.0.0.1", "localhost"));
  if (!mining) line.push("--no-mining");
  // anvil keeps the instructions of transactions only where it is told to.
  if (traced && kind === "anvil") line.push("--steps-tracing");
  if (kind === "loftd") line.push("--data-dir", dir);
  if (genesis) {
    const path = join(dir, "genesis.json");
    writeFileSync(path, JSON.stringify(genesis));
    line.push("--init", path);
  }
  // A genesis names its forks; anvil does not read them there.
  if (hardfork && !(genesis && kind === "loftd")) line.push("--hardfork", hardfork);
  return line;
}

export async function startNode({ kind = PEER, ...options } = {}) {
  const program = programs[kind];
  if (!existsSync(program)) throw new Error(`${program} is not there`);
  const dir = mkdtempSync(join(tmpdir(), `loft-peers-${kind}-`));
  const logPath = join(dir, "log");
  const log = openSync(logPath, "a");
  const text = () => readFileSync(logPath, "utf8");
  const began = performance.now();
  const child = spawn(program, commandLine(kind, dir, options), { stdio: ["ignore", log, log] });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const node = { kind, pid: child.pid, dir, url: "", startMs: 0 };
  node.stop = async () => {
    child.kill("SIGTERM");
    await ended;
    if (kind === "loftd" && child.exitCode !== 0) throw new Error(`loftd ended with status ${child.exitCode}:\n${text()}`);
    rmSync(dir, { recursive: true });
  };
  while (!node.url) {
    if (child.exitCode !== null) throw new Error(`${kind} ended with status ${child.exitCode}:\n${text()}`);
    if (performance.now() - began > START_MS_MAX) throw new Error(`${kind} is not ready:\n${text()}`);
    const found = /127\.0\.0\.1:([1-9]\d*)/.exec(text());
    if (found) node.url = `http://127.0.0.1:${found[1]}`;
    else await new Promise((resolve) => setTimeout(resolve, 1));
  }
  node.rpc = (method, ...params) => call(node.url, method, params);
  await node.rpc("eth_chainId");
  node.startMs = performance.now() - began;
  return node;
}

export class RpcError extends Error {
  constructor({ code, message, data }) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

async function post(url, body) {
  const reply = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  return reply.json();
}

export async function call(url, method, params) {
  const reply = await post(url, { jsonrpc: "2.0", id: 1, method, params });
  if (reply.error) throw new RpcError(reply.error);
  return reply.result;
}

// The results of several calls, asked for at once.
export async function batch(url, calls) {
  const replies = await post(url, calls.map(([method, ...params], id) => ({ jsonrpc: "2.0", id, method, params })));
  replies.sort((a, b) => a.id - b.id);
  return replies.map(({ error, result }) => {
    if (error) throw new RpcError(error);
    return result;
  });
}

// Makes a block whose time is that of the last one and `seconds` more.
export async function mineAfter(node, seconds) {
  const { timestamp } = await node.rpc("eth_getBlockByNumber", "latest", false);
  await node.rpc("evm_mine", "0x" + (BigInt(timestamp) + BigInt(seconds)).toString(16));
}

export async function receiptOf(node, hash) {
  for (let tries = 0; tries < 2000; ++tries) {
    const receipt = await node.rpc("eth_getTransactionReceipt", hash);
    if (receipt) return receipt;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`no receipt of ${hash}`);
}

export function artifact(name) {
  return JSON.parse(readFileSync(join(root, `contracts/artifacts/${name}.json`), "utf8"));
}
