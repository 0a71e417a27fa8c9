import { type PlantedCitus, plantCitus, plantedShards } from '@holdfast/testkit/planted-citus'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { newId } from '../model/id.ts'
import { clinicHash } from './read-shards.ts'
import { type WriteShardsOptions, writeShardSchemas } from './write-shard-schemas.ts'

let citus: PlantedCitus
beforeAll(async () => {
  citus = await plantCitus()
})
afterAll(() => citus.end())

const { low: schema, high: other } = plantedShards
const write = (options: WriteShardsOptions = {}) => writeShardSchemas(citus.coordinator.ownerUrl, options)

async function epochOf(of: string): Promise<number> {
  const { rows } = await citus.node.ownerPool.query(`select max(no)::float8 as no from ${of}.log_epoch`)
  return rows[0].no
}

async function unstamp(of: string): Promise<void> {
  await citus.node.ownerPool.query(`comment on schema ${of} is null`)
}

/** As if the shard had been written a while ago, and then on another node, which is lost. */
let notedEpoch: number
beforeEach(async () => {
  await citus.node.ownerPool.query(`update ${schema}.log_epoch set no = no - 1000`)
  notedEpoch = (await epochOf(schema)) + 500
  await citus.coordinator.ownerPool.query(
    `update holdfast.setting set value = $1::text where name = 'last_epoch_of_${schema}'`,
    [notedEpoch],
  )
})

const refusedBy = async (options: WriteShardsOptions = {}) => [...(await write(options)).refused.keys()]

test('a shard whose latest rows are on no node is refused, and the others are written', async () => {
  for (const each of [schema, other]) await unstamp(each)
  expect(await refusedBy()).toEqual([schema])
  expect(await refusedBy({ only: [other] })).toEqual([])
  const { rows } = await citus.node.ownerPool.query(`
    select nspname as schema from pg_namespace where nspname like 'holdfast\\_%'
       and obj_description(oid, 'pg_namespace') is not null`)
  expect(rows).toEqual([{ schema: other }])
})

test('the loss of another shard is not accepted with it', async () => {
  await unstamp(schema)
  const accepted = { lossAccepted: [other] }
  expect(await refusedBy(accepted)).toEqual([schema])
})

test('when the loss is accepted, the shard goes on with the rows that it has, in a later epoch', async () => {
  await unstamp(schema)
  await citus.node.ownerPool.query(`insert into ${schema}.specialization (name) values ('kept')`)
  const accepted = { lossAccepted: [schema] }
  expect((await write(accepted)).written).toMatchObject([
    { schema, isWritten: true, hasLostRows: true, copiedRows: null },
    { schema: other, isWritten: false, hasLostRows: false },
  ])
  const epoch = await epochOf(schema)
  expect(epoch).toBeGreaterThan(notedEpoch)
  const { rowCount } = await citus.node.ownerPool.query(`select from ${schema}.specialization where name = 'kept'`)
  expect(rowCount).toBe(1)
  // Repeated, it changes nothing.
  expect((await write(accepted)).written).toMatchObject([
    { isWritten: false, hasLostRows: false },
    { isWritten: false, hasLostRows: false },
  ])
  expect(await epochOf(schema)).toBe(epoch)
})

test('with no rows at all, it begins with the specializations of its doctors', async () => {
  const { ownerPool } = citus.node
  const no = [1, 2, 3, 4, 5, 6, 7, 8].find((each) => clinicHash(each) < 0) ?? 0
  await ownerPool.query(
    `insert into ${schema}.clinic (no, id, name, timezone) values ($1, $2, 'Riverside', 'Europe/Berlin')`,
    [no, newId(no)],
  )
  await ownerPool.query(
    `insert into ${schema}.resource (clinic_no, id, kind, name, specialization)
     values ($1, $2, 'doctor', 'Ada', 'Cardiology')`,
    [no, newId(no)],
  )
  await ownerPool.query(`drop schema ${schema} cascade`)
  expect(await refusedBy()).toEqual([schema])
  const { written } = await write({ lossAccepted: [schema] })
  expect(written[0]).toMatchObject({ schema, isWritten: true, hasLostRows: true })
  expect(await epochOf(schema)).toBeGreaterThan(notedEpoch)
  const restored = await ownerPool.query(`select name from ${schema}.specialization`)
  expect(restored.rows).toEqual([{ name: 'Cardiology' }])
})
