import type { PatientRecord } from '@holdfast/contract/client'
import { expect, test } from 'vitest'
import { differencesOf, takenOf } from './record-differences.ts'

const record: PatientRecord = {
  id: 'a',
  mrn: null,
  name: 'Ada',
  birthDate: '1980-05-03',
  sex: null,
  phone: '4711',
  email: 'ada@example.org',
  address: null,
  language: null,
  flags: [],
  notes: null,
  identifiers: [],
  guardians: [],
  mergedInto: null,
  version: 1,
  createdAt: '',
  updatedAt: '',
}
const other: PatientRecord = { ...record, id: 'b', name: 'Ada L.', phone: null, email: 'a@example.org', mrn: 'M-1' }

test('a field has to be chosen if both records have one, and they differ', () => {
  expect(differencesOf(record, other)).toEqual(['name', 'email'])
  expect(differencesOf(record, record)).toEqual([])
})

test('what was chosen of the record that goes is taken, whichever record stays', () => {
  const chosen = { name: 'b', email: 'a' }
  expect(takenOf(record, other, chosen)).toEqual(['name'])
  expect(takenOf(other, record, chosen)).toEqual(['email'])
  expect(takenOf(record, other, {})).toEqual([])
})
