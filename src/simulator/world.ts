import type { Clock } from '../clock.ts'
import { Faults } from './faults.ts'
import { type Ending, Inbox, type InboxMessage } from './inbox.ts'
import { messageOf } from './message.ts'
import { Numbers } from './numbers.ts'
import { Random } from './random.ts'
import { Schedule } from './schedule.ts'
import { createStock } from './stock.ts'
import { type FinalStatus, Verifications } from './verifications.ts'

/** Everything that a reset begins anew. */
export interface World {
  verifications: Verifications
  numbers: Numbers
  inbox: Inbox
  faults: Faults
  /** Values that mean nothing to the simulator, such as the instance of a problem. */
  traces: Random
  /** Calls off what its verifications still wait for. */
  end(): void
}

const endings: Record<FinalStatus, Ending> = {
  SUCCESS: 'verified',
  FAILED: 'failed',
  EXPIRED: 'expired',
  CANCELLED: 'cancelled',
}

export function createWorld(clock: Clock, seed: string, onInboxChange: (message: InboxMessage) => void): World {
  const inbox = new Inbox(onInboxChange)
  const schedule = new Schedule(clock)
  const verifications = new Verifications({
    clock,
    schedule,
    random: new Random(seed, 'verifications'),
    onSend: (verification, channel) => inbox.add(messageOf(verification, channel, clock.now())),
    onEnd: ({ id }, status) => inbox.end(id, endings[status]),
  })
  return {
    verifications,
    numbers: new Numbers(createStock(new Random(seed, 'stock'))),
    inbox,
    faults: new Faults(),
    traces: new Random(seed, 'traces'),
    end: () => schedule.stop(),
  }
}
