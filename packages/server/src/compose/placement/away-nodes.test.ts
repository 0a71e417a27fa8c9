import { addressOf } from '@holdfast/engine/nodes-of'
import { aShard, createTestDatabase, databaseProxy } from '@holdfast/testkit'
import { expect, test } from 'vitest'
import { awayNodes } from './away-nodes.ts'

test('nodes that are away, hang, refuse the login or take no writes do not hide the others', async () => {
  const database = await createTestDatabase()
  const proxies = await Promise.all(Array.from({ length: 5 }, () => databaseProxy(database.ownerUrl)))
  const shardAt = (shardId: number, proxyIndex: number, name = database.name) => {
    const { hostname: host, port } = new URL(proxies[proxyIndex]?.url ?? '')
    return aShard(shardId, { host, port: Number(port), database: name })
  }
  const shards = [shardAt(1, 0), shardAt(2, 1), shardAt(3, 1), shardAt(4, 2), shardAt(5, 3, 'not_there'), shardAt(6, 0)]
  const standby = await createTestDatabase()
  await standby.ownerPool.query(`alter database ${standby.name} set default_transaction_read_only = on`)
  shards.push(shardAt(7, 4, standby.name))
  await proxies[1]?.cut()
  proxies[2]?.hang()

  const away = await awayNodes(database.ownerUrl, shards, 5_000)

  const reasons = shards.map((shard) => ({ schema: shard.schema, cause: away.get(addressOf(shard)) }))
  const ofAway = reasons.filter(({ cause }) => cause !== undefined)
  expect(ofAway.map(({ schema, cause }) => `${schema}: ${cause?.message}`)).toEqual([
    expect.stringMatching(/^holdfast_2: connect ECONNREFUSED/),
    expect.stringMatching(/^holdfast_3: connect ECONNREFUSED/),
    expect.stringMatching(/^holdfast_4: .*(timeout|terminated)/),
    'holdfast_5: database "not_there" does not exist',
    'holdfast_7: The node takes no writes.',
  ])
  for (const proxy of proxies) await proxy.end()
  await standby.drop()
  await database.drop()
})
