export interface Window {
  limit: number
  windowMs: number
}

const unitMs: Partial<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** How many in which time, such as 3/10m; undefined for what is none. */
export function readWindow(text: string): Window | undefined {
  const [, limit, count, unit = ''] = /^(\d{1,6})\/(\d{1,4})([smhd])$/.exec(text) ?? []
  const windowMs = Number(count) * (unitMs[unit] ?? Number.NaN)
  return windowMs > 0 ? { limit: Number(limit), windowMs } : undefined
}
