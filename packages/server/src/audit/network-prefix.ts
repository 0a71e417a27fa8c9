import { isIPv4, isIPv6 } from 'node:net'
import { normalizeIP } from '@fastify/rate-limit'

/** The network of an address, as the security log stores it: /24 of IPv4, /48 of IPv6; null: not an IP address. */
export function networkPrefix(ip: string): string | null {
  if (!isIPv4(ip) && !isIPv6(ip)) return null
  // An IPv4 address that is written as IPv6 becomes IPv4.
  const network = normalizeIP(ip, 48)
  return isIPv4(network) ? `${network.split('.').slice(0, 3).join('.')}.0/24` : `${network}/48`
}
