import { GatewayError } from '../errors.ts'

const loopback = ['localhost', '127.0.0.1', '[::1]']

export interface HostOptions {
  host: string
  publicUrl: URL | undefined
  /** Further names under which it is reached. */
  allowedHosts?: readonly string[] | undefined
  /** Origins of foreign pages that may ask. */
  corsOrigins?: readonly string[] | undefined
}

/**
 * Whose requests are answered. An open loopback port that can spend money is within reach of any web page by DNS
 * rebinding, so Host, and Origin where a browser sends one, must be ours: a loopback name, the address that
 * is listened on, the public one, or one that is allowed.
 */
export class OwnHosts {
  readonly #names: Set<string>
  readonly #corsOrigins: Set<string>

  constructor({ host, publicUrl, allowedHosts = [], corsOrigins = [] }: HostOptions) {
    this.#names = new Set([...loopback, ...allowedHosts, host.includes(':') ? `[${host}]` : host])
    if (publicUrl) this.#names.add(publicUrl.hostname)
    this.#corsOrigins = new Set(corsOrigins)
  }

  /** Throws forbidden for a foreign Host or Origin. */
  demand(headers: { host?: string | undefined; origin?: string | undefined }): void {
    if (!this.#owns(`http://${headers.host ?? ''}`)) throw foreign('Host', 'TOLLGATE_ALLOWED_HOSTS')
    if (headers.origin === undefined || this.allowsCors(headers.origin) || this.#owns(headers.origin)) return
    throw foreign('Origin', 'TOLLGATE_ALLOWED_HOSTS or TOLLGATE_CORS_ORIGINS')
  }

  /** Whether a page of this origin may read what it is answered. */
  allowsCors(origin: string): boolean {
    return this.#corsOrigins.has(origin)
  }

  #owns(address: string): boolean {
    const url = URL.parse(address)
    return url !== null && this.#names.has(url.hostname)
  }
}

function foreign(header: string, setting: string): GatewayError {
  const detail = `The ${header} header names neither a loopback address, TOLLGATE_PUBLIC_URL nor one of ${setting}.`
  return new GatewayError('forbidden', detail)
}
