// Hardhat with its helpers and matchers, and OpenZeppelin's contracts from npm,
// against a node that runs already: the tests are those in hardhat/test.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

import { here, PEER, startNode } from "./lib/node.mjs";

const ACCOUNTS = 20; // as Hardhat's own node has

async function hardhat(url, ...command) {
  const env = { ...process.env, NODE_URL: url, HARDHAT_DISABLE_TELEMETRY_PROMPT: "true", NO_COLOR: "1" };
  const options = { cwd: join(here, "hardhat"), env, maxBuffer: 1 << 26 };
  try {
    return (await promisify(execFile)(join(here, "node_modules/.bin/hardhat"), command, options)).stdout;
  } catch (failure) {
    throw new Error(`hardhat ${command.join(" ")}:\n${failure.stdout}${failure.stderr}`, { cause: failure });
  }
}

test(`Hardhat's tests of OpenZeppelin's contracts pass against ${PEER}`, async () => {
  const node = await startNode({ accounts: ACCOUNTS });
  try {
    await hardhat(node.url, "compile", "--quiet");
    const began = performance.now();
    const report = await hardhat(node.url, "test", "--no-compile", "--network", "localhost");
    const passing = Number(/(\d+) passing/.exec(report)?.[1] ?? 0);
    console.log(`${passing} passing, ${((performance.now() - began) / 1000).toFixed(1)} s`);
    assert.ok(passing >= 60, report);
  } finally {
    await node.stop();
  }
});
