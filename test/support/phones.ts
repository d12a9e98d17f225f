import Fastify from 'fastify'
import { SimulatedClock } from '../../src/clock.ts'
import { Inbox, type InboxMessage } from '../../src/simulator/inbox.ts'
import { InboxFeed } from '../../src/simulator/inbox-feed.ts'
import { registerInboxPage } from '../../src/simulator/inbox-page.ts'
import { noon } from './gateway.ts'

/** The inbox page of phones that receive what a test says, also what the simulated Vonage does not send. */
export async function startPhones() {
  const clock = new SimulatedClock({ standsAt: noon })
  const feed: InboxFeed = new InboxFeed({ clock, messages: () => inbox.all() })
  const inbox = new Inbox((message) => feed.tell(message))
  const app = Fastify({ forceCloseConnections: true })
  app.addHook('preClose', async () => feed.close())
  registerInboxPage(app, { messages: () => inbox.all(), feed })
  const base = await app.listen({ port: 0 })
  const sent = {
    from: 'VERIFY',
    text: 'Your code',
    code: '482913',
    request_id: 'a',
    sent_at: at(0),
    expires_at: at(300),
  }
  return {
    url: `${base}/inbox`,
    /** Members may be of kinds that there are not, and missing. */
    receive(members: Record<string, unknown>): void {
      const message: InboxMessage = JSON.parse(JSON.stringify({ ...sent, channel: 'sms', ...members }))
      inbox.add(message)
    },
    [Symbol.asyncDispose]: () => app.close(),
  }
}

/** So many seconds after noon. */
export function at(seconds: number): string {
  return new Date(noon + seconds * 1000).toISOString()
}
