import { expect, test } from 'vitest'
import type { DatabaseFigures, ShardLoad } from './database-figures.ts'
import { createMetrics } from './metrics.ts'

const load: ShardLoad = {
  clockSkewSeconds: 0.25,
  connections: 7,
  connectionsMax: 100,
  lockWaits: 1,
  deadlocks: 2,
  commits: 30,
  rollbacks: 3,
  blocksFromMemory: 90,
  blocksFromOutside: 10,
  replicationLagSeconds: 1.5,
  replicationRetainedBytes: 1_024,
  activeHolds: 4,
  lapsedHolds: 5,
  theatreHolds: 6,
  waitlistEntries: 8,
  waitlistOffers: 9,
  eventTailLagSeconds: 0,
}

async function linesOf(readDatabase: () => Promise<DatabaseFigures>, names: RegExp): Promise<string[]> {
  const { registry } = createMetrics({ pools: () => ({}), serving: null, readDatabase })
  return (await registry.metrics()).split('\n').filter((line) => !line.startsWith('#') && names.test(line))
}

const ofDatabases = /^holdfast_(database_(up|deadlocks|blocks)|active_holds|partition)/

test('each of several databases has its figures by its name; one that is away or busy has no others', async () => {
  const shards = [
    { shard: 'directory', isUp: true, load },
    { shard: 'south', isUp: false, load: null },
    { shard: 'west', isUp: true, load: null },
  ]
  expect(await linesOf(async () => ({ installation: null, shards }), ofDatabases)).toEqual([
    'holdfast_partition_seconds_left Nan',
    'holdfast_active_holds{shard="directory"} 4',
    'holdfast_database_deadlocks_total{shard="directory"} 2',
    'holdfast_database_blocks_total{shard="directory",from="memory"} 90',
    'holdfast_database_blocks_total{shard="directory",from="outside"} 10',
    'holdfast_database_up{shard="directory"} 1',
    'holdfast_database_up{shard="south"} 0',
    'holdfast_database_up{shard="west"} 1',
  ])
})

test('the only database has no name', async () => {
  const only = async () => ({ installation: null, shards: [{ shard: null, isUp: true, load }] })
  expect(await linesOf(only, /^holdfast_(database_up|active_holds)/)).toEqual([
    'holdfast_active_holds 4',
    'holdfast_database_up 1',
  ])
})

test('the databases are read once for all metrics, and at most once per second', async () => {
  let reads = 0
  const readDatabase = async () => {
    reads += 1
    return { installation: null, shards: [{ shard: null, isUp: true, load }] }
  }
  const { registry } = createMetrics({ pools: () => ({}), serving: null, readDatabase })
  await Promise.all([registry.metrics(), registry.metrics()])
  await registry.metrics()
  expect(reads).toBe(1)
})
