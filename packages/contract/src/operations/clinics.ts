import Type from 'typebox'
import { clinicChangeSchema, clinicPageSchema, clinicSchema, newClinicSchema } from '../schemas/clinic.ts'
import { externalIdParameter } from '../schemas/external-id.ts'
import { flag, pageParameters, searchText } from '../schemas/fields.ts'
import { object } from '../schemas/object.ts'
import { created, notModified, operation, operationTable } from './operation.ts'

export const clinicOperations = operationTable('Clinics', {
  listClinics: operation('GET /api/v1/clinics', {
    summary: 'List clinics',
    description: 'Ordered by name.',
    access: 'anyone',
    query: object({
      q: Type.Optional(searchText({ description: 'Part of the name or address' })),
      externalId: externalIdParameter,
      ...pageParameters,
    }),
    responses: { 200: { description: 'A page of clinics', schema: clinicPageSchema }, 304: notModified },
    cached: true,
    clinic: 'none',
  }),
  getClinic: operation('GET /api/v1/clinics/{clinicId}', {
    summary: 'Read a clinic',
    access: 'anyone',
    scope: 'times:read',
    responses: { 200: { description: 'The clinic', schema: clinicSchema }, 304: notModified },
    cached: true,
  }),
  createClinic: operation('POST /api/v1/clinics', {
    summary: 'Create a clinic',
    description: 'A retry with the same Idempotency-Key gets the first response.',
    access: 'site_administrator',
    body: newClinicSchema,
    responses: created('The new clinic', clinicSchema),
    clinic: 'none',
    retry: 'in the transaction',
    audit: { kind: 'clinic_created', subject: 'response' },
    example: { body: { name: 'New', timezone: 'UTC' } },
    problems: ['external_id_taken'],
  }),
  updateClinic: operation('PATCH /api/v1/clinics/{clinicId}', {
    summary: 'Change a clinic',
    description:
      'Omitted fields stay as they are. Settings apply to bookings created from then on. Slots that are not over ' +
      'prevent another time zone, because they would have other local times, unless `withSlots` is true.',
    access: 'admin',
    scope: 'admin',
    restrictedField: 'body.externalIds',
    query: object({
      withSlots: flag('The time zone may change although slots are not over; otherwise they prevent that'),
    }),
    body: clinicChangeSchema,
    responses: { 200: { description: 'The changed clinic', schema: clinicSchema } },
    audit: { kind: 'clinic_changed', fields: true },
    example: { body: { phone: '1' } },
    problems: ['time_zone_in_use', 'external_id_taken'],
  }),
})
