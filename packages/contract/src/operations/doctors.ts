import Type from 'typebox'
import {
  doctorChangeSchema,
  doctorPageSchema,
  doctorSchema,
  newDoctorSchema,
  specializationListSchema,
} from '../schemas/doctor.ts'
import { flag, id, pageParameters, searchText } from '../schemas/fields.ts'
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
    query: Type.Object(
      {
        clinicId: Type.Optional(id()),
        specialization: Type.Optional(searchText({ description: 'Exactly this one' })),
        q: Type.Optional(searchText({ description: 'Part of the name or specialization' })),
        includeInactive: flag('Deactivated ones too: for the people of the clinic named by `clinicId`'),
        ...pageParameters,
      },
      { additionalProperties: false },
    ),
    answers: { 200: { description: 'A page of doctors', schema: doctorPageSchema }, 304: notModified },
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
    answers: { 200: { description: 'The doctor', schema: doctorSchema }, 304: notModified },
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
    answers: {
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
    answers: {
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
    access: 'admin',
    params,
    body: doctorChangeSchema,
    answers: { 200: { description: 'The doctor as they are now', schema: doctorSchema } },
    problems: ['doctor_not_found'],
  }),
}
