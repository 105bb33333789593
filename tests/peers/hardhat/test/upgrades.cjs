// OpenZeppelin's proxies: UUPS, transparent, beacon; and AccessManager.
const { expect } = require("chai");
const { ethers } = require("hardhat");
const { getStorageAt, loadFixture, time } = require("@nomicfoundation/hardhat-network-helpers");

// EIP-1967: keccak256 of a name, less one.
const slotOf = (name) => ethers.toBeHex(BigInt(ethers.id(`eip1967.proxy.${name}`)) - 1n, 32);
const addressAt = async (proxy, name) => ethers.getAddress("0x" + (await getStorageAt(await proxy.getAddress(), slotOf(name))).slice(26));

async function fixture() {
  const [owner, other] = await ethers.getSigners();
  const [first, second] = [await ethers.deployContract("Box"), await ethers.deployContract("BoxV2")];
  const setUp = first.interface.encodeFunctionData("initialize", [owner.address, 7]);
  const double = second.interface.encodeFunctionData("double");
  const box = async (proxy) => ethers.getContractAt("BoxV2", await proxy.getAddress());
  return { owner, other, first, second, setUp, double, box };
}

describe("Proxies", () => {
  it("of UUPS are upgraded through what they stand for", async () => {
    const { owner, other, first, second, setUp, double, box } = await loadFixture(fixture);
    const proxy = await ethers.deployContract("ERC1967Proxy", [first, setUp]);
    const it = await box(proxy);
    expect(await it.value()).to.equal(7);
    await expect(first.initialize(owner, 1)).to.be.revertedWithCustomError(first, "InvalidInitialization");
    await expect(it.initialize(owner, 1)).to.be.revertedWithCustomError(it, "InvalidInitialization");
    await expect(it.store(21)).to.emit(it, "Stored").withArgs(21);
    await expect(it.version()).to.be.reverted;
    await expect(it.connect(other).upgradeToAndCall(second, double)).to.be.revertedWithCustomError(it, "OwnableUnauthorizedAccount").withArgs(other.address);
    await expect(it.upgradeToAndCall(other, "0x")).to.be.reverted;
    await expect(it.upgradeToAndCall(second, double)).to.emit(proxy, "Upgraded").withArgs(await second.getAddress());
    expect([await it.value(), await it.version()]).to.deep.equal([42n, 2n]);
    expect(await addressAt(proxy, "implementation")).to.equal(await second.getAddress());
    await expect(second.upgradeToAndCall(first, "0x")).to.be.revertedWithCustomError(second, "UUPSUnauthorizedCallContext");
  });

  it("that are transparent are upgraded by their admin alone", async () => {
    const { owner, other, first, second, setUp, double, box } = await loadFixture(fixture);
    const proxy = await ethers.deployContract("TransparentUpgradeableProxy", [first, owner, setUp]);
    const admin = await ethers.getContractAt("ProxyAdmin", await addressAt(proxy, "admin"));
    const it = await box(proxy);
    await it.store(5);
    await expect(admin.connect(other).upgradeAndCall(proxy, second, double)).to.be.revertedWithCustomError(admin, "OwnableUnauthorizedAccount");
    await expect(admin.upgradeAndCall(proxy, second, double)).to.emit(proxy, "Upgraded").withArgs(await second.getAddress());
    expect(await it.value()).to.equal(10);
  });

  it("of a beacon are upgraded together", async () => {
    const { owner, first, second, setUp, box } = await loadFixture(fixture);
    const beacon = await ethers.deployContract("UpgradeableBeacon", [first, owner]);
    const boxes = [];
    for (let i = 0; i < 3; ++i) boxes.push(await box(await ethers.deployContract("BeaconProxy", [beacon, setUp])));
    await boxes[1].store(9);
    await beacon.upgradeTo(second);
    for (const [i, it] of boxes.entries()) expect([await it.version(), await it.value()]).to.deep.equal([2n, i === 1 ? 9n : 7n]);
    await expect(beacon.upgradeTo(owner)).to.be.revertedWithCustomError(beacon, "BeaconInvalidImplementation").withArgs(owner.address);
  });
});

describe("AccessManager", () => {
  const CASHIER = 7n;
  const DELAY = 3600;

  async function managed() {
    const [admin, cashier, slow, other] = await ethers.getSigners();
    const manager = await ethers.deployContract("AccessManager", [admin]);
    const till = await ethers.deployContract("Till", [manager]);
    await manager.setTargetFunctionRole(till, [till.interface.getFunction("take").selector], CASHIER);
    await manager.grantRole(CASHIER, cashier, 0);
    await manager.grantRole(CASHIER, slow, DELAY);
    return { admin, cashier, slow, other, manager, till };
  }

  it("lets those take who have the role", async () => {
    const { till, manager, cashier, other } = await loadFixture(managed);
    await expect(till.connect(cashier).take(5)).to.emit(till, "Taken").withArgs(cashier.address, 5);
    await expect(till.connect(other).take(5)).to.be.revertedWithCustomError(till, "AccessManagedUnauthorized").withArgs(other.address);
    await manager.revokeRole(CASHIER, cashier);
    await expect(till.connect(cashier).take(5)).to.be.revertedWithCustomError(till, "AccessManagedUnauthorized");
  });

  it("makes those wait who have a delay", async () => {
    const { till, manager, slow } = await loadFixture(managed);
    const call = till.interface.encodeFunctionData("take", [9]);
    const take = () => manager.connect(slow).execute(till, call);
    await expect(till.connect(slow).take(9)).to.be.revertedWithCustomError(manager, "AccessManagerNotScheduled");
    await expect(manager.connect(slow).schedule(till, call, 0)).to.emit(manager, "OperationScheduled");
    await expect(take()).to.be.revertedWithCustomError(manager, "AccessManagerNotReady");
    await time.increase(DELAY);
    await expect(take()).to.emit(manager, "OperationExecuted").and.to.emit(till, "Taken").withArgs(await manager.getAddress(), 9);
    await manager.connect(slow).schedule(till, call, 0);
    await time.increase(8 * 86_400);
    await expect(take()).to.be.revertedWithCustomError(manager, "AccessManagerExpired");
  });

  it("closes a target", async () => {
    const { till, manager, cashier } = await loadFixture(managed);
    await manager.setTargetClosed(till, true);
    await expect(till.connect(cashier).take(1)).to.be.revertedWithCustomError(till, "AccessManagedUnauthorized");
    await manager.setTargetClosed(till, false);
    await till.connect(cashier).take(1);
    expect(await till.taken()).to.equal(1);
  });
});
