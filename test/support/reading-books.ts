import assert from 'node:assert/strict'
import { shownIn } from './readers.ts'
import type { Heard } from './webhooks.ts'

/** What may be read of a session: verified, if the right code was given with it; and it must, once its caller was told. */
export class ReadingBooks {
  /** By request_id. */
  readonly givers = new Set<string>()
  readonly told = new Set<string>()
  /** By webhooks. */
  readonly heard = new Set<string>()

  /** Holds any answer to what may be read. */
  judge(answer: unknown): void {
    const others = shownIn(answer).filter(({ id, isVerified }) => isVerified && !this.givers.has(id))
    assert.deepEqual(others, [], 'verified without the code')
  }

  /** Holds webhooks to the same. */
  hear(webhooks: Heard[]): void {
    this.judge(webhooks)
    for (const { id, isVerified } of shownIn(webhooks)) if (isVerified) this.heard.add(id)
  }

  /** Holds one that is read afterwards to what its callers were told. */
  judgeLater(answer: unknown, how: string): void {
    this.judge(answer)
    const known = shownIn(answer).filter(({ id }) => this.told.has(id))
    assert.ok(known.length > 0, `${how} shows verified sessions`)
    for (const { id, isVerified } of known) assert.ok(isVerified, `${how} shows what the caller of ${id} was told`)
  }
}
