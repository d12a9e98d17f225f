import { Latest } from './latest.ts'

/** What a phone receives; `request_id` is Vonage's. */
export interface Message {
  /** A number, or an email address. */
  to: string
  from: string
  channel: 'sms' | 'tts' | 'whatsapp' | 'rcs' | 'email'
  text: string
  code: string
  request_id: string
  sent_at: string
  /** From then on the code is refused. */
  expires_at: string
}

/** A message as the simulator's users see it. */
export interface InboxMessage extends Message {
  /** Counts the messages since the beginning. */
  id: number
  /** How the verification of this message ended; absent while it runs. */
  ended?: Ending
}

export type Ending = 'verified' | 'failed' | 'expired' | 'cancelled'

const maxMessages = 10_000

/** What the phones of the simulated world have received, oldest first; beyond a limit the oldest go. */
export class Inbox {
  readonly #onChange: (message: InboxMessage) => void
  readonly #messages = new Latest<InboxMessage>(maxMessages)
  readonly #byNumber = new Map<string, InboxMessage[]>()
  #count = 0

  /** `onChange` is told of every message that arrives and of every one whose verification ends. */
  constructor(onChange: (message: InboxMessage) => void) {
    this.#onChange = onChange
  }

  add(received: Message): void {
    this.#count += 1
    const message: InboxMessage = { ...received, id: this.#count }
    const sameNumber = this.#byNumber.get(message.to)
    if (sameNumber) sameNumber.push(message)
    else this.#byNumber.set(message.to, [message])
    const dropped = this.#messages.add(message)
    if (dropped) this.#forget(dropped.to)
    this.#onChange(message)
  }

  /** The verification of this Vonage id has ended, and with it the codes that it sent to these addresses. */
  end(requestId: string, addresses: string[], ending: Ending): void {
    for (const message of addresses.flatMap((to) => this.#byNumber.get(to) ?? [])) {
      if (message.request_id !== requestId) continue
      message.ended = ending
      this.#onChange(message)
    }
  }

  all(): InboxMessage[] {
    return this.#messages.all()
  }

  to(number: string): InboxMessage[] {
    return [...(this.#byNumber.get(number) ?? [])]
  }

  /** The oldest message of all is also the oldest of its number. */
  #forget(number: string): void {
    const sameNumber = this.#byNumber.get(number)
    sameNumber?.shift()
    if (sameNumber?.length === 0) this.#byNumber.delete(number)
  }
}
