// Gossipsub over meshes of eight peers of three implementations.
import assert from "node:assert/strict";
import { test } from "node:test";

import { eventually, withPeers } from "./lib/peer.mjs";

const ARGS = ["--gossip", "--listen", "/ip4/127.0.0.1/tcp/0"];
const KINDS = (process.env.KINDS ?? "loft js loft go loft js loft go").split(" ");
const ROUNDS = 5;
const TOPIC = "loft/test";

// A ring, and across it.
const links = (count) => Array.from({ length: count }, (_, i) => [[i, (i + 1) % count], [i, (i + 3) % count]]).flat();

async function connect(peers) {
  for (const [from, to] of links(peers.length)) await peers[from].does("dial", { addr: peers[to].addrs[0] });
  await Promise.all(peers.map((peer) => peer.does("subscribe", { topic: TOPIC })));
}

const heardBy = async (peer) => (await peer.does("heard", { topic: TOPIC })).messages;

// Until a message of each has come to all: the meshes stand.
async function settle(peers) {
  const first = (i) => `hello from ${i}`;
  await eventually("each is heard by all", async () => {
    const heard = await Promise.all(peers.map(heardBy));
    const isHeard = peers.map((_, i) => heard.every((messages, to) => to === i || messages.some(({ text }) => text.startsWith(first(i)))));
    await Promise.all(peers.map((peer, i) => isHeard[i] || peer.does("publish", { topic: TOPIC, text: `${first(i)}: ${Math.random()}` })));
    return isHeard.every(Boolean);
  }, 400);
}

test(`${KINDS.join(", ")}: each hears all, once, from who said it`, () => withPeers(KINDS, async (...peers) => {
  await connect(peers);
  await settle(peers);
  const said = [];
  for (let round = 0; round < ROUNDS; ++round)
    for (const peer of peers) {
      const text = `${round} of ${peer.id}`;
      said.push({ text, from: peer.id });
      await peer.does("publish", { topic: TOPIC, text });
    }
  for (const peer of peers) {
    const expected = said.filter(({ from }) => from !== peer.id);
    let found = [];
    await eventually(`${peer.kind} hears ${expected.length} messages`, async () => {
      found = (await heardBy(peer)).filter(({ text }) => / of 1[26]/.test(text)).map(({ text, from }) => ({ text, from }));
      return found.length >= expected.length;
    }).catch((error) => assert.fail(`${error.message}: ${found.length}`));
    const inOrder = (list) => list.map(({ text, from }) => `${text} from ${from}`).sort();
    assert.deepEqual(inOrder(found), inOrder(expected));
  }
}, ARGS));

test("two that only a third one joins hear each other, and again when it comes back", () => withPeers([KINDS[0], KINDS[1], KINDS[3]], async (...peers) => {
  const [, js, go] = peers;
  const [middle] = peers;
  for (const end of [js, go]) await end.does("dial", { addr: middle.addrs[0] });
  await Promise.all(peers.map((peer) => peer.does("subscribe", { topic: TOPIC })));
  await settle(peers);
  await js.does("hangup", { peer: middle.id });
  await eventually("the link is gone", async () => (await js.does("peers")).peers.length === 0);
  await js.does("dial", { addr: middle.addrs[0] });
  let count = 0;
  await eventually("what go says is heard by js again", async () => {
    await go.does("publish", { topic: TOPIC, text: `again ${++count}` });
    return (await heardBy(js)).some(({ text }) => text.startsWith("again"));
  }, 400);
}, ARGS));
