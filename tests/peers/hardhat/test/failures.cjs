// What goes wrong is told: through the chai matchers, for transactions that
// are mined and fail (gas is given), calls and estimates alike.
const { expect } = require("chai");
const { ethers, network } = require("hardhat");
const { loadFixture } = require("@nomicfoundation/hardhat-network-helpers");
const { anyValue } = require("@nomicfoundation/hardhat-chai-matchers/withArgs");

async function fixture() {
  const [alice, bob] = await ethers.getSigners();
  return { alice, bob, mishaps: await ethers.deployContract("Mishaps", [false]) };
}

// A function of the contract as a mined transaction, a call, an estimate.
const ways = {
  "a transaction": (mishaps, name, ...args) => mishaps[name](...args),
  "a transaction with little gas": (mishaps, name, ...args) => mishaps[name](...args, { gasLimit: 200_000 }),
  "a call": (mishaps, name, ...args) => mishaps[name].staticCall(...args),
  "an estimate": (mishaps, name, ...args) => mishaps[name].estimateGas(...args),
};

for (const [way, act] of Object.entries(ways))
  describe(`Failures of ${way}`, () => {
    it("have reasons", async () => {
      const { mishaps } = await loadFixture(fixture);
      for (const reason of ["no luck", "", "quotes ' and \" and ü", "x".repeat(500)])
        await expect(act(mishaps, "because", reason)).to.be.revertedWith(reason);
      await expect(act(mishaps, "nested", "from inside")).to.be.revertedWith("from inside");
    });

    it("have custom errors with arguments", async () => {
      const { mishaps, alice } = await loadFixture(fixture);
      await expect(act(mishaps, "custom", 5)).to.be.revertedWithCustomError(mishaps, "NotToday").withArgs(alice.address, 5);
      await expect(act(mishaps, "custom", 6)).to.be.revertedWithCustomError(mishaps, "NotToday").withArgs(anyValue, 6);
      await expect(act(mishaps, "bare")).to.be.revertedWithCustomError(mishaps, "Bare");
    });

    it("have panics", async () => {
      const { mishaps } = await loadFixture(fixture);
      await expect(act(mishaps, "overflow", 1)).to.be.revertedWithPanic(0x11);
      await expect(act(mishaps, "divide", 0)).to.be.revertedWithPanic(0x12);
      await expect(act(mishaps, "beyond")).to.be.revertedWithPanic(0x32);
      await expect(act(mishaps, "claim", false)).to.be.revertedWithPanic(0x01);
    });

    it("may have no reason", async () => {
      const { mishaps } = await loadFixture(fixture);
      await expect(act(mishaps, "silent")).to.be.revertedWithoutReason();
      await expect(act(mishaps, "silent")).to.be.reverted;
      await expect(act(mishaps, "claim", true)).not.to.be.reverted;
    });
  });

describe("Failures that are mined", () => {
  it("take their gas and nonce, and change nothing else", async () => {
    const { mishaps, alice } = await loadFixture(fixture);
    const [nonce, height] = [await alice.getNonce(), await ethers.provider.getBlockNumber()];
    await expect(mishaps.because("no luck")).to.be.revertedWith("no luck");
    expect(await alice.getNonce()).to.equal(nonce + 1);
    expect(await ethers.provider.getBlockNumber()).to.equal(height + 1);
    expect(await mishaps.count()).to.equal(0);
    const { transactions } = await ethers.provider.getBlock("latest");
    const receipt = await ethers.provider.getTransactionReceipt(transactions[0]);
    expect(receipt.status).to.equal(0);
  });

  it("happen in constructors", async () => {
    const factory = await ethers.getContractFactory("Mishaps");
    await expect(factory.deploy(true)).to.be.revertedWith("not even born");
    await expect(factory.deploy(true, { gasLimit: 3_000_000 })).to.be.revertedWith("not even born");
  });

  it("run out of gas", async () => {
    const { mishaps } = await loadFixture(fixture);
    await expect(mishaps.burn({ gasLimit: 100_000 })).to.be.rejectedWith(/out of gas/);
  });

  it("are told with a receipt to look up", async () => {
    const { mishaps, alice } = await loadFixture(fixture);
    const data = mishaps.interface.encodeFunctionData("because", ["no luck"]);
    const send = { from: alice.address, to: await mishaps.getAddress(), data, gas: "0x30d40" };
    const error = await network.provider.send("eth_sendTransaction", [send]).then(() => null, (reason) => reason);
    expect(error.data.data).to.equal(mishaps.interface.getAbiCoder().encode(["string"], ["no luck"]).replace("0x", "0x08c379a0"));
    expect((await ethers.provider.getTransactionReceipt(error.data.txHash)).status).to.equal(0);
  });
});

describe("What succeeds", () => {
  it("emits events with arguments", async () => {
    const { mishaps, alice } = await loadFixture(fixture);
    await expect(mishaps.go(5, "well")).to.emit(mishaps, "Went").withArgs(alice.address, 5, "well");
    await expect(mishaps.claim(true)).not.to.emit(mishaps, "Went");
  });

  it("moves ether", async () => {
    const { mishaps, alice, bob } = await loadFixture(fixture);
    await expect(mishaps.go(5, "paid", { value: 9n })).to.changeEtherBalances([alice, mishaps], [-9n, 9n]);
    await expect(alice.sendTransaction({ to: bob, value: 3n })).to.changeEtherBalance(bob, 3n);
    await expect(alice.sendTransaction({ to: bob, value: 3n })).to.changeEtherBalance(alice, -3n);
  });

  it("moves tokens", async () => {
    const { alice, bob } = await loadFixture(fixture);
    const shares = await ethers.deployContract("Shares", [alice, 100n]);
    await expect(shares.transfer(bob, 40n)).to.changeTokenBalances(shares, [alice, bob], [-40n, 40n]);
    await expect(shares.transfer(bob, 61n)).to.be.revertedWithCustomError(shares, "ERC20InsufficientBalance").withArgs(alice.address, 60n, 61n);
  });
});
