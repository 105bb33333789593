// A peer of js-libp2p that does what it is told: see PEERS.md.
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";

import { noise } from "@chainsafe/libp2p-noise";
import { yamux } from "@chainsafe/libp2p-yamux";
import { circuitRelayServer, circuitRelayTransport } from "@libp2p/circuit-relay-v2";
import { generateKeyPair } from "@libp2p/crypto/keys";
import { gossipsub } from "@libp2p/gossipsub";
import { identify, identifyPush } from "@libp2p/identify";
import { peerIdFromString } from "@libp2p/peer-id";
import { ping } from "@libp2p/ping";
import { tcp } from "@libp2p/tcp";
import { multiaddr } from "@multiformats/multiaddr";
import { createLibp2p } from "libp2p";

const ECHO = "/loft/echo/1.0.0";
const PERF = "/perf/1.0.0";
const CHUNK = 64 << 10;

const { values: given } = parseArgs({ options: {
  key: { type: "string", default: "ed25519" },
  listen: { type: "string", multiple: true, default: [] },
  relay: { type: "boolean", default: false },
  gossip: { type: "boolean", default: false },
} });

const peer = await createLibp2p({
  privateKey: await generateKeyPair(given.key === "secp256k1" ? "secp256k1" : "Ed25519"),
  addresses: { listen: given.listen },
  transports: [tcp(), circuitRelayTransport()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
  connectionGater: { denyDialMultiaddr: () => false },
  connectionManager: { inboundConnectionThreshold: 1000 },
  services: {
    identify: identify(), identifyPush: identifyPush(), ping: ping(),
    ...(given.relay ? { relay: circuitRelayServer({ reservations: { applyDefaultLimit: false } }) } : {}),
    ...(given.gossip ? { pubsub: gossipsub({ allowPublishToZeroTopicPeers: true, globalSignaturePolicy: "StrictSign" }) } : {}),
  },
});

async function sendAll(stream, bytes) {
  const piece = new Uint8Array(CHUNK);
  for (let left = bytes; left > 0; left -= CHUNK)
    if (!stream.send(left < CHUNK ? piece.subarray(0, left) : piece)) await stream.onDrain();
}

const served = { runOnLimitedConnection: true, maxInboundStreams: 256, maxOutboundStreams: 256 };

await peer.handle(ECHO, async (stream) => {
  for await (const data of stream) if (!stream.send(data)) await stream.onDrain();
  await stream.close();
}, served);

// Eight bytes say how many the client wants back; then it sends its own.
await peer.handle(PERF, async (stream) => {
  let head = new Uint8Array(0);
  for await (const data of stream)
    if (head.length < 8) head = Uint8Array.from([...head, ...data.subarray()]).slice(0, 8);
  await sendAll(stream, Number(new DataView(head.buffer).getBigUint64(0)));
  await stream.close();
}, served);

const elapsed = async (work) => {
  const start = performance.now();
  await work();
  return performance.now() - start;
};

const open = (command, protocol) => peer.dialProtocol(peerIdFromString(command.peer), protocol, { runOnLimitedConnection: true });

async function echo(command) {
  const stream = await open(command, ECHO);
  let sent = 0;
  let back = 0;
  let differs = false;
  const at = (i) => (i * 31 + (i >> 8)) & 255;
  const pattern = Uint8Array.from({ length: 256 * 256 }, (_, i) => at(i));
  const reading = (async () => {
    for await (const data of stream) {
      const bytes = data.subarray();
      for (let i = 0; i < bytes.length; i += 1021) differs ||= bytes[i] !== pattern[(back + i) & 0xffff];
      back += bytes.length;
    }
  })();
  while (sent < command.bytes) {
    const len = Math.min(CHUNK, command.bytes - sent);
    if (!stream.send(pattern.subarray(0, len))) await stream.onDrain();
    sent += len;
  }
  await stream.close();
  await reading;
  if (differs || back !== sent) throw new Error(`${back} of ${sent} bytes came back${differs ? ", changed" : ""}`);
}

async function perf(command) {
  const stream = await open(command, PERF);
  const head = new Uint8Array(8);
  new DataView(head.buffer).setBigUint64(0, BigInt(command.down));
  let back = 0;
  const reading = (async () => { for await (const data of stream) back += data.byteLength; })();
  stream.send(head);
  await sendAll(stream, command.up);
  await stream.close();
  await reading;
  if (back !== command.down) throw new Error(`${back} of ${command.down} bytes came`);
}

const heard = new Map();
peer.services.pubsub?.addEventListener("message", ({ detail }) => {
  if (!heard.has(detail.topic)) heard.set(detail.topic, []);
  heard.get(detail.topic).push({ text: new TextDecoder().decode(detail.data), from: detail.from.toString(), at: Date.now() });
});

const until = async (what, holds) => {
  for (let i = 0; i < 200; ++i) {
    const found = await holds();
    if (found) return found;
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error(`waited in vain for ${what}`);
};

const commands = {
  async dial({ addr }) {
    let connection;
    const ms = await elapsed(async () => { connection = await peer.dial(multiaddr(addr)); });
    return { peer: connection.remotePeer.toString(), ms };
  },
  async hangup(command) { await peer.hangUp(peerIdFromString(command.peer)); },
  async peers() { return { peers: peer.getPeers().map(String) }; },
  async identify(command) {
    return until("identify", async () => {
      const known = await peer.peerStore.get(peerIdFromString(command.peer)).catch(() => null);
      if (!known?.metadata.has("AgentVersion")) return null;
      return { agent: new TextDecoder().decode(known.metadata.get("AgentVersion")), protocols: known.protocols, addrs: known.addresses.map(({ multiaddr }) => multiaddr.toString()) };
    });
  },
  async ping(command) {
    const ms = [];
    for (let i = 0; i < (command.count ?? 1); ++i) ms.push(await elapsed(() => peer.services.ping.ping(peerIdFromString(command.peer))));
    return { ms };
  },
  async echo(command) { return { ms: await elapsed(() => echo(command)) }; },
  async perf(command) { return { ms: await elapsed(() => perf(command)) }; },
  async reserve({ addr }) {
    await peer.components.transportManager.listen([multiaddr(addr + "/p2p-circuit")]);
    return until("the reservation", () => {
      const found = peer.getMultiaddrs().map(String).find((text) => text.includes("/p2p-circuit"));
      return found && { addr: found };
    });
  },
  async subscribe({ topic }) { peer.services.pubsub.subscribe(topic); },
  async publish({ topic, text }) { await peer.services.pubsub.publish(topic, new TextEncoder().encode(text)); },
  async heard({ topic }) { return { messages: heard.get(topic) ?? [] }; },
  async stop() { setTimeout(() => peer.stop().finally(() => process.exit(0)), 10); },
};

const say = (line) => process.stdout.write(JSON.stringify(line) + "\n");
say({ peer: peer.peerId.toString(), addrs: peer.getMultiaddrs().map((addr) => addr.toString().replace(/\/p2p\/[^/]*$/, "")) });

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  commands[command.do](command).then((result) => say({ id: command.id, ...result }), (error) => say({ id: command.id, error: error.message }));
}
process.exit(0);
