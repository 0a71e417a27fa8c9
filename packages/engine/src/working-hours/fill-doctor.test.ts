import {
  aClinic,
  aDoctor,
  type BuiltDoctor,
  endLockWaiters,
  holdLock,
  holdSlotLock,
  plantFunction,
  type TestDatabase,
  untilLockWaiters,
} from '@holdfast/testkit'
import { anotherDatabase, freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { aBand, dayAfter, fillAll, hoursOf } from '../../test/working-hours.ts'
import { inTransaction } from '../database/pools.ts'
import { fillDueDoctors } from './fill-doctor.ts'
import { replaceHours } from './replace-hours.ts'

const horizonDays = 60
const bands = [aBand(), aBand({ from: '13:00', to: '18:00', slotMinutes: 30 })]

/** A doctor with working hours of which nothing is filled yet. */
async function anUnfilledDoctor(database: TestDatabase): Promise<BuiltDoctor> {
  const clinic = await aClinic(database, { settings: { bookingHorizonDays: horizonDays } })
  const doctor = await aDoctor(database, clinic)
  await inTransaction(database.appPool, (transaction) => replaceHours(transaction, hoursOf(doctor, bands)))
  return doctor
}

async function created(database: TestDatabase, { id }: BuiltDoctor) {
  const { rows } = await database.ownerPool.query<{ sessions: number; slots: number; days: number }>(
    `select (select count(*)::int from holdfast.open_session
              where resource_id = $1 and withdrawn_at is null) as sessions,
            (select count(*)::int from holdfast.slot where resource_id = $1 and withdrawn_at is null) as slots,
            (select count(*)::int from holdfast.band_day where resource_id = $1) as days`,
    [id],
  )
  return rows[0]
}

const all = { sessions: horizonDays, slots: 10 * horizonDays, days: 2 * horizonDays }
/** Without the time limit of locks that the job and requests have. */
async function oneStep(database: TestDatabase, { clinicNo, id }: BuiltDoctor): Promise<{ is_done: boolean }> {
  const { rows } = await database.appPool.query('select * from holdfast.fill_working_hours($1, $2)', [clinicNo, id])
  return rows[0]
}
const due = (onError: (error: unknown, doctor: { doctorId: string }) => void = () => undefined) => ({
  limit: 100,
  msMax: 60_000,
  onError,
})

test('a job that is ended between two steps, or within one, is continued by the next run', async ({ database }) => {
  const doctor = await anUnfilledDoctor(database)
  expect(await oneStep(database, doctor)).toMatchObject({ is_done: false, tx: expect.any(String) })
  const first = await created(database, doctor)
  expect(first?.sessions).toBeGreaterThan(10)
  expect(first?.sessions).toBeLessThan(horizonDays)
  const lock = await holdLock(database.ownerPool, 'select from holdfast.resource where id = $1 for update', [doctor.id])
  const killed = oneStep(database, doctor).catch((error: Error) => error)
  await untilLockWaiters(database, 1)
  await endLockWaiters(database)
  expect(await killed).toBeInstanceOf(Error)
  await lock.release()
  expect(await created(database, doctor)).toEqual(first)
  expect(await fillDueDoctors(database.appPool, due())).toBe(1)
  expect(await created(database, doctor)).toEqual(all)
  expect(await fillDueDoctors(database.appPool, due())).toBe(0)
})

/** How many slots are read when one more day is filled, of a doctor who has 600. */
async function readByStep(database: TestDatabase): Promise<number> {
  const doctor = await anUnfilledDoctor(database)
  await fillAll(database, doctor.id)
  await database.ownerPool.query(sql`update holdfast.clinic set booking_horizon_days = ${horizonDays + 1}
      where no = ${doctor.clinicNo}`)
  await database.ownerPool.query('analyze holdfast.slot')
  return inTransaction(database.ownerPool, async (transaction) => {
    const read = async () => {
      const { rows } = await transaction.query<{ read: number }>(`
        select sum(pg_stat_get_xact_tuples_returned(indexrelid))::int as read
         from pg_index where indrelid = 'holdfast.slot'::regclass`)
      return rows[0]?.read ?? 0
    }
    const before = await read()
    await transaction.query('select from holdfast.fill_working_hours($1, $2)', [doctor.clinicNo, doctor.id])
    return (await read()) - before
  })
}

test('a day is filled without the slots of other months; negative control', async ({ database }) => {
  expect(await readByStep(database)).toBeLessThan(200)
  const part = /and s\.starts_at between [^;]*?\(\(p_to \+ 4\)::timestamp at time zone 'UTC'\)/
  await plantFunction(database, 'working_hours_plan', { part, becomes: '' })
  expect(await readByStep(database)).toBeGreaterThan(600)
})

/** Two processes begin the same step, and neither has written when the other has read. */
async function twoAtOnce(database: TestDatabase) {
  const doctor = await anUnfilledDoctor(database)
  const lock = await holdLock(database.ownerPool, 'lock table holdfast.working_calendar in exclusive mode')
  const both = Promise.allSettled([oneStep(database, doctor), oneStep(database, doctor)])
  await lock.releaseOnce(2)
  const results = await both
  await fillAll(database, doctor.id)
  return { results: results.map(({ status }) => status), found: await created(database, doctor) }
}

test('two servers at once create everything once', async ({ database }) => {
  const { results, found } = await twoAtOnce(database)
  expect(results).toEqual(['fulfilled', 'fulfilled'])
  expect(found).toEqual(all)
})

test('negative control: without the locks, one of them fails or creates something twice', async () => {
  const planted = await anotherDatabase()
  const create = { part: 'for no key update', becomes: '' }
  await plantFunction(planted, 'fill_working_hours', create, { part: /for update;\n {2}v_now/, becomes: ';\n  v_now' })
  await plantFunction(planted, 'create_sessions', create)
  await plantFunction(planted, 'create_slots', create)
  // Without a lock, both wait at what they write last.
  const { results, found } = await twoAtOnce(planted)
  expect({ results, found }).not.toEqual({ results: ['fulfilled', 'fulfilled'], found: all })
})

test('after a pause of the job, it begins with today, and goes on to the horizon', async ({ database }) => {
  const doctor = await anUnfilledDoctor(database)
  await fillAll(database, doctor.id)
  await database.ownerPool.query(sql`update holdfast.working_hours set valid_from = current_date - 90
      where resource_id = ${doctor.id}`)
  await database.ownerPool.query(`update holdfast.working_calendar set filled_until = current_date - 50`)
  await database.ownerPool.query('update holdfast.clinic set booking_horizon_days = $1', [horizonDays + 10])
  await fillDueDoctors(database.appPool, due())
  const { rows } = await database.ownerPool.query(sql`
    select min(day)::text as first, max(day)::text as last, count(distinct day)::int as days
     from holdfast.band_day where resource_id = ${doctor.id}`)
  // Yesterday is among them, because what begins then may last into today.
  expect(rows).toEqual([{ first: dayAfter(-1), last: dayAfter(horizonDays + 10), days: horizonDays + 12 }])
  const { rows: slots } = await database.ownerPool.query(sql`
    select count(*)::int as count, count(distinct starts_at)::int as starts, min(starts_at) > now() as coming
     from holdfast.slot where resource_id = ${doctor.id}`)
  expect(slots).toMatchObject([{ count: slots[0].starts, coming: true }])
})

test('a doctor who is not active is left alone, and filled when active again', async ({ database }) => {
  const doctor = await anUnfilledDoctor(database)
  await database.ownerPool.query('update holdfast.resource set active = false where id = $1', [doctor.id])
  expect(await fillDueDoctors(database.appPool, due())).toBe(0)
  await fillAll(database, doctor.id)
  expect(await created(database, doctor)).toEqual({ sessions: 0, slots: 0, days: 0 })
  await database.ownerPool.query('update holdfast.resource set active = true where id = $1', [doctor.id])
  expect(await fillDueDoctors(database.appPool, due())).toBe(1)
  expect(await created(database, doctor)).toEqual(all)
})

test('a doctor whose calendar fails holds up no other', async ({ database }) => {
  const [failing, other] = [await anUnfilledDoctor(database), await anUnfilledDoctor(database)]
  await plantFunction(database, 'create_sessions', {
    part: 'begin',
    becomes: `begin if p_resource_id = '${failing.id}' then raise 'planted'; end if;`,
  })
  const failed: string[] = []
  const run = fillDueDoctors(
    database.appPool,
    due((_, { doctorId }) => failed.push(doctorId)),
  )
  await expect(run).rejects.toThrow('Calendars of 1 doctors were not filled.')
  expect(failed).toEqual([failing.id])
  expect(await created(database, other)).toEqual(all)
  expect(await created(database, failing)).toEqual({ sessions: 0, slots: 0, days: 0 })
})

test('a slot that another session has locked holds up no other doctor', async ({ database }) => {
  const [locked, other] = [await anUnfilledDoctor(database), await anUnfilledDoctor(database)]
  await fillAll(database, locked.id)
  const { rows } = await database.ownerPool.query(sql`select id, clinic_no as "clinicNo" from holdfast.slot
      where resource_id = ${locked.id} order by starts_at limit 1`)
  await inTransaction(database.appPool, (transaction) => replaceHours(transaction, hoursOf(locked, [])))
  // The doctor who is locked comes first.
  await database.ownerPool.query(sql`update holdfast.working_calendar set filled_until = ${dayAfter(0)}
      where resource_id = ${other.id}`)
  await database.ownerPool.query(sql`update holdfast.working_calendar set filled_until = null
      where resource_id = ${locked.id}`)
  const failed: string[] = []
  const job = () =>
    fillDueDoctors(
      database.appPool,
      due((_, { doctorId }) => failed.push(doctorId)),
    )
  const held = await holdSlotLock(database, rows[0])
  await expect(job()).rejects.toThrow('Calendars of 1 doctors were not filled.')
  expect(failed).toEqual([locked.id])
  expect(await created(database, other)).toEqual(all)
  expect((await created(database, locked))?.slots).toBe(all.slots)
  await held.release()
  expect(await job()).toBe(1)
  expect((await created(database, locked))?.slots).toBe(0)
})

test('the locked doctors of a clinic hold up no other clinic', async ({ database }) => {
  const other = await anUnfilledDoctor(database)
  const clinic = await aClinic(database, { settings: { bookingHorizonDays: horizonDays } })
  for (let count = 0; count < 3; count += 1) {
    const doctor = await aDoctor(database, clinic)
    await inTransaction(database.appPool, (transaction) => replaceHours(transaction, hoursOf(doctor, bands)))
  }
  // They are due first.
  await database.ownerPool.query(sql`update holdfast.working_calendar set filled_until = ${dayAfter(0)}
      where resource_id = ${other.id}`)
  const held = await holdLock(database.ownerPool, 'select from holdfast.resource where clinic_no = $1 for update', [
    clinic.no,
  ])
  // A run with room for two doctors; then one that ends when a second locked doctor was tried.
  await expect(fillDueDoctors(database.appPool, { ...due(), limit: 2 })).rejects.toThrow('Calendars of 1 doctors')
  expect(await created(database, other)).toEqual(all)
  await database.ownerPool.query('update holdfast.clinic set booking_horizon_days = $1', [horizonDays + 1])
  const [ended, failed] = [new AbortController(), new Set<string>()]
  const run = fillDueDoctors(database.appPool, {
    ...due((_, { doctorId }) => failed.add(doctorId).size === 2 && ended.abort()),
    signal: ended.signal,
  })
  await expect(run).rejects.toThrow('Calendars of 2 doctors were not filled.')
  expect(await created(database, other)).toMatchObject({ sessions: horizonDays + 1 })
  await held.release()
  expect(await fillDueDoctors(database.appPool, due())).toBe(3)
})
