// Every block of the chain, newest first, growing while it is looked at.
import { html, useRef, useState } from "../vendor/preact/standalone.module.js";
import { Address, Age, Gwei, Head, Waiting } from "../parts/basic.js";
import { Cell, Rows } from "../parts/rows.js";
import { fetchBlocks, useLive } from "../core/live.js";
import { go, href } from "../core/router.js";
import { digits, percent, percentText } from "../core/format.js";

const ROW_PIXELS = 44;
const PAGE_BLOCKS = 50;
const KEPT_MAX = 3000;

const COLUMNS = [["Block", ""], ["Age", ""], [html`<span class="desk">Transactions</span><span class="phone-text">Txs</span>`, "end"], ["Gas used", "wide"], ["Base fee", "end desk"], ["Fees go to", "desk"]];

// Blocks as they come into view, a page at a time. Those of a chain that has
// been left are dropped.
function useBlocks(live) {
  const kept = useRef(new Map());
  const asked = useRef(new Set());
  const [, redraw] = useState(0);
  const forget = () => {
    kept.current.clear();
    asked.current.clear();
  };
  const oldest = live.blocks.at(-1);
  const before = useRef(null);
  if (before.current && (live.head < before.current.head || live.epoch !== before.current.epoch)) forget();
  before.current = { head: live.head, epoch: live.epoch };
  for (const block of live.blocks) kept.current.set(block.number, block);

  const fetchPage = async (page) => {
    asked.current.add(page);
    const first = page * PAGE_BLOCKS;
    const numbers = Array.from({ length: PAGE_BLOCKS }, (_, i) => first + i).filter((n) => n <= live.head && !kept.current.has(n));
    try {
      for (const block of await fetchBlocks(numbers)) kept.current.set(block.number, block);
    } finally {
      asked.current.delete(page);
      redraw((n) => n + 1);
    }
  };
  const want = (newest, last) => {
    if (kept.current.size > KEPT_MAX) forget();
    for (let page = Math.floor(Math.max(0, last) / PAGE_BLOCKS); page <= Math.floor(newest / PAGE_BLOCKS); page++) {
      const first = page * PAGE_BLOCKS;
      const missing = first < (oldest?.number ?? 0) && !kept.current.has(Math.min(Math.max(first, last), newest));
      if (missing && !asked.current.has(page)) fetchPage(page).catch(() => {});
    }
  };
  return { get: (n) => kept.current.get(n), want };
}

const Row = ({ block, number }) => (block
  ? html`<${Cell}><a class="num strong" href=${href("block", block.number)}>${digits(block.number)}</a><//>
    <${Cell} kind="faint"><${Age} at=${block.timestamp} /><//>
    <${Cell} kind="end num">${digits(block.transactions)}<//>
    <${Cell} kind="wide"><span class="fill" style=${{ "--full": `${percent(block.gasUsed, block.gasLimit)}%` }}>
      <span class="num">${digits(block.gasUsed)}</span> <span class="faint num">${percentText(block.gasUsed, block.gasLimit)}</span></span><//>
    <${Cell} kind="end num desk"><${Gwei} wei=${block.baseFee} /><//>
    <${Cell} kind="desk"><${Address} of=${block.miner} copy=${false} /><//>`
  : html`<${Cell}><a class="num strong" href=${href("block", number)}>${digits(number)}</a><//><${Cell} kind="wide">
    <div class="bone"></div><//>`);

function Jump() {
  const submit = (event) => {
    event.preventDefault();
    const text = new FormData(event.target).get("block").replace(/[,_ ]/g, "");
    if (/^\d+$/.test(text)) go("block", text);
  };
  return html`<form class="inline-form" onSubmit=${submit}><label for="jump" class="sr-only">Block number</label>
    <input id="jump" name="block" inputmode="numeric" placeholder="Number" size="9" autocomplete="off" />
      <button type="submit">Go</button></form>`;
}

export function Blocks() {
  const live = useLive();
  const blocks = useBlocks(live);
  if (live.head < 0) return html`<${Head} title="Blocks" /><${Waiting} rows=${8} />`;
  const count = live.head + 1;
  return html`<${Head} title="Blocks" over=${`${digits(count)} on this chain`}><${Jump} /><//>
    <div class="card flush blocks-list">
      <${Rows} label="Blocks, newest first" count=${count} height=${ROW_PIXELS} columns=${COLUMNS} grows=${live.head}
      keyOf=${(i) => live.head - i} dataOf=${(i) => blocks.get(live.head - i)}
        onRange=${(first, last) => blocks.want(live.head - first, live.head - last)}
      row=${(i) => html`<${Row} number=${live.head - i} block=${blocks.get(live.head - i)} />`} /></div>`;
}
