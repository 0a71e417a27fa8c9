// Completeness: a response that is stored with its key has a person's data, and an erasure would not find it
import Type from 'typebox'
import { expect, test } from 'vitest'
import { restOperations } from '../operations.ts'
import type { Operation } from './operation.ts'

/** Fields that are about a person. Names are also those of clinics, doctors and rooms: a patient's is in `patient`. */
const personalFields = [
  'patient',
  'cancellationReason',
  'maskedAddress',
  'email',
  'mrn',
  'birthDate',
  'note',
  'answers',
]

/** The titles of the schemas that have such a field. */
function personalIn(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return []
  const inner = Object.values(schema).flatMap(personalIn)
  if (!('properties' in schema) || typeof schema.properties !== 'object' || schema.properties === null) return inner
  const fields = Object.keys(schema.properties)
  if (!fields.some((field) => personalFields.includes(field))) return inner
  return ['title' in schema ? String(schema.title) : 'without a title', ...inner]
}

/** For each operation whose response is stored, what has a person's data in it. */
function personalCopies(operations: readonly Operation[]): Record<string, string[]> {
  const copies: Record<string, string[]> = {}
  for (const { id, method, retry, ifLost, responses } of operations) {
    if (method === 'GET' || retry === 'runs again' || ifLost !== undefined) continue
    const titles = Object.values(responses).flatMap(({ schema }) => personalIn(schema))
    if (titles.length > 0) copies[id] = [...new Set(titles)]
  }
  return copies
}

/** An erasure finds the response by the id of the booking in it (`delete_copies_of_patients`). */
const ofBooking = ['Booking', 'BookedPatient']
/** A case is a booking, and has its id. */
const ofCase = ['Case', 'TheatrePatient']

const together = (titles: string[], ...ids: string[]) => Object.fromEntries(ids.map((id) => [id, titles]))

const erasedWith: Record<string, string[]> = {
  ...together(ofBooking, 'correctPatient', 'confirmBooking', 'cancelBooking', 'rescheduleBooking', 'confirmAttendance'),
  ...together(ofBooking, 'withdrawAttendance', 'extendBooking', 'arriveBooking', 'completeBooking', 'noShowBooking'),
  ...together(ofBooking, 'reopenBooking', 'linkBooking', 'erasePatient', 'withdrawConsent', 'declineBooking'),
  ...together(ofBooking, 'correctAnswers'),
  ...together(ofCase, 'fillBlock', 'confirmCase', 'cancelCase', 'moveCase', 'swapCases', 'bumpCases', 'extendCase'),
  ...together(ofCase, 'recordMilestone'),
  // The message has the id of its booking.
  sendMessage: ['Message'],
  // Only the case's key is stored, in `idempotency`, and the digest of the request is replaced.
  createCase: ['CreatedCase', 'TheatrePatient'],
  // Only the keys of its bookings are stored, in `idempotency`.
  createBookingSeries: ofBooking,
  // Only the id is stored. The digest of the request is replaced when its patient is forgotten.
  createCaseRequest: ['CaseRequest', 'TheatrePatient'],
  // Only the id is stored, and for a day the digest of the request.
  createMyPerson: ['AccountPerson'],
  // The same, of a record.
  createPatient: ['PatientRecord', 'Guardian'],
  // Only the id is stored. The digest of the request is replaced when its entry is erased.
  createWaitlistEntry: ['JoinedWaitlist', 'BookedPatient'],
  // By the id of the entry, by which erase_waitlist_entries finds it.
  correctWaitlistEntry: ['WaitlistEntry', 'BookedPatient'],
  // The bookings are those of a dry run, of which nothing is stored; of others, only the id.
  createClosure: ['Booking', 'BookedPatient', 'Closure'],
  // The note is about a doctor or the clinic: for a day.
  updateClosure: ['Closure'],
  // A member of the clinic, who is no patient: for a day.
  changeMember: ['Member'],
}

test('each stored response with a person’s data is one that an erasure finds', () => {
  expect(personalCopies(Object.values(restOperations))).toEqual(erasedWith)
})

test('negative control: an erasure by contact is found if its response had the address and were stored', () => {
  const { retry: _removed, ...stored }: Operation = restOperations.erasePatients
  const responses = { 200: { description: '', schema: Type.Object({ email: Type.String() }, { title: 'Planted' }) } }
  expect(personalCopies([{ ...stored, responses }])).toEqual({ erasePatients: ['Planted'] })
  expect(personalCopies([{ ...restOperations.erasePatients, responses }])).toEqual({})
})
