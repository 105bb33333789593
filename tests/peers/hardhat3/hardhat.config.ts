// Hardhat 3 against a node that runs already: NODE_URL says where. TOOLBOX is
// mocha-ethers or viem, for Ignition takes but one; PROJECT_BUILD is where what is
// built goes. Contracts are compiled by npm's solc, for nothing is downloaded.
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "hardhat/config";

const here = dirname(fileURLToPath(import.meta.url));
const { default: toolbox } = await import(`@nomicfoundation/hardhat-toolbox-${process.env.TOOLBOX ?? "mocha-ethers"}`);
const build = process.env.PROJECT_BUILD ?? join(here, "../../../build/peers/hardhat3");
const contracts = createRequire(join(here, "../../../contracts/package.json"));
const { version } = contracts("solc/package.json");

export const solidity = {
  version,
  path: contracts.resolve("solc/soljson.js"),
  settings: { evmVersion: "osaka", optimizer: { enabled: true, runs: 200 } },
};
export const url = process.env.NODE_URL ?? "http://127.0.0.1:8545";

export default defineConfig({
  plugins: [toolbox],
  solidity,
  paths: {
    sources: ["contracts"],
    tests: { mocha: "test/ethers", nodejs: "test/viem" },
    cache: join(build, "cache"),
    artifacts: join(build, "artifacts"),
    ignition: join(build, "ignition"),
  },
  typechain: { outDir: join(build, "types") },
  networks: {
    loft: { type: "http", url },
    forked: { type: "edr-simulated", chainType: "l1", forking: { url } },
  },
});
