import Type from 'typebox'
import {
  appointmentTypeSchema,
  doctorChangeSchema,
  doctorPageSchema,
  doctorSchema,
  newDoctorSchema,
  specializationListSchema,
  videoRoomSchema,
} from '../schemas/doctor.ts'
import { externalIdParameter } from '../schemas/external-id.ts'
import { flag, id, pageParameters, searchText } from '../schemas/fields.ts'
import { literals } from '../schemas/literals.ts'
import { object } from '../schemas/object.ts'
import { created, notModified, operation, operationTable } from './operation.ts'

export const doctorOperations = operationTable('Doctors', {
  listDoctors: operation('GET /api/v1/doctors', {
    summary: 'Find doctors',
    access: 'anyone',
    scope: 'times:read',
    restrictedField: 'query.includeInactive',
    query: object({
      clinicId: Type.Optional(id()),
      specialization: Type.Optional(
        searchText({ description: 'This specialization, or a known one by any of its names' }),
      ),
      q: Type.Optional(
        searchText({
          description:
            'Part of the name or specialization, or what patients call the specialization, such as GP or skin. If ' +
            'nobody is found, words with typing errors are corrected.',
        }),
      ),
      appointmentType: Type.Optional(appointmentTypeSchema),
      externalId: externalIdParameter,
      sort: literals(['name', 'soonest'], {
        default: 'name',
        description:
          '`soonest`: by `nextAvailableAt`, doctors without one last, then by name. A `nextCursor` is valid for ' +
          'its sort only.',
      }),
      includeInactive: flag('Also inactive doctors; only for members of the clinic `clinicId`'),
      ...pageParameters,
    }),
    responses: { 200: { description: 'A page of doctors', schema: doctorPageSchema }, 304: notModified },
    cached: true,
    clinic: { query: 'clinicId' },
    problems: ['clinic_not_found'],
  }),
  getDoctor: operation('GET /api/v1/doctors/{doctorId}', {
    summary: 'Read a doctor',
    description:
      'Also an inactive one, whose bookings and waitlist entries stay: `active` is `false`, and there are no free ' +
      'slots. Lists and searches have only active doctors.',
    access: 'anyone',
    scope: 'times:read',
    responses: { 200: { description: 'The doctor', schema: doctorSchema }, 304: notModified },
    cached: true,
  }),
  listSpecializations: operation('GET /api/v1/specializations', {
    summary: 'List specializations',
    access: 'anyone',
    responses: {
      200: {
        description: 'Specializations that have active doctors, ordered by name',
        schema: specializationListSchema,
      },
      304: notModified,
    },
    cached: true,
    clinic: 'none',
  }),
  createDoctor: operation('POST /api/v1/doctors', {
    summary: 'Add a doctor to a clinic',
    description: 'A retry with the same Idempotency-Key gets the first response.',
    access: 'admin',
    scope: 'directory:write',
    body: newDoctorSchema,
    responses: created('The new doctor', doctorSchema),
    clinic: { body: 'clinicId' },
    retry: 'in the transaction',
    audit: { kind: 'doctor_created', subject: 'response' },
    example: { body: { clinicId: '{clinicId}', name: 'Dr', specialization: 'X' } },
    problems: ['clinic_not_found', 'external_id_taken'],
  }),
  updateDoctor: operation('PATCH /api/v1/doctors/{doctorId}', {
    summary: 'Change or deactivate a doctor',
    description: '`{"active": false}`: no new bookings; existing bookings stay until their slots are withdrawn.',
    access: 'doctor_admin',
    scope: 'directory:write',
    body: doctorChangeSchema,
    responses: { 200: { description: 'The changed doctor', schema: doctorSchema } },
    audit: { kind: 'doctor_changed', subject: 'doctorId', fields: true },
    example: { body: { experienceYears: 3 } },
    problems: ['external_id_taken'],
  }),
  getVideoRoom: operation('GET /api/v1/doctors/{doctorId}/video-room', {
    summary: 'Read a doctor’s video room',
    description: 'As it was set, with its placeholder. The address of one visit is the `joinUrl` of its booking.',
    access: 'calendar',
    scope: 'admin',
    responses: { 200: { description: 'The video room; `url` is `null` if there is none', schema: videoRoomSchema } },
  }),
  setVideoRoom: operation('PUT /api/v1/doctors/{doctorId}/video-room', {
    summary: 'Set or remove a doctor’s video room',
    description: 'Staff can only read it. The `joinUrl` of video bookings changes at once.',
    access: 'calendar_owner',
    scope: 'directory:write',
    body: videoRoomSchema,
    responses: { 200: { description: 'The changed video room', schema: videoRoomSchema } },
    audit: { kind: 'doctor_changed', subject: 'doctorId', details: ['videoRoom'] },
    example: { body: { url: 'https://meet.example.org/{room}' } },
  }),
})
