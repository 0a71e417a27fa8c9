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

const params = Type.Object({ doctorId: id() }, { additionalProperties: false })

export const doctorOperations = {
  listDoctors: operation({
    id: 'listDoctors',
    method: 'GET',
    url: '/api/v1/doctors',
    tag: 'Doctors',
    summary: 'Find doctors',
    access: 'anyone',
    restrictedField: 'query.includeInactive',
    query: Type.Object(
      {
        clinicId: Type.Optional(id()),
        specialization: Type.Optional(searchText({ description: 'Exactly this one' })),
        q: Type.Optional(searchText({ description: 'Part of the name or specialization' })),
        appointmentType: Type.Optional(appointmentTypeSchema),
        sort: literals(['name', 'soonest'], {
          default: 'name',
          description:
            '`soonest`: by `nextAvailableAt`, those without one last, then by name. A `nextCursor` is of its sort.',
        }),
        includeInactive: flag('Deactivated ones too: for the people of the clinic named by `clinicId`'),
        ...pageParameters,
      },
      { additionalProperties: false },
    ),
    responses: { 200: { description: 'A page of doctors', schema: doctorPageSchema }, 304: notModified },
    cached: true,
    problems: ['clinic_not_found'],
  }),
  getDoctor: operation({
    id: 'getDoctor',
    method: 'GET',
    url: '/api/v1/doctors/{doctorId}',
    tag: 'Doctors',
    summary: 'Read a doctor',
    access: 'anyone',
    params,
    responses: { 200: { description: 'The doctor', schema: doctorSchema }, 304: notModified },
    cached: true,
    problems: ['doctor_not_found'],
  }),
  listSpecializations: operation({
    id: 'listSpecializations',
    method: 'GET',
    url: '/api/v1/specializations',
    tag: 'Doctors',
    summary: 'List specializations',
    access: 'anyone',
    responses: {
      200: { description: 'Those with active doctors, by name', schema: specializationListSchema },
      304: notModified,
    },
    cached: true,
    problems: [],
  }),
  createDoctor: operation({
    id: 'createDoctor',
    method: 'POST',
    url: '/api/v1/doctors',
    tag: 'Doctors',
    summary: 'Add a doctor to a clinic',
    description: 'With an Idempotency-Key a retry is told the first answer.',
    access: 'admin',
    body: newDoctorSchema,
    responses: {
      201: { description: 'The new doctor', schema: doctorSchema },
      200: { description: 'The same, told again to a retry', schema: doctorSchema },
    },
    problems: ['clinic_not_found'],
  }),
  updateDoctor: operation({
    id: 'updateDoctor',
    method: 'PATCH',
    url: '/api/v1/doctors/{doctorId}',
    tag: 'Doctors',
    summary: 'Change or deactivate a doctor',
    description: '`{"active": false}`: no new bookings; what is booked stays until its slots are withdrawn.',
    access: 'doctor_admin',
    params,
    body: doctorChangeSchema,
    responses: { 200: { description: 'The doctor as they are now', schema: doctorSchema } },
    problems: ['doctor_not_found'],
  }),
  getVideoRoom: operation({
    id: 'getVideoRoom',
    method: 'GET',
    url: '/api/v1/doctors/{doctorId}/video-room',
    tag: 'Doctors',
    summary: 'Read a doctor’s video room',
    description: 'As it was set, with its placeholder. Where one visit takes place is the `joinUrl` of its booking.',
    access: 'calendar',
    params,
    responses: { 200: { description: 'The video room; `null` where there is none', schema: videoRoomSchema } },
    problems: ['doctor_not_found'],
  }),
  setVideoRoom: operation({
    id: 'setVideoRoom',
    method: 'PUT',
    url: '/api/v1/doctors/{doctorId}/video-room',
    tag: 'Doctors',
    summary: 'Set or remove a doctor’s video room',
    description:
      'For admins, and for the doctor whose calendar it is; staff only read it. Bookings by video tell the new place at once.',
    access: 'calendar_owner',
    params,
    body: videoRoomSchema,
    responses: { 200: { description: 'The video room as it is now', schema: videoRoomSchema } },
    problems: ['doctor_not_found'],
  }),
}
