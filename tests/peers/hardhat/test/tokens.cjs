// OpenZeppelin's tokens: ERC-20 with permits, ERC-721, ERC-1155.
const { expect } = require("chai");
const { ethers } = require("hardhat");
const { loadFixture, time } = require("@nomicfoundation/hardhat-network-helpers");

async function shares() {
  const [alice, bob, carol] = await ethers.getSigners();
  return { alice, bob, carol, token: await ethers.deployContract("Shares", [alice, 1000n]) };
}

describe("ERC-20", () => {
  it("is transferred and spent within an allowance", async () => {
    const { token, alice, bob, carol } = await loadFixture(shares);
    await expect(token.approve(bob, 100n)).to.emit(token, "Approval").withArgs(alice.address, bob.address, 100n);
    await expect(token.connect(bob).transferFrom(alice, carol, 60n)).to.changeTokenBalances(token, [alice, carol], [-60n, 60n]);
    expect(await token.allowance(alice, bob)).to.equal(40n);
    await expect(token.connect(bob).transferFrom(alice, carol, 60n)).to.be.revertedWithCustomError(token, "ERC20InsufficientAllowance").withArgs(bob.address, 40n, 60n);
    await expect(token.transfer(ethers.ZeroAddress, 1n)).to.be.revertedWithCustomError(token, "ERC20InvalidReceiver").withArgs(ethers.ZeroAddress);
    await token.approve(bob, ethers.MaxUint256);
    await token.connect(bob).transferFrom(alice, carol, 1n);
    expect(await token.allowance(alice, bob)).to.equal(ethers.MaxUint256);
  });

  it("is approved by a permit until its deadline", async () => {
    const { token, alice, bob } = await loadFixture(shares);
    const { chainId } = await ethers.provider.getNetwork();
    const domain = { name: "Shares", version: "1", chainId, verifyingContract: await token.getAddress() };
    const names = [["owner", "address"], ["spender", "address"], ["value", "uint256"], ["nonce", "uint256"], ["deadline", "uint256"]];
    const types = { Permit: names.map(([name, type]) => ({ name, type })) };
    const deadline = (await time.latest()) + 50;
    const sign = async (nonce) => ethers.Signature.from(await alice.signTypedData(domain, types, { owner: alice.address, spender: bob.address, value: 5n, nonce, deadline }));
    expect(await token.DOMAIN_SEPARATOR()).to.equal(ethers.TypedDataEncoder.hashDomain(domain));
    let { v, r, s } = await sign(0n);
    await token.permit(alice, bob, 5n, deadline, v, r, s);
    expect(await token.allowance(alice, bob)).to.equal(5n);
    await expect(token.permit(alice, bob, 5n, deadline, v, r, s)).to.be.revertedWithCustomError(token, "ERC2612InvalidSigner");
    ({ v, r, s } = await sign(1n));
    await time.increaseTo(deadline + 1);
    await expect(token.permit(alice, bob, 5n, deadline, v, r, s)).to.be.revertedWithCustomError(token, "ERC2612ExpiredSignature").withArgs(deadline);
  });
});

async function deeds() {
  const [admin, minter, alice, bob] = await ethers.getSigners();
  const token = await ethers.deployContract("Deeds", [admin]);
  await token.grantRole(await token.MINTER(), minter);
  return { admin, minter, alice, bob, token, chest: await ethers.deployContract("Chest"), mishaps: await ethers.deployContract("Mishaps", [false]) };
}

describe("ERC-721", () => {
  it("is minted by those who may, to those who take it", async () => {
    const { token, minter, alice, chest, mishaps } = await loadFixture(deeds);
    const role = await token.MINTER();
    await expect(token.connect(alice).safeMint(alice, 1)).to.be.revertedWithCustomError(token, "AccessControlUnauthorizedAccount").withArgs(alice.address, role);
    await expect(token.connect(minter).safeMint(alice, 1)).to.emit(token, "Transfer").withArgs(ethers.ZeroAddress, alice.address, 1);
    await token.connect(minter).safeMint(chest, 2);
    await expect(token.connect(minter).safeMint(mishaps, 3)).to.be.revertedWithCustomError(token, "ERC721InvalidReceiver").withArgs(await mishaps.getAddress());
    await expect(token.connect(minter).safeMint(alice, 1)).to.be.revertedWithCustomError(token, "ERC721InvalidSender");
    expect(await token.totalSupply()).to.equal(2);
    expect(await token.tokenByIndex(1)).to.equal(2);
    expect(await token.tokenURI(1)).to.equal("ipfs://deeds/1");
  });

  it("changes hands with approval, and not while paused", async () => {
    const { token, admin, minter, alice, bob } = await loadFixture(deeds);
    await token.connect(minter).safeMint(alice, 1);
    const take = () => token.connect(bob).transferFrom(alice, bob, 1);
    await expect(take()).to.be.revertedWithCustomError(token, "ERC721InsufficientApproval").withArgs(bob.address, 1);
    await token.connect(alice).approve(bob, 1);
    await token.connect(admin).setPaused(true);
    await expect(take()).to.be.revertedWithCustomError(token, "EnforcedPause");
    await token.connect(admin).setPaused(false);
    await take();
    expect(await token.ownerOf(1)).to.equal(bob.address);
    await expect(token.ownerOf(9)).to.be.revertedWithCustomError(token, "ERC721NonexistentToken").withArgs(9);
    expect(await token.tokenOfOwnerByIndex(bob, 0)).to.equal(1);
    await expect(token.tokenOfOwnerByIndex(alice, 0)).to.be.revertedWithCustomError(token, "ERC721OutOfBoundsIndex");
  });
});

describe("ERC-1155", () => {
  it("moves many kinds at once, to those who take them", async () => {
    const { alice, bob, chest, mishaps } = await loadFixture(deeds);
    const token = await ethers.deployContract("Goods");
    await expect(token.mint(alice, [1, 2, 3], [10, 20, 30])).to.emit(token, "TransferBatch");
    expect(await token.balanceOfBatch([alice, alice, bob], [1, 3, 3])).to.deep.equal([10n, 30n, 0n]);
    const send = (from, to, ids, values) => token.connect(from).safeBatchTransferFrom(alice, to, ids, values, "0x1234");
    await send(alice, chest, [1, 2], [4, 5]);
    expect(await token.balanceOf(chest, 2)).to.equal(5);
    await expect(send(bob, bob, [1], [1])).to.be.revertedWithCustomError(token, "ERC1155MissingApprovalForAll").withArgs(bob.address, alice.address);
    await token.connect(alice).setApprovalForAll(bob, true);
    await send(bob, bob, [1], [1]);
    await expect(send(alice, mishaps, [1], [1])).to.be.revertedWithCustomError(token, "ERC1155InvalidReceiver");
    await expect(send(alice, bob, [1], [100])).to.be.revertedWithCustomError(token, "ERC1155InsufficientBalance").withArgs(alice.address, 5, 100, 1);
    await expect(send(alice, bob, [1, 2], [1])).to.be.revertedWithCustomError(token, "ERC1155InvalidArrayLength").withArgs(2, 1);
    expect(await token["totalSupply(uint256)"](3)).to.equal(30);
  });
});
