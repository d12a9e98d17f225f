import { Latest } from './latest.ts'

/** A message as the simulator's users see it; `request_id` is Vonage's. */
export interface InboxMessage {
  /** A number, or an email address. */
  to: string
  from: string
  channel: 'sms' | 'tts' | 'whatsapp' | 'rcs' | 'email'
  text: string
  code: string
  request_id: string
  sent_at: string
}

const maxMessages = 50_000

/** What the phones of the simulated world have received, oldest first; beyond a limit the oldest go. */
export class Inbox {
  readonly #messages = new Latest<InboxMessage>(maxMessages)
  readonly #byNumber = new Map<string, InboxMessage[]>()

  add(message: InboxMessage): void {
    const sameNumber = this.#byNumber.get(message.to)
    if (sameNumber) sameNumber.push(message)
    else this.#byNumber.set(message.to, [message])
    const dropped = this.#messages.add(message)
    if (dropped) this.#forget(dropped.to)
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
