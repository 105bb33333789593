// Each of our peers with each of theirs, in both directions.
import assert from "node:assert/strict";
import { test } from "node:test";

import { eventually, Peer, withPeers } from "./lib/peer.mjs";

const OTHERS = (process.env.OTHERS ?? "js go").split(" ");
const OURS = process.env.OURS ?? "loft";
const MIB = 1 << 20;

const pairs = [...OTHERS.flatMap((other) => [[OURS, other], [other, OURS]]), [OURS, OURS]];

const dialed = async (dialer, listener) => {
  const { peer } = await dialer.does("dial", { addr: listener.addrs[0] });
  assert.equal(peer, listener.id);
  // Whoever dials knows first.
  await eventually(`${listener.kind} knows of it`, async () => (await listener.does("peers")).peers.includes(dialer.id));
};

for (const [from, to] of pairs) {
  const both = (run) => () => withPeers([from, to], async (dialer, listener) => {
    await dialed(dialer, listener);
    await run(dialer, listener);
  });

  test(`${from} dials ${to}, and each learns who the other is`, both(async (dialer, listener) => {
    for (const [one, other] of [[dialer, listener], [listener, dialer]]) {
      const { agent, protocols } = await one.does("identify", { peer: other.id });
      assert.match(agent, { loft: /^loft\//, js: /js-libp2p|libp2p/, go: /./ }[other.kind]);
      for (const name of ["/ipfs/id/1.0.0", "/ipfs/ping/1.0.0", "/loft/echo/1.0.0", "/perf/1.0.0"]) assert.ok(protocols.includes(name), `${other.kind} has ${name}`);
    }
    assert.deepEqual((await listener.does("peers")).peers, [dialer.id]);
  }));

  test(`${from} and ${to} ping each other`, both(async (dialer, listener) => {
    assert.equal((await dialer.does("ping", { peer: listener.id, count: 5 })).ms.length, 5);
    assert.equal((await listener.does("ping", { peer: dialer.id, count: 5 })).ms.length, 5);
  }));

  test(`100 MiB go from ${from} to ${to} and come back`, both(async (dialer, listener) => {
    const { ms } = await dialer.does("echo", { peer: listener.id, bytes: 100 * MIB });
    console.log(`${from} to ${to}: ${((2 * 100 * 1.048576) / (ms / 1000)).toFixed(0)} MB/s, both ways`);
  }));

  test(`${from} measures ${to}, and ${to} ${from}`, both(async (dialer, listener) => {
    await dialer.does("perf", { peer: listener.id, up: 8 * MIB, down: 24 * MIB });
    await listener.does("perf", { peer: dialer.id, up: 24 * MIB, down: 8 * MIB });
    // js-libp2p may lose what comes in one piece with a stream's name and end.
    if (to !== "js") await dialer.does("perf", { peer: listener.id, up: 0, down: 1 });
  }));

  test(`many streams of ${from} and ${to} at once do not mix`, both(async (dialer, listener) => {
    const lengths = Array.from({ length: 24 }, (_, i) => 1 + ((i * 70_001) % 600_000));
    await Promise.all(lengths.flatMap((bytes) => [dialer.does("echo", { peer: listener.id, bytes }), listener.does("echo", { peer: dialer.id, bytes })]));
  }));

  test(`${from} finds ${to} again after a loss`, both(async (dialer, listener) => {
    await listener.does("hangup", { peer: dialer.id });
    await eventually("both know that it is over", async () => (await dialer.does("peers")).peers.length === 0);
    await dialed(dialer, listener);
    await dialer.does("ping", { peer: listener.id });
    await listener.kill();
    await eventually("the other is gone", async () => (await dialer.does("peers")).peers.length === 0);
    await assert.rejects(dialer.does("dial", { addr: listener.addrs[0] }));
  }));

  test(`${from} with a secp256k1 key and ${to} with an Ed25519 one`, async () => {
    const dialer = await Peer.start(from, ["--key", "secp256k1"]);
    const listener = await Peer.start(to);
    try {
      await dialed(dialer, listener);
      await dialer.does("ping", { peer: listener.id });
      await listener.does("ping", { peer: dialer.id });
      await listener.does("identify", { peer: dialer.id });
    } finally {
      await Promise.all([dialer.kill(), listener.kill()]);
    }
  });

  test(`${from} does not take ${to} for another`, () => withPeers([from, to, to], async (dialer, listener, other) => {
    const addr = listener.addrs[0].replace(listener.id, other.id);
    await assert.rejects(dialer.does("dial", { addr }));
    assert.deepEqual((await dialer.does("peers")).peers, []);
  }));
}
