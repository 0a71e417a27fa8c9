import { patientsSearchedMax } from '@holdfast/vocabulary'
import Type from 'typebox'
import { id, pageParameters, searchText } from '../schemas/fields.ts'
import {
  newPatientRecordSchema,
  patientRecordChangeSchema,
  patientRecordPageSchema,
  patientRecordSchema,
  patientWithVisitsSchema,
  unlinkedOfRecordSchema,
} from '../schemas/patient-record.ts'
import { operation } from './operation.ts'

const tag = 'Patients'
const searchedMaxText = patientsSearchedMax.toLocaleString('en')

/** The records of a clinic's patients, and which booking is whose. */
export const patientOperations = {
  createPatient: operation({
    method: 'POST',
    url: '/api/v1/clinics/{clinicId}/patients',
    tag,
    summary: 'Create a patient’s record',
    description: 'The operating theatre finds the record by its record number. No booking creates or changes one.',
    access: 'clinic_staff',
    body: newPatientRecordSchema,
    responses: {
      201: { description: 'The record', schema: patientRecordSchema },
      200: { description: 'A retry: the record as it is now', schema: patientRecordSchema },
    },
    retry: 'in the transaction',
    audit: { kind: 'patient_created', subject: 'response' },
    auditRepeated: { kind: 'patient_read', subject: 'response' },
    example: { body: { name: 'Ada Okafor' } },
    problems: ['clinic_not_found', 'patient_not_found', 'mrn_taken', 'identifier_taken'],
  }),
  listPatients: operation({
    method: 'GET',
    url: '/api/v1/clinics/{clinicId}/patients',
    tag,
    summary: 'List and search a clinic’s patients',
    description:
      `By name. A page of a search ends after ${searchedMaxText} records: it may have no items, and a next page ` +
      'that has some.',
    access: 'clinic_staff',
    query: Type.Object(
      {
        q: Type.Optional(
          searchText({
            description:
              'Words in any order. Each is a part of the name, also as it is transliterated, of the e-mail address, ' +
              'telephone number, record number or an identifier, or the birth date, like 1980-05-03 or 3.5.1980',
          }),
        ),
        ...pageParameters,
      },
      { additionalProperties: false },
    ),
    responses: { 200: { description: 'A page of records', schema: patientRecordPageSchema } },
    audit: { kind: 'patients_read' },
    problems: ['clinic_not_found'],
  }),
  getPatient: operation({
    method: 'GET',
    url: '/api/v1/clinics/{clinicId}/patients/{patientId}',
    tag,
    summary: 'Read a patient’s record, appointments and cases',
    access: 'clinic_staff',
    responses: { 200: { description: 'The patient', schema: patientWithVisitsSchema } },
    audit: { kind: 'patient_read', subject: 'patientId' },
    problems: ['clinic_not_found', 'patient_not_found'],
  }),
  getUnlinkedOfPatient: operation({
    method: 'GET',
    url: '/api/v1/clinics/{clinicId}/patients/{patientId}/unlinked',
    tag,
    summary: 'Find what has a patient’s contacts and is not linked',
    description: 'What `erasePatientRecord` would not erase. It reads all bookings of the clinic.',
    access: 'admin',
    responses: { 200: { description: 'Bookings and waitlist entries', schema: unlinkedOfRecordSchema } },
    audit: { kind: 'patient_read', subject: 'patientId' },
    problems: ['clinic_not_found', 'patient_not_found'],
  }),
  updatePatient: operation({
    method: 'PATCH',
    url: '/api/v1/clinics/{clinicId}/patients/{patientId}',
    tag,
    summary: 'Correct a patient’s record',
    description:
      'Send the version that you have read: the change of somebody else is not overwritten. If the record has all of ' +
      'it already: 200, unchanged.',
    access: 'clinic_staff',
    body: patientRecordChangeSchema,
    responses: { 200: { description: 'The record as it is then', schema: patientRecordSchema } },
    // A stored response would have the patient.
    retry: 'runs again',
    audit: { kind: 'patient_changed', subject: 'patientId' },
    auditRepeated: { kind: 'patient_read', subject: 'patientId' },
    example: { body: { version: 1, name: 'Ada Okafor' } },
    problems: ['clinic_not_found', 'patient_not_found', 'record_changed', 'mrn_taken', 'identifier_taken'],
  }),
  linkBookingToPatient: operation({
    method: 'PUT',
    url: '/api/v1/clinics/{clinicId}/bookings/{bookingId}/patient',
    tag,
    summary: 'Say whose booking it is',
    description:
      'Links a booking of the clinic to a record, in place of another one. Neither the booking nor the record is ' +
      'changed.',
    access: 'clinic_staff',
    body: Type.Object({ patientId: id() }, { title: 'PatientOfBooking', additionalProperties: false }),
    responses: { 204: { description: 'The booking is linked to the record' } },
    audit: { kind: 'patient_linked', subject: 'body.patientId' },
    example: { body: { patientId: '{patientId}' } },
    problems: ['clinic_not_found', 'booking_not_found', 'booking_erased', 'patient_not_found'],
  }),
  unlinkBookingFromPatient: operation({
    method: 'DELETE',
    url: '/api/v1/clinics/{clinicId}/bookings/{bookingId}/patient',
    tag,
    summary: 'Remove a booking’s link to a record',
    description: 'If it has none: 204.',
    access: 'clinic_staff',
    responses: { 204: { description: 'The booking has no link' } },
    audit: { kind: 'patient_unlinked', subject: 'bookingId' },
    problems: ['clinic_not_found', 'booking_not_found'],
  }),
  getPatientOfBooking: operation({
    method: 'GET',
    url: '/api/v1/bookings/{bookingId}/patient-record',
    tag,
    summary: 'Read the record that a booking is linked to',
    description: 'For the clinic’s people, and for doctors of bookings in their own calendar.',
    access: 'booking_desk',
    responses: {
      200: {
        description: 'The record; null: the booking has no link',
        schema: Type.Object(
          { record: Type.Union([patientRecordSchema, Type.Null()]) },
          { title: 'RecordOfBooking', additionalProperties: false },
        ),
      },
    },
    audit: { kind: 'patient_read', subject: 'bookingId' },
    problems: ['booking_not_found'],
  }),
}
