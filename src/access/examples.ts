import type { Example } from '../operation.ts'

const approval = {
  approval_id: 'cb4aec889ac858d52812a44cc47d1c10',
  state: 'pending',
  operation: 'buy-number',
  caller: 'agent',
  asks: 'Buy the number 447418012439 of GB?',
  input: {
    country: 'GB',
    msisdn: '447418012439',
  },
  price_now: '1.60',
  price_monthly: '0.80',
  currency: 'EUR',
  created_at: '2026-01-01T12:00:00.000Z',
  expires_at: '2026-01-01T12:10:00.000Z',
} as const

// Ids, numbers and times are those of a fresh sandbox with fixed ids, seed and time: a test replays every line.
export const approvalExamples = {
  'list-approvals': [
    {
      summary: 'What waits for a decision',
      input: {
        state: 'pending',
      },
      output: {
        approvals: [approval],
      },
    },
  ],

  'decide-approval': [
    {
      summary: 'It is approved',
      input: {
        approval_id: 'cb4aec889ac858d52812a44cc47d1c10',
        decision: 'approve',
      },
      output: {
        ...approval,
        state: 'approved',
        decided_at: '2026-01-01T12:00:00.000Z',
        decided_by: 'ops',
      },
    },
    {
      summary: 'It was decided before',
      input: {
        approval_id: 'cb4aec889ac858d52812a44cc47d1c10',
        decision: 'deny',
      },
      problem: {
        type: '/problems/not_now',
        title: 'Not now',
        status: 409,
        detail: 'This approval is approved, and can’t be decided any more.',
        code: 'not_now',
      },
    },
  ],
} as const satisfies Record<string, readonly Example[]>
