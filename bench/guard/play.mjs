// Plays one scenario, in a process of its own, as it is told in JSON: {name or trace, seed, scale, off}. Prints its figures as JSON.
import { figuresOf } from './figures.mjs'
import { prices } from './markets.mjs'
import { castOf, scenarios } from './scenarios.mjs'
import { simulate } from './simulate.mjs'
import { traced } from './trace.mjs'

const { name, trace, seed, scale, off } = JSON.parse(process.argv[2])
const scenario = trace ? traced(trace) : scenarios.find((each) => each.name === name)
const played = castOf(scenario, { seed, scale })
const budgets = off && off !== 'known' ? { [off]: 'off' } : {}
if (off === 'known') for (const somebody of played.cast) somebody.isKnown = false
const everybody = await simulate({ ...played, policy: { mode: 'enforce', prices: { regions: prices }, budgets } })
process.stdout.write(JSON.stringify({ asked: everybody.length, figures: figuresOf(scenario, everybody) }))
