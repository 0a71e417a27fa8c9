import { embeddedDatabaseName, embeddedOwnerName } from './initialise-cluster.ts'

/** Part of the name of its socket: the server listens at no port of the network. */
export const embeddedPort = 5432

/**
 * A URL that pg, libpq (17 or newer) and the WHATWG parser all accept. The socket's directory is a query parameter. The
 * host is only there because a URL with a user needs one. What the URL leaves out, pg takes from variables such as
 * PGPORT and PGOPTIONS, which are for other servers. The options are what the server does anyway.
 */
export function embeddedPostgresUrl(socketDirectory: string, password: string): string {
  const server = `${embeddedOwnerName}:${password}@localhost:${embeddedPort}/${embeddedDatabaseName}`
  const parameters = 'sslmode=disable&sslnegotiation=postgres&options=-ctimezone%3DUTC'
  return `postgres://${server}?host=${encodeURIComponent(socketDirectory)}&${parameters}`
}
