// What a run draws from: 1, so that the same commit gets the same verdict each
// time, another number, or SEED=random to look further.
const given = process.env.SEED ?? 1;
export const SEED = given === "random" ? Math.floor(Math.random() * 1e9) : Number(given);

// Numbers from a seed (xorshift over 64 bits), so that a failure repeats.
export function random(seed) {
  let state = BigInt.asUintN(64, BigInt(seed) * 0x9e3779b97f4a7c15n) || 1n;
  const next = () => {
    state ^= BigInt.asUintN(64, state << 13n);
    state ^= state >> 7n;
    state ^= BigInt.asUintN(64, state << 17n);
    return state;
  };
  return {
    below: (bound) => Number(next() % BigInt(bound)),
    pick(list) { return list[this.below(list.length)]; },
    hex(bytes) {
      let text = "";
      while (text.length < 2 * bytes) text += next().toString(16).padStart(16, "0");
      return "0x" + text.slice(0, 2 * bytes);
    },
  };
}
