// What a scenario has come to, and whether that will do.
import { rangeOf } from './markets.mjs'
import { passRate } from './people.mjs'

const part = (some, all) => (all.length === 0 ? undefined : some.length / all.length)

/**
 * Of those who would have been verified without a guard, the part that was. Whether one person passes a challenge is
 * chance, so each who was challenged counts by the rate.
 */
function successOf(people) {
  const would = people.filter(({ wouldVerify }) => wouldVerify)
  const credit = ({ isChallenged, isVerified, passes }) => {
    if (!isChallenged) return isVerified ? 1 : 0
    return isVerified || !passes ? passRate.people : 0
  }
  return would.length === 0 ? undefined : would.reduce((sum, person) => sum + credit(person), 0) / would.length
}

/** What was sent until five in a row were refused. */
function untilRefused(pumps) {
  const isRefused = ({ isChallenged, answer }) => isChallenged || answer !== 'sent'
  const at = pumps.findIndex((_, index) => pumps.slice(index, index + 5).every(isRefused))
  return pumps.slice(0, at < 0 ? undefined : at).filter(({ answer }) => answer === 'sent')
}

const quarterHour = 900_000
const hour = 3_600_000

/** The most that were sent in one hour. */
function mostInAnHour(pumps) {
  const sent = pumps.filter(({ answer }) => answer === 'sent').map(({ at }) => at)
  return Math.max(0, ...sent.map((from) => sent.filter((at) => at >= from && at < from + hour).length))
}

/** Each figure with its target. Money in euros. */
export function figuresOf({ attacked, atLeast = {}, unmet = {} }, everybody) {
  const honest = everybody.filter(({ isHonest }) => isHonest)
  const challenged = (people) =>
    part(
      people.filter(({ isChallenged }) => isChallenged),
      people,
    )
  if (!attacked) {
    const refused = honest.filter(({ answer }) => answer !== 'sent' && answer !== 'challenge_required')
    const figures = [
      { name: 'refused', value: part(refused, honest), atMost: 0.001 },
      { name: 'challenged', value: challenged(honest), atMost: 0.01 },
    ]
    return figures.map((figure) => ({ ...figure, ...unmet[figure.name] }))
  }
  const { country, from, to, normalPerDay, isOne = false } = attacked
  const pumps = everybody.filter(({ isHonest, isRented }) => !isHonest && !isRented)
  const days = Math.max(1, (to - from) / 86_400_000)
  const loss = pumps.reduce((sum, { cost = 0 }) => sum + cost, 0) / days
  const before = untilRefused(pumps)
  const during = honest.filter(({ at }) => at >= from && at < to)
  const inCountry = during.filter((person) => person.country === country)
  const amidst = inCountry.filter(({ isAmidst }) => isAmidst)
  const elsewhere = during.filter((person) => person.country !== country)
  const after = honest.filter((person) => person.at >= to + quarterHour)
  const pumped = new Set(pumps.map(({ number }) => rangeOf(number)))
  return [
    { name: 'loss a day', value: loss, atMost: Math.max(5, 0.02 * normalPerDay), unit: 'EUR' },
    {
      name: 'reaction after',
      value: before.length,
      atMost: Math.max(30, Math.floor(3 / (before[0]?.cost ?? 1))),
      unit: 'messages',
    },
    { name: 'in an hour', value: isOne ? mostInAnHour(pumps) : undefined, atMost: 5, unit: 'messages' },
    { name: 'success elsewhere', value: successOf(elsewhere), atLeast: 0.999 },
    { name: 'success in the country', value: successOf(inCountry), atLeast: atLeast.attacked ?? 0.97 },
    { name: 'success in the range', value: pumped.size < 5 ? successOf(amidst) : undefined, atLeast: 0.9 },
    { name: 'success after 15 min', value: successOf(after), atLeast: 0.99 },
  ]
    .filter(({ value }) => value !== undefined)
    .map((figure) => ({ ...figure, ...unmet[figure.name] }))
}

/** Where there is a reason why a target can't be met it is printed, and the figure held to another. */
export function isMet({ value, atLeast, atMost, why, heldTo }) {
  if (atLeast === undefined) return value <= (why ? heldTo : atMost)
  return value >= (why ? heldTo : atLeast)
}
