// What a development chain lets people do: blocks on request, another time.
import { html, useState } from "../vendor/preact/standalone.module.js";
import { Card, Problem } from "./basic.js";
import { call } from "../core/rpc.js";
import { refresh, useLive } from "../core/live.js";
import { quantity } from "../core/format.js";

const ACTIONS = [
  { id: "mine1", name: "Mine a block", needs: ["evm_mine"], act: () => call("evm_mine") },
  { id: "mine100", name: "Mine 100", needs: ["hardhat_mine"], act: () => call("hardhat_mine", quantity(100)) },
  { id: "hour", name: "One hour on", needs: ["evm_increaseTime", "evm_mine"], act: async () => { await call("evm_increaseTime", 3600); await call("evm_mine"); } },
  { id: "day", name: "One day on", needs: ["evm_increaseTime", "evm_mine"], act: async () => { await call("evm_increaseTime", 86400); await call("evm_mine"); } },
];

function Snapshots({ say }) {
  const [taken, set] = useState([]);
  const take = async () => set([...taken, await call("evm_snapshot")]);
  const revert = async () => {
    await call("evm_revert", taken.at(-1));
    set(taken.slice(0, -1));
    refresh();
  };
  return html`<button type="button" onClick=${() => take().then(() => say(""), (error) => say(error))}>Take a snapshot</button>
    <button type="button" disabled=${!taken.length}
      onClick=${() => revert().then(() => say(""), (error) => say(error))}>Go back${taken.length > 0 && ` (${taken.length})`}</button>`;
}

export function Developer() {
  const live = useLive();
  const [wrong, setWrong] = useState("");
  const shown = ACTIONS.filter(({ needs }) => needs.every((method) => live.methods.has(method)));
  const hasSnapshots = live.methods.has("evm_snapshot") && live.methods.has("evm_revert");
  const run = (action) => action.act().then(() => { setWrong(""); refresh(); }, setWrong);
  return html`<${Card} title="Development">
    <p class="note">This chain does as it is told.</p>
    <div class="buttons">${shown.map((action) => html`<button type="button" key=${action.id} onClick=${() => run(action)}>${action.name}</button>`)}
      ${hasSnapshots && html`<${Snapshots} say=${setWrong} />`}</div>
    ${wrong && html`<${Problem} error=${wrong} />`}<//>`;
}
