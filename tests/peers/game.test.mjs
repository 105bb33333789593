// The contracts of contracts/src, through viem: the rules of the game against a
// second implementation, and what the table does with players, clocks and money.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { encodeFunctionData } from "viem";

import { clients, deploy, read, refusal, send } from "./lib/dapp.mjs";
import { mineAfter, startNode } from "./lib/node.mjs";
import { random, SEED } from "./lib/random.mjs";

const STAKE = 100n;
// A move costs more in another second than the last, as the deadline changes:
// an estimate that is exact when made may fall short when mined.
const GAS = 500_000n;
const START = "0x" + "00".repeat(16);
const RUNNING = 0, FIRST_WINS = 1, SECOND_WINS = 2, DRAW = 3;
const SETTLED = 3;
const BY_RULES = 0, TIMEOUT = 1, RESIGNATION = 2, CANCELLED = 3;
// Columns of a whole game in which nobody gets four in a row.
const DRAWN = [0, 1, 0, 1, 1, 0, 1, 0, 0, 1, 0, 1, 2, 3, 2, 3, 3, 2, 3, 2, 2, 3, 2, 3,
  4, 5, 4, 5, 5, 4, 5, 4, 4, 5, 4, 5, 6, 6, 6, 6, 6, 6];

let node, chain, alice, bob, carol, token, rules, table;

before(async () => {
  console.log(`seed ${SEED}`);
  node = await startNode();
  chain = clients(node);
  [alice, bob, carol] = chain.wallets;
  token = await deploy(chain, "Token", ["Loft Test Token", "LTT", alice.account.address]);
  rules = await deploy(chain, "FourInARow");
  table = await deploy(chain, "GameTable", [token.address, rules.address]);
  table.abi = [...table.abi, ...rules.abi.filter((item) => item.type === "error")];
  for (const wallet of [alice, bob, carol]) {
    await send(chain, alice, token, "mint", [wallet.account.address, 10_000n]);
    await send(chain, wallet, token, "approve", [table.address, 10_000n]);
  }
});
after(() => node?.stop());

// The rules once more, over a grid.
class Grid {
  columns = Array.from({ length: 7 }, () => []);
  count = 0;

  drop(column) { this.columns[column].push(this.count++ % 2); }
  at(column, row) { return this.columns[column]?.[row]; }
  wins(player) {
    for (let c = 0; c < 7; ++c)
      for (let r = 0; r < 6; ++r)
        for (const [x, y] of [[0, 1], [1, 0], [1, 1], [1, -1]])
          if ([0, 1, 2, 3].every((i) => this.at(c + i * x, r + i * y) === player)) return true;
    return false;
  }
  outcome() {
    return this.wins(0) ? FIRST_WINS : this.wins(1) ? SECOND_WINS : this.count === 42 ? DRAW : RUNNING;
  }
  encode() {
    return "0x" + [0, 1].map((player) => {
      let set = 0n;
      this.columns.forEach((column, c) => column.forEach((owner, r) => { if (owner === player) set |= 1n << BigInt(7 * c + r); }));
      return set.toString(16).padStart(16, "0");
    }).join("");
  }
}

const byte = (column) => "0x" + column.toString(16).padStart(2, "0");
const play = (state, move) => read(chain, rules, "play", [state, move]);
const errorOf = async (functionName, args) => (await refusal(chain, alice, rules, functionName, args))?.errorName;

test("random games end as a second implementation says", async () => {
  const { below } = random(SEED);
  const endings = new Set();
  for (let game = 0; game < 25; ++game) {
    const grid = new Grid();
    let state = START;
    while (grid.outcome() === RUNNING) {
      const column = below(7);
      if (grid.columns[column].length === 6) {
        assert.equal(await errorOf("play", [state, byte(column)]), "ColumnFull");
        continue;
      }
      assert.equal(await read(chain, rules, "turn", [state]), grid.count % 2);
      const before = state;
      grid.drop(column);
      let outcome;
      [state, outcome] = await play(before, byte(column));
      assert.equal(state, grid.encode());
      assert.equal(outcome, grid.outcome());
      assert.equal(await read(chain, rules, "validTransition", [before, state]), true);
    }
    endings.add(grid.outcome());
    assert.equal(await errorOf("play", [state, byte(below(7))]), "GameOver");
    assert.equal(await read(chain, rules, "outcome", [state]), grid.outcome());
  }
  assert.ok(endings.has(FIRST_WINS) && endings.has(SECOND_WINS), `only endings ${[...endings]}`);
});

test("a full board without a line is a draw", async () => {
  let state = await read(chain, rules, "start");
  assert.equal(state, START);
  let outcome = RUNNING;
  for (const [i, column] of DRAWN.entries()) {
    assert.equal(outcome, RUNNING, `ended before move ${i}`);
    [state, outcome] = await play(state, byte(column));
  }
  assert.equal(outcome, DRAW);
});

test("a line does not run on from the top of one column into the next", async () => {
  let state = START;
  let outcome;
  // Second player: rows 4, 5, 6 of column a and row 1 of column b.
  for (const column of [0, 2, 0, 2, 0, 0, 2, 0, 4, 0, 4, 1]) [state, outcome] = await play(state, byte(column));
  assert.equal(outcome, RUNNING);
});

test("a transition is one disc of the mover, resting, in a running game", async () => {
  const valid = (from, to) => read(chain, rules, "validTransition", [from, to]);
  const state = (first, second) => "0x" + [first, second].map((set) => set.toString(16).padStart(16, "0")).join("");
  assert.equal(await valid(state(0n, 0n), state(1n, 0n)), true);
  assert.equal(await valid(state(0n, 0n), state(0n, 0n)), false, "nobody has moved");
  assert.equal(await valid(state(1n, 0n), state(0n, 0n)), false, "a disc has gone");
  assert.equal(await valid(state(1n, 0n), state(128n, 1n)), false, "the other's disc was swapped");
  assert.equal(await valid(state(1n, 128n), state(1n | 1n << 14n, 128n)), true);
  assert.equal(await valid(state(1n, 128n), state(1n | 1n << 8n, 128n)), true);
  assert.equal(await valid(state(0b1111n, 0b111n << 7n), state(0b1111n, 0b1111n << 7n)), false, "the game is over");
});

test("states and moves that the game did not make are refused", async () => {
  const bad = {
    "too short": "0x" + "00".repeat(15),
    "too long": "0x" + "00".repeat(17),
    "two discs in a cell": "0x00000000000000010000000000000001",
    "above the top row": "0x00000000000000400000000000000000",
    "right of the board": "0x00020000000000000000000000000000",
    "a floating disc": "0x00000000000000020000000000000000",
    "the second player first": "0x00000000000000000000000000000001",
    "the first player twice": "0x00000000000000030000000000000000",
  };
  for (const [what, state] of Object.entries(bad))
    for (const [name, args] of [["turn", [state]], ["outcome", [state]], ["play", [state, "0x00"]],
      ["validTransition", [state, START]], ["validTransition", [START, state]]])
      assert.equal(await errorOf(name, args), "MalformedState", `${what}: ${name}`);
  for (const move of ["0x", "0x07", "0xff", "0x0000"]) assert.equal(await errorOf("play", [START, move]), "NoSuchColumn");
});

// Tables.

const credit = (wallet) => read(chain, table, "credit", [wallet.account.address]);
const balance = (address) => read(chain, token, "balanceOf", [address]);
const tableOf = (id) => read(chain, table, "tableOf", [id]);
const refused = async (wallet, functionName, args) => (await refusal(chain, wallet, table, functionName, args))?.errorName ?? null;

async function act(wallet, functionName, args = []) {
  const receipt = await send(chain, wallet, table, functionName, args, { gas: GAS });
  assert.equal(receipt.status, "success", functionName);
  return receipt;
}

async function seated({ stake = STAKE, seconds = 600, invited = bob.account.address } = {}) {
  await act(alice, "open", [stake, invited, seconds]);
  const id = await read(chain, table, "tableCount");
  await act(bob, "join", [id, stake]);
  return id;
}

async function playAll(id, columns) {
  for (const [i, column] of columns.entries()) await act(i % 2 === 0 ? alice : bob, "play", [id, byte(column)]);
}

// Credits before and after, as changes: what a settlement gave to whom.
async function credited(settle) {
  const start = [await credit(alice), await credit(bob)];
  await settle();
  return [await credit(alice) - start[0], await credit(bob) - start[1]];
}

async function settlement(id) {
  const logs = await chain.reader.getContractEvents({ ...table, eventName: "TableSettled", args: { id }, fromBlock: 0n });
  assert.equal(logs.length, 1, "a table settles once");
  return logs[0].args;
}

const ZERO = "0x" + "00".repeat(20);

test("the winner is credited both stakes, once", async () => {
  const id = await seated();
  const gains = await credited(() => playAll(id, [0, 1, 0, 1, 0, 1, 0]));
  assert.deepEqual(gains, [2n * STAKE, 0n]);
  assert.deepEqual(await settlement(id), { id, winner: alice.account.address, ending: BY_RULES });
  assert.equal((await tableOf(id)).phase, SETTLED);
  for (const [wallet, name, args] of [[bob, "play", [id, "0x02"]], [alice, "resign", [id]], [bob, "claimTimeout", [id]],
    [alice, "cancel", [id]], [carol, "join", [id, STAKE]]])
    assert.equal(await refused(wallet, name, args), "WrongPhase", name);
});

test("the second player wins as well", async () => {
  const id = await seated();
  assert.deepEqual(await credited(() => playAll(id, [0, 1, 0, 1, 0, 1, 2, 1])), [0n, 2n * STAKE]);
  assert.equal((await settlement(id)).winner, bob.account.address);
});

test("a draw gives each its own stake back", async () => {
  const id = await seated();
  assert.deepEqual(await credited(() => playAll(id, DRAWN)), [STAKE, STAKE]);
  assert.deepEqual(await settlement(id), { id, winner: ZERO, ending: BY_RULES });
});

test("only the player whose turn it is moves, and only by the rules", async () => {
  const id = await seated();
  assert.equal(await refused(bob, "play", [id, "0x00"]), "NotYourTurn");
  assert.equal(await refused(carol, "play", [id, "0x00"]), "NotYourTurn");
  await playAll(id, [0, 0, 0, 0, 0, 0]);
  for (const [move, error] of [["0x00", "ColumnFull"], ["0x07", "NoSuchColumn"], ["0x", "NoSuchColumn"]]) {
    assert.equal(await refused(alice, "play", [id, move]), error);
    assert.equal((await send(chain, alice, table, "play", [id, move], { gas: GAS })).status, "reverted");
  }
  assert.equal(await refused(bob, "play", [id, "0x01"]), "NotYourTurn");
});

test("who lets the deadline pass loses, whoever says so", async () => {
  const id = await seated({ seconds: 60 });
  await act(alice, "play", [id, "0x03"]);
  assert.equal(await refused(alice, "claimTimeout", [id]), "DeadlineNotPassed");
  await mineAfter(node, 61);
  assert.equal(await refused(bob, "play", [id, "0x03"]), "DeadlinePassed");
  assert.deepEqual(await credited(() => act(carol, "claimTimeout", [id])), [2n * STAKE, 0n]);
  assert.deepEqual(await settlement(id), { id, winner: alice.account.address, ending: TIMEOUT });
  assert.equal(await refused(alice, "claimTimeout", [id]), "WrongPhase");
});

test("the first player's clock runs from the joining", async () => {
  const id = await seated({ seconds: 60 });
  await mineAfter(node, 61);
  assert.deepEqual(await credited(() => act(bob, "claimTimeout", [id])), [0n, 2n * STAKE]);
});

test("either player may resign, in or out of turn, and nobody else", async () => {
  const first = await seated();
  assert.equal(await refused(carol, "resign", [first]), "NotAPlayer");
  assert.deepEqual(await credited(() => act(alice, "resign", [first])), [0n, 2n * STAKE]);
  const second = await seated();
  assert.deepEqual(await credited(() => act(bob, "resign", [second])), [2n * STAKE, 0n]);
  assert.equal((await settlement(second)).ending, RESIGNATION);
});

test("a table that nobody has joined can be taken back by who opened it", async () => {
  await act(alice, "open", [STAKE, ZERO, 600]);
  const id = await read(chain, table, "tableCount");
  assert.equal(await refused(bob, "cancel", [id]), "NotAPlayer");
  assert.deepEqual(await credited(() => act(alice, "cancel", [id])), [STAKE, 0n]);
  assert.deepEqual(await settlement(id), { id, winner: ZERO, ending: CANCELLED });
  assert.equal(await refused(bob, "join", [id, STAKE]), "WrongPhase");
});

test("who may sit down, and for how much", async () => {
  await act(alice, "open", [STAKE, bob.account.address, 600]);
  const id = await read(chain, table, "tableCount");
  assert.equal(await refused(carol, "join", [id, STAKE]), "NotInvited");
  assert.equal(await refused(bob, "join", [id, STAKE + 1n]), "StakeDiffers");
  assert.equal(await refused(bob, "play", [id, "0x00"]), "WrongPhase");
  assert.equal(await refused(bob, "join", [id + 1n, STAKE]), "WrongPhase");
  await act(alice, "cancel", [id]);
  await act(alice, "open", [STAKE, ZERO, 600]);
  assert.equal(await refused(alice, "join", [id + 1n, STAKE]), "NotInvited");
  await act(carol, "join", [id + 1n, STAKE]);
  assert.equal(await refused(alice, "open", [0n, ZERO, 600]), "StakeIsZero");
  assert.equal(await refused(alice, "open", [STAKE, alice.account.address, 600]), "NotInvited");
  assert.equal(await refused(alice, "open", [STAKE, ZERO, 9]), "MoveTimeOutOfRange");
  assert.equal(await refused(alice, "open", [STAKE, ZERO, 30 * 86400 + 1]), "MoveTimeOutOfRange");
});

test("what cannot be paid opens no table", async () => {
  const poor = chain.wallets[4];
  const count = await read(chain, table, "tableCount");
  const reason = await refusal(chain, poor, table, "open", [STAKE, ZERO, 600]);
  assert.notEqual(reason, null);
  assert.equal(await read(chain, table, "tableCount"), count);
});

test("credit is paid out once and the books balance", async () => {
  let owed = 0n;
  for (const wallet of [alice, bob, carol]) {
    const amount = await credit(wallet);
    owed += amount;
    if (amount === 0n) continue;
    const held = await balance(wallet.account.address);
    await act(wallet, "withdraw");
    assert.equal(await balance(wallet.account.address), held + amount);
    assert.equal(await refused(wallet, "withdraw", []), "NothingToWithdraw");
  }
  assert.ok(owed > 0n);
  let seatedStakes = 0n;
  for (let id = await read(chain, table, "tableCount"); id > 0n; --id) {
    const { phase, stake } = await tableOf(id);
    seatedStakes += phase === 2 ? 2n * stake : phase === 1 ? stake : 0n;
  }
  assert.equal(await balance(table.address), seatedStakes);
});

// Tokens that do not do what they are told.

async function hostileTable() {
  const hostile = await deploy(chain, "HostileToken");
  const at = await deploy(chain, "GameTable", [hostile.address, rules.address]);
  for (const wallet of [alice, bob]) {
    await send(chain, wallet, hostile, "mint", [wallet.account.address, 1000n]);
    await send(chain, wallet, hostile, "approve", [at.address, 1000n]);
  }
  const ok = async (wallet, contract, name, args = []) =>
    assert.equal((await send(chain, wallet, contract, name, args, { gas: GAS })).status, "success", name);
  return { hostile, at, ok };
}

test("a token that keeps a fee is refused at the deposit", async () => {
  const { hostile, at, ok } = await hostileTable();
  await ok(alice, hostile, "setFee", [1n]);
  const reason = await refusal(chain, alice, at, "open", [STAKE, ZERO, 600]);
  assert.deepEqual([reason.errorName, reason.args], ["DepositDiffers", [STAKE - 1n, STAKE]]);
});

test("no deposit or withdrawal begins within another", async () => {
  const { hostile, at, ok } = await hostileTable();
  await ok(alice, at, "open", [STAKE, ZERO, 600]);
  await ok(alice, at, "cancel", [1n]);
  const withdraw = encodeFunctionData({ abi: at.abi, functionName: "withdraw" });
  await ok(alice, hostile, "callDuringTransfer", [at.address, withdraw]);
  assert.equal((await refusal(chain, alice, at, "withdraw")).errorName, "ReentrancyGuardReentrantCall");
  assert.equal((await refusal(chain, alice, at, "open", [STAKE, ZERO, 600])).errorName, "ReentrancyGuardReentrantCall");
  await ok(alice, hostile, "callDuringTransfer", [ZERO, "0x"]);
  await ok(alice, at, "withdraw");
  assert.equal(await read(chain, hostile, "balanceOf", [alice.account.address]), 1000n);
});

test("a player whom the token refuses does not keep the other from its money", async () => {
  const { hostile, at, ok } = await hostileTable();
  await ok(alice, at, "open", [STAKE, ZERO, 600]);
  await ok(bob, at, "join", [1n, STAKE]);
  await ok(alice, hostile, "ban", [alice.account.address]);
  for (const [i, column] of DRAWN.entries()) await ok(i % 2 === 0 ? alice : bob, at, "play", [1n, byte(column)]);
  await ok(bob, at, "withdraw");
  assert.equal(await read(chain, hostile, "balanceOf", [bob.account.address]), 1000n);
  assert.notEqual(await refusal(chain, alice, at, "withdraw"), null);
  assert.equal(await read(chain, at, "credit", [alice.account.address]), STAKE);
});
