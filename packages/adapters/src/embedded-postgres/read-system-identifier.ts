import { open, realpath } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { errorCode } from '../error-code.ts'
import { findClusterHome } from './cluster-home.ts'

/**
 * PostgreSQL's system identifier of the database in a data directory, running or not: the first eight bytes of
 * `pg_control`. undefined: there is no database.
 *
 * @throws EmbeddedPostgresError `not_permitted`, `data_missing`
 */
export async function readSystemIdentifier(dataDirectory: string): Promise<string | undefined> {
  try {
    const clusterHome = await findClusterHome(await realpath(resolve(dataDirectory)))
    if (clusterHome === undefined) return undefined
    const file = await open(join(clusterHome.clusterDirectory, 'global', 'pg_control'))
    try {
      const { buffer } = await file.read(Buffer.alloc(8), 0, 8, 0)
      return buffer.readBigUInt64LE().toString()
    } finally {
      await file.close()
    }
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
}
