// Hardhat against a node that runs already: NODE_URL says where. Contracts are
// compiled by npm's solc, for nothing is downloaded, into build/peers.
const { join } = require("node:path");
const { subtask } = require("hardhat/config");
const { TASK_COMPILE_SOLIDITY_GET_SOLC_BUILD } = require("hardhat/builtin-tasks/task-names");
require("@nomicfoundation/hardhat-ethers");
require("@nomicfoundation/hardhat-chai-matchers");

const root = join(__dirname, "../../..");
const solc = join(root, "contracts/node_modules/solc");
const build = process.env.PEERS_BUILD ?? join(root, "build/peers");
const { version } = require(join(solc, "package.json"));

subtask(TASK_COMPILE_SOLIDITY_GET_SOLC_BUILD, async () => ({
  compilerPath: join(solc, "soljson.js"),
  isSolcJs: true,
  version,
  longVersion: version,
}));

module.exports = {
  solidity: { version, settings: { evmVersion: "osaka", optimizer: { enabled: true, runs: 200 } } },
  paths: { sources: "contracts", tests: "test", cache: join(build, "cache"), artifacts: join(build, "artifacts") },
  // The name decides: only "localhost" is taken for a development node, whose
  // transactions get a fixed gas limit and so may fail when they are mined.
  networks: { localhost: { url: process.env.NODE_URL ?? "http://127.0.0.1:8545", timeout: 60_000 } },
  mocha: { timeout: 60_000 },
};
