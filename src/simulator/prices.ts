export const currency = 'EUR'

/** In millionths of a euro, so that sums stay exact. */
export type MicroEuro = number

export const messagePrice = {
  sms: 33_300,
  tts: 50_000,
  voice: 50_000,
  whatsapp: 33_300,
  rcs: 33_300,
  email: 5000,
  silent_auth: 20_000,
} as const satisfies Record<string, MicroEuro>

/** For a right code, on top of the messages. */
export const successPrice: MicroEuro = 100_000

/** Such as 0.80. */
export function microEuro(price: string | number): MicroEuro {
  return Math.round(Number(price) * 1_000_000)
}

export function inEuro(amount: MicroEuro, decimals: number): string {
  return (amount / 1_000_000).toFixed(decimals)
}
