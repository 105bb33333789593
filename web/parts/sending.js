// A transaction on its way: sent, in a block, or why not.
import { html, useEffect, useRef, useState } from "../vendor/preact/standalone.module.js";
import { Status, TxLink } from "./basic.js";
import { Decoded, Log } from "./decoded.js";
import { needsToken, TokenForm } from "./token.js";
import { receiptOf, send } from "../core/wallet.js";
import { decodeError, decodeLogs } from "../core/abi.js";
import { refresh } from "../core/live.js";
import { digits, number, visible } from "../core/format.js";

async function describeFailure(error) {
  return { phase: "failed", error, decoded: await decodeError(error.data).catch(() => null) };
}

// run(transaction) goes through the phases: signing, sent, mined or failed.
export function useSending(onMined) {
  const [state, set] = useState({ phase: "idle" });
  const gone = useRef(false);
  useEffect(() => () => { gone.current = true; }, []);
  const run = async (makeTransaction) => {
    set({ phase: "signing" });
    try {
      const hash = await send(await makeTransaction());
      set({ phase: "sent", hash });
      const receipt = await receiptOf(hash, () => gone.current);
      if (!receipt) return;
      const decoded = await decodeLogs(receipt.logs.slice(0, 20));
      refresh();
      set({ phase: "mined", hash, receipt, decoded });
      onMined?.(receipt);
    } catch (error) {
      set(await describeFailure(error));
    }
  };
  return [state, run];
}

export const isBusy = (state) => state.phase === "signing" || state.phase === "sent";

export function Sending({ state }) {
  if (state.phase === "idle") return null;
  if (state.phase === "failed")
    return html`<div class="outcome bad" role="alert"><p>
      <strong>${state.error.name === "WalletError" ? "Not sent." : "Refused."}</strong> ${visible(state.error.message)}</p>
      ${state.decoded && html`<${Decoded} decoded=${state.decoded} />`}${needsToken(state.error) && html`<${TokenForm} />`}</div>`;
  if (state.phase === "signing") return html`<div class="outcome" role="status">
    <span class="spinner"></span> Waiting for the signature…</div>`;
  if (state.phase === "sent") return html`<div class="outcome" role="status">
    <span class="spinner"></span> Sent <${TxLink} hash=${state.hash} />, waiting for its block…</div>`;
  const ok = state.receipt.status !== "0x0";
  return html`<div class=${`outcome ${ok ? "good" : "bad"}`} role="status">
    <p><${Status} ok=${ok} /> <${TxLink} hash=${state.hash} /> <span class="faint">in block <span
      class="num">${digits(number(state.receipt.blockNumber))}</span>, <span
      class="num">${digits(number(state.receipt.gasUsed))}</span> gas</span></p>
    ${state.receipt.logs.slice(0, 20).map((log, i) => html`<${Log} key=${i} log=${log} decoded=${state.decoded[i]} />`)}</div>`;
}
