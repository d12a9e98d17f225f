import { GatewayError } from './errors.ts'

/** Where a page of a list ended that goes from the newest to the oldest. */
interface Place {
  createdAt: number
  id: string
}

/** `<creation time>.<id>` */
export function writeCursor({ createdAt, id }: Place): string {
  return `${createdAt}.${id}`
}

/** Throws invalid_request for what is no such place. */
export function readCursor(cursor: string): Place {
  const [, createdAt, id] = /^(\d{1,15})\.([0-9a-f]{32})$/.exec(cursor) ?? []
  if (createdAt !== undefined && id !== undefined) return { createdAt: Number(createdAt), id }
  const reason = 'is not a next_cursor of an earlier answer'
  throw new GatewayError('invalid_request', `cursor: ${reason}`, { invalid_parameters: [{ name: 'cursor', reason }] })
}
