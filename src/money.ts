/** Money is counted in millionths of a euro, whole numbers, so that no sum is rounded. */
const microsOfEuro = 1_000_000

/** `2.5` → 2500000; undefined for what is no amount of euros. */
export function readEuros(text: string): number | undefined {
  return /^\d{1,7}(\.\d{1,6})?$/.test(text) ? Math.round(Number(text) * microsOfEuro) : undefined
}

export function microsOf(euros: number): number {
  return Math.round(euros * microsOfEuro)
}

/** Of a figure that may have a part of a millionth: 123456.7 → 0.123457. */
export function eurosOf(micros: number): number {
  return Math.round(micros) / microsOfEuro
}

/** 2500000 → `2.50`. */
export function inEuros(micros: number): string {
  const euros = micros / microsOfEuro
  return Number.isInteger(micros / 10_000) ? euros.toFixed(2) : String(euros)
}
