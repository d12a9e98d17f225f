import { microsOf } from '../money.ts'
import type { Run, Transaction } from '../store/store.ts'
import type { UpstreamBody } from '../vonage/vonage.ts'
import { currentEvent, eventChannels } from './workflows.ts'

interface Told {
  run: Run
  /** Vonage's answer to a right code. */
  body: UpstreamBody
  now: number
}

/** Keeps what a message has cost, where Vonage's answer tells: it names a sum, so the messages have to be of one kind. */
export async function tellPrice(tx: Transaction, { run, body, now }: Told): Promise<void> {
  const { currency, estimated_price_messages_sent: sum } = body
  const isTold = currency === 'EUR' && typeof sum === 'string' && /^\d{1,7}(\.\d{1,8})?$/.test(sum)
  const [channel, ...others] = eventChannels(run.parameters).slice(0, currentEvent(run, now).index + 1)
  if (!isTold || channel === undefined || run.country === '' || others.some((other) => other !== channel)) return
  const micros = Math.round(microsOf(Number(sum)) / (1 + others.length))
  // Asked so soon, Vonage has counted none yet; and what costs nothing would be in no budget.
  if (micros === 0) return
  await tx.keepToldPrice({ country: run.country, channel, micros, at: now })
}
