import { expect, test } from 'vitest'
import { isOtherAddress, patientCorrection } from './patient-correction.ts'

const before = { name: 'Ada', phone: '+49 30 1234', email: 'ada@example.org', language: 'de' } as const

test('only what was changed is sent, and an emptied field as null', () => {
  expect(patientCorrection(before, { ...before, name: ' Ada ' })).toEqual({})
  expect(patientCorrection(before, { name: 'Ada L', phone: ' ', email: 'ada@example.com', language: '' })).toEqual({
    name: 'Ada L',
    phone: null,
    email: 'ada@example.com',
    language: null,
  })
  expect(patientCorrection(before, { ...before, language: 'ar' })).toEqual({ language: 'ar' })
})

test('an address in other letters is the same address', () => {
  expect(isOtherAddress(before, { ...before, email: 'Ada@example.org ' })).toBe(false)
  expect(isOtherAddress(before, { ...before, email: '' })).toBe(true)
})
