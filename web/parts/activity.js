// Transactions of an account: all of them where the daemon can search for them
// (ots_), else those of the newest blocks.
import { html } from "../vendor/preact/standalone.module.js";
import { Address, Age, Amount, Card, Empty, TxLink, Waiting } from "./basic.js";
import { batch, RpcError } from "../core/rpc.js";
import { live, useLive } from "../core/live.js";
import { useLoad } from "../core/hooks.js";
import { href } from "../core/router.js";
import { digits, number, quantity, sameHex } from "../core/format.js";

const SHOWN = 25;
const BLOCKS_LOOKED_AT = 60;

async function search(address) {
  const [page] = await batch([["ots_searchTransactionsBefore", address, 0, SHOWN]]);
  if (page instanceof RpcError) return null;
  return page.txs.map((tx, i) => ({ tx, timestamp: number(page.receipts[i].timestamp) }));
}

async function scan(address) {
  const numbers = Array.from({ length: Math.min(BLOCKS_LOOKED_AT, live.head + 1) }, (_, i) => live.head - i);
  const blocks = await batch(numbers.map((n) => ["eth_getBlockByNumber", quantity(n), true]));
  return blocks.filter((block) => block && !(block instanceof RpcError)).flatMap((block) => block.transactions
    .filter((tx) => sameHex(tx.from, address) || sameHex(tx.to, address))
    .map((tx) => ({ tx, timestamp: number(block.timestamp) }))).slice(0, SHOWN);
}

async function load(address) {
  const searched = live.methods.has("ots_searchTransactionsBefore") ? await search(address) : null;
  return { list: searched ?? (await scan(address)), isAll: !!searched };
}

const Row = ({ entry, address }) => {
  const out = sameHex(entry.tx.from, address);
  return html`<tr><td><${TxLink} hash=${entry.tx.hash} copy=${false} /></td><td class="faint desk"><${Age} at=${entry.timestamp} />
    </td>
    <td><span class=${`way ${out ? "out" : "in"}`}>${out ? "out" : "in"}</span></td>
      <td>${entry.tx.to || !out ? html`<${Address} of=${out ? entry.tx.to : entry.tx.from} copy=${false} />` : html`<span
        class="faint">creation</span>`}</td>
    <td class="end"><${Amount} wei=${entry.tx.value} /></td><td class="end desk">
      <a class="num" href=${href("block", number(entry.tx.blockNumber))}>${digits(number(entry.tx.blockNumber))}</a></td></tr>`;
};

export function Activity({ address }) {
  const { head } = useLive();
  const { value } = useLoad(() => load(address), [address, head]);
  return html`<${Card} kind="flush" title="Transactions" aside=${value && html`<span
    class="faint">${value.isAll ? "newest" : `of the last ${BLOCKS_LOOKED_AT} blocks`}</span>`}>
    ${!value ? html`<${Waiting} />` : !value.list.length ? html`<${Empty}
      title="No transaction">${value.isAll ? "None from or to this address." : `None in the last ${BLOCKS_LOOKED_AT} blocks.`}<//>`
      : html`<table class="list"><caption class="sr-only">Transactions of this address</caption><thead><tr>
        <th scope="col">Transaction</th><th scope="col" class="desk">Age</th><th scope="col">Way</th><th scope="col">With</th>
        <th scope="col" class="end">Value</th><th scope="col" class="end desk">Block</th></tr></thead>
        <tbody>${value.list.map((entry) => html`<${Row} key=${entry.tx.hash} entry=${entry} address=${address} />`)}</tbody></table>`}<//>`;
}
