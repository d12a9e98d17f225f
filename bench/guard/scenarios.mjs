// What is played, and what it must come to. `scale` makes less of each, for a quick look: attacks and people alike.
import { attacks } from './attacks.mjs'
import { longAttacks } from './long-attacks.mjs'
import { quiets } from './quiet.mjs'
import { createRandom } from './random.mjs'

export const scenarios = [...attacks, ...longAttacks, ...quiets]

export function castOf(scenario, { seed, scale }) {
  return scenario.play(createRandom(seed), scale)
}
