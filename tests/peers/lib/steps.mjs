// Random transactions for two nodes at once, from a seed: each is signed here,
// so both get the same bytes, and the nonces are kept here, so that no step
// depends on what a node answers. A step is what goes into one block.
import { encodeDeployData, encodeFunctionData, getContractAddress, sidecarsToVersionedHashes, toHex } from "viem";
import { privateKeyToAccount } from "viem/accounts";

import { accounts } from "./dapp.mjs";
import { artifact, CHAIN_ID } from "./node.mjs";

const GWEI = 10n ** 9n;
const GAS = 1_000_000n;
const MOVE_SECONDS = 600;
const PRECOMPILES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 0x100];

// Block hashes and the random beacon are each node's own, and a block's
// coinbase is its miner's.
const NODE_OWN_OPCODES = [0x40, 0x41, 0x44];

// A blob of zeros: the polynomial is zero, so its commitment and its proof are
// the point at infinity.
const INFINITY = "0xc0" + "00".repeat(47);
const ZERO_SIDECAR = { blob: "0x" + "00".repeat(131_072), commitment: INFINITY, proof: INFINITY };

const abis = Object.fromEntries(["Token", "FourInARow", "GameTable", "Probe", "Batch"].map((name) => [name, artifact(name)]));

export class Steps {
  // types: of transactions, as the fork has them.
  constructor(random, types) {
    this.random = random;
    this.types = types;
    this.nonces = new Map();
    this.contracts = {};
    this.seen = new Set(accounts.map((account) => account.address));
    this.strangers = [0, 1, 2].map((i) => privateKeyToAccount(toHex(0x7702n + BigInt(i), { size: 32 })));
    this.tables = 0n;
    this.kinds = Object.entries({
      ether: 4, burst: 3, token: 5, probe: 6, game: 6, failure: 4, deployment: 2, randomCode: 6, creation: 3, precompile: 3, refused: 3,
      ...(types.includes("eip4844") ? { blobs: 2 } : {}),
      ...(types.includes("eip7702") ? { delegation: 4, delegated: 2 } : {}),
    }).flatMap(([kind, weight]) => Array(weight).fill(kind));
  }

  nonce(account) { return this.nonces.get(account.address) ?? 0; }

  // One signed transaction and what it is, for the reader of a failure.
  async transaction(what, account, fields) {
    const nonce = this.nonce(account);
    this.nonces.set(account.address, nonce + 1);
    return { what, raw: await account.signTransaction({ chainId: CHAIN_ID, nonce, gas: GAS, ...(fields.type ? {} : this.fees(fields)), ...fields }) };
  }

  fees(fields) {
    const { random } = this;
    const type = fields.authorizationList ? "eip7702" : random.pick(this.types.filter((t) => t !== "eip7702" && t !== "eip4844"));
    const accessList = Array.from({ length: random.below(3) }, () => ({
      address: random.pick([...this.seen]),
      storageKeys: Array.from({ length: random.below(3) }, () => toHex(random.below(4), { size: 32 })),
    }));
    if (type === "legacy") return { type, gasPrice: 4n * GWEI };
    if (type === "eip2930") return { type, gasPrice: 4n * GWEI, accessList };
    return { type, maxFeePerGas: 4n * GWEI, maxPriorityFeePerGas: BigInt(random.below(3)) * GWEI, ...(random.below(2) ? { accessList } : {}) };
  }

  anyone() { return this.random.pick(accounts); }

  invoke(what, account, name, functionName, args, fields = {}) {
    const data = encodeFunctionData({ abi: abis[name].abi, functionName, args });
    return this.transaction(`${what}: ${functionName}(${args.join(", ").slice(0, 60)})`, account, { to: this.contracts[name], data, ...fields });
  }

  async deployAs(name, args = []) {
    const [deployer] = accounts;
    const address = getContractAddress({ from: deployer.address, nonce: BigInt(this.nonce(deployer)) });
    this.seen.add(address);
    this.contracts[name] = address;
    const { abi, bytecode } = abis[name];
    return this.transaction(`deploy ${name}`, deployer, { gas: 4_000_000n, data: encodeDeployData({ abi, bytecode, args }) });
  }

  async *opening() {
    yield this.deployAs("Token", ["Differential", "DIFF", accounts[0].address]);
    yield this.deployAs("FourInARow");
    yield this.deployAs("GameTable", [this.contracts.Token, this.contracts.FourInARow]);
    yield this.deployAs("Probe");
    yield this.deployAs("Batch");
    for (const account of accounts) {
      yield this.invoke("token", accounts[0], "Token", "mint", [account.address, 10n ** 6n]);
      yield this.invoke("token", account, "Token", "approve", [this.contracts.GameTable, 10n ** 6n]);
    }
    for (const stranger of this.strangers) {
      this.seen.add(stranger.address);
      yield this.transaction("ether to a stranger", accounts[0], { to: stranger.address, value: 10n ** 18n });
    }
  }

  next() {
    return this[this.random.pick(this.kinds)]();
  }

  ether() {
    const { random } = this;
    const to = random.pick([this.anyone().address, random.hex(20), toHex(random.pick(PRECOMPILES), { size: 20 }), this.contracts.Probe]);
    this.seen.add(to);
    return this.transaction(`ether to ${to}`, this.anyone(), { to, value: BigInt(random.below(1000)), data: random.pick(["0x", random.hex(1 + random.below(40))]) });
  }

  // Several of one sender, which a block can hold in one order only.
  async burst() {
    const { random } = this;
    const account = this.anyone();
    const list = [];
    for (let i = 2 + random.below(4); i > 0; --i)
      list.push(await this.invoke("burst", account, "Token", "transfer", [this.anyone().address, BigInt(random.pick([1, 2_000_000]))]));
    return list;
  }

  token() {
    const { random } = this;
    const [from, to, spender] = [this.anyone(), this.anyone(), this.anyone()].map((account) => account.address);
    const amount = BigInt(random.pick([0, random.below(1000), 2_000_000]));
    const [functionName, args] = random.pick([["transfer", [to, amount]], ["approve", [spender, amount]], ["transferFrom", [from, to, amount]], ["mint", [to, amount]]]);
    return this.invoke("token", this.anyone(), "Token", functionName, args);
  }

  probe() {
    const { random } = this;
    const key = BigInt(random.below(6));
    const [functionName, args] = random.pick([
      ["put", [key, BigInt(random.below(3))]], ["putMany", [key, BigInt(random.below(6)), BigInt(random.below(2))]],
      ["push", [key]], ["pop", []], ["setBlob", [random.hex(random.below(80))]], ["note", [key, random.hex(random.below(40))]],
      ["noteMany", [BigInt(random.below(5))]], ["churn", [BigInt(random.below(40))]], ["transientCount", []],
      ["forward", [random.pick([...this.seen]), BigInt(random.below(4)), random.hex(random.below(8))]],
    ]);
    return this.invoke("probe", this.anyone(), "Probe", functionName, args);
  }

  failure() {
    const { random } = this;
    const [functionName, args] = random.pick([
      ["failWithText", ["no"]], ["failWithError", [1n]], ["failBare", []], ["failPanic", [1n, 0n]], ["failInvalid", []],
      ["failAfterWriting", [1n, 2n]], ["churn", [100_000n]],
    ]);
    return this.invoke("failure", this.anyone(), "Probe", functionName, args, { gas: 100_000n });
  }

  game() {
    const { random } = this;
    const id = BigInt(1 + random.below(Number(this.tables) + 1));
    const player = accounts[random.below(2)];
    if (this.tables === 0n || random.below(12) === 0) {
      ++this.tables;
      return this.invoke("game", accounts[0], "GameTable", "open", [100n, accounts[1].address, MOVE_SECONDS]);
    }
    const [functionName, args] = random.pick([
      ...Array(6).fill(["play", [id, toHex(random.below(8), { size: 1 })]]), ...Array(2).fill(["join", [id, 100n]]),
      ["withdraw", []], ["resign", [id]], ["claimTimeout", [id]], ["cancel", [id]]]);
    return this.invoke("game", player, "GameTable", functionName, args);
  }

  blobs() {
    const { random } = this;
    const sidecars = Array(1 + random.below(3)).fill(ZERO_SIDECAR);
    const to = random.pick([this.anyone().address, this.contracts.Probe]);
    const fees = { maxFeePerGas: 4n * GWEI, maxPriorityFeePerGas: GWEI, maxFeePerBlobGas: 10n * GWEI };
    return this.transaction(`${sidecars.length} blobs`, this.anyone(), { type: "eip4844", to, value: 1n, sidecars,
      blobVersionedHashes: sidecarsToVersionedHashes({ sidecars }), ...fees });
  }

  deployment() {
    const account = this.anyone();
    this.seen.add(getContractAddress({ from: account.address, nonce: BigInt(this.nonce(account)) }));
    const data = this.random.pick([abis.Batch.bytecode, "0x6001600c60003960016000f300", "0x60ef60005360016000f3", "0x5f5ffd", "0xfe", "0x"]);
    return this.transaction(`create ${data.slice(0, 40)}`, account, { data, value: BigInt(this.random.below(2)) });
  }

  creation() {
    const { random } = this;
    const salt = toHex(random.below(3), { size: 32 });
    const code = random.pick(["0x6001600c60003960016000f300", "0x5f5ff3", "0x5f5ffd", "0x33ff", "0x600160005560005ff3"]);
    for (let nonce = 1n; nonce < 6n; ++nonce) this.seen.add(getContractAddress({ from: this.contracts.Probe, nonce }));
    this.seen.add(getContractAddress({ opcode: "CREATE2", from: this.contracts.Probe, salt, bytecode: code }));
    return this.invoke("creation", this.anyone(), "Probe", "create", [salt, code], { value: BigInt(random.below(3)) });
  }

  // Instructions drawn at random behind a few small numbers, as init code: most
  // of it ends early, and all of it must end alike.
  randomCode() {
    const { random } = this;
    const account = this.anyone();
    this.seen.add(getContractAddress({ from: account.address, nonce: BigInt(this.nonce(account)) }));
    let code = "";
    for (let i = 0; i < 16; ++i) code += "60" + toHex(random.below(random.pick([4, 256])), { size: 1 }).slice(2);
    for (let i = 0; i < 60; ++i) {
      const op = random.below(5) ? random.below(0xa5) : random.below(256);
      if (NODE_OWN_OPCODES.includes(op)) continue;
      code += op.toString(16).padStart(2, "0");
      if (!random.below(3)) code += "60" + toHex(random.below(64), { size: 1 }).slice(2);
    }
    return this.transaction(`random code ${code}`, account, { data: "0x" + code, gas: 200_000n });
  }

  precompile() {
    const { random } = this;
    const to = toHex(random.pick(PRECOMPILES), { size: 20 });
    const size = random.pick([0, 32, 64, 96, 128, 160, 192, 213, 256, 384]);
    const zeros = random.below(2) ? "0x" + "00".repeat(size) : random.hex(size);
    return this.invoke("precompile", this.anyone(), "Probe", "forward", [to, 0n, zeros], { gas: 3_000_000n });
  }

  async delegation() {
    const { random } = this;
    const authorizationList = [];
    for (let i = 1 + random.below(3); i > 0; --i) {
      const authority = random.pick(this.strangers);
      const off = random.below(4) === 0 ? 1 : 0;
      const chainId = random.pick([CHAIN_ID, CHAIN_ID, 0, 1]);
      const contractAddress = random.pick([this.contracts.Batch, this.contracts.Probe, "0x" + "00".repeat(20), toHex(2, { size: 20 })]);
      const nonce = this.nonce(authority) + off;
      authorizationList.push(await authority.signAuthorization({ chainId, nonce, contractAddress }));
      if (!off && chainId !== 1) this.nonces.set(authority.address, nonce + 1);
    }
    return this.transaction(`delegation of ${authorizationList.length}`, this.anyone(), { to: random.pick(this.strangers).address, authorizationList });
  }

  delegated() {
    const { random } = this;
    const self = random.pick(this.strangers);
    const sender = random.below(2) ? self : this.anyone();
    const calls = [{ to: this.anyone().address, value: 1n, data: "0x" }, { to: this.contracts.Token, value: 0n, data: random.hex(4) }].slice(0, 1 + random.below(2));
    const data = random.pick([encodeFunctionData({ abi: abis.Batch.abi, functionName: "execute", args: [calls] }),
      encodeFunctionData({ abi: abis.Probe.abi, functionName: "put", args: [1n, 2n] }), "0x"]);
    return this.transaction(`to a delegated account`, sender, { to: self.address, data });
  }

  // What no node may mine, for one reason each. Gas that falls short of the
  // data's price is not among them: anvil takes such a transaction and keeps it.
  async refused() {
    const { random } = this;
    const account = this.anyone();
    const nonce = this.nonce(account);
    const plain = { type: "eip1559", chainId: CHAIN_ID, nonce, gas: 21_000n, to: account.address, maxFeePerGas: 4n * GWEI, maxPriorityFeePerGas: 0n };
    const reasons = {
      nonce: nonce > 0 ? { nonce: nonce - 1 } : { nonce, gas: 20_000n },
      gas: { gas: 20_999n },
      funds: { value: 10n ** 24n },
      "initial code": { to: undefined, data: "0x" + "00".repeat(49_153), gas: 5_000_000n },
    };
    const reason = random.pick(Object.keys(reasons));
    return { what: `refused for its ${reason}`, raw: await account.signTransaction({ ...plain, ...reasons[reason] }) };
  }
}
