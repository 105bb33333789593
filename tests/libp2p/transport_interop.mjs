// The contract of libp2p's transport interoperability tests, for any peer of
// PEERS.md:
//
//   transport=tcp security=noise muxer=yamux is_dialer=true redis_addr=HOST:PORT \
//       node transport_interop.mjs loft
//
// A listener leaves its address in Redis (the list "listenerAddr") and waits to
// be ended; a dialer takes it and prints two numbers. The key "pingRTTMilllis"
// is spelt as the contract has it.
import { connect } from "node:net";

import { Peer } from "./lib/peer.mjs";

const { transport, security, muxer, is_dialer: isDialer, ip = "0.0.0.0", redis_addr: redisAddr = "redis:6379", test_timeout_seconds: seconds = "180" } = process.env;

// One command of Redis; what comes back is a string, or the last of a list.
function redis(...words) {
  const [host, port] = redisAddr.split(":");
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port ?? 6379), host);
    let text = "";
    socket.on("error", reject);
    socket.on("data", (piece) => {
      text += piece;
      const lines = text.split("\r\n");
      const expected = text.startsWith("*") && !text.startsWith("*-") ? 2 + 2 * Number(lines[0].slice(1)) : 2;
      if (lines.length < expected) return;
      socket.end();
      if (text.startsWith("-") || text.startsWith("*-")) reject(new Error(`redis: ${lines[0]}`));
      else resolve(lines[expected - 2]);
    });
    socket.write(`*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("")}`);
  });
}

async function dial(peer) {
  const addr = await redis("BLPOP", "listenerAddr", seconds);
  const { peer: other, ms: handshake } = await peer.does("dial", { addr });
  const { ms: [first] } = await peer.does("ping", { peer: other, count: 1 });
  const { ms: [second] } = await peer.does("ping", { peer: other, count: 1 });
  console.log(JSON.stringify({ handshakePlusOneRTTMillis: handshake + first, pingRTTMilllis: second }));
}

async function listen(peer) {
  const isLocal = (addr) => addr.includes("/ip4/127.") || addr.includes("/ip6/");
  await redis("RPUSH", "listenerAddr", peer.addrs.find((addr) => !isLocal(addr)) ?? peer.addrs[0]);
  await new Promise((resolve) => setTimeout(resolve, Number(seconds) * 1000));
  throw new Error("nobody ended the listener in time");
}

if (transport !== "tcp" || security !== "noise" || muxer !== "yamux") {
  console.error(`only tcp, noise and yamux, not ${transport}, ${security} and ${muxer}`);
  process.exit(1);
}
const peer = await Peer.start(process.argv[2] ?? "loft", isDialer === "true" ? [] : ["--listen", `/ip4/${ip}/tcp/0`]);
try {
  await (isDialer === "true" ? dial(peer) : listen(peer));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await peer.kill();
}
process.exit();
