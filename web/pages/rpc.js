// Every method of the daemon, to try: its list of them comes from the daemon.
import { html, useEffect, useState } from "../vendor/preact/standalone.module.js";
import { Badge, Card, Copy, Head, Problem, Waiting } from "../parts/basic.js";
import { Json } from "../parts/json.js";
import { needsToken, TokenForm } from "../parts/token.js";
import { exchange } from "../core/rpc.js";
import { live, refresh, useLive } from "../core/live.js";
import { read, write } from "../core/hooks.js";
import { go, href } from "../core/router.js";

const HISTORY_MAX = 30;

// What a field begins with, by the parameter's name.
function exampleOf(name) {
  const [first = "0x0000000000000000000000000000000000000000"] = live.accounts;
  const examples = {
    address: first, block: "latest", newestBlock: "latest", hydratedTransactions: "false", blockCount: "0x5", storageSlot: "0x0", data: "0x",
    transaction: `{"from": "${first}", "to": "${live.accounts[1] ?? first}", "value": "0x1"}`, filter: '{"fromBlock": "earliest", "toBlock": "latest"}',
    rewardPercentiles: "[25, 75]", message: "0x68656c6c6f", blockHash: live.blocks[0]?.hash ?? "", transactionHash: live.blocks.find((block) => block.hashes.length)?.hashes[0] ?? "",
    abi: '["transfer(address,uint256)"]', index: "0x0", transactionIndex: "0x0",
  };
  return examples[name] ?? "";
}

// JSON where it is some, else a string: addresses and hashes need no quotes.
function readParam(text) {
  const trimmed = text.trim();
  try {
    return JSON.parse(trimmed);
  } catch {
    if (/^[[{"]/.test(trimmed)) throw new Error(`not JSON: ${trimmed.slice(0, 40)}`);
    return trimmed;
  }
}

// By position: what is left out at the end is not sent, in the middle null.
function readParams(texts) {
  const params = texts.map((text) => (text.trim() ? readParam(text) : null));
  while (params.length && params.at(-1) === null) params.pop();
  return params;
}

const curlOf = (request) => `curl -s -H 'Content-Type: application/json' -d '${JSON.stringify(request).replaceAll("'", "'\\''")}' ${location.origin}`;

function Methods({ methods, current }) {
  const [filter, setFilter] = useState("");
  const shown = methods.filter(({ name }) => name.toLowerCase().includes(filter.toLowerCase()));
  const groups = new Map();
  for (const method of shown) {
    const group = method.name.split(/[_.]/)[0];
    groups.set(group, [...(groups.get(group) ?? []), method]);
  }
  return html`<aside class="methods card flush" aria-label="Methods"><div class="methods-filter">
    <label class="sr-only" for="method-filter">Filter methods</label>
    <input id="method-filter" placeholder=${`${methods.length} methods`} value=${filter} autocomplete="off"
      onInput=${(event) => setFilter(event.target.value)} /></div>
    <div class="methods-list" tabindex="0" role="region" aria-label="List of methods">${[...groups].map(([group, list]) => html`<div
      key=${group}><h2>${group}</h2><ul>${list.map(({ name }) => html`<li key=${name}><a href=${href("rpc", name)}
      aria-current=${name === current ? "page" : undefined}>${name.slice(group.length + 1)}</a></li>`)}</ul></div>`)}</div></aside>`;
}

function Fields({ method, texts, set }) {
  if (!method.params.length) return html`<p class="note">It takes no parameters.</p>`;
  return method.params.map((param, i) => html`<div class="field" key=${param.name}>
    <label for=${`param-${i}`}>${param.name} ${!param.required && html`<span class="type">optional</span>`}</label>
    <textarea id=${`param-${i}`} class="hex" rows=${(texts[i] ?? "").length > 60 ? 3 : 1} spellcheck=${false} value=${texts[i] ?? ""}
      onInput=${(event) => set(Object.assign([...texts], { [i]: event.target.value }))}></textarea></div>`);
}

function Answer({ done }) {
  if (!done) return null;
  if (done.error) return html`<${Problem} error=${done.error} />${needsToken(done.error) && html`<${TokenForm} />`}`;
  const { answer, milliseconds, request } = done;
  return html`<${Card} title="Answer" aside=${html`<${Badge}
    kind=${answer.error ? "bad" : "good"}>${answer.error ? `error ${answer.error.code}` : "result"}<//> <span
    class="faint num">${milliseconds.toFixed(1)} ms</span> <${Copy} text=${JSON.stringify(answer.error ?? answer.result, null, 2)} what="answer" />`}>
    <${Json} value=${answer.error ?? answer.result} />${needsToken(answer.error) && html`<${TokenForm} />`}
    <details class="raw"><summary>As a command</summary><div class="data"><code tabindex="0">${curlOf(request)}</code>
      <div class="data-foot"><${Copy} text=${curlOf(request)} what="command" /></div></div></details><//>`;
}

function Method({ method, remember }) {
  const [texts, setTexts] = useState(() => method.params.map((param) => (param.required ? exampleOf(param.name) : "")));
  const [done, setDone] = useState(null);
  const [busy, setBusy] = useState(false);
  const send = async (event) => {
    event.preventDefault();
    setBusy(true);
    try {
      setDone(await exchange(method.name, readParams(texts)));
      remember({ method: method.name, texts });
      refresh();
    } catch (error) {
      setDone({ error });
    }
    setBusy(false);
  };
  return html`<${Card} title=${method.name}><form class="stack" onSubmit=${send}>
    <${Fields} method=${method} texts=${texts} set=${setTexts} />
    <button type="submit" class="primary" disabled=${busy}>Send</button></form><//><${Answer} done=${done} />`;
}

export function Playground({ route }) {
  const { methods, phase } = useLive();
  const [history, setHistory] = useState(() => read("loft.rpc", []));
  const list = [...methods.values()];
  const current = route.parts[0] ?? "eth_blockNumber";
  const method = methods.get(current);
  useEffect(() => { if (phase === "online" && !method && route.parts[0]) go("rpc"); }, [phase, current]);
  const remember = (entry) => {
    const others = history.filter((other) => other.method !== entry.method);
    const next = [{ method: entry.method }, ...others].slice(0, HISTORY_MAX);
    setHistory(next);
    write("loft.rpc", next);
  };
  if (!list.length) return html`<${Head} title="RPC" /><${Waiting} rows=${6} />`;
  return html`<${Head} title="RPC" over=${`${list.length} methods`} />
    <div class="playground"><${Methods} methods=${list} current=${current} />
      <div class="playground-main">${history.length > 0 && html`<nav class="recent"
        aria-label="Used lately">${history.slice(0, 6).map((entry) => html`<a key=${entry.method}
        href=${href("rpc", entry.method)}>${entry.method}</a>`)}</nav>`}
        ${method ? html`<${Method} key=${method.name} method=${method} remember=${remember} />` : html`<${Waiting} />`}</div></div>`;
}
