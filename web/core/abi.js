// ABIs that people gave this console, kept in the browser, and what calls,
// logs and errors say by them. The daemon does the coding (loft_readAbi and
// its neighbours); here is only which entry fits.
import { RpcError, batch, call } from "./rpc.js";
import { isAddress, isHex } from "./format.js";
import { STANDARDS } from "./known.js";
import { read, write } from "./hooks.js";
import { live } from "./live.js";

export const ARTIFACT_CHARS_MAX = 24_000_000; // of a file that is read
const ARTIFACTS_MAX = 200;
const ENTRIES_MAX = 2000;
const DECODED_BYTES_MAX = 256 * 1024;
const NAME_CHARS_MAX = 80;

const ARTIFACTS = "loft.artifacts";
const contractsKey = () => `loft.contracts.${live.status?.chainId ?? "0x0"}`;

export const artifacts = () => read(ARTIFACTS, []);
export const contracts = () => read(contractsKey(), []);

const bySelector = new Map(); // selector or topic -> entries
let indexed = null;

const slim = (param) => ({
  name: String(param.name ?? ""),
  type: String(param.type),
  ...(param.indexed ? { indexed: true } : {}),
  ...(Array.isArray(param.components) ? { components: param.components.map(slim) } : {}),
});

// What of an entry matters, as it is kept and sent.
function slimEntry(entry) {
  if (typeof entry === "string") return entry;
  return {
    type: entry.type ?? "function",
    ...(entry.name === undefined ? {} : { name: String(entry.name) }),
    ...(Array.isArray(entry.inputs) ? { inputs: entry.inputs.map(slim) } : {}),
    ...(Array.isArray(entry.outputs) ? { outputs: entry.outputs.map(slim) } : {}),
    ...(entry.stateMutability ? { stateMutability: String(entry.stateMutability) } : {}),
  };
}

function mutability(source) {
  if (typeof source === "string") return /\b(view|pure|payable)\b/.exec(source.split(")").slice(1).join(")"))?.[1] ?? "nonpayable";
  return source.stateMutability ?? "nonpayable";
}

// Entries as the daemon reads them, each with what it was read from.
async function readEntries(sources) {
  const answers = await call("loft_readAbi", sources);
  return answers.map((answer, i) => ({ ...answer, source: sources[i], mutability: mutability(sources[i]) }));
}

function addToIndex(entries) {
  for (const entry of entries) {
    const key = entry.topic ?? entry.selector;
    if (!key) continue;
    const list = bySelector.get(`${entry.kind} ${key}`) ?? [];
    if (list.some((other) => JSON.stringify(other.source) === JSON.stringify(entry.source))) continue;
    bySelector.set(`${entry.kind} ${key}`, [...list, entry]);
  }
}

// Given ABIs come before the standards': they know the parameters' names.
function ready() {
  indexed ??= readEntries(STANDARDS).then((standards) => {
    for (const artifact of artifacts()) addToIndex(artifact.entries);
    addToIndex(standards);
  }).catch((error) => {
    indexed = null;
    throw error;
  });
  return indexed;
}

const find = (kind, key) => (key ? bySelector.get(`${kind} ${key.toLowerCase()}`) ?? [] : []);
const sources = (entries) => entries.map((entry) => entry.source);

// One answer for each of what is asked, null where nothing is known or it
// does not fit: calls of items with the entries that may fit.
async function decodeEach(items, method, candidates, value) {
  await ready();
  const results = items.map(() => null);
  const asked = items.map((item, i) => [i, candidates(item)]).filter(([, entries]) => entries.length);
  const answers = await batch(asked.map(([i, entries]) => [method, sources(entries), value(items[i])]));
  answers.forEach((answer, k) => {
    if (!(answer instanceof RpcError)) results[asked[k][0]] = answer;
  });
  return results;
}

const selectorOf = (data) => (data && data.length >= 10 && data.length <= 2 * DECODED_BYTES_MAX ? data.slice(0, 10) : null);

export const decodeCalls = (inputs) =>
  decodeEach(inputs, "loft_decodeCall", (data) => find("function", selectorOf(data)), (data) => data);

export const decodeLogs = (logs) =>
  decodeEach(logs, "loft_decodeLog",
    (log) => (log.data.length <= 2 * DECODED_BYTES_MAX ? find("event", log.topics[0]) : []),
    (log) => ({ topics: log.topics, data: log.data }));

export async function decodeError(data) {
  if (!data || data.length < 10 || !isHex(data)) return null;
  await ready();
  const candidates = find("error", selectorOf(data));
  return call("loft_decodeError", sources(candidates), data).catch(() => null);
}

export async function knownEvents() {
  await ready();
  const events = [];
  for (const [key, list] of bySelector) if (key.startsWith("event ")) events.push(list[0]);
  return events.sort((a, b) => a.signature.localeCompare(b.signature));
}

// Artifacts: what compilers and tools write.

const cleanName = (name) => String(name).replace(/[^\w .$-]/g, "").slice(0, NAME_CHARS_MAX) || "Contract";

// Bytecode with places for libraries in it cannot be deployed as it is.
function cleanBytecode(code) {
  const text = typeof code === "string" ? code : code?.object;
  if (typeof text !== "string" || text.replace(/^0x/, "") === "") return null;
  const hex = text.startsWith("0x") ? text : `0x${text}`;
  return isHex(hex) ? hex : null;
}

const asAbi = (abi) => (typeof abi === "string" ? JSON.parse(abi) : abi);

function fromCompilerOutput(contractsOfFiles) {
  const found = [];
  for (const [file, inside] of Object.entries(contractsOfFiles)) {
    if (inside?.abi) {
      found.push({ name: file.split(":").at(-1), abi: asAbi(inside.abi), bytecode: inside.bin });
      continue;
    }
    for (const [name, contract] of Object.entries(inside ?? {}))
      if (contract?.abi) found.push({ name, abi: contract.abi, bytecode: contract.evm?.bytecode });
  }
  return found;
}

function fromJson(json, fileName) {
  const name = json.contractName ?? fileName.replace(/\.(json|abi|txt)$/i, "");
  if (Array.isArray(json)) return [{ name, abi: json }];
  if (Array.isArray(json.abi)) return [{ name, abi: json.abi, bytecode: json.bytecode ?? json.evm?.bytecode ?? json.bin }];
  const compiled = json.contracts ?? json.output?.contracts;
  if (compiled && typeof compiled === "object") return fromCompilerOutput(compiled);
  throw new Error("neither an ABI nor an artifact of Hardhat, Foundry or solc");
}

// One signature a line: "function mint(address to)".
const fromLines = (text, name) => [{ name, abi: text.split(/[;\n]/).map((line) => line.trim()).filter(Boolean) }];

// What a text or file holds: [{name, abi, bytecode}].
export function parseArtifacts(text, fileName = "Contract") {
  if (text.length > ARTIFACT_CHARS_MAX) throw new Error(`more than ${ARTIFACT_CHARS_MAX / 1e6} MB`);
  const trimmed = text.trim();
  if (!trimmed) throw new Error("nothing is there");
  if (!/^[[{]/.test(trimmed)) return fromLines(trimmed, cleanName(fileName));
  let json;
  try {
    json = JSON.parse(trimmed);
  } catch (error) {
    throw new Error(`not JSON: ${error.message}`);
  }
  return fromJson(json, fileName)
    .filter((found) => Array.isArray(found.abi) && found.abi.length)
    .slice(0, ARTIFACTS_MAX)
    .map((found) => ({ name: cleanName(found.name), abi: found.abi, bytecode: cleanBytecode(found.bytecode) }));
}

// So that the daemon's log names the contract's errors too. It matters little
// where it is not let.
function tellDaemon(artifact) {
  if (!live.methods.has("loft_addAbi")) return;
  call("loft_addAbi", sources(artifact.entries).filter((source) => typeof source !== "string")).catch(() => {});
}

// Reads and keeps it; one of the same name is replaced.
export async function addArtifact({ name, abi, bytecode }) {
  if (abi.length > ENTRIES_MAX) throw new Error(`an ABI of more than ${ENTRIES_MAX} entries`);
  const entries = await readEntries(abi.map(slimEntry));
  const wrong = entries.filter((entry) => entry.error);
  if (wrong.length === entries.length) throw new Error(wrong[0].error);
  const artifact = { id: name, name, bytecode: bytecode ?? null, entries: entries.filter((entry) => !entry.error) };
  const others = artifacts().filter((other) => other.id !== artifact.id);
  if (others.length >= ARTIFACTS_MAX) throw new Error(`there are ${ARTIFACTS_MAX} ABIs already`);
  if (!write(ARTIFACTS, [artifact, ...others])) throw new Error("the browser's storage is full");
  await ready();
  addToIndex(artifact.entries);
  tellDaemon(artifact);
  return { artifact, skipped: wrong.length };
}

export function removeArtifact(id) {
  write(ARTIFACTS, artifacts().filter((artifact) => artifact.id !== id));
  write(contractsKey(), contracts().filter((contract) => contract.artifact !== id));
}

export const artifactOf = (address) => {
  const contract = contracts().find((known) => known.address === address.toLowerCase());
  return contract ? artifacts().find((artifact) => artifact.id === contract.artifact) ?? null : null;
};

export function nameContract(address, artifact) {
  if (!isAddress(address)) throw new Error("not an address");
  const known = address.toLowerCase();
  write(contractsKey(), [{ address: known, artifact }, ...contracts().filter((other) => other.address !== known)]);
}

export function forgetContract(address) {
  write(contractsKey(), contracts().filter((other) => other.address !== address.toLowerCase()));
}

// What an address is called here: a contract's name, a development account.
export function labelOf(address) {
  const known = address.toLowerCase();
  const contract = contracts().find((other) => other.address === known);
  if (contract) return contract.artifact;
  const at = live.accounts.findIndex((account) => account.toLowerCase() === known);
  return at < 0 ? null : `Account ${at}`;
}
