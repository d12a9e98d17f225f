import { isIP } from 'node:net'
import { ConfigError } from './config-error.ts'
import { isLoopback } from './loopback.ts'
import { readEuros } from './money.ts'
import { operations } from './operations.ts'
import { isRegion } from './phone.ts'
import { Secret } from './privacy.ts'
import { readWindow, type Window } from './window.ts'

// How the texts of settings are read. Each throws a ConfigError that names the setting and what is allowed.

export const text = (value: string) => value
export const secret = (value: string) => new Secret(value)

export function whole(min: number, max: number) {
  return (value: string, name: string): number => {
    const number = /^\d{1,12}$/.test(value) ? Number(value) : Number.NaN
    if (number >= min && number <= max) return number
    throw new ConfigError(`${name} is ${JSON.stringify(value)}; allowed is a whole number from ${min} to ${max}`)
  }
}

export function oneOf<const T extends string>(...allowed: T[]) {
  return (value: string, name: string): T => {
    const found = allowed.find((item) => item === value)
    if (found !== undefined) return found
    throw new ConfigError(`${name} is ${JSON.stringify(value)}; allowed is ${allowed.join(', ')}`)
  }
}

export function url(value: string, name: string): URL {
  const parsed = URL.canParse(value) ? new URL(value) : undefined
  if (parsed && /^https?:$/.test(parsed.protocol) && !parsed.username && !parsed.password) return parsed
  throw new ConfigError(`${name} is no web address; allowed is http://… or https://…`)
}

/** A web address, as it is written. */
export function address(value: string, name: string): string {
  url(value, name)
  return value
}

/** Whoever can change what comes from there can make tokens. */
export function keysUrl(value: string, name: string): URL {
  const parsed = url(value, name)
  if (parsed.protocol === 'https:' || isLoopback(parsed)) return parsed
  throw new ConfigError(`${name} begins with http://, where anybody between could put keys of their own: use https://`)
}

export function origin(value: string, name: string): string {
  const parsed = url(value, name)
  if (parsed.pathname === '/' && !parsed.search && !parsed.hash) return parsed.origin
  throw new ConfigError(`${name} has a path; allowed is scheme, host and port, such as https://api.nexmo.com`)
}

export function listenedHost(value: string, name: string): string {
  if (value === 'localhost' || isIP(value) > 0) return value
  throw new ConfigError(
    `${name} is ${JSON.stringify(value)}; allowed is localhost or an IP address, such as 127.0.0.1, ::1 or 0.0.0.0`,
  )
}

export function countries(value: string, name: string): string[] {
  const list = value.split(',').map((item) => item.trim())
  const unknown = list.find((item) => !isRegion(item))
  if (unknown === undefined) return list
  throw new ConfigError(
    `${name} names ${JSON.stringify(unknown)}; allowed are two-letter regions with commas, such as GB,US`,
  )
}

export function windows(value: string, name: string): Window[] {
  if (value === 'off') return []
  return value.split(',').map((item) => {
    const window = readWindow(item.trim())
    if (window) return window
    throw new ConfigError(`${name} is ${JSON.stringify(value)}; allowed is off or limits like 3/10m,5/1h,10/24h`)
  })
}

export function origins(value: string, name: string): string[] {
  return value.split(',').map((item) => origin(item.trim(), name))
}

export function hosts(value: string, name: string): string[] {
  return value.split(',').map((item) => {
    const text = item.trim()
    const { hostname } = URL.parse(`http://${text}`) ?? { hostname: '' }
    if (/^[\w.:[\]-]+$/.test(text) && hostname === text.toLowerCase()) return hostname
    throw new ConfigError(`${name} names ${JSON.stringify(text)}; allowed are host names without ports, with commas`)
  })
}

/** One limit, or none. */
export function rate(value: string, name: string): Window[] {
  const limits = windows(value, name)
  if (limits.length <= 1) return limits
  throw new ConfigError(`${name} is ${JSON.stringify(value)}; allowed is off or one limit, such as 6000/1m`)
}

export function networks(value: string, name: string): string[] {
  const list = value.split(',').map((item) => item.trim())
  const unknown = list.find((item) => !isNetwork(item))
  if (unknown === undefined) return list
  throw new ConfigError(
    `${name} names ${JSON.stringify(unknown)}; allowed are IP addresses and networks with commas, such as 10.0.0.7,10.1.0.0/16`,
  )
}

function isNetwork(text: string): boolean {
  const [, address = '', bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? []
  const longest = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1
  return longest > 0 && (bits === undefined || (Number(bits) > 0 && Number(bits) <= longest))
}

export function euros(value: string, name: string): number {
  const micros = readEuros(value)
  if (micros !== undefined) return micros
  throw new ConfigError(`${name} is ${JSON.stringify(value)}; allowed is an amount of euros, such as 20 or 2.50`)
}

export function tools(value: string, name: string): string[] {
  const known: string[] = operations.filter(({ tool }) => tool !== 'never').map(({ name }) => name)
  const list = value.split(',').map((item) => item.trim())
  const unknown = list.find((item) => item !== 'all' && !known.includes(item))
  if (unknown !== undefined)
    throw new ConfigError(`${name} names ${JSON.stringify(unknown)}; allowed are all, ${known.join(', ')}`)
  return list.includes('all') ? known : list
}

/** Where the ledger is. */
export type LedgerPlace = { engine: 'sqlite'; path: string } | { engine: 'postgres'; url: Secret }

const places = 'sqlite:/path/to/file or postgres://user:password@host/database'

export function ledgerPlace(value: string, name: string): LedgerPlace {
  const [, path] = /^sqlite:(?:\/\/)?(.+)$/.exec(value) ?? []
  if (path?.startsWith(':')) throw new ConfigError(`${name} names no file; allowed is ${places}`)
  if (path !== undefined) return { engine: 'sqlite', path }
  if (!/^postgres(ql)?:\/\//.test(value)) throw new ConfigError(`${name} is no ledger; allowed is ${places}`)
  const database = URL.canParse(value) ? new URL(value).pathname.slice(1) : ''
  if (database !== '') return { engine: 'postgres', url: new Secret(value) }
  throw new ConfigError(`${name} names no database; allowed is ${places}`)
}
