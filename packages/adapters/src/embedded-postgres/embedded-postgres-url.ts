import { databaseName, ownerName } from './initialise-cluster.ts'

/**
 * A URL that pg, libpq and the WHATWG parser all accept. The socket's directory is a query parameter. The host is only
 * there because a URL with a user needs one.
 */
export function embeddedPostgresUrl(socketDirectory: string, password: string): string {
  return `postgres://${ownerName}:${password}@localhost/${databaseName}?host=${encodeURIComponent(socketDirectory)}`
}
