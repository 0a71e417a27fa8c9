import type { PatientRecord } from '@holdfast/contract/client'
import { expect, test } from 'vitest'
import { changeBetween, draftOfBooking, draftOfRecord, newRecordOf } from './patient-draft.ts'

const record: PatientRecord = {
  id: '01a00000-0000-8000-8000-000000000000',
  mrn: 'M-1',
  name: 'Ada',
  birthDate: null,
  sex: null,
  phone: '1',
  email: null,
  address: null,
  language: null,
  flags: [],
  notes: null,
  identifiers: [{ system: 's', value: '1' }],
  guardians: [{ name: 'Bea', relation: 'carer', phone: '2', email: null, getsMessages: true }],
  mergedInto: null,
  version: 3,
  createdAt: '2026-11-30T00:00:00.000Z',
  updatedAt: '2026-11-30T00:00:00.000Z',
}

test('a correction has the fields that were changed, and null for what was emptied', () => {
  const before = draftOfRecord(record)
  expect(changeBetween(before, { ...before, name: ' Ada ' })).toEqual({})
  expect(changeBetween(before, { ...before, phone: ' ', notes: 'late', sex: 'female' })).toEqual({
    phone: null,
    notes: 'late',
    sex: 'female',
  })
  const identifiers = [...before.identifiers, { row: 1, system: ' ', value: '' }]
  expect(changeBetween(before, { ...before, identifiers })).toEqual({})
  expect(changeBetween(before, { ...before, identifiers: [] })).toEqual({ identifiers: [] })
  const [guardian] = before.guardians
  if (guardian === undefined) throw new Error('There is no guardian.')
  const changed = { ...guardian, name: ' Bea King ', phone: ' ' }
  expect(changeBetween(before, { ...before, guardians: [changed] })).toEqual({
    guardians: [{ name: 'Bea King', relation: 'carer', phone: null, email: null, getsMessages: true }],
  })
})

test('a new record of a booking has its name and contacts alone', () => {
  const draft = draftOfBooking({ name: 'Ada', email: 'ada@example.org', language: 'de' })
  expect(newRecordOf(draft)).toEqual({ name: 'Ada', email: 'ada@example.org' })
})
