import { patientsSearchedMax } from '@holdfast/vocabulary'
import Type from 'typebox'
import { id, pageParameters, searchText } from '../schemas/fields.ts'
import { component, object } from '../schemas/object.ts'
import {
  duplicatesSchema,
  newPatientRecordSchema,
  patientMergeSchema,
  patientRecordChangeSchema,
  patientRecordPageSchema,
  patientRecordSchema,
  patientUnmergeSchema,
  patientWithVisitsSchema,
  separatedSchema,
  unlinkedOfRecordSchema,
} from '../schemas/patient-record.ts'
import { created, operation, operationTable } from './operation.ts'

const searchedMaxText = patientsSearchedMax.toLocaleString('en')

/** The records of a clinic's patients, and which booking is whose. */
export const patientOperations = operationTable('Patients', {
  createPatient: operation('POST /api/v1/clinics/{clinicId}/patients', {
    summary: 'Create a patient’s record',
    description: 'The operating theatre finds the record by its record number. No booking creates or changes one.',
    access: 'clinic_staff',
    scope: 'patients:write',
    body: newPatientRecordSchema,
    responses: created('The record', patientRecordSchema, 'A retry: the record as it is now'),
    retry: 'in the transaction',
    audit: { kind: 'patient_created', subject: 'response' },
    auditRepeated: { kind: 'patient_read', subject: 'response' },
    example: { body: { name: 'Ada Okafor' } },
    problems: ['patient_not_found', 'mrn_taken', 'identifier_taken'],
  }),
  listPatients: operation('GET /api/v1/clinics/{clinicId}/patients', {
    summary: 'List and search a clinic’s patients',
    description:
      `By name. A page of a search ends after ${searchedMaxText} records: it may have no items, and a next page ` +
      'that has some.',
    access: 'clinic_staff',
    scope: 'patients:read',
    query: object({
      q: Type.Optional(
        searchText({
          description:
            'Words in any order. Each is a part of the name, also as it is transliterated, of the e-mail address, ' +
            'telephone number, record number or an identifier, or the birth date, like 1980-05-03 or 3.5.1980',
        }),
      ),
      ...pageParameters,
    }),
    responses: { 200: { description: 'A page of records', schema: patientRecordPageSchema } },
    audit: { kind: 'patients_read' },
  }),
  getPatient: operation('GET /api/v1/clinics/{clinicId}/patients/{patientId}', {
    summary: 'Read a patient’s record, appointments and cases',
    access: 'clinic_staff',
    scope: 'patients:read',
    responses: { 200: { description: 'The patient', schema: patientWithVisitsSchema } },
    audit: { kind: 'patient_read', subject: 'patientId' },
  }),
  getUnlinkedOfPatient: operation('GET /api/v1/clinics/{clinicId}/patients/{patientId}/unlinked', {
    summary: 'Find what has a patient’s contacts and is not linked',
    description: 'What `erasePatientRecord` would not erase. It reads all bookings of the clinic.',
    access: 'admin',
    scope: 'admin',
    responses: { 200: { description: 'Bookings and waitlist entries', schema: unlinkedOfRecordSchema } },
    audit: { kind: 'patient_read', subject: 'patientId' },
  }),
  updatePatient: operation('PATCH /api/v1/clinics/{clinicId}/patients/{patientId}', {
    summary: 'Correct a patient’s record',
    description:
      'Send the version that you have read: the change of somebody else is not overwritten. If the record has all of ' +
      'it already: 200, unchanged.',
    access: 'clinic_staff',
    scope: 'patients:write',
    body: patientRecordChangeSchema,
    responses: { 200: { description: 'The record as it is then', schema: patientRecordSchema } },
    // A stored response would have the patient.
    retry: 'runs again',
    audit: { kind: 'patient_changed', subject: 'patientId' },
    auditRepeated: { kind: 'patient_read', subject: 'patientId' },
    example: { body: { version: 1, name: 'Ada Okafor' } },
    problems: ['record_changed', 'record_merged', 'mrn_taken', 'identifier_taken'],
  }),
  listDuplicatesOfPatient: operation('GET /api/v1/clinics/{clinicId}/patients/{patientId}/duplicates', {
    summary: 'Find records that may be of the same patient',
    description:
      'With the same birth date and a word of the name, with the same e-mail address, or with the same telephone ' +
      'number: duplicates, or relatives. None for a record that was merged into another.',
    access: 'clinic_staff',
    scope: 'patients:read',
    responses: { 200: { description: 'Records', schema: duplicatesSchema } },
    audit: { kind: 'patients_read' },
  }),
  mergePatients: operation('POST /api/v1/clinics/{clinicId}/patients/{patientId}/merge', {
    summary: 'Merge another record of the same patient into this one',
    description:
      'This record stays. It gets what it has not, the fields in `take`, and the notes, flags, identifiers and ' +
      'guardians of both. If both have a guardian who gets the messages, that of this record does. Bookings, cases ' +
      'and requests of both are listed under it. The other record is not deleted: it is found no more, leads here, ' +
      'and cannot be changed, booked for or linked to, and so do the records that were merged into it before. ' +
      '`unmergePatient` undoes it. Send the versions that you have read. If it was merged into this one already: ' +
      '200, unchanged.',
    access: 'clinic_staff',
    scope: 'patients:write',
    body: patientMergeSchema,
    responses: { 200: { description: 'The record that stays, as it is then', schema: patientRecordSchema } },
    // A stored response would have the patient.
    retry: 'runs again',
    audit: { kind: 'patients_merged', subject: 'patientId' },
    auditRepeated: { kind: 'patient_read', subject: 'patientId' },
    example: {
      body: { mergedId: '01a22e58-b206-8000-802e-b86b2b1721d9', version: 1, mergedVersion: 1, take: ['phone'] },
    },
    problems: ['record_changed', 'record_merged', 'merge_too_large'],
  }),
  unmergePatient: operation('POST /api/v1/clinics/{clinicId}/patients/{patientId}/unmerge', {
    summary: 'Undo the merge of this record into another one',
    description:
      'Both records have again what each had. What was changed in the other one since stays so, field by field. ' +
      'Bookings, cases and requests are where they were linked: those from before the merge with their own record, ' +
      'those from after it with the record that stayed. Records that were merged into this one before are with it ' +
      'again. If the record that it was merged into was merged further, that merge has to be undone first. If it is ' +
      'not merged: 200, unchanged.',
    access: 'clinic_staff',
    scope: 'patients:write',
    body: patientUnmergeSchema,
    responses: { 200: { description: 'The record that was merged, as it is then', schema: separatedSchema } },
    retry: 'runs again',
    audit: { kind: 'patients_separated', subject: 'patientId' },
    auditRepeated: { kind: 'patient_read', subject: 'patientId' },
    example: { body: { version: 2 } },
    problems: ['record_changed', 'merged_further', 'mrn_taken', 'identifier_taken'],
  }),
  linkBookingToPatient: operation('PUT /api/v1/clinics/{clinicId}/bookings/{bookingId}/patient', {
    summary: 'Say whose booking it is',
    description:
      'Links a booking of the clinic to a record, in place of another one. Neither the booking nor the record is ' +
      'changed.',
    access: 'clinic_staff',
    scope: 'patients:write',
    body: component('PatientOfBooking', { patientId: id() }),
    responses: { 204: { description: 'The booking is linked to the record' } },
    audit: { kind: 'patient_linked', subject: 'body.patientId' },
    example: { body: { patientId: '{patientId}' } },
    problems: ['booking_erased', 'patient_not_found', 'record_merged'],
  }),
  unlinkBookingFromPatient: operation('DELETE /api/v1/clinics/{clinicId}/bookings/{bookingId}/patient', {
    summary: 'Remove a booking’s link to a record',
    description: 'If it has none: 204.',
    access: 'clinic_staff',
    scope: 'patients:write',
    responses: { 204: { description: 'The booking has no link' } },
    audit: { kind: 'patient_unlinked', subject: 'bookingId' },
  }),
  getPatientOfBooking: operation('GET /api/v1/bookings/{bookingId}/patient-record', {
    summary: 'Read the record that a booking is linked to',
    description: 'For the clinic’s people, and for doctors of bookings in their own calendar.',
    access: 'booking_desk',
    scope: 'patients:read',
    responses: {
      200: {
        description: 'The record; null: the booking has no link',
        schema: component('RecordOfBooking', { record: Type.Union([patientRecordSchema, Type.Null()]) }),
      },
    },
    audit: { kind: 'patient_read', subject: 'bookingId' },
  }),
})
