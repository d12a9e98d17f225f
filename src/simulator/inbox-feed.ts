import type { ServerResponse } from 'node:http'
import type { SimulatedClock } from '../clock.ts'
import type { InboxMessage } from './inbox.ts'

interface InboxFeedOptions {
  clock: SimulatedClock
  /** Oldest first. */
  messages: () => InboxMessage[]
}

const mostMessages = 200
const gatherMs = 100

const headers = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
}

/**
 * Tells open pages what happens, as server-sent events: `all` replaces what a page shows, `news` adds to it or changes
 * it, and both say what time it is. What happens within a moment becomes one event, and a page that reads too slowly
 * gets no queue but everything anew, so that neither many messages nor many pages cost the simulator much.
 */
export class InboxFeed {
  readonly #clock: SimulatedClock
  readonly #messages: () => InboxMessage[]
  readonly #stopListening: () => void
  readonly #pages = new Set<ServerResponse>()
  /** Pages that missed an event. */
  readonly #behind = new Set<ServerResponse>()
  #news = new Set<InboxMessage>()
  #isAllNew = false
  #timer: NodeJS.Timeout | undefined

  constructor({ clock, messages }: InboxFeedOptions) {
    this.#clock = clock
    this.#messages = messages
    this.#stopListening = clock.onMove(() => this.#tellSoon())
  }

  open(page: ServerResponse): void {
    page.writeHead(200, headers)
    page.write(this.#all())
    page.on('drain', () => {
      if (this.#behind.delete(page)) page.write(this.#all())
    })
    page.on('close', () => {
      this.#pages.delete(page)
      this.#behind.delete(page)
    })
    this.#pages.add(page)
  }

  /** A message is new or has changed. */
  tell(message: InboxMessage): void {
    if (this.#pages.size === 0) return
    this.#news.add(message)
    this.#tellSoon()
  }

  /** What the pages show is no longer there. */
  tellAll(): void {
    this.#isAllNew = true
    this.#tellSoon()
  }

  close(): void {
    this.#stopListening()
    clearTimeout(this.#timer)
    for (const page of this.#pages) page.end()
  }

  #tellSoon(): void {
    this.#timer ??= setTimeout(() => this.#tellNow(), gatherMs).unref()
  }

  #tellNow(): void {
    const isAll = this.#isAllNew || this.#news.size > mostMessages
    const event = isAll ? this.#all() : this.#event('news', [...this.#news])
    this.#timer = undefined
    this.#news = new Set()
    this.#isAllNew = false
    for (const page of this.#pages) {
      if (page.writableNeedDrain) this.#behind.add(page)
      else page.write(event)
    }
  }

  #all(): string {
    return this.#event('all', this.#messages().slice(-mostMessages))
  }

  #event(name: 'all' | 'news', messages: InboxMessage[]): string {
    const clock = { now: new Date(this.#clock.now()).toISOString(), is_running: this.#clock.isRunning }
    return `event: ${name}\ndata: ${JSON.stringify({ clock, messages })}\n\n`
  }
}
