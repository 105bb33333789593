// Foundry's cast against a node.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, test } from "node:test";
import { promisify } from "node:util";

import { artifact, cast, CHAIN_ID, KEYS, startNode } from "./lib/node.mjs";

const run = promisify(execFile);
const ALICE = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
const BOB = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
const CAROL = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC";
let node, token, probe;

async function castOut(...args) {
  const { stdout } = await run(cast, args, { env: { ...process.env, ETH_RPC_URL: node.url, NO_COLOR: "1" } });
  return stdout.trim();
}
async function castFails(...args) {
  try {
    await castOut(...args);
  } catch (error) {
    return String(error.stderr);
  }
  assert.fail(`cast ${args.join(" ")} did not fail`);
}
const key = (i) => ["--private-key", KEYS[i]];
const send = async (...args) => JSON.parse(await castOut("send", "--json", ...args));
const word = (value) => value.toString(16).padStart(64, "0");

before(async () => {
  node = await startNode();
  const text = (string) => word(string.length) + Buffer.from(string).toString("hex").padEnd(64, "0");
  const args = word(96) + word(160) + word(BigInt(ALICE)) + text("Cast Token") + text("CT");
  token = (await send(...key(0), "--create", artifact("Token").bytecode + args)).contractAddress;
  probe = (await send(...key(0), "--create", artifact("Probe").bytecode)).contractAddress;
});
after(() => node?.stop());

test("chain, blocks, balances and nonces", async () => {
  assert.equal(await castOut("chain-id"), String(CHAIN_ID));
  assert.equal(await castOut("block-number"), "2");
  assert.equal(await castOut("nonce", ALICE), "2");
  assert.equal(await castOut("balance", "--ether", BOB), "10000.000000000000000000");
  assert.equal(JSON.parse(await castOut("block", "--json", "1")).number, "0x1");
  assert.match(await castOut("block", "latest"), /baseFeePerGas/);
  assert.match(await castOut("client"), node.kind === "loftd" ? /^anvil\/v[\d.]+\/loft\// : /^anvil\//);
});

test("calls are encoded and their answers decoded", async () => {
  assert.equal(await castOut("call", token, "name()(string)"), '"Cast Token"');
  assert.equal(await castOut("call", token, "owner()(address)"), ALICE);
  assert.equal(await castOut("call", token, "totalSupply()(uint256)"), "0");
});

test("send and receipt, of each type", async () => {
  for (const [flags, type] of [[[], "0x2"], [["--legacy"], "0x0"], [["--legacy", "--access-list"], "0x1"]]) {
    const receipt = await send(...key(0), token, "mint(address,uint256)", BOB, "1000", ...flags);
    assert.equal(receipt.status, "0x1");
    assert.equal(receipt.type, type);
    assert.equal(receipt.logs.length, 1);
  }
  assert.match(await castOut("call", token, "balanceOf(address)(uint256)", BOB), /^3000\b/);
});

test("a delegation by --auth (EIP-7702)", async () => {
  const batch = (await send(...key(0), "--create", artifact("Batch").bytecode)).contractAddress;
  const receipt = await send(...key(1), BOB, "--auth", batch);
  assert.deepEqual([receipt.status, receipt.type], ["0x1", "0x4"]);
  assert.equal(await castOut("code", BOB), "0xef0100" + batch.slice(2).toLowerCase());
});

test("logs, storage, code, proofs and estimates", async () => {
  const logs = JSON.parse(await castOut("logs", "--json", "--address", token, "--from-block", "0", "Transfer(address,address,uint256)"));
  assert.equal(logs.length, 3);
  await send(...key(0), probe, "push(uint256)", "7");
  assert.equal(BigInt(await castOut("storage", probe, "1")), 1n);
  assert.equal(await castOut("codesize", probe), String((artifact("Probe").deployedBytecode.length - 2) / 2));
  const proof = JSON.parse(await castOut("proof", probe, "0x" + word(1)));
  assert.equal(proof.storageProof[0].value, "0x1");
  assert.equal(await castOut("estimate", CAROL, "--value", "1", "--from", ALICE), "21000");
  assert.ok(Number(await castOut("gas-price")) > 0);
  assert.ok(Number(await castOut("base-fee")) > 0);
});

test("a refused call tells its reason", async () => {
  assert.match(await castFails("call", probe, "failWithText(string)", "out of cheese"), /out of cheese/);
  assert.match(await castFails("send", ...key(2), token, "mint(address,uint256)", BOB, "1"), /0x118cdaa7|OwnableUnauthorizedAccount/);
  assert.match(await castFails("call", probe, "failPanic(uint256,uint256)", "1", "0"), /panic|division/i);
});

test("transaction, receipt and raw publishing", async () => {
  const raw = await castOut("mktx", ...key(2), "--value", "5", BOB);
  const hash = JSON.parse(await castOut("publish", raw)).transactionHash;
  assert.equal(JSON.parse(await castOut("receipt", "--json", hash)).status, "0x1");
  assert.equal(await castOut("tx", hash, "value"), "5");
  assert.equal(await castOut("tx", "--raw", hash), raw);
});

test("any method by its name", async () => {
  assert.equal(await castOut("rpc", "eth_chainId"), '"0x7a69"');
  assert.match(await castFails("rpc", "loft_noSuchMethod"), /-32601/);
});
