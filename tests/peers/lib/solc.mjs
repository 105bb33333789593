#!/usr/bin/env node
// npm's solc as forge calls a compiler: --version, or --standard-json on
// standard input. forge brings all sources in the input.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const contracts = join(dirname(fileURLToPath(import.meta.url)), "../../../contracts/package.json");
const solc = createRequire(contracts)("solc");

if (process.argv.includes("--version")) console.log(`solc, the solidity compiler commandline interface\nVersion: ${solc.version()}`);
else process.stdout.write(solc.compile(readFileSync(0, "utf8")));
