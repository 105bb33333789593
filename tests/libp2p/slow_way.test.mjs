// How many round trips our peer takes to the first byte. The trips are long, so
// that what the machine takes besides cannot be mistaken for one of them.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { after, test } from "node:test";

import { eventually } from "./lib/peer.mjs";
import { firstByte, slowWay } from "./lib/slow_way.mjs";

const DELAY_MS = 1000;
const TRIES = 3;
// js-libp2p takes a round trip more to answer on a new stream, whoever asks.
const OTHERS = ["loft", ...(process.env.OTHERS ?? "go").split(" ").filter((kind) => kind === "go")];
const LIBRARY = new URL("./lib/slow_way.mjs", import.meta.url);

let way, reason;
try {
  way = await slowWay(DELAY_MS);
} catch (error) {
  reason = `no network namespaces here: ${error.message}`;
}
const where = { skip: reason ?? false };
after(() => way?.close());

// Whole ones: of several tries the one that was disturbed least.
async function wholeTrips(kinds, enough) {
  let fewest = Infinity;
  for (let i = 0; i < TRIES && Math.floor(fewest) > enough; ++i) fewest = Math.min(fewest, (await firstByte(way, kinds)).byte);
  return Math.floor(fewest);
}

test("the slow way delays TCP's own round trip", where, () => assert.ok(way.connectMs >= DELAY_MS, `${way.connectMs} ms`));

for (const other of OTHERS)
  test(`loft has the first byte of ${other} after three round trips, one of them TCP's`, where, async () => {
    assert.equal(await wholeTrips(["loft", other], 3), 3);
  });

test("the slow way ends with whoever started it, even when that is killed", where, async () => {
  const program = `const { slowWay } = await import(${JSON.stringify(LIBRARY)}); console.log((await slowWay(1)).pid);`;
  const starter = spawn(process.execPath, ["--input-type=module", "--eval", program], { stdio: ["ignore", "pipe", "inherit"] });
  const [pid] = await once(createInterface({ input: starter.stdout }), "line");
  assert.ok(existsSync(`/proc/${pid}/fd/0`));
  starter.kill("SIGKILL");
  await eventually("it is gone", () => !existsSync(`/proc/${pid}/fd/0`));
});
