// Chromium with an eye on what pages must not do: reach elsewhere, break the
// policy, or throw.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const candidates = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/google-chrome"];
const executablePath = candidates.find((path) => path && existsSync(path));
export const DESKTOP = { width: 1440, height: 900 };
export const PHONE = { width: 360, height: 740 };

export const launch = () => chromium.launch({ executablePath, args: ["--no-sandbox"] });

// A page of the console whose faults are collected; close() asserts that there
// are none but those that `expected` matches.
export async function openConsole(browser, daemon, { viewport = DESKTOP, colorScheme = "light", init, hash = "", expected = /^$/ } = {}) {
  const context = await browser.newContext({ viewport, colorScheme, permissions: ["clipboard-read", "clipboard-write"], reducedMotion: "reduce" });
  const faults = [];
  const page = await context.newPage();
  await context.route("**/*", (route) => {
    const url = new URL(route.request().url());
    if (url.origin === daemon.url || url.protocol === "data:") return route.continue();
    faults.push(`reaches ${url.href}`);
    return route.abort();
  });
  page.on("pageerror", (error) => faults.push(`throws ${error.message}`));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) faults.push(`says ${message.text()}`);
  });
  await page.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
  });
  if (init) await page.addInitScript(...init);
  await page.goto(`${daemon.url}/${hash}`);
  await page.getByTestId("head").waitFor();
  const close = async () => {
    await context.close();
    assert.deepEqual(faults.filter((fault) => !expected.test(fault)), []);
  };
  return { page, faults, close, go: (to) => goTo(page, to) };
}

// Goes to a page and waits until what it loads is there.
export async function goTo(page, hash) {
  await page.evaluate((to) => { location.hash = to; }, hash);
  await page.waitForFunction(() => !document.querySelector("main .waiting") && document.querySelector("main h1"), null, { timeout: 10_000 });
  await page.waitForTimeout(60);
}

export async function violations(page) {
  // By the debugger's door: the page's policy lets no script in.
  await page.evaluate(axeSource);
  const { violations: found } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  return found.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => `${node.target.join(" ")} (${node.any[0]?.message ?? node.all[0]?.message ?? node.none[0]?.message ?? ""})`).join("; ")}`);
}

export const overflow = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

// Gives the console the artifacts by the form for files.
export async function addArtifacts(view, paths) {
  await view.go("#/contracts");
  await view.page.setInputFiles("#files", paths);
  await view.page.getByText(/^Added: /).waitFor();
}

export async function nameContracts(page, pairs) {
  await page.evaluate((list) => localStorage.setItem("loft.contracts.0x7a69", JSON.stringify(list)),
    pairs.map(([address, artifact]) => ({ address: address.toLowerCase(), artifact })));
}
