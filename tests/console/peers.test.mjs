// The page of peers, with nodes that connect to each other on this machine.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Daemon } from "./lib/daemon.mjs";
import { DESKTOP, launch, openConsole, overflow, PHONE, violations } from "./lib/browser.mjs";

const LISTEN = ["--listen", "/ip4/127.0.0.1/tcp/0"];

let ours, theirs, browser, address, id;

before(async () => {
  ours = await Daemon.start();
  theirs = await Daemon.start(LISTEN);
  browser = await launch();
  ({ id, addresses: [address] } = await theirs.rpc("loft_peerId"));
});

after(async () => {
  await browser?.close();
  await ours?.stop();
  await theirs?.stop();
});

const disconnect = () => ours.rpc("loft_peerDisconnect", id);

async function open(options = {}) {
  const view = await openConsole(browser, ours, options);
  await view.go("#/peers");
  return view;
}

test("a node says who it is, and that nobody is connected", async () => {
  const view = await open();
  const self = await ours.rpc("loft_peerId");
  assert.equal(await view.page.getByTestId("peer-id").textContent(), self.id);
  await view.page.getByText("No peer is connected").waitFor();
  await view.page.getByText("Nowhere: it connects to others").waitFor();
  await view.close();
});

test("a peer is connected, shown with what is known of it, and let go", async () => {
  const view = await open();
  const { page } = view;
  await page.getByLabel("Address", { exact: true }).fill(address);
  await page.getByRole("button", { name: "Connect", exact: true }).click();
  await page.getByText("Connected to").waitFor();
  const peer = page.getByTestId("peer");
  await peer.getByText("outgoing").waitFor();
  await peer.getByText(/^loft\//).waitFor();
  await peer.getByText(address.split("/p2p/")[0]).waitFor();
  await peer.getByText(/ms/).waitFor({ timeout: 15_000 });
  await page.getByRole("button", { name: /^Disconnect/ }).click();
  await page.getByText("No peer is connected").waitFor();
  await view.close();
});

test("a peer that comes and goes by itself is seen without asking", async () => {
  const view = await open();
  const self = await ours.rpc("loft_peerId");
  await ours.rpc("loft_peerConnect", address);
  await view.page.getByTestId("peer").waitFor();
  await theirs.rpc("loft_peerDisconnect", self.id);
  await view.page.getByText("No peer is connected").waitFor();
  await view.close();
});

test("who is banned is gone, listed, and may be let in again", async () => {
  await ours.rpc("loft_peerConnect", address);
  const view = await open();
  const { page } = view;
  await page.getByRole("button", { name: /^Ban/ }).click();
  await page.getByTestId("ban").getByText("in the console").waitFor();
  await page.getByText("No peer is connected").waitFor();
  await page.getByLabel("Address", { exact: true }).fill(address);
  await page.getByRole("button", { name: "Connect", exact: true }).click();
  await page.getByText("the peer is banned").waitFor();
  await page.getByRole("button", { name: /^Lift the ban/ }).click();
  await page.getByTestId("ban").waitFor({ state: "detached" });
  assert.deepEqual(await ours.rpc("loft_peerBans"), []);
  await view.close();
});

test("an address that is none is said to be that", async () => {
  const view = await open();
  await view.page.getByLabel("Address", { exact: true }).fill("/ip4/here");
  await view.page.getByRole("button", { name: "Connect", exact: true }).click();
  await view.page.getByRole("alert").getByText("Not connected.").waitFor();
  await view.close();
});

test("a node without peers says so", async () => {
  const alone = await Daemon.start(["--no-p2p"]);
  const view = await openConsole(browser, alone);
  await view.go("#/peers");
  await view.page.getByText("This node is on its own").waitFor();
  await view.close();
  await alone.stop();
});

for (const [width, viewport] of [["1440 px", DESKTOP], ["360 px", PHONE]])
  for (const colorScheme of ["light", "dark"])
    test(`peers and bans fit and are clean by axe: ${width}, ${colorScheme}`, async () => {
      const other = await Daemon.start(LISTEN);
      const banned = await other.rpc("loft_peerId");
      await ours.rpc("loft_peerConnect", address);
      await ours.rpc("loft_peerBan", banned.id, "0x3c", "for the test");
      const view = await open({ viewport, colorScheme });
      await view.page.getByTestId("peer").waitFor();
      await view.page.getByTestId("ban").waitFor();
      if (process.env.SHOTS) await view.page.screenshot({ path: `${process.env.SHOTS}/peers-${viewport.width}-${colorScheme}.png`, fullPage: true });
      assert.ok((await overflow(view.page)) <= 0);
      assert.deepEqual(await violations(view.page), []);
      await view.close();
      await ours.rpc("loft_peerUnban", banned.id);
      await disconnect();
      await other.stop();
    });
