import type { Shard } from '@holdfast/engine/shards'
import { createTestDatabase, databaseProxy } from '@holdfast/testkit'
import { expect, test } from 'vitest'
import { unreachableShards } from './unreachable-shards.ts'

test('a node that is away, one that hangs, and one that refuses the login do not hide the others', async () => {
  const database = await createTestDatabase()
  const proxies = await Promise.all(Array.from({ length: 4 }, () => databaseProxy(database.ownerUrl)))
  const shardAt = (shardId: number, proxyIndex: number, name = database.name): Shard => {
    const { hostname: host, port } = new URL(proxies[proxyIndex]?.url ?? '')
    return { schema: `holdfast_${shardId}`, shardId, hashMin: 0, hashMax: 1, host, port: Number(port), database: name }
  }
  const shards = [shardAt(1, 0), shardAt(2, 1), shardAt(3, 1), shardAt(4, 2), shardAt(5, 3, 'not_there'), shardAt(6, 0)]
  await proxies[1]?.cut()
  proxies[2]?.hang()

  const unreachable = await unreachableShards(database.ownerUrl, shards, 1_000)

  expect(Array.from(unreachable, ([{ schema }, { message }]) => `${schema}: ${message}`)).toEqual([
    expect.stringMatching(/^holdfast_2: connect ECONNREFUSED/),
    expect.stringMatching(/^holdfast_3: connect ECONNREFUSED/),
    expect.stringMatching(/^holdfast_4: .*(timeout|terminated)/),
    'holdfast_5: database "not_there" does not exist',
  ])
  for (const proxy of proxies) await proxy.end()
  await database.drop()
})
