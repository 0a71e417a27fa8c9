import Type from 'typebox'
import { newLogoSchema } from '../schemas/clinic.ts'
import { noPatients } from './audit.ts'
import { notModified, operation } from './operation.ts'

/** Eight pixels by eight. */
const smallImage =
  'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEUlEQVR4nGOQSFmNFTEMLQkArKxJwZ5D' + 'f34AAAAASUVORK5CYII='

export const clinicLogoOperations = {
  getClinicLogo: operation({
    method: 'GET',
    url: '/api/v1/clinics/{clinicId}/logo',
    tag: 'Clinics',
    summary: 'Read a clinic’s logo',
    description: 'The URL is `logo.url` of the clinic. Takes If-None-Match.',
    access: 'anyone',
    query: Type.Object(
      { version: Type.Optional(Type.String({ maxLength: 43, description: 'As in `logo.url`: it may be cached' })) },
      { additionalProperties: false },
    ),
    responses: {
      200: {
        description: 'The image: PNG, JPEG or WebP',
        mediaType: 'image/*',
        schema: Type.Unsafe<Uint8Array>({ type: 'string', format: 'binary' }),
      },
      304: notModified,
    },
    audit: noPatients,
    problems: ['clinic_not_found', 'clinic_logo_not_found'],
  }),
  setClinicLogo: operation({
    method: 'PUT',
    url: '/api/v1/clinics/{clinicId}/logo',
    tag: 'Clinics',
    summary: 'Set a clinic’s logo',
    description: 'It is on the clinic’s e-mails to patients and on its public pages. A new one replaces the former.',
    access: 'admin',
    body: newLogoSchema,
    responses: { 204: { description: 'The logo is stored' } },
    audit: { kind: 'clinic_changed', details: ['logo'] },
    example: { body: { image: smallImage } },
    problems: ['clinic_not_found'],
  }),
  deleteClinicLogo: operation({
    method: 'DELETE',
    url: '/api/v1/clinics/{clinicId}/logo',
    tag: 'Clinics',
    summary: 'Remove a clinic’s logo',
    description: 'If there is none: 204.',
    access: 'admin',
    responses: { 204: { description: 'The clinic has no logo' } },
    audit: { kind: 'clinic_changed', details: ['logo removed'] },
    problems: ['clinic_not_found'],
  }),
}
