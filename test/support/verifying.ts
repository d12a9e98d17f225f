import type { Answer, TestGateway } from './gateway.ts'

export const someNumber = '447700900123'

/** The calls that a verification of one number takes, and what of them reached Vonage and the phone. */
export function verifying(gateway: TestGateway, number = someNumber) {
  const on = (method: string, id: string, end = '') => gateway.rest(method, `/v1/verifications/${id}${end}`)
  const check = (request_id: string, code: string) =>
    gateway.rest('POST', '/v1/verifications/check', { request_id, code })
  const request = (more: Record<string, unknown> = {}) =>
    gateway.rest('POST', '/v1/verifications', { number, brand: 'Acme', ...more })
  const called = (path: string, cmd?: string) =>
    gateway.calls.filter((call) => call.path === path && (cmd === undefined || call.parameters.cmd === cmd))

  return {
    request,
    /** The request_id of a request that has to succeed. */
    async start(more: Record<string, unknown> = {}): Promise<string> {
      const answer = await request(more)
      if (answer.status !== 200) throw new Error(JSON.stringify(answer.body))
      return answer.body.request_id
    },
    check,
    checkRight: async (id: string) => check(id, await gateway.code(number)),
    checkWrong: async (id: string) => check(id, await gateway.wrongCode(number)),
    cancel: (id: string) => on('POST', id, '/cancel'),
    next: (id: string) => on('POST', id, '/next'),
    look: (id: string) => on('GET', id),
    state: async (id: string): Promise<string> => (await on('GET', id)).body.state,
    messages: () => gateway.messages(number),
    /** How often Vonage was asked for a run, for a check, for a cancel, for a next event. */
    runs: () => called('/verify/json').length,
    checks: () => called('/verify/check/json').length,
    cancels: () => called('/verify/control/json', 'cancel').length,
    nexts: () => called('/verify/control/json', 'trigger_next_event').length,
  }
}

/** What a caller acts on: the HTTP status with a problem's code, or with the state that a success tells. */
export function gist({ status, body }: Answer): string {
  return `${status} ${body.code ?? body.state}`
}
