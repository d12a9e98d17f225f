import type { Message } from './inbox.ts'
import type { Verification } from './verifications.ts'
import type { Channel } from './workflows.ts'

const defaultSenderId = 'VERIFY'

/** The SMS or call that a verification's newest event puts through. */
export function messageOf(verification: Verification, channel: Channel, sentAtMs: number): Message {
  const { number, senderId, brand, id, pin, pinExpirySeconds } = verification
  return {
    to: number,
    from: senderId ?? defaultSenderId,
    channel,
    text: textOf(channel, brand, pin.code, Math.ceil(pinExpirySeconds / 60)),
    code: pin.code,
    request_id: id,
    sent_at: new Date(sentAtMs).toISOString(),
    expires_at: new Date(pin.madeAtMs + pinExpirySeconds * 1000).toISOString(),
  }
}

function textOf(channel: Channel, brand: string, code: string, minutes: number): string {
  if (channel === 'sms') return `${brand} code: ${code}. Valid for ${minutes} minutes.`
  return `Please enter your ${brand} activation code ${code}, I repeat ${code}, valid the next ${minutes} minutes.`
}
