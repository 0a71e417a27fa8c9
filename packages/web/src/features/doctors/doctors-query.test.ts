import type { Doctor } from '@holdfast/contract/client'
import { expect, test } from 'vitest'
import { parseDoctorSearch } from './doctor-search.ts'
import { soonestFirst } from './doctors-query.ts'

function aDoctor(name: string, nextAvailableAt: string | null): Doctor {
  return {
    id: name,
    clinicId: 'clinic',
    name,
    specialization: 'General practice',
    experienceYears: null,
    rating: null,
    languages: [],
    fee: null,
    appointmentTypes: ['in_person'],
    active: true,
    nextAvailableAt,
  }
}

test('the soonest free time first, by name among equals, and those without one last', () => {
  const doctors = [
    aDoctor('Zoe', null),
    aDoctor('Bea', '2026-11-23T09:00:00Z'),
    aDoctor('Ann', '2026-11-23T10:00:00+01:00'),
    aDoctor('Cleo', '2026-11-21T09:00:00Z'),
    aDoctor('Abe', null),
  ]
  expect(soonestFirst(doctors).map(({ name }) => name)).toEqual(['Cleo', 'Ann', 'Bea', 'Abe', 'Zoe'])
})

test('a search that was typed into the address is taken for what it is worth', () => {
  expect(parseDoctorSearch({ q: 'knee', type: 'video', clinicId: '', specialization: 7, other: 'x' })).toEqual({
    q: 'knee',
    type: 'video',
  })
  expect(parseDoctorSearch({ q: 'x'.repeat(201), type: 'letter' })).toEqual({})
})
