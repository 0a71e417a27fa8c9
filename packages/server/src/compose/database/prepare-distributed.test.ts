import { newId } from '@holdfast/engine'
import { clinicHash, isPlaced } from '@holdfast/engine/shards'
import { type PlantedCitus, plantCitus, plantedShards } from '@holdfast/testkit/planted-citus'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { catalogueOfCitus } from '../placement/shard-catalogue.ts'
import { prepareDistributed } from './prepare-distributed.ts'

let citus: PlantedCitus
beforeAll(async () => {
  citus = await plantCitus()
})
afterAll(() => citus.end())

const { low, high } = plantedShards

async function prepare() {
  const { ownerUrl, appUrl } = citus.coordinator
  const said: string[] = []
  const urls = { databaseUrl: ownerUrl, databaseAppUrl: appUrl, databaseDirectUrl: null, databaseReplicaUrls: null }
  const settings = { ...urls, databasePool: 'auto' } as const
  const { shards } = await prepareDistributed(settings, ownerUrl, (line) => said.push(line))
  return { served: shards.filter(isPlaced).map(({ schema }) => schema), said: said.join('\n') }
}

test('all shards are served', async () => {
  expect(await prepare()).toEqual({ served: [low, high], said: '' })
})

test('a coordinator that was restored draws no number of a clinic again', async () => {
  const no = 5_000
  const schema = clinicHash(no) < 0 ? low : high
  await citus.node.ownerPool.query(
    `insert into ${schema}.clinic (no, id, name, timezone) values ($1, $2, 'Riverside', 'Europe/Berlin')`,
    [no, newId(no)],
  )
  const next = async () => {
    const { rows } = await citus.coordinator.ownerPool.query("select nextval('holdfast.clinic_no_seq')::int as no")
    return rows[0].no
  }
  expect(await next()).toBeLessThan(no)
  await prepare()
  expect(await next()).toBe(no + 1)
  // It draws no number twice either.
  await prepare()
  expect(await next()).toBe(no + 2)
  // It was restored to before its first clinic, and a shard has the number that it would draw next.
  await citus.coordinator.ownerPool.query(`select setval('holdfast.clinic_no_seq', ${no}, false)`)
  await prepare()
  expect(await next()).toBe(no + 1)
})

test('a shard whose node is away is not served, and a start says so', async () => {
  await citus.proxy.cut()
  const { served, said } = await prepare()
  await citus.proxy.restore()
  expect(served).toEqual([])
  expect(said).toMatch(new RegExp(`The shard ${low} is not served until its node .* can be used`))
})

test('a shard whose latest rows are on no node is not served; the others are', async () => {
  await citus.coordinator.ownerPool.query(`
    update holdfast.setting
       set value = split_part(value, ' ', 1)::bigint + 1 || substr(value, strpos(value, ' '))
     where name = 'last_epoch_of_${low}'`)
  await citus.node.ownerPool.query(`comment on schema ${low} is null`)
  const { served, said } = await prepare()
  expect(served).toEqual([high])
  expect(said).toMatch(new RegExp(`A shard cannot be written.*--accept-loss ${low}`))
  // Servers that follow the shards try it again, and say why it failed.
  const { write } = catalogueOfCitus
  const refused = await write(citus.coordinator.ownerUrl, [low, high], new Map())
  const reason = expect.stringContaining(`The former schema of the shard ${low}`)
  expect([...refused]).toEqual([[low, { reason, waitsFor: [], isFinal: true }]])
})
