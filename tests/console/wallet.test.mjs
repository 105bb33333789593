// A wallet in the browser, found through EIP-6963: it signs, refuses, and does
// not know the chain.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { artifactPath, Daemon } from "./lib/daemon.mjs";
import { addArtifacts, launch, nameContracts, openConsole } from "./lib/browser.mjs";

let daemon, browser, accounts, token;

before(async () => {
  daemon = await Daemon.start();
  browser = await launch();
  accounts = await daemon.rpc("eth_accounts");
  token = await daemon.deployToken();
});

after(async () => {
  await browser?.close();
  await daemon?.stop();
});

// Runs in the page, ahead of it. The wallet keeps what it was asked in
// globalThis.asked; `errors` are thrown, by method, once each.
function mockWallet({ account, chainId, errors }) {
  globalThis.asked = [];
  globalThis.walletErrors = errors;
  const forward = async (method, params) => {
    const response = await fetch("/", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }) });
    const { result, error } = await response.json();
    if (error) throw Object.assign(new Error(error.message), error);
    return result;
  };
  let chain = chainId;
  const answers = {
    eth_requestAccounts: () => [account],
    eth_chainId: () => chain,
    wallet_switchEthereumChain: ([wanted]) => { chain = wanted.chainId; return null; },
    wallet_addEthereumChain: ([added]) => { chain = added.chainId; return null; },
  };
  const provider = {
    async request({ method, params }) {
      globalThis.asked.push({ method, params });
      const error = globalThis.walletErrors[method];
      if (error) {
        delete globalThis.walletErrors[method];
        throw Object.assign(new Error(error.message ?? "wallet"), error);
      }
      return answers[method] ? answers[method](params) : forward(method, params);
    },
  };
  const info = Object.freeze({ uuid: "350670db-19fa-4704-a166-e52e178b59d2", name: "Mock Wallet", rdns: "example.mock", icon: "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'/>" });
  const announce = () => dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail: Object.freeze({ info, provider }) }));
  addEventListener("eip6963:requestProvider", announce);
  announce();
}

async function open({ chainId = "0x7a69", errors = {} } = {}) {
  const view = await openConsole(browser, daemon, { init: [mockWallet, { account: accounts[0], chainId, errors }] });
  await addArtifacts(view, [artifactPath("Token")]);
  await nameContracts(view.page, [[token, "Token"]]);
  await view.go(`#/address/${token}/write`);
  return view;
}

const choose = (page) => page.getByLabel("From", { exact: true }).selectOption({ label: "Mock Wallet" });
const asked = (page) => page.evaluate(() => globalThis.asked);

async function mint(page) {
  const card = page.locator(".function").filter({ has: page.getByText("mint(address,uint256)", { exact: true }) });
  await card.locator("input").nth(0).fill(accounts[2]);
  await card.locator("input").nth(1).fill("7");
  await card.getByRole("button", { name: "Write" }).click();
  return card;
}

test("a wallet that is announced signs", async () => {
  const view = await open();
  await choose(view.page);
  const card = await mint(view.page);
  await card.getByText("Success").waitFor();
  const methods = (await asked(view.page)).map(({ method }) => method);
  assert.deepEqual(methods, ["eth_requestAccounts", "eth_chainId", "eth_sendTransaction"]);
  await view.close();
});

test("a refusal in the wallet sends nothing, and it can be tried again", async () => {
  const view = await open();
  await choose(view.page);
  const head = await daemon.rpc("eth_blockNumber");
  await view.page.evaluate(() => { globalThis.walletErrors.eth_sendTransaction = { code: 4001, message: "User rejected" }; });
  const card = await mint(view.page);
  await card.getByText("refused in the wallet").waitFor();
  assert.equal(await daemon.rpc("eth_blockNumber"), head);
  await mint(view.page);
  await card.getByText("Success").waitFor();
  await view.close();
});

test("a refusal to connect leaves the account that was chosen", async () => {
  const view = await open({ errors: { eth_requestAccounts: { code: 4001 } } });
  await choose(view.page);
  await view.page.getByText("refused in the wallet").waitFor();
  const card = await mint(view.page);
  await card.getByText("Success").waitFor();
  assert.deepEqual((await asked(view.page)).map(({ method }) => method), ["eth_requestAccounts"]);
  await view.close();
});

test("a wallet on another chain is asked to change, and told of this one where it must", async () => {
  const view = await open({ chainId: "0x1", errors: { wallet_switchEthereumChain: { code: 4902 } } });
  await choose(view.page);
  const card = await mint(view.page);
  await card.getByText("Success").waitFor();
  const calls = await asked(view.page);
  assert.deepEqual(calls.map(({ method }) => method), ["eth_requestAccounts", "eth_chainId", "wallet_switchEthereumChain", "wallet_addEthereumChain", "eth_sendTransaction"]);
  assert.equal(calls[3].params[0].chainId, "0x7a69");
  assert.deepEqual(calls[3].params[0].rpcUrls, [daemon.url]);
  await view.close();
});

for (const [code, text] of [[4100, "has not let this page"], [4200, "does not have this method"], [4900, "connected to no chain"], [4901, "not connected to this chain"]])
  test(`error ${code} is told in words`, async () => {
    const view = await open();
    await choose(view.page);
    await view.page.evaluate((error) => { globalThis.walletErrors.eth_sendTransaction = { code: error }; }, code);
    const card = await mint(view.page);
    await card.getByText(text).waitFor();
    await view.close();
  });
