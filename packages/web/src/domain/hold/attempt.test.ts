import { expect, test } from 'vitest'
import { type Attempt, newAttempt, noDetails, readAttempt, storeAttempt } from './attempt.ts'

function aStorage() {
  const values = new Map<string, string>()
  return {
    getItem: (key: string) => values.get(key) ?? null,
    setItem: (key: string, value: string) => void values.set(key, value),
    removeItem: (key: string) => void values.delete(key),
    values,
  }
}

const request: Pick<Attempt, 'slot' | 'doctorId' | 'appointmentType' | 'holder' | 'details'> = {
  doctorId: 'doctor',
  slot: { id: 'slot', startsAt: '2026-11-23T09:00:00Z', endsAt: '2026-11-23T09:15:00Z' },
  appointmentType: 'in_person',
  holder: null,
  details: noDetails,
}

test('a try is found again as it was, and gone when it is over', () => {
  const storage = aStorage()
  const access = { bookingId: 'booking', manageToken: 'hfm_x' }
  const first = { ...newAttempt(request), made: access, holdExpiresAt: '2026-11-20T09:00:00Z' }
  const attempt = newAttempt(request, first)
  storeAttempt(attempt, storage)
  expect(readAttempt(storage)).toEqual(attempt)
  storeAttempt(null, storage)
  expect(readAttempt(storage)).toBeNull()
})

test('the same time once more is another try, with another key', () => {
  const first = { ...newAttempt(request), made: { bookingId: 'booking', manageToken: 'hfm_x' } }
  const second = newAttempt(first)
  expect(second).toEqual({ ...first, key: second.key, made: null })
  expect(second.key).not.toBe(first.key)
})

test('the try to book a visit keeps its type, also when it is made again', () => {
  const visit = { ...request, slot: { ...request.slot, visitTypeId: 'type' } }
  expect(newAttempt(newAttempt(visit)).slot).toEqual(visit.slot)
})

test.each(['', 'nonsense', '{}', '{"key":"k"}', 'null', '[]'])('what is no try is none: %s', (text) => {
  const storage = aStorage()
  storage.setItem('holdfast-attempt', text)
  expect(readAttempt(storage)).toBeNull()
})
