import assert from 'node:assert/strict'
import { get, type IncomingMessage } from 'node:http'
import { test } from 'node:test'
import Fastify from 'fastify'
import * as z from 'zod'
import { SimulatedClock } from '../clock.ts'
import { Inbox } from './inbox.ts'
import { InboxFeed } from './inbox-feed.ts'
import { registerInboxPage } from './inbox-page.ts'
import { messageOf } from './message.ts'
import { someNumber, startSimulator } from './simulator-under-test.ts'

const eventData = z.object({
  clock: z.object({ now: z.string(), is_running: z.boolean() }),
  messages: z.array(z.looseObject({ id: z.number(), to: z.string(), expires_at: z.string() })),
})

interface FeedEvent extends z.infer<typeof eventData> {
  name: string
}

/** The events that arrive, as they are asked for; the stream stays open until `return()`. */
async function* eventsOf(response: AsyncIterable<string>): AsyncGenerator<FeedEvent, void> {
  let text = ''
  for await (const chunk of response) {
    text += chunk
    if (!chunk.includes('\n')) continue
    const whole = text.split('\n\n')
    text = whole.pop() ?? ''
    for (const event of whole) {
      const [, name = '', data = ''] = event.match(/^event: (\w+)\ndata: (.*)$/) ?? []
      yield { name, ...eventData.parse(JSON.parse(data)) }
    }
  }
}

async function open(url: string): Promise<IncomingMessage> {
  const request = get(url)
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  request.on('response', resolve).on('error', reject)
  return (await promise).setEncoding('utf8')
}

async function follow(base: string) {
  const events = eventsOf(await open(`${base}/inbox/events`))
  return async (): Promise<FeedEvent> => {
    const { value } = await events.next()
    if (!value) throw new Error('the stream has ended')
    return value
  }
}

test('a page gets all there is, then each message as it arrives and how it ended', async () => {
  await using vonage = await startSimulator()
  await vonage.start()
  const next = await follow(vonage.base)
  const clock = { now: '2026-01-01T12:00:00.000Z', is_running: false }
  assert.deepEqual(await next(), { name: 'all', clock, messages: vonage.simulator.messages() })
  const id = await vonage.start({ number: '447700900124' })
  const [message] = vonage.simulator.messages('447700900124')
  assert.deepEqual(await next(), { name: 'news', clock, messages: [message] })
  await vonage.check(id, vonage.lastCode('447700900124'))
  assert.deepEqual(await next(), { name: 'news', clock, messages: [{ ...message, ended: 'verified' }] })
})

test('a page is told when the time is moved, however that is done, and whether it runs', async () => {
  await using vonage = await startSimulator()
  const next = await follow(vonage.base)
  await next()
  await vonage.tell('/simulator/clock', { advance_seconds: 90 })
  assert.deepEqual((await next()).clock, { now: '2026-01-01T12:01:30.000Z', is_running: false })
  await vonage.clock.advance(30)
  assert.deepEqual((await next()).clock.now, '2026-01-01T12:02:00.000Z')
})

test('what happens in one moment is one event, and of very much only the latest 200 messages are told', async () => {
  await using vonage = await startSimulator()
  const numbers = Array.from({ length: 201 }, (_, index) => String(447700900000 + index))
  for (const number of numbers) await vonage.start({ number, next_event_wait: '60' })
  const next = await follow(vonage.base)
  const first = await next()
  assert.deepEqual(
    first.messages.map(({ to }) => to),
    numbers.slice(1),
  )
  await vonage.clock.advance(60)
  const second = await next()
  assert.deepEqual([second.name, second.messages.length, second.messages[0]?.id], ['all', 200, 203])
})

test('a reset is told as an inbox with nothing in it', async () => {
  await using vonage = await startSimulator()
  await vonage.start()
  const next = await follow(vonage.base)
  await next()
  await vonage.send('/simulator/reset', { method: 'POST' })
  const { name, messages } = await next()
  assert.deepEqual([name, messages], ['all', []])
})

test('a simulator that closes ends what its pages read, and waits for none of them', async () => {
  const vonage = await startSimulator()
  const page = await open(`${vonage.base}/inbox/events`)
  const events = eventsOf(page)
  await events.next()
  const unread = await open(`${vonage.base}/inbox/events`)
  await vonage.simulator.close()
  assert.equal((await events.next()).done, true)
  assert.equal(page.complete, true, 'the stream was ended, not cut')
  unread.destroy()
})

test('a page that reads too slowly gets everything anew, and nothing is kept for it', async (t) => {
  const clock = new SimulatedClock({ standsAt: 0 })
  const inbox = new Inbox((message) => feed.tell(message))
  const feed = new InboxFeed({ clock, messages: () => inbox.all() })
  const server = Fastify({ forceCloseConnections: true })
  t.after(() => server.close())
  registerInboxPage(server, { messages: () => inbox.all(), feed })
  const base = await server.listen({ port: 0 })
  const fast = eventsOf(await open(`${base}/inbox/events`))
  const slow = eventsOf(await open(`${base}/inbox/events`))
  await Promise.all([fast.next(), slow.next()])
  const sent = 20
  for (let count = 1; count <= sent; count += 1) {
    inbox.add({ ...someMessage, text: 'x'.repeat(2_000_000) })
    const { value } = await fast.next()
    assert.deepEqual(
      value?.messages.map(({ id }) => id),
      [count],
    )
  }
  const arrived: FeedEvent[] = []
  for await (const event of slow) {
    arrived.push(event)
    if (event.messages.at(-1)?.id === sent) break
  }
  assert.ok(arrived.length < sent, 'it was spared events')
  const { name, messages } = arrived.at(-1) ?? {}
  assert.deepEqual([name, messages?.length], ['all', sent])
})

const someMessage = messageOf(
  {
    id: 'a'.repeat(32),
    number: someNumber,
    brand: 'Acme',
    senderId: undefined,
    codeLength: 4,
    steps: [],
    pinExpirySeconds: 300,
    submittedAtMs: 0,
    ending: undefined,
    pin: { code: '1234', madeAtMs: 0, wrongCodes: 0 },
    eventsAtMs: [],
    checks: [],
  },
  'sms',
  0,
)
