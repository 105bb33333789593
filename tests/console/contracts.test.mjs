// A contract through the page: ABI in, deployed, written, read, its events.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { artifact, artifactPath, Daemon } from "./lib/daemon.mjs";
import { addArtifacts, launch, nameContracts, openConsole } from "./lib/browser.mjs";

let daemon, browser, accounts;

before(async () => {
  daemon = await Daemon.start();
  browser = await launch();
  accounts = await daemon.rpc("eth_accounts");
});

after(async () => {
  await browser?.close();
  await daemon?.stop();
});

const functionCard = (page, signature) => page.locator(".function").filter({ has: page.getByText(signature, { exact: true }) });

test("a token is deployed, written and read, and its events come in", async () => {
  const view = await openConsole(browser, daemon);
  const { page } = view;
  await addArtifacts(view, [artifactPath("Token")]);
  await page.getByRole("link", { name: "Deploy" }).click();
  await page.getByLabel(/^name/).fill("Console Token");
  await page.getByLabel(/^symbol/).fill("CON");
  await page.getByLabel(/^(owner|initialOwner)/).first().fill(accounts[0]);
  await page.getByRole("button", { name: "Deploy" }).click();
  await page.getByText("It is at").waitFor();
  await page.getByRole("link", { name: "Open" }).click();
  await page.getByText("“Console Token”").first().waitFor();
  const address = new URL(page.url()).hash.split("/")[2];

  await page.getByRole("link", { name: "Write" }).click();
  const mint = functionCard(page, "mint(address,uint256)");
  await mint.locator("input").nth(0).fill(accounts[3]);
  await mint.locator("input").nth(1).fill("123456");
  await mint.getByRole("button", { name: "Write" }).click();
  await mint.getByText("Success").waitFor();
  await mint.getByText("Transfer").first().waitFor();

  await page.getByRole("link", { name: "Read" }).click();
  const balance = functionCard(page, "balanceOf(address)");
  await balance.locator("input").fill(accounts[3]);
  await balance.getByRole("button", { name: "Read" }).click();
  await balance.getByText("123,456").waitFor();
  const [{ value }] = await daemon.rpc("loft_decodeResult", "(uint256)", await daemon.rpc("eth_call",
    { to: address, data: await daemon.rpc("loft_encodeCall", "balanceOf(address)", [accounts[3]]) }, "latest"));
  assert.equal(value, "123456");

  await page.getByRole("link", { name: "Events" }).click();
  const events = page.locator(".log");
  await events.first().waitFor();
  const before = await events.count();
  await daemon.send(address, "transfer(address,uint256)", [accounts[4], "6"], accounts[3]);
  await page.waitForFunction((count) => document.querySelectorAll(".log").length === count + 1, before);
  await view.close();
});

test("what a contract refuses is told by its error's name", async () => {
  const view = await openConsole(browser, daemon);
  const { page } = view;
  const token = await daemon.deployToken();
  await addArtifacts(view, [artifactPath("Token")]);
  await nameContracts(page, [[token, "Token"]]);
  await view.go(`#/address/${token}/write`);
  await page.getByLabel("From", { exact: true }).selectOption({ index: 1 });
  const mint = functionCard(page, "mint(address,uint256)");
  await mint.locator("input").nth(0).fill(accounts[1]);
  await mint.locator("input").nth(1).fill("1");
  await mint.getByRole("button", { name: "Write" }).click();
  await mint.getByText("OwnableUnauthorizedAccount").first().waitFor();
  await view.close();
});

test("a wrong value is named before anything is sent", async () => {
  const view = await openConsole(browser, daemon);
  const { page } = view;
  const token = await daemon.deployToken();
  const head = await daemon.rpc("eth_blockNumber");
  await addArtifacts(view, [artifactPath("Token")]);
  await nameContracts(page, [[token, "Token"]]);
  await view.go(`#/address/${token}/write`);
  const transfer = functionCard(page, "transfer(address,uint256)");
  await transfer.locator("input").nth(0).fill(accounts[1]);
  await transfer.locator("input").nth(1).fill("many");
  await transfer.getByRole("button", { name: "Write" }).click();
  await transfer.getByText(/value 1: uint256/).waitFor();
  assert.equal(await daemon.rpc("eth_blockNumber"), head);
  await view.close();
});

test("ABIs are read as Hardhat, Foundry and solc write them, and as lines", async () => {
  const { abi, bytecode } = artifact("Probe");
  const folder = mkdtempSync(join(tmpdir(), "loft-artifacts-"));
  const files = {
    "Hardhat.json": { _format: "hh-sol-artifact-1", contractName: "FromHardhat", abi, bytecode },
    "FromFoundry.json": { abi, bytecode: { object: bytecode, linkReferences: {} }, deployedBytecode: { object: "0x" } },
    "solc.json": { contracts: { "Probe.sol": { FromSolc: { abi, evm: { bytecode: { object: bytecode.slice(2) } } } } } },
    "combined.json": { contracts: { "Probe.sol:FromCombined": { abi, bin: bytecode.slice(2) } } },
    "FromAbi.json": abi,
  };
  const paths = Object.entries(files).map(([name, json]) => {
    writeFileSync(join(folder, name), JSON.stringify(json));
    return join(folder, name);
  });
  const view = await openConsole(browser, daemon);
  const { page } = view;
  await addArtifacts(view, paths);
  for (const name of ["FromHardhat", "FromFoundry", "FromSolc", "FromCombined"])
    await page.locator(".artifact").filter({ hasText: name }).getByRole("link", { name: "Deploy" }).waitFor();
  await page.locator(".artifact").filter({ hasText: "FromAbi" }).getByText("no bytecode").waitFor();
  await page.getByLabel("Name").fill("Lines");
  await page.getByLabel(/^ABI/).fill("function f(uint256 a) view returns (bool)\nevent E(address indexed who)");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await page.locator(".artifact").filter({ hasText: "Lines" }).getByText("1 functions, 1 events").waitFor();
  await page.getByLabel(/^ABI/).fill('{"no": "abi"}');
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByText("neither an ABI nor an artifact").waitFor();
  rmSync(folder, { recursive: true });
  await view.close();
});

test("what a contract says is text, whatever it says", async () => {
  const symbol = '<img src=x onerror="globalThis.harmed=1"><script>globalThis.harmed=1</script>';
  const token = await daemon.deployToken("\u202etxet\u0007", symbol);
  const view = await openConsole(browser, daemon);
  const { page } = view;
  await addArtifacts(view, [artifactPath("Token")]);
  await nameContracts(page, [[token, "Token"]]);
  await view.go(`#/address/${token}/read`);
  await page.getByText(`“${symbol}”`).first().waitFor();
  await page.getByText("“\\u{202e}txet\\u{7}”").first().waitFor();
  assert.equal(await page.evaluate(() => globalThis.harmed), undefined);
  assert.equal(await page.locator("main img").count(), 0);
  await view.close();
});

test("ether is sent from an account of the node", async () => {
  const view = await openConsole(browser, daemon);
  const { page } = view;
  const to = `0x${"42".repeat(20)}`;
  await view.go(`#/address/${to}`);
  await page.getByRole("button", { name: "Send ether here" }).click();
  await page.getByLabel(/Ether to send/).fill("1.5");
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await page.getByText("Success").waitFor();
  assert.equal(BigInt(await daemon.rpc("eth_getBalance", to, "latest")), 1_500_000_000_000_000_000n);
  await view.close();
});

test("a token is asked for where calls that change need one", async () => {
  const folder = mkdtempSync(join(tmpdir(), "loft-token-"));
  const secret = "0123456789abcdef0123456789abcdef";
  writeFileSync(join(folder, "token"), `${secret}\n`, { mode: 0o600 });
  const guarded = await Daemon.start(["--rpc-token", join(folder, "token")]);
  const view = await openConsole(browser, guarded, { expected: /status of 401/ });
  const { page } = view;
  const to = `0x${"43".repeat(20)}`;
  const send = () => page.getByRole("button", { name: "Send", exact: true }).click();
  const keep = async (token, told) => {
    await page.getByLabel("Token").fill(token);
    await page.getByRole("button", { name: "Keep" }).click();
    await page.getByText(told).waitFor();
  };
  await view.go(`#/address/${to}`);
  await page.getByRole("button", { name: "Send ether here" }).click();
  await page.getByLabel(/Ether to send/).fill("1");
  await send();
  await page.getByText("needs the token of --rpc-token").waitFor();
  await keep("wrong".repeat(8), "Not kept: the token is not that of --rpc-token.");
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);
  await keep(secret, "Kept. Try again.");
  await send();
  await page.getByText("Success").waitFor();
  assert.equal(BigInt(await guarded.rpc("eth_getBalance", to, "latest")), 10n ** 18n);
  await view.close();
  await guarded.stop();
  rmSync(folder, { recursive: true });
});
