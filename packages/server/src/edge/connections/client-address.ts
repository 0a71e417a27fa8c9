import { networkOf } from '../../audit/network-prefix.ts'

/** The client's address as it is counted: IPv6 by /64, because one customer has that many addresses. */
export function clientAddress({ ip }: { ip: string }): string {
  return networkOf(ip, 64)
}
