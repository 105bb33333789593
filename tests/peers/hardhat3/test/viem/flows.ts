// The flows of Hardhat's guides, with viem and Node's own tests.
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { network } from "hardhat";
import { getAddress, parseEther } from "viem";

import VaultModule from "../../ignition/modules/Vault.js";

const WEEK = 7n * 24n * 3600n;

describe("A vault", async () => {
  const { ignition, networkHelpers, viem } = await network.create();
  const [alice, bob] = await viem.getWalletClients();
  const chain = await viem.getPublicClient();
  const test = await viem.getTestClient();

  async function deployed() {
    const until = (await chain.getBlock()).timestamp + WEEK;
    const deploymentId = `viem-${process.pid}`; // none goes on from another
    return { until, ...(await ignition.deploy(VaultModule, { deploymentId, parameters: { Vault: { until } } })) };
  }

  it("opens when its time has come", async () => {
    const { until, vault } = await networkHelpers.loadFixture(deployed);
    await viem.assertions.revertWithCustomError(vault.write.release([5n]), vault, "TooEarly");
    await networkHelpers.time.increaseTo(until);
    await viem.assertions.emitWithArgs(vault.write.release([5n]), vault, "Released", [getAddress(alice.account.address), 5n]);
    const events = await vault.getEvents.Released();
    assert.equal(events.length, 1);
  });

  it("says why it fails", async () => {
    const { until, vault } = await networkHelpers.loadFixture(deployed);
    await networkHelpers.time.increaseTo(until);
    await viem.assertions.revertWith(vault.write.release([0n]), "nothing to release");
    await viem.assertions.revertWith(vault.write.release([0n], { gas: 300_000n }), "nothing to release");
    const another = await viem.getContractAt("Vault", vault.address, { client: { wallet: bob } });
    await viem.assertions.revertWithCustomErrorWithArgs(another.write.release([1n]), vault, "NotYours", [getAddress(bob.account.address)]);
    await viem.assertions.revert(vault.read.share([1n, 0n]));
    assert.equal(await vault.read.share([9n, 3n]), 3n);
  });

  it("is paid", async () => {
    await viem.assertions.balancesHaveChanged(alice.sendTransaction({ to: bob.account.address, value: 7n }), [
      { address: bob.account.address, amount: 7n },
    ]);
  });

  it("is reached by whoever is impersonated", async () => {
    const { coin, vault } = await networkHelpers.loadFixture(deployed);
    await test.setBalance({ address: vault.address, value: parseEther("1") });
    await test.impersonateAccount({ address: vault.address });
    const hash = await coin.write.transfer([bob.account.address, 9n], { account: vault.address });
    await chain.waitForTransactionReceipt({ hash });
    assert.equal(await coin.read.balanceOf([bob.account.address]), 9n);
    await test.stopImpersonatingAccount({ address: vault.address });
  });

  it("is a contract whose deployment can be watched", async () => {
    const { contract, deploymentTransaction } = await viem.sendDeploymentTransaction("Talk");
    const receipt = await chain.waitForTransactionReceipt({ hash: deploymentTransaction.hash });
    assert.equal(receipt.status, "success");
    assert.equal(getAddress(receipt.contractAddress!), contract.address);
  });
});
