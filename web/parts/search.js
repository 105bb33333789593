// One box for a block's number or hash, a transaction, an address, or the
// name of something that this console knows.
import { html, useRef, useState } from "../vendor/preact/standalone.module.js";
import { Icon } from "./icons.js";
import { contracts } from "../core/abi.js";
import { live } from "../core/live.js";
import { batch, RpcError } from "../core/rpc.js";
import { isAddress, isHash } from "../core/format.js";
import { go } from "../core/router.js";

const RESULTS_MAX = 8;

const found = (answer) => answer && !(answer instanceof RpcError);

async function goToHash(hash) {
  const [transaction, block] = await batch([["eth_getTransactionByHash", hash], ["eth_getBlockByHash", hash, false]]);
  if (found(transaction)) return go("tx", hash);
  if (found(block)) return go("block", hash);
  throw new Error("no transaction and no block has this hash");
}

// Names that hold the text: contracts, accounts, methods.
function suggestions(text) {
  const wanted = text.trim().toLowerCase();
  if (wanted.length < 2 || /^0x/.test(wanted) || /^\d+$/.test(wanted)) return [];
  const all = [
    ...contracts().map(({ address, artifact }) => ({ name: artifact, what: address, to: ["address", address] })),
    ...live.accounts.map((address, i) => ({ name: `Account ${i}`, what: address, to: ["address", address] })),
    ...[...live.methods.keys()].map((method) => ({ name: method, what: "method", to: ["rpc", method] })),
  ];
  return all.filter(({ name }) => name.toLowerCase().includes(wanted)).slice(0, RESULTS_MAX);
}

async function open(text) {
  const wanted = text.trim();
  if (isAddress(wanted)) return go("address", wanted);
  if (isHash(wanted)) return goToHash(wanted);
  if (/^#?[\d,_]+$/.test(wanted)) return go("block", wanted.replace(/[#,_]/g, ""));
  if (["latest", "pending", "earliest", "finalized", "safe"].includes(wanted)) return go("block", wanted);
  const [first] = suggestions(wanted);
  if (first) return go(...first.to);
  throw new Error("a block's number, a hash, an address, or a name");
}

export function Search() {
  const input = useRef(null);
  const [text, setText] = useState("");
  const [wrong, setWrong] = useState("");
  const [at, setAt] = useState(-1);
  const [focused, setFocused] = useState(false);
  const list = focused ? suggestions(text) : [];

  const leave = () => {
    setText("");
    setWrong("");
    setAt(-1);
    input.current.blur();
  };
  const submit = (event) => {
    event.preventDefault();
    const chosen = list[at];
    Promise.resolve(chosen ? go(...chosen.to) : open(text)).then(leave, (error) => setWrong(error.message));
  };
  const move = (event) => {
    if (event.key === "Escape") return leave();
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || !list.length) return;
    event.preventDefault();
    setAt((before) => (before + step + list.length + 1) % (list.length + 1) === list.length ? -1 : (before + step + list.length + 1) % (list.length + 1));
  };
  return html`<form class="search" role="search" onSubmit=${submit}>
    <label for="search" class="sr-only">Search for a block, transaction or address</label>
    <${Icon} name="search" />
    <input id="search" ref=${input} type="text" value=${text} placeholder="Block, transaction, address or name" autocomplete="off" spellcheck=${false}
      role="combobox" aria-expanded=${String(list.length > 0)} aria-controls="search-results" aria-autocomplete="list"
      aria-activedescendant=${at >= 0 ? `search-${at}` : undefined} aria-invalid=${wrong ? "true" : undefined}
      onInput=${(event) => { setText(event.target.value); setWrong(""); setAt(-1); }} onKeyDown=${move}
      onFocus=${() => setFocused(true)} onBlur=${() => setTimeout(() => setFocused(false), 150)} />
    <kbd class="desk-only" aria-hidden="true">/</kbd>
    <ul id="search-results" class="results" role="listbox" aria-label="Found" hidden=${!list.length}>
      ${list.map((result, i) => html`<li key=${result.what + result.name} id=${`search-${i}`} role="option" aria-selected=${String(i === at)}
        onMouseDown=${(event) => { event.preventDefault(); go(...result.to); leave(); }}><span>${result.name}</span>
          <span class="faint hex">${result.what}</span></li>`)}</ul>
    ${wrong && html`<p class="search-wrong" role="alert">${wrong}</p>`}
  </form>`;
}
