import { closuresMax, yearlyClosuresMax } from '@holdfast/vocabulary'
import Type from 'typebox'
import {
  closureChangeSchema,
  closureEffectSchema,
  closurePageSchema,
  closureSchema,
  newClosureQuery,
  newClosureSchema,
  publicHolidaysQuery,
  publicHolidaysSchema,
} from '../schemas/closure.ts'
import { id, localDate, longPageParameters, pageParameters } from '../schemas/fields.ts'
import { object } from '../schemas/object.ts'
import { operation, operationTable } from './operation.ts'

export const closureOperations = operationTable('Closures', {
  createClosure: operation('POST /api/v1/clinics/{clinicId}/closures', {
    summary: 'Close a clinic, one of its doctors, or a room or device of its visits',
    description:
      'Slots that overlap it are neither offered nor booked (`slot_closed`), nor are those that are created later. ' +
      'While a room or device is closed, no further visit takes it. Bookings in it stay. Its times are local ones of ' +
      'the clinic’s zone, and follow a change of the zone. A clinic ' +
      `has at most ${closuresMax.toLocaleString('en')} closures that are not over, ${yearlyClosuresMax} of them ` +
      'yearly. Doctors close only themselves, also without a `doctorId`. ' +
      'A repetition with the same Idempotency-Key creates nothing: the response has the closure as it is then.',
    access: 'member',
    scope: 'directory:write',
    restrictedField: 'body.doctorId',
    query: newClosureQuery,
    body: newClosureSchema,
    responses: {
      200: { description: 'What it would concern (`dryRun`)', schema: closureEffectSchema },
      201: { description: 'The closure', schema: closureSchema },
    },
    retry: 'in the transaction',
    audit: { kind: 'clinic_changed', subject: 'response', details: ['closure added'] },
    example: { query: { dryRun: true }, body: { from: '{day}', to: '{day}' } },
    problems: ['doctor_not_found', 'visit_resource_not_found', 'closure_not_found', 'too_many_closures'],
  }),
  listClosures: operation('GET /api/v1/clinics/{clinicId}/closures', {
    summary: 'List a clinic’s closures',
    description: 'Those with a time in at most 732 days, by the first one, with these times. Doctors see their own.',
    access: 'member',
    scope: 'times:read',
    restrictedField: 'query.doctorId',
    query: object({
      from: localDate({ description: 'The first day, in the clinic’s zone' }),
      to: localDate({ description: 'The last day, inclusive' }),
      doctorId: Type.Optional(id({ description: 'Only those of this doctor, and of the whole clinic' })),
      ...longPageParameters,
    }),
    responses: { 200: { description: 'A page of closures', schema: closurePageSchema } },
    example: { query: { from: '{day}', to: '{day}' } },
  }),
  getClosureEffect: operation('GET /api/v1/clinics/{clinicId}/closures/{closureId}/effect', {
    summary: 'Read which slots and bookings a closure concerns',
    access: 'closure',
    scope: 'bookings:read',
    query: object(pageParameters),
    responses: { 200: { description: 'The slots and bookings to come in it', schema: closureEffectSchema } },
    audit: { kind: 'bookings_read', details: ['closure'] },
  }),
  updateClosure: operation('PATCH /api/v1/clinics/{clinicId}/closures/{closureId}', {
    summary: 'Widen or shorten a closure, or change its note',
    description: 'What is left out stays as it is. Times that it no longer has are free again.',
    access: 'closure',
    scope: 'directory:write',
    body: closureChangeSchema,
    responses: { 200: { description: 'The changed closure', schema: closureSchema } },
    audit: { kind: 'clinic_changed', subject: 'closureId', details: ['closure changed'] },
    example: { body: { note: null } },
  }),
  deleteClosure: operation('DELETE /api/v1/clinics/{clinicId}/closures/{closureId}', {
    summary: 'Remove a closure',
    description: 'Its times are free again, unless another closure or an external calendar blocks them.',
    access: 'closure',
    scope: 'directory:write',
    responses: { 204: { description: 'It is removed' } },
    audit: { kind: 'clinic_changed', subject: 'closureId', details: ['closure removed'] },
  }),
  listPublicHolidays: operation('GET /api/v1/clinics/{clinicId}/public-holidays', {
    summary: 'List public holidays to close on',
    description: 'Nothing is closed by it. Check the days: rules change, and those of towns may be missing.',
    access: 'member',
    scope: 'times:read',
    query: publicHolidaysQuery,
    responses: { 200: { description: 'The holidays of a year', schema: publicHolidaysSchema } },
    example: { query: { year: 2027, country: 'DE', region: 'BY' } },
  }),
})
