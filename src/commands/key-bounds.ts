import type { CallerBounds } from '../access/caller.ts'
import { contextMembers } from '../guard/context.ts'
import { inEuros, readEuros } from '../money.ts'
import { isRegion } from '../phone.ts'
import { type CommandCall, UsageError } from './command.ts'

export type Options = CommandCall['options']

/** What confines a key. */
export const boundOptions = [
  'brands',
  'countries',
  'channels',
  'context',
  'daily-sends',
  'spend-per-purchase',
  'spend-per-day',
  'spend-per-month',
]

const channels = ['sms', 'tts'] as const

/** Throws a UsageError that says what is allowed. */
export function readBounds(options: Options): CallerBounds {
  const brands = given(options.brands, '--brands', (brand) => brand.length <= 18, 'brands of up to 18 characters')
  const countries = given(options.countries, '--countries', isRegion, 'two-letter regions, such as GB,US')
  const isChannel = (name: string) => channels.some((channel) => channel === name)
  const wanted = given(options.channels, '--channels', isChannel, channels.join(','))
  const isMember = (name: string) => contextMembers.some((member) => member === name)
  const required = given(options.context, '--context', isMember, contextMembers.join(','))
  const sends = text(options['daily-sends'])
  if (sends !== undefined && !/^\d{1,9}$/.test(sends)) throw new UsageError('--daily-sends is a whole number')
  return {
    ...(brands && { brands }),
    ...(countries && { countries }),
    ...(wanted && { channels: channels.filter((channel) => wanted.includes(channel)) }),
    ...(required && { context: contextMembers.filter((member) => required.includes(member)) }),
    ...(sends !== undefined && { dailySends: Number(sends) }),
    ...readSpend(options),
  }
}

/** As the options name them, amounts in euros. */
export function shownBounds({
  brands,
  countries,
  channels: ways,
  context,
  dailySends,
  spend = {},
}: CallerBounds): object {
  const euros = (micros: number | undefined) => (micros === undefined ? undefined : inEuros(micros))
  return {
    brands,
    countries,
    channels: ways,
    context,
    daily_sends: dailySends,
    spend_per_purchase: euros(spend.perPurchase),
    spend_per_day: euros(spend.perDay),
    spend_per_month: euros(spend.perMonth),
  }
}

function given(
  option: Options[string],
  name: string,
  isAllowed: (item: string) => boolean,
  allowed: string,
): string[] | undefined {
  const value = text(option)
  if (value === undefined) return undefined
  const items = listOf(value)
  if (items.length > 0 && items.every(isAllowed)) return items
  throw new UsageError(`${name} takes ${allowed}, with commas`)
}

function readSpend(options: Options): Pick<CallerBounds, 'spend'> {
  const amounts = { perPurchase: 'spend-per-purchase', perDay: 'spend-per-day', perMonth: 'spend-per-month' }
  const spend = Object.entries(amounts).flatMap(([name, option]) => {
    const value = text(options[option])
    if (value === undefined) return []
    const micros = readEuros(value)
    if (micros === undefined) throw new UsageError(`--${option} is an amount of euros, such as 20 or 2.50`)
    return [[name, micros]]
  })
  return spend.length > 0 ? { spend: Object.fromEntries(spend) } : {}
}

export function listOf(value = ''): string[] {
  const items = value.split(',').map((item) => item.trim())
  return [...new Set(items.filter((item) => item !== ''))]
}

export function text(option: Options[string]): string | undefined {
  return typeof option === 'string' ? option : undefined
}
