import { readFileSync } from 'node:fs'
import type { FastifyInstance } from 'fastify'
import type { InboxMessage } from './inbox.ts'
import type { InboxFeed } from './inbox-feed.ts'

const pageHeaders = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

const styles = ['inbox.css', 'phones.css']
const scripts = ['inbox.js', 'phones.js', 'message.js', 'time.js', 'feed.js', 'speech.js']

const files = [
  { url: '/inbox', contentType: 'text/html', file: 'inbox.html' },
  ...styles.map((file) => ({ url: `/inbox/${file}`, contentType: 'text/css', file })),
  ...scripts.map((file) => ({ url: `/inbox/${file}`, contentType: 'text/javascript', file })),
]

interface InboxPageOptions {
  messages: (to?: string) => InboxMessage[]
  feed: InboxFeed
}

/** The page that shows the messages to people as they arrive, and the messages for tests. */
export function registerInboxPage(app: FastifyInstance, { messages, feed }: InboxPageOptions): void {
  for (const { url, contentType, file } of files) {
    const text = readFileSync(new URL(`./inbox/${file}`, import.meta.url), 'utf8')
    const headers = { ...pageHeaders, 'content-type': `${contentType}; charset=utf-8` }
    app.get(url, (_, reply) => reply.headers(headers).send(text))
  }
  app.get('/', (_, reply) => reply.redirect('/inbox'))

  app.get('/inbox/events', (_, reply) => {
    reply.hijack()
    feed.open(reply.raw)
  })

  app.get<{ Querystring: { to?: string; last?: string } }>('/inbox/messages', (request, reply) => {
    const { to, last } = request.query
    if (last !== undefined && !/^[1-9]\d{0,6}$/.test(last))
      return reply.code(400).send({ error: 'last: must be a count' })
    reply.header('cache-control', 'no-store')
    return reply.send({ messages: messages(to).slice(last === undefined ? 0 : -Number(last)) })
  })
}
