// Who sends: chosen among the node's accounts and the browser's wallets.
import { html, useEffect, useState } from "../vendor/preact/standalone.module.js";
import { Address, Card, Problem } from "./basic.js";
import { Icon } from "./icons.js";
import { chooseSigner, connect, onWallets, signer, wallets } from "../core/wallet.js";
import { useLive } from "../core/live.js";
import { checksum } from "../core/checksum.js";
import { short } from "../core/format.js";

function useWallets() {
  const [, redraw] = useState(0);
  useEffect(() => onWallets(() => redraw((n) => n + 1)), []);
  return wallets();
}

const WalletIcon = ({ info }) => (info.icon ? html`<img src=${info.icon} alt="" width="18" height="18" />` : html`<${Icon} name="wallet" />`);

async function choose(value, say) {
  const [kind, id] = value.split(" ");
  if (kind === "node") return chooseSigner({ kind, address: id });
  try {
    chooseSigner({ kind: "wallet", uuid: id, address: await connect(id) });
    say(null);
  } catch (error) {
    say(error);
  }
}

// The choice, for forms that send.
export function SignerField({ id }) {
  const live = useLive();
  const found = useWallets();
  const [wrong, setWrong] = useState(null);
  const chosen = signer();
  const value = !chosen ? "" : chosen.kind === "node" ? `node ${chosen.address}` : `wallet ${chosen.uuid}`;
  return html`<div class="field signer"><label for=${id}>From</label>
    <select id=${id} value=${value}
      onChange=${(event) => choose(event.target.value, setWrong).then(() => { event.target.value = signer() ? event.target.value : ""; })}>
      ${!chosen && html`<option value="">no account</option>`}
      <optgroup label="Accounts of the node">${live.accounts.map((address, i) => html`<option key=${address}
        value=${`node ${address}`}>${`Account ${i}  ${short(checksum(address))}`}</option>`)}</optgroup>
      ${found.length > 0 && html`<optgroup label="Wallets">${found.map(({ info }) => html`<option key=${info.uuid}
        value=${`wallet ${info.uuid}`}>${info.name}${chosen?.uuid === info.uuid ? `  ${short(checksum(chosen.address))}` : ""}</option>`)}</optgroup>`}
    </select>${wrong && html`<${Problem} error=${wrong} title="Not connected." />`}</div>`;
}

function Wallet({ wallet }) {
  const { info } = wallet;
  const [wrong, setWrong] = useState(null);
  const chosen = signer();
  const isChosen = chosen?.kind === "wallet" && chosen.uuid === info.uuid;
  return html`<li class="wallet"><${WalletIcon} info=${info} /><span class="grow">
    <strong>${info.name}</strong> <span class="faint">${info.rdns}</span></span>
    ${isChosen ? html`<${Address} of=${chosen.address} />` : html`<button type="button"
      onClick=${() => choose(`wallet ${info.uuid}`, setWrong)}>Connect</button>`}
    ${wrong && html`<${Problem} error=${wrong} title="Not connected." />`}</li>`;
}

export function WalletAccounts() {
  const found = useWallets();
  return html`<${Card} title="Wallets in this browser">${found.length
    ? html`<ul class="wallets">${found.map((wallet) => html`<${Wallet} key=${wallet.info.uuid} wallet=${wallet} />`)}</ul>`
    : html`<p class="note">None has said that it is here (EIP-6963). Contracts can be written with the node's own accounts.</p>`}<//>`;
}
