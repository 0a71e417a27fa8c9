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
import { flag, id, pageParameters, searchText } from '../schemas/fields.ts'
import { literals } from '../schemas/literals.ts'
import { notModified, operation } from './operation.ts'

export const doctorOperations = {
  listDoctors: operation({
    method: 'GET',
    url: '/api/v1/doctors',
    tag: 'Doctors',
    summary: 'Find doctors',
    access: 'anyone',
    restrictedField: 'query.includeInactive',
    query: Type.Object(
      {
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
        sort: literals(['name', 'soonest'], {
          default: 'name',
          description:
            '`soonest`: by `nextAvailableAt`, doctors without one last, then by name. A `nextCursor` is valid for ' +
            'its sort only.',
        }),
        includeInactive: flag('Also inactive doctors; only for members of the clinic `clinicId`'),
        ...pageParameters,
      },
      { additionalProperties: false },
    ),
    responses: { 200: { description: 'A page of doctors', schema: doctorPageSchema }, 304: notModified },
    cached: true,
    clinic: { query: 'clinicId' },
    problems: ['clinic_not_found'],
  }),
  getDoctor: operation({
    method: 'GET',
    url: '/api/v1/doctors/{doctorId}',
    tag: 'Doctors',
    summary: 'Read a doctor',
    description:
      'Also an inactive one, whose bookings and waitlist entries stay: `active` is `false`, and there are no free ' +
      'slots. Lists and searches have only active doctors.',
    access: 'anyone',
    responses: { 200: { description: 'The doctor', schema: doctorSchema }, 304: notModified },
    cached: true,
    problems: ['doctor_not_found'],
  }),
  listSpecializations: operation({
    method: 'GET',
    url: '/api/v1/specializations',
    tag: 'Doctors',
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
    problems: [],
  }),
  createDoctor: operation({
    method: 'POST',
    url: '/api/v1/doctors',
    tag: 'Doctors',
    summary: 'Add a doctor to a clinic',
    description: 'A retry with the same Idempotency-Key gets the first response.',
    access: 'admin',
    body: newDoctorSchema,
    responses: {
      201: { description: 'The new doctor', schema: doctorSchema },
      200: { description: 'A retry: the first response again', schema: doctorSchema },
    },
    clinic: { body: 'clinicId' },
    retry: 'in the transaction',
    audit: { kind: 'doctor_created', subject: 'response' },
    example: { body: { clinicId: '{clinicId}', name: 'Dr', specialization: 'X' } },
    problems: ['clinic_not_found'],
  }),
  updateDoctor: operation({
    method: 'PATCH',
    url: '/api/v1/doctors/{doctorId}',
    tag: 'Doctors',
    summary: 'Change or deactivate a doctor',
    description: '`{"active": false}`: no new bookings; existing bookings stay until their slots are withdrawn.',
    access: 'doctor_admin',
    body: doctorChangeSchema,
    responses: { 200: { description: 'The changed doctor', schema: doctorSchema } },
    audit: { kind: 'doctor_changed', subject: 'doctorId', fields: true },
    example: { body: { experienceYears: 3 } },
    problems: ['doctor_not_found'],
  }),
  getVideoRoom: operation({
    method: 'GET',
    url: '/api/v1/doctors/{doctorId}/video-room',
    tag: 'Doctors',
    summary: 'Read a doctor’s video room',
    description: 'As it was set, with its placeholder. The address of one visit is the `joinUrl` of its booking.',
    access: 'calendar',
    responses: { 200: { description: 'The video room; `url` is `null` if there is none', schema: videoRoomSchema } },
    problems: ['doctor_not_found'],
  }),
  setVideoRoom: operation({
    method: 'PUT',
    url: '/api/v1/doctors/{doctorId}/video-room',
    tag: 'Doctors',
    summary: 'Set or remove a doctor’s video room',
    description: 'Staff can only read it. The `joinUrl` of video bookings changes at once.',
    access: 'calendar_owner',
    body: videoRoomSchema,
    responses: { 200: { description: 'The changed video room', schema: videoRoomSchema } },
    audit: { kind: 'doctor_changed', subject: 'doctorId', details: ['videoRoom'] },
    example: { body: { url: 'https://meet.example.org/{room}' } },
    problems: ['doctor_not_found'],
  }),
}
