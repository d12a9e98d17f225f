import type { Message } from '../inbox.ts'
import type { Templates } from './templates.ts'
import type { MessageStep, Verification } from './verifications.ts'

/** What reaches the person: an SMS, a call, an email or another message. */
export function messageOf(
  { id, order }: Verification,
  step: MessageStep,
  code: string,
  templates: Templates,
  sentAtMs: number,
): Message {
  const isCall = step.channel === 'voice'
  const takesTemplate = isCall || step.channel === 'sms' || step.channel === 'rcs'
  const text = templates.text(
    {
      templateId: takesTemplate ? order.template_id : undefined,
      channel: isCall ? 'voice' : 'sms',
      locale: order.locale,
    },
    {
      brand: order.brand,
      code,
      'time-limit': String(Math.ceil(order.channel_timeout / 60)),
      'time-limit-unit': 'minutes',
    },
  )
  return {
    to: step.to,
    from: ('from' in step ? step.from : undefined) ?? order.brand,
    channel: isCall ? 'tts' : step.channel,
    // An Android app finds its message by the hash at the end.
    text: step.channel === 'sms' && step.app_hash ? `${text}\n${step.app_hash}` : text,
    code,
    request_id: id,
    sent_at: new Date(sentAtMs).toISOString(),
    expires_at: new Date(sentAtMs + order.channel_timeout * 1000).toISOString(),
  }
}
