import {
  aClinic,
  aDoctor,
  aSlot,
  type BuiltDoctor,
  holdLock,
  holdSlotLock,
  plantFunction,
  type TestDatabase,
  untilLockWaiters,
} from '@holdfast/testkit'
import { anotherDatabase } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { areBlocked, close, closing } from '../../test/closures.ts'
import { test } from '../../test/waitlist.ts'
import { createEngine } from '../create-engine.ts'
import { inTransaction } from '../database/pools.ts'
import { createSlots } from '../slots/create-slots.ts'
import { applyClosures, applyDueClosures } from './apply-closures.ts'

/** A slot of the doctor, created in a transaction that has not ended; then a closure is moved to its time. */
async function closedWhileCreating(database: TestDatabase, doctor: BuiltDoctor) {
  const engine = createEngine({ batchPool: database.appPool, generalPool: database.appPool })
  const startsAt = new Date(Math.ceil(Date.now() / 60_000) * 60_000 + 5 * 86_400_000)
  const span = { startsAt, endsAt: new Date(startsAt.getTime() + 900_000) }
  const later = closing(doctor, { startsAt: span.endsAt, endsAt: new Date(span.endsAt.getTime() + 900_000) })
  const { id } = await close(engine, later)
  const { localStart, localEnd } = closing(doctor, span)
  const client = await database.appPool.connect()
  try {
    await client.query('begin')
    const drafts = [{ ...span, capacity: 1 }]
    const { items } = await createSlots(client, { doctorId: doctor.id, drafts, dryRun: false })
    const closed = engine.closures.change(doctor.clinicNo, id, { localStart, localEnd })
    const waits = untilLockWaiters(database, 1).then(() => true)
    const isWaiting = await Promise.race([waits, closed.then(() => false)])
    await client.query('commit')
    await closed
    return { isWaiting, slot: { id: items[0]?.slotId ?? '' } }
  } finally {
    client.release()
    await engine.stop()
  }
}

test('a closure that is changed while slots are created waits and blocks them', async ({ database, doctor }) => {
  const { isWaiting, slot } = await closedWhileCreating(database, doctor)
  expect(isWaiting).toBe(true)
  expect(await areBlocked(database, slot)).toEqual([true])
})

test('negative control: without the resource’s lock, the slot stays free', async () => {
  const database = await anotherDatabase()
  const doctor = await aDoctor(database, await aClinic(database))
  await plantFunction(database, 'apply_busy_times', { part: 'for no key update', becomes: '' })
  const { slot } = await closedWhileCreating(database, doctor)
  expect(await areBlocked(database, slot)).toEqual([false])
})

test('slots created while a closure is written wait, and are blocked', async ({ database, engine, doctor, slot }) => {
  const startsAt = new Date(slot.endsAt.getTime() + 900_000)
  const span = { startsAt, endsAt: new Date(startsAt.getTime() + 900_000) }
  const closure = closing(doctor, { startsAt: slot.startsAt, endsAt: span.endsAt })
  const client = await database.ownerPool.connect()
  try {
    await client.query('begin')
    await client.query(
      `insert into holdfast.closure (clinic_no, id, resource_id, starts_at, ends_at, created_by)
       values ($1, holdfast.new_id($1, now()), $2, $3, $4, $5)`,
      [doctor.clinicNo, doctor.id, closure.localStart, closure.localEnd, closure.createdBy],
    )
    await client.query('select holdfast.apply_busy_times($1, $2)', [doctor.clinicNo, doctor.id])
    const created = engine.createSlots({ doctorId: doctor.id, drafts: [{ ...span, capacity: 1 }], dryRun: false })
    await untilLockWaiters(database, 1)
    await client.query('commit')
    const { items } = await created
    expect(await areBlocked(database, slot, { id: items[0]?.slotId ?? '' })).toEqual([true, true])
  } finally {
    client.release()
  }
})

test('what a request has not finished is done by the job, and not before it', async ({ database, engine, doctor }) => {
  const slot = await aSlot(database, doctor)
  const closure = await close(engine, closing(doctor, slot))
  const { clinicNo } = doctor
  const write = <Result>(work: Parameters<typeof inTransaction<Result>>[1]) => inTransaction(database.appPool, work)
  const unapplied = (ago: string) =>
    database.ownerPool.query(
      `update holdfast.closure set applied_at = null, removed_at = now(), changed_at = clock_timestamp() - $2::interval
        where id = $1`,
      [closure.id, ago],
    )
  await unapplied('0')
  // There was no time left.
  await applyClosures(database.appPool, write, { clinicNo }, performance.now() - 1)
  expect(await areBlocked(database, slot)).toEqual([true])
  const job = () => applyDueClosures(database.appPool, { limit: 1_000, msMax: 60_000, onError: () => undefined })
  await job()
  expect(await areBlocked(database, slot)).toEqual([true])
  await unapplied('1 minute')
  expect(await job()).toBeGreaterThanOrEqual(1)
  expect(await areBlocked(database, slot)).toEqual([false])
  const { rows } = await database.ownerPool.query('select applied_at from holdfast.closure where id = $1', [closure.id])
  expect(rows).toEqual([{ applied_at: expect.any(Date) }])
})

test('while one slot is locked by another session, the doctor is not, and the job does what is left', async ({
  database,
  engine,
  doctor,
}) => {
  const slot = await aSlot(database, doctor)
  const closure = await close(engine, closing(doctor, slot))
  const write = <Result>(work: Parameters<typeof inTransaction<Result>>[1]) => inTransaction(database.appPool, work)
  await database.ownerPool.query(sql`
    update holdfast.closure set applied_at = null, removed_at = now(), changed_at = clock_timestamp() - interval '1 h'
     where id = ${closure.id}`)
  const held = await holdSlotLock(database, slot)
  const { clinicNo } = doctor
  const startedAt = performance.now()
  // It has the doctor's lock for a part of a second at a time, and gives up after some tries.
  const applying = applyClosures(database.appPool, write, { clinicNo }, startedAt + 60_000)
  await untilLockWaiters(database, 1)
  expect(await applying).toMatchObject({ position: null, locked: new Set([doctor.id]), isDone: false })
  expect(performance.now() - startedAt).toBeLessThan(5_000)
  await held.release()
  await applyDueClosures(database.appPool, { limit: 1_000, msMax: 60_000, onError: () => undefined })
  expect(await areBlocked(database, slot)).toEqual([false])
})

test('a slot that is locked elsewhere holds up no other doctor or clinic', async ({ database, engine, doctor }) => {
  const colleague = await aDoctor(database, { no: doctor.clinicNo, id: doctor.clinicId, timezone: 'UTC' })
  const other = await aDoctor(database, await aClinic(database))
  const slot = await aSlot(database, doctor)
  const { startsAt } = slot
  const others = [await aSlot(database, colleague, { startsAt }), await aSlot(database, other, { startsAt })]
  const closures = [
    await close(engine, { ...closing(doctor, slot), doctorId: null }),
    await close(engine, closing(other, slot)),
  ]
  await database.ownerPool.query(
    `update holdfast.closure set applied_at = null, removed_at = now(), changed_at = clock_timestamp() - age
       from unnest($1::uuid[], array[interval '2 h', '1 h']) c(closure_id, age) where id = closure_id`,
    [closures.map(({ id }) => id)],
  )
  const failed: number[] = []
  const job = () =>
    applyDueClosures(database.appPool, {
      limit: 1_000,
      msMax: 60_000,
      onError: (_, { clinicNo }) => failed.push(clinicNo),
    })
  const held = await holdSlotLock(database, slot)
  await expect(job()).rejects.toThrow('Closures of 1 clinics were not applied.')
  expect(failed).toEqual([doctor.clinicNo])
  expect(await areBlocked(database, slot, ...others)).toEqual([true, false, false])
  await held.release()
  await job()
  expect(await areBlocked(database, slot)).toEqual([false])
})

test('the locked doctors of a clinic take a part of the time of the job', async ({ database, engine, doctor }) => {
  const clinic = { no: doctor.clinicNo, id: doctor.clinicId, timezone: 'UTC' }
  const slot = await aSlot(database, doctor)
  for (let count = 1; count < 12; count += 1) await aDoctor(database, clinic)
  const closure = await close(engine, { ...closing(doctor, slot), doctorId: null })
  await database.ownerPool.query(sql`update holdfast.closure
      set applied_at = null, changed_at = clock_timestamp() - interval '1 h' where id = ${closure.id}`)
  const held = await holdLock(database.ownerPool, 'select from holdfast.resource where clinic_no = $1 for update', [
    clinic.no,
  ])
  let transactions = 0
  const counting = new Proxy(database.appPool, {
    get: (pool, name) => {
      if (name === 'connect') transactions += 1
      return Reflect.get(pool, name, pool)
    },
  })
  const failed: number[] = []
  const onError = (_error: unknown, { clinicNo }: { clinicNo: number }) => failed.push(clinicNo)
  const job = applyDueClosures(counting, { limit: 1_000, msMax: 60_000, onError })
  await expect(job).rejects.toThrow('were not applied.')
  await held.release()
  expect(failed).toEqual([clinic.no])
  // Each waits for a part of a second. It would be three for each doctor.
  expect(transactions).toBeLessThan(20)
})

test('thirteen locked doctors of a clinic leave the free one its turn in the same run', async ({
  database,
  engine,
  doctor,
}) => {
  const clinic = { no: doctor.clinicNo, id: doctor.clinicId, timezone: 'UTC' }
  for (let count = 1; count < 13; count += 1) await aDoctor(database, clinic)
  const free = await aDoctor(database, clinic)
  const slot = await aSlot(database, free)
  const closure = await close(engine, { ...closing(free, slot), doctorId: null })
  await database.ownerPool.query(
    `update holdfast.closure set applied_at = null, removed_at = now(), changed_at = clock_timestamp() - interval '1 h'
      where id = $1`,
    [closure.id],
  )
  const held = await holdLock(
    database.ownerPool,
    'select from holdfast.resource where clinic_no = $1 and id <> $2 for update',
    [clinic.no, free.id],
  )
  const job = applyDueClosures(database.appPool, { limit: 1_000, msMax: 10_000, onError: () => undefined })
  await expect(job).rejects.toThrow('were not applied.')
  await held.release()
  expect(await areBlocked(database, slot)).toEqual([false])
})
