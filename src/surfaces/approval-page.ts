import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import * as z from 'zod'
import type { Approvals, ApprovalView, Decision } from '../access/approvals.ts'
import { demandScope } from '../access/caller.ts'
import type { Door } from '../access/door.ts'
import { GatewayError, toProblem } from '../errors.ts'
import type { Log } from '../log.ts'
import { loggedProblem } from './log-problem.ts'
import { formHeaders, type Html, html, page } from './page.ts'

export interface ApprovalPageOptions {
  approvals: Approvals
  door: Door
  sandbox: boolean
  log: Log
}

interface ById {
  Params: { id: string }
}

const form = z.object({ key: z.string().max(200), decision: z.enum(['approve', 'deny']) })

/** The page at which a person with an admin key decides. It needs no script; the key goes with the form and is not kept. */
export function addApprovalPage(app: FastifyInstance, { approvals, door, sandbox, log }: ApprovalPageOptions): void {
  async function show(reply: FastifyReply, id: string, failed?: { message: string; status: number }) {
    const approval = await approvals.show(idOf(id))
    const canDecide = await door.isClosed()
    const body = approvalPage(approval, { canDecide, message: failed?.message })
    return reply
      .status(failed?.status ?? 200)
      .headers(formHeaders)
      .send(page('Approval', body, { sandbox }))
  }

  app.get<ById>('/approvals/:id', async ({ params }, reply) => show(reply, params.id))

  app.post<ById>('/approvals/:id', { config: { takesForm: true } }, async (request, reply) => {
    const { id } = request.params
    try {
      await decide(request, idOf(id), readForm(request.body))
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error
      const problem = loggedProblem(error, log, { requestId: request.id })
      request.problem = problem.code
      if (problem.code === 'not_found') throw error
      return show(reply, id, { message: toProblem(error).detail, status: problem.status })
    }
    return show(reply, id)
  })

  async function decide(request: FastifyRequest, id: string, { key, decision }: { key: string; decision: Decision }) {
    const approver = await door.admit(`Bearer ${key.trim()}`)
    request.caller = approver
    demandScope(approver, 'admin')
    await approvals.decide(id, decision, approver)
  }
}

function readForm(body: unknown): z.output<typeof form> {
  const fields = form.safeParse(Object.fromEntries(new URLSearchParams(typeof body === 'string' ? body : '')))
  if (fields.success) return fields.data
  throw new GatewayError('invalid_request', 'Give an admin key, and say whether to approve or to deny.')
}

function idOf(text: string): string {
  if (/^[0-9a-f]{32}$/.test(text)) return text
  throw new GatewayError('not_found', 'There is no approval with this id.')
}

function approvalPage(
  approval: ApprovalView,
  { canDecide, message }: { canDecide: boolean; message?: string | undefined },
): Html {
  const { approval_id, asks, caller, operation, input, price_now, price_monthly, expires_at, state } = approval
  const given = Object.entries(input).map(
    ([name, value]) => html`<tr><th scope="row">${name}</th><td>${visible(String(value))}</td></tr>`,
  )
  return html`<header>
<h1>${asks}</h1>
<p class="path"><code>${operation}</code> <span class="status">asked for by ${caller}</span></p>
</header>
${message === undefined ? html`` : html`<p class="notice" role="alert">${message}</p>`}
<table>
<tbody>
${given}
<tr><th scope="row">Price at once</th><td>EUR ${price_now}</td></tr>
<tr><th scope="row">Price a month</th><td>EUR ${price_monthly}</td></tr>
<tr><th scope="row">To be decided until</th><td><time datetime="${expires_at}">${expires_at}</time></td></tr>
<tr><th scope="row">State</th><td>${state}</td></tr>
</tbody>
</table>
${decision(approval_id, { state, canDecide })}`
}

/** What a caller has written may hold what is not seen, or turns round what is. */
function visible(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (hidden) => `\\u{${hidden.codePointAt(0)?.toString(16)}}`)
}

function decision(id: string, { state, canDecide }: { state: ApprovalView['state']; canDecide: boolean }): Html {
  if (state !== 'pending') return html`<p>${outcomes[state]}</p>`
  if (!canDecide) {
    return html`<p>There are no keys here, so nobody can show that it is for them to decide. In a sandbox, run this where the gateway runs:</p>
<pre><code>tollgate approvals approve ${id}</code></pre>`
  }
  return html`<form method="post" action="/approvals/${id}">
<p><label for="key">Your admin key</label></p>
<p><input id="key" name="key" type="password" autocomplete="off" spellcheck="false" required></p>
<p><button name="decision" value="approve">Approve</button> <button name="decision" value="deny">Deny</button></p>
</form>`
}

const outcomes: Record<Exclude<ApprovalView['state'], 'pending'>, string> = {
  approved: 'It is approved: who asked may do it now, once, until then.',
  denied: 'It is denied.',
  used: 'It was approved, and is done.',
  expired: 'Nobody used it in time. Who asked may ask again.',
}
