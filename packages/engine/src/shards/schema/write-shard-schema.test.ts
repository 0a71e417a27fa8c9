import { randomUUID } from 'node:crypto'
import { aBooking, aClaim, aClinic, aDoctor, aSlot, aWaitlistEntry, lapseHolds, plantFunction } from '@holdfast/testkit'
import { test as base } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { createEngine } from '../../create-engine.ts'
import { inShard } from '../../database/database-url.ts'
import { createPool } from '../../database/pools.ts'
import { partsOfAll } from '../../reads/booking-ids.ts'
import { ensurePartitions } from '../../upkeep/ensure-partitions.ts'
import { dropForeignKeysToOwnRows } from '../tables/drop-foreign-keys.ts'
import { tablesOfKind } from '../tables/table-kinds.ts'
import { writeShardSchema } from './write-shard-schema.ts'

const schema = 'holdfast_tested'

/** A shard over the database's own tables, and an engine in it, as the application. */
const test = base
  .extend('pool', { scope: 'file' }, async ({ database }, { onCleanup }) => {
    await dropForeignKeysToOwnRows(database.ownerPool)
    await writeShardSchema({ ownerUrl: database.ownerUrl, schema })
    const pool = createPool({ url: inShard(database.appUrl, schema), max: 10, name: 'test shard' })
    onCleanup(() => pool.end())
    return pool
  })
  .extend('engine', { scope: 'file' }, async ({ pool }, { onCleanup }) => {
    const engine = createEngine({ batchPool: pool, generalPool: pool })
    onCleanup(() => engine.stop())
    return engine
  })

test('of 50 claims for one place one is booked, and what becomes free is offered', async ({ database, engine }) => {
  const doctor = await aDoctor(database, await aClinic(database))
  const slot = await aSlot(database, doctor)
  const outcomes = await Promise.all(Array.from({ length: 50 }, () => engine.claim(aClaim(slot, { confirm: false }))))
  const booked = outcomes.filter((outcome) => outcome.kind === 'booked')
  expect(booked).toHaveLength(1)
  const [first, second] = [await aWaitlistEntry(database, doctor), await aWaitlistEntry(database, doctor)]
  const change = { actorId: null, onBehalf: true, reason: null, key: randomUUID() } as const
  const bookingId = booked[0]?.booking.id ?? ''
  expect(await engine.settle({ ...change, bookingId, action: 'cancel' })).toMatchObject({ kind: 'done' })
  expect(await engine.waitlist.entry(first.id)).toMatchObject({ status: 'offered' })
  await lapseHolds(database, slot)
  expect(await engine.claim(aClaim(slot))).toMatchObject({ kind: 'slot_full' })
  expect(await engine.waitlist.entry(second.id)).toMatchObject({ status: 'offered' })
  const other = await aSlot(database, doctor, { startsAt: slot.endsAt })
  const moving = await aBooking(database, other)
  const target = await aSlot(database, doctor, { startsAt: other.endsAt })
  expect(await engine.move({ bookingId: moving.id, slotId: target.id, actorId: null, onBehalf: true })).toMatchObject({
    kind: 'done',
  })
  expect(await engine.reads.verify({ clinicNo: doctor.clinicNo, detailsMax: 5 })).toMatchObject({
    overbooked: 0,
    mismatches: 0,
    details: [],
  })
})

const planted = { part: /\nbegin\n/, becomes: "\nbegin\n  raise 'planted';\n" }

test('it has functions of its own, which are written again when their files change', async ({ database, engine }) => {
  const doctor = await aDoctor(database, await aClinic(database))
  let hours = Math.ceil(Date.now() / 3_600_000) + 1
  const nextHour = () => {
    hours += 1
    return new Date(hours * 3_600_000)
  }
  const claim = async () => engine.claim(aClaim(await aSlot(database, doctor, { startsAt: nextHour() })))
  await plantFunction({ ...database, schema: 'holdfast' }, 'claim_slot', planted)
  expect(await claim()).toMatchObject({ kind: 'booked' })
  await plantFunction({ ...database, schema }, 'claim_slot', planted)
  await expect(claim()).rejects.toThrow('planted')
  await database.ownerPool.query(`update ${schema}.function_file set checksum = '' where name = 'claim_slot'`)
  await writeShardSchema({ ownerUrl: database.ownerUrl, schema })
  expect(await claim()).toMatchObject({ kind: 'booked' })
})

test('the months of its bookings are those of the partitions behind its view', async ({ database, pool }) => {
  const { id } = await aBooking(database, await aSlot(database, await aDoctor(database, await aClinic(database))))
  const now = new Date()
  const parts = await partsOfAll(pool, now)
  expect(parts).toEqual(await partsOfAll(database.appPool, now))
  expect(parts.filter(({ from, until }) => from <= id && id < until)).toHaveLength(1)
})

test('partitions are created outside of it, and what it takes for recent is renewed in it', async ({
  database,
  pool,
}) => {
  const recentIds = async (inSchema: string) => {
    const { rows } = await database.ownerPool.query<{ id: string }>(`select ${inSchema}.recent_ids() as id`)
    return rows[0]?.id
  }
  await database.ownerPool.query(`update ${schema}.migration set applied_at = now() - interval '63 days'`)
  const boundOfEvents = async () => {
    const { rows } = await database.ownerPool.query<{ view: string }>(
      `select pg_get_viewdef('${schema}.recent_event'::regclass) as view`,
    )
    return /'([0-9a-f-]{36})'/.exec(rows[0]?.view ?? '')?.[1]
  }
  const before = [await recentIds(schema), await boundOfEvents()]
  expect(await ensurePartitions(pool, 12)).toEqual([])
  const after = [await recentIds(schema), await boundOfEvents()]
  expect(before.map((id) => id?.startsWith('00000000'))).toEqual([true, true])
  expect(after.map((id) => id?.startsWith('00000000'))).toEqual([false, false])
  expect(await ensurePartitions(database.appPool, 12)).not.toEqual([])
  expect(await recentIds('holdfast')).toBe(after[0])
})

test('the application may do in it what it may in holdfast, and no more', async ({ pool }) => {
  await expect(pool.query('update holdfast.slot set taken = 0')).rejects.toThrow('permission denied')
  await expect(pool.query('select holdfast.lapse_holds(null, null)')).rejects.toThrow(
    /permission denied|does not exist/,
  )
})

test('a shard reads reference tables, has rows of its own in others, and refuses those of the coordinator', async ({
  database: { ownerPool },
  pool,
}) => {
  const admin = randomUUID()
  await ownerPool.query('insert into holdfast.site_administrator (account_id) values ($1)', [admin])
  const { rows } = await pool.query('select account_id as id from holdfast.site_administrator')
  expect(rows).toEqual([{ id: admin }])
  await expect(ownerPool.query(`delete from ${schema}.site_administrator`)).rejects.toThrow('cannot delete from view')
  await ownerPool.query("insert into holdfast.specialization (name) values ('Of the coordinator')")
  await pool.query("insert into holdfast.specialization (name) values ('Of the shard')")
  const { rows: own } = await pool.query("select name from holdfast.specialization where name like 'Of %'")
  expect(own).toEqual([{ name: 'Of the shard' }])
  for (const condition of ['true', 'account_id = gen_random_uuid()', 'account_id is not null']) {
    await expect(
      pool.query(`select exists (select from holdfast.verified_account where ${condition})`),
    ).rejects.toThrow('The table verified_account is on the coordinator, and not in a shard.')
  }
  await expect(ownerPool.query(`select from ${schema}.setting`)).rejects.toThrow('The table setting is on')
})

test('its own tables are as the coordinator has them', async ({ database }) => {
  const described = async (inSchema: string) => {
    const { rows } = await database.ownerPool.query<{ name: string }>(
      `select c.relname as name, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
              pg_get_expr(d.adbin, d.adrelid),
              (select array_agg(case k.conname when 'log_epoch_no_check' then k.conname
                                else pg_get_constraintdef(k.oid) end order by k.conname) from pg_constraint k
                where k.conrelid = c.oid and k.contype <> 'n') as constraints,
              (select array_agg(replace(pg_get_indexdef(i.indexrelid), $1 || '.', 'holdfast.') order by n.relname)
                 from pg_index i join pg_class n on n.oid = i.indexrelid where i.indrelid = c.oid) as indexes
         from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
         left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
        where c.relnamespace = $1::text::regnamespace and c.relname = any ($2) order by c.relname, a.attnum`,
      [inSchema, tablesOfKind('own')],
    )
    return rows
  }
  const own = await described(schema)
  expect(own).toEqual(await described('holdfast'))
  expect(new Set(own.map(({ name }) => name))).toEqual(new Set(tablesOfKind('own')))
})

test('a doctor is created and changed in it, with specializations that are new', async ({ database, engine }) => {
  const { no } = await aClinic(database)
  const doctor = {
    name: 'Dr. New',
    specialization: 'Phlebology',
    experienceYears: null,
    rating: null,
    languages: [],
    fee: null,
    appointmentTypes: ['in_person' as const],
  }
  const outcome = await engine.directory.createDoctor(no, doctor, null)
  if (outcome.kind !== 'done') throw new Error(outcome.kind)
  expect(await engine.directory.updateDoctor(outcome.value.id, { specialization: 'Angiology' })).toMatchObject({
    specialization: 'Angiology',
  })
  const names = (await engine.directory.specializations()).map(({ name }) => name)
  expect(names).toEqual(expect.arrayContaining(['Angiology', 'Phlebology']))
})

test('no clinic is created in it: the numbers that two shards draw would collide', async ({ engine }) => {
  const clinic = { name: 'New', timezone: 'UTC', address: null, phone: null, settings: {} }
  await expect(engine.directory.createClinic(clinic, null)).rejects.toThrow('the coordinator creates the clinics')
})

test('a name that is not that of a shard is refused before anything is written', async ({ database }) => {
  const shard = { ownerUrl: database.ownerUrl }
  await expect(writeShardSchema({ ...shard, schema: 'holdfast' })).rejects.toThrow('is called holdfast_…')
  await expect(writeShardSchema({ ...shard, schema: 'holdfast_x; drop schema holdfast' })).rejects.toThrow('holdfast_…')
})
