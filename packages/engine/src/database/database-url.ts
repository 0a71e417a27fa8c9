/** What to change in a database's URL; the rest stays the same. */
export type DatabaseUrlChange = { database?: string; user?: string; password?: string; host?: string; port?: number }

// WHATWG's parser requires a host if a URL has a user; libpq doesn't (`postgres://me@/clinic?host=/run/postgresql`).
const hostPlaceholder = 'holdfast-no-host'

/**
 * The same URL with another database, login, or server.
 *
 * @throws TypeError if it is no `postgres://` or `postgresql://` URL
 */
export function changeDatabaseUrl(url: string, change: DatabaseUrlChange): string {
  const parsed = parseDatabaseUrl(url)
  if (change.database !== undefined) parsed.pathname = `/${encodeURIComponent(change.database)}`
  if (change.host !== undefined) {
    parsed.hostname = hostInUrl(change.host)
    parsed.searchParams.delete('host')
  }
  if (change.port !== undefined) parsed.port = String(change.port)
  if (change.user !== undefined) parsed.username = encodeURIComponent(change.user)
  if (change.password !== undefined) parsed.password = encodeURIComponent(change.password)
  return withoutPlaceholder(parsed)
}

/** An address of IPv6, or the directory of a socket, as a URL has it. URLs ignore a host that they cannot have. */
function hostInUrl(host: string): string {
  if (host.startsWith('/')) return encodeURIComponent(host)
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
}

function withoutPlaceholder({ href }: URL): string {
  return href.replace(`@${hostPlaceholder}`, '@').replace(`//${hostPlaceholder}`, '//')
}

/** The same server and database with the login of another URL. */
export function withLoginOf(url: string, login: string): string {
  const { username, password } = parseDatabaseUrl(login)
  return changeDatabaseUrl(url, { user: decodeURIComponent(username), password: decodeURIComponent(password) })
}

/** The name of the role. */
export function loginOf(url: string): string {
  return decodeURIComponent(parseDatabaseUrl(url).username)
}

/** The name of the database. */
export function databaseOf(url: string): string {
  return decodeURIComponent(parseDatabaseUrl(url).pathname.slice(1))
}

/** The `options` of a URL, as libpq has them, and the URL without: pg would take them instead of those it is passed. */
export function takeOptions(url: string): { options: string | null; rest: string } {
  const parsed = parseDatabaseUrl(url)
  const options = parsed.searchParams.get('options')
  if (options === null) return { options, rest: url }
  parsed.searchParams.delete('options')
  return { options, rest: withoutPlaceholder(parsed) }
}

/** Whether transactions of a connection may run in different sessions. Prisma has the same parameter. */
export function isPooled(url: string): boolean {
  return parseDatabaseUrl(url).searchParams.get('pgbouncer') === 'true'
}

/** The same URL, of a pooler. */
export function asPooled(url: string): string {
  return isPooled(url) ? url : `${url}${url.includes('?') ? '&' : '?'}pgbouncer=true`
}

/** @throws TypeError if it is no `postgres://` or `postgresql://` URL */
function parseDatabaseUrl(url: string): URL {
  const withHost = url.replace(/^(postgres(?:ql)?:\/\/)([^/?#@]*@)?(?=[/?#]|$)/, `$1$2${hostPlaceholder}`)
  if (!/^postgres(ql)?:\/\//.test(withHost) || !URL.canParse(withHost)) {
    throw new TypeError('A database URL looks like postgres://user:password@host:5432/database.')
  }
  return new URL(withHost)
}
