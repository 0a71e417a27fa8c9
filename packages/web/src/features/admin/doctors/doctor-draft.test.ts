import { expect, test } from 'vitest'
import { doctorOf, draftOf } from './doctor-draft.ts'

test('an empty form becomes a doctor without optional details', () => {
  expect(doctorOf({ ...draftOf(null, 'EUR'), name: ' Dr Ada ', specialization: 'Surgery' })).toEqual({
    name: 'Dr Ada',
    specialization: 'Surgery',
    experienceYears: null,
    fee: null,
    languages: [],
    appointmentTypes: ['in_person'],
  })
})
