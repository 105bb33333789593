// Circuit relay v2: a peer that cannot be dialed is reached through another.
import assert from "node:assert/strict";
import { test } from "node:test";

import { Peer } from "./lib/peer.mjs";

const OURS = process.env.OURS ?? "loft";
const LISTEN = ["--listen", "/ip4/127.0.0.1/tcp/0"];
// The relay, who dials, and who is dialed.
const CASES = [
  [OURS, "js", "go"], [OURS, "go", "js"], [OURS, OURS, "js"], [OURS, "go", OURS], [OURS, OURS, OURS],
  ["js", OURS, OURS], ["js", OURS, "go"], ["go", OURS, OURS], ["go", "js", OURS], ["go", OURS, "js"],
];

for (const [middle, from, to] of CASES)
  test(`${from} reaches ${to} through ${middle}`, async () => {
    const peers = [];
    const start = async (kind, args) => {
      const peer = await Peer.start(kind, args);
      peers.push(peer);
      return peer;
    };
    try {
      const relay = await start(middle, ["--relay", ...LISTEN]);
      const dialed = await start(to, []);
      const dialer = await start(from, []);
      await dialed.does("dial", { addr: relay.addrs[0] });
      const { addr } = await dialed.does("reserve", { addr: relay.addrs[0] });
      const { peer } = await dialer.does("dial", { addr });
      assert.equal(peer, dialed.id);
      await dialer.does("ping", { peer: dialed.id, count: 3 });
      await dialer.does("echo", { peer: dialed.id, bytes: 60_000 });
      await dialed.does("echo", { peer: dialer.id, bytes: 30_000 });
    } finally {
      await Promise.all(peers.map((peer) => peer.kill()));
    }
  });
