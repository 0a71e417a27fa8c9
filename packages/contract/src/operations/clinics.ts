import Type from 'typebox'
import { clinicChangeSchema, clinicPageSchema, clinicSchema, newClinicSchema } from '../schemas/clinic.ts'
import { flag, pageParameters, searchText } from '../schemas/fields.ts'
import { notModified, operation } from './operation.ts'

export const clinicOperations = {
  listClinics: operation({
    method: 'GET',
    url: '/api/v1/clinics',
    tag: 'Clinics',
    summary: 'List clinics',
    description: 'Ordered by name.',
    access: 'anyone',
    query: Type.Object(
      { q: Type.Optional(searchText({ description: 'Part of the name or address' })), ...pageParameters },
      { additionalProperties: false },
    ),
    responses: { 200: { description: 'A page of clinics', schema: clinicPageSchema }, 304: notModified },
    cached: true,
    clinic: 'none',
    problems: [],
  }),
  getClinic: operation({
    method: 'GET',
    url: '/api/v1/clinics/{clinicId}',
    tag: 'Clinics',
    summary: 'Read a clinic',
    access: 'anyone',
    responses: { 200: { description: 'The clinic', schema: clinicSchema }, 304: notModified },
    cached: true,
    problems: ['clinic_not_found'],
  }),
  createClinic: operation({
    method: 'POST',
    url: '/api/v1/clinics',
    tag: 'Clinics',
    summary: 'Create a clinic',
    description: 'A retry with the same Idempotency-Key gets the first response.',
    access: 'site_administrator',
    body: newClinicSchema,
    responses: {
      201: { description: 'The new clinic', schema: clinicSchema },
      200: { description: 'A retry: the first response again', schema: clinicSchema },
    },
    clinic: 'none',
    retry: 'in the transaction',
    audit: { kind: 'clinic_created', subject: 'response' },
    example: { body: { name: 'New', timezone: 'UTC' } },
    problems: [],
  }),
  updateClinic: operation({
    method: 'PATCH',
    url: '/api/v1/clinics/{clinicId}',
    tag: 'Clinics',
    summary: 'Change a clinic',
    description:
      'Omitted fields stay as they are. Settings apply to bookings created from then on. Slots that are not over ' +
      'prevent another time zone, because they would have other local times, unless `withSlots` is true.',
    access: 'admin',
    query: Type.Object(
      { withSlots: flag('The time zone may change although slots are not over; otherwise they prevent that') },
      { additionalProperties: false },
    ),
    body: clinicChangeSchema,
    responses: { 200: { description: 'The changed clinic', schema: clinicSchema } },
    audit: { kind: 'clinic_changed', fields: true },
    example: { body: { phone: '1' } },
    problems: ['clinic_not_found', 'time_zone_in_use'],
  }),
}
