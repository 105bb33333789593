// Who signs: an account of the node, or a wallet in the browser (EIP-6963,
// EIP-1193).
import { batch, call, RpcError } from "./rpc.js";
import { live } from "./live.js";
import { number } from "./format.js";
import { read, write } from "./hooks.js";

const found = new Map(); // uuid -> {info, provider}
const listeners = new Set();
const WALLETS_MAX = 20;
const ICON_CHARS_MAX = 100_000;

const clean = (info) => ({
  uuid: String(info.uuid).slice(0, 64),
  name: String(info.name).slice(0, 40),
  rdns: String(info.rdns ?? "").slice(0, 80),
  icon: typeof info.icon === "string" && info.icon.startsWith("data:image/") && info.icon.length < ICON_CHARS_MAX ? info.icon : null,
});

function announced(event) {
  const { info, provider } = event.detail ?? {};
  if (!info?.uuid || typeof provider?.request !== "function" || found.size >= WALLETS_MAX) return;
  found.set(info.uuid, { info: clean(info), provider });
  for (const listener of listeners) listener();
}

export function beginWallets() {
  addEventListener("eip6963:announceProvider", announced);
  dispatchEvent(new Event("eip6963:requestProvider"));
}

export const wallets = () => [...found.values()];

export function onWallets(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

// EIP-1193 and EIP-3085, in words.
const REASONS = {
  4001: "refused in the wallet",
  4100: "the wallet has not let this page use that account",
  4200: "the wallet does not have this method",
  4900: "the wallet is connected to no chain",
  4901: "the wallet is not connected to this chain",
  4902: "the wallet does not know this chain",
};

export class WalletError extends Error {
  constructor(error) {
    super(REASONS[error?.code] ?? `the wallet says: ${String(error?.message ?? error).slice(0, 300)}`);
    this.name = "WalletError";
    this.code = error?.code ?? null;
    this.data = typeof error?.data === "string" ? error.data : error?.data?.data ?? null;
  }
}

async function ask(provider, method, params) {
  try {
    return await provider.request({ method, params });
  } catch (error) {
    throw new WalletError(error);
  }
}

function describeChain(chainId) {
  return {
    chainId,
    chainName: `Loft ${number(chainId)}`,
    rpcUrls: [location.origin],
    nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
  };
}

// Has the wallet use this chain, and tells it of the chain where it must.
async function useChain(provider) {
  const chainId = live.status.chainId;
  if (number(await ask(provider, "eth_chainId", [])) === number(chainId)) return;
  try {
    await ask(provider, "wallet_switchEthereumChain", [{ chainId }]);
  } catch (error) {
    if (error.code !== 4902) throw error;
    await ask(provider, "wallet_addEthereumChain", [describeChain(chainId)]);
  }
}

export async function connect(uuid) {
  const wallet = found.get(uuid);
  if (!wallet) throw new WalletError({ code: 4900 });
  const accounts = await ask(wallet.provider, "eth_requestAccounts", []);
  if (!Array.isArray(accounts) || !accounts.length) throw new WalletError({ code: 4100 });
  return accounts[0];
}

// The one who signs: {kind: "node", address} or {kind: "wallet", uuid, address}.
export const signer = () => {
  const chosen = read("loft.signer", null);
  if (chosen?.kind === "wallet" && found.has(chosen.uuid)) return chosen;
  if (chosen?.kind === "node" && live.accounts.includes(chosen.address)) return chosen;
  return live.accounts.length ? { kind: "node", address: live.accounts[0] } : null;
};

export function chooseSigner(chosen) {
  write("loft.signer", chosen);
  for (const listener of listeners) listener();
}

// Sends and answers the hash.
export async function send(transaction) {
  const who = signer();
  if (!who) throw new Error("there is no account to send from");
  if (who.kind === "node") return call("eth_sendTransaction", { ...transaction, from: who.address });
  const { provider } = found.get(who.uuid);
  await useChain(provider);
  return ask(provider, "eth_sendTransaction", [{ ...transaction, from: who.address }]);
}

const RECEIPT_LOOKS = 240;
const RECEIPT_WAIT_MS = 500;

// Waits until it is in a block; null where that takes two minutes.
export async function receiptOf(hash, stopped = () => false) {
  for (let look = 0; look < RECEIPT_LOOKS && !stopped(); look++) {
    const [receipt] = await batch([["eth_getTransactionReceipt", hash]]).catch(() => [null]);
    if (receipt && !(receipt instanceof RpcError)) return receipt;
    await new Promise((done) => setTimeout(done, look ? RECEIPT_WAIT_MS : 30));
  }
  return null;
}
