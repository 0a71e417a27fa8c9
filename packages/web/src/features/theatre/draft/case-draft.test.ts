import { expect, test } from 'vitest'
import { draftOf, needsOf, newCaseOf } from './case-draft.ts'

const draft = {
  ...draftOf(null),
  mrn: ' 4711 ',
  name: ' Pia Patient ',
  service: 'Urology',
  code: 'P1',
  display: 'A procedure',
  surgeonId: 's',
  equipmentIds: ['e', 'f'],
  units: { e: 2 },
}

test('a case is sent without what was left empty, and with one unit unless more were typed', () => {
  const place = { clinicId: 'c', roomId: 'r', startsAt: '2026-11-23T09:00:00Z', requestId: undefined }
  expect(newCaseOf(draft, place)).toEqual({
    clinicId: 'c',
    roomId: 'r',
    startsAt: '2026-11-23T09:00:00Z',
    minutes: 60,
    surgeonId: 's',
    equipment: [
      { equipmentId: 'e', units: 2 },
      { equipmentId: 'f', units: 1 },
    ],
    patient: { mrn: '4711', name: 'Pia Patient' },
    service: 'Urology',
    procedure: { code: 'P1', display: 'A procedure' },
    urgency: 'elective',
  })
})

test('times are searched for the patient too, once there is a record number', () => {
  expect(needsOf(draft)).toMatchObject({ mrn: '4711' })
  expect(needsOf({ ...draft, mrn: ' ' })).not.toHaveProperty('mrn')
})
