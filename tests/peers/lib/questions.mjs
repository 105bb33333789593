// Random questions about a chain that two nodes share, and what of the answers
// must be alike. `steps` knows the contracts and accounts there are.
//
// Not asked, as anvil does not do as geth does: the fee history up to an earlier
// block (it ends with the head's next base fee), and logs by more topics than
// they have (it finds them).
import { encodeFunctionData, toHex } from "viem";

import { accounts } from "./dapp.mjs";
import { artifact, RpcError } from "./node.mjs";

const EVENTS = ["Token", "GameTable", "Probe"].flatMap((name) => Object.values(artifact(name).events));
const abi = artifact("Probe").abi;

export class Questions {
  constructor(random, steps, head) {
    Object.assign(this, { random, steps, head });
    this.kinds = ["logs", "call", "estimate", "account", "storage", "receipts", "fees", "transaction"];
  }

  next() { return this[this.random.pick(this.kinds)](); }

  block() { return toHex(this.random.below(this.head + 1)); }

  logs() {
    const { random } = this;
    const from = random.below(this.head + 1);
    const topic = () => random.pick([random.pick(EVENTS), [random.pick(EVENTS), random.pick(EVENTS)]]);
    const filter = { fromBlock: toHex(from), toBlock: toHex(Math.min(this.head, from + random.below(60))) };
    if (random.below(2)) filter.address = random.pick([this.steps.contracts.Token, Object.values(this.steps.contracts)]);
    if (random.below(2)) filter.topics = random.pick([[topic()], [null, toHex(BigInt(accounts[0].address), { size: 32 })]]);
    return { method: "eth_getLogs", params: [filter], part: (logs) => logs.map(({ blockHash, blockTimestamp, ...rest }) => rest) };
  }

  request(precompiles) {
    const { random } = this;
    const key = BigInt(random.below(6));
    const [functionName, args] = random.pick([
      ["failWithText", ["no"]], ["failWithError", [key]], ["failBare", []], ["failPanic", [1n, 0n]], ["stored", [key]], ["list", [key]],
      ["blob", []], ["churn", [BigInt(random.below(50))]], ["put", [key, key]], ["transientCount", []],
      ...(precompiles ? [["precompile", [toHex(1 + random.below(17), { size: 20 }), random.hex(random.below(200))]]] : []),
    ]);
    return { from: random.pick(accounts).address, to: this.steps.contracts.Probe, data: encodeFunctionData({ abi, functionName, args }) };
  }

  call() { return { method: "eth_call", params: [this.request(true), this.random.pick(["latest", this.block()])] }; }

  // Nodes search for the least gas with differing patience. A call that lives
  // on when its precompile runs out of gas has no such least.
  estimate() {
    return { method: "eth_estimateGas", params: [this.request(false)], near: 0.02 };
  }

  account() {
    const { random } = this;
    const method = random.pick(["eth_getBalance", "eth_getTransactionCount", "eth_getCode"]);
    return { method, params: [random.pick([...this.steps.seen]), random.pick(["latest", this.block()])] };
  }

  storage() {
    return { method: "eth_getStorageAt", params: [this.steps.contracts.Probe, toHex(this.random.below(6)), this.block()] };
  }

  receipts() {
    return { method: "eth_getBlockReceipts", params: [this.block()], part: (list) => list.map(({ gasUsed, status, logs }) => ({ gasUsed, status, logs: logs.length })) };
  }

  fees() {
    const part = ({ baseFeePerGas, gasUsedRatio, oldestBlock }) => ({ baseFeePerGas, oldestBlock, gasUsedRatio: gasUsedRatio.map((ratio) => ratio.toFixed(9)) });
    return { method: "eth_feeHistory", params: [toHex(1 + this.random.below(this.head)), "latest", []], part };
  }

  transaction() {
    return { method: "eth_getTransactionByBlockNumberAndIndex", params: [this.block(), toHex(this.random.below(2))], part: (found) => found && found.hash };
  }
}

// A node's answer to a question; of an error, what a dApp goes by.
export async function answer(node, { method, params, part = (result) => result }) {
  try {
    return { result: part(await node.rpc(method, ...params)) };
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    return { error: error.code === 3 ? { code: 3, data: error.data ?? "0x" } : { code: "other" } };
  }
}
