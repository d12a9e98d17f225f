import { BlockList, isIPv4 } from 'node:net'

/** Whoever has one IPv6 address has its whole /64. */
export function bucketOf(address: string): string {
  const [plain = ''] = address.toLowerCase().split('%')
  const mapped = plain.replace(/^::ffff:(?=\d+\.)/, '')
  if (isIPv4(mapped)) return mapped
  const [head = '', tail] = plain.split('::')
  const first = head === '' ? [] : head.split(':')
  const last = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = Array.from({ length: Math.max(0, 8 - first.length - last.length) }, () => '0')
  const groups = tail === undefined ? first : [...first, ...zeros, ...last]
  if (/^(0+:){5}ffff:/.test(groups.join(':'))) return dotted(groups.slice(6))
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`
}

/** The IPv4 address that the last two groups of a mapped one hold. */
function dotted(groups: string[]): string {
  return groups
    .map((group) => Number.parseInt(group, 16))
    .flatMap((group) => [group >> 8, group & 255])
    .join('.')
}

/** Whether an address is this one, or in this network, such as 203.0.113.0/24. */
export function isWithin(address: string, network: string): boolean {
  const [base = '', bits] = network.split('/')
  const list = new BlockList()
  if (bits === undefined) list.addAddress(base, familyOf(base))
  else list.addSubnet(base, Number(bits), familyOf(base))
  return list.check(address, familyOf(address))
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv4(address) ? 'ipv4' : 'ipv6'
}
