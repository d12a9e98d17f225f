import type { Answer, VonageRoute } from '../vonage-api.ts'
import { detailOf, type Problems } from './problems.ts'
import { route } from './route.ts'
import type { SilentAuth, Verifications } from './verifications.ts'

/**
 * What a phone follows: first a redirect to its operator, which stands at the same address here, then the code, or a
 * last redirect to the application with the code or the error as its fragment.
 */
export function silentAuthRoute(path: string, verifications: () => Verifications, problems: Problems): VonageRoute {
  return route(['GET'], path, problems, (call) => () => {
    const id = call.pathParameters.request_id ?? ''
    const silentAuth = verifications().silentAuth(id)
    if (silentAuth === 'not running') return problems.requestNotFound(id)
    if (silentAuth === 'not now') return problems.answer('notNow')
    if (call.query.operator === undefined) return redirect(`${call.path}?operator=1`)
    return answerOfOperator(id, silentAuth, problems)
  })
}

function answerOfOperator(id: string, { redirectUrl, confirm }: SilentAuth, problems: Problems): Answer {
  const result = confirm()
  if ('code' in result) {
    const body = { request_id: id, code: result.code }
    return redirectUrl === undefined ? { httpStatus: 200, body } : redirect(withFragment(redirectUrl, body))
  }
  const name = result.failure === 'fails' ? 'silentAuthFailed' : 'networkNotSupported'
  if (redirectUrl === undefined) return problems.answer(name)
  return redirect(withFragment(redirectUrl, { error_description: detailOf(name) }))
}

function withFragment(url: string, values: Record<string, string>): string {
  return `${url.replace(/#.*/s, '')}#${new URLSearchParams(values)}`
}

function redirect(location: string): Answer {
  return { httpStatus: 302, headers: { location }, body: undefined }
}
