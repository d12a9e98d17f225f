// How figures are printed. A figure that misses its target makes the benchmark fail.

export function say(line) {
  process.stderr.write(`  … ${line}\n`)
}

export function show(what, figure, note = '') {
  console.log(`${what.padEnd(46)} ${figure.padStart(12)}${note && `  ${note}`}`)
}

/** `atLeast` or `atMost`: the target. */
export function judge(what, value, { atLeast, atMost, digits = 2, unit = ' x' }) {
  const isMet = atLeast === undefined ? value <= atMost : value >= atLeast
  const target = atLeast === undefined ? `at most ${atMost}` : `at least ${atLeast}`
  show(what, `${value.toFixed(digits)}${unit}`, `(target: ${target}${unit}${isMet ? '' : ', MISSED'})`)
  if (!isMet) process.exitCode = 1
}
