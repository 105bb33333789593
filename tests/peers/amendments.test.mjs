// The same random changes from outside of blocks to a node and to anvil, with
// transactions between them: accounts, snapshots, blocks taken back, the clock.
// After each, both must hold the same.
//
// Not compared: block hashes, as each node draws its own random beacon; an
// account that is empty but for its storage, which a transaction that touches
// it removes (EIP-161) and anvil keeps; what was set after a block and before
// the next one, once that is rolled back, which anvil keeps; base fee and time
// of blocks after a return, which anvil takes from the blocks that are gone:
// each block is told them here.
import assert from "node:assert/strict";
import { test } from "node:test";

import { pad, toHex } from "viem";

import { batch, PEER, receiptOf, RpcError, startNode } from "./lib/node.mjs";
import { random, SEED } from "./lib/random.mjs";

const COUNT = Number(process.env.COUNT ?? 200);
const GWEI = 10n ** 9n;
const ETHER = 10n ** 18n;
const STRANGERS = [1, 2, 3].map((i) => pad(toHex(0xaa00 + i), { size: 20 }));
const CODES = {
  nothing: "0x",
  reader: "0x5f545f5260205ff3", // returns slot 0
  writer: "0x5f3560203555", // the first word of the input goes to the slot that the second names
  failer: "0x365f5f37365ffd", // reverts with its input
  logger: "0x600760206000a1", // logs a word with one topic
};
const SLOTS = ["0x0", "0x1", "0x2"];

class Both {
  constructor(nodes) {
    this.nodes = nodes;
    this.random = random(SEED);
    this.snapshots = [];
    this.done = [];
    this.failures = 0;
  }

  each(act) { return Promise.all(this.nodes.map(act)); }

  rpc(method, ...params) { return this.each((node) => node.rpc(method, ...params)); }

  who() { return this.random.pick([...STRANGERS, ...STRANGERS, ...this.own]); }

  async height() { return Number((await this.rpc("eth_blockNumber"))[0]); }

  // The next block's time and base fee, the same for both.
  async prepare() {
    const stamps = await this.each(async (node) => Number((await node.rpc("eth_getBlockByNumber", "latest", false)).timestamp));
    this.time = Math.max(this.time ?? 0, ...stamps) + 1 + this.random.below(1000);
    await this.rpc("evm_setNextBlockTimestamp", this.time);
    await this.rpc("anvil_setNextBlockBaseFeePerGas", toHex(GWEI * BigInt(1 + this.random.below(3))));
  }

  // The receipt of a transaction, whatever the node answers it with.
  async receipt(node, send) {
    const hash = await node.rpc("eth_sendTransaction", send).catch((error) => {
      if (error instanceof RpcError && error.data?.txHash) return error.data.txHash;
      throw error;
    });
    const { status, gasUsed, effectiveGasPrice, from, to, logs, blockNumber } = await receiptOf(node, hash);
    return { status, gasUsed, effectiveGasPrice, from, to, blockNumber, logs: logs.map(({ address, topics, data }) => ({ address, topics, data })) };
  }

  async send(from, fields) {
    await this.prepare();
    const send = { from, gas: toHex(200_000), maxFeePerGas: toHex(10n * GWEI), maxPriorityFeePerGas: toHex(GWEI), ...fields };
    const [ours, theirs] = await this.each((node) => this.receipt(node, send));
    if (ours.status === "0x0") ++this.failures;
    assert.deepEqual(ours, theirs);
  }

  async balance() { await this.rpc("anvil_setBalance", this.who(), toHex(1n + BigInt(this.random.below(1e9)) * ETHER)); }
  async more() { await this.rpc("anvil_addBalance", this.who(), toHex(BigInt(this.random.below(1e9)))); }
  async code() { await this.rpc("anvil_setCode", this.random.pick(STRANGERS), this.random.pick(Object.values(CODES))); }
  async slot() { await this.rpc("anvil_setStorageAt", this.random.pick(STRANGERS), this.random.pick(SLOTS), pad(toHex(this.random.below(4)))); }
  async nonce() { await this.rpc("anvil_setNonce", this.random.pick(STRANGERS), toHex(this.random.below(50))); }
  async coinbase() { await this.rpc("anvil_setCoinbase", pad(toHex(0xc0 + this.random.below(2)), { size: 20 })); }

  async mine() {
    await this.prepare();
    await this.rpc("evm_mine");
  }

  async transfer() { await this.send(this.random.pick(this.own), { to: this.who(), value: toHex(this.random.below(1000)) }); }

  async invoke() {
    const input = toHex(this.random.below(5), { size: 32 }) + toHex(this.random.below(3), { size: 32 }).slice(2);
    await this.send(this.random.pick(this.own), { to: this.random.pick(STRANGERS), data: this.random.pick([input, "0x", "0xdeadbeef"]) });
  }

  async impersonated() {
    const from = this.random.pick(STRANGERS);
    await this.rpc("anvil_impersonateAccount", from);
    await this.rpc("anvil_setBalance", from, toHex(ETHER));
    await this.send(from, { to: this.random.pick(this.own), value: toHex(this.random.below(1000)) });
    await this.rpc("anvil_stopImpersonatingAccount", from);
  }

  async snapshot() { this.snapshots.push(await this.rpc("evm_snapshot")); }

  async revert() {
    if (this.snapshots.length === 0) return;
    const at = this.random.below(this.snapshots.length);
    const ids = this.snapshots[at];
    this.snapshots.length = at;
    assert.deepEqual(await this.each((node, i) => node.rpc("evm_revert", ids[i])), [true, true]);
  }

  async rollback() {
    const depth = 1 + this.random.below(3);
    for (let i = 0; i <= depth; ++i) await this.mine();
    await this.rpc("anvil_rollback", depth);
    this.snapshots = [];
  }

  async held() {
    const ask = [["eth_blockNumber"], ...[...STRANGERS, ...this.own].flatMap((who) => [
      ["eth_getBalance", who, "latest"], ["eth_getTransactionCount", who, "latest"], ["eth_getCode", who, "latest"],
      ...SLOTS.map((slot) => ["eth_getStorageAt", who, slot, "latest"])])];
    return this.each(async ({ url }) => {
      const answers = await batch(url, ask);
      return Object.fromEntries(ask.map((call, i) => [call.join(" "), answers[i]]));
    });
  }

  async step() {
    const kinds = ["balance", "more", "code", "code", "slot", "slot", "nonce", "coinbase", "mine", "transfer", "transfer", "invoke", "invoke", "invoke",
      "impersonated", "snapshot", "snapshot", "revert", "rollback"];
    const kind = this.random.pick(kinds);
    this.done.push(kind);
    try {
      await this[kind]();
      const [ours, theirs] = await this.held();
      assert.deepEqual(ours, theirs);
    } catch (error) {
      throw new Error(`SEED=${SEED}, after ${this.done.slice(-12).join(" ")}: ${error.message}`, { cause: error });
    }
  }
}

test(`${PEER} and anvil hold the same after ${COUNT} random changes`, async () => {
  console.log(`SEED=${SEED}`);
  const nodes = [];
  try {
    nodes.push(await startNode(), await startNode({ kind: "anvil" }));
    const both = new Both(nodes);
    both.own = (await nodes[0].rpc("eth_accounts")).slice(0, 3);
    for (const stranger of STRANGERS) await both.rpc("anvil_setBalance", stranger, toHex(ETHER));
    await both.rpc("anvil_setCode", STRANGERS[0], CODES.failer);
    await both.send(both.own[0], { to: STRANGERS[0], data: "0xdeadbeef" });
    while (both.done.length < COUNT) await both.step();
    console.log(`${both.done.length} changes, ${both.failures} transactions failed, ${await both.height()} blocks`);
    assert.ok(both.failures > 0, "something failed");
  } finally {
    await Promise.all(nodes.map((node) => node.stop()));
  }
});
