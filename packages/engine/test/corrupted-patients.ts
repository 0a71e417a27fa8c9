import { anotherId, type CorruptedTable, later, onlyCopy, outOfScope, refusedBy } from './corrupted-columns.ts'

const withPatient = outOfScope('records of patients are corrected in place, and no digest contains them')
const byTrigger = outOfScope('a trigger writes it, whatever is sent')
const another = '(select t.id from holdfast.patient t where t.id <> patient_id and t.clinic_no = $clinic limit 1)'

/** The same for the records of patients, and what is linked to them. */
export const corruptedPatients: Readonly<Record<string, CorruptedTable>> = {
  patient: {
    where: 'id = $record',
    columns: {
      clinic_no: ['clinic_no + 1', refusedBy('patient_check')],
      id: [anotherId, refusedBy('patient_identifier_clinic_no_patient_id_fkey')],
      mrn: [`'another'`, withPatient],
      record_key: [`'another'`, byTrigger],
      name: [`'Another'`, withPatient],
      birth_date: [`'1990-01-01'`, withPatient],
      sex: [`'other'`, withPatient],
      phone: [`'1'`, withPatient],
      email: [`'a@example.org'`, withPatient],
      address: [`'Another'`, withPatient],
      language: [`'ar'`, withPatient],
      flags: [`'{Another}'`, withPatient],
      notes: [`'Another'`, withPatient],
      identifiers: [`'[{"system": "s", "value": "another"}]'`, withPatient],
      guardians: [`'[{"name": "Another"}]'`, withPatient],
      version: ['7', byTrigger],
      name_key: [`'another'`, byTrigger],
      search_text: [`'another'`, byTrigger],
      erased_at: ['now()', refusedBy('patient_erased_check')],
      created_at: [later('created_at'), withPatient],
      updated_at: [later('updated_at'), byTrigger],
      last_visit_at: ['now()', onlyCopy],
      email_key: [`'another'`, byTrigger],
      phone_key: [`'1'`, byTrigger],
      merged_into: ['gen_random_uuid()', refusedBy('patient_merged_check')],
      merge: [`'{}'`, refusedBy('patient_merged_check')],
    },
  },
  patient_identifier: {
    where: 'patient_id = $record',
    columns: {
      clinic_no: ['clinic_no + 1', refusedBy('patient_identifier_clinic_no_patient_id_fkey')],
      system: [`'another'`, 'patient_differs'],
      value: [`'another'`, 'patient_differs'],
      patient_id: [another, 'patient_differs'],
    },
  },
  booking_patient: {
    where: 'booking_id = $first',
    columns: {
      clinic_no: ['clinic_no + 1', refusedBy('booking_patient_check')],
      booking_id: ['$erased', 'patient_differs'],
      patient_id: [another, outOfScope('which booking is whose is said by the staff, and stored only here')],
      linked_by: ['gen_random_uuid()', onlyCopy],
      linked_at: [later('linked_at'), onlyCopy],
    },
  },
}
