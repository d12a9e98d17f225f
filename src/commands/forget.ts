import { record } from '../audit.ts'
import { sendsKeptMs } from '../guard/send-caps.ts'
import { value } from '../settings.ts'
import { forget as forgetNumber } from '../verifications/forget.ts'
import { beside } from './beside.ts'
import { type Command, print, say, UsageError } from './command.ts'
import { readNumber } from './number.ts'
import { operator } from './operator.ts'

export const forget: Command = {
  name: 'forget',
  usage: 'forget <number>',
  summary: 'Erase what the ledger keeps of a phone number, at once.',
  help: `The number as people write it, in international writing: +44 7700 900123, 0044… Its pending verifications
are cancelled; the request ids and states of all stay. Messages of the last day stay under the keyed hash
until no cap counts them any more, so that nobody gets around a cap. Prints JSON. May run beside gateways
that serve the same ledger.`,
  async run({ words, env }) {
    if (words.length === 0) throw new UsageError('call it as forget <number>')
    const number = readNumber(words.join(' '), { fictional: true }).number
    const keptMs = sendsKeptMs(value(env, 'TOLLGATE_SENDS_PER_NUMBER'))
    await beside(env, async ({ store, clock, keys, log }) => {
      const numberHash = keys.hash(number)
      const { newestAt, messages, ...forgotten } = await store.transaction(numberHash, async (tx) => {
        const found = await forgetNumber(tx, numberHash, clock.now())
        const { newestAt: _, ...details } = found
        // Of the number, not even a mask: it is to be forgotten.
        await record(tx, { at: clock.now(), actor: operator(), action: 'number.forgotten', subject: '**', details })
        return found
      })
      log.info({ forgotten, messages }, 'a number was forgotten')
      const until = newestAt === undefined ? undefined : new Date(newestAt + keptMs).toISOString()
      print(JSON.stringify({ forgotten, counted: { messages, ...(until !== undefined && { until }) } }, null, 2))
      if (forgotten.runs === 0) say('nothing was kept of this number')
    })
  },
}
