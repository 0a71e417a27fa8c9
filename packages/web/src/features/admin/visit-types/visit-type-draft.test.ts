import type { VisitType } from '@holdfast/contract/client'
import { expect, test } from 'vitest'
import { emptyQuestion, moved } from './question-draft.ts'
import { changeOf, draftOf, visitTypeOf, withDoctors } from './visit-type-draft.ts'

const stored: VisitType = {
  id: 'v',
  clinicId: 'c',
  name: 'First visit',
  externalIds: [],
  names: { de: 'Erstbesuch' },
  minutes: 40,
  bufferBeforeMinutes: 5,
  bufferAfterMinutes: 10,
  fee: { amount: 6550, currency: 'EUR' },
  appointmentTypes: ['in_person', 'video'],
  bookableBy: 'known_patients',
  approval: 'holding',
  approvalMinutes: 1440,
  combinable: true,
  minimumNoticeMinutes: 60,
  bookingHorizonDays: 90,
  cancellationDeadlineMinutes: 1440,
  capacity: 8,
  preparation: 'Come fasting.',
  color: 'teal',
  position: 2,
  active: true,
  needs: { room: true, roomIds: ['r'], deviceIds: ['u'] },
  questions: [
    {
      ...{ id: 'q', kind: 'choice', label: 'Which ear?', labels: { de: 'Welches Ohr?' }, required: true, version: 3 },
      choices: [
        { id: 'l', label: 'Left', labels: { de: 'Links' } },
        { id: 'r', label: 'Right', labels: {} },
      ],
    },
    { id: 'c', kind: 'consent', label: 'You may call me.', labels: {}, required: false, choices: [], version: 1 },
  ],
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
  const { id: _id, clinicId: _clinicId, externalIds: _externalIds, active: _active, ...fields } = stored
  const questions = stored.questions.map(({ version: _version, ...question }) => question)
  expect(visitTypeOf(draftOf(stored, 'USD'))).toEqual({ ...fields, questions })
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
    approval: 'none',
    combinable: false,
    minimumNoticeMinutes: null,
    bookingHorizonDays: null,
    cancellationDeadlineMinutes: null,
    capacity: 1,
    preparation: null,
    questions: [],
    color: null,
    position: 0,
    needs: { room: false, roomIds: [], deviceIds: [] },
    doctors: [],
  })
})

test('the rooms that were chosen count only if some are needed', () => {
  const draft = draftOf(stored, 'EUR')
  const needs = { room: true, roomIds: [], deviceIds: ['u'] }
  expect(changeOf({ ...draft, room: 'any' }, stored)).toEqual({ needs })
  expect(changeOf({ ...draft, room: 'none' }, stored)).toEqual({ needs: { ...needs, room: false } })
  expect(draftOf({ ...stored, needs }, 'EUR').room).toBe('any')
})

test('only what was changed is sent', () => {
  const draft = draftOf(stored, 'EUR')
  expect(changeOf({ ...draft, minutes: 30, preparation: ' ' }, stored)).toEqual({ minutes: 30, preparation: null })
  expect(changeOf({ ...draft, names: { ...draft.names, de: '' } }, stored)).toEqual({ names: {} })
  expect(changeOf({ ...draft, offeredBy: 'all' }, stored)).toEqual({ doctors: [] })
})

test('changed questions are sent with those that stay, which have the same ids', () => {
  const draft = draftOf(stored, 'EUR')
  const [choice, consent] = draft.questions
  if (choice === undefined || consent === undefined) throw new Error('There are no questions.')
  const change = changeOf({ ...draft, questions: [consent, { ...choice, kind: 'text' }] }, stored)
  expect(change?.questions?.map(({ id, kind, choices }) => [id, kind, choices?.length])).toEqual([
    ['c', 'consent', 0],
    ['q', 'text', 0],
  ])
  expect(emptyQuestion().id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
})

test.for([
  [0, 1, 'bac'],
  [2, -1, 'acb'],
  [0, -1, 'abc'],
  [2, 1, 'abc'],
] as const)('item %i of abc, moved by %i: %s', ([index, by, expected]) => {
  expect(moved([...'abc'], index, by).join('')).toBe(expected)
})

test('another choice of doctors preserves what is different with those who stay', () => {
  const { doctors } = draftOf(stored, 'EUR')
  const chosen = withDoctors(doctors, ['c', 'a'])
  expect(chosen).toEqual([expect.objectContaining({ doctorId: 'c', minutes: '', currency: null }), doctors[0]])
  expect(doctors.map(({ currency }) => currency)).toEqual([null, 'JPY'])
})
