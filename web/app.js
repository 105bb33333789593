// The frame around every page: navigation, search, keys, and whether the
// daemon is there.
import { html, render, useEffect, useErrorBoundary, useRef, useState } from "./vendor/preact/standalone.module.js";
import { Icon, Mark } from "./parts/icons.js";
import { Problem } from "./parts/basic.js";
import { digits, number } from "./core/format.js";
import { begin, refresh, useLive } from "./core/live.js";
import { artifactOf } from "./core/abi.js";
import { beginWallets } from "./core/wallet.js";
import { go, href, useRoute } from "./core/router.js";
import { useClock } from "./core/hooks.js";
import { Search } from "./parts/search.js";
import { Keys, useKeys } from "./parts/keys.js";
import { ThemeButton } from "./parts/theme_button.js";
import { Overview } from "./pages/overview.js";
import { Blocks } from "./pages/blocks.js";
import { Block } from "./pages/block.js";
import { Transaction } from "./pages/transaction.js";
import { Accounts } from "./pages/accounts.js";
import { AddressPage } from "./pages/address.js";
import { Contracts } from "./pages/contracts.js";
import { Deploy } from "./pages/deploy.js";
import { Logs } from "./pages/logs.js";
import { Playground } from "./pages/rpc.js";
import { Peers } from "./pages/peers.js";
import { Channels, Missing } from "./pages/others.js";

const PAGES = {
  overview: Overview, blocks: Blocks, block: Block, tx: Transaction, accounts: Accounts, address: AddressPage,
  contracts: Contracts, deploy: Deploy, logs: Logs, rpc: Playground, peers: Peers, channels: Channels,
};

// page, name, key behind g, on a phone's bar too
const PLACES = [
  ["overview", "Overview", "o", true], ["blocks", "Blocks", "b", true], ["accounts", "Accounts", "a", false],
  ["contracts", "Contracts", "c", true], ["logs", "Logs", "l", true], ["rpc", "RPC", "r", false],
  ["peers", "Peers", "p", false], ["channels", "Channels", "h", false],
];

// The place that a page belongs to.
const HOME = { block: "blocks", tx: "blocks", address: "accounts", deploy: "contracts" };

function Place({ place, current }) {
  const [page, name] = place;
  return html`<a href=${href(page)} class="place" aria-current=${current === page ? "page" : undefined}><${Icon} name=${page} />
    <span>${name}</span></a>`;
}

function Connection() {
  const live = useLive();
  const names = { online: live.socket ? "Live" : "Connected", offline: "No answer", connecting: "Connecting" };
  return html`<div class=${`connection ${live.phase}`} role="status"><span class="dot"></span>
    <span>${names[live.phase]}</span></div>`;
}

function Sidebar({ current }) {
  const live = useLive();
  return html`<aside class="sidebar">
    <a class="brand" href=${href("overview")} aria-label="Loft, overview"><${Mark} /><span>Loft</span></a>
    <nav aria-label="Pages">${PLACES.map((place) => html`<${Place} key=${place[0]} place=${place} current=${current} />`)}</nav>
    <div class="sidebar-foot">
      <${Connection} />
      ${live.status && html`<p class="faint">chain <span class="num">${number(live.status.chainId)}</span>
        <br />loft <span class="num">${live.status.version}</span></p>`}
    </div></aside>`;
}

function PhoneBar({ current }) {
  const [open, setOpen] = useState(false);
  useEffect(() => setOpen(false), [location.hash]);
  const others = PLACES.filter((place) => !place[3]);
  const isOther = others.some(([page]) => page === current);
  return html`<nav class="phone-bar" aria-label="Pages">
    ${open && html`<div class="phone-more">${others.map((place) => html`<${Place} key=${place[0]} place=${place} current=${current} />`)}</div>`}
    ${PLACES.filter((place) => place[3]).map((place) => html`<${Place} key=${place[0]} place=${place} current=${current} />`)}
    <button type="button" class=${`place ${isOther ? "is-here" : ""}`} aria-expanded=${String(open)} onClick=${() => setOpen(!open)}><${Icon}
      name="more" /><span>More</span></button>
  </nav>`;
}

// Says that the daemon is gone, and when the next try is.
function Gone() {
  const live = useLive();
  useClock();
  if (live.phase !== "offline") return null;
  const seconds = Math.max(0, Math.ceil((live.retryAt - Date.now()) / 1000));
  return html`<div class="gone" role="alert"><strong>The daemon does not answer.</strong>
    <span>What is shown may be old. Next try ${seconds ? `in ${seconds} s` : "now"}.</span>
    <button type="button" onClick=${refresh}>Try now</button></div>`;
}

function TopBar({ help }) {
  const live = useLive();
  return html`<div class="topbar">
    <a class="brand phone-only" href=${href("overview")} aria-label="Loft, overview"><${Mark} /></a>
    <${Search} />
    <div class="topbar-end">
      ${live.head >= 0 && html`<a class="head-chip" href=${href("block", live.head)} title="The newest block">
        <span class=${`dot ${live.phase}`}></span><span class="num" data-testid="head">${digits(live.head)}</span></a>`}
      <${ThemeButton} />
      <button type="button" class="icon-button desk-only" aria-label="Keys" title="Keys (?)" onClick=${help}>?</button>
    </div></div>`;
}

function Page({ route }) {
  const [error, reset] = useErrorBoundary();
  useEffect(() => { if (error) reset(); }, [route.key]);
  if (error) return html`<${Problem} error=${error} title="This page has a fault." />`;
  const Shown = PAGES[route.page] ?? Missing;
  return html`<${Shown} key=${`${route.page}/${route.parts[0] ?? ""}`} route=${route} />`;
}

// The new page's heading is where the keyboard goes on, and what is read out.
function useArrival(route) {
  const first = useRef(true);
  const place = `${route.page}/${route.parts[0] ?? ""}`;
  useEffect(() => {
    const heading = document.querySelector("main h1");
    document.title = heading ? `${heading.textContent} · Loft` : "Loft";
    if (first.current) {
      first.current = false;
      return;
    }
    scrollTo(0, 0);
    heading?.focus({ preventScroll: true });
  }, [place]);
}

function App() {
  const route = useRoute();
  const [help, setHelp] = useState(false);
  useArrival(route);
  useKeys(PLACES, () => setHelp(true));
  const isContract = route.page === "address" && artifactOf(route.parts[0] ?? "");
  const current = isContract ? "contracts" : HOME[route.page] ?? route.page;
  return html`
    <a class="skip" href="#main" onClick=${(event) => { event.preventDefault(); document.querySelector("main").focus(); }}>Skip to the page</a>
    <div class="frame"><${Sidebar} current=${current} />
      <div class="body"><header><${TopBar} help=${() => setHelp(true)} /></header><${Gone} />
        <main id="main" tabindex="-1"><${Page} route=${route} /></main></div></div>
    <${PhoneBar} current=${current} />
    <${Keys} places=${PLACES} open=${help} close=${() => setHelp(false)} />`;
}

beginWallets();
begin();
render(html`<${App} />`, document.getElementById("app"));
if (!location.hash) go("overview");
