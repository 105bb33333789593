// How our peer compares with js-libp2p's and go-libp2p's, in one run: see
// PEERS.md. `tests/libp2p/run --bench`.
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

import { eventually, withPeers } from "./lib/peer.mjs";
import { firstByte, proxyWay, slowWay } from "./lib/slow_way.mjs";

const KINDS = (process.env.KINDS ?? "").split(" ").filter(Boolean);
if (KINDS.length === 0) KINDS.push("loft", ...(process.env.OTHERS ?? "js go").split(" "));
const MIB = 1 << 20;
const DELAY_MS = 50;

const sorted = (numbers) => [...numbers].sort((a, b) => a - b);
const quantile = (numbers, part) => sorted(numbers)[Math.min(numbers.length - 1, Math.floor(numbers.length * part))];
const median = (numbers) => quantile(numbers, 0.5);
const row = (what, ...values) => console.log(what.padEnd(44) + values.map((value) => String(value).padStart(16)).join(""));
const processorMs = (peer) => {
  const [user, system] = readFileSync(`/proc/${peer.pid}/stat`, "utf8").split(") ")[1].split(" ").slice(11, 13).map(Number);
  return (user + system) * 10;
};

async function throughput(kind) {
  const speeds = [];
  let cost = 0;
  await withPeers([kind, kind], async (dialer, listener) => {
    await dialer.does("dial", { addr: listener.addrs[0] });
    const bytes = (kind === "js" ? 128 : 1024) * MIB;
    for (let i = 0; i < 5; ++i) {
      const before = processorMs(dialer) + processorMs(listener);
      const { ms } = await dialer.does("perf", { peer: listener.id, up: bytes, down: 0 });
      cost = (processorMs(dialer) + processorMs(listener) - before) / (bytes / 1e6);
      speeds.push(bytes / 1e3 / ms);
    }
  });
  return [`${median(speeds).toFixed(0)} MB/s`, `${cost.toFixed(2)} ms/MB`];
}

async function handshakes(kind) {
  const times = [];
  await withPeers([kind, kind], async (dialer, listener) => {
    for (let i = 0; i < 100; ++i) {
      const { ms } = await dialer.does("dial", { addr: listener.addrs[0] });
      const { ms: [ping] } = await dialer.does("ping", { peer: listener.id });
      times.push(ms + ping);
      await dialer.does("hangup", { peer: listener.id });
      await eventually("it is over", async () => (await listener.does("peers")).peers.length === 0);
    }
  });
  return [`${median(times).toFixed(2)} ms`, `${quantile(times, 0.9).toFixed(2)} ms`];
}

async function wayHere() {
  try {
    const way = await slowWay(DELAY_MS);
    row("the slow way: TCP connects in; at most", `${way.connectMs.toFixed(1)} ms`, `${way.connectMostMs.toFixed(1)} ms`);
    return way;
  } catch (error) {
    console.log(`no network namespaces here (${error.message}): a proxy delays, and TCP's own round trip is added, not measured`);
    return proxyWay(DELAY_MS);
  }
}

async function delayed(way, kind) {
  const trips = [];
  for (let i = 0; i < 9; ++i) trips.push(await firstByte(way, [kind, kind]));
  const of = (what, part) => quantile(trips.map((one) => one[what]), part).toFixed(2);
  return [`dial ${of("dial", 0.5)}`, `byte ${of("byte", 0.5)}`, `at best ${of("byte", 0)}`];
}

async function gossip(kind, count) {
  const topic = "loft/bench";
  const messages = 100;
  const args = ["--gossip", "--listen", "/ip4/127.0.0.1/tcp/0"];
  let result;
  await withPeers(Array.from({ length: count }, () => kind), async (...peers) => {
    for (let i = 0; i < count; ++i)
      for (const step of [1, 3, 7, 12]) await peers[i].does("dial", { addr: peers[(i + step) % count].addrs[0] }).catch(() => {});
    await Promise.all(peers.map((peer) => peer.does("subscribe", { topic })));
    await new Promise((resolve) => setTimeout(resolve, 5000));
    const counts = async () => (kind === "loft" ? Promise.all(peers.map((peer) => peer.does("counts"))) : []);
    const before = await counts();
    const said = new Map();
    for (let i = 0; i < messages; ++i) {
      said.set(`message ${i}`, Date.now());
      await peers[(i * 5) % count].does("publish", { topic, text: `message ${i}` });
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await new Promise((resolve) => setTimeout(resolve, 5000));
    const heard = await Promise.all(peers.map((peer) => peer.does("heard", { topic })));
    const delays = heard.flatMap(({ messages: list }) => list.map(({ text, at }) => at - said.get(text)));
    const after = await counts();
    const duplicates = after.reduce((sum, one, i) => sum + one.duplicates - before[i].duplicates, 0);
    result = [`${((100 * delays.length) / (messages * (count - 1))).toFixed(1)} %`, `p99 ${quantile(delays, 0.99)} ms`,
      kind === "loft" ? `${(duplicates / (messages * (count - 1))).toFixed(2)} twice` : "-"];
  }, args);
  return result;
}

async function attempt(what, work) {
  try {
    row(what, ...(await work()));
  } catch (error) {
    row(what, `not measured: ${error.message.split("\n")[0]}`);
  }
}

console.log(`${availableParallelism()} processors, loopback; medians\n`);
for (const kind of KINDS) await attempt(`one stream, ${kind} to ${kind}`, () => throughput(kind));
for (const kind of KINDS) await attempt(`handshake and ping, ${kind} (90th percentile)`, () => handshakes(kind));
const way = await wayHere();
for (const kind of KINDS) await attempt(`round trips of ${DELAY_MS} ms to the first byte, ${kind}`, () => delayed(way, kind));
await way.close();
for (const kind of KINDS) await attempt(`32 processes gossip, ${kind}`, () => gossip(kind, 32));
