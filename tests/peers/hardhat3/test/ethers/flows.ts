// The flows of Hardhat's guides, with ethers, mocha and the chai matchers.
import { anyValue } from "@nomicfoundation/hardhat-ethers-chai-matchers/withArgs";
import { expect } from "chai";
import { network } from "hardhat";

import VaultModule from "../../ignition/modules/Vault.js";

const { ethers, ignition, networkHelpers, provider } = await network.create();
const { time } = networkHelpers;
const STRANGER = "0x00000000000000000000000000000000000000aa";
let deployments = 0;
const WEEK = 7 * 24 * 3600;

async function deployed() {
  const [alice, bob] = await ethers.getSigners();
  const until = (await time.latest()) + WEEK;
  const deploymentId = `ethers-${process.pid}-${++deployments}`; // none goes on from another
  const { coin, vault } = await ignition.deploy(VaultModule, { deploymentId, parameters: { Vault: { until } } });
  return { alice, bob, until, coin, vault };
}

describe("A contract that Ignition deploys", () => {
  it("is behind its proxy, and the same for each test", async () => {
    for (let times = 0; times < 3; ++times) {
      const { alice, coin, vault, until } = await networkHelpers.loadFixture(deployed);
      expect(await vault.owner()).to.equal(alice.address);
      expect(await vault.until()).to.equal(until);
      expect(await coin.balanceOf(vault)).to.equal(1000n);
      await coin.mint(vault, 1n);
    }
  });

  it("opens when its time has come", async () => {
    const { alice, coin, vault, until } = await networkHelpers.loadFixture(deployed);
    await expect(vault.release(5n)).to.be.revertedWithCustomError(vault, "TooEarly").withArgs(anyValue, until);
    await time.setNextBlockTimestamp(until - 1);
    await expect(vault.release(5n)).to.be.revertedWithCustomError(vault, "TooEarly").withArgs(until - 1, until);
    await time.increaseTo(until);
    await expect(vault.release(5n)).to.emit(vault, "Released").withArgs(alice.address, 5n);
    await expect(vault.release(6n)).to.changeTokenBalances(ethers, coin, [vault, alice], [-6n, 6n]);
  });

  it("says why it fails, in calls and in transactions with and without gas given", async () => {
    const { bob, vault, until } = await networkHelpers.loadFixture(deployed);
    await time.increaseTo(until);
    for (const gas of [{}, { gasLimit: 300_000 }]) {
      await expect(vault.release(0n, gas)).to.be.revertedWith("nothing to release");
      await expect(vault.connect(bob).release(1n, gas)).to.be.revertedWithCustomError(vault, "NotYours").withArgs(bob.address);
      await expect(vault.connect(bob).release(1n, gas)).to.revert(ethers);
    }
    await expect(vault.share(1n, 7n)).to.be.revertedWithPanic(0x01);
    await expect(vault.share(1n, 0n)).to.be.revertedWithPanic(0x12);
    await expect(vault.connect(bob).initialize(vault, bob, 1n)).to.be.revertedWithCustomError(vault, "InvalidInitialization");
  });
});

describe("The network helpers", () => {
  let before: { restore(): Promise<void> };
  beforeEach(async () => {
    before = await networkHelpers.takeSnapshot();
  });
  afterEach(() => before.restore());

  it("move time and mine", async () => {
    const [height, now] = [await time.latestBlock(), await time.latest()];
    expect(await time.increase(1000)).to.equal(now + 1000);
    await time.increaseTo(now + 5000);
    await time.setNextBlockTimestamp(now + 6000);
    await networkHelpers.mine();
    expect(await time.latest()).to.equal(now + 6000);
    await networkHelpers.mine(10, { interval: 60 });
    expect(await time.latest()).to.be.within(now + 6540, now + 6610);
    await networkHelpers.mineUpTo(height + 200);
    expect(await time.latestBlock()).to.equal(height + 200);
    await expect(time.increaseTo(now)).to.be.rejectedWith(/lower than/);
  });

  it("set accounts", async () => {
    await networkHelpers.setBalance(STRANGER, 12345n);
    await networkHelpers.setCode(STRANGER, "0x5f545f5260205ff3");
    await networkHelpers.setStorageAt(STRANGER, 0, 77);
    await networkHelpers.setNonce(STRANGER, 9);
    expect(await ethers.provider.getBalance(STRANGER)).to.equal(12345n);
    expect(await ethers.provider.call({ to: STRANGER })).to.equal(ethers.toBeHex(77, 32));
    expect(await networkHelpers.getStorageAt(STRANGER, 0)).to.equal(ethers.toBeHex(77, 32));
    expect(await ethers.provider.getTransactionCount(STRANGER)).to.equal(9);
  });

  it("choose what the next block has", async () => {
    await networkHelpers.setNextBlockBaseFeePerGas(10n ** 10n);
    await networkHelpers.setPrevRandao(12345);
    await networkHelpers.setCoinbase(STRANGER);
    await networkHelpers.setBlockGasLimit(40_000_000);
    await networkHelpers.mine();
    const block: any = await provider.request({ method: "eth_getBlockByNumber", params: ["latest", false] });
    expect(BigInt(block.baseFeePerGas)).to.equal(10n ** 10n);
    expect(BigInt(block.mixHash)).to.equal(12345n);
    expect(block.miner).to.equal(STRANGER);
    expect(BigInt(block.gasLimit)).to.equal(40_000_000n);
  });

  it("impersonate accounts, contracts too", async () => {
    const { alice, coin, vault } = await deployed();
    for (const who of [STRANGER, await vault.getAddress()]) {
      await networkHelpers.setBalance(who, 10n ** 18n);
      await coin.mint(who, 7n);
      const signer = await ethers.getImpersonatedSigner(who);
      await expect(coin.connect(signer).transfer(alice, 7n)).to.changeTokenBalance(ethers, coin, alice, 7n);
      await expect(signer.sendTransaction({ to: alice, value: 7n })).to.changeEtherBalance(ethers, alice, 7n);
      await networkHelpers.stopImpersonatingAccount(who);
      await expect(signer.sendTransaction({ to: alice, value: 7n })).to.be.rejectedWith(/unknown account/i);
    }
  });

  it("drop a transaction that waits", async () => {
    const [alice, bob] = await ethers.getSigners();
    await provider.request({ method: "evm_setAutomine", params: [false] });
    const sent = await alice.sendTransaction({ to: bob, gasLimit: 21_000 });
    expect(await networkHelpers.dropTransaction(sent.hash)).to.equal(true);
    await provider.request({ method: "evm_setAutomine", params: [true] });
    await networkHelpers.mine();
    expect(await ethers.provider.getTransactionReceipt(sent.hash)).to.equal(null);
  });
});

describe("What a contract says", () => {
  it("does not disturb what it does", async () => {
    const talk = await ethers.deployContract("Talk");
    await expect(talk.say("hello from Hardhat 3")).to.emit(talk, "Said").withArgs("hello from Hardhat 3");
  });
});
