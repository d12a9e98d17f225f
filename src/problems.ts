/** What a problem is: everything about one error stands in its row, and answers, problem pages and the OpenAPI document read it. */
export interface ProblemDefinition {
  /** HTTP status. */
  status: number
  title: string
  /** What happened, for the page at /problems/{code}. */
  meaning: string
  /** What the caller does now: one sentence, also told to agents. */
  advice: string
}

export const problems = {
  malformed_request: {
    status: 400,
    title: 'Malformed request',
    meaning:
      'The request could not be read: its body is not JSON, not a JSON object, its Idempotency-Key is no key, or the HTTP itself is broken.',
    advice: 'Send a JSON object with the header Content-Type: application/json; the detail says what is wrong.',
  },
  invalid_request: {
    status: 422,
    title: 'Invalid request',
    meaning:
      'The request was read, but a member is missing, unknown, out of range or not possible (a phone number that cannot exist, a brand with a web address). The detail and invalid_parameters name each one. Vonage’s statuses 2, 3, 18 and 20 arrive here too.',
    advice: 'Correct the named members and send the request again.',
  },
  unauthenticated: {
    status: 401,
    title: 'Key needed',
    meaning: 'The request came without a key, or its key is unknown, expired or revoked. Nothing was done.',
    advice: 'Send a key that is valid, as Authorization: Bearer tg_….',
  },
  wrong_code: {
    status: 400,
    title: 'Wrong code',
    meaning: 'The code is not the one that was sent. attempts_left says how many tries this verification still has.',
    advice: 'Ask the person to read the newest message again and type the code once more.',
  },
  attempts_exhausted: {
    status: 410,
    title: 'No attempts left',
    meaning:
      'Too many wrong codes were given. The verification has ended and no code is accepted any more, not even the right one.',
    advice: 'Request a new verification.',
  },
  verification_expired: {
    status: 410,
    title: 'Verification expired',
    meaning: 'The time for typing the code is over.',
    advice: 'Request a new verification.',
  },
  verification_cancelled: {
    status: 410,
    title: 'Verification cancelled',
    meaning: 'The verification was cancelled.',
    advice: 'Request a new verification.',
  },
  verification_superseded: {
    status: 410,
    title: 'Verification superseded',
    meaning:
      'Several verifications shared one message, and the code was given with another of them. This one can never become verified.',
    advice: 'Trust the verification that the code was given with, or request a new one.',
  },
  already_verified: {
    status: 409,
    title: 'Already verified',
    meaning: 'The right code was given before. A code counts once.',
    advice: 'Treat the verification as done; request a new one if you need a new proof.',
  },
  delivery_unknown: {
    status: 409,
    title: 'Delivery unknown',
    meaning: 'Vonage did not answer when the message was asked for, so nobody knows whether a code is on its way.',
    advice:
      'Repeat the request with the same number and brand: it never sends a second message where the first one went out.',
  },
  check_in_progress: {
    status: 409,
    title: 'Another check is running',
    meaning:
      'Another code for the same message is being checked at this moment, or the message is being replaced by one with a new code. No try was used.',
    advice: 'Send the same check again after a second.',
  },
  request_in_progress: {
    status: 409,
    title: 'Request in progress',
    meaning:
      'A request for this number is being sent at this moment, or the first call with this Idempotency-Key has no answer yet.',
    advice: 'Send the request again after a second.',
  },
  idempotency_key_reused: {
    status: 422,
    title: 'Idempotency key reused',
    meaning: 'This Idempotency-Key came with another request before. Nothing was done.',
    advice: 'Repeat the request exactly as it was, or send a new one with a new key.',
  },
  verification_pending: {
    status: 409,
    title: 'Another verification is pending',
    meaning:
      'A verification of this number is running that this request cannot join: it belongs to another brand or caller, or it is nearly over. Vonage allows one at a time for each number.',
    advice: 'Wait for retry_after_seconds, then request again.',
  },
  verification_not_found: {
    status: 404,
    title: 'No such verification',
    meaning: 'This caller has no verification with that request_id.',
    advice: 'Use the request_id exactly as request-verification returned it.',
  },
  not_now: {
    status: 409,
    title: 'Not now',
    meaning:
      'The operation is right but not at this time: the next message may be asked for 60 seconds after the last one, and not while nobody knows whether that one went out.',
    advice: 'Wait for retry_after_seconds where it is given, then try again.',
  },
  number_unreachable: {
    status: 422,
    title: 'Number unreachable',
    meaning: 'Vonage could not process a message to this number.',
    advice: 'Check the number with the person, or use another one.',
  },
  number_not_allowed: {
    status: 422,
    title: 'Kind of number not allowed',
    meaning: 'Numbers of this kind (premium rate, shared cost, toll-free, pager, voicemail, UAN) get no codes.',
    advice: 'Ask for a mobile or landline number.',
  },
  challenge_required: {
    status: 403,
    title: 'Challenge required',
    meaning:
      'The guard wants proof of a person before a message is sent. Nothing was sent. challenge_token is good once, for ten minutes, for the same number, caller and session.',
    advice:
      'Have the person pass a check of your own (a CAPTCHA, a device attestation, somebody who looks), then send the same request with challenge_token.',
  },
  approval_required: {
    status: 403,
    title: 'Approval required',
    meaning:
      'It costs money or changes what a number does, so a person with an admin key has to approve it first, at the address in approval.url. The approval is good for these exact arguments at this price, for ten minutes, once. Nothing was done.',
    advice:
      'Show approval.asks and approval.url to a person who may approve, and repeat the very same call after that.',
  },
  country_not_allowed: {
    status: 403,
    title: 'Country not allowed',
    meaning:
      'The number belongs to a country that this gateway does not send to (TOLLGATE_COUNTRIES) or order numbers in (TOLLGATE_SPEND_COUNTRIES), or that the caller’s key leaves out.',
    advice: 'Use a number of an allowed country, or ask the operator to allow this one.',
  },
  destination_not_supported: {
    status: 422,
    title: 'Destination not supported',
    meaning: 'Vonage does not send verifications to this network, or not from an account in demo mode.',
    advice: 'Use another number, or ask the operator to look at the Vonage account.',
  },
  network_blocked: {
    status: 403,
    title: 'Network blocked',
    meaning: 'Vonage has blocked this network or number because of possible fraud.',
    advice: 'Do not repeat the request; ask the operator.',
  },
  quota_exceeded: {
    status: 429,
    title: 'Quota exceeded',
    meaning:
      'A cap on messages is reached: for this number, or today for the caller or the whole gateway. A cap on spending, or a rate of requests or searches, is reached. A number for which many codes were given gets no further message for a while.',
    advice: 'Wait for retry_after_seconds, then request again.',
  },
  number_unavailable: {
    status: 409,
    title: 'Number unavailable',
    meaning:
      'Vonage refused the order: the number is taken, no longer for sale, not owned by this account, already owned, or the account has no credit. Nothing was charged.',
    advice: 'Search the available numbers again and choose another one.',
  },
  address_required: {
    status: 422,
    title: 'Address required',
    meaning: 'Numbers of this country can be bought only in the Vonage dashboard, with a local address.',
    advice: 'Choose another country, or buy the number in the dashboard.',
  },
  forbidden: {
    status: 403,
    title: 'Forbidden',
    meaning:
      'The gateway does not do this: the key of the caller does not allow it, the Host or Origin of the request is foreign, or spending money is switched off or dearer than allowed.',
    advice: 'Do not repeat the request; the detail says what would have to change.',
  },
  not_found: {
    status: 404,
    title: 'Not found',
    meaning: 'Nothing is served under this path.',
    advice: 'Look at /openapi.json or /docs for the paths.',
  },
  method_not_allowed: {
    status: 405,
    title: 'Method not allowed',
    meaning: 'The path exists, but not with this method; the Allow header lists its methods.',
    advice: 'Use one of the methods in the Allow header.',
  },
  payload_too_large: {
    status: 413,
    title: 'Payload too large',
    meaning: 'The body is larger than 16 KiB.',
    advice: 'Send only the documented members.',
  },
  unsupported_media_type: {
    status: 415,
    title: 'Unsupported media type',
    meaning: 'The body has another type than JSON.',
    advice: 'Send JSON with the header Content-Type: application/json.',
  },
  upstream_throttled: {
    status: 429,
    title: 'Vonage is busy',
    meaning: 'The account’s pace at Vonage is used up, also after queueing for up to 5 seconds. Nothing was sent.',
    advice: 'Wait for retry_after_seconds, then send the request again.',
  },
  upstream_unauthorized: {
    status: 502,
    title: 'Vonage refused the gateway’s credentials',
    meaning: 'The gateway’s own Vonage credentials are wrong or barred. The caller’s are not the reason.',
    advice: 'Ask the operator to check VONAGE_API_KEY and VONAGE_API_SECRET.',
  },
  upstream_error: {
    status: 502,
    title: 'Vonage failed',
    meaning: 'Vonage answered with an error of its own, or with something that is not its documented answer.',
    advice: 'Look the state up with get-verification or list-owned-numbers before you repeat anything.',
  },
  upstream_unreachable: {
    status: 504,
    title: 'No answer from Vonage',
    meaning:
      'Vonage could not be reached or did not answer in time. Where something may have happened all the same, the answer holds our request_id.',
    advice:
      'Repeat a request with the same number and brand: it never sends a second message where the first one went out.',
  },
  upstream_unavailable: {
    status: 503,
    title: 'Messages are stopped',
    meaning:
      'Vonage does not answer, messages do not arrive there for now, or the operator has stopped them: everywhere, in a country, or of one kind. Nothing was sent; codes that were sent are still taken.',
    advice: 'Try again after retry_after_seconds, or by another workflow where the detail names one.',
  },
  upstream_out_of_credit: {
    status: 503,
    title: 'No credit at Vonage',
    meaning: 'The Vonage account has no credit left. Nothing was sent.',
    advice: 'Ask the operator to add credit.',
  },
  overloaded: {
    status: 503,
    title: 'Not ready',
    meaning:
      'The gateway is stopping, its store does not answer, or its ledger was restored from a backup and messages are held until the runs that it does not know are over.',
    advice: 'Send the request again after retry_after_seconds, or after a few seconds.',
  },
  internal: {
    status: 500,
    title: 'Internal error',
    meaning: 'The gateway has met a fault of its own. Its log has the reason under the X-Request-Id of the answer.',
    advice: 'Give the X-Request-Id to the operator.',
  },
} as const satisfies Record<string, ProblemDefinition>

export type ProblemCode = keyof typeof problems
