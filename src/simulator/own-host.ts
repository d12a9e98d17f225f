const loopbackNames = new Set(['127.0.0.1', 'localhost', '[::1]'])

/**
 * Whether a request was meant for this server and not sent by another website: its Host is a loopback name or the host
 * the server listens on, and its Origin, if it has one, is that same host and port. Without this, a page that rebinds
 * its own name to 127.0.0.1 could read codes.
 */
export function isOwnHost(
  headers: { host?: string | undefined; origin?: string | undefined },
  listenHost: string,
): boolean {
  const host = hostOf(`http://${headers.host}`)
  if (!host || (!loopbackNames.has(host.hostname) && host.hostname !== listenHost)) return false
  return headers.origin === undefined || hostOf(headers.origin)?.host === host.host
}

function hostOf(address: string): { host: string; hostname: string } | undefined {
  return URL.parse(address) ?? undefined
}
