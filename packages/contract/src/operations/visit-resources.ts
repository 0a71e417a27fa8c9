import { externalIdParameter } from '../schemas/external-id.ts'
import { flag } from '../schemas/fields.ts'
import { object } from '../schemas/object.ts'
import {
  newVisitResourceSchema,
  visitResourceChangeSchema,
  visitResourceListSchema,
  visitResourceSchema,
} from '../schemas/visit-resource.ts'
import { noPatients } from './audit.ts'
import { created, operation, operationTable } from './operation.ts'

/** The rooms and devices that visits take beside the doctor: `needs` of visit types names them. */
export const visitResourceOperations = operationTable('Visit types', {
  listVisitResources: operation('GET /api/v1/clinics/{clinicId}/visit-resources', {
    summary: 'List the rooms and devices that visits take',
    description: 'Operating rooms and the theatre’s equipment are others: cases alone take those.',
    access: 'member',
    scope: 'times:read',
    query: object({ externalId: externalIdParameter }),
    responses: { 200: { description: 'All of them, inactive ones too', schema: visitResourceListSchema } },
    audit: noPatients,
  }),
  createVisitResource: operation('POST /api/v1/clinics/{clinicId}/visit-resources', {
    summary: 'Add a room, or a device, that visits take',
    description: 'A retry with the same Idempotency-Key gets the first response.',
    access: 'admin',
    scope: 'directory:write',
    body: newVisitResourceSchema,
    responses: created('The room or device', visitResourceSchema),
    retry: 'in the transaction',
    audit: { kind: 'clinic_changed', subject: 'response', details: ['visit resource added'] },
    example: { body: { kind: 'device', name: 'Ultrasound', units: 2 } },
    problems: ['too_many_visit_resources', 'visit_resource_name_taken', 'external_id_taken'],
  }),
  updateVisitResource: operation('PATCH /api/v1/clinics/{clinicId}/visit-resources/{resourceId}', {
    summary: 'Change a room or device that visits take, or switch it off',
    description:
      'Omitted fields stay as they are. Visits keep what they have: there are fewer units only if no visit to come ' +
      'has one of the others, and it is switched off only if none has it, unless `withVisits` is true.',
    access: 'admin',
    scope: 'directory:write',
    query: object({ withVisits: flag('It may be switched off while visits to come have it, which stay') }),
    body: visitResourceChangeSchema,
    responses: { 200: { description: 'The changed room or device', schema: visitResourceSchema } },
    audit: { kind: 'clinic_changed', subject: 'resourceId', details: ['visit resource changed'], fields: true },
    example: { body: { name: 'Room 2' } },
    problems: ['visit_resource_not_found', 'visit_resource_in_use', 'visit_resource_name_taken', 'external_id_taken'],
  }),
})
