// The guard against toll fraud, played through by its own rules and ledger on a clock that is moved. See docs/decisions/025-budgets.md.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { ablations } from './guard/ablations.mjs'
import { isMet } from './guard/figures.mjs'
import { scenarios } from './guard/scenarios.mjs'
import { say } from './report.mjs'

const usage = `usage: npm run bench:guard -- [--quick] [--seed N] [--only PART-OF-A-NAME] [--trace FILE.csv]

  --quick   a fifth of everybody, and no plays without one of the rules
  --seed    another course of chance (1)
  --only    scenarios whose names hold this
  --trace   people out of a file, in place of the scenarios; each line of it is one, under the head
            t_s,number,ip,session_id,account_id,attack,would_verify,verify_delay_s,resend_after_s,passes_challenge`

const options = {
  quick: { type: 'boolean' },
  seed: { type: 'string' },
  only: { type: 'string' },
  trace: { type: 'string' },
}
const { quick, seed = '1', only = '', trace, help } = readArguments()
if (help) {
  console.log(usage)
  process.exit()
}
if (!/^\d{1,9}$/.test(seed)) fail('--seed is a whole number')
const chosen = scenarios.filter(({ name }) => name.includes(only))
if (chosen.length === 0)
  fail(`no scenario has ${only} in its name; there are\n  ${scenarios.map(({ name }) => name).join('\n  ')}`)

const course = { seed: Number(seed), scale: quick ? 0.2 : 1 }
/** Without any one of its rules a scenario has to miss a target: a rule that nothing needs would be deleted. */
const without = (name) => (rule) => ({ title: `${name}, without ${ablations[rule].title}`, name, off: rule, ...course })
const plays = trace
  ? [{ title: trace, trace: resolve(trace), ...course }]
  : [
      ...chosen.map(({ name }) => ({ title: name, name, ...course })),
      ...(quick ? [] : chosen.flatMap(({ name, rules = [] }) => rules.map(without(name)))),
    ]

const started = performance.now()
const results = await playAll()
let missed = 0
console.log(`${''.padEnd(26)}${'found'.padStart(14)}  target`)
for (const [index, play] of plays.entries()) report(play, results[index])
console.log(`\n${Math.round((performance.now() - started) / 1000)} s, seed ${seed}`)
if (missed > 0) {
  console.error(`tollgate: ${missed} ${missed === 1 ? 'target was' : 'targets were'} missed`)
  process.exitCode = 1
}

/** Each in a process of its own, as many at once as there are processors. */
async function playAll() {
  const node = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url))
  const program = fileURLToPath(new URL('guard/play.mjs', import.meta.url))
  // Where there is a disk in memory, nothing waits for one that turns.
  const env = { ...process.env, TMPDIR: existsSync('/dev/shm') ? '/dev/shm' : tmpdir() }
  const found = []
  const waiting = [...plays.entries()]
  const workers = Array.from({ length: availableParallelism() }, async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [index, { title, ...play }] = next
      const { stdout } = await promisify(execFile)(node, [program, JSON.stringify(play)], { env })
      found[index] = JSON.parse(stdout)
      say(`${Object.keys(found).length} of ${plays.length}: ${title}`)
    }
  })
  await Promise.all(workers)
  return found
}

function report({ title, off }, { asked, figures }) {
  console.log(`\n${title}  (${asked} people)`)
  const rows = figures.map((figure) => ({ ...worded(figure), isMissed: !isMet(figure) }))
  if (off) {
    const misses = rows
      .filter(({ isMissed }) => isMissed)
      .map(({ name, found, target }) => `${name} ${found} (${target})`)
    if (misses.length === 0) missed += 1
    return console.log(misses.length > 0 ? `  misses: ${misses.join('; ')}` : '  misses nothing: MISSED')
  }
  for (const { name, found, target, why, isMissed } of rows) {
    if (isMissed) missed += 1
    console.log(`  ${name.padEnd(24)}${found.padStart(14)}  ${target}${isMissed ? ', MISSED' : ''}${why}`)
  }
}

/** What of a figure is printed. */
function worded({ name, value, unit, atLeast, atMost, why, heldTo }) {
  const shown = (figure) => {
    if (unit === 'EUR') return `EUR ${figure.toFixed(2)}`
    return unit ? `${figure} ${unit}` : `${(100 * figure).toFixed(2)} %`
  }
  const bound = shown(atLeast ?? atMost)
  const target = `${atLeast === undefined ? 'at most' : 'at least'} ${why ? shown(heldTo) : bound}`
  return { name, found: shown(value), target, why: why ? ` (not ${bound}: ${why})` : '' }
}

function readArguments() {
  try {
    return parseArgs({ options: { ...options, help: { type: 'boolean' } } }).values
  } catch (error) {
    return fail(error.message)
  }
}

function fail(message) {
  console.error(`tollgate: ${message}\n\n${usage}`)
  process.exit(2)
}
