import type { Channel } from './workflows.ts'

export const currency = 'EUR'

/** In millionths of a euro, so that sums stay exact. */
export type MicroEuro = number

export const messagePrice: Record<Channel, MicroEuro> = { sms: 33_300, tts: 50_000 }
/** For a right code, on top of the messages. */
export const successPrice: MicroEuro = 100_000

/** Such as 0.80. */
export function microEuro(price: string | number): MicroEuro {
  return Math.round(Number(price) * 1_000_000)
}

export function inEuro(amount: MicroEuro, decimals: number): string {
  return (amount / 1_000_000).toFixed(decimals)
}
