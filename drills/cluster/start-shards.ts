import { join } from 'node:path'
import { startEmbeddedPostgres } from '@holdfast/adapters/embedded-postgres'
import type { Ending } from './ending.ts'

/** A further database of the installation, with its owner's URL. */
export type ClusterShard = { name: string; url: string; dataDirectory: string }

/** Starts a PostgreSQL server without replicas for each further database. */
export async function startShards(count: number, directory: string, ending: Ending): Promise<ClusterShard[]> {
  const shards: ClusterShard[] = []
  for (let no = 1; no <= count; no += 1) {
    const name = `shard${no}`
    const dataDirectory = join(directory, name)
    const server = await startEmbeddedPostgres({ dataDirectory })
    await ending.add(`to stop the PostgreSQL server of ${name}`, () => server.stop())
    shards.push({ name, url: server.ownerUrl, dataDirectory })
  }
  return shards
}
