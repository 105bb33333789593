// forge script --broadcast: contracts of OpenZeppelin's, deployed and used by
// a script that forge simulates first and then sends, once signed by forge and
// once by the node. Then forge's tests on a fork of the node's chain, and a
// transaction that cast runs again.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";

import { cast, CHAIN_ID, here, KEYS, PEER, receiptOf, root, startNode } from "./lib/node.mjs";

const forge = join(here, "node_modules/@foundry-rs/forge-linux-amd64/bin/forge");
const build = join(process.env.PEERS_BUILD ?? join(root, "build/peers"), "forge");
const ALICE = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266";
const TRANSACTIONS = 8;

let node;
before(async () => {
  node = await startNode();
});
after(() => node.stop());

async function run(program, line, variables = {}) {
  const env = { ...process.env, FOUNDRY_OUT: join(build, "out"), FOUNDRY_CACHE_PATH: join(build, "cache"), FOUNDRY_BROADCAST: join(node.dir, "broadcast"),
    FOUNDRY_DISABLE_NIGHTLY_WARNING: "1", NO_COLOR: "1", ...variables };
  const done = await promisify(execFile)(program, line, { cwd: here, env, maxBuffer: 1 << 26 }).catch((failure) => {
    throw new Error(`${line.join(" ")}:\n${failure.stdout}${failure.stderr}`, { cause: failure });
  });
  return done.stdout;
}

const compiler = ["--use", join(here, "lib/solc.mjs"), "--offline"];

async function broadcast(...how) {
  const told = await run(forge, ["script", "forge/Deploy.s.sol:Deploy", "--rpc-url", node.url, "--broadcast", ...compiler, ...how]);
  assert.match(told, /ONCHAIN EXECUTION COMPLETE & SUCCESSFUL/);
  return JSON.parse(readFileSync(join(node.dir, `broadcast/Deploy.s.sol/${CHAIN_ID}/run-latest.json`), "utf8"));
}

async function check({ transactions, receipts }) {
  assert.equal(transactions.length, TRANSACTIONS);
  assert.equal(receipts.length, TRANSACTIONS);
  for (const { hash, contractAddress, transactionType } of transactions) {
    const receipt = await receiptOf(node, hash);
    assert.equal(receipt.status, "0x1");
    assert.equal(receipt.from.toLowerCase(), ALICE);
    if (transactionType !== "CALL") assert.notEqual(await node.rpc("eth_getCode", contractAddress, "latest"), "0x");
  }
  const coin = transactions.find(({ contractName }) => contractName === "Coin").contractAddress;
  const balance = await node.rpc("eth_call", { to: coin, data: "0x70a08231" + "beef".padStart(64, "0") }, "latest");
  assert.equal(BigInt(balance), 40n * 10n ** 18n);
}

test(`forge script broadcasts to ${PEER} what it signs`, async () => check(await broadcast("--private-key", KEYS[0])));

test(`forge script broadcasts to ${PEER} what the node signs`, async () => {
  await node.rpc("anvil_reset");
  await check(await broadcast("--unlocked", "--sender", ALICE));
});

test("a script that fails on the chain's state sends nothing", async () => {
  const height = await node.rpc("eth_blockNumber");
  await assert.rejects(broadcast("--private-key", KEYS[0], "--sig", "rob()"), /ERC20InsufficientBalance/);
  assert.equal(await node.rpc("eth_blockNumber"), height);
});

test(`forge's tests run on forks of ${PEER}, and cast runs a transaction again`, async () => {
  const { transactions } = await broadcast("--private-key", KEYS[0]);
  const coin = transactions.find(({ contractName }) => contractName === "Coin").contractAddress;
  const data = `0xa9059cbb${"cafe".padStart(64, "0")}${"7".padStart(64, "0")}`; // transfer(address,uint256)
  const payment = await node.rpc("eth_sendTransaction", { from: ALICE, to: coin, data });
  const { blockNumber, gasUsed } = await receiptOf(node, payment);
  await node.rpc("evm_mine");
  const variables = { NODE_URL: node.url, COIN: coin, PAYMENT: payment, NUMBER: `${Number(blockNumber)}`, FOUNDRY_TEST: "forge" };
  const told = await run(forge, ["test", "--match-path", "forge/Fork.t.sol", ...compiler], variables);
  assert.match(told, /2 tests passed, 0 failed/);
  const again = await run(cast, ["run", payment, "--rpc-url", node.url]);
  assert.match(again, /Transaction successfully executed/);
  assert.match(again, new RegExp(`Gas used: ${Number(gasUsed)}\\b`));
});
