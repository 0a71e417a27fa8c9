import { databaseName, ownerName } from './initialise-cluster.ts'

/**
 * A URL that pg, libpq and WHATWG's parser all read. The socket's directory is a parameter: the host before it is only
 * there because a URL with a user needs one.
 */
export function embeddedPostgresUrl(socketDirectory: string, password: string): string {
  return `postgres://${ownerName}:${password}@localhost/${databaseName}?host=${encodeURIComponent(socketDirectory)}`
}
