// A contract from an artifact: its constructor's values, and who pays.
import { html, useState } from "../vendor/preact/standalone.module.js";
import { Address, Card, Empty, Head } from "../parts/basic.js";
import { Inputs, KnownAddresses, readValue, ValueField } from "../parts/inputs.js";
import { SignerField } from "../parts/signer.js";
import { isBusy, Sending, useSending } from "../parts/sending.js";
import { artifacts, nameContract } from "../core/abi.js";
import { call } from "../core/rpc.js";
import { useLive } from "../core/live.js";
import { href } from "../core/router.js";
import { digits, hexBytes, visible } from "../core/format.js";

async function creationOf(artifact, constructor, values) {
  if (!constructor?.inputs.length) return artifact.bytecode;
  const encoded = await call("loft_encodeCall", constructor.source, constructor.inputs.map((_, i) => values[i] ?? ""));
  return artifact.bytecode + encoded.slice(2);
}

function Form({ artifact }) {
  const constructor = artifact.entries.find((entry) => entry.kind === "constructor");
  const [values, setValues] = useState([]);
  const [ether, setEther] = useState("");
  const [made, setMade] = useState(null);
  const [state, run] = useSending((receipt) => {
    if (receipt.status === "0x0" || !receipt.contractAddress) return;
    nameContract(receipt.contractAddress, artifact.id);
    setMade(receipt.contractAddress);
  });
  const submit = (event) => {
    event.preventDefault();
    setMade(null);
    run(async () => ({ data: await creationOf(artifact, constructor, values), value: readValue(ether) }));
  };
  return html`<${KnownAddresses} /><${Card}><form class="stack" onSubmit=${submit}><${SignerField} id="signer" />
      ${constructor && html`<${Inputs} prefix="constructor" params=${constructor.inputs} values=${values} set=${setValues} />`}
      ${constructor?.mutability === "payable" && html`<${ValueField} id="constructor-value" value=${ether} set=${setEther} />`}
      <p class="note"><span class="num">${digits(hexBytes(artifact.bytecode))}</span> bytes of code.</p>
      <button type="submit" class="primary" disabled=${isBusy(state)}>Deploy</button></form>
    <${Sending} state=${state} />
    ${made && html`<p class="made">It is at <${Address} of=${made} full name=${false} /> <a class="button"
      href=${href("address", made, "read")}>Open</a></p>`}<//>`;
}

export function Deploy({ route }) {
  useLive();
  const artifact = artifacts().find(({ id }) => id === route.parts[0]);
  if (!artifact?.bytecode) return html`<${Head} title="Deploy" /><div class="card">
    <${Empty} title="There is no bytecode" icon="contracts">
    <p>${visible(route.parts[0] ?? "").slice(0, 80)} is no artifact with code. <a href=${href("contracts")}>Contracts</a></p><//>
    </div>`;
  return html`<${Head} over="Deploy" title=${artifact.name} /><${Form} key=${artifact.id} artifact=${artifact} />`;
}
