// The guard less one of its rules. Where there is no switch, the rule is taken out of the source as it is loaded.
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'

const budget = (kind) => ({ title: `budgets.${kind}`, policy: { budgets: { [kind]: 'off' } } })
const level = new URL('../../src/guard/level.ts', import.meta.url).href
const budgets = new URL('../../src/guard/budgets.ts', import.meta.url).href
const past = new URL('../../src/guard/past.ts', import.meta.url).href

/** By the names that scenarios know them by: `title` and what to leave out. */
export const ablations = {
  address: budget('address'),
  prefix: budget('prefix'),
  country: budget('country'),
  key: budget('key'),
  total: budget('total'),
  number: { title: 'the caps of a number', policy: { budgets: { number: ['100/1h'] } } },
  known: { title: 'known people', knowsNobody: true },
  lines: { title: 'line types', policy: { line_types: { refuse: [], challenge: [] } } },
  young: {
    title: 'the bound on messages on their way',
    change: { file: level, from: 'if (unverified + micros > bound) return', to: 'if (unverified < 0) return' },
  },
  growth: {
    title: 'times of challenges that grow',
    change: { file: level, from: 'tripMs * 2 ** (times - 1)', to: 'tripMs' },
  },
  people: {
    title: 'room for those who pass',
    change: { file: level, from: 'return passed > 0 && ', to: 'return passed < 0 && ' },
  },
  margin: {
    title: 'the margin of successes',
    change: { file: budgets, from: 'const margin = (', to: 'const margin = 0 * (' },
  },
  elsewhere: {
    title: 'what goes on elsewhere',
    change: { file: budgets, from: 'const isElsewhere = kind', to: 'const isElsewhere = now < 0 && kind' },
  },
  share: {
    title: 'the share of the usual',
    change: { file: budgets, from: 'budget.share * normalOf(level, now)', to: '0 * normalOf(level, now)' },
  },
  exposure: {
    title: 'the bound by what is in excess already',
    change: { file: level, from: ', limit - level.excess))', to: ', limit))' },
  },
  block: { title: 'blocks', change: { file: level, from: 'const absolute = 4', to: 'const absolute = Infinity' } },
  waiting: {
    title: 'the time that codes take',
    change: { file: past, from: 'if (all < 100) return usualMatureMs', to: 'if (all >= 0) return 0' },
  },
  mature: {
    title: 'the time that codes take in the country',
    change: { file: past, from: 'if (all < 100) return', to: 'if (all >= 0) return' },
  },
  conversion: {
    title: 'the conversion of the country',
    change: { file: past, from: 'if (!hasPast(past, now)) return', to: 'if (now > 0) return' },
  },
  settled: {
    title: 'the day that growth takes',
    change: { file: past, from: 'day < today - 1 && ', to: '' },
  },
  once: {
    title: 'pairs that count once',
    change: { file: level, from: 'if (isNormal) day.normal', to: 'day.normal' },
  },
}

/** Has a source changed when it is loaded. Throws where it does not hold, once, what is to be changed. */
export function changeSource({ file, from, to }) {
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context)
      if (url !== file) return loaded
      const parts = String(loaded.source).split(from)
      if (parts.length !== 2) throw new Error(`${fileURLToPath(file)} does not hold \`${from}\` once`)
      return { ...loaded, source: parts.join(to) }
    },
  })
}
