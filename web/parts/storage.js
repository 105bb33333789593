// The words of a contract's storage: the first slots, and any other by its
// number, or as an element of a mapping.
import { html, useState } from "../vendor/preact/standalone.module.js";
import { Address, Card, Copy, Problem, Waiting } from "./basic.js";
import { batchAll, call } from "../core/rpc.js";
import { useLive } from "../core/live.js";
import { useLoad } from "../core/hooks.js";
import { big, digits, quantity } from "../core/format.js";

const SLOTS = 16;

const wordOf = (value) => value.toString(16).padStart(64, "0");

// Text as a word: a number, an address, 32 bytes.
function readWord(text) {
  const value = text.trim();
  if (!/^(0x[0-9a-f]{1,64}|\d{1,78})$/i.test(value)) throw new Error("neither a number nor hexadecimal");
  const word = BigInt(value);
  if (word >= 1n << 256n) throw new Error("more than 256 bits");
  return word;
}

// Solidity: the element `key` of a mapping in slot p is at keccak256(key . p).
async function slotOf(slotText, keyText) {
  const slot = readWord(slotText);
  if (!keyText.trim()) return slot;
  return big(await call("web3_sha3", `0x${wordOf(readWord(keyText))}${wordOf(slot)}`));
}

// What a word may mean, guessed from its bytes.
function meaningOf(word) {
  const value = big(word);
  if (value === 0n) return "";
  const hex = wordOf(value);
  const last = Number.parseInt(hex.slice(62), 16);
  const text = hex.slice(0, last);
  if (last && last % 2 === 0 && last <= 62 && /^(2[0-9a-f]|[3-6][0-9a-f]|7[0-9a-e])+$/.test(text)) {
    const characters = text.match(/../g).map((byte) => String.fromCharCode(Number.parseInt(byte, 16)));
    return `“${characters.join("")}”`;
  }
  if (/^0{24}(?!0{8})/.test(hex)) return html`<${Address} of=${`0x${hex.slice(24)}`} copy=${false} />`;
  return value < 1n << 128n ? digits(value) : "";
}

const Word = ({ word }) => html`<span class="hex wrap">${word}</span><${Copy} text=${word} what="word" />`;

const Row = ({ name, word }) => html`<tr><th scope="row" class="num">${name}</th><td class=${big(word) ? "" : "faint"}>
  <${Word} word=${word} /> <span class="faint num">${meaningOf(word)}</span></td></tr>`;

function Lookup({ address }) {
  const [found, set] = useState(null);
  const submit = (event) => {
    event.preventDefault();
    const fields = new FormData(event.target);
    const look = async () => {
      const slot = await slotOf(fields.get("slot"), fields.get("key"));
      return { slot, word: await call("eth_getStorageAt", address, quantity(slot), "latest") };
    };
    look().then((result) => set({ result }), (error) => set({ error }));
  };
  return html`<${Card} title="One slot"><form onSubmit=${submit} class="fields"><div class="field"><label for="slot">Slot</label>
    <input id="slot" name="slot" class="hex" placeholder="0" autocomplete="off" /></div>
      <div class="field"><label for="key">Key <span class="type">of a mapping in that slot</span></label>
        <input id="key" name="key" class="hex" placeholder="optional" autocomplete="off" /></div>
        <button type="submit">Read</button></form>
    ${found?.error && html`<${Problem} error=${found.error} />`}
    ${found?.result && html`<table class="params"><tbody>
      <${Row} name=${found.result.slot < 10000n ? String(found.result.slot) : `0x${found.result.slot.toString(16).slice(0, 8)}…`}
        word=${found.result.word} /></tbody></table>`}<//>`;
}

export function Storage({ address }) {
  const live = useLive();
  const [from, setFrom] = useState(0);
  const slots = Array.from({ length: SLOTS }, (_, i) => from + i);
  const { value, error } = useLoad(() => batchAll(slots.map((slot) => ["eth_getStorageAt", address, quantity(slot), "latest"])), [address, from, live.head]);
  return html`<${Lookup} address=${address} /><${Card} title="Slots" aside=${html`<div class="buttons">
    <button type="button" disabled=${!from} onClick=${() => setFrom(from - SLOTS)}>Before</button>
    <button type="button" onClick=${() => setFrom(from + SLOTS)}>After</button></div>`}>
    ${error && !value ? html`<${Problem} error=${error} />` : !value ? html`<${Waiting} rows=${6} />`
      : html`<table class="params">
        <tbody>${slots.map((slot, i) => html`<${Row} key=${slot} name=${slot} word=${value[i]} />`)}</tbody></table>`}<//>`;
}
