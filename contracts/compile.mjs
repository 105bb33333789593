#!/usr/bin/env node
// Compiles src/ into artifacts/, one JSON file a contract. With --check it
// writes nothing and says which committed artifact differs from its source:
// exit 0 all fresh, 1 some stale, 77 no compiler installed (npm ci).
//
// An artifact holds what a program needs to deploy and call the contract
// without a compiler or a hash function: ABI, both bytecodes, and the selectors
// of functions and errors and topics of events by their signatures.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const artifacts = join(here, "artifacts");
const require = createRequire(import.meta.url);
const settings = {
  evmVersion: "cancun",
  optimizer: { enabled: true, runs: 1000 },
};
// Warnings of the compiler that stand for what we mean to do.
const accepted = new Map([
  ["2394", "transient storage: OpenZeppelin's guard, and test/Probe.sol"],
  ["5159", "selfdestruct: test/Probe.sol is there to try it"],
]);

function load(name) {
  try {
    return require(name);
  } catch (error) {
    if (error.code !== "MODULE_NOT_FOUND") throw error;
    console.log(`${name} is not installed: npm ci in contracts/ brings it`);
    process.exit(77);
  }
}

function sourceNames(dir = join(here, "src")) {
  return readdirSync(dir, { withFileTypes: true })
    .flatMap((entry) =>
      entry.isDirectory() ? sourceNames(join(dir, entry.name)) : [relative(here, join(dir, entry.name))])
    .filter((name) => name.endsWith(".sol"))
    .sort();
}

function readImport(name) {
  const path = join(here, "node_modules", name);
  return existsSync(path) ? { contents: readFileSync(path, "utf8") } : { error: `no file ${name}` };
}

function compile(solc, names) {
  const input = {
    language: "Solidity",
    sources: Object.fromEntries(names.map((name) => [name, { content: readFileSync(join(here, name), "utf8") }])),
    settings: {
      ...settings,
      outputSelection: { "*": { "*": ["abi", "evm.bytecode.object", "evm.deployedBytecode.object", "metadata"] } },
    },
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: readImport }));
  const complaints = (output.errors ?? []).filter((error) => error.severity !== "info" && !accepted.has(error.errorCode));
  for (const complaint of complaints) console.error(complaint.formattedMessage);
  if (complaints.length) process.exit(1);
  return output.contracts;
}

function typeOf(input) {
  if (!input.type.startsWith("tuple")) return input.type;
  return `(${input.components.map(typeOf).join(",")})${input.type.slice("tuple".length)}`;
}

// Hashes of the signatures of one kind of ABI item, the first `bytes` of each.
function hashes(keccak256, abi, kind, bytes) {
  const signatures = abi.filter((item) => item.type === kind).map((item) => `${item.name}(${item.inputs.map(typeOf).join(",")})`);
  return Object.fromEntries(signatures.sort().map((text) => [text, "0x" + keccak256(text).slice(0, 2 * bytes)]));
}

function artifact(keccak256, source, name, contract) {
  const metadata = JSON.parse(contract.metadata);
  return {
    contract: name,
    source,
    compiler: metadata.compiler.version,
    settings: { evmVersion: metadata.settings.evmVersion, optimizer: metadata.settings.optimizer },
    sources: Object.fromEntries(Object.entries(metadata.sources).map(([path, { keccak256: hash }]) => [path, hash])),
    abi: contract.abi,
    functions: hashes(keccak256, contract.abi, "function", 4),
    events: hashes(keccak256, contract.abi, "event", 32),
    errors: hashes(keccak256, contract.abi, "error", 4),
    bytecode: "0x" + contract.evm.bytecode.object,
    deployedBytecode: "0x" + contract.evm.deployedBytecode.object,
  };
}

function build() {
  const solc = load("solc");
  const { keccak256 } = load("js-sha3");
  const names = sourceNames();
  const contracts = compile(solc, names);
  const files = new Map();
  for (const source of names)
    for (const [name, contract] of Object.entries(contracts[source]))
      files.set(`${name}.json`, JSON.stringify(artifact(keccak256, source, name, contract), null, 1) + "\n");
  return files;
}

function check(files) {
  const committed = existsSync(artifacts) ? readdirSync(artifacts) : [];
  const stale = [...files].filter(([name, text]) => !committed.includes(name) || readFileSync(join(artifacts, name), "utf8") !== text);
  const orphaned = committed.filter((name) => !files.has(name));
  for (const [name] of stale) console.log(`artifacts/${name} is not what its source compiles to`);
  for (const name of orphaned) console.log(`artifacts/${name} has no source`);
  if (!stale.length && !orphaned.length) console.log(`${files.size} artifacts are what their sources compile to`);
  process.exit(stale.length || orphaned.length ? 1 : 0);
}

const files = build();
if (process.argv.includes("--check")) check(files);
rmSync(artifacts, { recursive: true, force: true });
mkdirSync(artifacts);
for (const [name, text] of files) {
  writeFileSync(join(artifacts, name), text);
  console.log(`${basename(name, ".json")}: ${(JSON.parse(text).deployedBytecode.length - 2) / 2} bytes`);
}
