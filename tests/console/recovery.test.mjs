// The daemon goes away and comes back.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Daemon } from "./lib/daemon.mjs";
import { launch, openConsole } from "./lib/browser.mjs";

let daemon, browser;
// What the browser itself says of requests that nobody answers.
const expected = /ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|ERR_SOCKET_NOT_CONNECTED|ERR_CONNECTION_CLOSED|WebSocket connection/;

before(async () => {
  daemon = await Daemon.start();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await daemon?.stop();
});

test("a killed daemon is told, and the page goes on when it is back", async () => {
  const view = await openConsole(browser, daemon, { expected });
  const { page } = view;
  for (let i = 0; i < 3; i++) await daemon.rpc("evm_mine");
  await page.getByTestId("head").filter({ hasText: /^3$/ }).waitFor();
  await daemon.kill();
  await page.getByText("The daemon does not answer.").waitFor();
  await page.getByText(/Next try/).waitFor();
  assert.equal(await page.getByTestId("head").textContent(), "3");
  await daemon.run();
  await page.getByText("The daemon does not answer.").waitFor({ state: "detached", timeout: 15_000 });
  assert.equal(await page.getByTestId("head").textContent(), "3");
  await daemon.rpc("evm_mine");
  await page.getByTestId("head").filter({ hasText: /^4$/ }).waitFor();
  await view.close();
});

test("a page that is opened goes on loading when the daemon is back", async () => {
  const view = await openConsole(browser, daemon, { expected });
  await daemon.kill();
  await view.page.getByText("The daemon does not answer.").waitFor();
  await view.page.evaluate(() => { location.hash = "#/accounts"; });
  await daemon.run();
  await view.page.getByText("Account 9").waitFor({ timeout: 15_000 });
  await view.close();
});

test("blocks that are undone leave the page", async () => {
  const view = await openConsole(browser, daemon, { hash: "#/blocks", expected });
  const { page } = view;
  const before = Number(await daemon.rpc("eth_blockNumber"));
  const snapshot = await daemon.rpc("evm_snapshot");
  for (let i = 0; i < 5; i++) await daemon.rpc("evm_mine");
  await page.getByTestId("head").filter({ hasText: `${before + 5}` }).waitFor();
  await daemon.rpc("evm_revert", snapshot);
  await page.getByTestId("head").filter({ hasText: new RegExp(`^${before}$`) }).waitFor();
  assert.equal(await page.locator(".rows-body .row").count(), before + 1);
  await view.close();
});
