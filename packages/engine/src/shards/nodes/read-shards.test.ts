import { test } from '@holdfast/testkit/database-test'
import { plantCatalogue } from '@holdfast/testkit/planted-citus'
import { describe, expect, test as plainTest } from 'vitest'
import { finishedComment } from './distribution-state.ts'
import { clinicHash, DistributionUnfinished, readShards, shardOf, shardUrl } from './read-shards.ts'

describe('the hash of a clinic', () => {
  const edges = [0, 1, -1, 2 ** 24 - 1, 2 ** 31 - 1, -(2 ** 31), -(2 ** 31) + 1]
  const numbers = [...edges, ...Array.from({ length: 10_000 }, (_, n) => (Math.imul(n, 0x9e3779b1) + n) | 0)]

  test('is that of PostgreSQL', async ({ database }) => {
    const { rows } = await database.appPool.query<{ hash: number }>(
      'select hashint4(no) as hash from unnest($1::integer[]) with ordinality u (no, n) order by n',
      [numbers],
    )
    expect(numbers.map(clinicHash)).toEqual(rows.map(({ hash }) => hash))
  })

  test('negative control: a number with another hash is found', async ({ database }) => {
    const { rows } = await database.appPool.query('select hashint4(1) as hash')
    expect(clinicHash(2)).not.toBe(rows[0].hash)
  })
})

const shard = { schema: 'holdfast_102010', shardId: 102010, hashMin: -(2 ** 31), hashMax: -1, port: 5433 }
const low = { ...shard, host: 'node-1.example', database: 'clinics' }
const high = { ...low, schema: 'holdfast_102008', shardId: 102008, hashMin: 0, hashMax: 2 ** 31 - 1, port: 5434 }

plainTest('a clinic is in the shard whose range has its hash', () => {
  for (const clinicNo of [1, 2, 3, 4, 5, 6, 7, 8, 2 ** 24 - 1]) {
    expect(shardOf([low, high], clinicNo)).toBe(clinicHash(clinicNo) < 0 ? low : high)
  }
  expect(() => shardOf([low], [1, 2, 3, 4, 5].find((no) => clinicHash(no) >= 0) ?? 0)).toThrow(
    'No shard has the clinic',
  )
})

plainTest.for([
  { appUrl: 'postgres://app:secret@coordinator:5432/clinics', query: '?' },
  {
    appUrl: 'postgres://app:secret@coordinator/pooled?host=/run/postgresql&sslmode=require',
    query: '?sslmode=require&',
  },
])('the URL of a shard has the login, and its node: $appUrl', ({ appUrl, query }) => {
  expect(shardUrl(appUrl, low)).toBe(`postgres://app:secret@node-1.example:5433/clinics${query}shard=holdfast_102010`)
})

const placed = `
  insert into public.pg_dist_shard values
    ('holdfast.clinic', 102010, '-2147483648', '-1'), ('holdfast.clinic', 102008, '0', '2147483647'),
    ('holdfast.slot', 102020, '-2147483648', '-1');
  insert into public.pg_dist_placement (shardid, shardstate, groupid)
  values (102010, 1, 1), (102008, 1, 2), (102008, 4, 1), (102020, 1, 1);
  insert into public.pg_dist_node (groupid, nodename, nodeport, noderole)
  values (1, 'node-1.example', 5433, 'primary'), (1, 'standby.example', 5433, 'secondary'),
         (2, 'node-1.example', 5434, 'primary');
  create table holdfast.shard_trigger (relation text)`

test('the shards are read as the application, when all shards have their rows', async ({ database }) => {
  const { ownerPool, appPool, name } = database
  await expect(readShards(appPool)).rejects.toThrow('not distributed over Citus')
  await plantCatalogue(ownerPool)
  await ownerPool.query(placed)
  await expect(readShards(appPool)).rejects.toThrow(DistributionUnfinished)
  await ownerPool.query(`comment on table holdfast.shard_trigger is '${finishedComment}'`)
  expect(await readShards(appPool)).toEqual([
    { ...high, database: name },
    { ...low, database: name },
  ])
})
