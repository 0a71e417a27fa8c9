import { listedDaysMax, timesMax, timesSearchedMax } from '@holdfast/vocabulary'
import Type from 'typebox'
import { appointmentTypeSchema } from '../schemas/doctor.ts'
import { flag, id, localDate, pageParameters, time } from '../schemas/fields.ts'
import { object } from '../schemas/object.ts'
import {
  clinicTimeListSchema,
  createdSessionsSchema,
  newSessionsSchema,
  sessionListSchema,
  timeListSchema,
} from '../schemas/session.ts'
import { noPatients } from './audit.ts'
import { created, notModified, operation, operationTable } from './operation.ts'

const from = localDate({ description: 'First day, in the clinic’s time zone' })
const to = localDate({ description: `Last day, inclusive; at most ${listedDaysMax} days in all` })
const onBehalf = flag(
  'The times at which members of the clinic can book for a patient: also within the minimum notice, beyond the ' +
    'booking horizon, of visit types that patients cannot book, and until they end',
)

export const sessionOperations = operationTable('Slots', {
  listTimes: operation('GET /api/v1/doctors/{doctorId}/times', {
    summary: 'List when a visit of a type can begin',
    description:
      'In the doctor’s open sessions, by start: the times at which patients can book a visit of this type now, with ' +
      `its buffers, on the grid of the session. At most ${timesMax}. None, if the doctor does not offer it. Days ` +
      `whose sessions have more than ${timesSearchedMax} starts on their grids are refused: ask for fewer.`,
    access: 'anyone',
    scope: 'times:read',
    restrictedField: 'query.onBehalf',
    query: object({
      visitTypeId: id(),
      from,
      to,
      onBehalf,
      movedBookingId: Type.Optional(
        id({
          description:
            'The booking that is to be moved, to which you have access: the times to which `rescheduleBooking` ' +
            'moves it. It may keep its visit type, whoever may book that, and its own time is free for it',
        }),
      ),
    }),
    responses: { 200: { description: 'The times', schema: timeListSchema }, 304: notModified },
    cached: true,
    problems: ['forbidden', 'booking_not_found'],
  }),
  listClinicTimes: operation('GET /api/v1/clinics/{clinicId}/times', {
    summary: 'List when a visit of a type can begin, with any doctor of a clinic',
    description:
      'The times of `listTimes` of all doctors who offer it, soonest first. `createBooking` with this `clinicId` ' +
      'instead of a `sessionId` books a start with any of these doctors. The sessions of these days ' +
      `are searched until they have ${timesSearchedMax} starts on their grids, see \`searchedUntil\`.`,
    access: 'anyone',
    scope: 'times:read',
    restrictedField: 'query.onBehalf',
    query: object({
      visitTypeId: id(),
      from,
      to,
      after: Type.Optional(time({ description: 'Only later starts, such as those after the last of a list' })),
      appointmentType: Type.Optional(appointmentTypeSchema),
      onBehalf,
      limit: pageParameters.limit,
    }),
    responses: { 200: { description: 'The times', schema: clinicTimeListSchema }, 304: notModified },
    cached: true,
    problems: ['forbidden'],
  }),
  createOpenSessions: operation('POST /api/v1/doctors/{doctorId}/sessions', {
    summary: 'Open sessions, in which visits of different lengths are booked',
    description:
      'Up to two years ahead. Sessions that exist already are skipped, and those that overlap others are reported ' +
      'as conflicts, so the call is safe to repeat. Visits are booked around slots, cases and busy times.',
    access: 'calendar',
    scope: 'directory:write',
    body: newSessionsSchema,
    responses: created('Sessions were created', createdSessionsSchema, 'There was nothing to create'),
    audit: { kind: 'doctor_changed', subject: 'doctorId', details: ['sessions opened'] },
    example: { body: { sessions: [{ startsAt: '{day}T09:00:00Z', endsAt: '{day}T12:00:00Z' }] } },
    problems: ['visit_type_not_found'],
  }),
  listOpenSessions: operation('GET /api/v1/doctors/{doctorId}/sessions', {
    summary: 'List a doctor’s open sessions',
    access: 'calendar',
    scope: 'times:read',
    query: object({ from, to }),
    responses: { 200: { description: 'The sessions, by start', schema: sessionListSchema } },
    example: { query: { from: '{day}', to: '{day}' } },
    audit: noPatients,
  }),
  withdrawOpenSession: operation('DELETE /api/v1/doctors/{doctorId}/sessions/{sessionId}', {
    summary: 'Withdraw an open session',
    description: 'Visits that are booked in it stay: `withdrawSlotsOfDoctor` ends them.',
    access: 'calendar',
    scope: 'directory:write',
    responses: { 204: { description: 'It is withdrawn, now or before' } },
    audit: { kind: 'doctor_changed', subject: 'doctorId', details: ['session withdrawn'] },
  }),
})
