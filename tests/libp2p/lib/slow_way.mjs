// Peers with a slow way between them: how many round trips something takes.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { Peer, withStarted } from "./peer.mjs";

const PROGRAM = join(dirname(fileURLToPath(import.meta.url)), "../slow_way.py");

/// A way between two network namespaces (slow_way.py, the process `pid`), on
/// which a round trip takes delayMs, TCP's own too. `connectMs`, `connectMostMs`:
/// what it measured of itself. An error says why there is none here.
export async function slowWay(delayMs) {
  const child = spawn("python3", [PROGRAM, "--delay-ms", delayMs], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout });
  const ended = once(lines, "close").then(() => { throw new Error("slow_way.py ended"); });
  const failed = once(child, "error").then(([error]) => { throw error; });
  const [line] = await Promise.race([once(lines, "line"), failed, ended]);
  const { error, near, far, address, ms, most_ms } = JSON.parse(line);
  if (error !== undefined) throw new Error(error);
  const within = (file) => ["nsenter", `--net=${file}`];
  return {
    delayMs, connectMs: ms, connectMostMs: most_ms, uncounted: 0, pid: child.pid,
    /// A new dialer and a new listener: neither knows anything of the other.
    withPeers: ([from, to], run) => withStarted(
      [Peer.start(from, [], within(near)), Peer.start(to, ["--listen", `/ip4/${address}/tcp/0`], within(far))],
      (dialer, listener) => run(dialer, listener, listener.addrs[0])),
    async close() { child.stdin.end(); await once(child, "exit"); },
  };
}

// Every byte takes half of delayMs; a connection is made at once.
async function slowProxy(port, delayMs) {
  const sockets = new Set();
  const server = createServer((near) => {
    const far = connect(port, "127.0.0.1");
    for (const [from, to] of [[near, far], [far, near]]) {
      sockets.add(from);
      from.setNoDelay(true);
      from.on("data", (data) => setTimeout(() => to.destroyed || to.write(data), delayMs / 2));
      from.on("close", () => (sockets.delete(from), setTimeout(() => to.destroy(), delayMs / 2)));
      from.on("error", () => {});
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return { port: server.address().port, close() { for (const socket of sockets) socket.destroy(); server.close(); } };
}

/// The same where namespaces are not to be had: bytes are held back, and TCP's
/// own trip is not measured but `uncounted`.
export const proxyWay = (delayMs) => ({
  delayMs, uncounted: 1,
  withPeers: ([from, to], run) => withStarted([Peer.start(from, []), Peer.start(to)], async (dialer, listener) => {
    const [, port] = /tcp\/(\d+)/.exec(listener.addrs[0]);
    const proxy = await slowProxy(Number(port), delayMs);
    try {
      await run(dialer, listener, listener.addrs[0].replace(`tcp/${port}`, `tcp/${proxy.port}`));
    } finally {
      proxy.close();
    }
  }),
  async close() {},
});

/// How many round trips pass from the moment of dialing, TCP's own included,
/// until the dialer says that it is connected (`dial`), and until the first byte
/// of an answer (`byte`): that of a ping, on a stream opened for it.
export async function firstByte(way, kinds) {
  let trips;
  await way.withPeers(kinds, async (dialer, listener, addr) => {
    const start = performance.now();
    const since = () => (performance.now() - start) / way.delayMs + way.uncounted;
    await dialer.does("dial", { addr });
    const dial = since();
    await dialer.does("ping", { peer: listener.id });
    trips = { dial, byte: since() };
  });
  return trips;
}
