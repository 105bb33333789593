// Starts the peers of PEERS.md and tells them what to do.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const HERE = join(dirname(fileURLToPath(import.meta.url)), "..");
const BIN = process.env.LOFT_BIN ?? join(HERE, "../../build/release/bin");

const PROGRAMS = {
  loft: [join(BIN, "loft_peer")],
  js: [process.execPath, join(HERE, "js_peer.mjs")],
  go: [join(HERE, "go/go_peer")],
};

const ANSWER_MS = 120_000;

export class Peer {
  #child;
  #waiting = new Map();
  #count = 0;
  #ended = false;

  /// kind: "loft", "js" or "go". within: a command that runs the rest of its line.
  static async start(kind, args = ["--listen", "/ip4/127.0.0.1/tcp/0"], within = []) {
    const peer = new Peer();
    await peer.#begin(kind, [...within, ...PROGRAMS[kind], ...args]);
    return peer;
  }

  async #begin(kind, [program, ...args]) {
    this.kind = kind;
    this.#child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
    this.pid = this.#child.pid;
    const hello = new Promise((resolve, reject) => {
      this.#waiting.set(undefined, { resolve, reject });
      this.#child.on("error", reject);
    });
    createInterface({ input: this.#child.stdout }).on("line", (line) => this.#heard(JSON.parse(line)));
    this.#child.on("exit", (code, signal) => {
      this.#ended = true;
      for (const { reject } of this.#waiting.values()) reject(new Error(`${kind} ended: ${signal ?? code}`));
    });
    this.#child.stdin.on("error", () => {});
    const { peer, addrs } = await hello;
    assert.ok(peer, "it says who it is");
    this.id = peer;
    this.addrs = addrs.map((addr) => `${addr}/p2p/${peer}`);
  }

  #heard({ id, error, ...result }) {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error !== undefined) waiting?.reject(new Error(`${this.kind}: ${error}`));
    else waiting?.resolve(result);
  }

  does(what, given = {}) {
    if (this.#ended) return Promise.reject(new Error(`${this.kind} has ended`));
    const id = ++this.#count;
    const answer = new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${this.kind} does not answer "${what}"`)), ANSWER_MS);
      const settle = (then) => (value) => (clearTimeout(timer), then(value));
      this.#waiting.set(id, { resolve: settle(resolve), reject: settle(reject) });
    });
    this.#child.stdin.write(JSON.stringify({ id, do: what, ...given }) + "\n");
    return answer;
  }

  /// At once, as a machine that loses its power.
  async kill() {
    if (this.#ended) return;
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.kill("SIGKILL");
    await ended;
  }
}

/// Runs with the peers that these promises of Peer.start bring and ends them,
/// come what may.
export async function withStarted(starts, run) {
  const settled = await Promise.allSettled(starts);
  const peers = settled.filter(({ status }) => status === "fulfilled").map(({ value }) => value);
  try {
    for (const { reason } of settled) if (reason !== undefined) throw reason;
    await run(...peers);
  } finally {
    await Promise.all(peers.map((peer) => peer.kill()));
  }
}

export const withPeers = (kinds, run, args) => withStarted(kinds.map((kind) => Peer.start(kind, args)), run);

export async function eventually(what, holds, tries = 200) {
  for (let i = 0; i < tries; ++i) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail(`waited in vain: ${what}`);
}
