// The node's own accounts, with what they hold.
import { html } from "../vendor/preact/standalone.module.js";
import { Address, Amount, Card, Empty, Head, Problem, Waiting } from "../parts/basic.js";
import { WalletAccounts } from "../parts/signer.js";
import { batchAll } from "../core/rpc.js";
import { useLive } from "../core/live.js";
import { useLoad } from "../core/hooks.js";
import { go } from "../core/router.js";
import { big, digits, isAddress, number } from "../core/format.js";

const SHOWN_MAX = 200;

async function loadAccounts(accounts) {
  const answers = await batchAll(accounts.flatMap((who) => [["eth_getBalance", who, "latest"], ["eth_getTransactionCount", who, "latest"]]));
  return accounts.map((address, i) => ({ address, balance: big(answers[2 * i]), nonce: number(answers[2 * i + 1]) }));
}

const Table = ({ accounts }) => html`<table class="list"><caption class="sr-only">Accounts of the node</caption>
  <thead><tr><th scope="col">Account</th><th scope="col" class="end">Balance</th>
    <th scope="col" class="end">Sent</th></tr></thead>
  <tbody>${accounts.map((account) => html`<tr key=${account.address}><td><${Address} of=${account.address} /></td>
    <td class="end"><${Amount} wei=${account.balance} /></td>
      <td class="end num">${digits(account.nonce)}</td></tr>`)}</tbody></table>`;

function LookUp() {
  const submit = (event) => {
    event.preventDefault();
    const text = new FormData(event.target).get("address").trim();
    if (isAddress(text)) go("address", text);
  };
  return html`<form class="inline-form grows" onSubmit=${submit}><label for="look-up">Any address</label>
    <input id="look-up" name="address" class="hex" placeholder="0x…" autocomplete="off" spellcheck=${false} pattern="0x[0-9a-fA-F]{40}" /><button
      type="submit">Look</button></form>`;
}

export function Accounts() {
  const live = useLive();
  const accounts = live.accounts.slice(0, SHOWN_MAX);
  const { value, error } = useLoad(() => loadAccounts(accounts), [live.head, accounts.length]);
  return html`<${Head} title="Accounts" over=${`${digits(live.accounts.length)} of this node`} />
    <${Card}><${LookUp} /><//>
    <${Card} kind="flush" title="Accounts of the node">${error && !value ? html`<${Problem} error=${error} />` : !value ? html`<${Waiting}
      rows=${5} />`
      : value.length ? html`<${Table} accounts=${value} />` : html`<${Empty} title="No account"
        icon="accounts">The node was started without accounts of its own.<//>`}<//>
    <${WalletAccounts} />`;
}
