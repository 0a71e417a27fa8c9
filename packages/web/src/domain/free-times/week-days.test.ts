import type { Slot } from '@holdfast/contract/client'
import { addDays, localDay } from '@holdfast/vocabulary'
import { expect, test } from 'vitest'
import { isBookable, weekDays } from './week-days.ts'

function aSlot(startsAt: string, available = 1): Slot {
  const endsAt = new Date(Date.parse(startsAt) + 900_000).toISOString()
  return { id: startsAt, doctorId: 'doctor', startsAt, endsAt, capacity: 1, available }
}

const settings = {
  holdSeconds: 120,
  minimumNoticeMinutes: 60,
  bookingHorizonDays: 30,
  cancellationDeadlineMinutes: 0,
  waitlistOfferMinutes: 30,
  waitlistNoticeMinutes: 60,
  patientDataMonths: 0,
  messageDays: 180,
  holdExtensionsMax: 5,
}

test('slots are grouped by the clinic’s local days, mornings and afternoons, without those that have started', () => {
  const slots = [
    aSlot('2026-11-23T08:00:00Z'),
    aSlot('2026-11-23T14:45:00Z'),
    aSlot('2026-11-23T15:00:00Z'),
    aSlot('2026-11-23T23:30:00Z'),
    aSlot('2026-11-30T15:00:00Z'),
  ]
  // Tokyo is nine hours ahead: half past eleven in the evening is the next morning.
  const days = weekDays(slots, '2026-11-23', 'Asia/Tokyo', Date.parse('2026-11-23T08:00:00Z'))
  expect(days).toHaveLength(7)
  expect(days[0]).toEqual({ date: '2026-11-23', morning: [], afternoon: [slots[1]] })
  expect(days[1]?.morning).toEqual([slots[2], slots[3]])
  expect(days.flatMap(({ morning, afternoon }) => [...morning, ...afternoon])).toHaveLength(3)
})

test('days continue across the end of summer time and of the year', () => {
  expect(addDays('2026-10-24', 2)).toBe('2026-10-26')
  expect(addDays('2026-12-31', 1)).toBe('2027-01-01')
  expect(localDay('2026-11-23T23:30:00Z', 'Asia/Tokyo')).toBe('2026-11-24')
  expect(localDay(Date.parse('2026-11-23T23:30:00Z'), 'America/New_York')).toBe('2026-11-23')
})

test('a slot that the API would refuse is not bookable', () => {
  const now = Date.parse('2026-11-20T12:00:00Z')
  expect(isBookable(aSlot('2026-11-20T13:00:00Z'), settings, now)).toBe(true)
  expect(isBookable(aSlot('2026-11-20T12:59:00Z'), settings, now)).toBe(false)
  expect(isBookable(aSlot('2026-11-21T13:00:00Z', 0), settings, now)).toBe(false)
  expect(isBookable(aSlot('2026-12-20T12:00:00Z'), settings, now)).toBe(true)
  expect(isBookable(aSlot('2026-12-20T12:01:00Z'), settings, now)).toBe(false)
})
