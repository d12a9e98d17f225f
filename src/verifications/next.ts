import { GatewayError } from '../errors.ts'
import { reserveSends } from '../guard/send-caps.ts'
import type { Transaction } from '../store/store.ts'
import type { UpstreamBody } from '../vonage/vonage.ts'
import { deliveryUnknown, demandPending, held } from './held.ts'
import type { Wanted } from './next-command.ts'
import { nextEvent } from './next-event.ts'
import type { Parts } from './parts.ts'
import { replaceRun } from './replace-run.ts'
import { checkInProgress } from './run-turns.ts'
import { resendAt, type VerificationView, view } from './view.ts'
import { hasNextEvent } from './workflows.ts'

export type NextAnswer = VerificationView & {
  status: string
  command: string
  message_sent: boolean
}

/** Sends the next message: the run's next event where it has one, else a new run with a new code takes its place. */
export async function triggerNext(parts: Parts, id: string, caller: string): Promise<NextAnswer> {
  const { run: first } = await held(parts.store, id, caller)
  return parts.turns.forNumber(first.numberHash, () =>
    parts.turns.forCheck(first.id, async () => {
      try {
        const wanted = await parts.store.transaction(first.numberHash, (tx) => reserve(parts, tx, { id, caller }))
        const body = wanted.hasNext ? await nextEvent(parts, wanted) : await replaceRun(parts, wanted)
        return await answer(parts, { id, caller, body })
      } catch (error) {
        throw error instanceof GatewayError ? error.with({ request_id: id }) : error
      } finally {
        await parts.sweeper.rearm()
      }
    }),
  )
}

/** Counts the message before it is asked for. */
async function reserve(
  { clock, caps }: Parts,
  tx: Transaction,
  { id, caller }: { id: string; caller: string },
): Promise<Wanted> {
  const now = clock.now()
  const found = await held(tx, id, caller)
  demandPending(found, now)
  const { run } = found
  if (run.state !== 'running') throw deliveryUnknown(id)
  if (run.check) throw checkInProgress(run.check.lookAt - now)
  if (resendAt(run, now) > now) throw tooEarly(resendAt(run, now) - now)
  await reserveSends(tx, caps, { numberHash: run.numberHash, runId: run.id, at: [now], now })
  return { id, run, hasNext: hasNextEvent(run, now), reservedAt: now }
}

type Answered = { id: string; caller: string; body: UpstreamBody }

async function answer({ store, clock }: Parts, { id, caller, body }: Answered): Promise<NextAnswer> {
  const { verification, run } = await held(store, id, caller)
  const pendingOnRun = (await store.pendingOn(run.id)).length
  const now = clock.now()
  return {
    ...body,
    status: '0',
    command: 'trigger_next_event',
    ...view(verification, run, { pendingOnRun, now }),
    message_sent: true,
  }
}

function tooEarly(waitMs: number): GatewayError {
  const members = { retry_after_seconds: Math.ceil(waitMs / 1000) }
  return new GatewayError('not_now', 'The next message may be asked for 60 seconds after the last one.', members)
}
