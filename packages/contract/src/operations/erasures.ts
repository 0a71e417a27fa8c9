import { bookingSchema, nothingSchema } from '../schemas/booking.ts'
import { erasedPatientSchema, patientToEraseSchema } from '../schemas/erasure.ts'
import { erasedRecordSchema } from '../schemas/patient-record.ts'
import { personalDataSchema, personSchema } from '../schemas/personal-data.ts'
import { theatrePatientToEraseSchema } from '../schemas/theatre-request.ts'
import { operation, operationTable } from './operation.ts'

export const erasureOperations = operationTable('Erasure', {
  getPersonalData: operation('POST /api/v1/clinics/{clinicId}/personal-data', {
    summary: 'Read all that the clinic has about a person',
    description:
      'The access of article 15 GDPR, for a person whom the clinic has identified: send an account alone, or e-mail ' +
      'addresses, phone numbers and a record. Of a record alone, it has what is linked to it. Families share ' +
      'contacts, and some records have one of the clinic’s: what was found by a contact says whether it is linked to ' +
      'a record of the person (`isLinked`), and has to be checked before the document is handed over. Other records ' +
      'that may be of the same person are named (`otherRecords`). Nothing is changed.',
    access: 'admin',
    scope: 'admin',
    body: personSchema,
    responses: { 200: { description: 'All that is stored', schema: personalDataSchema } },
    retry: 'runs again',
    audit: { kind: 'data_exported', details: ['personal_data'] },
    example: { body: { emails: ['nobody@example.org'] } },
  }),
  erasePatient: operation('POST /api/v1/bookings/{bookingId}/erase-patient', {
    summary: 'Erase the patient of a booking that is over',
    description:
      'Removes for good what identifies the patient: name, contacts, reasons and the account. Slot, times, units and ' +
      'status stay, and nothing of the booking can be changed any more. For admins of the clinic, and for the ' +
      'account that the booking belongs to. If it has been done already: 200, unchanged.',
    access: 'booking_erasure',
    scope: 'admin',
    body: nothingSchema,
    bodyOptional: true,
    responses: { 200: { description: 'The booking, without its patient', schema: bookingSchema } },
    audit: { kind: 'patients_erased', byHandler: true },
    problems: ['booking_not_over'],
  }),
  erasePatients: operation('POST /api/v1/clinics/{clinicId}/erase-patients', {
    summary: 'Erase a patient from all bookings that are over',
    description:
      'All bookings of the clinic with this e-mail address, phone number or account: send exactly one of them. ' +
      'Records of patients with it are erased too, with what is linked to them (`erasePatientRecord`). ' +
      'Bookings that are to come or in progress keep their data: cancel them first, and repeat the request. ' +
      'Records that stay are named (`recordsLeft`): families share contacts. From all of them, guardians with the ' +
      'contact are removed (`guardianOf`).',
    access: 'admin',
    scope: 'admin',
    body: patientToEraseSchema,
    responses: { 200: { description: 'How many bookings were erased', schema: erasedPatientSchema } },
    // A stored response has a digest of the request, from which a contact could be guessed.
    retry: 'runs again',
    audit: { kind: 'patients_erased' },
    example: { body: { email: 'nobody@example.org' } },
  }),
  eraseTheatrePatient: operation('POST /api/v1/clinics/{clinicId}/erase-theatre-patient', {
    summary: 'Erase a patient of the theatre',
    description: 'By the record number: what `erasePatientRecord` does by the id.',
    access: 'admin',
    scope: 'admin',
    body: theatrePatientToEraseSchema,
    responses: { 200: { description: 'What had this patient', schema: erasedRecordSchema } },
    retry: 'in the transaction',
    audit: { kind: 'patients_erased', details: ['theatre'] },
    example: { body: { mrn: 'M-1' } },
    problems: ['patient_not_found', 'patient_in_use'],
  }),
  erasePatientRecord: operation('POST /api/v1/clinics/{clinicId}/patients/{patientId}/erase', {
    summary: 'Erase a patient’s record',
    description:
      'Removes the record for good, and what identifies the patient from all bookings that are linked to it. Their ' +
      'cases and requests stay, without the patient. With appointments or cases to come or in progress, or open ' +
      'requests, nothing is erased. Bookings with the same contacts that are not linked keep their data, and so do ' +
      'other records that may be of the same person. They are named (`unlinked`): families share contacts.',
    access: 'admin',
    scope: 'admin',
    body: nothingSchema,
    bodyOptional: true,
    responses: { 200: { description: 'What had this patient', schema: erasedRecordSchema } },
    retry: 'in the transaction',
    audit: { kind: 'patients_erased', details: ['patient'] },
    problems: ['patient_in_use'],
  }),
})
