import { normalizeIP } from '@fastify/rate-limit'

/** The client's address as it is counted: IPv6 by /64, because one customer has that many addresses. */
export function clientAddress({ ip }: { ip: string }): string {
  return networkOf(ip, 64)
}

/** The network of an IPv6 address, by the length of its prefix; an IPv4 address itself. */
export function networkOf(ip: string, prefixBits: 48 | 56 | 64): string {
  return normalizeIP(ip, prefixBits)
}
