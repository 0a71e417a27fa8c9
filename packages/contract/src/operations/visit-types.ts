import { externalIdParameter } from '../schemas/external-id.ts'
import { object } from '../schemas/object.ts'
import {
  combinationSchema,
  newVisitTypeSchema,
  visitTypeChangeSchema,
  visitTypeListSchema,
  visitTypeSchema,
} from '../schemas/visit-type.ts'
import { created, notModified, operation, operationTable } from './operation.ts'

export const visitTypeOperations = operationTable('Visit types', {
  listVisitTypes: operation('GET /api/v1/clinics/{clinicId}/visit-types', {
    summary: 'List a clinic’s visit types',
    description:
      'By `position`, and then by name. The public gets those that patients can book: active ones that are not for ' +
      'the desk alone. Members of the clinic get all, also those that are switched off.',
    access: 'anyone',
    scope: 'times:read',
    query: object({ externalId: externalIdParameter }),
    responses: { 200: { description: 'The visit types', schema: visitTypeListSchema }, 304: notModified },
    cached: true,
  }),
  getVisitType: operation('GET /api/v1/clinics/{clinicId}/visit-types/{visitTypeId}', {
    summary: 'Read a visit type',
    description: 'Also one that is switched off, or for the desk alone: bookings of it stay.',
    access: 'anyone',
    scope: 'times:read',
    responses: { 200: { description: 'The visit type', schema: visitTypeSchema }, 304: notModified },
    cached: true,
    unknown: ['visit_type_not_found'],
  }),
  combineVisitTypes: operation('POST /api/v1/clinics/{clinicId}/visit-types/combinations', {
    summary: 'Combine visit types into one visit',
    description:
      'Returns the visit type of a visit that consists of these, without a pause, with one doctor. Its `id` is used ' +
      'wherever a `visitTypeId` is. It takes the sum of the minutes, the longest buffers, the devices and questions ' +
      'of all, a room that suits all, and the strictest of their rules. It follows their changes, and is in no list. ' +
      'The same visit types are always the same combination. Only those with `combinable` can be combined.',
    access: 'anyone',
    scope: 'times:read',
    body: combinationSchema,
    responses: { 200: { description: 'The combination', schema: visitTypeSchema } },
    retry: 'runs again',
    audit: { none: 'what anybody may ask for, once for all' },
    example: { body: { visitTypeIds: ['{visitTypeId}', '{otherVisitTypeId}'] } },
    problems: ['not_combinable', 'visit_type_not_found'],
  }),
  createVisitType: operation('POST /api/v1/clinics/{clinicId}/visit-types', {
    summary: 'Add a visit type to a clinic',
    description:
      'Without `doctors` and `doctorIds`, all doctors of the clinic offer it, also those who are added later. A ' +
      'retry with the same Idempotency-Key gets the first response.',
    access: 'admin',
    scope: 'directory:write',
    body: newVisitTypeSchema,
    responses: created('The new visit type', visitTypeSchema),
    retry: 'in the transaction',
    audit: { kind: 'clinic_changed', subject: 'response', details: ['visit type added'] },
    example: { body: { name: 'First visit', minutes: 40, bufferAfterMinutes: 10 } },
    problems: [
      'doctor_not_found',
      'visit_resource_not_found',
      'too_many_visit_types',
      'too_many_combinable',
      'external_id_taken',
    ],
  }),
  updateVisitType: operation('PATCH /api/v1/clinics/{clinicId}/visit-types/{visitTypeId}', {
    summary: 'Change a visit type, or switch it off',
    description:
      'Omitted fields stay as they are. `names`, `questions`, and `doctors` or `doctorIds`, replace what there was. ' +
      '`{"active": false}`: nobody can book it any more; its bookings stay.',
    access: 'admin',
    scope: 'directory:write',
    body: visitTypeChangeSchema,
    responses: { 200: { description: 'The changed visit type', schema: visitTypeSchema } },
    audit: { kind: 'clinic_changed', subject: 'visitTypeId', details: ['visit type changed'], fields: true },
    example: { body: { minutes: 30 } },
    problems: [
      'doctor_not_found',
      'visit_resource_not_found',
      'visit_type_not_found',
      'too_many_combinable',
      'external_id_taken',
    ],
  }),
})
