// The contracts that this console knows by their ABIs, and how it gets to know
// more: from files of Hardhat, Foundry and solc, or as text.
import { html, useRef, useState } from "../vendor/preact/standalone.module.js";
import { Address, Badge, Card, Empty, Head, Problem } from "../parts/basic.js";
import { Icon } from "../parts/icons.js";
import { addArtifact, artifacts, ARTIFACT_CHARS_MAX, contracts, nameContract, parseArtifacts, removeArtifact } from "../core/abi.js";
import { batch, RpcError } from "../core/rpc.js";
import { useLive } from "../core/live.js";
import { useLoad } from "../core/hooks.js";
import { go, href } from "../core/router.js";
import { digits, hexBytes, isAddress } from "../core/format.js";

const FILES_MAX = 100;

async function addText(text, name) {
  const found = parseArtifacts(text, name);
  if (!found.length) throw new Error("there is no ABI in it");
  const added = [];
  for (const artifact of found) added.push((await addArtifact(artifact)).artifact);
  return added;
}

async function addFiles(files) {
  const added = [];
  for (const file of [...files].slice(0, FILES_MAX)) {
    if (file.size > ARTIFACT_CHARS_MAX) throw new Error(`${file.name} has more than ${ARTIFACT_CHARS_MAX / 1e6} MB`);
    try {
      added.push(...(await addText(await file.text(), file.name)));
    } catch (error) {
      throw new Error(`${file.name}: ${error.message}`);
    }
  }
  return added;
}

function Add({ address, changed }) {
  const input = useRef(null);
  const [over, setOver] = useState(false);
  const [text, setText] = useState("");
  const [name, setName] = useState("");
  const [wrong, setWrong] = useState(null);
  const done = (added) => {
    setWrong(null);
    setText("");
    setName("");
    if (address && added.length === 1) {
      nameContract(address, added[0].id);
      return go("address", address, "read");
    }
    changed(added);
  };
  const take = (work) => work.then(done, setWrong);
  return html`<${Card} title=${address ? "An ABI for this contract" : "Add an ABI"}>
    ${address && html`<p class="note"><${Address} of=${address} /></p>`}
    <div class=${`drop ${over ? "is-over" : ""}`} onDragOver=${(event) => { event.preventDefault(); setOver(true); }}
      onDragLeave=${() => setOver(false)}
      onDrop=${(event) => { event.preventDefault(); setOver(false); take(addFiles(event.dataTransfer.files)); }}>
      <${Icon} name="add" size=${24} /><p>Drop artifacts here: JSON of Hardhat, Foundry or solc</p>
      <button type="button" onClick=${() => input.current.click()}>Choose files</button>
      <input ref=${input} id="files" type="file" multiple accept=".json,.abi,.txt" class="sr-only" tabindex="-1" aria-label="Artifacts"
        onChange=${(event) => take(addFiles(event.target.files))} /></div>
    <form class="fields" onSubmit=${(event) => { event.preventDefault(); take(addText(text, name || "Contract")); }}>
      <div class="field"><label for="abi-name">Name</label>
        <input id="abi-name" value=${name} placeholder="Token" autocomplete="off" maxlength="80"
          onInput=${(event) => setName(event.target.value)} /></div>
      <div class="field wide"><label for="abi-text">ABI <span class="type">JSON, or a signature a line</span></label>
        <textarea id="abi-text" class="hex" rows="4" spellcheck=${false} value=${text}
          placeholder="function transfer(address to,uint256 value) returns (bool)" onInput=${(event) => setText(event.target.value)}></textarea></div>
      <button type="submit">Add</button></form>
    ${wrong && html`<${Problem} error=${wrong} title="This was not read." />`}<//>`;
}

const count = (artifact, kind) => artifact.entries.filter((entry) => entry.kind === kind).length;

const Artifact = ({ artifact, changed }) => html`<li class="artifact"><span class="artifact-icon"><${Icon} name="contracts" />
  </span>
  <span class="grow"><strong>${artifact.name}</strong> <span
    class="faint">${count(artifact, "function")} functions, ${count(artifact, "event")} events${artifact.bytecode && html`, <span
    class="num">${digits(hexBytes(artifact.bytecode))}</span> bytes`}</span></span>
  ${artifact.bytecode ? html`<a class="button" href=${href("deploy", artifact.id)}>Deploy</a>` : html`<${Badge}>no bytecode<//>`}
  <button type="button" class="icon-button" aria-label=${`Remove ${artifact.name}`} title="Remove"
    onClick=${() => { removeArtifact(artifact.id); changed([]); }}><${Icon} name="close" size=${15} /></button></li>`;

async function loadCodes(list) {
  const codes = await batch(list.map(({ address }) => ["eth_getCode", address, "latest"]));
  return codes.map((code) => (code instanceof RpcError ? "0x" : code));
}

function Known({ list }) {
  const { head } = useLive();
  const { value: codes } = useLoad(() => loadCodes(list), [list.length, head]);
  if (!list.length) return html`<${Empty} title="No contract yet" icon="contracts">
    <p>Deploy one, or open an address and choose its ABI.</p><//>`;
  return html`<table class="list"><caption class="sr-only">Contracts</caption><thead><tr><th scope="col">Contract</th>
    <th scope="col" class="end desk">Code</th><th scope="col" class="end"><span class="sr-only">Open</span></th></tr></thead>
    <tbody>${list.map(({ address }, i) => html`<tr key=${address}><td><${Address} of=${address} /></td>
      <td class="end num desk">${!codes ? "…" : codes[i] === "0x" ? html`<span
        class="faint">not on this chain</span>` : `${digits(hexBytes(codes[i]))} bytes`}</td>
      <td class="end"><a href=${href("address", address, "read")}>Read</a> <a
        href=${href("address", address, "write")}>Write</a></td></tr>`)}</tbody></table>`;
}

export function Contracts({ route }) {
  const [added, setAdded] = useState([]);
  useLive();
  const wanted = route.query.get("address");
  const list = artifacts();
  return html`<${Head} title="Contracts" over="ABIs stay in this browser" />
    <${Card} kind="flush" title="Contracts"><${Known} list=${contracts()} /><//>
    ${list.length > 0 && html`<${Card} title="ABIs" aside=${html`<span class="count">${list.length}</span>`}>
      <ul class="artifacts">${list.map((artifact) => html`<${Artifact} key=${artifact.id} artifact=${artifact} changed=${setAdded} />`)}</ul><//>`}
    <div role="status" class=${added.length ? "note" : "sr-only"}>${added.length > 0 && `Added: ${added.map(({ name }) => name).join(", ")}`}</div>
    <${Add} address=${wanted && isAddress(wanted) ? wanted : null} changed=${setAdded} />`;
}
