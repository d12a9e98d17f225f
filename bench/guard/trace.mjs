// People out of a file: t_s,number,ip,session_id,account_id,attack,would_verify,verify_delay_s,resend_after_s,passes_challenge
import { readFileSync } from 'node:fs'
import { readPhone } from '../../src/phone.ts'

const columns = 't_s,number,ip,session_id,account_id,attack,would_verify,verify_delay_s,resend_after_s,passes_challenge'
const startsAt = Date.parse('2026-03-02T00:00:00Z')

/** A scenario of what a file tells: a line for each person, times in seconds, true or false, nothing where nothing is told. */
export function traced(file) {
  const [head, ...lines] = readFileSync(file, 'utf8').trim().split(/\r?\n/)
  if (head !== columns) throw new Error(`${file}:1: the first line has to be ${columns}`)
  const cast = lines.map((line, index) => personOf(line, `${file}:${index + 2}`))
  const pumps = cast.filter(({ isHonest }) => !isHonest)
  const times = { from: Math.min(...pumps.map(({ at }) => at)), to: Math.max(...pumps.map(({ at }) => at)) + 1 }
  const attacked = pumps.length > 0 ? { country: pumps[0].country, ...times, normalPerDay: 0 } : undefined
  return { name: file, attacked, play: () => ({ startsAt, history: [], cast }) }
}

function personOf(line, place) {
  const cells = line.split(',')
  if (cells.length !== columns.split(',').length) throw new Error(`${place}: there are ${cells.length} columns`)
  const [time, number, ip, session, account, attack, wouldVerify, delay, resend, passes] = cells
  const seconds = (text, name) => {
    if (!/^\d+(\.\d+)?$/.test(text)) throw new Error(`${place}: ${name} has to be a number of seconds`)
    return Number(text)
  }
  const flag = (text, name) => {
    if (text !== 'true' && text !== 'false') throw new Error(`${place}: ${name} has to be true or false`)
    return text === 'true'
  }
  const phone = readPhone(number, { fictional: false })
  return {
    at: startsAt + 1000 * seconds(time, 't_s'),
    number: phone.number,
    country: phone.country,
    ip: ip || undefined,
    session: session || undefined,
    account: account || undefined,
    isHonest: !flag(attack, 'attack'),
    wouldVerify: flag(wouldVerify, 'would_verify'),
    delayMs: delay === '' ? 0 : 1000 * seconds(delay, 'verify_delay_s'),
    resendAfterMs: resend === '' ? undefined : 1000 * seconds(resend, 'resend_after_s'),
    passes: flag(passes, 'passes_challenge'),
  }
}
