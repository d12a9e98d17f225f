// Who asks for codes: honest people of a market, and those who pump it.
import { numberAt } from './markets.mjs'

/** A challenge is passed by so many people, and by so many of those who attack. */
export const passRate = { people: 0.98, attackers: 0.0025 }

/** The part of those who type a code, and of those who do not, that asks for a second message. */
export const resending = { converting: 0.055, others: 1 / 3 }

const minute = 60_000
/** How long codes take to come back: half of them so many seconds at most. */
const usualCodes = { seconds: 25, spread: 0.9 }

/**
 * Somebody honest, who asks at a time. Three of four come from a carrier's shared addresses; every third who waits long
 * asks again after a minute.
 */
export function person(
  chance,
  { country, conversion, ranges, attackedPart = 0, attackedRange = 0, knownPart = 0, codes = usualCodes },
  at,
) {
  const isAmidst = chance.is(attackedPart)
  const range = isAmidst ? attackedRange : 40 + chance.below(ranges)
  const isConverting = chance.is(conversion)
  const delayMs = Math.min(280_000, 1000 * chance.logNormal(codes.seconds, codes.spread))
  const number = numberAt(country, range, chance.below(10_000))
  return {
    at,
    country,
    number,
    isAmidst,
    isHonest: true,
    isKnown: chance.is(knownPart),
    ip: chance.is(0.75) ? `10.0.${chance.below(40)}.1` : addressOf(chance),
    session: `s${chance.next()}`,
    account: `a${number}`,
    wouldVerify: isConverting,
    delayMs,
    resendAfterMs:
      (!isConverting || delayMs > minute) && chance.is(resending.others) ? minute + 1000 * chance.below(30) : undefined,
    passes: chance.is(passRate.people),
  }
}

/** People of a market from one time to another, so many a day; `shape` makes more or fewer of them. */
export function* people(chance, market, { from, to, shape = () => 1, most = 1 }) {
  const meanMs = 86_400_000 / (market.perDay * most)
  for (let at = from + chance.wait(meanMs); at < to; at += chance.wait(meanMs)) {
    if (chance.is(shape((at - from) / (to - from)) / most)) yield person(chance, market, at)
  }
}

/** Whoever pumps: so many a second, to numbers and from addresses as `wayOf` has them. */
export function* pumping(chance, { from, to, perSecond, wayOf }) {
  for (let at = from, index = 0; at < to; at += chance.wait(1000 / perSecond), index += 1) {
    yield {
      at,
      isHonest: false,
      session: `x${chance.next()}`,
      wouldVerify: false,
      passes: chance.is(passRate.attackers),
      ...wayOf(index),
    }
  }
}

export function addressOf(chance) {
  return [100 + chance.below(100), chance.below(250), chance.below(250), 1 + chance.below(250)].join('.')
}

/** One of the 50,000 that those who attack have. */
export function attackersAddressOf(chance) {
  return `203.${chance.below(200)}.0.${1 + chance.below(250)}`
}
