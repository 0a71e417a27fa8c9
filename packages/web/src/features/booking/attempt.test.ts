import { expect, test } from 'vitest'
import { type Attempt, keepAttempt, newAttempt, noDetails, readAttempt } from './attempt.ts'

function aStorage() {
  const kept = new Map<string, string>()
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
    kept,
  }
}

const wishes: Pick<Attempt, 'slot' | 'doctorId' | 'appointmentType' | 'holder' | 'details'> = {
  doctorId: 'doctor',
  slot: { id: 'slot', startsAt: '2026-11-23T09:00:00Z', endsAt: '2026-11-23T09:15:00Z' },
  appointmentType: 'in_person',
  holder: { name: 'Guest' },
  details: noDetails,
}

test('a try is found again as it was, and gone when it is over', () => {
  const storage = aStorage()
  const attempt = { ...newAttempt(wishes), made: { bookingId: 'booking', manageToken: 'hfm_x' } }
  keepAttempt(attempt, storage)
  expect(readAttempt(storage)).toEqual(attempt)
  keepAttempt(null, storage)
  expect(readAttempt(storage)).toBeNull()
})

test('the same time once more is another try, with another key', () => {
  const first = { ...newAttempt(wishes), made: { bookingId: 'booking', manageToken: 'hfm_x' } }
  const second = newAttempt(first)
  expect(second).toEqual({ ...first, key: second.key, made: null })
  expect(second.key).not.toBe(first.key)
})

test.each(['', 'nonsense', '{}', '{"key":"k"}', 'null', '[]'])('what is no try is none: %s', (text) => {
  const storage = aStorage()
  storage.setItem('holdfast-attempt', text)
  expect(readAttempt(storage)).toBeNull()
})
