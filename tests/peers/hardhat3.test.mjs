// Hardhat 3 with both of its toolboxes against a node that runs already: the
// flows in hardhat3/test, the projects that Hardhat makes for beginners, and
// its own chain as a fork of the node's. It needs a newer Node.js than Debian's,
// which NEWER_NODE names.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";

import { here, PEER, root, startNode } from "./lib/node.mjs";

const ACCOUNTS = 20; // as Hardhat's own node has
const project = join(here, "hardhat3");
const build = join(process.env.PEERS_BUILD ?? join(root, "build/peers"), "hardhat3");
const templates = join(project, "node_modules/hardhat/templates");
let node;

before(async () => {
  node = await startNode({ accounts: ACCOUNTS });
});
after(() => node.stop());

async function hardhat(cwd, variables, ...command) {
  const env = { ...process.env, NODE_URL: node.url, PROJECT_BUILD: build, CI: "true", NO_COLOR: "1", ...variables };
  delete env.NODE_TEST_CONTEXT; // a test runner within one
  const line = [join(project, "node_modules/hardhat/dist/src/cli.js"), ...command];
  try {
    const { stdout, stderr } = await promisify(execFile)(process.env.NEWER_NODE, line, { cwd, env, maxBuffer: 1 << 26 });
    return stdout + stderr;
  } catch (failure) {
    throw new Error(`hardhat ${command.join(" ")}:\n${failure.stdout}${failure.stderr}`, { cause: failure });
  }
}

function passing(report, least) {
  const count = Number(/(\d+) passing/.exec(report)?.[1] ?? 0);
  assert.ok(count >= least && !/\d+ failing/.test(report), report);
}

test(`Hardhat 3's flows with ethers and mocha pass against ${PEER}`, async () => {
  await hardhat(project, {}, "build", "--quiet");
  passing(await hardhat(project, {}, "test", "mocha", "--no-compile", "--network", "loft"), 9);
});

test(`Hardhat 3's flows with viem and Node's tests pass against ${PEER}`, async () => {
  passing(await hardhat(project, { TOOLBOX: "viem" }, "test", "nodejs", "--no-compile", "--network", "loft"), 5);
});

test(`what a contract says to Hardhat's console is in the log of ${PEER}`, () => {
  assert.match(readFileSync(join(node.dir, "log"), "utf8"), /says hello from Hardhat 3, gas left: true/);
});

test(`Hardhat's own chain goes on from that of ${PEER}`, async () => {
  const [alice] = await node.rpc("eth_accounts");
  const { bytecode } = JSON.parse(readFileSync(join(build, "artifacts/contracts/Talk.sol/Talk.json"), "utf8"));
  const STRANGER = "0x0000000000000000000000000000000000000f03";
  await node.rpc("eth_sendTransaction", { from: alice, to: STRANGER, value: "0x3039" });
  const { contractAddress } = await node.rpc("eth_getTransactionReceipt", await node.rpc("eth_sendTransaction", { from: alice, data: bytecode }));
  await node.rpc("anvil_mine", "0x8");
  const said = await hardhat(project, { STRANGER, CONTRACT: contractAddress }, "run", "--no-compile", "scripts/look.ts");
  const [, atNode] = /^node (.*)$/m.exec(said);
  assert.equal(JSON.parse(atNode)[2], "12345");
  assert.equal(/^fork (.*)$/m.exec(said)[1], atNode);
  assert.match(said, /^said 1, 1 block$/m);
});

// Hardhat's template as `hardhat --init` copies it, less its test in Solidity,
// which needs a library from elsewhere; with a compiler and a network of ours.
function fromTemplate(name) {
  const dir = join(build, name);
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  cpSync(join(templates, name), dir, { recursive: true });
  rmSync(join(dir, "contracts/Counter.t.sol"));
  symlinkSync(join(project, "node_modules"), join(dir, "node_modules"));
  writeFileSync(
    join(dir, "loft.config.ts"),
    `import { defineConfig } from "hardhat/config";
import theirs from "./hardhat.config.js";
import { solidity, url } from ${JSON.stringify(join(project, "hardhat.config.ts"))};
export default defineConfig({ ...theirs, solidity, networks: { ...theirs.networks, localhost: { type: "http", url } } });
`,
  );
  return dir;
}

for (const name of ["01-node-test-runner-viem", "02-mocha-ethers"])
  test(`Hardhat's project ${name} works as it is against ${PEER}`, async () => {
    const dir = fromTemplate(name);
    const run = (...command) => hardhat(dir, {}, "--config", "loft.config.ts", ...command, "--network", "localhost");
    passing(await run("test"), 2);
    const told = await run("ignition", "deploy", "ignition/modules/Counter.ts");
    const [, counter] = /CounterModule#Counter - (0x[0-9a-fA-F]{40})/.exec(told) ?? assert.fail(told);
    assert.equal(Number(await node.rpc("eth_call", { to: counter, data: "0x0c55699c" })), 5); // x()
    // Again: what is there is not deployed twice.
    assert.match(await run("ignition", "deploy", "ignition/modules/Counter.ts"), /nothing new to deploy/i);
    const status = await hardhat(dir, {}, "--config", "loft.config.ts", "ignition", "status", "chain-31337");
    assert.match(status, new RegExp(counter));
  });
