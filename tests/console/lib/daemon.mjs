// loftd on a port of its own, which it keeps when it is killed and started
// again.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "../../..");
const program = join(process.env.LOFT_BIN ?? join(root, "build/release/bin"), "loftd");
const START_MS_MAX = 20_000;

const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

function freePort() {
  return new Promise((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

export const artifactPath = (name) => join(root, "contracts/artifacts", `${name}.json`);
export const artifact = (name) => JSON.parse(readFileSync(artifactPath(name), "utf8"));

export class Daemon {
  static async start(options = []) {
    if (!existsSync(program)) throw new Error(`${program} is not there: make check-peers builds it`);
    const daemon = new Daemon();
    daemon.dir = mkdtempSync(join(tmpdir(), "loft-console-"));
    daemon.port = await freePort();
    daemon.url = `http://127.0.0.1:${daemon.port}`;
    daemon.options = options;
    await daemon.run();
    return daemon;
  }

  async run() {
    const log = openSync(join(this.dir, "log"), "a");
    const line = ["--port", String(this.port), "--data-dir", join(this.dir, "data"), "--quiet", ...this.options];
    this.child = spawn(program, line, { stdio: ["ignore", log, log] });
    this.ended = new Promise((done) => this.child.once("exit", done));
    const began = Date.now();
    while (!(await this.rpc("eth_chainId").catch(() => null))) {
      if (this.child.exitCode !== null || Date.now() - began > START_MS_MAX)
        throw new Error(`loftd is not ready:\n${readFileSync(join(this.dir, "log"), "utf8")}`);
      await pause(20);
    }
  }

  async kill() {
    this.child.kill("SIGKILL");
    await this.ended;
  }

  async stop() {
    this.child.kill("SIGTERM");
    await this.ended;
    rmSync(this.dir, { recursive: true });
  }

  async rpc(method, ...params) {
    const response = await fetch(this.url, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
    });
    const { result, error } = await response.json();
    if (error) throw Object.assign(new Error(error.message), error);
    return result;
  }

  async receipt(hash) {
    for (let look = 0; look < 100; look++) {
      const receipt = await this.rpc("eth_getTransactionReceipt", hash);
      if (receipt) return receipt;
      await pause(20);
    }
    throw new Error(`${hash} is in no block`);
  }

  // Deploys an artifact; `encoded` are the constructor's values.
  async deploy(name, encoded = "") {
    const [from] = await this.rpc("eth_accounts");
    const receipt = await this.receipt(await this.rpc("eth_sendTransaction", { from, data: artifact(name).bytecode + encoded }));
    if (receipt.status !== "0x1") throw new Error(`${name} was not deployed`);
    return receipt.contractAddress;
  }

  // Calls a function by its signature with values as text.
  async send(to, signature, values, from) {
    const [first] = await this.rpc("eth_accounts");
    const data = await this.rpc("loft_encodeCall", signature, values);
    return this.receipt(await this.rpc("eth_sendTransaction", { from: from ?? first, to, data, gas: "0x7a120" }));
  }

  async deployToken(name = "Loft Demo Token", symbol = "LOFT") {
    const [owner] = await this.rpc("eth_accounts");
    const encoded = await this.rpc("loft_encodeCall", "constructor(string,string,address)", [name, symbol, owner]);
    return this.deploy("Token", encoded.slice(2));
  }
}
