import type { Clock } from '../../clock.ts'
import type { Balance } from '../balance.ts'
import type { Ending as EndingOfMessage, Inbox, Message } from '../inbox.ts'
import { messagePrice, successPrice } from '../prices.ts'
import { Random } from '../random.ts'
import type { Schedule } from '../schedule.ts'
import { silentAuthEvent, stepEvent, summary } from './callbacks.ts'
import { messageOf } from './message.ts'
import { Templates } from './templates.ts'
import { type Ending, type Verification, Verifications } from './verifications.ts'
import { Webhooks, type WebhookTarget } from './webhooks.ts'

/** What a reset leaves as it is. */
export interface Surroundings {
  apiKey: string
  webhooks: WebhookTarget | undefined
  /** Where a phone finds the simulator. */
  baseUrl: () => string
}

/** The part of the world that Verify v2 has to itself. */
export interface Verify2World {
  verifications: Verifications
  templates: Templates
  webhooks: Webhooks
}

const endings: Record<Ending, EndingOfMessage> = {
  completed: 'verified',
  failed: 'failed',
  expired: 'expired',
  blocked: 'failed',
}

interface Shared {
  clock: Clock
  schedule: Schedule
  balance: Balance
  inbox: Inbox
  deliver: (message: Message) => void
  seed: string
}

export function createVerify2World(
  { clock, schedule, balance, inbox, deliver, seed }: Shared,
  surroundings: Surroundings,
): Verify2World {
  const templates = new Templates(new Random(seed, 'templates'))
  const webhooks = new Webhooks({
    target: surroundings.webhooks,
    apiKey: surroundings.apiKey,
    random: new Random(seed, 'webhooks'),
  })
  /** Only an application has an address for webhooks, and only a JWT names one. */
  const tell = ({ applicationId }: { applicationId: string | undefined }, body: object) => {
    if (applicationId !== undefined) webhooks.send(body, applicationId, clock.now())
  }
  const end = ({ id, order }: Verification, ending: EndingOfMessage) => {
    const addresses = new Set(order.workflow.map(({ to }) => to))
    inbox.end(id, [...addresses], ending)
  }
  const verifications = new Verifications({
    clock,
    schedule,
    random: new Random(seed, 'verify2'),
    listener: {
      onMessage(verification, step, code) {
        balance.spend('messages', messagePrice[step.channel])
        deliver(messageOf(verification, step, code, templates, clock.now()))
      },
      onSilentAuth(verification) {
        balance.spend('messages', messagePrice.silent_auth)
        tell(verification, silentAuthEvent(verification, checkUrl(surroundings.baseUrl(), verification.id)))
      },
      onStepEnd: (verification, step, ending) => tell(verification, stepEvent(verification, step, ending, clock.now())),
      onEnd(verification, ending) {
        end(verification, endings[ending])
        if (ending === 'completed') balance.spend('verifications', successPrice)
        tell(verification, summary(verification, ending, clock.now()))
      },
      onCancel: (verification) => end(verification, 'cancelled'),
    },
  })
  return { verifications, templates, webhooks }
}

/** What a phone follows for a silent authentication. */
export function checkUrl(baseUrl: string, id: string): string {
  return `${baseUrl}/v2/verify/${id}/silent-auth/redirect`
}
