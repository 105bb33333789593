// Decoded calls, logs and errors: names in front of values.
import { Address, Badge, Data, html } from "./basic.js";
import { digits, ether, etherShort, isAddress, visible } from "../core/format.js";

const TEXT_SHOWN_MAX = 4000;
const ITEMS_SHOWN_MAX = 100;

const Text = ({ value }) => html`<span class="string">
  <bdi>“${visible(String(value).slice(0, TEXT_SHOWN_MAX))}${String(value).length > TEXT_SHOWN_MAX && "…"}”</bdi></span>`;

function Items({ items, named }) {
  const shown = items.slice(0, ITEMS_SHOWN_MAX);
  return html`<div class="items">${shown.map(([name, value]) => html`<div class="item">
      <span class="item-name">${visible(name)}</span>${named(name, value)}</div>`)}
    ${items.length > shown.length && html`<div class="faint">and ${digits(items.length - shown.length)} more</div>`}</div>`;
}

// Amounts of tokens are mostly of 18 places: those are told in whole ones too.
function Integer({ text, brief }) {
  const isLong = /^-?\d{16,30}$/.test(text);
  if (brief) return html`<span class="num" title=${digits(text)}>${isLong ? `${etherShort(text)}e18` : digits(text)}</span>`;
  return html`<span class="num">${digits(text)}</span>${isLong && html` <span class="faint num"
    title="with 18 decimals">= ${ether(text)} × 10<sup>18</sup></span>`}`;
}

const elementType = (type) => type.replace(/\[\d*\]$/, "");

// A value as loft_decode... gives it: strings of digits for integers, arrays
// and objects for lists and tuples.
export function Value({ value, type = "", brief = false }) {
  if (typeof value === "boolean") return html`<span class=${`bool ${value}`}>${String(value)}</span>`;
  if (Array.isArray(value) || (value && typeof value === "object")) {
    if (brief) return html`<span class="hex faint">${visible(JSON.stringify(value)).slice(0, 60)}</span>`;
    if (!Object.keys(value).length) return html`<span class="faint">empty</span>`;
    const inner = Array.isArray(value) ? elementType(type) : "";
    return html`<${Items} items=${Object.entries(value)} named=${(_, item) => html`<${Value} value=${item} type=${inner} />`} />`;
  }
  const text = String(value ?? "");
  if (type === "address" || (type === "" && isAddress(text))) return html`<${Address} of=${text} copy=${!brief} link=${!brief} terse=${brief} />`;
  if (/^u?int/.test(type)) return html`<${Integer} text=${text} brief=${brief} />`;
  if (type === "string") return brief ? html`<span class="string">
    <bdi>“${visible(text.slice(0, 40))}”</bdi></span>` : html`<${Text} value=${text} />`;
  if (/^0x/.test(text)) return brief || text.length <= 66 ? html`<span class="hex"
    title=${text.slice(0, 200)}>${brief && text.length > 18 ? `${text.slice(0, 10)}…` : text}</span>` : html`<${Data} hex=${text} />`;
  return html`<span class="num">${visible(text)}</span>`;
}

// name(a, b): one line.
export function Brief({ decoded }) {
  return html`<span class="brief"><span class="call-name">${decoded.name}</span><span class="faint">(</span>
    ${decoded.inputs.map((input, i) => html`${i > 0 && html`<span class="faint">, </span>`}<${Value} value=${input.value}
      type=${input.type} brief />`)}
    <span class="faint">)</span></span>`;
}

export const Params = ({ params }) => html`<table class="params"><tbody>
  ${params.map((param, i) => html`<tr><th scope="row"><span class="param-name">${param.name || `[${i}]`}</span>
      <span class="type">${param.type}${param.indexed && " indexed"}</span></th>
    <td><${Value} value=${param.value} type=${param.type} /></td></tr>`)}
</tbody></table>`;

export const Decoded = ({ decoded }) => html`<div class="decoded">
  <div class="decoded-head"><${Badge} kind="accent">${decoded.name}<//> <code class="faint">${decoded.signature}</code></div>
  ${decoded.inputs.length > 0 && html`<${Params} params=${decoded.inputs} />`}
</div>`;

// A log: who, what, and the raw topics where nothing is known.
export const Log = ({ log, decoded, children }) => html`<article class="log">
  <header class="log-head"><span class="log-index num">${Number(log.logIndex)}</span>
    ${decoded ? html`<${Badge} kind="accent">${decoded.name}<//>` : html`<${Badge}>unknown event<//>`}
    <${Address} of=${log.address} />${children}</header>
  ${decoded ? html`<${Params} params=${decoded.inputs} />`
    : html`<table class="params"><tbody>${log.topics.map((topic, i) => html`<tr><th scope="row">
      <span class="param-name">topic ${i}</span></th><td><span class="hex wrap">${topic}</span></td></tr>`)}
      <tr><th scope="row"><span class="param-name">data</span></th><td><${Data} hex=${log.data} /></td></tr></tbody></table>`}
</article>`;
