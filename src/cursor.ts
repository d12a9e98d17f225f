import { GatewayError } from './errors.ts'

/** Where a page of a list ended that goes from the newest to the oldest. */
interface Place {
  createdAt: number
  id: string
}

/** `<creation time>.<id>` */
function writeCursor({ createdAt, id }: Place): string {
  return `${createdAt}.${id}`
}

/** The first `limit` of what was found, one more than which was looked for, and where the next page begins. */
export function pageOf<T>(
  found: readonly T[],
  { limit, placeOf }: { limit: number; placeOf: (item: T) => Place },
): { page: T[]; next: { next_cursor?: string } } {
  const page = found.slice(0, limit)
  const last = page.at(-1)
  return { page, next: found.length > limit && last ? { next_cursor: writeCursor(placeOf(last)) } : {} }
}

/** Throws invalid_request for what is no such place. */
export function readCursor(cursor: string): Place {
  const [, createdAt, id] = /^(\d{1,15})\.([0-9a-f]{32})$/.exec(cursor) ?? []
  if (createdAt !== undefined && id !== undefined) return { createdAt: Number(createdAt), id }
  const reason = 'is not a next_cursor of an earlier answer'
  throw new GatewayError('invalid_request', `cursor: ${reason}`, { invalid_parameters: [{ name: 'cursor', reason }] })
}
