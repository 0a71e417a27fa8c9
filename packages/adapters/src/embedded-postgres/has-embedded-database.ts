import { resolve } from 'node:path'
import { findClusterHome } from './cluster-home.ts'
import { majorVersionOf, refuseUnfinishedRestore } from './initialise-cluster.ts'

/**
 * Whether a data directory has a database, running or not. If it has none, a start would create one. Changes nothing.
 *
 * @throws EmbeddedPostgresError `data_missing`, `not_permitted`, `not_a_cluster`, `restore_unfinished`
 */
export async function hasEmbeddedDatabase(dataDirectory: string): Promise<boolean> {
  const clusterHome = await findClusterHome(resolve(dataDirectory))
  if (clusterHome !== undefined && (await majorVersionOf(clusterHome.clusterDirectory)) !== undefined) return true
  await refuseUnfinishedRestore(clusterHome?.home ?? dataDirectory)
  return false
}
