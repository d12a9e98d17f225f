import { readFileSync } from 'node:fs'
import type { FastifyInstance } from 'fastify'
import type { InboxMessage } from './inbox.ts'

const pageHeaders = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

const files = [
  { url: '/inbox', contentType: 'text/html; charset=utf-8', text: readText('./inbox/inbox.html') },
  { url: '/inbox/inbox.css', contentType: 'text/css; charset=utf-8', text: readText('./inbox/inbox.css') },
  { url: '/inbox/inbox.js', contentType: 'text/javascript; charset=utf-8', text: readText('./inbox/inbox.js') },
]

/** The page that shows the messages to people, and the messages for it and for tests. */
export function registerInboxPage(app: FastifyInstance, messages: (to?: string) => InboxMessage[]): void {
  for (const { url, contentType, text } of files) {
    app.get(url, (_, reply) => reply.headers({ ...pageHeaders, 'content-type': contentType }).send(text))
  }
  app.get('/', (_, reply) => reply.redirect('/inbox'))

  app.get<{ Querystring: { to?: string; last?: string } }>('/inbox/messages', (request, reply) => {
    const { to, last } = request.query
    if (last !== undefined && !/^[1-9]\d{0,6}$/.test(last))
      return reply.code(400).send({ error: 'last: must be a count' })
    reply.header('cache-control', 'no-store')
    return reply.send({ messages: messages(to).slice(last === undefined ? 0 : -Number(last)) })
  })
}

function readText(file: string): string {
  return readFileSync(new URL(file, import.meta.url), 'utf8')
}
