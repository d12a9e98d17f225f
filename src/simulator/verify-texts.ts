/** The four calls of Verify v1. */
export type VerifyOperation = 'request' | 'check' | 'search' | 'control'

const notProcessed = 'The Vonage platform was unable to process this message for the following reason:'
const barred = 'The api_key you supplied is for an account that has been barred from submitting messages.'
const demoMode =
  'Your Vonage account is still in demo mode. While in demo mode you must add target numbers to the approved list ' +
  'for your account. Add funds to your account to remove this limitation.'

/** Texts that depend on more than the status. */
export const texts = {
  missingKey: 'Missing api_key',
  missingSecret: 'Your request is incomplete and missing some mandatory parameters',
  missing: (name: string) => `Your request is incomplete and missing the mandatory parameter: ${name}`,
  invalid: (name: string) => `Invalid value for param: ${name}`,
  tooLong: (name: string) => `Invalid value for param: ${name}. Parameter is too long.`,
  codeLength: 'Invalid value for param: code_length. The allowed values are 4 and 6.',
  cancelTooEarly: (id: string) => `Verification request ['${id}'] can't be cancelled within the first 30 seconds.`,
  // The two spaces are Vonage's.
  cancelTooLate: (id: string) =>
    `Verification request  ['${id}'] can't be cancelled now. Too many attempts to re-deliver have already been made.`,
  noMoreEvents: (id: string) => `No more events are left to execute for the request ['${id}']`,
}

type StatusTexts = Record<string, string | ((requestId: string) => string)>

const common: StatusTexts = {
  1: 'Throttled',
  2: texts.missingSecret,
  4: 'Bad Credentials',
  5: 'Internal Error',
}

const byOperation: Record<VerifyOperation, StatusTexts> = {
  request: {
    ...common,
    3: texts.invalid('number'),
    6: `${notProcessed} Number unreachable.`,
    7: 'The number you are trying to verify is blacklisted for verification',
    8: barred,
    9: 'Partner quota exceeded',
    10: 'Concurrent verifications to the same number are not allowed',
    15: 'The destination number is not in a supported network',
    20: 'This account does not support the parameter: pin_code.',
    29: demoMode,
  },
  check: {
    ...common,
    3: 'The code contains invalid characters',
    6: (id) => `${notProcessed} Request '${id}' was not found or it has been verified already.`,
    16: 'The code provided does not match the expected value',
    17: 'A wrong code was provided too many times. Workflow terminated',
  },
  search: {
    ...common,
    3: texts.invalid('request_id'),
    6: `${notProcessed} Wrong parameters.`,
    18: 'Too many request_ids provided',
    101: 'No response found',
  },
  control: {
    ...common,
    3: 'Invalid parameter found: cmd',
    6: (id) => `The requestId '${id}' does not exist or its no longer active.`,
    8: barred,
    9: 'Partner quota exceeded',
    19: texts.noMoreEvents,
  },
}

/** The statuses that a call can fail with. */
export function failingStatuses(operation: VerifyOperation): string[] {
  return Object.keys(byOperation[operation])
}

/** The text that goes with a failing status, where the status alone decides it. */
export function statusText(operation: VerifyOperation, status: string, requestId: string): string | undefined {
  const text = byOperation[operation][status]
  return typeof text === 'function' ? text(requestId) : text
}
