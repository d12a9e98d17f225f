// Chance that a seed repeats.

/** Numbers from 0 to 1, as mulberry32 makes them. */
export function createRandom(seed) {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
  return {
    next,
    is: (part) => next() < part,
    below: (bound) => Math.floor(next() * bound),
    /** The wait for the next of so many that come in a time, in its unit. */
    wait: (mean) => -Math.log(1 - next()) * mean,
    /** Around a median, with a tail. */
    logNormal: (median, spread) => median * Math.exp(spread * normal()),
  }
}
