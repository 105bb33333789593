// Every page, wide and narrow, light and dark: it is there, nothing is cut
// off, axe finds nothing, nothing is asked of elsewhere.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { checksum } from "../../web/core/checksum.js";
import { Daemon, artifactPath } from "./lib/daemon.mjs";
import { addArtifacts, DESKTOP, launch, nameContracts, openConsole, overflow, PHONE, violations } from "./lib/browser.mjs";

let daemon, browser, pages;

async function prepare() {
  const accounts = await daemon.rpc("eth_accounts");
  const token = await daemon.deployToken();
  await daemon.send(token, "mint(address,uint256)", [accounts[0], "5000000000000000000000"]);
  const sent = await daemon.send(token, "transfer(address,uint256)", [accounts[1], "1000000000000000000"]);
  const refused = await daemon.send(token, "mint(address,uint256)", [accounts[1], "1"], accounts[1]).catch(() => null);
  const ether = await daemon.receipt(await daemon.rpc("eth_sendTransaction", { from: accounts[0], to: accounts[2], value: "0x1" }));
  const hash = sent.transactionHash;
  return {
    token, refused,
    list: {
      overview: ["#/overview", "Gas per block"], blocks: ["#/blocks", "on this chain"], block: [`#/block/${Number(sent.blockNumber)}`, "State root"],
      "block by its hash": [`#/block/${sent.blockHash}`, "Parent"], "a block to come": ["#/block/99999999", "no such block yet"],
      transaction: [`#/tx/${hash}`, "transfer(address,uint256)"], "its logs": [`#/tx/${hash}/logs`, "Transfer"], "its trace": [`#/tx/${hash}/trace`, "Calls"],
      "its state": [`#/tx/${hash}/state`, "State"], "a transfer": [`#/tx/${ether.transactionHash}`, "Fee"], "no transaction": [`#/tx/0x${"0".repeat(64)}`, "No such transaction"],
      accounts: ["#/accounts", "Account 9"], account: [`#/address/${accounts[0]}`, "Balance"], "its events": [`#/address/${accounts[0]}/events`, "No event"],
      contract: [`#/address/${token}`, "Nonce"], read: [`#/address/${token}/read`, "totalSupply"], write: [`#/address/${token}/write`, "transfer"],
      events: [`#/address/${token}/events`, "Transfer"], storage: [`#/address/${token}/storage`, "Slots"], code: [`#/address/${token}/code`, "bytes"],
      contracts: ["#/contracts", "Add an ABI"], deploy: ["#/deploy/Token", "Deploy"], logs: ["#/logs", "Found"], rpc: ["#/rpc/eth_getBalance", "eth_getBalance"],
      peers: ["#/peers", "This node"], channels: ["#/channels", "No channel"], nothing: ["#/nothing", "Nothing is here"],
    },
  };
}

before(async () => {
  daemon = await Daemon.start();
  browser = await launch();
  pages = await prepare();
});

after(async () => {
  await browser?.close();
  await daemon?.stop();
});

for (const [width, viewport] of [["1440 px", DESKTOP], ["360 px", PHONE]])
  for (const colorScheme of ["light", "dark"])
    describe(`${width}, ${colorScheme}`, () => {
      test("every page is there, fits, and is clean by axe", async () => {
        const view = await openConsole(browser, daemon, { viewport, colorScheme });
        await addArtifacts(view, [artifactPath("Token")]);
        await nameContracts(view.page, [[pages.token, "Token"]]);
        const faults = [];
        for (const [name, [hash, text]] of Object.entries(pages.list)) {
          await view.go(hash);
          await view.page.locator("main").getByText(text).first().waitFor({ timeout: 5000 }).catch(() => faults.push(`${name}: no “${text}”`));
          const beyond = await overflow(view.page);
          if (beyond > 0) faults.push(`${name}: ${beyond} px too wide`);
          for (const violation of await violations(view.page)) faults.push(`${name}: ${violation}`);
        }
        assert.deepEqual(faults, []);
        await view.close();
      });
    });

test("the theme is the system's until another is chosen, and stays chosen", async () => {
  const view = await openConsole(browser, daemon, { colorScheme: "dark" });
  const ground = () => view.page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const dark = await ground();
  await view.page.getByRole("button", { name: "Light theme" }).click();
  const light = await ground();
  assert.notEqual(dark, light);
  await view.page.reload();
  await view.page.getByTestId("head").waitFor();
  assert.equal(await ground(), light);
  await view.close();
});

test("the search box finds blocks, hashes, addresses and names", async () => {
  const view = await openConsole(browser, daemon);
  const { page } = view;
  const [account] = await daemon.rpc("eth_accounts");
  const block = await daemon.rpc("eth_getBlockByNumber", "0x2", false);
  const search = async (text, hash) => {
    await page.getByRole("combobox", { name: /Search/ }).fill(text);
    await page.keyboard.press("Enter");
    await page.waitForFunction((want) => location.hash === want, hash);
  };
  await search("2", "#/block/2");
  await search(block.transactions[0], `#/tx/${block.transactions[0]}`);
  await search(block.hash, `#/block/${block.hash}`);
  await search(account, `#/address/${account}`);
  await search("Account 3", `#/address/${(await daemon.rpc("eth_accounts"))[3]}`);
  await search("eth_getLogs", "#/rpc/eth_getLogs");
  await page.getByRole("combobox", { name: /Search/ }).fill(`0x${"1".repeat(64)}`);
  await page.keyboard.press("Enter");
  await page.getByText("no transaction and no block has this hash").waitFor();
  await view.close();
});

test("values can be copied", async () => {
  const view = await openConsole(browser, daemon);
  const [account] = await daemon.rpc("eth_accounts");
  await view.go(`#/address/${account}`);
  await view.page.getByRole("button", { name: "Copy address" }).first().click();
  await view.page.getByRole("button", { name: "Copied" }).waitFor();
  assert.equal(await view.page.evaluate(() => navigator.clipboard.readText()), checksum(account));
  await view.close();
});

test("the playground sends what is typed and shows errors as they are", async () => {
  const view = await openConsole(browser, daemon);
  const { page } = view;
  await view.go("#/rpc/eth_getBalance");
  await page.getByRole("button", { name: "Send" }).click();
  await page.locator(".json").getByText(/"0x[0-9a-f]+"/).waitFor();
  await page.getByLabel("address", { exact: true }).fill("0x12");
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText("error -32602").waitFor();
  await view.close();
});

test("blocks come in while the page is open", async () => {
  const view = await openConsole(browser, daemon, { hash: "#/blocks" });
  const head = Number(await daemon.rpc("eth_blockNumber"));
  await daemon.rpc("evm_mine");
  await view.page.locator(".rows").getByRole("link", { name: (head + 1).toLocaleString("en"), exact: true }).waitFor({ timeout: 5000 });
  await view.close();
});
