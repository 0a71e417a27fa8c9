import { createPool } from '@holdfast/engine'
import { createEmptyDatabase } from '@holdfast/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { baselineCalendars } from '../../contenders/baseline-calendar.ts'
import type { BookRequest } from '../strategy.ts'
import { book } from './book.ts'

let database: Awaited<ReturnType<typeof createEmptyDatabase>>
beforeAll(async () => {
  database = await createEmptyDatabase()
})
afterAll(() => database.drop())

test('a retry gets the first response, also of a full slot; another request with the key is refused', async () => {
  const calendars = await baselineCalendars(database.ownerUrl, 'five-statements-complete')
  const pool = createPool({ url: database.ownerUrl, max: 2, name: 'test' })
  const calendar = await calendars.make({ doctors: 1, slotsPerDoctor: 1, units: 1 })
  const request: BookRequest = {
    slotId: calendar.slotIds[0] ?? '',
    units: 1,
    patient: { name: 'Ada', email: null, phone: null },
    appointmentType: 'in_person',
    reason: null,
    key: 'k',
  }
  const resources = { pool, redis: null }
  const first = await book(resources, request)
  expect(first.kind).toBe('booked')
  expect(await book(resources, request)).toEqual(first)
  expect(await book(resources, { ...request, reason: 'another' })).toEqual({ kind: 'key_reused' })
  expect(await book(resources, { ...request, key: 'l' })).toEqual({ kind: 'slot_full' })
  expect(await calendars.recount(calendar)).toEqual({ bookings: 1, faults: [] })
  const { rows } = await pool.query('select count(*)::integer as events from booking_event')
  expect(rows).toEqual([{ events: 1 }])
  await Promise.all([pool.end(), calendars.end()])
})
