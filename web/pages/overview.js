// The chain at a glance: its head, how busy it is, and what it takes of the
// machine.
import { html, useMemo } from "../vendor/preact/standalone.module.js";
import { Address, Age, Card, Gwei, Hash, Head, TxLink, Waiting } from "../parts/basic.js";
import { Plot, Spark } from "../parts/chart.js";
import { Developer } from "../parts/developer.js";
import { useLive } from "../core/live.js";
import { href } from "../core/router.js";
import { byteSize, compact, digits, number, percent, percentText, span } from "../core/format.js";

const RIBBON_BLOCKS = 60;
const LATEST_BLOCKS = 8;
const LATEST_TRANSACTIONS = 8;

// The newest blocks as bars: how full each is.
function Ribbon({ blocks }) {
  const shown = blocks.slice(0, RIBBON_BLOCKS).reverse();
  const most = Math.max(...shown.map((block) => percent(block.gasUsed, block.gasLimit))) || 1;
  return html`<div class="ribbon" aria-hidden="true">${shown.map((block, i) => {
    const full = percent(block.gasUsed, block.gasLimit);
    return html`<a key=${block.hash} href=${href("block", block.number)} tabindex="-1" class=${block.transactions ? "" : "is-empty"}
      title=${`Block ${digits(block.number)}: ${digits(block.transactions)} transactions, ${percentText(block.gasUsed, block.gasLimit)} full`}
      style=${{ "--full": `${Math.max(full ? 10 : 5, (100 * full) / most)}%`, "--old": `${0.35 + (0.65 * (i + 1)) / shown.length}` }}><i></i></a>`;
  })}</div>`;
}

const Tile = ({ name, value, unit, note, values, title }) => html`<div class="tile" title=${title}>
  <p class="tile-name">${name}</p>
  <p class="tile-value num">${value}${unit && html`<span class="unit"> ${unit}</span>`}</p>
  <p class="tile-note">${note}</p>
  ${values && html`<${Spark} values=${values} />`}</div>`;

const known = (values) => values.filter((value) => value !== null);
const mean = (values) => (values.length ? values.reduce((a, b) => a + b, 0) / values.length : 0);

function Tiles({ live }) {
  const { blocks, samples, status } = live;
  const [head] = blocks;
  const rates = known(samples.map((sample) => sample.rate));
  const rate = rates.length ? mean(rates.slice(-5)) : null;
  const pending = number(status.pool.pending);
  const queued = number(status.pool.queued);
  const gas = blocks.slice(0, 20).map((block) => block.gasUsed);
  return html`<div class="tiles">
    <${Tile} name="Transactions" value=${rate === null ? "–" : compact(Math.round(rate * 10) / 10)} unit="/ s" values=${rates.slice(-60)}
      note=${`peak ${compact(Math.max(0, ...rates.map(Math.round)))} / s`} />
    <${Tile} name="Gas a block" value=${compact(Math.round(mean(gas)))} note=${`of ${compact(head.gasLimit)}, last ${gas.length}`}
      values=${blocks.slice(0, 60).map((block) => block.gasUsed).reverse()} />
    <${Tile} name="Base fee" value=${html`<${Gwei} wei=${head.baseFee} />`} note="next block follows it"
      values=${blocks.slice(0, 60).map((block) => number(block.baseFee)).reverse()} />
    <${Tile} name="Mempool" value=${digits(pending)} note=${`${digits(queued)} queued`} values=${samples.slice(-60).map((sample) => sample.pool)} />
    <${Tile} name="Memory" value=${byteSize(number(status.memoryBytes))} note=${`up ${span(number(status.uptimeSeconds))}`}
      values=${samples.slice(-60).map((sample) => sample.memory)} />
    <${Tile} name="Disk" value=${byteSize(number(status.diskBytes))} note=${`${byteSize(number(status.diskFreeBytes))} free`}
      values=${samples.slice(-60).map((sample) => sample.disk)} />
  </div>`;
}

function GasPlot({ blocks }) {
  const [xs, ys] = useMemo(() => {
    const rising = blocks.slice().reverse();
    return [rising.map((block) => block.number), rising.map((block) => block.gasUsed)];
  }, [blocks]);
  return html`<${Plot} kind="bars" xs=${xs} ys=${ys} format=${compact} label="gas" xLabel="block"
    describe=${`Gas used by each of the last ${xs.length} blocks`} />`;
}

function RatePlot({ samples }) {
  const data = [samples.map((sample) => sample.at), samples.map((sample) => sample.rate)];
  return html`<${Plot} times xs=${data[0]} ys=${data[1]} format=${compact} label="tx / s" xLabel="time" top=${1}
    describe="Transactions a second in the last minutes" />`;
}

const LatestBlocks = ({ blocks }) => html`<table class="list"><caption class="sr-only">The newest blocks</caption>
  <thead><tr><th scope="col">Block</th><th scope="col">Age</th><th scope="col" class="end">Transactions</th>
    <th scope="col" class="end">Gas</th></tr></thead>
  <tbody>${blocks.slice(0, LATEST_BLOCKS).map((block) => html`<tr key=${block.hash}>
    <td><a class="num strong" href=${href("block", block.number)}>${digits(block.number)}</a></td>
    <td class="faint"><${Age} at=${block.timestamp} /></td>
    <td class="end num">${digits(block.transactions)}</td>
    <td class="end"><span class="fill" style=${{ "--full": `${percent(block.gasUsed, block.gasLimit)}%` }}>
      <span class="num">${percentText(block.gasUsed, block.gasLimit)}</span></span></td></tr>`)}</tbody></table>`;

function LatestTransactions({ blocks }) {
  const latest = blocks.flatMap((block) => block.hashes.map((hash) => ({ hash, block }))).slice(0, LATEST_TRANSACTIONS);
  if (!latest.length) return html`<p
    class="note">No transaction yet. Send one to this address, from any tool that speaks JSON-RPC: <code>${location.origin}</code></p>`;
  return html`<table class="list"><caption class="sr-only">The newest transactions</caption>
    <thead><tr><th scope="col">Transaction</th><th scope="col">Block</th><th scope="col" class="end">Age</th></tr></thead>
    <tbody>${latest.map(({ hash, block }) => html`<tr key=${hash}><td><${TxLink} hash=${hash} copy=${false} /></td>
      <td><a class="num" href=${href("block", block.number)}>${digits(block.number)}</a></td><td class="end faint">
        <${Age} at=${block.timestamp} /></td></tr>`)}</tbody></table>`;
}

function Hero({ live }) {
  const [head] = live.blocks;
  return html`<section class="hero">
    <div class="hero-head"><p class="over">Newest block</p>
      <h1 tabindex="-1"><a class="num" href=${href("block", head.number)}>${digits(head.number)}</a></h1>
      <p class="hero-facts">
        <${Age} at=${head.timestamp} /> <span class="faint">·</span> <${Hash} of=${head.hash} copy=${false} to=${href("block", head.number)} /> <span
          class="faint">·</span>
        <span><span class="num">${digits(head.transactions)}</span> ${head.transactions === 1 ? "transaction" : "transactions"}</span></p></div>
    <${Ribbon} blocks=${live.blocks} /></section>`;
}

export function Overview() {
  const live = useLive();
  if (!live.status || !live.blocks.length) return html`<${Head} title="Overview" /><${Waiting} rows=${6} />`;
  return html`<${Hero} live=${live} /><${Tiles} live=${live} />
    <div class="two"><${Card} title="Gas per block" aside=${html`<span class="faint">last ${live.blocks.length}</span>`}>
      <${GasPlot} blocks=${live.blocks} /><//>
      <${Card} title="Transactions a second" aside=${html`<span class="faint">last minutes</span>`}>
        <${RatePlot} samples=${live.samples} /><//></div>
    <div class="two"><${Card} title="Blocks" aside=${html`<a href=${href("blocks")}>All blocks</a>`}>
      <${LatestBlocks} blocks=${live.blocks} /><//>
      <${Card} title="Transactions" aside=${html`<a href=${href("logs")}>Logs</a>`}><${LatestTransactions} blocks=${live.blocks} />
        <//></div>
    <div class="two"><${Developer} /><${Card} title="This node"><dl class="facts">
      <div class="fact"><dt>Address</dt><dd><code>${location.origin}</code></dd></div>
      <div class="fact"><dt>Chain id</dt><dd class="num">${number(live.status.chainId)}</dd></div>
      <div class="fact"><dt>Software</dt><dd class="wrap">${live.clientVersion}</dd></div>
      <div class="fact"><dt>Blocks are made</dt>
        <dd>${live.status.automine ? "with each transaction" : live.status.mining ? "at an interval" : "on request"}</dd></div>
      <div class="fact"><dt>Fees go to</dt><dd><${Address} of=${live.blocks[0].miner} /></dd></div></dl><//></div>`;
}
