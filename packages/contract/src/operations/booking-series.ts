import { seriesLimits } from '@holdfast/vocabulary'
import {
  changedSeriesSchema,
  createdSeriesSchema,
  newSeriesSchema,
  seriesCancellationSchema,
  seriesMoveSchema,
  seriesSchema,
} from '../schemas/booking-series.ts'
import { flag } from '../schemas/fields.ts'
import { object } from '../schemas/object.ts'
import { type Audit, inEventLog } from './audit.ts'
import { created, operation, operationTable } from './operation.ts'

/** The response has the patients. */
const readByDesk = { kind: 'bookings_read', byDesk: true } as const satisfies Audit
const shown = { kind: 'bookings_read' } as const satisfies Audit

export const bookingSeriesOperations = operationTable('Bookings', {
  createBookingSeries: operation('POST /api/v1/booking-series', {
    summary: 'Book a series of visits',
    description:
      `For a patient: up to ${seriesLimits.visitsMax} visits with one doctor, every so many days or weeks, at the ` +
      'same time on the clock in the clinic’s time zone. They are held together, and then confirmed together: either ' +
      'all of what `mode` says, or nothing. Each is a booking from then on, with its place in the series (`series`); ' +
      'one message announces all. `dryRun` says of each date whether it is free, and which times near it are. Send ' +
      'an Idempotency-Key: a retry with the same key continues what was begun, or gets the series.',
    access: 'calendar',
    scope: 'bookings:write',
    query: object({ dryRun: flag('Looks at the dates, and books nothing') }),
    body: newSeriesSchema,
    responses: created('The series', createdSeriesSchema, 'The dates (`dryRun`); a retry: the series again'),
    clinic: { body: 'doctorId' },
    retry: 'in the transaction',
    audit: inEventLog,
    auditRepeated: shown,
    example: {
      query: { dryRun: true },
      body: { doctorId: '{doctorId}', startsAt: '{day}T09:00:00Z', every: 1, unit: 'week', count: 2 },
    },
    problems: [
      'doctor_not_found',
      'visit_type_not_found',
      'patient_not_found',
      'answer_refused',
      'series_not_free',
      'idempotency_key_reused',
    ],
  }),
  getBookingSeries: operation('GET /api/v1/booking-series/{seriesId}', {
    summary: 'Read a series of visits',
    description:
      'Whoever has access to one of its visits as its patient sees those with the same account, e-mail address and ' +
      'telephone number.',
    access: 'booking_series',
    scope: 'bookings:read',
    responses: { 200: { description: 'The series', schema: seriesSchema } },
    audit: readByDesk,
  }),
  cancelBookingSeries: operation('POST /api/v1/booking-series/{seriesId}/cancel', {
    summary: 'Cancel all visits of a series, or those from one on',
    description:
      'In one step. Visits that cannot be cancelled any more stay, and are listed in `changes`. One message ' +
      'announces all. If it has been done already: 200, unchanged.',
    access: 'booking_series',
    scope: 'bookings:write',
    body: seriesCancellationSchema,
    bodyOptional: true,
    responses: { 200: { description: 'The series, and what became of each visit', schema: changedSeriesSchema } },
    retry: 'runs again',
    audit: readByDesk,
  }),
  moveBookingSeries: operation('POST /api/v1/booking-series/{seriesId}/move', {
    summary: 'Move all visits of a series, or those from one on',
    description:
      'By so many days, and to another time on the clock, with the same doctors. Visits whose new time is not free ' +
      'keep theirs, and are listed in `changes`, with free times near it. `dryRun` looks at the times. One message ' +
      'announces all. A retry with the same Idempotency-Key moves what was not moved, and nothing twice.',
    access: 'booking_series',
    scope: 'bookings:write',
    query: object({ dryRun: flag('Looks at the times, and moves nothing') }),
    body: seriesMoveSchema,
    responses: { 200: { description: 'The series, and what became of each visit', schema: changedSeriesSchema } },
    retry: 'runs again',
    audit: readByDesk,
    example: { body: { days: 1 } },
    problems: ['visit_type_not_found'],
  }),
})
