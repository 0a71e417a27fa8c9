import { aClinic, aDoctor, aSlot, type TestDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import type { BusyCalendarNotice } from '../model/busy-calendar.ts'
import { createReads } from '../reads/create-reads.ts'
import { recordBusyCalendar, setBusyTimes, takeBusyCalendarNotices } from './read-busy-calendars.ts'

/** The doctors who are notified of a calendar that has failed for a day, and of whom that is noted. */
async function notified({ appPool }: TestDatabase, refused: readonly string[] = []): Promise<BusyCalendarNotice[]> {
  const found: BusyCalendarNotice[] = []
  const errors: [unknown, string][] = []
  await takeBusyCalendarNotices(appPool, {
    limit: 1_000,
    async notify(transaction, failing) {
      if (refused.includes(failing.doctorId)) {
        // The transaction cannot go on after this.
        await transaction.query('select 1 / 0').catch(() => undefined)
        throw new Error('The notice could not be stored.')
      }
      found.push(failing)
    },
    onError: (error, { doctorId }) => void errors.push([error, doctorId]),
  })
  expect(errors.map(([, doctorId]) => doctorId).toSorted()).toEqual(refused.toSorted())
  return found
}

test('a doctor who cannot be notified keeps nobody from it, and is notified the next time', async ({ database }) => {
  const clinic = await aClinic(database)
  const doctors = [await aDoctor(database, clinic), await aDoctor(database, clinic), await aDoctor(database, clinic)]
  for (const [index, { id, clinicNo }] of doctors.entries()) {
    await database.ownerPool.query(sql`
      insert into holdfast.busy_calendar (clinic_no, resource_id, url, failing_since, reason, problem)
       values (${clinicNo}, ${id}, 'sealed', now() - make_interval(hours => ${40 - index}), 'unreachable', '')`)
  }
  const [first, second, third] = doctors.map(({ id }) => id)
  const ids = async (refused: string[]) => (await notified(database, refused)).map(({ doctorId }) => doctorId)
  expect(await ids([first ?? '', third ?? ''])).toEqual([second])
  expect(await ids([])).toEqual([first, third])
  expect(await ids([])).toEqual([])
})

test('a failure leaves busy times, and is reported once after a day, as its notice is stored', async ({ database }) => {
  const pool = database.appPool
  const doctor = await aDoctor(database, await aClinic(database))
  const { id: doctorId, clinicNo } = doctor
  await pool.query(sql`insert into holdfast.busy_calendar (clinic_no, resource_id, url)
      values (${clinicNo}, ${doctorId}, 'sealed')`)
  const slot = await aSlot(database, doctor)
  await setBusyTimes(pool, { clinicNo, doctorId }, [slot])
  const due = { clinicNo, doctorId, sealedUrl: 'sealed', etag: null, lastModified: null }
  const failed = { kind: 'failed', reason: 'unreachable', problem: 'The host name was not found.' } as const
  const mine = async () => (await notified(database)).filter((failing) => failing.doctorId === doctorId)
  await recordBusyCalendar(pool, due, failed)
  expect(await mine()).toEqual([])
  await database.ownerPool.query(sql`update holdfast.busy_calendar set failing_since = now() - interval '25 hours'
      where resource_id = ${doctorId}`)
  await recordBusyCalendar(pool, due, failed)
  expect(await notified(database, [doctorId])).toEqual([])
  expect(await mine()).toMatchObject([{ reason: 'unreachable' }])
  expect(await mine()).toEqual([])
  expect((await createReads(pool).slot(slot.id))?.available).toBe(0)
  await recordBusyCalendar(pool, due, { kind: 'unchanged' })
  const { rows } = await database.ownerPool.query(sql`select * from holdfast.busy_calendar
      where resource_id = ${doctorId}`)
  expect(rows).toMatchObject([{ failing_since: null, problem: null, reason: null, notified_at: null }])
})
