export type MessageFate = 'arrives' | 'fails' | 'blocked' | 'suspected of fraud'
export type SilentAuthFate = 'succeeds' | 'network not supported' | 'fails'

/** What happens in Verify v2, whose requests are not refused for it: to any other address messages arrive. */
const messageFates: Record<string, MessageFate> = {
  447700900903: 'blocked',
  447700900911: 'fails',
  447700900915: 'suspected of fraud',
}

/** Every other number is on a supported network, in the phone that follows the redirects. */
const silentAuthFates: Record<string, SilentAuthFate> = {
  447700900913: 'network not supported',
  447700900914: 'fails',
}

/** What becomes of an SMS, a call or any other message with a code. */
export function messageFate(to: string): MessageFate {
  return messageFates[to] ?? 'arrives'
}

/** What the operator of a number says when a phone follows the redirects of a silent authentication. */
export function silentAuthFate(number: string): SilentAuthFate {
  return silentAuthFates[number] ?? 'succeeds'
}
