import { normalizeIP } from '@fastify/rate-limit'
import { LRUCache } from 'lru-cache'

const networksOfIPv6 = new LRUCache<string, string>({ max: 10_000 })

/** The client's address as it is counted: IPv6 by /64, because one customer has that many addresses. */
export function clientAddress({ ip }: { ip: string }): string {
  return networkOf(ip, 64)
}

/** The network of an IPv6 address, by the length of its prefix; an IPv4 address itself. */
export function networkOf(ip: string, prefixBits: 48 | 56 | 64): string {
  if (!ip.includes(':')) return normalizeIP(ip, prefixBits)
  // 9 µs without the cache, and a booking needs up to a dozen, as much as everything else that the server does for it.
  const key = `${ip}/${prefixBits}`
  const known = networksOfIPv6.get(key)
  if (known !== undefined) return known
  const network = normalizeIP(ip, prefixBits)
  networksOfIPv6.set(key, network)
  return network
}
