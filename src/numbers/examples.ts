import type { Example } from '../operation.ts'

// Ids, codes and numbers are those of a fresh sandbox with fixed ids, seed and time: a test replays every line.
export const numberExamples = {
  'list-owned-numbers': [
    {
      summary: 'What the account owns',
      input: {
        country: 'GB',
      },
      output: {
        count: 1,
        numbers: [
          {
            country: 'GB',
            msisdn: '447418012439',
            type: 'mobile-lvn',
            features: ['VOICE', 'SMS'],
          },
        ],
      },
    },
  ],

  'search-available-numbers': [
    {
      summary: 'Mobile numbers of a country',
      input: {
        country: 'GB',
        type: 'mobile-lvn',
        size: 2,
      },
      output: {
        count: 48,
        numbers: [
          {
            country: 'GB',
            msisdn: '447418012439',
            type: 'mobile-lvn',
            features: ['VOICE', 'SMS'],
            cost: '0.80',
            initialPrice: '0.80',
          },
          {
            country: 'GB',
            msisdn: '447418025953',
            type: 'mobile-lvn',
            features: ['VOICE', 'SMS'],
            cost: '0.80',
            initialPrice: '0.80',
          },
        ],
      },
    },
    {
      summary: 'No country',
      input: {
        type: 'mobile-lvn',
      },
      problem: {
        type: '/problems/invalid_request',
        title: 'Invalid request',
        status: 422,
        detail: 'country: is required',
        code: 'invalid_request',
        invalid_parameters: [
          {
            name: 'country',
            reason: 'is required',
          },
        ],
      },
    },
  ],

  'buy-number': [
    {
      summary: 'It has to be approved',
      input: {
        country: 'GB',
        msisdn: '447418012439',
      },
      problem: {
        type: '/problems/approval_required',
        title: 'Approval required',
        status: 403,
        detail:
          'A person with an admin key has to approve this at https://tollgate.example/approvals/cb4aec889ac858d52812a44cc47d1c10 first: Buy the number 447418012439 of GB?',
        code: 'approval_required',
        approval: {
          approval_id: 'cb4aec889ac858d52812a44cc47d1c10',
          url: 'https://tollgate.example/approvals/cb4aec889ac858d52812a44cc47d1c10',
          asks: 'Buy the number 447418012439 of GB?',
          price_now: '1.60',
          price_monthly: '0.80',
          currency: 'EUR',
          expires_at: '2026-01-01T12:10:00.000Z',
        },
      },
    },
    {
      summary: 'The number is bought',
      input: {
        country: 'GB',
        msisdn: '447418012439',
      },
      output: {
        country: 'GB',
        msisdn: '447418012439',
        'error-code': '200',
        'error-code-label': 'success',
      },
    },
    {
      summary: 'It is owned already',
      input: {
        country: 'GB',
        msisdn: '447418012439',
      },
      problem: {
        type: '/problems/number_unavailable',
        title: 'Number unavailable',
        status: 409,
        detail: 'The account owns this number already.',
        code: 'number_unavailable',
        upstream: {
          status: '420',
          error_text: 'method failed',
        },
      },
    },
  ],

  'update-number': [
    {
      summary: 'Inbound messages go to a webhook',
      input: {
        country: 'GB',
        msisdn: '447418012439',
        moHttpUrl: 'https://acme.example/sms',
      },
      output: {
        country: 'GB',
        msisdn: '447418012439',
        'error-code': '200',
        'error-code-label': 'success',
      },
    },
  ],

  'cancel-number': [
    {
      summary: 'The number is released',
      input: {
        country: 'GB',
        msisdn: '447418012439',
      },
      output: {
        country: 'GB',
        msisdn: '447418012439',
        'error-code': '200',
        'error-code-label': 'success',
      },
    },
  ],
} as const satisfies Record<string, readonly Example[]>
