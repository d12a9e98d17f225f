import type { Clock } from '../clock.ts'
import { Balance } from './balance.ts'
import { Faults } from './faults.ts'
import { type Ending, Inbox, type InboxMessage, type Message } from './inbox.ts'
import { messageOf } from './message.ts'
import { Numbers } from './numbers.ts'
import { microEuro } from './prices.ts'
import { Random } from './random.ts'
import { scenarios } from './scenarios.ts'
import { Schedule } from './schedule.ts'
import { createStock } from './stock.ts'
import { Throttle } from './throttle.ts'
import { type FinalStatus, Verifications } from './verifications.ts'
import { createVerify2World, type Surroundings, type Verify2World } from './verify2/world.ts'

export interface WorldOptions {
  clock: Clock
  /** Codes, ids, the stock of numbers and the chances of faults come from it. */
  seed: string
  /** The account's credit at the beginning. */
  balanceEuro: number
  /** Whether Vonage's limits on calls a second hold. */
  throttling: boolean
  surroundings: Surroundings
  onInboxChange: (message: InboxMessage) => void
}

/** Everything that a reset begins anew. */
export interface World {
  schedule: Schedule
  balance: Balance
  verifications: Verifications
  verify2: Verify2World
  numbers: Numbers
  inbox: Inbox
  faults: Faults
  throttle: Throttle
  /** Values that mean nothing to the simulator, such as the instance of a problem. */
  traces: Random
  /** Calls off what its verifications still wait for, and the webhooks. */
  end(): void
}

const endings: Record<FinalStatus, Ending> = {
  SUCCESS: 'verified',
  FAILED: 'failed',
  EXPIRED: 'expired',
  CANCELLED: 'cancelled',
}

export function createWorld(options: WorldOptions): World {
  const { clock, seed, balanceEuro, throttling, surroundings, onInboxChange } = options
  const inbox = new Inbox(onInboxChange)
  const schedule = new Schedule(clock)
  const balance = new Balance(microEuro(balanceEuro))
  const deliver = (message: Message) => {
    const scenario = scenarios.get(message.to)
    if (scenario?.happens === 'not delivered') return
    if (scenario?.happens !== 'delivered' || scenario.afterSeconds === 0) return inbox.add(message)
    schedule.at(clock.now() + scenario.afterSeconds * 1000, () => inbox.add(message))
  }
  const verifications = new Verifications({
    clock,
    schedule,
    balance,
    random: new Random(seed, 'verifications'),
    onSend: (verification, channel) => deliver(messageOf(verification, channel, clock.now())),
    onEnd: ({ id, number }, status) => inbox.end(id, [number], endings[status]),
  })
  const verify2 = createVerify2World({ clock, schedule, balance, inbox, deliver, seed }, surroundings)
  return {
    schedule,
    balance,
    verifications,
    verify2,
    numbers: new Numbers({ stock: createStock(new Random(seed, 'stock')), clock, schedule, balance }),
    inbox,
    faults: new Faults(seed),
    throttle: new Throttle(clock, throttling),
    traces: new Random(seed, 'traces'),
    end() {
      schedule.stop()
      verify2.webhooks.end()
    },
  }
}
