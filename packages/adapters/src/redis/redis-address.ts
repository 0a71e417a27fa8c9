import type { RedisOptions } from 'ioredis'

type RedisAddress = Pick<
  RedisOptions,
  | 'host'
  | 'port'
  | 'username'
  | 'password'
  | 'db'
  | 'tls'
  | 'name'
  | 'sentinels'
  | 'sentinelPassword'
  | 'sentinelTLS'
  | 'enableTLSForSentinelMode'
>

const urlPattern = new RegExp(
  [
    /^(?<scheme>rediss?)(?<sentinel>\+sentinel)?:\/\//,
    /(?:(?<user>[^:@/?#\s]*)(?::(?<password>[^@/?#\s]*))?@)?/,
    /(?<hosts>[^@/?#\s]+)(?<path>\/[^?#\s]*)?(?:\?sentinelPassword=(?<sentinelPassword>[^&#\s]+))?$/,
  ]
    .map(({ source }) => source)
    .join(''),
)
const hostPattern = /^(?<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(?<port>\d{1,5}))?$/
const ports = { server: 6379, sentinel: 26_379 }

/** Whether {@link redisOptions} accepts a URL. */
export function isRedisUrl(text: string): boolean {
  return redisOptions(text) !== undefined
}

/**
 * How to connect to `redis://user:password@host:6379/0`, or by Sentinel to
 * `redis+sentinel://user:password@host:26379,host:26379/name/0?sentinelPassword=…`; `rediss` for TLS, of the Sentinels
 * too. User, password and number of the database are optional.
 *
 * @returns undefined for any other text
 */
export function redisOptions(text: string): RedisAddress | undefined {
  const parts = urlPattern.exec(text)?.groups
  if (parts === undefined) return undefined
  const isSentinel = parts.sentinel !== undefined
  const hosts = (parts.hosts ?? '').split(',').map((host) => hostOf(host, isSentinel ? ports.sentinel : ports.server))
  const path = (parts.path ?? '').split('/').filter((part) => part !== '')
  const name = isSentinel ? path.shift() : undefined
  const [db = '0', ...rest] = path
  const [first] = hosts
  if (first === undefined || hosts.includes(undefined) || rest.length > 0 || !/^\d{1,3}$/.test(db)) return undefined
  const login = { username: decoded(parts.user), password: decoded(parts.password), db: Number(db) }
  const tls = parts.scheme === 'rediss' ? { tls: {} } : {}
  if (!isSentinel) {
    return hosts.length > 1 || parts.sentinelPassword !== undefined ? undefined : { ...first, ...login, ...tls }
  }
  if (name === undefined) return undefined
  return {
    ...login,
    ...tls,
    ...(parts.scheme === 'rediss' ? { enableTLSForSentinelMode: true, sentinelTLS: {} } : {}),
    name,
    sentinels: hosts.flatMap((host) => host ?? []),
    sentinelPassword: decoded(parts.sentinelPassword),
  }
}

function hostOf(text: string, portDefault: number): { host: string; port: number } | undefined {
  const { host, port } = hostPattern.exec(text)?.groups ?? {}
  if (host === undefined || Number(port ?? 1) > 65_535) return undefined
  return { host: host.replace(/^\[|\]$/g, ''), port: port === undefined ? portDefault : Number(port) }
}

/** undefined: absent, or not percent-encoded correctly. */
function decoded(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
