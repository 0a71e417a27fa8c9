import { aShard } from '@holdfast/testkit'
import { expect, test } from 'vitest'
import { checkSettingsOfShards, judgeShards } from './check-shards.ts'

const shard = (shardId: number, port: number) => aShard(shardId, { host: 'node.example', port })
const shards = [shard(1, 5001), shard(2, 5002), shard(3, 5001)]
const written = { kind: 'written' } as const

test('a distributed database whose shards all respond is not broken', () => {
  expect(judgeShards(shards, [written, written, written])).toMatchObject([
    { state: 'ok', found: 'the clinics are in 3 shards on 2 nodes, which respond; all shards are written' },
  ])
})

test('a node that cannot be used is reported once, with its shards', () => {
  const lost = { kind: 'unreachable', reason: 'connect ECONNREFUSED' } as const
  expect(judgeShards(shards, [lost, written, lost])).toMatchObject([
    {
      state: 'error',
      found: expect.stringContaining('node.example:5001 cannot be used, which has 2 of 3 shards: connect ECONNREFUSED'),
    },
  ])
})

test('a shard that is not written, and a log of another server, are reported by name', () => {
  expect(judgeShards(shards, [{ kind: 'outdated' }, { kind: 'not_written' }, { kind: 'ahead' }])).toMatchObject([
    { state: 'error', found: 'the schema holdfast_1 on node.example:5001 is of an earlier release' },
    { state: 'error', found: 'the schema holdfast_2 on node.example:5002 is not written' },
    { state: 'error', found: 'the event log of holdfast_3 on node.example:5001 was written by another server' },
  ])
})

test('settings that a start refuses are reported', () => {
  const direct = { databasePool: 'auto', databaseDirectUrl: null } as const
  expect(checkSettingsOfShards({ backupTo: null, databaseReplicaUrls: null, ...direct })).toEqual([])
  const pooled = { databasePool: 'transaction', databaseDirectUrl: 'postgres://d' } as const
  expect(checkSettingsOfShards({ backupTo: null, databaseReplicaUrls: null, ...pooled })).toMatchObject([
    { state: 'error', found: 'DATABASE_POOL and DATABASE_DIRECT_URL are refused on a distributed database' },
  ])
  expect(checkSettingsOfShards({ backupTo: '/b', databaseReplicaUrls: ['postgres://r'], ...direct })).toMatchObject([
    { state: 'error', found: 'HOLDFAST_BACKUP_TO and DATABASE_REPLICA_URLS are refused on a distributed database' },
  ])
})
