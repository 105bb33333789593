// One block: what its header says and what is in it.
import { html, useMemo } from "../vendor/preact/standalone.module.js";
import { Address, Age, Amount, Badge, Card, Data, Empty, Fact, Facts, Gwei, Hash, Head, Problem, TxLink, Waiting } from "../parts/basic.js";
import { Cell, Rows } from "../parts/rows.js";
import { batch, RpcError } from "../core/rpc.js";
import { decodeCalls } from "../core/abi.js";
import { useLive } from "../core/live.js";
import { useLoad } from "../core/hooks.js";
import { href } from "../core/router.js";
import { big, byteSize, digits, isHash, number, percent, percentText, quantity } from "../core/format.js";

const ROW_PIXELS = 48;
const DECODED_MAX = 500;
const RECEIPTS_MAX = 2000;
const TAGS = ["latest", "pending", "earliest", "safe", "finalized"];

async function loadBlock(id) {
  if (!isHash(id) && !/^\d+$/.test(id) && !TAGS.includes(id)) throw new Error("neither a number nor a hash");
  const ref = /^\d+$/.test(id) ? quantity(id) : id;
  const [block] = await batch([[isHash(id) ? "eth_getBlockByHash" : "eth_getBlockByNumber", ref, true]]);
  if (block instanceof RpcError) throw block;
  if (!block) return null;
  const { transactions } = block;
  const [receipts, decoded] = await Promise.all([
    transactions.length && transactions.length <= RECEIPTS_MAX ? batch([["eth_getBlockReceipts", block.hash ?? ref]]) : [[]],
    transactions.length <= DECODED_MAX ? decodeCalls(transactions.map((tx) => (tx.to ? tx.input : "0x"))) : [],
  ]);
  return { block, receipts: receipts[0] instanceof RpcError ? [] : receipts[0] ?? [], decoded };
}

const COLUMNS = [["Transaction", ""], ["What", "desk"], ["From", "desk"], ["To", ""], ["Value", "end"], ["Gas", "end desk"]];

const What = ({ tx, decoded }) => (!tx.to ? html`<${Badge} kind="good">deploy<//>` : decoded ? html`<${Badge} kind="accent">${decoded.name}<//>`
  : tx.input === "0x" ? html`<${Badge}>transfer<//>` : html`<span class="hex faint">${tx.input.slice(0, 10)}</span>`);

const Row = ({ tx, receipt, decoded }) => html`
  <${Cell}>${receipt && receipt.status === "0x0" && html`<span class="mark-bad" title="Reverted">✕</span>`}<${TxLink} hash=${tx.hash}
    copy=${false} /><//>
  <${Cell} kind="desk"><${What} tx=${tx} decoded=${decoded} /><//>
  <${Cell} kind="desk"><${Address} of=${tx.from} copy=${false} /><//>
  <${Cell}>${tx.to ? html`<${Address} of=${tx.to} copy=${false} />` : html`<${Address} of=${receipt?.contractAddress} copy=${false} />`}<//>
  <${Cell} kind="end"><${Amount} wei=${tx.value} /><//>
  <${Cell} kind="end num desk">${receipt ? digits(number(receipt.gasUsed)) : "–"}<//>`;

function Transactions({ loaded }) {
  const { block, receipts, decoded } = loaded;
  const byHash = useMemo(() => new Map(receipts.map((receipt) => [receipt.transactionHash, receipt])), [receipts]);
  const { transactions } = block;
  if (!transactions.length) return html`<${Empty} title="No transaction">This block is empty.<//>`;
  return html`<${Rows} label="Transactions of this block" count=${transactions.length} height=${ROW_PIXELS} columns=${COLUMNS}
    keyOf=${(i) => transactions[i].hash} dataOf=${(i) => transactions[i]}
    row=${(i) => html`<${Row} tx=${transactions[i]} receipt=${byHash.get(transactions[i].hash)} decoded=${decoded[i]} />`} />`;
}

const Header = ({ block }) => html`<${Facts}>
  <${Fact} name="Time"><${Age} at=${number(block.timestamp)} both /><//>
  <${Fact} name="Gas used"><span class="fill" style=${{ "--full": `${percent(number(block.gasUsed), number(block.gasLimit))}%` }}>
    <span class="num">${digits(number(block.gasUsed))}</span> <span class="faint">of <span
      class="num">${digits(number(block.gasLimit))}</span>, ${percentText(number(block.gasUsed), number(block.gasLimit))}</span></span><//>
  ${block.baseFeePerGas && html`<${Fact} name="Base fee">
    <${Gwei} wei=${block.baseFeePerGas} /> <span class="faint">burnt <${Amount} wei=${big(block.baseFeePerGas) * big(block.gasUsed)} /></span><//>`}
  <${Fact} name="Fees go to"><${Address} of=${block.miner} /><//>
  <${Fact} name="Size"><span class="num">${byteSize(number(block.size))}</span><//>
  <${Fact} name="Hash"><${Hash} of=${block.hash ?? "0x"} full /><//>
  <${Fact} name="Parent"><${Hash} of=${block.parentHash} full to=${href("block", block.parentHash)} /><//>
  <${Fact} name="State root"><${Hash} of=${block.stateRoot} full what="state root" /><//>
  ${number(block.blobGasUsed ?? 0) > 0 && html`<${Fact} name="Blob gas">
    <span class="num">${digits(number(block.blobGasUsed))}</span><//>`}
  ${block.withdrawals?.length > 0 && html`<${Fact} name="Withdrawals">
    <span class="num">${digits(block.withdrawals.length)}</span><//>`}
  ${block.extraData && block.extraData !== "0x" && html`<${Fact} name="Extra data"><${Data} hex=${block.extraData} /><//>`}
<//>`;

function Steps({ at, head }) {
  return html`<nav class="steps" aria-label="Neighbours">
    ${at > 0 && html`<a class="button" rel="prev" href=${href("block", at - 1)}>← <span class="num">${digits(at - 1)}</span></a>`}
    ${at < head && html`<a class="button" rel="next" href=${href("block", at + 1)}>
      <span class="num">${digits(at + 1)}</span> →</a>`}</nav>`;
}

export function Block({ route }) {
  const live = useLive();
  const id = route.parts[0] ?? "latest";
  const ahead = /^\d+$/.test(id) && Number(id) > live.head;
  const { value, error } = useLoad(() => loadBlock(id), [id, ahead && live.head]);
  if (error && !value) return html`<${Head} title="Block" /><${Problem} error=${error} />`;
  if (value === undefined) return html`<${Head} title=${`Block ${isHash(id) ? "" : id}`} /><${Waiting} rows=${6} />`;
  if (value === null) return html`<${Head} title=${`Block ${isHash(id) ? "" : id}`} /><div class="card">
    <${Empty} title="There is no such block yet">${ahead ? html`The newest is <a class="num"
      href=${href("block", live.head)}>${digits(live.head)}</a>. This page shows it when it comes.` : "No block of this chain has this hash."}<//></div>`;
  const at = number(value.block.number);
  const count = value.block.transactions.length;
  return html`<${Head} over="Block" title=${digits(at)}><${Steps} at=${at} head=${live.head} /><//>
    <${Card}><${Header} block=${value.block} /><//>
    <${Card} kind="flush txs-list" title="Transactions" aside=${html`<span class="count">${digits(count)}</span>`}>
      <${Transactions} loaded=${value} /><//>`;
}
