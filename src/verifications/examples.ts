import type { Example } from '../operation.ts'

// Ids, codes and numbers are those of a fresh sandbox with fixed ids, seed and time: a test replays every line.
export const verificationExamples = {
  'request-verification': [
    {
      summary: 'A code is sent',
      input: {
        number: '+44 7700 900123',
        brand: 'Acme',
      },
      output: {
        request_id: 'cb4aec889ac858d52812a44cc47d1c10',
        state: 'pending',
        brand: 'Acme',
        number: '44********23',
        code_length: 6,
        workflow_id: 6,
        attempts_left: 3,
        expires_at: '2026-01-01T12:05:00.000Z',
        resend_at: '2026-01-01T12:01:00.000Z',
        next_channel: 'sms',
        created_at: '2026-01-01T12:00:00.000Z',
        status: '0',
        message_sent: true,
        number_valid: true,
        verification_url: 'https://tollgate.example/v/y0rsiJrIWNUoEqRMxH0cEF1BQCq8Syp2uXGdkRAXxZI',
      },
    },
    {
      summary: 'A repeat shares the message',
      input: {
        number: '447700900123',
        brand: 'Acme',
        nonce: 'n-0S6_WzA2Mj',
        purpose: 'login',
      },
      output: {
        request_id: '3310c60fd7f1131271c4f8bd284d0161',
        state: 'pending',
        brand: 'Acme',
        purpose: 'login',
        number: '44********23',
        code_length: 6,
        workflow_id: 6,
        attempts_left: 2,
        expires_at: '2026-01-01T12:05:00.000Z',
        resend_at: '2026-01-01T12:01:00.000Z',
        next_channel: 'sms',
        created_at: '2026-01-01T12:00:00.000Z',
        status: '0',
        message_sent: false,
        number_valid: true,
        verification_url: 'https://tollgate.example/v/MxDGD9fxExJxxPi9KE0BYX15MDegdgGGV0sCgvL0Nec',
      },
    },
    {
      summary: 'Another brand has to wait',
      input: {
        number: '447700900123',
        brand: 'Other',
      },
      problem: {
        type: '/problems/verification_pending',
        title: 'Another verification is pending',
        status: 409,
        detail: 'Another verification of this number is running.',
        code: 'verification_pending',
        decision_id: 'b09b50f3c46c489f562896fb5a081e8c',
        retry_after_seconds: 300,
      },
    },
    {
      summary: 'A brand that could mislead',
      input: {
        number: '447700900123',
        brand: 'acme-prizes.com',
      },
      problem: {
        type: '/problems/invalid_request',
        title: 'Invalid request',
        status: 422,
        detail: 'brand: must not be the address of a web page',
        code: 'invalid_request',
        invalid_parameters: [
          {
            name: 'brand',
            reason: 'must not be the address of a web page',
          },
        ],
      },
    },
    {
      summary: 'Two messages in German',
      input: {
        number: '+1 202 555 0123',
        brand: 'Acme',
        workflow_id: 4,
        lg: 'de-de',
        code_length: 4,
      },
      output: {
        request_id: '19c79ca7b1d40237c62b300cbadd7b43',
        state: 'pending',
        brand: 'Acme',
        number: '12*******23',
        code_length: 4,
        workflow_id: 4,
        attempts_left: 3,
        expires_at: '2026-01-01T12:05:00.000Z',
        resend_at: '2026-01-01T12:01:00.000Z',
        next_channel: 'sms',
        created_at: '2026-01-01T12:00:00.000Z',
        status: '0',
        message_sent: true,
        number_valid: true,
        verification_url: 'https://tollgate.example/v/2Ps7X1WhyFKbWSwg_JFA0Zt0yYl7rHcP_AKRAqIAxd4',
      },
    },
  ],

  'check-verification': [
    {
      summary: 'A wrong code',
      input: {
        request_id: '3310c60fd7f1131271c4f8bd284d0161',
        code: '000000',
      },
      problem: {
        type: '/problems/wrong_code',
        title: 'Wrong code',
        status: 400,
        detail: 'The code is not the one that was sent.',
        code: 'wrong_code',
        request_id: '3310c60fd7f1131271c4f8bd284d0161',
        attempts_left: 1,
        upstream: {
          status: '16',
          error_text: 'The code provided does not match the expected value',
        },
      },
    },
    {
      summary: 'The right code',
      input: {
        request_id: '3310c60fd7f1131271c4f8bd284d0161',
        code: '900470',
      },
      output: {
        request_id: '3310c60fd7f1131271c4f8bd284d0161',
        state: 'verified',
        verification_token:
          'eyJhbGciOiJFUzI1NiIsImtpZCI6Ilk4THZPZF8wcU1tb1hRdWZfbDNtSGthRjNyd19rRUVHRUVHSVRtVVlGUnMiLCJ0eXAiOiJKV1QifQ.eyJpc3MiOiJ1cm46dG9sbGdhdGU6c2FuZGJveCIsImF1ZCI6IkFjbWUiLCJqdGkiOiJjMjA1YTAxOS0wMzFmLTRmZWMtOGNiMS03NWQ5MTBjZTZmMjQiLCJpYXQiOjE3NjcyNjg4MDAsImV4cCI6MTc2NzI2OTEwMCwiYXV0aF90aW1lIjoxNzY3MjY4ODAwLCJub25jZSI6Im4tMFM2X1d6QTJNaiIsInB1cnBvc2UiOiJsb2dpbiIsInJlcXVlc3RfaWQiOiIzMzEwYzYwZmQ3ZjExMzEyNzFjNGY4YmQyODRkMDE2MSIsInBob25lX251bWJlcl92ZXJpZmllZCI6dHJ1ZSwicGhvbmVfbnVtYmVyIjoiKzQ0NzcwMDkwMDEyMyIsImFtciI6WyJvdHAiLCJzbXMiXSwic2FuZGJveCI6dHJ1ZX0.K50VGTHZZdLE-PoRRX4WJrHP3XoQR2C7Gg78Hb7r6k8dUTgeUCWjKzuij6Wi92DXdtohgn5XL5YUJdlw2aeEaA',
        status: '0',
        event_id: 'ca796d79-3b19-46e8-8c1a-af812d26b454',
        price: '0.10000000',
        currency: 'EUR',
        estimated_price_messages_sent: '0.03330000',
      },
    },
    {
      summary: 'A code counts once',
      input: {
        request_id: '3310c60fd7f1131271c4f8bd284d0161',
        code: '900470',
      },
      problem: {
        type: '/problems/already_verified',
        title: 'Already verified',
        status: 409,
        detail: 'This verification was verified before.',
        code: 'already_verified',
        request_id: '3310c60fd7f1131271c4f8bd284d0161',
      },
    },
    {
      summary: 'The code was given in another session',
      input: {
        request_id: 'cb4aec889ac858d52812a44cc47d1c10',
        code: '900470',
      },
      problem: {
        type: '/problems/verification_superseded',
        title: 'Verification superseded',
        status: 410,
        detail: 'The code was given with another verification of the same message.',
        code: 'verification_superseded',
        request_id: 'cb4aec889ac858d52812a44cc47d1c10',
      },
    },
    {
      summary: 'An unknown request_id',
      input: {
        request_id: '00000000000000000000000000000000',
        code: '123456',
      },
      problem: {
        type: '/problems/verification_not_found',
        title: 'No such verification',
        status: 404,
        detail: 'There is no verification with this request_id.',
        code: 'verification_not_found',
      },
    },
  ],

  'cancel-verification': [
    {
      summary: 'It is cancelled',
      input: {
        request_id: '19c79ca7b1d40237c62b300cbadd7b43',
      },
      output: {
        request_id: '19c79ca7b1d40237c62b300cbadd7b43',
        status: '0',
        command: 'cancel',
        state: 'cancelled',
      },
    },
    {
      summary: 'Too late to cancel',
      input: {
        request_id: '3310c60fd7f1131271c4f8bd284d0161',
      },
      problem: {
        type: '/problems/already_verified',
        title: 'Already verified',
        status: 409,
        detail: 'This verification was verified before.',
        code: 'already_verified',
        request_id: '3310c60fd7f1131271c4f8bd284d0161',
      },
    },
  ],

  'trigger-next-event': [
    {
      summary: 'Too early',
      input: {
        request_id: '19c79ca7b1d40237c62b300cbadd7b43',
      },
      problem: {
        type: '/problems/not_now',
        title: 'Not now',
        status: 409,
        detail: 'The next message may be asked for 60 seconds after the last one.',
        code: 'not_now',
        decision_id: '444ea32551988dfe69897e93324925e0',
        request_id: '19c79ca7b1d40237c62b300cbadd7b43',
        retry_after_seconds: 60,
      },
    },
    {
      summary: 'The next message is sent',
      input: {
        request_id: '19c79ca7b1d40237c62b300cbadd7b43',
      },
      output: {
        request_id: '19c79ca7b1d40237c62b300cbadd7b43',
        state: 'pending',
        brand: 'Acme',
        number: '12*******23',
        code_length: 4,
        workflow_id: 4,
        attempts_left: 3,
        expires_at: '2026-01-01T12:04:00.000Z',
        resend_at: '2026-01-01T12:02:00.000Z',
        next_channel: 'sms',
        created_at: '2026-01-01T12:00:00.000Z',
        status: '0',
        command: 'trigger_next_event',
        message_sent: true,
      },
    },
  ],

  'get-verification': [
    {
      summary: 'While it is pending',
      input: {
        request_id: '3310c60fd7f1131271c4f8bd284d0161',
      },
      output: {
        request_id: '3310c60fd7f1131271c4f8bd284d0161',
        state: 'pending',
        brand: 'Acme',
        purpose: 'login',
        number: '44********23',
        code_length: 6,
        workflow_id: 6,
        attempts_left: 1,
        expires_at: '2026-01-01T12:05:00.000Z',
        resend_at: '2026-01-01T12:01:00.000Z',
        next_channel: 'sms',
        created_at: '2026-01-01T12:00:00.000Z',
      },
    },
    {
      summary: 'After it was verified',
      input: {
        request_id: '3310c60fd7f1131271c4f8bd284d0161',
      },
      output: {
        request_id: '3310c60fd7f1131271c4f8bd284d0161',
        state: 'verified',
        brand: 'Acme',
        purpose: 'login',
        number: '44********23',
        code_length: 6,
        workflow_id: 6,
        attempts_left: 0,
        expires_at: '2026-01-01T12:05:00.000Z',
        created_at: '2026-01-01T12:00:00.000Z',
        ended_at: '2026-01-01T12:00:00.000Z',
      },
    },
  ],

  'list-verifications': [
    {
      summary: 'The newest one that was cancelled',
      input: {
        state: 'cancelled',
        limit: 1,
      },
      output: {
        verifications: [
          {
            request_id: '19c79ca7b1d40237c62b300cbadd7b43',
            state: 'cancelled',
            brand: 'Acme',
            number: '12*******23',
            code_length: 4,
            workflow_id: 4,
            attempts_left: 0,
            expires_at: '2026-01-01T12:04:00.000Z',
            created_at: '2026-01-01T12:00:00.000Z',
            ended_at: '2026-01-01T12:01:00.000Z',
          },
        ],
      },
    },
  ],
} as const satisfies Record<string, readonly Example[]>
