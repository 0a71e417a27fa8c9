import { type PlantedCitus, plantCitus, plantedShards } from '@holdfast/testkit/planted-citus'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { newId } from '../../model/id.ts'
import { clinicHash } from '../nodes/read-shards.ts'
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

/** Citus drops the tables of a shard that leaves, and with them the views. */
async function moveBack(): Promise<void> {
  await citus.node.ownerPool.query(`drop view ${schema}.clinic cascade; comment on schema ${schema} is null`)
}

const note = (epoch: number) =>
  citus.coordinator.ownerPool.query(
    `update holdfast.setting set value = $1::text || ' -2147483648 -1' where name = 'last_epoch_of_${schema}'`,
    [epoch],
  )

/** As if the shard had been written a while ago, and then on another node, which is lost. */
let notedEpoch: number
beforeEach(async () => {
  await citus.node.ownerPool.query(`update ${schema}.log_epoch set no = no - 1000`)
  notedEpoch = (await epochOf(schema)) + 500
  await note(notedEpoch)
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

test('the application may append to the security log of a shard, also when it is written again', async () => {
  await note(await epochOf(schema))
  await unstamp(schema)
  expect((await write()).written[0]).toMatchObject({ schema, isWritten: true })
  const { rows } = await citus.node.ownerPool.query(
    `select has_sequence_privilege('holdfast_app', '${schema}.audit_event_seq_seq', 'usage') as "mayDraw"`,
  )
  expect(rows).toEqual([{ mayDraw: true }])
})

test('the loss of another shard is not accepted with it', async () => {
  await unstamp(schema)
  const accepted = { lossAccepted: [other] }
  expect(await refusedBy(accepted)).toEqual([schema])
})

test('when the loss is accepted, the shard goes on without older rows, in an epoch after the noted one', async () => {
  const { ownerPool } = citus.node
  await unstamp(schema)
  // The clock of the node that is lost was ahead.
  notedEpoch += 100_000
  await note(notedEpoch)
  await ownerPool.query(`insert into ${schema}.log_receiver (name, epoch, xid, seq) values ('older', 1, '3', 0)`)
  await ownerPool.query(`
    insert into ${other}.log_receiver (name, epoch, xid, seq) values ('mails', 1, '3', 0) on conflict do nothing`)
  const accepted = { lossAccepted: [schema] }
  expect((await write(accepted)).written).toMatchObject([
    { schema, isWritten: true, hasLostRows: true },
    { schema: other, isWritten: false, hasLostRows: false },
  ])
  const epoch = await epochOf(schema)
  expect(epoch).toBe(notedEpoch + 1)
  // Receivers get the whole log again, as after a move.
  const receivers = await ownerPool.query(`
    select r.name, r.epoch::float8 as epoch, r.xid = e.starts_at as "isAtBegin"
      from ${schema}.log_receiver r join ${schema}.log_epoch e on e.no = r.epoch order by r.name`)
  expect(receivers.rows).toEqual([
    { name: 'email', epoch, isAtBegin: true },
    { name: 'mails', epoch, isAtBegin: true },
  ])
  // Repeated, it changes nothing.
  expect((await write(accepted)).written).toMatchObject([
    { isWritten: false, hasLostRows: false },
    { isWritten: false, hasLostRows: false },
  ])
  expect(await epochOf(schema)).toBe(epoch)
  // It is not refused when it is written again.
  await unstamp(schema)
  expect(await refusedBy()).toEqual([])
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
  const specializations = await ownerPool.query(`select name from ${schema}.specialization`)
  expect(specializations.rows).toEqual([{ name: 'Cardiology' }])
})

test('own tables that a shard had left take no rows when it is back, until it is written', async () => {
  const { ownerPool } = citus.node
  const add = (name: string) => ownerPool.query(`insert into ${schema}.specialization (name) values ($1)`, [name])
  await note(await epochOf(schema))
  await add('before')
  await moveBack()
  await expect(add('meanwhile')).rejects.toMatchObject({ code: 'HF017' })
  expect(await refusedBy()).toEqual([])
  await add('afterwards')
})

describe('while a node is away', () => {
  beforeEach(() =>
    citus.coordinator.ownerPool.query(`insert into pg_dist_node values (2, '127.0.0.1', 1, 'primary', true, true)`),
  )
  afterEach(() => citus.coordinator.ownerPool.query('delete from pg_dist_node where groupid = 2'))

  test('a shard that may have its latest rows there is refused, and says what to do', async () => {
    await unstamp(schema)
    const { refused } = await write({ lossAccepted: [schema] })
    const reason = expect.stringMatching(/needs all nodes of Citus.*127\.0\.0\.1:1 cannot be used.*citus_remove_node/)
    expect([...refused]).toMatchObject([[schema, { reason, waitsFor: [{ host: '127.0.0.1', port: 1 }] }]])
  })

  describe('and the former schema of a shard is on another one', () => {
    // As of a shard that was split.
    const formerSchema = 'holdfast_102007'
    beforeEach(() => citus.node.ownerPool.query(`alter schema ${schema} rename to ${formerSchema}`))
    afterEach(() => citus.node.ownerPool.query(`drop schema ${formerSchema} cascade`))

    test('if it has the latest rows, the shard goes on with them', async () => {
      const epoch = await epochOf(formerSchema)
      await note(epoch)
      const { refused, written } = await write()
      expect([...refused]).toEqual([])
      expect(written[0]).toMatchObject({ schema, isWritten: true, copiedRows: expect.any(Number), hasLostRows: false })
      expect(await epochOf(schema)).toBeGreaterThan(epoch)
    })

    test('if it has older ones, the shard is refused', async () => {
      await note((await epochOf(formerSchema)) + 1)
      expect(await refusedBy()).toEqual([schema])
      // Once that node is removed, it is written with what is accepted.
      await citus.coordinator.ownerPool.query('delete from pg_dist_node where groupid = 2')
      expect(await refusedBy({ lossAccepted: [schema] })).toEqual([])
    })
  })

  test('a shard that has its latest rows where it has stayed is updated', async () => {
    await unstamp(schema)
    const epoch = await epochOf(schema)
    await note(epoch)
    expect((await write()).written[0]).toMatchObject({ schema, isWritten: true })
    expect(await epochOf(schema)).toBe(epoch)
  })

  test('a shard that was moved there and back goes on in another epoch than what it may have left there', async () => {
    const epoch = await epochOf(schema)
    await note(epoch)
    await moveBack()
    const { refused, written } = await write()
    expect([...refused]).toEqual([])
    expect(written[0]).toMatchObject({ schema, isWritten: true, copiedRows: null, hasLostRows: false })
    expect(await epochOf(schema)).toBeGreaterThan(epoch)
  })
})

test('the range of a shard that has stayed is noted where it is missing', async () => {
  await note(await epochOf(schema))
  const noted = async () => {
    const { rows } = await citus.coordinator.ownerPool.query(
      `select value from holdfast.setting where name = 'last_epoch_of_${schema}'`,
    )
    return rows[0].value
  }
  const complete = await noted()
  expect(complete).toMatch(/^\d+ -2147483648 -1$/)
  await citus.coordinator.ownerPool.query(
    `update holdfast.setting set value = split_part(value, ' ', 1) where name = 'last_epoch_of_${schema}'`,
  )
  await write()
  await write()
  expect(await noted()).toBe(complete)
})

test('a node that is known to be away is not asked', async () => {
  await unstamp(schema)
  const { port } = new URL(citus.proxy.url)
  const away = new Map([[`127.0.0.1:${port}`, new Error('it hangs')]])
  const { refused } = await write({ away })
  const reason = expect.stringContaining(`127.0.0.1:${port} cannot be used: it hangs.`)
  expect([...refused]).toMatchObject([[schema, { reason, waitsFor: [{ port: Number(port) }] }]])
})

test('a node that refuses to be asked is named, and not taken for lost', async () => {
  const { ownerPool } = citus.node
  await unstamp(schema)
  await ownerPool.query('create schema holdfast_7')
  const { refused } = await write()
  await ownerPool.query('drop schema holdfast_7')
  const reason = refused.get(schema)?.reason
  expect(reason).toMatch(/needs all nodes.* cannot be used: relation "holdfast_7.shard_range" does not exist\.$/)
})

test('a shard that cannot be written where it was moved is refused, and the others are written', async () => {
  const { ownerPool } = citus.node
  await note(await epochOf(schema))
  await moveBack()
  await unstamp(other)
  // The function is another, with the name of one of the guards.
  await ownerPool.query(`drop function ${schema}.guard_shard cascade;
    create function ${schema}.guard_shard() returns integer language sql return 1`)
  const { refused, written } = await write()
  const reason = expect.stringMatching(/cannot be written on .*:\d+: cannot change return type/)
  expect([...refused]).toEqual([[schema, { reason, waitsFor: [], isFinal: false }]])
  expect(written).toMatchObject([{ schema: other, isWritten: true }])
  await ownerPool.query(`drop function ${schema}.guard_shard`)
  expect(await refusedBy()).toEqual([])
})

test('a shard that cannot be updated where it has stayed is an error', async () => {
  const { ownerPool } = citus.node
  await note(await epochOf(schema))
  await unstamp(schema)
  await ownerPool.query(`alter function ${schema}.guard_shard rename to guard_renamed;
    create function ${schema}.guard_shard() returns integer language sql return 1`)
  await expect(write()).rejects.toThrow(`The shard ${schema} cannot be written on `)
  await expect(write()).rejects.toThrow('cannot change return type')
  await ownerPool.query(`drop function ${schema}.guard_shard; drop function ${schema}.guard_renamed cascade`)
  expect(await refusedBy()).toEqual([])
})
