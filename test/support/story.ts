/** The same of what a person approves: REST asks too, and each caller has a key. */
export const approvalStory: { operation: string; summary: string; caller: 'agent' | 'ops' }[] = [
  { operation: 'buy-number', summary: 'It has to be approved', caller: 'agent' },
  { operation: 'list-approvals', summary: 'What waits for a decision', caller: 'ops' },
  { operation: 'decide-approval', summary: 'It is approved', caller: 'ops' },
  { operation: 'decide-approval', summary: 'It was decided before', caller: 'ops' },
]

/** The examples of all operations, in the order in which they happen one after the other, and the seconds that pass between. */
export const story: ({ operation: string; summary: string } | { passSeconds: number })[] = [
  { operation: 'request-verification', summary: 'A code is sent' },
  { operation: 'request-verification', summary: 'A repeat shares the message' },
  { operation: 'request-verification', summary: 'Another brand has to wait' },
  { operation: 'request-verification', summary: 'A brand that could mislead' },
  { operation: 'check-verification', summary: 'A wrong code' },
  { operation: 'get-verification', summary: 'While it is pending' },
  { operation: 'check-verification', summary: 'The right code' },
  { operation: 'check-verification', summary: 'A code counts once' },
  { operation: 'check-verification', summary: 'The code was given in another session' },
  { operation: 'check-verification', summary: 'An unknown request_id' },
  { operation: 'get-verification', summary: 'After it was verified' },
  { operation: 'request-verification', summary: 'Two messages in German' },
  { operation: 'trigger-next-event', summary: 'Too early' },
  { passSeconds: 60 },
  { operation: 'trigger-next-event', summary: 'The next message is sent' },
  { operation: 'cancel-verification', summary: 'It is cancelled' },
  { operation: 'cancel-verification', summary: 'Too late to cancel' },
  { operation: 'list-verifications', summary: 'The newest one that was cancelled' },
  { operation: 'list-decisions', summary: 'The newest one' },
  { operation: 'get-conversion', summary: 'By country' },
  { operation: 'get-conversion', summary: 'Hour by hour, of one country' },
  { operation: 'search-available-numbers', summary: 'Mobile numbers of a country' },
  { operation: 'search-available-numbers', summary: 'No country' },
  { operation: 'buy-number', summary: 'The number is bought' },
  { operation: 'buy-number', summary: 'It is owned already' },
  { operation: 'list-owned-numbers', summary: 'What the account owns' },
  { operation: 'update-number', summary: 'Inbound messages go to a webhook' },
  { operation: 'cancel-number', summary: 'The number is released' },
]
