/** Control, format (bidirectional, zero-width) and variation characters, other line ends, and halves of pairs. */
const invisible = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Variation_Selector}]/gu

const longestText = 2048
const longestName = 64
const deepest = 8

/** A text without what a reader does not see, which may say something else to a model. */
export function visible(text: string): string {
  return text.replace(invisible, '')
}

/** What Vonage says, as data: its texts visible and of at most 2,048 characters, in at most eight levels. */
export function plain<Value>(value: Value): Value
export function plain(value: unknown): unknown {
  return level(value, 1)
}

function level(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return short(value, longestText)
  if (typeof value !== 'object' || value === null) return value
  if (depth > deepest) return '…'
  if (Array.isArray(value)) return value.map((each) => level(each, depth + 1))
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [short(name, longestName), level(each, depth + 1)]),
  )
}

/** Cut off where it is longer, and then it says so. */
function short(text: string, longest: number): string {
  const shown = visible(text)
  return shown.length > longest ? `${visible(shown.slice(0, longest - 1))}…` : shown
}
