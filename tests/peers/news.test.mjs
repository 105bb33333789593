// What a dApp hears unasked: viem and ethers over WebSocket, where the node
// pushes, and over HTTP, where they ask filters.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Contract, JsonRpcProvider, WebSocketProvider } from "ethers";
import { createPublicClient, http, parseEther, parseGwei, webSocket } from "viem";
import { foundry } from "viem/chains";

import { clients, deploy } from "./lib/dapp.mjs";
import { startNode } from "./lib/node.mjs";

const WAIT_MS_MAX = 15_000;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

let node, chain, alice, bob, token, readers, providers;

before(async () => {
  node = await startNode();
  chain = clients(node);
  [alice, bob] = chain.wallets;
  token = await deploy(chain, "Token", ["Loft Test Token", "LTT", alice.account.address]);
  const ws = node.url.replace("http", "ws");
  readers = {
    WebSocket: createPublicClient({ chain: foundry, transport: webSocket(ws) }),
    HTTP: createPublicClient({ chain: foundry, transport: http(node.url), pollingInterval: 50 }),
  };
  providers = {
    WebSocket: new WebSocketProvider(ws),
    HTTP: new JsonRpcProvider(node.url, undefined, { polling: false, pollingInterval: 50 }),
  };
});

after(async () => {
  await pause(300); // ethers uninstalls its filters when it likes
  for (const provider of Object.values(providers ?? {})) await provider.destroy();
  (await readers?.WebSocket.transport.getRpcClient())?.close();
  await node?.stop();
});

// The first value that `listen` is told which `wanted` accepts; then it stops.
async function told(listen, act, wanted = () => true) {
  let stop;
  const first = new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("nothing was told")), WAIT_MS_MAX);
    stop = listen((value) => {
      if (!wanted(value)) return;
      clearTimeout(timer);
      resolve(value);
    });
  });
  await pause(300); // the subscription is made beside
  await act();
  const value = await first;
  await stop();
  return value;
}

const mint = () => alice.writeContract({
  address: token.address, abi: token.abi, functionName: "mint", args: [bob.account.address, parseEther("1")],
});
const pay = () => alice.sendTransaction({ to: bob.account.address, value: 1n, maxPriorityFeePerGas: parseGwei("1") });

for (const kind of ["WebSocket", "HTTP"]) {
  test(`viem hears of blocks over ${kind}`, async () => {
    const reader = readers[kind];
    const before = await reader.getBlockNumber({ cacheTime: 0 });
    const number = await told((tell) => reader.watchBlockNumber({ onBlockNumber: tell }), pay, (n) => n > before);
    assert.equal(number, before + 1n);
  });

  test(`viem hears of a contract's events over ${kind}`, async () => {
    const [log] = await told((tell) => readers[kind].watchContractEvent({
      address: token.address, abi: token.abi, eventName: "Transfer", onLogs: tell,
    }), mint);
    assert.equal(log.args.value, parseEther("1"));
    assert.equal(log.removed, false);
  });

  test(`viem hears of pending transactions over ${kind}`, async () => {
    let sent;
    const hashes = await told((tell) => readers[kind].watchPendingTransactions({ onTransactions: tell }),
      async () => { sent = await pay(); });
    assert.deepEqual(hashes, [sent]);
  });

  test(`ethers hears of blocks and events over ${kind}`, async () => {
    const provider = providers[kind];
    const contract = new Contract(token.address, token.abi, provider);
    const before = await provider.getBlockNumber();
    const number = await told((tell) => { provider.on("block", tell); return () => provider.off("block", tell); }, pay,
      (n) => n > before);
    assert.equal(number, before + 1);
    const value = await told((tell) => {
      const listener = (from, to, amount) => tell(amount);
      contract.on("Transfer", listener);
      return () => contract.off("Transfer", listener);
    }, mint);
    assert.equal(value, parseEther("1"));
  });
}
