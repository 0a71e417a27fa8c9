import { embeddedDatabaseName, embeddedOwnerName } from './initialise-cluster.ts'

/**
 * A URL that pg, libpq and the WHATWG parser all accept. The socket's directory is a query parameter. The host is only
 * there because a URL with a user needs one.
 */
export function embeddedPostgresUrl(socketDirectory: string, password: string): string {
  const login = `${embeddedOwnerName}:${password}`
  return `postgres://${login}@localhost/${embeddedDatabaseName}?host=${encodeURIComponent(socketDirectory)}`
}
