import * as z from 'zod'
import type { Sql } from './sql.ts'

type Channel = 'sms' | 'tts'

/** What a message has cost by Vonage's own answer, in millionths of a euro. */
export interface ToldPrice {
  /** A region. */
  country: string
  channel: Channel
  micros: number
  at: number
}

export interface ToldPriceReads {
  toldPrices(country: string): Promise<Partial<Record<Channel, number>>>
}

export interface ToldPriceWrites {
  /** The last that was told counts. */
  keepToldPrice(price: ToldPrice): Promise<void>
}

const row = z.object({ channel: z.enum(['sms', 'tts']), micros: z.number() })

export function toldPriceReads(sql: Sql): ToldPriceReads {
  const ofCountry = sql.prepare('select channel, micros from told_prices where country = :country and micros > 0')
  return {
    async toldPrices(country) {
      const rows = row.array().parse(await ofCountry.all({ country }))
      return Object.fromEntries(rows.map(({ channel, micros }) => [channel, micros]))
    },
  }
}

export function toldPriceWrites(sql: Sql): ToldPriceWrites {
  const keep = sql.prepare(
    `insert into told_prices (country, channel, micros, at) values (:country, :channel, :micros, :at)
     on conflict (country, channel) do update set micros = excluded.micros, at = excluded.at
     where told_prices.micros <> excluded.micros`,
  )
  return {
    async keepToldPrice(price) {
      await keep.run({ ...price })
    },
  }
}
