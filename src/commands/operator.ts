import { userInfo } from 'node:os'

/** Who runs this command, for the audit. */
export function operator(): string {
  return `operator:${userInfo().username}`
}
