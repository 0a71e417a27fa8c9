import type { Booking, ListedClosure, OpenSession, Slot } from '@holdfast/contract/client'
import { expect, test } from 'vitest'
import { plannedPlace, planOf } from './planned-place.ts'

const at = (time: string) => `2026-11-23T${time}:00.000Z`
const ms = (time: string) => Date.parse(at(time))
const now = ms('08:00')
const sessionId = '00000000-0000-7000-8000-00000000000a'
const visit = (id: string, from: string, to: string, of: Partial<Booking> = {}) =>
  ({ id, doctorId: 'ada', startsAt: at(from), endsAt: at(to), units: 1, slotId: `slot of ${id}`, ...of }) as Booking
const slot = (id: string, from: string, to: string, available = 1) =>
  ({ id, startsAt: at(from), endsAt: at(to), available }) as Slot
const session = { id: sessionId, startsAt: at('13:00'), endsAt: at('15:00') } as OpenSession

const times = { slots: [slot('free', '09:00', '09:20'), slot('full', '09:20', '09:40', 0)], sessions: [session] }
const bookings = [visit('other', '09:20', '09:40'), visit('long', '14:00', '14:30', { sessionId })]
const noon = {
  doctorId: 'ada',
  resourceId: null,
  note: 'Lunch',
  times: [{ startsAt: at('13:00'), endsAt: at('13:30') }],
}
const day = { times, bookings, closures: [noon as unknown as ListedClosure] }
const place = (one: Booking, time: string, when = now) =>
  plannedPlace(one, { ...planOf(one), trackId: 'ada', startsAt: ms(time) }, day, when)

const ofSlot = visit('one', '10:00', '10:20')
const ofSession = visit('one', '13:40', '14:00', { sessionId })

test('a visit of a slot goes to the free slot that it is planned in', () => {
  expect(place(ofSlot, '09:05')).toEqual({
    span: { from: ms('09:00'), to: ms('09:20') },
    timeId: 'free',
    against: null,
  })
})

test('a slot that is taken, none at all, and one that is over are refused', () => {
  expect(place(ofSlot, '09:25').against).toEqual({ kind: 'taken', by: bookings[0] })
  expect(place(ofSlot, '11:00').against).toEqual({ kind: 'notOpen' })
  expect(place(ofSlot, '09:05', ms('09:20')).against).toEqual({ kind: 'over' })
})

test('a visit of a session goes to where it ends in one, without another one and outside of closures', () => {
  expect(place(ofSession, '14:35')).toEqual({
    span: { from: ms('14:35'), to: ms('14:55') },
    timeId: sessionId + at('14:35'),
    against: null,
  })
  expect(place(ofSession, '14:50').against).toEqual({ kind: 'notOpen' })
  expect(place(ofSession, '13:50').against).toEqual({ kind: 'taken', by: bookings[1] })
  expect(place(ofSession, '13:20').against).toEqual({ kind: 'closed', note: 'Lunch' })
  expect(place(ofSession, '11:00').against).toEqual({ kind: 'notOpen' })
})
