// A transaction's calls as a tree, each with the gas that it and what is below
// it used; above them the same as layers, as wide as their gas.
import { html, useState } from "../vendor/preact/standalone.module.js";
import { Address, Amount, Badge, Data, Problem } from "./basic.js";
import { Brief, Decoded } from "./decoded.js";
import { big, digits, number, percentText, visible } from "../core/format.js";
import { decodeCalls, decodeError } from "../core/abi.js";
import { batch, call, RpcError } from "../core/rpc.js";
import { useLoad } from "../core/hooks.js";

const CALLS_MAX = 2000;
const LAYERS_MAX = 12;

// The calls in the order in which they began, each with its depth.
function flatten(root) {
  const calls = [];
  const visit = (frame, depth, parent) => {
    if (calls.length >= CALLS_MAX) return;
    const index = calls.push({ frame, depth, parent, gas: number(frame.gasUsed) }) - 1;
    for (const inner of frame.calls ?? []) visit(inner, depth + 1, index);
  };
  visit(root, 0, -1);
  return calls;
}

async function loadTrace(hash) {
  const root = await call("debug_traceTransaction", hash, { tracer: "callTracer", tracerConfig: { withLog: false } });
  const calls = flatten(root);
  const isCall = (entry) => !entry.frame.type.startsWith("CREATE");
  const decoded = await decodeCalls(calls.map((entry) => (isCall(entry) ? entry.frame.input : "0x")));
  const errors = await Promise.all(calls.map((entry) => (entry.frame.error ? decodeError(entry.frame.output) : null)));
  return calls.map((entry, i) => ({ ...entry, decoded: decoded[i], reason: errors[i] }));
}

// Where each call lies in the layers: from and width, as parts of the whole.
function layout(calls) {
  const total = Math.max(calls[0].gas, 1);
  const used = calls.map(() => 0);
  const places = [];
  calls.forEach((entry, i) => {
    const from = entry.parent < 0 ? 0 : places[entry.parent].from + used[entry.parent];
    const width = Math.min(entry.gas / total, entry.parent < 0 ? 1 : places[entry.parent].width);
    if (entry.parent >= 0) used[entry.parent] += width;
    places.push({ from, width, depth: entry.depth });
  });
  return places;
}

function Layers({ calls, chosen, choose }) {
  const depth = Math.min(Math.max(...calls.map((entry) => entry.depth)) + 1, LAYERS_MAX);
  const places = layout(calls);
  return html`<svg class="layers" style=${{ height: `${depth * 26}px` }} viewBox=${`0 0 1000 ${depth * 26}`} preserveAspectRatio="none"
    aria-hidden="true">
    ${calls.map((entry, i) => places[i].depth < LAYERS_MAX && places[i].width > 0.0008 && html`
      <rect key=${i} class=${`layer ${entry.frame.error ? "bad" : ""} ${i === chosen ? "is-chosen" : ""} depth-${entry.depth % 4}`}
        x=${places[i].from * 1000} y=${places[i].depth * 26} width=${Math.max(places[i].width * 1000 - 1.5, 1)} height="23" rx="3"
        onClick=${() => choose(i)}>
          <title>${`${entry.decoded?.name ?? entry.frame.type} ${digits(entry.gas)} gas`}</title></rect>`)}
  </svg>`;
}

const kindOf = (type) => (type.startsWith("CREATE") ? "good" : type === "DELEGATECALL" || type === "CALLCODE" ? "warn" : type === "STATICCALL" ? "" : "accent");

function What({ entry }) {
  const { frame, decoded } = entry;
  if (decoded) return html`<${Brief} decoded=${decoded} />`;
  if (frame.type.startsWith("CREATE")) return html`<span class="brief">
    <span class="call-name">constructor</span> <span class="faint num">${digits((frame.input.length - 2) / 2)} bytes of code</span></span>`;
  if (!frame.input || frame.input === "0x") return html`<span class="brief faint">transfer</span>`;
  return html`<span class="brief hex">${frame.input.slice(0, 10)}<span class="faint">… ${digits((frame.input.length - 2) / 2)} bytes</span></span>`;
}

function Details({ entry }) {
  const { frame, decoded, reason } = entry;
  return html`<div class="call-more">
    ${reason && html`<div><h3>Why it reverted</h3><${Decoded} decoded=${reason} /></div>`}
    ${decoded ? html`<div><h3>Input</h3><${Decoded} decoded=${decoded} /></div>` : frame.input !== "0x" && html`<div>
      <h3>Input</h3><${Data} hex=${frame.input} /></div>`}
    ${frame.output && frame.output !== "0x" && !reason && html`<div><h3>Output</h3><${Data} hex=${frame.output} /></div>`}
    <p class="faint">Called by <${Address} of=${frame.from} /> with ${digits(number(frame.gas))} gas.</p>
  </div>`;
}

function Call({ entry, total, open, toggle }) {
  const { frame } = entry;
  const value = big(frame.value);
  return html`<li class=${`call ${frame.error ? "bad" : ""}`} style=${{ "--depth": entry.depth }}>
    <button type="button" class="call-line" aria-expanded=${String(open)} onClick=${toggle}>
      <span class="call-bar" style=${{ width: `${(100 * entry.gas) / total}%` }}></span>
      <${Badge} kind=${kindOf(frame.type)}>${frame.type}<//>
      <span class="call-to"><${Address} of=${frame.to} link=${false} copy=${false} /></span>
      <${What} entry=${entry} />
      ${value > 0n && html`<span class="call-value"><${Amount} wei=${value} /></span>`}
      ${frame.error && html`<span class="call-error">${visible(entry.reason?.name ?? frame.revertReason ?? frame.error)}</span>`}
      <span class="call-gas num" title=${`${percentText(entry.gas, total)} of all`}>${digits(entry.gas)}</span>
    </button>
    ${open && html`<${Details} entry=${entry} />`}
  </li>`;
}

export function Trace({ hash }) {
  const { value: calls, error, loading } = useLoad(() => loadTrace(hash), [hash]);
  const [open, setOpen] = useState(null);
  if (error instanceof RpcError && error.code === -32601)
    return html`<p class="note">This daemon does not trace transactions.</p>`;
  if (error) return html`<${Problem} error=${error} title="The trace could not be read." />`;
  if (!calls) return loading && html`<p class="note">Running the transaction again…</p>`;
  const toggle = (i) => setOpen((before) => (before === i ? null : i));
  return html`<div class="trace">
    <${Layers} calls=${calls} chosen=${open} choose=${toggle} />
    <p class="faint trace-sum">
      <span class="num">${digits(calls.length)}</span> ${calls.length === 1 ? "call" : "calls"}, <span
        class="num">${digits(calls[0].gas)}</span> gas. Width is gas.</p>
    <ol class="calls">${calls.map((entry, i) => html`<${Call} key=${i} entry=${entry} total=${Math.max(calls[0].gas, 1)} open=${open === i}
      toggle=${() => toggle(i)} />`)}</ol>
    ${calls.length >= CALLS_MAX && html`<p class="note">The first ${digits(CALLS_MAX)} calls are shown.</p>`}
  </div>`;
}

// The state of storage before and after (prestateTracer), where the daemon
// has it.
export async function loadChanges(hash) {
  const [changes] = await batch([["debug_traceTransaction", hash, { tracer: "prestateTracer", tracerConfig: { diffMode: true } }]]);
  return changes instanceof RpcError ? null : changes;
}
