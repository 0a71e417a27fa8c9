/** What to change in a database's URL; the rest stays the same. */
export type DatabaseUrlChange = { database?: string; user?: string; password?: string }

// WHATWG's parser requires a host if a URL has a user; libpq doesn't (`postgres://me@/clinic?host=/run/postgresql`).
const hostPlaceholder = 'holdfast-no-host'

/**
 * The same server under another database or login.
 *
 * @throws TypeError if it is no `postgres://` or `postgresql://` URL
 */
export function changeDatabaseUrl(url: string, change: DatabaseUrlChange): string {
  const parsed = parseDatabaseUrl(url)
  if (change.database !== undefined) parsed.pathname = `/${encodeURIComponent(change.database)}`
  if (change.user !== undefined) parsed.username = encodeURIComponent(change.user)
  if (change.password !== undefined) parsed.password = encodeURIComponent(change.password)
  return parsed.href.replace(`@${hostPlaceholder}`, '@').replace(`//${hostPlaceholder}`, '//')
}

/** @throws TypeError if it is no `postgres://` or `postgresql://` URL */
function parseDatabaseUrl(url: string): URL {
  const withHost = url.replace(/^(postgres(?:ql)?:\/\/)([^/?#@]*@)?(?=[/?#]|$)/, `$1$2${hostPlaceholder}`)
  if (!/^postgres(ql)?:\/\//.test(withHost) || !URL.canParse(withHost)) {
    throw new TypeError('A database URL looks like postgres://user:password@host:5432/database.')
  }
  return new URL(withHost)
}
