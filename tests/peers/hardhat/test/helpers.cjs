// Hardhat's network helpers, each against what the chain says afterwards.
const { expect } = require("chai");
const { ethers, network } = require("hardhat");
const helpers = require("@nomicfoundation/hardhat-network-helpers");

const { time } = helpers;
const STRANGER = "0x00000000000000000000000000000000000000aa";
const rpc = (method, ...params) => network.provider.send(method, params);

describe("Network helpers", () => {
  let snapshot;
  beforeEach(async () => {
    snapshot = await helpers.takeSnapshot();
  });
  afterEach(() => snapshot.restore());

  it("move time by seconds and to a time", async () => {
    const before = await time.latest();
    expect(await time.increase(1000)).to.equal(before + 1000);
    expect(await time.latest()).to.equal(before + 1000);
    await time.increaseTo(before + 5000);
    expect(await time.latest()).to.equal(before + 5000);
    await time.setNextBlockTimestamp(before + 6000);
    await helpers.mine();
    expect(await time.latest()).to.equal(before + 6000);
    await expect(time.increaseTo(before)).to.be.rejectedWith(/lower than/);
  });

  it("mine blocks, up to a number, and with an interval", async () => {
    const height = await time.latestBlock();
    await helpers.mine(10);
    expect(await time.latestBlock()).to.equal(height + 10);
    const before = await time.latest();
    await helpers.mine(4, { interval: 60 });
    expect(await time.latest()).to.be.within(before + 180, before + 250);
    await helpers.mineUpTo(height + 300);
    expect(await time.latestBlock()).to.equal(height + 300);
  });

  it("set balance, code, nonce and storage", async () => {
    await helpers.setBalance(STRANGER, 12345n);
    expect(await ethers.provider.getBalance(STRANGER)).to.equal(12345n);
    await helpers.setCode(STRANGER, "0x5f545f5260205ff3");
    await helpers.setStorageAt(STRANGER, 0, 77);
    expect(await ethers.provider.call({ to: STRANGER })).to.equal(ethers.toBeHex(77, 32));
    expect(await helpers.getStorageAt(STRANGER, 0)).to.equal(ethers.toBeHex(77, 32));
    await helpers.setNonce(STRANGER, 9);
    expect(await ethers.provider.getTransactionCount(STRANGER)).to.equal(9);
  });

  it("choose the next block's fee, beacon, receiver and gas limit", async () => {
    await helpers.setNextBlockBaseFeePerGas(10n ** 10n);
    await helpers.setPrevRandao(12345);
    await helpers.setCoinbase(STRANGER);
    await helpers.setBlockGasLimit(40_000_000);
    await helpers.mine();
    const block = await rpc("eth_getBlockByNumber", "latest", false);
    expect(block.baseFeePerGas).to.equal(ethers.toQuantity(10n ** 10n));
    expect(block.mixHash).to.equal(ethers.toBeHex(12345, 32));
    expect(block.miner).to.equal(STRANGER);
    expect(Number(block.gasLimit)).to.equal(40_000_000);
  });

  it("impersonate accounts, contracts too", async () => {
    const [alice] = await ethers.getSigners();
    const mishaps = await ethers.deployContract("Mishaps", [false]);
    for (const who of [STRANGER, await mishaps.getAddress()]) {
      await helpers.setBalance(who, 10n ** 18n);
      const signer = await ethers.getImpersonatedSigner(who);
      await expect(signer.sendTransaction({ to: alice, value: 7n })).to.changeEtherBalance(alice, 7n);
      await expect(mishaps.connect(signer).go(3, "as another")).to.emit(mishaps, "Went").withArgs(ethers.getAddress(who), 3, "as another");
      await helpers.stopImpersonatingAccount(who);
      await expect(rpc("eth_sendTransaction", { from: who, to: alice.address })).to.be.rejectedWith(/unknown account/i);
    }
  });

  it("drop a transaction that waits", async () => {
    const [alice, bob] = await ethers.getSigners();
    await rpc("evm_setAutomine", false);
    const sent = await rpc("eth_sendTransaction", { from: alice.address, to: bob.address, gas: "0x5208" });
    expect(await helpers.dropTransaction(sent)).to.equal(true);
    await rpc("evm_setAutomine", true);
    await helpers.mine();
    expect(await ethers.provider.getTransactionReceipt(sent)).to.equal(null);
  });

  it("go back to snapshots, the clock too", async () => {
    const [alice, bob] = await ethers.getSigners();
    const before = await time.latest();
    const height = await time.latestBlock();
    const balance = await ethers.provider.getBalance(bob);
    const point = await helpers.takeSnapshot();
    await time.increase(10 ** 6);
    await alice.sendTransaction({ to: bob, value: 1n });
    await point.restore();
    expect(await time.latest()).to.equal(before);
    expect(await time.latestBlock()).to.equal(height);
    expect(await ethers.provider.getBalance(bob)).to.equal(balance);
    await helpers.mine();
    expect(await time.latest()).to.be.below(before + 1000);
  });
});

describe("Fixtures", () => {
  async function deployed() {
    const mishaps = await ethers.deployContract("Mishaps", [false]);
    await mishaps.go(1, "in the fixture");
    return { mishaps, height: await time.latestBlock() };
  }

  for (let i = 0; i < 5; ++i)
    it(`are the same each time, ${i}`, async () => {
      const { mishaps, height } = await helpers.loadFixture(deployed);
      expect(await time.latestBlock()).to.equal(height);
      expect(await mishaps.count()).to.equal(1);
      await mishaps.go(2, "after it");
      expect(await mishaps.count()).to.equal(2);
    });
});

describe("The node", () => {
  it("says what it is", async () => {
    const metadata = await rpc("hardhat_metadata");
    expect(metadata.chainId).to.equal(31337);
    expect(metadata.latestBlockNumber).to.equal(await time.latestBlock());
    expect(await ethers.getSigners()).to.have.length(20);
  });
});
