// How soon the page is there, and how smooth it stays.
import assert from "node:assert/strict";
import { cpus, loadavg } from "node:os";
import { after, before, test } from "node:test";
import { Daemon } from "./lib/daemon.mjs";
import { launch, openConsole } from "./lib/browser.mjs";

const FIRST_PAINT_MS = 300;
const TRIES_MAX = 10;
const FRAME_MS = 1000 / 60;
const ROWS = 1000;
const DRAWN_MAX = 80;

let daemon, browser;

before(async () => {
  daemon = await Daemon.start();
  browser = await launch();
  await daemon.rpc("hardhat_mine", "0x3e8");
});

after(async () => {
  await browser?.close();
  await daemon?.stop();
});

// Other work on the machine only ever adds to it: the best try tells, and
// where all cores are taken by others, none does.
test(`the first paint is within ${FIRST_PAINT_MS} ms`, async (t) => {
  let best = Infinity;
  for (let i = 0; i < TRIES_MAX && best > FIRST_PAINT_MS; i++) {
    const view = await openConsole(browser, daemon);
    best = Math.min(best, await view.page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0].startTime));
    await view.close();
  }
  t.diagnostic(`first contentful paint ${best.toFixed(0)} ms`);
  if (best > FIRST_PAINT_MS && loadavg()[0] > cpus().length) return t.skip(`${best} ms, on a machine that is busy with other things`);
  assert.ok(best <= FIRST_PAINT_MS, `${best} ms`);
});

// What the page's thread needs for a frame: without a screen there is nothing
// that would draw sixty a second.
test(`${ROWS} live rows scroll with time to spare in each frame`, async (t) => {
  const view = await openConsole(browser, daemon, { hash: "#/blocks" });
  const { page } = view;
  await page.waitForFunction((rows) => document.querySelector(".rows")?.getAttribute("aria-rowcount") > rows, ROWS);
  const mining = setInterval(() => daemon.rpc("evm_mine").catch(() => {}), 100);
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable");
  const processorSeconds = async () => (await session.send("Performance.getMetrics")).metrics.find(({ name }) => name === "ThreadTime").value;
  const begin = await processorSeconds();
  const { frames, drawn } = await page.evaluate(async () => {
    let count = 0;
    let most = 0;
    for (; count < 240; count++) {
      scrollBy(0, 150);
      await new Promise((done) => requestAnimationFrame(done));
      most = Math.max(most, document.querySelectorAll(".rows-body .row").length);
    }
    return { frames: count, drawn: most };
  });
  const end = await processorSeconds();
  clearInterval(mining);
  const each = (1000 * (end - begin)) / frames;
  t.diagnostic(`${each.toFixed(2)} ms of processor time a frame, ${drawn} rows in the page`);
  assert.ok(each < FRAME_MS, `${each} ms`);
  assert.ok(drawn < DRAWN_MAX, `${drawn} rows`);
  await view.close();
});
