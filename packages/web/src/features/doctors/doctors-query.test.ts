import type { Doctor } from '@holdfast/contract/client'
import { expect, test } from 'vitest'
import { parseDoctorSearch } from './doctor-search.ts'
import { doctorsOf, withDoctors } from './doctors-query.ts'

function aDoctor(name: string, nextAvailableAt: string | null): Doctor {
  return {
    id: name,
    clinicId: 'clinic',
    name,
    specialization: 'General practice',
    specializationNames: null,
    experienceYears: null,
    rating: null,
    languages: [],
    fee: null,
    appointmentTypes: ['in_person'],
    active: true,
    externalIds: [],
    hasOpenSessions: false,
    nextSlots: [],
    nextAvailableAt,
  }
}

const found = (...pages: Doctor[][]) => ({
  pages: pages.map((items) => ({ items, nextCursor: null })),
  pageParams: pages.map(() => ({})),
})

test('a doctor who moved to an earlier page between two reads is listed once, as last read', () => {
  const [early, late] = ['2026-11-21T09:00:00Z', '2026-11-23T09:00:00Z']
  const listed = doctorsOf(
    found([aDoctor('Bea', late), aDoctor('Ann', late)], [aDoctor('Bea', early), aDoctor('Cleo', late)]),
  )
  expect(listed.map(({ name }) => name)).toEqual(['Bea', 'Ann', 'Cleo'])
  expect(listed[0]?.nextAvailableAt).toBe(early)
})

test('a changed doctor is replaced in place, and all others keep their identity', () => {
  const before = found([aDoctor('Ann', null), aDoctor('Bea', null)], [aDoctor('Cleo', null)])
  const after = withDoctors(before, [aDoctor('Bea', '2026-11-23T09:00:00Z'), aDoctor('Zoe', null)])
  expect(doctorsOf(after).map(({ name, nextAvailableAt }) => `${name} ${nextAvailableAt}`)).toEqual([
    'Ann null',
    'Bea 2026-11-23T09:00:00Z',
    'Cleo null',
  ])
  expect(after.pages[0]?.items[0]).toBe(before.pages[0]?.items[0])
})

test('a doctor whose bookings are stopped leaves the list', () => {
  const before = found([aDoctor('Ann', null), aDoctor('Bea', '2026-11-23T09:00:00Z')])
  const after = withDoctors(before, [{ ...aDoctor('Bea', null), active: false }])
  expect(doctorsOf(after).map(({ name }) => name)).toEqual(['Ann'])
})

test('only valid parameters of a search in the URL are used', () => {
  expect(
    parseDoctorSearch({ q: 'knee', type: 'video', sort: 'name', clinicId: '', specialization: 7, other: 'x' }),
  ).toEqual({ q: 'knee', type: 'video', sort: 'name' })
  expect(parseDoctorSearch({ q: 'x'.repeat(201), type: 'letter', sort: 'rating' })).toEqual({})
})
