import type { ProblemCode } from '../problems.ts'
import { checkedCaseSchema } from '../schemas/checked-case.ts'
import { flag, localDate, longPageParameters } from '../schemas/fields.ts'
import { newMilestoneSchema } from '../schemas/new-milestone.ts'
import { component, object } from '../schemas/object.ts'
import { bookingHistorySchema } from '../schemas/report.ts'
import {
  bumpedCasesSchema,
  caseBumpSchema,
  caseCancellationSchema,
  caseExtensionSchema,
  caseListSchema,
  caseMoveSchema,
  caseSchema,
  caseSwapSchema,
  caseToCheckSchema,
  createdCaseSchema,
  extendedCaseSchema,
  newCaseSchema,
  swappedCasesSchema,
} from '../schemas/theatre-case.ts'
import { type Audit, changesNothing, inEventLog } from './audit.ts'
import { created, type Described, operation, operationTable } from './operation.ts'

const nothingSchema = component('NothingForCase', {})

/** What prevents a case from taking place there and then. */
const conflicts = [
  'resource_busy',
  'block_mismatch',
  'outside_hours',
  'block_overrun',
  'block_owned',
  'preferred_equipment_missing',
  'room_not_requested',
  'person_away',
  'patient_mismatch',
  'theatre_resource_not_found',
  'theatre_resource_inactive',
] as const satisfies ProblemCode[]

const changed = ['hold_expired', 'invalid_transition'] as const satisfies ProblemCode[]
const one = (description: string) => ({ 200: { description, schema: caseSchema } })

/** The response has the patient. */
const readCase = { kind: 'booking_read', subject: 'caseId' } as const satisfies Audit

const settled = {
  waits: 'in the engine',
  audit: inEventLog,
  auditRepeated: readCase,
} as const satisfies Partial<Described>

const newCase = {
  clinicId: '{clinicId}',
  roomId: '{roomId}',
  startsAt: '{day}T18:00:00Z',
  minutes: 60,
  surgeonId: '{doctorId}',
  patient: { mrn: 'M-2', name: 'Ada' },
  service: 'X',
  procedure: { code: '1', display: 'X' },
}

export const theatreCaseOperations = operationTable('Operating theatre', {
  listCases: operation('GET /api/v1/clinics/{clinicId}/cases', {
    summary: 'List cases',
    description:
      'Doctors get the cases of which they are the surgeon; the board shows when rooms are busy. A case that runs ' +
      'over midnight, by its plan or because it is late, belongs to both days, and one that began before midnight ' +
      'although it was planned after it.',
    access: 'member',
    scope: 'bookings:read',
    restrictedResponse: 'items',
    query: object({
      from: localDate({ description: 'First day, in the clinic’s time zone' }),
      to: localDate({ description: 'Last day, inclusive; at most 31 days in all' }),
      withEnded: flag('FAILED and CANCELLED ones too'),
      ...longPageParameters,
    }),
    responses: { 200: { description: 'The cases of these days', schema: caseListSchema } },
    audit: { kind: 'bookings_read', details: ['theatre'] },
    example: { query: { from: '{day}', to: '{day}' } },
  }),
  createCase: operation('POST /api/v1/cases', {
    summary: 'Book a case: its room, team, equipment and patient, all or nothing',
    description:
      'Creates a PENDING case that holds everything until `holdExpiresAt`, or with `confirm` a CONFIRMED one. A ' +
      'refusal has everything that is in the way in `conflicts`. Send an Idempotency-Key: a retry with the same key ' +
      'gets the case that the first one created. With `bump`, see `POST /cases/{id}/bump`. A case that is over can ' +
      'be entered afterwards, if it started at most 24 hours ago; its history says so. Then record its milestones.',
    access: 'clinic_staff',
    scope: 'bookings:write',
    restrictedField: 'body.override',
    body: newCaseSchema,
    responses: created('The case', createdCaseSchema, 'A retry: the case as it is now'),
    clinic: { body: 'clinicId' },
    waits: 'in the engine',
    retry: 'in the transaction',
    audit: inEventLog,
    auditRepeated: { kind: 'booking_read', subject: 'response' },
    example: { body: newCase },
    problems: [
      'clinic_not_found',
      'block_not_found',
      'case_request_not_found',
      'case_not_found',
      'bump_refused',
      ...changed,
      ...conflicts,
    ],
  }),
  checkCase: operation('POST /api/v1/cases/check', {
    summary: 'Ask what would prevent a case',
    description: 'Books nothing. The body is that of `POST /cases`, without `bump`.',
    access: 'clinic_staff',
    scope: 'bookings:write',
    restrictedField: 'body.override',
    body: caseToCheckSchema,
    responses: { 200: { description: 'What prevents it now', schema: checkedCaseSchema } },
    clinic: { body: 'clinicId' },
    waits: 'in the engine',
    retry: 'runs again',
    audit: changesNothing,
    example: { body: newCase },
    problems: ['clinic_not_found', 'case_request_not_found', 'theatre_resource_not_found', 'theatre_resource_inactive'],
  }),
  getCase: operation('GET /api/v1/cases/{caseId}', {
    summary: 'Read a case',
    access: 'case',
    scope: 'bookings:read',
    responses: one('The case'),
    audit: readCase,
  }),
  listCaseEvents: operation('GET /api/v1/cases/{caseId}/events', {
    summary: 'Read a case’s history',
    access: 'case',
    scope: 'bookings:read',
    responses: { 200: { description: 'The history', schema: bookingHistorySchema } },
    audit: { kind: 'booking_read', subject: 'caseId', details: ['history'] },
  }),
  confirmCase: operation('POST /api/v1/cases/{caseId}/confirm', {
    summary: 'Confirm the hold of a case',
    description: 'If it has been done already: 200, unchanged.',
    access: 'case_staff',
    scope: 'bookings:write',
    body: nothingSchema,
    bodyOptional: true,
    responses: one('The case, CONFIRMED'),
    ...settled,
    problems: changed,
  }),
  cancelCase: operation('POST /api/v1/cases/{caseId}/cancel', {
    summary: 'Cancel a case',
    description:
      'Until its patient is in the room. What it takes is free at once. If it has been done already: 200, unchanged.',
    access: 'case_staff',
    scope: 'bookings:write',
    body: caseCancellationSchema,
    responses: one('The case, CANCELLED'),
    ...settled,
    example: { body: { reasonCode: 'other' } },
    problems: changed,
  }),
  moveCase: operation('POST /api/v1/cases/{caseId}/move', {
    summary: 'Change a case’s time, room, team or equipment',
    description:
      'Until its patient is in the room; an ARRIVED case stays so, unless its arrival is more than 12 hours before ' +
      'the new start: then the arrival is removed. One atomic step: if anything is in the way, the ' +
      'case stays as it is. From then on until its patient has left the room, only the anaesthetist and the staff ' +
      'change, at once: what those who leave have of the case ends now, and those who come have it from now on.',
    access: 'case_staff',
    scope: 'bookings:write',
    restrictedField: 'body.override',
    body: caseMoveSchema,
    responses: one('The moved case'),
    ...settled,
    example: { body: { minutes: 30 } },
    problems: [...changed, ...conflicts],
  }),
  swapCases: operation('POST /api/v1/cases/{caseId}/swap', {
    summary: 'Swap the rooms and starts of two cases',
    description: 'Until the patient of either is in the room. Each keeps its minutes, team and equipment.',
    access: 'case_staff',
    scope: 'bookings:write',
    restrictedField: 'body.override',
    body: caseSwapSchema,
    responses: { 200: { description: 'Both cases', schema: swappedCasesSchema } },
    waits: 'in the engine',
    audit: inEventLog,
    auditRepeated: [readCase, { kind: 'booking_read', subject: 'body.caseId' }],
    example: { body: { caseId: '{otherCaseId}' } },
    problems: [...changed, ...conflicts],
  }),
  bumpCases: operation('POST /api/v1/cases/{caseId}/bump', {
    summary: 'Let cases give way to an emergency',
    description:
      'The emergency is `caseId`, and can be moved in the same step. The cases that give way are cancelled as ' +
      '`bumped`, and wait on the waitlist with the reason. They are elective, their patients are not in the room ' +
      'yet, and they have something that the emergency needs: an overlapping time of its room, people, patient or ' +
      'missing equipment. The emergency is not elective.',
    access: 'case_staff',
    scope: 'bookings:write',
    restrictedField: 'body.override',
    body: caseBumpSchema,
    responses: { 200: { description: 'The emergency, and the cases that gave way', schema: bumpedCasesSchema } },
    ...settled,
    example: { body: { caseIds: ['{otherCaseId}'], reason: 'X' } },
    problems: ['bump_refused', ...changed, ...conflicts],
  }),
  extendCase: operation('POST /api/v1/cases/{caseId}/extend', {
    summary: 'Say when a case is expected to end',
    description:
      'Until `extend` says another end, a case ends when it is planned to or, once its patient is in the room, after ' +
      'its minutes. What the case takes, it takes until then, where that is free. Later cases are not moved: those ' +
      'that are at risk are listed. Send the same time again when what was in the way is gone.',
    access: 'case_staff',
    scope: 'bookings:write',
    body: caseExtensionSchema,
    responses: { 200: { description: 'The case, and those at risk', schema: extendedCaseSchema } },
    ...settled,
    example: { body: { expectedEndsAt: '{day}T09:30:00Z' } },
    problems: changed,
  }),
  recordMilestone: operation('POST /api/v1/cases/{caseId}/milestones', {
    summary: 'Record a milestone',
    description:
      'The first makes the case ARRIVED, out_of_room COMPLETED. Recorded again, its time is corrected. Without any, ' +
      'the case is CONFIRMED again, unless its block was withdrawn. From out_of_room on, what the case took longer ' +
      'is free, with its minutes in the block: the room after its turnover, or from cleaned on. A later time takes ' +
      'back what is still free. A time that is recorded, corrected or removed is refused (`room_occupied`) if two ' +
      'patients were in the room at once then, or the patient in two rooms (`patient_elsewhere`), unless it is ' +
      'forced; ' +
      'so is one without the milestones that it needs (`milestone_missing`).',
    access: 'case_staff',
    scope: 'bookings:write',
    restrictedField: 'body.trial',
    body: newMilestoneSchema,
    responses: one('The case with its milestones'),
    ...settled,
    example: { body: { milestone: 'arrived', at: null } },
    problems: [
      'milestone_order',
      'milestone_missing',
      'room_occupied',
      'patient_elsewhere',
      'milestone_time',
      'slot_closed',
      ...changed,
    ],
  }),
})
