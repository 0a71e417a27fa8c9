import ipaddr from 'ipaddr.js'

/** All public IPv6 addresses are in this block. ipaddr.js calls addresses that IANA has not allocated unicast, too. */
const allocatedIpv6 = ipaddr.IPv6.parseCIDR('2000::/3')

/**
 * Whether an address is one of the public internet: not of this machine, its link or a private network, not multicast,
 * and none of the reserved ranges (IANA's special-purpose registries). An IPv4 address that is mapped to IPv6
 * (`::ffff:…`) counts as that one; one that IPv6 carries in another way (6to4, Teredo, NAT64, `::…`) is not public.
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false
  const parsed = ipaddr.process(address)
  if (parsed instanceof ipaddr.IPv6 && !parsed.match(allocatedIpv6)) return false
  return parsed.range() === 'unicast'
}

/** Names that name this machine or its network, without a look-up. */
const privateName = /(^|\.)(localhost|local|internal|intranet|lan|home\.arpa|localdomain)\.?$/i

/**
 * Why a URL may not be requested, before anything is looked up; null: it may be. Names are checked
 * again when they are resolved.
 */
export function urlProblem(url: string, { allowPrivate }: { allowPrivate: boolean }): string | null {
  const parsed = URL.parse(url)
  if (parsed === null) return 'is not a URL'
  const { protocol, hostname, username, password, hash } = parsed
  if (protocol !== 'https:' && !(allowPrivate && protocol === 'http:')) return 'must begin with https://'
  if (username !== '' || password !== '') return 'must have no user name or password'
  if (hash !== '') return 'must have no fragment (#)'
  if (allowPrivate) return null
  const host = hostname.replace(/^\[|\]$/g, '')
  const isPrivate = ipaddr.isValid(host) ? !isPublicAddress(host) : privateName.test(host) || !host.includes('.')
  return isPrivate ? 'must name a host of the public internet' : null
}
