import { Latest } from './latest.ts'

/** What a phone receives; `request_id` is Vonage's. */
export interface Message {
  to: string
  from: string
  channel: 'sms' | 'tts'
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

const maxMessages = 50_000

/** What the phones of the simulated world have received, oldest first; beyond a limit the oldest go. */
export class Inbox {
  readonly #onChange: (message: InboxMessage) => void
  readonly #messages = new Latest<InboxMessage>(maxMessages)
  readonly #byNumber = new Map<string, InboxMessage[]>()
  /** Those of verifications that run. */
  readonly #byRequest = new Map<string, InboxMessage[]>()
  #count = 0

  /** `onChange` is told of every message that arrives and of every one whose verification ends. */
  constructor(onChange: (message: InboxMessage) => void) {
    this.#onChange = onChange
  }

  add(received: Message): void {
    this.#count += 1
    const message: InboxMessage = { ...received, id: this.#count }
    put(this.#byNumber, message.to, message)
    put(this.#byRequest, message.request_id, message)
    const dropped = this.#messages.add(message)
    if (dropped) this.#forget(dropped.to)
    this.#onChange(message)
  }

  /** The verification of this Vonage id has ended, and its codes with it. */
  end(requestId: string, ending: Ending): void {
    for (const message of this.#byRequest.get(requestId) ?? []) {
      message.ended = ending
      this.#onChange(message)
    }
    this.#byRequest.delete(requestId)
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

function put(lists: Map<string, InboxMessage[]>, key: string, message: InboxMessage): void {
  const list = lists.get(key)
  if (list) list.push(message)
  else lists.set(key, [message])
}
