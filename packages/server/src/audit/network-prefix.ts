import { isIP, isIPv4, isIPv6 } from 'node:net'
import ipaddr from 'ipaddr.js'
import { LRUCache } from 'lru-cache'

const networksOfIPv6 = new LRUCache<string, string>({ max: 10_000 })

/** The network of an address, as the security log stores it: /24 of IPv4, /48 of IPv6; null: not an IP address. */
export function networkPrefix(ip: string): string | null {
  if (isIP(ip) === 0) return null
  const network = networkOf(ip, 48)
  return isIPv4(network) ? `${network.split('.').slice(0, 3).join('.')}.0/24` : `${network}/48`
}

/**
 * The first address of the network of an IPv6 address, by the length of its prefix, without a zone. An IPv4 address
 * itself, also if it is written as IPv6.
 */
export function networkOf(ip: string, prefixBits: 48 | 56 | 64): string {
  if (!isIPv6(ip)) return ip.toLowerCase()
  // 18 µs for a new address, and a booking needs up to a dozen.
  const key = `${ip}/${prefixBits}`
  const known = networksOfIPv6.get(key)
  if (known !== undefined) return known
  const network = readNetwork(ip, prefixBits)
  networksOfIPv6.set(key, network)
  return network
}

function readNetwork(ip: string, prefixBits: number): string {
  const [unzoned = ip] = ip.split('%', 1)
  const address = ipaddr.process(unzoned)
  if (address.kind() === 'ipv4') return address.toString()
  return ipaddr.fromByteArray(address.toByteArray().fill(0, prefixBits / 8)).toString()
}
