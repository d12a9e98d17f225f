import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { GatewayError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { ProblemCode } from '../problems.ts'
import type { LinkedView } from '../verifications/link.ts'
import { type CodePageTexts, codePageTexts, languageFor } from './code-page-texts.ts'
import { loggedProblem } from './log-problem.ts'
import { formHeaders, type Html, html, page } from './page.ts'

export interface CodePageOptions {
  codes: {
    /** The verification behind a link; undefined for what is no link. */
    look(token: string): Promise<LinkedView | undefined>
    /** Gives a code with it. Failures are GatewayErrors. */
    give(token: string, code: string): Promise<unknown>
  }
  sandbox: boolean
  log: Log
}

interface ByToken {
  Params: { token: string }
}

/** The page at which a person types the code, so that nobody else has to see it. It needs no script. */
export function addCodePage(app: FastifyInstance, { codes, sandbox, log }: CodePageOptions): void {
  async function show(request: FastifyRequest<ByToken>, reply: FastifyReply, failure?: Failure) {
    const language = languageFor(request.headers['accept-language'])
    const texts = codePageTexts[language] ?? codePageTexts.en
    if (!texts) throw new Error('the page has no texts')
    const found = await codes.look(request.params.token)
    if (!found) return send(reply, { language, status: 404, title: texts.gone, body: html`<h1>${texts.gone}</h1>` })
    const filled = fill(texts, found)
    const body = codePage(request.params.token, { found, texts: filled, failure })
    return send(reply, { language, status: failure?.status ?? 200, title: filled.title, body })
  }

  function send(reply: FastifyReply, { language, status, title, body }: Sent) {
    const headers = { ...formHeaders, 'content-language': language, vary: 'accept-language' }
    return reply
      .status(status)
      .headers(headers)
      .send(page(title, body, { sandbox, language }))
  }

  app.get<ByToken>('/v/:token', async (request, reply) => show(request, reply))

  app.post<ByToken>('/v/:token', { config: { takesForm: true } }, async (request, reply) => {
    const code = new URLSearchParams(typeof request.body === 'string' ? request.body : '').get('code') ?? ''
    const digits = code.replaceAll(/[\s-]/g, '')
    if (!/^\d{4,10}$/.test(digits)) return show(request, reply, { code: 'invalid_request', status: 422 })
    try {
      await codes.give(request.params.token, digits)
    } catch (error) {
      const problem = loggedProblem(error, log, { requestId: request.id })
      if (!(error instanceof GatewayError) && problem.code === 'internal') throw error
      request.problem = problem.code
      return show(request, reply, { code: problem.code, status: problem.status })
    }
    return show(request, reply)
  })
}

interface Failure {
  code: ProblemCode
  status: number
}

interface Sent {
  language: string
  status: number
  title: string
  body: Html
}

function fill(texts: CodePageTexts, { brand, code_length, attempts_left }: LinkedView): CodePageTexts {
  const values: Record<string, string> = { brand, digits: String(code_length), left: String(attempts_left) }
  const filled = Object.entries(texts).map(([name, text]) => [
    name,
    text.replaceAll(/\{(\w+)\}/g, (all: string, member: string) => values[member] ?? all),
  ])
  return { ...texts, ...Object.fromEntries(filled) }
}

function codePage(
  token: string,
  { found, texts, failure }: { found: LinkedView; texts: CodePageTexts; failure: Failure | undefined },
): Html {
  const { state, delivery, code_length: digits } = found
  if (state !== 'pending')
    return html`<h1>${texts.title}</h1>
<p class="notice" role="status">${texts[state]}</p>`
  const failed = failure && textOf(failure, texts)
  const error = failed === undefined ? html`` : html`<p id="failed" class="notice" role="alert">${failed}</p>`
  const described = failed === undefined ? html`` : html` aria-describedby="failed" aria-invalid="true"`
  return html`<h1>${texts.title}</h1>
${delivery === 'unknown' ? html`<p role="status">${texts.waiting}</p>` : html``}
${error}
<form method="post" action="/v/${token}">
<p><label for="code">${texts.label}</label></p>
<p><input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="${digits + 4}" autofocus required${described}></p>
<p><button>${texts.button}</button></p>
</form>`
}

function textOf({ code }: Failure, texts: CodePageTexts): string {
  if (code === 'wrong_code') return texts.wrong
  return code === 'invalid_request' ? texts.malformed : texts.later
}
