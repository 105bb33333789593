// OpenZeppelin's Governor with a TimelockController and a voting token, on
// timestamps: proposals from first to last, and all that must not work.
const { expect } = require("chai");
const { ethers } = require("hardhat");
const { impersonateAccount, loadFixture, mine, setBalance, time } = require("@nomicfoundation/hardhat-network-helpers");

const State = { Pending: 0n, Active: 1n, Canceled: 2n, Defeated: 3n, Succeeded: 4n, Queued: 5n, Expired: 6n, Executed: 7n };
const Vote = { Against: 0, For: 1, Abstain: 2 };
const DAY = 86_400;
const DELAY = DAY;
const PERIOD = 7 * DAY;
const TIMELOCK = 2 * DAY;
const ether = ethers.parseEther;

// One proposal to call `target`, and what is done with it.
class Proposal {
  constructor(governor, actions, description) {
    this.governor = governor;
    this.targets = actions.map(({ target }) => target);
    this.values = actions.map(({ value }) => value ?? 0n);
    this.data = actions.map(({ data }) => data);
    this.description = description;
    this.args = [this.targets, this.values, this.data, ethers.id(description)];
  }

  async propose(by) {
    this.id = await this.governor.hashProposal(...this.args);
    return this.governor.connect(by).propose(this.targets, this.values, this.data, this.description);
  }

  state() {
    return this.governor.state(this.id);
  }

  async waitForStart() {
    await time.increaseTo((await this.governor.proposalSnapshot(this.id)) + 1n);
  }

  async waitForEnd() {
    await time.increaseTo((await this.governor.proposalDeadline(this.id)) + 1n);
  }

  async waitForTimelock() {
    await time.increaseTo(await this.governor.proposalEta(this.id));
  }

  vote(by, support) {
    return this.governor.connect(by).castVote(this.id, support);
  }

  queue() {
    return this.governor.queue(...this.args);
  }

  execute() {
    return this.governor.execute(...this.args);
  }
}

async function fixture() {
  const [owner, proposer, voter1, voter2, voter3, other] = await ethers.getSigners();
  const token = await ethers.deployContract("Shares", [owner, ether("100")]);
  const timelock = await ethers.deployContract("TimelockController", [TIMELOCK, [], [], owner]);
  const governor = await ethers.deployContract("Parliament", [token, timelock]);
  const mishaps = await ethers.deployContract("Mishaps", [false]);
  for (const role of ["PROPOSER_ROLE", "EXECUTOR_ROLE", "CANCELLER_ROLE"]) await timelock.grantRole(await timelock[role](), governor);
  await timelock.renounceRole(await timelock.DEFAULT_ADMIN_ROLE(), owner);
  for (const [who, amount] of [[proposer, "10"], [voter1, "10"], [voter2, "7"], [voter3, "5"]]) {
    await token.transfer(who, ether(amount));
    await token.connect(who).delegate(who);
  }
  await owner.sendTransaction({ to: timelock, value: ether("1") });
  const go = { target: await mishaps.getAddress(), data: mishaps.interface.encodeFunctionData("go", [42, "by vote"]), value: 7n };
  const proposal = new Proposal(governor, [go], "go ahead");
  return { owner, proposer, voter1, voter2, voter3, other, token, timelock, governor, mishaps, proposal };
}

async function proposed() {
  const all = await fixture();
  await all.proposal.propose(all.proposer);
  return all;
}

async function active() {
  const all = await proposed();
  await all.proposal.waitForStart();
  return all;
}

async function succeeded() {
  const all = await active();
  await all.proposal.vote(all.voter1, Vote.For);
  await all.proposal.waitForEnd();
  return all;
}

describe("Governor", () => {
  it("is deployed as it says", async () => {
    const { governor, token, timelock } = await loadFixture(fixture);
    expect(await governor.name()).to.equal("Parliament");
    expect(await governor.token()).to.equal(await token.getAddress());
    expect(await governor.timelock()).to.equal(await timelock.getAddress());
    expect(await governor.votingDelay()).to.equal(DELAY);
    expect(await governor.votingPeriod()).to.equal(PERIOD);
    expect(await governor.CLOCK_MODE()).to.equal("mode=timestamp");
    expect(await governor.clock()).to.equal(await time.latest());
    expect(await governor.COUNTING_MODE()).to.equal("support=bravo&quorum=for,abstain");
  });

  it("carries a proposal from the first word to the last", async () => {
    const { governor, timelock, mishaps, proposal, proposer, voter1, voter2, voter3 } = await loadFixture(fixture);
    const sent = proposal.propose(proposer);
    await expect(sent).to.emit(governor, "ProposalCreated");
    const at = BigInt(await time.latest());
    expect(await governor.proposalSnapshot(proposal.id)).to.equal(at + BigInt(DELAY));
    expect(await governor.proposalDeadline(proposal.id)).to.equal(at + BigInt(DELAY + PERIOD));
    expect(await governor.proposalProposer(proposal.id)).to.equal(proposer.address);
    expect(await proposal.state()).to.equal(State.Pending);

    await proposal.waitForStart();
    expect(await proposal.state()).to.equal(State.Active);
    await expect(governor.connect(voter1).castVoteWithReason(proposal.id, Vote.For, "it is right"))
      .to.emit(governor, "VoteCast").withArgs(voter1.address, proposal.id, Vote.For, ether("10"), "it is right");
    await expect(proposal.vote(voter2, Vote.Against)).to.emit(governor, "VoteCast");
    await proposal.vote(voter3, Vote.Abstain);
    expect(await governor.proposalVotes(proposal.id)).to.deep.equal([ether("7"), ether("10"), ether("5")]);
    expect(await governor.hasVoted(proposal.id, voter1)).to.equal(true);
    expect(await governor.hasVoted(proposal.id, proposer)).to.equal(false);

    await proposal.waitForEnd();
    expect(await proposal.state()).to.equal(State.Succeeded);
    await expect(proposal.queue()).to.emit(governor, "ProposalQueued").and.to.emit(timelock, "CallScheduled");
    expect(await proposal.state()).to.equal(State.Queued);
    await proposal.waitForTimelock();
    await expect(proposal.execute())
      .to.emit(governor, "ProposalExecuted").withArgs(proposal.id)
      .and.to.emit(timelock, "CallExecuted")
      .and.to.emit(mishaps, "Went").withArgs(await timelock.getAddress(), 42, "by vote");
    expect(await proposal.state()).to.equal(State.Executed);
    expect(await ethers.provider.getBalance(mishaps)).to.equal(7n);
  });

  it("takes votes by signature", async () => {
    const { governor, proposal, voter1, other } = await loadFixture(active);
    const { chainId } = await ethers.provider.getNetwork();
    const domain = { name: "Parliament", version: "1", chainId, verifyingContract: await governor.getAddress() };
    const types = { Ballot: [["proposalId", "uint256"], ["support", "uint8"], ["voter", "address"], ["nonce", "uint256"]].map(([name, type]) => ({ name, type })) };
    const ballot = { proposalId: proposal.id, support: Vote.For, voter: voter1.address, nonce: await governor.nonces(voter1) };
    const signature = await voter1.signTypedData(domain, types, ballot);
    const cast = (support) => governor.connect(other).castVoteBySig(proposal.id, support, voter1, signature);
    await expect(cast(Vote.Against)).to.be.revertedWithCustomError(governor, "GovernorInvalidSignature").withArgs(voter1.address);
    await expect(cast(Vote.For)).to.emit(governor, "VoteCast").withArgs(voter1.address, proposal.id, Vote.For, ether("10"), "");
    await expect(cast(Vote.For)).to.be.revertedWithCustomError(governor, "GovernorInvalidSignature");
  });

  it("counts votes as they were when voting began", async () => {
    const { governor, token, proposal, proposer, voter1, voter2 } = await loadFixture(active);
    await token.connect(voter1).transfer(voter2, ether("10"));
    await proposal.vote(voter1, Vote.For);
    await proposal.vote(voter2, Vote.Against);
    expect((await governor.proposalVotes(proposal.id)).slice(0, 2)).to.deep.equal([ether("7"), ether("10")]);
    const snapshot = await governor.proposalSnapshot(proposal.id);
    await expect(token.getPastVotes(proposer, (await time.latest()) + 10)).to.be.revertedWithCustomError(token, "ERC5805FutureLookup");
    expect(await token.getPastTotalSupply(snapshot)).to.equal(ether("100"));
  });

  it("refuses what is proposed without votes, twice or wrongly", async () => {
    const { governor, proposal, proposer, other, mishaps } = await loadFixture(fixture);
    await expect(proposal.propose(other)).to.be.revertedWithCustomError(governor, "GovernorInsufficientProposerVotes").withArgs(other.address, 0, ether("10"));
    await proposal.propose(proposer);
    await expect(proposal.propose(proposer)).to.be.revertedWithCustomError(governor, "GovernorUnexpectedProposalState")
      .withArgs(proposal.id, State.Pending, ethers.ZeroHash);
    await expect(governor.connect(proposer).propose([], [], [], "nothing")).to.be.revertedWithCustomError(governor, "GovernorInvalidProposalLength").withArgs(0, 0, 0);
    await expect(governor.connect(proposer).propose([mishaps], [], ["0x"], "uneven")).to.be.revertedWithCustomError(governor, "GovernorInvalidProposalLength").withArgs(1, 1, 0);
  });

  it("refuses votes out of time, twice or of no kind", async () => {
    const { governor, proposal, voter1 } = await loadFixture(proposed);
    const wrongState = () => expect(proposal.vote(voter1, Vote.For)).to.be.revertedWithCustomError(governor, "GovernorUnexpectedProposalState");
    await wrongState();
    await proposal.waitForStart();
    await expect(proposal.vote(voter1, 3)).to.be.revertedWithCustomError(governor, "GovernorInvalidVoteType");
    await proposal.vote(voter1, Vote.For);
    await expect(proposal.vote(voter1, Vote.For)).to.be.revertedWithCustomError(governor, "GovernorAlreadyCastVote").withArgs(voter1.address);
    await proposal.waitForEnd();
    await wrongState();
    await expect(governor.state(1)).to.be.revertedWithCustomError(governor, "GovernorNonexistentProposal").withArgs(1);
  });

  it("is defeated without a quorum or a majority", async () => {
    const { governor, token, proposal, proposer, owner, voter1 } = await loadFixture(fixture);
    await token.connect(voter1).transfer(owner, ether("9"));
    await proposal.propose(proposer);
    await proposal.waitForStart();
    await proposal.vote(voter1, Vote.For);
    await proposal.waitForEnd();
    expect(await governor.quorum(await governor.proposalSnapshot(proposal.id))).to.equal(ether("4"));
    expect(await proposal.state()).to.equal(State.Defeated);
    await expect(proposal.queue()).to.be.revertedWithCustomError(governor, "GovernorUnexpectedProposalState");
  });

  it("waits for the timelock", async () => {
    const { governor, timelock, proposal } = await loadFixture(succeeded);
    await expect(proposal.execute()).to.be.revertedWithCustomError(governor, "GovernorUnexpectedProposalState");
    await proposal.queue();
    await expect(proposal.queue()).to.be.revertedWithCustomError(governor, "GovernorUnexpectedProposalState");
    await expect(proposal.execute()).to.be.revertedWithCustomError(timelock, "TimelockUnexpectedOperationState");
    await time.increaseTo((await governor.proposalEta(proposal.id)) - 2n);
    await expect(proposal.execute()).to.be.revertedWithCustomError(timelock, "TimelockUnexpectedOperationState");
    await proposal.waitForTimelock();
    await proposal.execute();
    await expect(proposal.execute()).to.be.revertedWithCustomError(governor, "GovernorUnexpectedProposalState");
  });

  it("goes on longer when a quorum comes late", async () => {
    const { governor, proposal, voter1 } = await loadFixture(active);
    const deadline = await governor.proposalDeadline(proposal.id);
    await time.setNextBlockTimestamp(deadline - 10n);
    await expect(proposal.vote(voter1, Vote.For)).to.emit(governor, "ProposalExtended").withArgs(proposal.id, deadline - 10n + BigInt(DAY));
    expect(await governor.proposalDeadline(proposal.id)).to.equal(deadline - 10n + BigInt(DAY));
    await time.increaseTo(deadline + 1n);
    expect(await proposal.state()).to.equal(State.Active);
  });

  it("is cancelled by its proposer, before voting alone", async () => {
    const { governor, proposal, proposer, other } = await loadFixture(proposed);
    const cancel = (by) => governor.connect(by).cancel(...proposal.args);
    await expect(cancel(other)).to.be.revertedWithCustomError(governor, "GovernorUnableToCancel").withArgs(proposal.id, other.address);
    await expect(cancel(proposer)).to.emit(governor, "ProposalCanceled").withArgs(proposal.id);
    expect(await proposal.state()).to.equal(State.Canceled);
  });

  it("changes its own rules by vote alone", async () => {
    const { governor, timelock, proposer, voter1, owner } = await loadFixture(fixture);
    await expect(governor.connect(owner).setVotingPeriod(DAY)).to.be.revertedWithCustomError(governor, "GovernorOnlyExecutor").withArgs(owner.address);
    const data = governor.interface.encodeFunctionData("setVotingPeriod", [3 * DAY]);
    const proposal = new Proposal(governor, [{ target: await governor.getAddress(), data }], "shorter votes");
    await proposal.propose(proposer);
    await proposal.waitForStart();
    await proposal.vote(voter1, Vote.For);
    await proposal.waitForEnd();
    await proposal.queue();
    await proposal.waitForTimelock();
    await expect(proposal.execute()).to.emit(governor, "VotingPeriodSet").withArgs(PERIOD, 3 * DAY);

    const relayer = await timelock.getAddress();
    await impersonateAccount(relayer);
    await setBalance(relayer, ether("1"));
    await expect(governor.connect(await ethers.getSigner(relayer)).setVotingPeriod(DAY)).to.be.revertedWithPanic(0x31);
  });

  it("tells why an action of a proposal fails", async () => {
    const { governor, mishaps, timelock, proposer, voter1 } = await loadFixture(fixture);
    const target = await mishaps.getAddress();
    const fates = [
      ["because", ["no luck"], (result) => result.to.be.revertedWith("no luck")],
      ["custom", [5], async (result) => result.to.be.revertedWithCustomError(mishaps, "NotToday").withArgs(await timelock.getAddress(), 5)],
      ["overflow", [1], (result) => result.to.be.revertedWithPanic(0x11)],
      ["silent", [], (result) => result.to.be.revertedWithCustomError(timelock, "FailedCall")],
    ];
    const proposals = [];
    for (const [name, args] of fates) {
      const proposal = new Proposal(governor, [{ target, data: mishaps.interface.encodeFunctionData(name, args) }], name);
      await proposal.propose(proposer);
      proposals.push(proposal);
    }
    await proposals.at(-1).waitForStart();
    for (const proposal of proposals) await proposal.vote(voter1, Vote.For);
    await proposals.at(-1).waitForEnd();
    for (const proposal of proposals) await proposal.queue();
    await proposals.at(-1).waitForTimelock();
    for (const [i, proposal] of proposals.entries()) {
      await fates[i][2](expect(proposal.execute()));
      expect(await proposal.state()).to.equal(State.Queued);
    }
  });
});

describe("Votes", () => {
  it("follow the token, with a checkpoint for each time", async () => {
    const { token, owner, voter1, other } = await loadFixture(fixture);
    await expect(token.delegate(other)).to.emit(token, "DelegateChanged").withArgs(owner.address, ethers.ZeroAddress, other.address)
      .and.to.emit(token, "DelegateVotesChanged").withArgs(other.address, 0, ether("68"));
    const first = await time.latest();
    await token.transfer(voter1, ether("8"));
    const second = await time.latest();
    await mine(5);
    expect(await token.getVotes(other)).to.equal(ether("60"));
    expect(await token.getPastVotes(other, first)).to.equal(ether("68"));
    expect(await token.getPastVotes(other, second)).to.equal(ether("60"));
    expect(await token.numCheckpoints(other)).to.equal(2);
    expect((await token.checkpoints(other, 1)).toArray()).to.deep.equal([BigInt(second), ether("60")]);
  });

  it("are delegated by signature until it expires", async () => {
    const { token, voter1, other } = await loadFixture(fixture);
    const { chainId } = await ethers.provider.getNetwork();
    const domain = { name: "Shares", version: "1", chainId, verifyingContract: await token.getAddress() };
    const types = { Delegation: [["delegatee", "address"], ["nonce", "uint256"], ["expiry", "uint256"]].map(([name, type]) => ({ name, type })) };
    const expiry = (await time.latest()) + 100;
    const { v, r, s } = ethers.Signature.from(await voter1.signTypedData(domain, types, { delegatee: other.address, nonce: 0, expiry }));
    await expect(token.delegateBySig(other, 0, expiry, v, r, s)).to.emit(token, "DelegateChanged").withArgs(voter1.address, voter1.address, other.address);
    await expect(token.delegateBySig(other, 0, expiry, v, r, s)).to.be.revertedWithCustomError(token, "InvalidAccountNonce").withArgs(voter1.address, 1);
    await time.increaseTo(expiry + 1);
    await expect(token.delegateBySig(other, 0, expiry, v, r, s)).to.be.revertedWithCustomError(token, "VotesExpiredSignature").withArgs(expiry);
  });
});
