// One transaction: what it says, what it did, and how.
import { html } from "../vendor/preact/standalone.module.js";
import { Address, Age, Amount, Badge, BlockLink, Card, Data, Empty, Fact, Facts, Gwei, Hash, Head, Problem, Status, Tabs, Waiting } from "../parts/basic.js";
import { Decoded, Log } from "../parts/decoded.js";
import { loadChanges, Trace } from "../parts/trace.js";
import { Changes } from "../parts/changes.js";
import { batch, RpcError } from "../core/rpc.js";
import { decodeCalls, decodeError, decodeLogs } from "../core/abi.js";
import { live, useLive } from "../core/live.js";
import { useLoad } from "../core/hooks.js";
import { href } from "../core/router.js";
import { big, digits, isHash, number, percent, percentText, short, visible } from "../core/format.js";

const LOGS_MAX = 500;
const KINDS = ["Legacy", "With access list", "Fee market", "Blobs", "Set code"];

// What a transaction that reverted answered: as its trace has it, or else as
// the same call answers in the state of the block before.
async function whyReverted(tx) {
  if (live.methods.has("debug_traceTransaction")) {
    const [frame] = await batch([["debug_traceTransaction", tx.hash, { tracer: "callTracer", tracerConfig: { onlyTopCall: true } }]]);
    if (!(frame instanceof RpcError)) return { message: frame.revertReason ?? frame.error ?? "reverted", decoded: await decodeError(frame.output) };
  }
  const { from, to, input, value, gas } = tx;
  const [answer] = await batch([["eth_call", { from, ...(to ? { to } : {}), input, value, gas }, tx.blockNumber === "0x0" ? "0x0" : `0x${(big(tx.blockNumber) - 1n).toString(16)}`]]);
  if (!(answer instanceof RpcError)) return null;
  return { message: answer.message, decoded: await decodeError(answer.data) };
}

async function loadTransaction(hash) {
  if (!isHash(hash)) throw new Error("this is no transaction's hash");
  const [tx, receipt] = await batch([["eth_getTransactionByHash", hash], ["eth_getTransactionReceipt", hash]]);
  if (tx instanceof RpcError) throw tx;
  if (!tx) return null;
  const mined = receipt && !(receipt instanceof RpcError) ? receipt : null;
  const logs = mined?.logs.slice(0, LOGS_MAX) ?? [];
  const [[call], decodedLogs, [block], why] = await Promise.all([
    decodeCalls([tx.to ? tx.input : "0x"]),
    decodeLogs(logs),
    mined ? batch([["eth_getBlockByHash", mined.blockHash, false]]) : [null],
    mined && mined.status === "0x0" ? whyReverted(tx) : null,
  ]);
  return { tx, receipt: mined, logs, call, decodedLogs, block: block instanceof RpcError ? null : block, why };
}

const Fees = ({ tx, receipt, block }) => html`
  ${receipt && html`<${Fact} name="Fee"><${Amount} wei=${big(receipt.gasUsed) * big(receipt.effectiveGasPrice)} full /><//>
    <${Fact} name="Gas"><span class="fill" style=${{ "--full": `${percent(number(receipt.gasUsed), number(tx.gas))}%` }}>
      <span class="num">${digits(number(receipt.gasUsed))}</span> <span class="faint">of <span
        class="num">${digits(number(tx.gas))}</span>, ${percentText(number(receipt.gasUsed), number(tx.gas))}</span></span><//>`}
  ${!receipt && html`<${Fact} name="Gas limit"><span class="num">${digits(number(tx.gas))}</span><//>`}
  <${Fact} name="Gas price"><${Gwei} wei=${receipt?.effectiveGasPrice ?? tx.gasPrice} />
    ${tx.maxFeePerGas && html` <span class="faint">at most <${Gwei} wei=${tx.maxFeePerGas} />, tip <${Gwei} wei=${tx.maxPriorityFeePerGas} /></span>`}
    ${block?.baseFeePerGas && html` <span class="faint">base <${Gwei} wei=${block.baseFeePerGas} /></span>`}<//>`;

function Summary({ loaded }) {
  const { tx, receipt, block, why } = loaded;
  return html`<${Facts}>
    <${Fact} name="Status">${receipt ? html`<${Status} ok=${receipt.status !== "0x0"} />` : html`<${Badge} kind="warn">Pending<//>`}
      ${why && html` <span class="bad-text">${visible(why.message)}</span>`}<//>
    <${Fact} name="Hash"><${Hash} of=${tx.hash} full what="transaction hash" /><//>
    ${receipt && html`<${Fact} name="Block">
      <${BlockLink} number=${number(receipt.blockNumber)} /> <span class="faint">position <span
        class="num">${number(receipt.transactionIndex)}</span></span><//>`}
    ${block && html`<${Fact} name="Time"><${Age} at=${number(block.timestamp)} both /><//>`}
    <${Fact} name="From"><${Address} of=${tx.from} full /> <span class="faint">nonce <span class="num">${digits(number(tx.nonce))}</span></span><//>
    <${Fact} name=${tx.to ? "To" : "Creates"}>${tx.to ? html`<${Address} of=${tx.to} full />` : receipt?.contractAddress ? html`<${Address}
      of=${receipt.contractAddress} full />` : html`<span class="faint">a contract</span>`}<//>
    <${Fact} name="Value"><${Amount} wei=${tx.value} full /><//>
    <${Fees} ...${{ tx, receipt, block }} />
    <${Fact} name="Type">${KINDS[number(tx.type)] ?? "Unknown"} <span class="faint num">${number(tx.type)}</span><//>
    ${tx.authorizationList?.length > 0 && html`<${Fact} name="Sets code of">
      <span class="num">${tx.authorizationList.length}</span> accounts<//>`}
    ${tx.blobVersionedHashes?.length > 0 && html`<${Fact} name="Blobs">
      <span class="num">${tx.blobVersionedHashes.length}</span><//>`}
  <//>`;
}

function Input({ tx, call }) {
  if (tx.input === "0x") return null;
  return html`<${Card} title=${tx.to ? "Call" : "Code of creation"}>
    ${call ? html`<${Decoded} decoded=${call} /><details class="raw"><summary>As bytes</summary>
      <${Data} hex=${tx.input} what="input" /></details>`
      : html`${tx.to && html`<p class="note">No ABI that this console knows has <code>${tx.input.slice(0, 10)}</code>. <a
        href=${href("contracts")}>Add one</a>.</p>`}<${Data} hex=${tx.input} what="input" />`}
  <//>`;
}

const Logs = ({ loaded }) => (loaded.logs.length
  ? html`<${Card} title="Logs" aside=${html`<span
    class="count">${digits(loaded.receipt.logs.length)}</span>`}>${loaded.logs.map((log, i) => html`<${Log} key=${log.logIndex} log=${log}
    decoded=${loaded.decodedLogs[i]} />`)}
      ${loaded.receipt.logs.length > LOGS_MAX && html`<p class="note">The first ${LOGS_MAX} are shown.</p>`}<//>`
  : html`<${Card} title="Logs"><${Empty} title="No log" icon="logs">This transaction wrote none.<//><//>`);

function State({ hash }) {
  const { value, error } = useLoad(() => loadChanges(hash), [hash]);
  if (error) return html`<${Problem} error=${error} />`;
  if (value === undefined) return html`<${Waiting} />`;
  return value ? html`<${Changes} changes=${value} />` : html`<p class="note">This daemon does not compare states.</p>`;
}

function Part({ tab, loaded }) {
  const { tx, receipt, why } = loaded;
  if (tab === "logs") return html`<${Logs} loaded=${loaded} />`;
  if (tab === "trace") return html`<${Card} title="Calls">${receipt ? html`<${Trace} hash=${tx.hash} />` : html`<p
    class="note">There is a trace when it is in a block.</p>`}<//>`;
  if (tab === "state") return html`<${Card} title="State">${receipt ? html`<${State} hash=${tx.hash} />` : html`<p
    class="note">It has changed nothing yet.</p>`}<//>`;
  return html`<${Card}><${Summary} loaded=${loaded} /><//>
    ${why?.decoded && html`<${Card} title="Why it reverted" kind="is-bad"><${Decoded} decoded=${why.decoded} /><//>`}
    <${Input} tx=${tx} call=${loaded.call} />`;
}

export function Transaction({ route }) {
  const { head } = useLive();
  const hash = route.parts[0] ?? "";
  const tab = route.parts[1] ?? "summary";
  const { value, error } = useLoad(() => loadTransaction(hash), [hash]);
  const waits = value && !value.receipt ? head : 0;
  const later = useLoad(() => (waits ? loadTransaction(hash) : Promise.resolve(null)), [waits]);
  const loaded = later.value ?? value;
  if (error && !value) return html`<${Head} title="Transaction" /><${Problem} error=${error} />`;
  if (value === undefined) return html`<${Head} title="Transaction" /><${Waiting} rows=${6} />`;
  if (!loaded) return html`<${Head} title="Transaction" /><div class="card">
    <${Empty} title="No such transaction">Neither on the chain nor waiting for it.<br />
    <span class="hex wrap">${visible(hash)}</span><//></div>`;
  return html`<${Head} over="Transaction" title=${loaded.call?.name ?? (loaded.tx.to ? short(hash, 10, 8) : "Contract creation")} />
    <${Tabs} current=${tab} to=${(id) => href("tx", hash, ...(id === "summary" ? [] : [id]))}
      items=${[["summary", "Summary"], ["logs", "Logs", loaded.receipt?.logs.length ?? 0], ["trace", "Trace"], ["state", "State"]]} />
    <${Part} tab=${tab} loaded=${loaded} />`;
}
