export interface Rest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** `{name}` stands for a member of the input. */
  readonly path: string
}

/** Where each operation is on REST. All that the client has to hold of them besides their types. */
export const routes = {
  'request-verification': { method: 'POST', path: '/v1/verifications' },
  'check-verification': { method: 'POST', path: '/v1/verifications/check' },
  'cancel-verification': { method: 'POST', path: '/v1/verifications/{request_id}/cancel' },
  'trigger-next-event': { method: 'POST', path: '/v1/verifications/{request_id}/next' },
  'get-verification': { method: 'GET', path: '/v1/verifications/{request_id}' },
  'list-verifications': { method: 'GET', path: '/v1/verifications' },
  'list-owned-numbers': { method: 'GET', path: '/v1/numbers' },
  'search-available-numbers': { method: 'GET', path: '/v1/numbers/available' },
  'buy-number': { method: 'POST', path: '/v1/numbers' },
  'update-number': { method: 'PATCH', path: '/v1/numbers/{country}/{msisdn}' },
  'cancel-number': { method: 'DELETE', path: '/v1/numbers/{country}/{msisdn}' },
  'list-decisions': { method: 'GET', path: '/v1/decisions' },
  'get-conversion': { method: 'GET', path: '/v1/conversion' },
  'list-approvals': { method: 'GET', path: '/v1/approvals' },
  'decide-approval': { method: 'POST', path: '/v1/approvals/{approval_id}' },
} as const satisfies Record<string, Rest>

export type OperationName = keyof typeof routes
