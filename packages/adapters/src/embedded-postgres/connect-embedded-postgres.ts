import { realpath } from 'node:fs/promises'
import { resolve } from 'node:path'
import { errorCode } from '../error-code.ts'
import { findClusterHome } from './cluster-home.ts'
import { embeddedPostgresUrl } from './embedded-postgres-url.ts'
import { readOwnerPassword } from './initialise-cluster.ts'
import { readPostmasterState } from './postmaster-file.ts'

/**
 * The URL of the server that another process on this machine runs on a data directory; undefined when none accepts
 * connections. Does not start, stop or change anything.
 *
 * @throws EmbeddedPostgresError `not_permitted`, `data_missing`
 */
export async function connectEmbeddedPostgres(options: {
  dataDirectory: string
}): Promise<{ ownerUrl: string } | undefined> {
  const dataDirectory = await realpath(resolve(options.dataDirectory)).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  })
  if (dataDirectory === undefined) return undefined
  const clusterHome = await findClusterHome(dataDirectory)
  if (clusterHome === undefined) return undefined
  const state = await readPostmasterState(clusterHome.clusterDirectory)
  if (state.kind !== 'live' || !state.file.ready) return undefined
  const password = await readOwnerPassword(dataDirectory)
  return password === undefined ? undefined : { ownerUrl: embeddedPostgresUrl(state.file.socketDirectory, password) }
}
