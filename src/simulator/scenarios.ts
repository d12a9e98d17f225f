/** What happens to what is sent to a number. */
export type Scenario =
  | { happens: 'delivered'; afterSeconds: number }
  | { happens: 'not delivered' }
  | { happens: 'refused'; because: Refusal }
  | { happens: 'answered late'; afterSeconds: number }
  | { happens: 'answer lost' }
  | { happens: 'failed'; httpStatus: number }
  | { happens: 'cut' }

export type Refusal =
  | 'throttled'
  | 'number unreachable'
  | 'network blocked'
  | 'out of credit'
  | 'unsupported network'
  | 'demo mode'

/** Magic numbers, one an outcome; to every other number messages come at once. They are in a range that is nobody's. */
export const scenarios: ReadonlyMap<string, Scenario> = new Map<string, Scenario>([
  ['447700900900', { happens: 'delivered', afterSeconds: 0 }],
  ['447700900901', { happens: 'delivered', afterSeconds: 45 }],
  ['447700900902', { happens: 'not delivered' }],
  ['447700900903', { happens: 'refused', because: 'network blocked' }],
  ['447700900904', { happens: 'refused', because: 'unsupported network' }],
  ['447700900905', { happens: 'refused', because: 'out of credit' }],
  ['447700900906', { happens: 'refused', because: 'throttled' }],
  ['447700900907', { happens: 'answered late', afterSeconds: 3 }],
  ['447700900908', { happens: 'answer lost' }],
  ['447700900909', { happens: 'failed', httpStatus: 500 }],
  ['447700900910', { happens: 'cut' }],
  ['447700900911', { happens: 'refused', because: 'number unreachable' }],
  ['447700900912', { happens: 'refused', because: 'demo mode' }],
])
