// Numbers, amounts, times and texts as people read them. Quantities of the
// chain are BigInt: they do not fit in a Number.

const GROUPS = /\B(?=(\d{3})+(?!\d))/g;

export const big = (quantity) => BigInt(quantity ?? 0);
export const number = (quantity) => Number(BigInt(quantity ?? 0));
export const quantity = (value) => `0x${BigInt(value).toString(16)}`;

export const digits = (value) => String(value).replace(GROUPS, ",");

// 1234567n with 18 decimals is "0.000000000001234567".
function units(value, decimals) {
  const sign = value < 0n ? "-" : "";
  const text = (value < 0n ? -value : value).toString().padStart(decimals + 1, "0");
  const whole = text.slice(0, text.length - decimals);
  const part = decimals ? text.slice(text.length - decimals).replace(/0+$/, "") : "";
  return sign + whole.replace(GROUPS, ",") + (part ? `.${part}` : "");
}

export const ether = (wei) => units(big(wei), 18);

// At most so many places; "<0.0001" where they would all be zeros.
export function etherShort(wei, places = 4) {
  const value = big(wei);
  const [whole, part = ""] = ether(value).split(".");
  const shown = part.slice(0, places).replace(/0+$/, "");
  if (!shown && value !== 0n && whole === "0") return `<0.${"0".repeat(places - 1)}1`;
  return shown ? `${whole}.${shown}` : whole;
}

function gwei(wei) {
  const [whole, part = ""] = units(big(wei), 9).split(".");
  const shown = part.slice(0, 3).replace(/0+$/, "");
  return shown ? `${whole}.${shown}` : whole === "0" && big(wei) > 0n ? "<0.001" : whole;
}

// An amount, short, with a unit that lets something of it be seen.
export function amount(wei) {
  const value = big(wei);
  const size = value < 0n ? -value : value;
  if (size === 0n || size >= 100_000_000_000_000n) return [etherShort(value), "ETH"];
  return size < 1_000_000n ? [digits(value), "wei"] : [gwei(value), "gwei"];
}

// A price of gas with its unit: tiny ones in wei.
export function price(wei) {
  const value = big(wei);
  return value > 0n && value < 1_000_000n ? [digits(value), "wei"] : [gwei(value), "gwei"];
}

// "1.5" to wei; null where it is no amount.
export function parseUnits(text, decimals) {
  const match = /^(\d*)(?:\.(\d*))?$/.exec(text.trim().replace(/[,_ ]/g, ""));
  if (!match || !(match[1] || match[2])) return null;
  const part = match[2] ?? "";
  if (part.length > decimals || match[1].length > 78) return null;
  return BigInt((match[1] || "0") + part.padEnd(decimals, "0"));
}

const BYTE_UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

export function byteSize(count) {
  let value = Number(count);
  let unit = 0;
  while (value >= 1024 && unit < BYTE_UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit && value < 100 ? value.toFixed(1) : Math.round(value)} ${BYTE_UNITS[unit]}`;
}

export function compact(value) {
  const n = Number(value);
  if (n >= 1e9) return `${(n / 1e9).toFixed(2)} G`;
  if (n >= 1e6) return `${(n / 1e6).toFixed(2)} M`;
  if (n >= 1e4) return `${(n / 1e3).toFixed(1)} k`;
  return digits(n % 1 ? String(Number(n.toFixed(n < 10 ? 2 : 1))) : n);
}

export const percent = (part, whole) => (whole ? (100 * Number(part)) / Number(whole) : 0);

export function percentText(part, whole) {
  const value = percent(part, whole);
  if (value === 0) return "0 %";
  return value < 0.1 ? "<0.1 %" : `${value.toFixed(value < 10 ? 1 : 0)} %`;
}

const SPANS = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];

// 3725 is "1 h 2 min".
export function span(seconds) {
  let rest = Math.max(0, Math.floor(seconds));
  const parts = [];
  for (const [size, name] of SPANS) {
    const count = Math.floor(rest / size);
    if (count) parts.push(`${count} ${name}`);
    rest -= count * size;
    if (parts.length === 2) break;
  }
  return parts.join(" ") || "0 s";
}

export function age(timestamp, now = Date.now() / 1000) {
  const seconds = now - Number(timestamp);
  // Blocks that are made one after another at once run ahead of the clock.
  if (seconds < -1) return `in ${spanShort(-seconds)}`;
  return seconds < 1 ? "now" : `${spanShort(seconds)} ago`;
}

function spanShort(seconds) {
  for (const [size, name] of SPANS) if (seconds >= size) return `${Math.floor(seconds / size)} ${name}`;
  return "1 s";
}

const LOCAL_TIME = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

export function dateTime(timestamp) {
  const date = new Date(Number(timestamp) * 1000);
  return Number.isNaN(date.getTime()) ? String(timestamp) : LOCAL_TIME.format(date);
}

export const short = (hex, head = 6, tail = 4) =>
  hex.length <= head + tail + 3 ? hex : `${hex.slice(0, head)}…${hex.slice(-tail)}`;

export const isAddress = (text) => /^0x[0-9a-f]{40}$/i.test(text);
export const isHash = (text) => /^0x[0-9a-f]{64}$/i.test(text);
export const isHex = (text) => /^0x([0-9a-f]{2})*$/i.test(text);
export const sameHex = (a, b) => !!a && !!b && a.toLowerCase() === b.toLowerCase();
export const hexBytes = (hex) => Math.max(0, (hex.length - 2) / 2);

// Texts of contracts are anybody's: what does not show, or turns the order of
// what does, is spelled out.
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

export const visible = (text) =>
  String(text).replace(UNSEEN, (c) => (c === "\n" ? "\n" : `\\u{${c.codePointAt(0).toString(16)}}`));
