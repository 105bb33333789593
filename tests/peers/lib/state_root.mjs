// State roots from accounts in memory: the trie of the Yellow Paper's appendix
// D, for data that is small and trusted. Keys are of one length.
import { keccak256, pad, toHex, toRlp } from "viem";

const EMPTY_ROOT = keccak256("0x80");
const EMPTY_CODE = keccak256("0x");

// A number without leading zeros, as RLP wants it.
const scalar = (value) => (BigInt(value) === 0n ? "0x" : toHex(BigInt(value)));

// Hex-prefix encoding of a path's nibbles.
function compact(nibbles, isLeaf) {
  const odd = nibbles.length % 2;
  return "0x" + (2 * isLeaf + odd).toString(16) + (odd ? "" : "0") + nibbles;
}

// A node within another: itself where it is short, else its hash.
function reference(node) {
  const rlp = toRlp(node);
  return rlp.length < 2 + 2 * 32 ? node : keccak256(rlp);
}

// The node over items sorted by path, all alike before `depth`.
function nodeOf(items, depth) {
  const [{ path, value }] = items;
  if (items.length === 1) return [compact(path.slice(depth), 1), value];
  const last = items[items.length - 1].path;
  let fork = depth;
  while (path[fork] === last[fork]) ++fork;
  if (fork > depth) return [compact(path.slice(depth, fork), 0), reference(nodeOf(items, fork))];
  const children = [..."0123456789abcdef"].map((nibble) => items.filter((item) => item.path[depth] === nibble));
  return [...children.map((child) => (child.length ? reference(nodeOf(child, depth + 1)) : "0x")), "0x"];
}

// The root over [key, RLP of the value]; keys are hashed here.
function rootOf(entries) {
  if (!entries.length) return EMPTY_ROOT;
  const items = entries.map(([key, value]) => ({ path: keccak256(key).slice(2), value }));
  items.sort((a, b) => (a.path < b.path ? -1 : 1));
  return keccak256(toRlp(nodeOf(items, 0)));
}

const storageRoot = (storage) =>
  rootOf(Object.entries(storage).filter(([, value]) => BigInt(value) !== 0n).map(([slot, value]) => [pad(slot, { size: 32 }), toRlp(scalar(value))]));

const isEmpty = ({ nonce, balance, code }) => Number(nonce) === 0 && BigInt(balance) === 0n && code === "0x";

// An account as eth_getProof gives it, from one as anvil dumps it.
export function proven({ balance, nonce, code, storage }) {
  return { balance: toHex(BigInt(balance)), nonce: toHex(nonce), codeHash: code === "0x" ? EMPTY_CODE : keccak256(code), storageHash: storageRoot(storage) };
}

export function stateRootOf(accounts) {
  return rootOf(Object.entries(accounts).filter(([, account]) => !isEmpty(account)).map(([address, account]) => {
    const { balance, nonce, codeHash, storageHash } = proven(account);
    return [address, toRlp([scalar(nonce), scalar(balance), storageHash, codeHash])];
  }));
}
