import { readFileSync } from 'node:fs'
import type { FastifyInstance } from 'fastify'
import { GatewayError } from '../errors.ts'
import type { AnyOperation } from '../operation.ts'
import { type ProblemCode, type ProblemDefinition, problems } from '../problems.ts'
import { type ApprovalPageOptions, addApprovalPage } from './approval-page.ts'
import { addCodePage, type CodePageOptions } from './code-page.ts'
import { docsPage } from './docs-page.ts'
import { openApiDocument } from './openapi.ts'
import { html, page, pageHeaders } from './page.ts'

export interface SiteOptions extends ApprovalPageOptions, CodePageOptions {
  operations: readonly AnyOperation[]
  /** What links and examples begin with. */
  baseUrl: () => string
  /** Whether the store answers and is migrated. Vonage isn't asked: a node must not be drained for its sake. */
  isReady: () => Promise<boolean>
  /** The public keys that signed results are verified with. */
  signingKeys: () => Promise<{ keys: object[] }>
}

const stylesheet = readFileSync(new URL('./docs/style.css', import.meta.url), 'utf8')

/** What is served beside the operations: health, the API's description, and a page for every problem. */
export function addSite(app: FastifyInstance, options: SiteOptions): void {
  const { operations, baseUrl, sandbox, isReady, signingKeys } = options
  addApprovalPage(app, options)
  addCodePage(app, options)

  app.get('/', async (_request, reply) => reply.redirect('/docs'))

  app.get('/healthz', async () => ({ status: 'ok' }))

  app.get('/readyz', async () => {
    const notReady = (cause?: unknown) =>
      new GatewayError('overloaded', 'The store does not answer, or its migrations are not done.', { cause })
    const ready = await isReady().catch((error) => Promise.reject(notReady(error)))
    if (!ready) throw notReady()
    return { status: 'ready' }
  })

  app.get('/.well-known/jwks.json', async (_request, reply) =>
    reply.header('cache-control', 'public, max-age=300').send(await signingKeys()),
  )

  app.get('/openapi.json', async () => openApiDocument(operations, baseUrl()))

  app.get('/docs', async (_request, reply) =>
    reply.headers(pageHeaders).send(page('API', docsPage(operations, baseUrl()), { sandbox })),
  )

  app.get('/docs/style.css', async (_request, reply) =>
    reply.headers({ 'content-type': 'text/css; charset=utf-8', 'cache-control': 'max-age=3600' }).send(stylesheet),
  )

  app.get<{ Params: { code: string } }>('/problems/:code', async ({ params }, reply) => {
    if (!isProblemCode(params.code)) throw new GatewayError('not_found', 'There is no problem of this name.')
    return reply.headers(pageHeaders).send(problemPage(params.code, problems[params.code], sandbox))
  })
}

function isProblemCode(text: string): text is ProblemCode {
  return Object.hasOwn(problems, text)
}

function problemPage(code: string, { status, title, meaning, advice }: ProblemDefinition, sandbox: boolean): string {
  const body = html`<header>
<p><a href="/docs#problems">All problems</a></p>
<h1>${title}</h1>
<p class="path"><code>${code}</code> <span class="status">HTTP ${status}</span></p>
</header>
<h2>What it means</h2>
<p>${meaning}</p>
<h2>What to do</h2>
<p>${advice}</p>`
  return page(title, body, { sandbox })
}
