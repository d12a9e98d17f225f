import { BlockList, isIP, isIPv4 } from 'node:net'

/** IPv4 that is not the public internet: IANA's special-purpose registry, multicast and what is reserved. */
const special = new BlockList()
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const) {
  special.addSubnet(network, prefix)
}

/** IPv6 that is given out, without what stands in it for IPv4 or for examples. All else is private, mapped or reserved. */
const unicast = new BlockList()
unicast.addSubnet('2000::', 3, 'ipv6')
const translated = new BlockList()
for (const [network, prefix] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const) {
  translated.addSubnet(network, prefix, 'ipv6')
}

/** Whether an IP address is one of the public internet. */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !special.check(address)
  return unicast.check(address, 'ipv6') && !translated.check(address, 'ipv6')
}

/** The IP address that a URL's host is, if it is one. */
export function literalAddress(hostname: string): string | undefined {
  const address = hostname.replace(/^\[(.*)\]$/, '$1')
  return isIP(address) === 0 ? undefined : address
}
