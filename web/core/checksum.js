// Addresses with the capitals of EIP-55, which catch a mistyped one.
// Keccak-256 of the 40 digits: one block of the sponge (FIPS 202, with Keccak's
// own padding).

const ROUNDS = 24;
const ROTATIONS = [1, 3, 6, 10, 15, 21, 28, 36, 45, 55, 2, 14, 27, 41, 56, 8, 25, 43, 62, 18, 39, 61, 20, 44];
const PLACES = [10, 7, 11, 17, 18, 3, 5, 16, 8, 21, 24, 4, 15, 23, 19, 13, 12, 2, 20, 14, 22, 9, 6, 1];
const RATE_BYTES = 136;
const KEPT_MAX = 4096; // addresses whose capitals are remembered

const lane = (value) => BigInt.asUintN(64, value);
const rotated = (value, by) => lane((value << BigInt(by)) | (value >> BigInt(64 - by)));

// The constants of iota are a shift register's bits.
function roundConstants() {
  const constants = [];
  let register = 1;
  for (let round = 0; round < ROUNDS; round++) {
    let constant = 0n;
    for (let j = 0; j < 7; j++) {
      if (register & 1) constant |= 1n << BigInt((1 << j) - 1);
      register = register & 0x80 ? ((register << 1) ^ 0x171) & 0xff : register << 1;
    }
    constants.push(constant);
  }
  return constants;
}

const CONSTANTS = roundConstants();

function permute(state) {
  for (const constant of CONSTANTS) {
    const columns = [0, 1, 2, 3, 4].map((x) => state[x] ^ state[x + 5] ^ state[x + 10] ^ state[x + 15] ^ state[x + 20]);
    for (let i = 0; i < 25; i++) state[i] ^= columns[(i + 4) % 5] ^ rotated(columns[(i + 1) % 5], 1);
    let moved = state[1];
    for (let i = 0; i < 24; i++) {
      const next = state[PLACES[i]];
      state[PLACES[i]] = rotated(moved, ROTATIONS[i]);
      moved = next;
    }
    for (let y = 0; y < 25; y += 5) {
      const row = state.slice(y, y + 5);
      for (let x = 0; x < 5; x++) state[y + x] = row[x] ^ (lane(~row[(x + 1) % 5]) & row[(x + 2) % 5]);
    }
    state[0] ^= constant;
  }
}

// The first 20 bytes of the digest of a text of less than a block.
function digest(text) {
  const block = new DataView(new ArrayBuffer(RATE_BYTES));
  for (let i = 0; i < text.length; i++) block.setUint8(i, text.charCodeAt(i));
  block.setUint8(text.length, 0x01);
  block.setUint8(RATE_BYTES - 1, block.getUint8(RATE_BYTES - 1) | 0x80);
  const state = Array.from({ length: 25 }, (_, i) => (i < RATE_BYTES / 8 ? block.getBigUint64(i * 8, true) : 0n));
  permute(state);
  for (let i = 0; i < 3; i++) block.setBigUint64(i * 8, state[i], true);
  return Array.from({ length: 20 }, (_, i) => block.getUint8(i));
}

function withCapitals(digits) {
  const bytes = digest(digits);
  const capital = (i) => (i % 2 ? bytes[i >> 1] & 8 : bytes[i >> 1] & 128);
  return `0x${[...digits].map((digit, i) => (capital(i) ? digit.toUpperCase() : digit)).join("")}`;
}

const kept = new Map();

// What is no address stays as it is.
export function checksum(address) {
  if (!/^0x[0-9a-f]{40}$/i.test(address)) return address;
  const digits = address.slice(2).toLowerCase();
  if (!kept.has(digits)) {
    if (kept.size >= KEPT_MAX) kept.clear();
    kept.set(digits, withCapitals(digits));
  }
  return kept.get(digits);
}
