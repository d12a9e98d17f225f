export type MessageFate = 'arrives' | 'fails' | 'suspected of fraud'
export type SilentAuthFate = 'succeeds' | 'network not supported' | 'fails'

/** Fictional numbers to which something happens: what Verify v2 sends to any other address arrives. */
const messageFates: Record<string, MessageFate> = {
  447700900982: 'fails',
  447700900983: 'suspected of fraud',
}

/** Every other number is on a supported network, in the phone that follows the redirects. */
const silentAuthFates: Record<string, SilentAuthFate> = {
  447700900980: 'network not supported',
  447700900981: 'fails',
}

/** What becomes of an SMS, a call or any other message with a code. */
export function messageFate(to: string): MessageFate {
  return messageFates[to] ?? 'arrives'
}

/** What the operator of a number says when a phone follows the redirects of a silent authentication. */
export function silentAuthFate(number: string): SilentAuthFate {
  return silentAuthFates[number] ?? 'succeeds'
}
