// Logs by who wrote them, what event they are of, and where.
import { html, useRef, useState } from "../vendor/preact/standalone.module.js";
import { Address, Badge, Card, Empty, Head, Problem, TxLink, Waiting } from "../parts/basic.js";
import { Brief, Log } from "../parts/decoded.js";
import { Cell, Rows } from "../parts/rows.js";
import { KnownAddresses } from "../parts/inputs.js";
import { call } from "../core/rpc.js";
import { decodeLogs, knownEvents } from "../core/abi.js";
import { live, useLive } from "../core/live.js";
import { useLoad } from "../core/hooks.js";
import { href } from "../core/router.js";
import { digits, isAddress, isHash, number, quantity, short } from "../core/format.js";

const ROW_PIXELS = 44;
const BLOCKS_FIRST = 1000;
const LOGS_MAX = 20000;
const DECODED_KEPT = 5000;

function readBlock(text, initial) {
  const trimmed = text.trim().replace(/[,_]/g, "");
  if (!trimmed) return initial;
  if (/^\d+$/.test(trimmed)) return quantity(trimmed);
  if (["latest", "earliest", "pending", "safe", "finalized"].includes(trimmed)) return trimmed;
  throw new Error(`“${trimmed.slice(0, 40)}” is no block`);
}

// 32 bytes, an address, or a number, as a topic.
function readTopic(text) {
  const trimmed = text.trim();
  if (!trimmed) return null;
  if (isHash(trimmed)) return trimmed;
  if (/^0x[0-9a-f]{1,64}$/i.test(trimmed)) return `0x${trimmed.slice(2).padStart(64, "0")}`;
  if (/^\d{1,77}$/.test(trimmed)) return `0x${BigInt(trimmed).toString(16).padStart(64, "0")}`;
  throw new Error(`“${trimmed.slice(0, 40)}” is no topic`);
}

function filterOf(form) {
  const address = form.address.trim();
  if (address && !isAddress(address)) throw new Error("the address is none");
  const topics = [form.event || null, ...form.topics.map(readTopic)];
  while (topics.length && topics.at(-1) === null) topics.pop();
  return {
    ...(address ? { address } : {}),
    ...(topics.length ? { topics } : {}),
    fromBlock: readBlock(form.from, quantity(Math.max(0, live.head - BLOCKS_FIRST + 1))),
    toBlock: readBlock(form.to, "latest"),
  };
}

const fetchLogs = async (form) => (await call("eth_getLogs", filterOf(form))).reverse();

const keyOf = (log) => `${log.blockHash} ${log.logIndex}`;

// Decodes what is in view, some hundred at a time, and keeps it: the same logs
// come again with each block.
function useDecoded(logs) {
  const known = useRef(new Map());
  const [, redraw] = useState(0);
  const want = (first, last) => {
    const missing = logs.slice(first, last + 1).filter((log) => !known.current.has(keyOf(log)));
    if (!missing.length) return;
    if (known.current.size > DECODED_KEPT) known.current.clear();
    for (const log of missing) known.current.set(keyOf(log), null);
    decodeLogs(missing).then((answers) => {
      answers.forEach((answer, i) => known.current.set(keyOf(missing[i]), answer));
      redraw((n) => n + 1);
    }, () => missing.forEach((log) => known.current.delete(keyOf(log))));
  };
  return [(log) => known.current.get(keyOf(log)) ?? null, want];
}

const COLUMNS = [["Block", ""], ["Event", "wide"], ["Address", ""], ["Transaction", "desk"]];

const Row = ({ log, decoded, open }) => html`
  <${Cell}><a class="num strong" href=${href("block", number(log.blockNumber))}>${digits(number(log.blockNumber))}</a><//>
  <${Cell} kind="wide"><button type="button" class="log-open" onClick=${open}>${decoded ? html`<${Brief} decoded=${decoded} />` : html`<span
    class="hex faint">${log.topics[0] ? short(log.topics[0], 10, 4) : "no topic"}</span>`}</button><//>
  <${Cell}><${Address} of=${log.address} copy=${false} /><//>
  <${Cell} kind="desk"><${TxLink} hash=${log.transactionHash} copy=${false} /><//>`;

function Found({ logs }) {
  const [decoded, want] = useDecoded(logs);
  const [open, setOpen] = useState(null);
  if (!logs.length) return html`<${Empty} title="No log" icon="logs">Nothing of this kind was written in these blocks.<//>`;
  const shown = Math.min(logs.length, LOGS_MAX);
  return html`${open && html`<div class="opened"><${Log} log=${open.log} decoded=${open.decoded}><span class="push"></span>
    <${TxLink} hash=${open.log.transactionHash} /> <button type="button" onClick=${() => setOpen(null)}>Close</button><//></div>`}
    <${Rows} label="Logs, newest first" count=${shown} height=${ROW_PIXELS} columns=${COLUMNS} onRange=${want} keyOf=${(i) => keyOf(logs[i])}
      dataOf=${(i) => decoded(logs[i])}
      row=${(i) => html`<${Row} log=${logs[i]} decoded=${decoded(logs[i])}
        open=${() => setOpen({ log: logs[i], decoded: decoded(logs[i]) })} />`} />`;
}

const EMPTY = { address: "", event: "", topics: ["", "", ""], from: "", to: "" };

function Form({ form, set, submit }) {
  const { value: events } = useLoad(knownEvents, []);
  const field = (name) => ({ value: form[name], onInput: (event) => set({ ...form, [name]: event.target.value }) });
  return html`<form class="fields" onSubmit=${(event) => { event.preventDefault(); submit(); }}>
    <div class="field"><label for="log-address">Address</label>
      <input id="log-address" class="hex" placeholder="any" list="known-addresses" autocomplete="off"
        spellcheck=${false} ...${field("address")} /></div>
    <div class="field"><label for="log-event">Event</label><select id="log-event" ...${field("event")}>
      <option value="">any</option>${(events ?? []).map((event) => html`<option key=${event.topic}
        value=${event.topic}>${event.signature}</option>`)}</select></div>
    <div class="field narrow"><label for="log-from">From block</label>
      <input id="log-from" class="hex" placeholder=${`last ${digits(BLOCKS_FIRST)}`} autocomplete="off" ...${field("from")} />
      </div>
    <div class="field narrow"><label for="log-to">To block</label>
      <input id="log-to" class="hex" placeholder="latest" autocomplete="off" ...${field("to")} /></div>
    <details class="raw wide"><summary>Indexed values</summary>
      <div class="fields">${form.topics.map((topic, i) => html`<div class="field" key=${i}>
      <label for=${`topic-${i}`}>Topic ${i + 1}</label>
      <input id=${`topic-${i}`} class="hex" placeholder="any" autocomplete="off" value=${topic}
        onInput=${(event) => set({ ...form, topics: Object.assign([...form.topics], { [i]: event.target.value }) })} /></div>`)}</div></details>
    <button type="submit" class="primary">Find</button></form>`;
}

export function Logs({ route }) {
  const { head } = useLive();
  const [form, setForm] = useState({ ...EMPTY, address: route.query.get("address") ?? "" });
  const [asked, setAsked] = useState(form);
  const follows = !asked.to.trim();
  const { value: logs, error } = useLoad(() => (head < 0 ? Promise.resolve(undefined) : fetchLogs(asked)), [asked, follows ? head : 0]);
  return html`<${Head} title="Logs" over="What contracts have written" /><${KnownAddresses} />
    <${Card}><${Form} form=${form} set=${setForm} submit=${() => setAsked({ ...form })} /><//>
    ${error ? html`<${Problem} error=${error} title="These logs could not be read." />`
      : html`<${Card} kind="flush logs-list" title="Found" aside=${logs && html`${follows && html`<${Badge} kind="good">live<//>`} <span
        class="count">${digits(logs.length)}</span>`}>${logs ? html`<${Found} logs=${logs} />` : html`<${Waiting} rows=${6} />`}<//>`}`;
}
