// An account or contract: what it holds, what it is, and what can be done with
// it.
import { html, useState } from "../vendor/preact/standalone.module.js";
import { Address, Amount, Badge, Card, Chip, Copy, Data, Empty, Fact, Facts, Head, Problem, Tabs, Waiting } from "../parts/basic.js";
import { Events, Read, Write } from "../parts/contract.js";
import { Storage } from "../parts/storage.js";
import { Activity } from "../parts/activity.js";
import { SendEther } from "../parts/send_ether.js";
import { artifactOf, artifacts, forgetContract, labelOf, nameContract } from "../core/abi.js";
import { checksum } from "../core/checksum.js";
import { batchAll } from "../core/rpc.js";
import { useLive } from "../core/live.js";
import { useLoad } from "../core/hooks.js";
import { go, href } from "../core/router.js";
import { big, digits, hexBytes, isAddress, number, visible } from "../core/format.js";

// ERC-1967: keccak256("eip1967.proxy.implementation") - 1.
const IMPLEMENTATION_SLOT = "0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc";
// EIP-7702: code that names where the account's code is.
const DELEGATION = "0xef0100";

const addressIn = (word) => (big(word) ? `0x${word.slice(-40)}` : null);

async function loadAddress(address) {
  const [balance, nonce, code, slot] = await batchAll([
    ["eth_getBalance", address, "latest"], ["eth_getTransactionCount", address, "latest"],
    ["eth_getCode", address, "latest"], ["eth_getStorageAt", address, IMPLEMENTATION_SLOT, "latest"]]);
  const isDelegated = code.startsWith(DELEGATION) && code.length === 48;
  return { balance, nonce: number(nonce), code, delegate: isDelegated ? `0x${code.slice(8)}` : null, implementation: code === "0x" ? null : addressIn(slot) };
}

function AttachAbi({ address, implementation }) {
  const list = artifacts();
  const [, redraw] = useState(0);
  const attach = (event) => {
    nameContract(address, event.target.value);
    redraw((n) => n + 1);
    go("address", address, "read");
  };
  return html`<${Card} title="Which contract is it?">
    <p class="note">An ABI names what can be read and written here.${implementation && html` It is a proxy for <${Address}
      of=${implementation} />: the ABI of that one fits.`}</p>
    <div class="buttons">${list.length > 0 && html`<label class="sr-only" for="attach">ABI</label>
      <select id="attach" onChange=${attach}>
      <option value="">Choose an ABI</option>${list.map(({ id, name }) => html`<option key=${id} value=${id}>${name}</option>`)}</select>`}
      <a class="button" href=${`${href("contracts")}?address=${address}`}>Add an ABI</a></div><//>`;
}

const Code = ({ code }) => html`<${Card} title="Code" aside=${html`<span class="faint num">${digits(hexBytes(code))} bytes</span>`}><${Data}
  hex=${code} max=${4096} what="code" /><//>`;

function Summary({ address, account }) {
  return html`<${Card}><${Facts}>
      <${Fact} name="Balance"><${Amount} wei=${account.balance} full /><//>
      <${Fact} name="Nonce"><span class="num">${digits(account.nonce)}</span><//>
      <${Fact} name="Code">${account.code === "0x" ? html`<span class="faint">none: an account with a key</span>` : html`<span
        class="num">${digits(hexBytes(account.code))}</span> bytes`}<//>
      ${account.delegate && html`<${Fact} name="Delegates to"><${Address} of=${account.delegate} full /><//>`}
      ${account.implementation && html`<${Fact} name="Proxy for"><${Address} of=${account.implementation} full /><//>`}<//><//>
    <${SendEther} to=${address} />
    <${Activity} address=${address} />`;
}

function Part({ tab, address, account, artifact }) {
  if (tab === "storage") return html`<${Storage} address=${address} />`;
  if (tab === "code") return html`<${Code} code=${account.code} />`;
  if (tab === "events") return html`<${Events} address=${address} />`;
  if (tab === "read" || tab === "write") {
    if (!artifact) return html`<${AttachAbi} address=${address} implementation=${account.implementation} />`;
    return tab === "read" ? html`<${Read} address=${address} artifact=${artifact} />` : html`<${Write} address=${address} artifact=${artifact} />`;
  }
  return html`<${Summary} address=${address} account=${account} />
    ${account.code !== "0x" && !artifact && html`<${AttachAbi} address=${address} implementation=${account.implementation} />`}`;
}

const TABS_OF_CODE = [["summary", "Summary"], ["read", "Read"], ["write", "Write"], ["events", "Events"], ["storage", "Storage"], ["code", "Code"]];
const TABS_OF_KEY = [["summary", "Summary"], ["events", "Events"]];

export function AddressPage({ route }) {
  const live = useLive();
  const address = route.parts[0] ?? "";
  const tab = route.parts[1] ?? "summary";
  const valid = isAddress(address);
  const { value: account, error } = useLoad(() => (valid ? loadAddress(address) : Promise.resolve(null)), [address, live.head]);
  if (!valid) return html`<${Head} title="Address" /><div class="card"><${Empty} title="This is no address" icon="accounts">
    <span class="hex wrap">${visible(address).slice(0, 100)}</span><//></div>`;
  const isContract = account && account.code !== "0x";
  const artifact = artifactOf(address);
  const label = labelOf(address);
  const title = html`<span class="address-title"><${Chip} address=${address} size=${34} />
    <span>${label ?? (isContract ? "Contract" : "Account")}</span></span>`;
  return html`<${Head} over=${isContract ? "Contract" : "Account"} title=${title}>
      <span class="address-line"><span class="hex wrap">${checksum(address)}</span><${Copy} text=${checksum(address)} what="address" /></span>
      ${artifact && html`<button type="button" class="link"
        onClick=${() => { forgetContract(address); go("address", address); }}>Forget its ABI</button>`}
      ${account?.implementation && html`<${Badge} kind="warn">proxy<//>`}<//>
    ${error && !account && html`<${Problem} error=${error} />`}
    ${account ? html`<${Tabs} current=${tab} to=${(id) => href("address", address, ...(id === "summary" ? [] : [id]))}
      items=${isContract ? TABS_OF_CODE : TABS_OF_KEY} />
      <${Part} ...${{ tab, address, account, artifact }} />` : !error && html`<${Waiting} rows=${5} />`}`;
}
