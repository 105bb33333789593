// A form for the parameters of a call: one field a parameter, typed as text.
// The daemon reads them (loft_encodeCall) and says what is wrong.
import { html } from "../vendor/preact/standalone.module.js";
import { contracts } from "../core/abi.js";
import { live } from "../core/live.js";
import { parseUnits, quantity } from "../core/format.js";

function exampleOf(type) {
  if (type.endsWith("]")) return `[${exampleOf(type.replace(/\[\d*\]$/, ""))}, …]`;
  if (type.startsWith("(")) return "(1, true, …)";
  if (/^u?int/.test(type)) return "0";
  if (type === "address") return "0x…";
  if (type === "string") return "text";
  return type.startsWith("bytes") ? "0x…" : "";
}

function Field({ id, param, at, value, set, note }) {
  const name = param.name || `[${at}]`;
  const common = { id, value, onInput: (event) => set(event.target.value) };
  return html`<div class="field"><label for=${id}>${name} <span class="type">${param.type}</span></label>
    ${param.type === "bool"
      ? html`<select ...${common}><option value="">choose</option><option value="true">true</option>
        <option value="false">false</option></select>`
      : html`<input ...${common} class="hex" placeholder=${exampleOf(param.type)} autocomplete="off" spellcheck=${false}
        list=${param.type === "address" ? "known-addresses" : undefined} />`}
    ${note}</div>`;
}

export const Inputs = ({ prefix, params, values, set }) => params.map((param, i) => html`
  <${Field} key=${i} id=${`${prefix}-${i}`} param=${param} at=${i} value=${values[i] ?? ""}
    set=${(value) => set(Object.assign([...values], { [i]: value }))} />`);

export const ValueField = ({ id, value, set }) => html`<div class="field">
  <label for=${id}>Ether to send <span class="type">payable</span></label>
  <input id=${id} inputmode="decimal" class="hex" value=${value} placeholder="0" autocomplete="off"
    onInput=${(event) => set(event.target.value)} /></div>`;

// The ether of a ValueField as a quantity; undefined where it is nothing.
export function readValue(text) {
  if (!text.trim()) return undefined;
  const wei = parseUnits(text, 18);
  if (wei === null) throw new Error("the ether to send is no amount");
  return wei ? quantity(wei) : undefined;
}

export const KnownAddresses = () => html`<datalist id="known-addresses">
  ${live.accounts.slice(0, 20).map((address, i) => html`<option key=${address} value=${address}>Account ${i}</option>`)}
  ${contracts().map(({ address, artifact }) => html`<option key=${address} value=${address}>${artifact}</option>`)}</datalist>`;
