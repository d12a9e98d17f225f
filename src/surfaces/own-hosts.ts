import { GatewayError } from '../errors.ts'

const loopback = new Set(['localhost', '127.0.0.1', '[::1]'])

/**
 * Whose requests are answered. An open loopback port that can spend money is within reach of any web page by DNS
 * rebinding, so Host, and Origin where a browser sends one, must be ours: a loopback name or the public address.
 */
export class OwnHosts {
  readonly #publicHost: string | undefined

  constructor(publicUrl: URL | undefined) {
    this.#publicHost = publicUrl?.hostname
  }

  /** Throws forbidden for a foreign Host or Origin. */
  demand(headers: { host?: string | undefined; origin?: string | undefined }): void {
    if (!this.#owns(`http://${headers.host ?? ''}`)) throw foreign('Host')
    if (headers.origin !== undefined && !this.#owns(headers.origin)) throw foreign('Origin')
  }

  #owns(address: string): boolean {
    if (!URL.canParse(address)) return false
    const { hostname } = new URL(address)
    return loopback.has(hostname) || hostname === this.#publicHost
  }
}

function foreign(header: string): GatewayError {
  const detail = `The ${header} header names neither a loopback address nor TOLLGATE_PUBLIC_URL.`
  return new GatewayError('forbidden', detail)
}
