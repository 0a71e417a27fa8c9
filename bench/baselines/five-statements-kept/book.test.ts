import { createPool } from '@holdfast/engine'
import { createEmptyDatabase } from '@holdfast/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { baselineCalendars } from '../../contenders/baseline-calendar.ts'
import type { Asked } from '../strategy.ts'
import { book } from './book.ts'

let database: Awaited<ReturnType<typeof createEmptyDatabase>>
beforeAll(async () => {
  database = await createEmptyDatabase()
})
afterAll(() => database.drop())

test('a retry is given its first answer, also of a slot that is full by then; another request with the key is refused', async () => {
  const calendars = await baselineCalendars(database.ownerUrl, 'five-statements-kept')
  const pool = createPool({ url: database.ownerUrl, max: 2, name: 'test' })
  const calendar = await calendars.make({ doctors: 1, slotsPerDoctor: 1, places: 1 })
  const asked: Asked = {
    slotId: calendar.slotIds[0] ?? '',
    units: 1,
    patient: { name: 'Ada', email: null, phone: null },
    appointmentType: 'in_person',
    reason: null,
    key: 'k',
  }
  const resources = { pool, redis: null }
  const first = await book(resources, asked)
  expect(first.kind).toBe('booked')
  expect(await book(resources, asked)).toEqual(first)
  expect(await book(resources, { ...asked, reason: 'another' })).toEqual({ kind: 'key_reused' })
  expect(await book(resources, { ...asked, key: 'l' })).toEqual({ kind: 'slot_full' })
  expect(await calendars.recount(calendar)).toEqual({ bookings: 1, faults: [] })
  const { rows } = await pool.query('select count(*)::integer as events from booking_event')
  expect(rows).toEqual([{ events: 1 }])
  await Promise.all([pool.end(), calendars.end()])
})
