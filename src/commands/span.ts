import { UsageError } from './command.ts'

const units: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 }

/** A span of time as people write it, such as 90d, in milliseconds; 0 needs no unit. */
export function readSpan(option: string, given: string): number {
  const [, count, unit = ''] = /^(\d{1,5})([mhd])$/.exec(given) ?? []
  const span = given === '0' ? 0 : Number(count) * (units[unit] ?? Number.NaN)
  if (span >= 0) return span
  throw new UsageError(
    `${option} is ${JSON.stringify(given)}; allowed are minutes, hours or days, such as 30m, 24h, 90d`,
  )
}
