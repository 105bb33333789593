// What a transaction changed: balances, nonces, code and storage, as
// prestateTracer in its diff mode tells them.
import { html } from "../vendor/preact/standalone.module.js";
import { Address, Badge, Empty } from "./basic.js";
import { big, digits, ether, hexBytes, number } from "../core/format.js";

const SLOTS_MAX = 200;

const Step = ({ name, from, to }) => html`<tr><th scope="row"><span class="param-name">${name}</span></th>
  <td><span class="from num wrap">${from}</span> <span class="faint">→</span> <span class="to num wrap">${to}</span></td></tr>`;

function balanceStep(before, after) {
  if (after.balance === undefined || after.balance === before.balance) return null;
  const change = big(after.balance) - big(before.balance);
  return html`<tr><th scope="row"><span class="param-name">balance</span></th><td>
    <span class=${`num ${change < 0n ? "bad-text" : "good-text"}`}>${change > 0n && "+"}${ether(change)} <span class="unit">ETH</span></span>${" "}
    <span class="faint num wrap">to ${ether(big(after.balance))}</span></td></tr>`;
}

function Account({ address, before, after }) {
  const slots = [...new Set([...Object.keys(before.storage ?? {}), ...Object.keys(after.storage ?? {})])];
  return html`<article class="log"><header class="log-head">
    <${Address} of=${address} />${!before.exists && html`<${Badge} kind="good">new<//>`}${!after.exists && html`<${Badge}
      kind="bad">gone<//>`}</header>
    <table class="params"><tbody>${balanceStep(before, after)}
      ${after.nonce !== undefined && after.nonce !== before.nonce && html`<${Step} name="nonce" from=${digits(number(before.nonce ?? 0))}
        to=${digits(number(after.nonce))} />`}
      ${after.code && after.code !== before.code && html`<${Step} name="code" from=${`${hexBytes(before.code ?? "0x")} bytes`}
        to=${`${digits(hexBytes(after.code))} bytes`} />`}
      ${slots.slice(0, SLOTS_MAX).map((slot) => html`<tr key=${slot}><th scope="row">
        <span class="param-name hex" title=${slot}>slot ${shortSlot(slot)}</span></th>
        <td><span class="from hex wrap">${word(before.storage?.[slot])}</span> <span class="faint">→</span> <span
          class="to hex wrap">${word(after.storage?.[slot])}</span></td></tr>`)}
    </tbody></table></article>`;
}

const ZERO = "0x0";
const word = (value) => (value ? `0x${big(value).toString(16)}` : ZERO);
const shortSlot = (slot) => {
  const text = big(slot).toString(16);
  return text.length > 12 ? `0x${text.slice(0, 6)}…${text.slice(-4)}` : `0x${text}`;
};

export function Changes({ changes }) {
  const { pre = {}, post = {} } = changes;
  const addresses = [...new Set([...Object.keys(post), ...Object.keys(pre)])];
  if (!addresses.length) return html`<${Empty} title="No change" />`;
  return addresses.map((address) => html`<${Account} key=${address} address=${address}
    before=${{ ...pre[address], exists: address in pre }} after=${{ ...post[address], exists: address in post }} />`);
}
