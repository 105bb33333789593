// Everything by the keyboard alone.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Daemon } from "./lib/daemon.mjs";
import { launch, openConsole } from "./lib/browser.mjs";

let daemon, browser;

before(async () => {
  daemon = await Daemon.start();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await daemon?.stop();
});

const at = (page, hash) => page.waitForFunction((want) => location.hash.startsWith(want), hash);
const focused = (page) => page.evaluate(() => {
  const element = document.activeElement;
  return element.getAttribute("aria-label") ?? element.labels?.[0]?.textContent ?? element.textContent.trim().slice(0, 60);
});

test("g and a letter goes to every page", async () => {
  const view = await openConsole(browser, daemon);
  for (const [key, hash] of [["b", "#/blocks"], ["a", "#/accounts"], ["c", "#/contracts"], ["l", "#/logs"], ["r", "#/rpc"], ["p", "#/peers"], ["h", "#/channels"], ["o", "#/overview"]]) {
    await view.page.keyboard.press("g");
    await view.page.keyboard.press(key);
    await at(view.page, hash);
  }
  await view.close();
});

test("the slash searches, the question mark lists the keys, escape closes", async () => {
  const view = await openConsole(browser, daemon);
  const { page } = view;
  await page.keyboard.press("?");
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "hidden" });
  await page.keyboard.press("/");
  assert.equal(await focused(page), "Search for a block, transaction or address");
  await page.keyboard.type("Account 2");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await at(page, "#/address/");
  await view.close();
});

test("the first stop skips to the page, and every stop shows where it is", async () => {
  const view = await openConsole(browser, daemon);
  const { page } = view;
  await page.keyboard.press("Tab");
  assert.equal(await focused(page), "Skip to the page");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "main");
  const hidden = [];
  for (let i = 0; i < 25; i++) {
    await page.keyboard.press("Tab");
    const seen = await page.evaluate(() => {
      const style = getComputedStyle(document.activeElement);
      return document.activeElement === document.body || (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1);
    });
    if (!seen) hidden.push(await focused(page));
  }
  assert.deepEqual(hidden, []);
  await view.close();
});

test("a new page's heading has the focus", async () => {
  const view = await openConsole(browser, daemon);
  const { page } = view;
  await page.getByRole("link", { name: "Blocks", exact: true }).first().focus();
  await page.keyboard.press("Enter");
  await at(page, "#/blocks");
  await page.waitForFunction(() => document.activeElement.tagName === "H1");
  assert.equal(await focused(page), "Blocks");
  await view.close();
});

test("a call is sent from the playground", async () => {
  const view = await openConsole(browser, daemon, { hash: "#/rpc/eth_chainId" });
  const { page } = view;
  await page.getByRole("button", { name: "Send" }).focus();
  await page.keyboard.press("Enter");
  await page.getByText('"0x7a69"').waitFor();
  await view.close();
});
