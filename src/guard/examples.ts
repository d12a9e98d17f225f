import type { Example } from '../operation.ts'

// Ids, numbers and times are those of a fresh sandbox with fixed ids, seed and time: a test replays every line.
export const guardExamples = {
  'list-decisions': [
    {
      summary: 'The newest one',
      input: {
        limit: 1,
      },
      output: {
        decisions: [
          {
            decision_id: '86b7cece02f1bf2563549d5708c78c5f',
            at: '2026-01-01T12:01:00.000Z',
            kind: 'next',
            caller: 'local',
            request_id: '19c79ca7b1d40237c62b300cbadd7b43',
            state: 'cancelled',
            prefix: '1202555',
            country: 'US',
            line_type: 'mobile',
            channels: ['sms'],
            context: [],
            in_lane: false,
            messages: 0,
            expected_cost: '0.00',
            answer: 'allow',
            policy: '586e48d50a16',
          },
        ],
        next_cursor: '1767268860000.86b7cece02f1bf2563549d5708c78c5f',
      },
    },
  ],

  'get-conversion': [
    {
      summary: 'By country',
      input: {
        by: 'country',
      },
      output: {
        by: 'country',
        since: '2025-12-31T12:01:00.000Z',
        until: '2026-01-01T12:01:00.000Z',
        groups: [
          { name: 'GB', requested: 1, verified: 1, pending: 0, conversion: 1 },
          { name: 'US', requested: 1, verified: 0, pending: 0, conversion: 0 },
        ],
      },
    },
    {
      summary: 'Hour by hour, of one country',
      input: {
        by: 'hour',
        country: 'GB',
      },
      output: {
        by: 'hour',
        since: '2025-12-31T12:01:00.000Z',
        until: '2026-01-01T12:01:00.000Z',
        groups: [{ name: '2026-01-01T12:00:00.000Z', requested: 1, verified: 1, pending: 0, conversion: 1 }],
      },
    },
  ],
} as const satisfies Record<string, readonly Example[]>
