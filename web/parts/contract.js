// A contract by its ABI: what can be read, what can be written, what it has
// logged.
import { html, useState } from "../vendor/preact/standalone.module.js";
import { Badge, Card, Empty, Problem, TxLink, Waiting } from "./basic.js";
import { Log, Params, Value } from "./decoded.js";
import { Inputs, KnownAddresses, readValue, ValueField } from "./inputs.js";
import { SignerField } from "./signer.js";
import { isBusy, Sending, useSending } from "./sending.js";
import { batch, call, RpcError } from "../core/rpc.js";
import { decodeError, decodeLogs } from "../core/abi.js";
import { signer } from "../core/wallet.js";
import { useLive } from "../core/live.js";
import { useLoad } from "../core/hooks.js";
import { href } from "../core/router.js";
import { digits, number, quantity, visible } from "../core/format.js";

const EVENTS_BLOCKS = 5000;
const EVENTS_MAX = 100;

const isRead = (entry) => entry.mutability === "view" || entry.mutability === "pure";
const functions = (artifact) => artifact.entries.filter((entry) => entry.kind === "function");
const plain = (values, params) => params.map((_, i) => values[i] ?? "");

const encode = (entry, values) => call("loft_encodeCall", entry.source, plain(values, entry.inputs));

async function readOnce(address, entry, values) {
  const input = await encode(entry, values);
  const from = signer()?.address;
  const output = await call("eth_call", { to: address, input, ...(from ? { from } : {}) }, "latest");
  if (!entry.outputs?.length) return [];
  return call("loft_decodeResult", entry.source, output);
}

async function readOrWhy(address, entry, values) {
  try {
    return { values: await readOnce(address, entry, values) };
  } catch (error) {
    return { error, decoded: await decodeError(error.data).catch(() => null) };
  }
}

function Result({ result }) {
  if (!result) return null;
  if (result.error)
    return html`<div class="outcome bad" role="alert"><p>
      <strong>${result.error.code === 3 ? "It reverts." : "This did not work."}</strong> ${visible(result.error.message)}</p>
      ${result.decoded && html`<${Params} params=${result.decoded.inputs} />`}</div>`;
  if (!result.values.length) return html`<p class="note">It answers nothing.</p>`;
  return html`<div class="result">
    <${Params} params=${result.values.map((value, i) => ({ ...value, name: value.name || (result.values.length > 1 ? `[${i}]` : "→") }))} /></div>`;
}

function ReadFunction({ address, entry, prefix }) {
  const [values, setValues] = useState([]);
  const [result, setResult] = useState(null);
  const read = () => readOrWhy(address, entry, values).then(setResult);
  return html`<article class="function"><header><h2>${entry.name}</h2><code class="faint">${entry.signature}</code></header>
    <form onSubmit=${(event) => { event.preventDefault(); read(); }}>
      <${Inputs} prefix=${prefix} params=${entry.inputs} values=${values} set=${setValues} />
      <button type="submit">Read</button>
      <${Result} result=${result} /></form></article>`;
}

function WriteFunction({ address, entry, prefix }) {
  const [values, setValues] = useState([]);
  const [ether, setEther] = useState("");
  const [state, run] = useSending();
  const submit = (event) => {
    event.preventDefault();
    run(async () => ({ to: address, data: await encode(entry, values), value: readValue(ether) }));
  };
  const isPayable = entry.mutability === "payable";
  return html`<article class="function"><header><h2>${entry.name}</h2>
    <code class="faint">${entry.signature}</code>${isPayable && html`<${Badge} kind="warn">payable<//>`}</header>
    <form onSubmit=${submit}><${Inputs} prefix=${prefix} params=${entry.inputs} values=${values} set=${setValues} />
      ${isPayable && html`<${ValueField} id=${`${prefix}-value`} value=${ether} set=${setEther} />`}
      <button type="submit" class="soft" disabled=${isBusy(state)}>Write</button><${Sending} state=${state} /></form></article>`;
}

// Functions without parameters are read at once, and again with each block.
function Values({ address, entries }) {
  const { head } = useLive();
  const { value: results } = useLoad(() => Promise.all(entries.map((entry) => readOrWhy(address, entry, []))), [address, entries.length, head]);
  return html`<${Card} title="Values">${!results ? html`<${Waiting} />` : html`<table class="params values">
    <tbody>${entries.map((entry, i) => html`<tr key=${entry.signature}>
    <th scope="row"><span class="param-name">${entry.name}</span> ${entry.outputs?.length === 1 && html`<span
      class="type">${entry.outputs[0].type}</span>`}</th><td><${Outputs} result=${results[i]} /></td></tr>`)}</tbody></table>`}<//>`;
}

function Outputs({ result }) {
  if (result.error) return html`<span class="bad-text">${visible(result.decoded?.name ?? result.error.message)}</span>`;
  if (result.values.length === 1) return html`<${Value} value=${result.values[0].value} type=${result.values[0].type} />`;
  return html`<div class="items">${result.values.map(({ name, type, value }, i) => html`<div class="item" key=${i}>
    <span class="item-name">${name || i}</span><${Value} value=${value} type=${type} /></div>`)}</div>`;
}

export function Read({ address, artifact }) {
  const list = functions(artifact).filter(isRead);
  const simple = list.filter((entry) => !entry.inputs.length);
  const others = list.filter((entry) => entry.inputs.length);
  if (!list.length) return html`<div class="card">
    <${Empty} title="Nothing to read" icon="contracts">The ABI has no view function.<//></div>`;
  return html`<${KnownAddresses} />${simple.length > 0 && html`<${Values} address=${address} entries=${simple} />`}
    <div class="functions">${others.map((entry) => html`<${ReadFunction} key=${entry.signature} prefix=${`read-${entry.selector}`} address=${address}
      entry=${entry} />`)}</div>`;
}

export function Write({ address, artifact }) {
  const list = functions(artifact).filter((entry) => !isRead(entry));
  if (!list.length) return html`<div class="card">
    <${Empty} title="Nothing to write" icon="contracts">The ABI has only view functions.<//></div>`;
  return html`<${KnownAddresses} /><${Card}><${SignerField} id="signer" /><//>
    <div class="functions">${list.map((entry) => html`<${WriteFunction} key=${entry.signature} prefix=${`write-${entry.selector}`} address=${address}
      entry=${entry} />`)}</div>`;
}

async function loadEvents(address, head) {
  const fromBlock = quantity(Math.max(0, head - EVENTS_BLOCKS + 1));
  const [logs] = await batch([["eth_getLogs", { address, fromBlock, toBlock: "latest" }]]);
  if (logs instanceof RpcError) throw logs;
  const newest = logs.slice(-EVENTS_MAX).reverse();
  return { total: logs.length, logs: newest, decoded: await decodeLogs(newest) };
}

export function Events({ address }) {
  const live = useLive();
  const { value, error } = useLoad(() => loadEvents(address, live.head), [address, live.head]);
  if (error && !value) return html`<${Problem} error=${error} />`;
  if (!value) return html`<${Waiting} rows=${5} />`;
  if (!value.total) return html`<div class="card">
    <${Empty} title="No event" icon="logs">This address has logged nothing in the last ${digits(EVENTS_BLOCKS)} blocks.<//>
    </div>`;
  return html`<${Card} title="Events" aside=${html`<span class="count">${digits(value.total)}</span>`}>
    ${value.logs.map((log, i) => html`<${Log} key=${`${log.blockHash}${log.logIndex}`} log=${log} decoded=${value.decoded[i]}>
      <span class="push"></span>
        <a class="num" href=${href("block", number(log.blockNumber))}>${digits(number(log.blockNumber))}</a> <${TxLink} hash=${log.transactionHash}
          copy=${false} /><//>`)}
    ${value.total > value.logs.length && html`<p class="note">The newest ${EVENTS_MAX} of ${digits(value.total)}. <a
      href=${`${href("logs")}?address=${address}`}>More</a></p>`}<//>`;
}
