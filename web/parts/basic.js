// What every page is made of. Values become text nodes and attributes, never
// HTML.
import { html, useEffect, useRef, useState } from "../vendor/preact/standalone.module.js";
import { age, amount, big, dateTime, digits, ether, price, short, visible } from "../core/format.js";
import { labelOf } from "../core/abi.js";
import { checksum } from "../core/checksum.js";
import { href } from "../core/router.js";
import { useClock } from "../core/hooks.js";
import { Icon } from "./icons.js";

export { html };

async function putOnClipboard(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done ? undefined : Promise.reject(new Error("the browser does not copy"));
}

export function Copy({ text, what = "value" }) {
  const [done, set] = useState(false);
  const timer = useRef(0);
  useEffect(() => () => clearTimeout(timer.current), []);
  const copy = (event) => {
    event.preventDefault();
    event.stopPropagation();
    putOnClipboard(text).then(() => {
      set(true);
      clearTimeout(timer.current);
      timer.current = setTimeout(() => set(false), 1200);
    }, () => {});
  };
  return html`<button type="button" class=${`copy ${done ? "is-done" : ""}`} onClick=${copy}
    aria-label=${done ? "Copied" : `Copy ${what}`} title=${done ? "Copied" : `Copy ${what}`}>
    <${Icon} name=${done ? "done" : "copy"} size=${15} /></button>`;
}

// A pattern of 5 by 5 squares, the same on both sides, from the address.
export function Chip({ address, size = 18 }) {
  const bytes = Array.from({ length: 20 }, (_, i) => parseInt(address.slice(2 + 2 * i, 4 + 2 * i), 16) || 0);
  const hue = Math.round(((bytes[0] * 256 + bytes[1]) / 65536) * 360);
  let squares = "";
  for (let row = 0; row < 5; row++)
    for (let column = 0; column < 3; column++)
      if (bytes[2 + row * 3 + column] & 1)
        for (const x of new Set([column, 4 - column])) squares += `M${x + 1} ${row + 1}h1v1h-1Z`;
  return html`<svg class="chip" width=${size} height=${size} viewBox="0 0 7 7" aria-hidden="true" focusable="false">
    <rect width="7" height="7" rx="1.6" fill=${`hsl(${hue} 55% 88%)`} />
    <path d=${squares} fill=${`hsl(${hue} 62% 38%)`} /></svg>`;
}

// terse: its name alone, where it has one.
export function Address({ of, full = false, link = true, copy = true, name = true, terse = false }) {
  if (!of) return html`<span class="faint">none</span>`;
  const label = name ? labelOf(of) : null;
  const written = checksum(of);
  const text = full ? written : short(written);
  const inside = html`<${Chip} address=${of} />${label && html`<span class="label">${label}</span>`}
    ${(!terse || !label) && html`<span class=${`hex ${label && !full ? "faint" : ""}`}>${label && !full ? short(written, 4, 4) : text}</span>`}`;
  return html`<span class=${`address ${full ? "is-full" : ""}`}>
    ${link ? html`<a href=${href("address", of)} title=${written}>${inside}</a>` : html`<span title=${written}>${inside}</span>`}
    ${copy && html`<${Copy} text=${written} what="address" />`}</span>`;
}

export const Hash = ({ of, full = false, to = null, copy = true, what = "hash" }) => html`
  <span class=${`hash ${full ? "is-full" : ""}`}>
    ${to ? html`<a class="hex" href=${to} title=${of}>${full ? of : short(of)}</a>`
         : html`<span class="hex" title=${of}>${full ? of : short(of)}</span>`}
    ${copy && html`<${Copy} text=${of} what=${what} />`}</span>`;

export const TxLink = ({ hash, full = false, copy = true }) =>
  html`<${Hash} of=${hash} full=${full} copy=${copy} to=${href("tx", hash)} what="transaction hash" />`;

export const BlockLink = ({ number: n }) => html`<a class="num" href=${href("block", n)}>${digits(n)}</a>`;

// Ether, short, with all of it and the wei in its title.
export function Amount({ wei, full = false }) {
  const value = big(wei);
  const title = `${ether(value)} ether = ${digits(value)} wei`;
  if (full)
    return html`<span class="num">${ether(value)} <span class="unit">ETH</span>
      ${value !== 0n && html`<span class="faint wei">${digits(value)} wei</span>`}</span>`;
  const [text, unit] = amount(value);
  return html`<span class="num" title=${title}>${text} <span class="unit">${unit}</span></span>`;
}

export function Gwei({ wei }) {
  const [text, unit] = price(wei);
  return html`<span class="num" title=${`${digits(big(wei))} wei`}>${text} <span class="unit">${unit}</span></span>`;
}

export function Age({ at, both = false }) {
  useClock();
  return html`<time dateTime=${isoOf(at)} title=${dateTime(at)}>${age(at)}${both && html` <span class="faint">${dateTime(at)}</span>`}</time>`;
}

function isoOf(at) {
  const date = new Date(Number(at) * 1000);
  return Number.isNaN(date.getTime()) ? "" : date.toISOString();
}

export const Badge = ({ kind = "", children, title }) => html`<span class=${`badge ${kind}`} title=${title}>${children}</span>`;

export const Status = ({ ok }) => (ok
  ? html`<${Badge} kind="good">Success<//>`
  : html`<${Badge} kind="bad">Reverted<//>`);

export const Card = ({ title, aside, children, kind = "" }) => html`
  <section class=${`card ${kind}`}>
    ${title && html`<header class="card-head"><h2>${title}</h2>${aside && html`<div class="aside">${aside}</div>`}</header>`}
    ${children}
  </section>`;

export const Head = ({ title, over, children }) => html`
  <header class="page-head">
    <div>${over && html`<p class="over">${over}</p>`}<h1 tabindex="-1">${title}</h1></div>
    ${children && html`<div class="page-aside">${children}</div>`}
  </header>`;

export const Empty = ({ title, children, icon = "blocks" }) => html`
  <div class="empty"><div class="empty-icon"><${Icon} name=${icon} size=${28} /></div>
    <p class="empty-title">${title}</p><div class="empty-text">${children}</div></div>`;

export const Problem = ({ error, title }) => html`
  <div class="problem" role="alert">
    <strong>${title ?? "This did not work."}</strong> <span>${visible(error?.message ?? error)}</span></div>`;

export const Waiting = ({ rows = 3 }) => html`<div class="waiting" role="status" aria-label="Loading">
  ${Array.from({ length: rows }, () => html`<div class="bone"></div>`)}</div>`;

// Pairs of a name and a value.
export const Facts = ({ children }) => html`<dl class="facts">${children}</dl>`;
export const Fact = ({ name, title, children }) => html`<div class="fact"><dt title=${title}>${name}</dt>
  <dd>${children}</dd></div>`;

// Tabs are links, so that each has an address.
export const Tabs = ({ items, current, to }) => html`<nav class="tabs" aria-label="Parts of this page">
  ${items.map(([id, name, count]) => html`<a href=${to(id)} aria-current=${id === current ? "page" : undefined} key=${id}>
    ${name}${count !== undefined && html`<span class="count">${count}</span>`}</a>`)}</nav>`;

// Data in hexadecimal: short at first where it is long.
export function Data({ hex, max = 512, what = "data" }) {
  const [whole, set] = useState(false);
  if (!hex || hex === "0x") return html`<span class="faint">empty</span>`;
  const shown = whole ? hex.slice(0, 200_000) : hex.slice(0, max);
  return html`<div class="data"><code tabindex="0">${shown}${shown.length < hex.length && "…"}</code>
    <div class="data-foot"><span class="faint num">${digits((hex.length - 2) / 2)} bytes</span>
      ${shown.length < hex.length && !whole && html`<button type="button" class="link" onClick=${() => set(true)}>Show more</button>`}
      <${Copy} text=${hex} what=${what} /></div></div>`;
}
