import { randomUUID } from 'node:crypto'
import { aBooking, aClaim, aClinic, aDoctor, aSlot, aWaitlistEntry, lapseHolds, plantFunction } from '@holdfast/testkit'
import { test as base } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { createEngine } from '../create-engine.ts'
import { inPlace } from '../database/database-url.ts'
import { createPool } from '../database/pools.ts'
import { newId } from '../model/id.ts'
import { bookingIdsOfAll } from '../reads/booking-ids.ts'
import { writePlace } from './write-place.ts'

const schema = 'holdfast_tested'
const tableOf = (name: string) => ({ kind: 'shard', relation: `holdfast.${name}` }) as const

/** A place over the database's own tables, and an engine in it, as the application. */
const test = base
  .extend('pool', { scope: 'file' }, async ({ database }, { onCleanup }) => {
    await writePlace({ ownerUrl: database.ownerUrl, schema, tableOf })
    const pool = createPool({ url: inPlace(database.appUrl, schema), max: 10, name: 'test place' })
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
  await writePlace({ ownerUrl: database.ownerUrl, schema, tableOf })
  expect(await claim()).toMatchObject({ kind: 'booked' })
})

test('the months of its bookings are those of the partitions behind its view', async ({ database, pool }) => {
  const now = new Date()
  expect(await bookingIdsOfAll(pool, now)).toEqual(await bookingIdsOfAll(database.appPool, now))
  expect(newId(1) > (await bookingIdsOfAll(pool, now)).from).toBe(true)
})

test('the application may do in it what it may in holdfast, and no more', async ({ pool }) => {
  await expect(pool.query('update holdfast.slot set taken = 0')).rejects.toThrow('permission denied')
  await expect(pool.query('select holdfast.lapse_holds(null, null)')).rejects.toThrow(
    /permission denied|does not exist/,
  )
})

test('a place reads reference tables, and has rows of its own in others', async ({ database }) => {
  const place = `${schema}_other`
  const kinds = { specialization: 'reference', answer: 'own' } as const
  const { ownerUrl, ownerPool } = database
  await writePlace({
    ownerUrl,
    schema: place,
    tableOf: (name) => ({ kind: kinds[name as keyof typeof kinds] ?? 'shard', relation: `holdfast.${name}` }),
  })
  await ownerPool.query("insert into holdfast.specialization (name) values ('Cardiology') on conflict do nothing")
  const { rows } = await ownerPool.query(`select from ${place}.specialization where name = 'Cardiology'`)
  expect(rows).toHaveLength(1)
  await expect(ownerPool.query(`insert into ${place}.specialization (name) values ('Other')`)).rejects.toThrow(
    'cannot insert into view',
  )
  const { rows: kept } = await ownerPool.query(`
    select relkind from pg_class where oid = any (array['${place}.answer', '${place}.slot']::regclass[]) order by 1`)
  expect(kept).toEqual([{ relkind: 'r' }, { relkind: 'v' }])
})

test('a name that is not that of a place is refused before anything is written', async ({ database }) => {
  const place = { ownerUrl: database.ownerUrl, tableOf }
  await expect(writePlace({ ...place, schema: 'holdfast' })).rejects.toThrow('is called holdfast_…')
  await expect(writePlace({ ...place, schema: 'holdfast_x; drop schema holdfast' })).rejects.toThrow('holdfast_…')
})
