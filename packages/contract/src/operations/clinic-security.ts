import Type from 'typebox'
import { clinicSecuritySchema, messageDays, patientDataMonths, retentionSchema } from '../schemas/clinic.ts'
import { object } from '../schemas/object.ts'
import { operation, operationTable } from './operation.ts'

export const clinicSecurityOperations = operationTable('Clinics', {
  getClinicSecurity: operation('GET /api/v1/clinics/{clinicId}/security', {
    summary: 'Read how the clinic’s people have to sign in',
    access: 'admin',
    responses: { 200: { description: 'The rules', schema: clinicSecuritySchema } },
  }),
  getRetention: operation('GET /api/v1/clinics/{clinicId}/retention', {
    summary: 'Read how long the clinic’s data is stored, and how much is older',
    description:
      'A clinic chooses `patientDataMonths` and `messageDays` of its `settings`; `kinds` has the times of all kinds ' +
      'of data. After `patientDataMonths` was shortened or set for the first time, nobody is erased for 24 hours: ' +
      'until then the change can be undone.',
    access: 'admin',
    scope: 'admin',
    query: object({
      months: Type.Optional({ ...patientDataMonths, description: 'Counts bookings for this time instead' }),
      messageDays: Type.Optional({ ...messageDays, description: 'Counts messages for this time instead' }),
    }),
    responses: { 200: { description: 'The retention', schema: retentionSchema } },
  }),
  updateClinicSecurity: operation('PATCH /api/v1/clinics/{clinicId}/security', {
    summary: 'Change how the clinic’s people have to sign in',
    description:
      'Only somebody whose own session was started with a second factor can require one, so nobody locks themselves ' +
      'out. It applies to everybody with a role here, within seconds.',
    access: 'admin',
    body: clinicSecuritySchema,
    responses: { 200: { description: 'The changed rules', schema: clinicSecuritySchema } },
    audit: { kind: 'clinic_changed', details: ['rolesNeedSecondFactor'] },
    example: { body: { rolesNeedSecondFactor: false } },
  }),
})
