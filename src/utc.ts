export const dayMs = 86_400_000

/** How long the UTC day of `at` goes on, in milliseconds. */
export function dayLeft(at: number): number {
  return dayMs - (at % dayMs)
}

/** And its month. */
export function monthLeft(at: number): number {
  const date = new Date(at)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1) - at
}

/** The first of the times that fall into each day, or month. */
export function oneOfEach(times: readonly number[], left: (at: number) => number): number[] {
  return [...Map.groupBy(times, (at) => at + left(at)).values()].flatMap(([first]) => first ?? [])
}
