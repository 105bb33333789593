// viem's clients for a node, and the contracts deployed on it.
import { createPublicClient, createWalletClient, http } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { anvil as localChain } from "viem/chains";

import { artifact, KEYS } from "./node.mjs";

export const accounts = KEYS.map((key) => privateKeyToAccount(key));

export function clients(node) {
  const transport = http(node.url);
  const reader = createPublicClient({ chain: localChain, transport, pollingInterval: 20, cacheTime: 0 });
  const wallets = accounts.map((account) => createWalletClient({ account, chain: localChain, transport }));
  return { reader, wallets };
}

export async function deploy({ reader, wallets }, name, args = [], options = {}) {
  const { abi, bytecode } = artifact(name);
  const hash = await wallets[0].deployContract({ abi, bytecode, args, ...options });
  const receipt = await reader.waitForTransactionReceipt({ hash });
  return { abi, address: receipt.contractAddress, receipt };
}

// Sends a contract call and waits; asserts nothing about how it ended.
export async function send({ reader }, wallet, contract, functionName, args = [], options = {}) {
  const hash = await wallet.writeContract({ address: contract.address, abi: contract.abi, functionName, args, ...options });
  return reader.waitForTransactionReceipt({ hash });
}

export function read({ reader }, contract, functionName, args = []) {
  return reader.readContract({ address: contract.address, abi: contract.abi, functionName, args });
}

// The custom error (or the panic's or revert's text) a call ends in, or null.
export async function refusal({ reader }, wallet, contract, functionName, args = []) {
  try {
    await reader.simulateContract({ account: wallet.account, address: contract.address, abi: contract.abi, functionName, args });
    return null;
  } catch (error) {
    const revert = error.walk((cause) => cause.name === "ContractFunctionRevertedError");
    if (!revert) throw error;
    return revert.data ?? revert;
  }
}
