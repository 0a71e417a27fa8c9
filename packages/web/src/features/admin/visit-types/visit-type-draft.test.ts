import type { VisitType } from '@holdfast/contract/client'
import { expect, test } from 'vitest'
import { changeOf, draftOf, visitTypeOf, withDoctors } from './visit-type-draft.ts'

const stored: VisitType = {
  id: 'v',
  clinicId: 'c',
  name: 'First visit',
  names: { de: 'Erstbesuch' },
  minutes: 40,
  bufferBeforeMinutes: 5,
  bufferAfterMinutes: 10,
  fee: { amount: 6550, currency: 'EUR' },
  appointmentTypes: ['in_person', 'video'],
  bookableBy: 'known_patients',
  minimumNoticeMinutes: 60,
  bookingHorizonDays: 90,
  cancellationDeadlineMinutes: 1440,
  capacity: 8,
  preparation: 'Come fasting.',
  color: 'teal',
  position: 2,
  active: true,
  doctors: [
    {
      doctorId: 'a',
      minutes: 50,
      bufferBeforeMinutes: null,
      bufferAfterMinutes: 0,
      fee: { amount: 1, currency: 'EUR' },
    },
    {
      doctorId: 'b',
      minutes: null,
      bufferBeforeMinutes: null,
      bufferAfterMinutes: null,
      fee: { amount: 7000, currency: 'JPY' },
    },
  ],
}

test('what is stored goes through the form unchanged', () => {
  const { id: _id, clinicId: _clinicId, active: _active, ...fields } = stored
  expect(visitTypeOf(draftOf(stored, 'USD'))).toEqual(fields)
  expect(changeOf(draftOf(stored, 'USD'), stored)).toBeNull()
})

test('a new one has a name and minutes; what is empty is its default', () => {
  const draft = { ...draftOf(null, 'EUR'), name: ' Check-up ', minutes: 20, capacity: '', position: '' }
  expect(visitTypeOf(draft)).toEqual({
    name: 'Check-up',
    names: {},
    minutes: 20,
    bufferBeforeMinutes: 0,
    bufferAfterMinutes: 0,
    fee: null,
    appointmentTypes: ['in_person'],
    bookableBy: 'anyone',
    minimumNoticeMinutes: null,
    bookingHorizonDays: null,
    cancellationDeadlineMinutes: null,
    capacity: 1,
    preparation: null,
    color: null,
    position: 0,
    doctors: [],
  })
})

test('only what was changed is sent', () => {
  const draft = draftOf(stored, 'EUR')
  expect(changeOf({ ...draft, minutes: 30, preparation: ' ' }, stored)).toEqual({ minutes: 30, preparation: null })
  expect(changeOf({ ...draft, names: { ...draft.names, de: '' } }, stored)).toEqual({ names: {} })
  expect(changeOf({ ...draft, offeredBy: 'all' }, stored)).toEqual({ doctors: [] })
})

test('another choice of doctors preserves what is different with those who stay', () => {
  const { doctors } = draftOf(stored, 'EUR')
  const chosen = withDoctors(doctors, ['c', 'a'])
  expect(chosen).toEqual([expect.objectContaining({ doctorId: 'c', minutes: '', currency: null }), doctors[0]])
  expect(doctors.map(({ currency }) => currency)).toEqual([null, 'JPY'])
})
