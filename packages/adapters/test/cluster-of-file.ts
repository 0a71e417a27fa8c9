import { afterAll } from 'vitest'
import { type BackedUpCluster, createBackedUpCluster } from './backed-up-cluster.ts'

/** A cluster for all tests of a file, after which it ends. */
export async function clusterOfFile(): Promise<BackedUpCluster> {
  const cluster = await createBackedUpCluster()
  afterAll(() => cluster.end())
  return cluster
}
