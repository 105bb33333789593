// Prints what Hardhat's own chain, a fork of the node's, knows of the node's
// newest block: a sender's balance and nonce, the code that is there.
import { network } from "hardhat";

const [fork, node] = [await network.create("forked"), await network.create("loft")];
const look = async ({ ethers }: any) => {
  const [alice] = await ethers.getSigners();
  const newest = await ethers.provider.getBlock(await node.ethers.provider.getBlockNumber());
  return JSON.stringify([newest.number, newest.hash, `${await ethers.provider.getBalance(process.env.STRANGER)}`, await ethers.provider.getCode(process.env.CONTRACT), await alice.getNonce()]);
};
console.log(`node ${await look(node)}`);
console.log(`fork ${await look(fork)}`);
const talk = await fork.ethers.getContractAt("Talk", process.env.CONTRACT!);
const receipt = await (await talk.say("on the fork")).wait();
console.log(`said ${receipt!.status}, ${(await fork.ethers.provider.getBlockNumber()) - (await node.ethers.provider.getBlockNumber())} block`);
