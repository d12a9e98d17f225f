import type { Clock } from '../clock.ts'
import { Faults } from './faults.ts'
import { Inbox } from './inbox.ts'
import { messageOf } from './message.ts'
import { Numbers } from './numbers.ts'
import { Random } from './random.ts'
import { Schedule } from './schedule.ts'
import { createStock } from './stock.ts'
import { Verifications } from './verifications.ts'
import { createVerify2World, type Surroundings, type Verify2World } from './verify2/world.ts'

/** Everything that a reset begins anew. */
export interface World {
  verifications: Verifications
  verify2: Verify2World
  numbers: Numbers
  inbox: Inbox
  faults: Faults
  /** Values that mean nothing to the simulator, such as the instance of a problem. */
  traces: Random
  /** Calls off what its verifications still wait for, and the webhooks. */
  end(): void
}

export function createWorld(clock: Clock, seed: string, surroundings: Surroundings): World {
  const inbox = new Inbox()
  const schedule = new Schedule(clock)
  const verifications = new Verifications({
    clock,
    schedule,
    random: new Random(seed, 'verifications'),
    onSend: (verification, channel) => inbox.add(messageOf(verification, channel, clock.now())),
  })
  const verify2 = createVerify2World({ clock, schedule, inbox, seed }, surroundings)
  return {
    verifications,
    verify2,
    numbers: new Numbers(createStock(new Random(seed, 'stock'))),
    inbox,
    faults: new Faults(),
    traces: new Random(seed, 'traces'),
    end() {
      schedule.stop()
      verify2.webhooks.end()
    },
  }
}
