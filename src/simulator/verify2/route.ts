import type { Method, VonageRoute } from '../vonage-api.ts'
import type { Problems } from './problems.ts'

/** A route of Verify v2, which fails with HTTP statuses and with none of its own. */
export function route(methods: Method[], path: string, problems: Problems, judge: VonageRoute['judge']): VonageRoute {
  return {
    path,
    methods,
    judge,
    failingStatuses: [],
    statusAnswer: () => problems.answer('internal'),
    limit: { name: 'verify2', perSecond: 30, answer: () => problems.answer('throttled') },
  }
}
