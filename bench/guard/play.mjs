// Plays one scenario, in a process of its own, as it is told in JSON: {name or trace, seed, scale, off}. Prints its figures as JSON.
import { ablations, changeSource } from './ablations.mjs'

const { name, trace, seed, scale, off } = JSON.parse(process.argv[2])
const { policy = {}, knowsNobody = false, change } = off ? ablations[off] : {}
if (change) changeSource(change)
// Loaded now, so that a change of a source is seen.
const { figuresOf } = await import('./figures.mjs')
const { prices } = await import('./markets.mjs')
const { castOf, scenarios } = await import('./scenarios.mjs')
const { simulate } = await import('./simulate.mjs')
const { traced } = await import('./trace.mjs')

const scenario = trace ? traced(trace) : scenarios.find((each) => each.name === name)
const played = castOf(scenario, { seed, scale })
if (knowsNobody) for (const somebody of played.cast) somebody.isKnown = false
const everybody = await simulate({
  ...played,
  seed,
  policy: { mode: 'enforce', prices: { regions: prices }, ...policy },
})
process.stdout.write(JSON.stringify({ asked: everybody.length, figures: figuresOf(scenario, everybody) }))
