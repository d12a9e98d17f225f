// The guard less one of its rules. Where there is no switch, the rule is taken out of the source as it is loaded.
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'

const budget = (kind) => ({ title: `budgets.${kind}`, policy: { budgets: { [kind]: 'off' } } })
const level = new URL('../../src/guard/level.ts', import.meta.url).href

/** By the names that scenarios know them by: `title` and what to leave out. */
export const ablations = {
  address: budget('address'),
  prefix: budget('prefix'),
  country: budget('country'),
  key: budget('key'),
  total: budget('total'),
  known: { title: 'known people', knowsNobody: true },
  lines: { title: 'line types', policy: { line_types: { refuse: [], challenge: [] } } },
  young: {
    title: 'the bound on messages on their way',
    change: { file: level, from: 'if (unverified + micros > bound) return', to: 'if (unverified < 0) return' },
  },
  growth: {
    title: 'times of challenges that grow',
    change: { file: level, from: 'tripMs * 4 ** (times - 1)', to: 'tripMs' },
  },
  block: { title: 'blocks', change: { file: level, from: 'const absolute = 4', to: 'const absolute = Infinity' } },
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
