import { isIPv4 } from 'node:net'

/** Whether what listens there is reached from this machine only. */
export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '::1' || isLoopbackV4(host)
}

const isLoopbackV4 = (host: string) => isIPv4(host) && host.startsWith('127.')

/** Whether an address leads to this machine. */
export function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || isLoopbackV4(hostname)
}
