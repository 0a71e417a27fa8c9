import Type from 'typebox'
import { newLogoSchema } from '../schemas/clinic.ts'
import { object } from '../schemas/object.ts'
import { noPatients } from './audit.ts'
import { notModified, operation, operationTable } from './operation.ts'

/** Eight pixels by eight. */
const smallImage =
  'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEUlEQVR4nGOQSFmNFTEMLQkArKxJwZ5D' + 'f34AAAAASUVORK5CYII='

export const clinicLogoOperations = operationTable('Clinics', {
  getClinicLogo: operation('GET /api/v1/clinics/{clinicId}/logo', {
    summary: 'Read a clinic’s logo',
    description: 'The URL is `logo.url` of the clinic. Takes If-None-Match.',
    access: 'anyone',
    scope: 'times:read',
    query: object({
      version: Type.Optional(Type.String({ maxLength: 43, description: 'As in `logo.url`: it may be cached' })),
    }),
    responses: {
      200: {
        description: 'The image: PNG, JPEG or WebP',
        mediaType: 'image/*',
        schema: Type.Unsafe<Uint8Array>({ type: 'string', format: 'binary' }),
      },
      304: notModified,
    },
    audit: noPatients,
    problems: ['clinic_logo_not_found'],
  }),
  setClinicLogo: operation('PUT /api/v1/clinics/{clinicId}/logo', {
    summary: 'Set a clinic’s logo',
    description: 'It is on the clinic’s e-mails to patients and on its public pages. A new one replaces the former.',
    access: 'admin',
    scope: 'admin',
    body: newLogoSchema,
    responses: { 204: { description: 'The logo is stored' } },
    audit: { kind: 'clinic_changed', details: ['logo'] },
    example: { body: { image: smallImage } },
  }),
  deleteClinicLogo: operation('DELETE /api/v1/clinics/{clinicId}/logo', {
    summary: 'Remove a clinic’s logo',
    description: 'If there is none: 204.',
    access: 'admin',
    scope: 'admin',
    responses: { 204: { description: 'The clinic has no logo' } },
    audit: { kind: 'clinic_changed', details: ['logo removed'] },
  }),
})
