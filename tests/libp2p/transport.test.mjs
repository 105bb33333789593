// The contract that libp2p's implementations test their transports by: a
// program is told by environment variables what to be, a listener leaves its
// address in Redis, and a dialer prints two numbers: see transport_interop.mjs.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

const OTHERS = (process.env.OTHERS ?? "js go").split(" ");
const pairs = [["loft", "loft"], ...OTHERS.flatMap((other) => [["loft", other], [other, "loft"]])];

let redis;
let folder;
let port;

before(async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  ({ port } = server.address());
  await new Promise((done) => server.close(done));
  folder = await mkdtemp(join(tmpdir(), "loft-redis-"));
  redis = spawn("redis-server", ["--bind", "127.0.0.1", "--port", String(port), "--dir", folder, "--save", ""], { stdio: ["ignore", "pipe", "inherit"] });
  for await (const text of redis.stdout) if (/Ready to accept connections/.test(text)) break;
});

after(async () => {
  redis.kill();
  await rm(folder, { recursive: true });
});

const clear = () => new Promise((resolve, reject) => {
  const cli = spawn("redis-cli", ["-p", String(port), "flushall"], { stdio: "ignore" });
  cli.on("exit", (code) => (code === 0 ? resolve() : reject(new Error(`redis-cli: ${code}`))));
});

function start(kind, isDialer) {
  const env = { ...process.env, transport: "tcp", security: "noise", muxer: "yamux", is_dialer: String(isDialer), ip: "127.0.0.1",
    redis_addr: `127.0.0.1:${port}`, test_timeout_seconds: "30" };
  const child = spawn(process.execPath, ["transport_interop.mjs", kind], { env, stdio: ["ignore", "pipe", "pipe"], cwd: import.meta.dirname, detached: true });
  child.text = "";
  child.said = "";
  child.stdout.on("data", (text) => { child.text += text; });
  child.stderr.on("data", (text) => { child.said += text; });
  return child;
}

for (const [dialer, listener] of pairs)
  test(`${dialer} dials ${listener} as the contract has it`, async () => {
    await clear();
    const children = [start(listener, false), start(dialer, true)];
    try {
      const [code] = await once(children[1], "close");
      assert.equal(code, 0, children[1].said);
      const { handshakePlusOneRTTMillis, pingRTTMilllis } = JSON.parse(children[1].text.trim().split("\n").pop());
      console.log(`${dialer} to ${listener}: handshake and a round trip ${handshakePlusOneRTTMillis} ms, a ping ${pingRTTMilllis} ms`);
      assert.ok(handshakePlusOneRTTMillis > 0 && pingRTTMilllis > 0);
    } finally {
      for (const child of children) if (child.exitCode === null) process.kill(-child.pid, "SIGKILL");
    }
  });
