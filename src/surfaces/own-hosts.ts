import { GatewayError } from '../errors.ts'

const loopback = ['localhost', '127.0.0.1', '[::1]']

/**
 * Whose requests are answered. An open loopback port that can spend money is within reach of any web page by DNS
 * rebinding, so Host, and Origin where a browser sends one, must be ours: a loopback name, the address that
 * is listened on, or the public one.
 */
export class OwnHosts {
  readonly #names: Set<string>

  constructor({ host, publicUrl }: { host: string; publicUrl: URL | undefined }) {
    this.#names = new Set(loopback).add(host)
    if (publicUrl) this.#names.add(publicUrl.hostname)
  }

  /** Throws forbidden for a foreign Host or Origin. */
  demand(headers: { host?: string | undefined; origin?: string | undefined }): void {
    if (!this.#owns(`http://${headers.host ?? ''}`)) throw foreign('Host')
    if (headers.origin !== undefined && !this.#owns(headers.origin)) throw foreign('Origin')
  }

  #owns(address: string): boolean {
    const url = URL.parse(address)
    return url !== null && this.#names.has(url.hostname)
  }
}

function foreign(header: string): GatewayError {
  const detail = `The ${header} header names neither a loopback address nor TOLLGATE_PUBLIC_URL.`
  return new GatewayError('forbidden', detail)
}
