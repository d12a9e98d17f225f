import { ConfigError } from '../config-error.ts'
import { isPublicAddress, literalAddress } from './addresses.ts'

/** Reads the addresses that are told, each once. */
export function readTargets(value: string, name: string): URL[] {
  const targets = value.split(',').map((text) => readTarget(text.trim(), name))
  return [...new Map(targets.map((url) => [url.href, url])).values()]
}

/** Reads one address. Throws a ConfigError that names the setting. */
export function readTarget(text: string, name: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url && /^https?:$/.test(url.protocol) && !url.username && !url.password && !url.hash) return url
  throw new ConfigError(`${name} names no web address; allowed are https://… and http://…, no credentials`)
}

/** A target that is certain to be refused; one with a name is looked at when it is resolved. */
export function demandPublic(targets: readonly URL[], name: string): void {
  const addresses = targets.flatMap(({ hostname }) => literalAddress(hostname) ?? [])
  const refused = addresses.find((address) => !isPublicAddress(address))
  if (refused === undefined) return
  throw new ConfigError(
    `${name} names ${refused}, which is not of the public internet: set TOLLGATE_WEBHOOK_PRIVATE_TARGETS=allow for receivers on this machine or in your own network`,
  )
}
