import type { Sql } from './sql.ts'
import type { Conversion, ConversionQuery } from './store.ts'

/** How bad it is, from 1. */
export const alertLevels = ['warn', 'alert', 'act'] as const

/** What messages have come to in some hour, where that is too little. */
export interface Alert extends Conversion {
  id: string
  by: ConversionQuery['by']
  level: (typeof alertLevels)[number]
  at: number
  since: number
  until: number
}

export interface AlertWrites {
  /** Whether the alert is news: there was none of its group within the hour, or a lighter one. */
  raiseAlert(alert: Alert): Promise<boolean>
}

const hourMs = 3_600_000

export function alertWrites(sql: Sql): AlertWrites {
  const raise = sql.prepare(
    `insert into guard_alerts (kind, name, level, at) values (:by, :name, :level, :at)
     on conflict (kind, name) do update set level = excluded.level, at = excluded.at
     where guard_alerts.at <= :hourAgo or guard_alerts.level < excluded.level`,
  )
  return {
    async raiseAlert({ by, name, level, at }) {
      const row = { by, name, level: 1 + alertLevels.indexOf(level), at, hourAgo: at - hourMs }
      return (await raise.run(row)) === 1
    },
  }
}
