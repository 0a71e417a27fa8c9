import { lookup, Resolver } from 'node:dns/promises'

export type HostAddress = { address: string; family: number }

export type HostLookup = {
  /** Whether names of this machine and of its own network are looked up as well, which are not in the DNS. */
  allowPrivate: boolean
  /** Tests replace them. Default: those of the system. */
  nameservers?: readonly string[]
  /** The limit for the whole look-up, in milliseconds. */
  timeoutMs?: number
}

const timeoutMsDefault = 5_000
const triesMax = 2

/**
 * The addresses of a name that a user has entered, queried from the DNS directly. The system's look-up, by which
 * Node also finds the database and the mail server, runs two at a time in a process, and cannot be ended: a name whose
 * server never answers would keep all of them waiting.
 *
 * https://nodejs.org/api/dns.html#implementation-considerations
 *
 * @throws Error with the `code` of `node:dns`: ENOTFOUND, ECANCELLED and others
 */
export async function resolveHost(
  hostname: string,
  { allowPrivate, nameservers, timeoutMs = timeoutMsDefault }: HostLookup,
): Promise<HostAddress[]> {
  const resolver = new Resolver({ timeout: timeoutMs / triesMax, tries: triesMax })
  if (nameservers !== undefined) resolver.setServers(nameservers)
  const timer = setTimeout(() => resolver.cancel(), timeoutMs)
  try {
    const [four, six] = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)])
    const found = [
      ...(four.status === 'fulfilled' ? four.value.map((address) => ({ address, family: 4 })) : []),
      ...(six.status === 'fulfilled' ? six.value.map((address) => ({ address, family: 6 })) : []),
    ]
    if (found.length > 0) return found
    const error: unknown = four.status === 'rejected' ? four.reason : new Error('No address was found.')
    // The hosts file, for example.
    if (allowPrivate && isUnknown(error)) return await lookup(hostname, { all: true })
    throw error
  } finally {
    clearTimeout(timer)
  }
}

/** The nameserver does not know the name, or there is none. */
function isUnknown(error: unknown): boolean {
  return ['ENOTFOUND', 'ENODATA', 'ECONNREFUSED'].includes(String(Object(error).code))
}
