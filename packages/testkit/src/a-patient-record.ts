import type { PatientFields } from '@holdfast/engine'

/** What the desk writes of a patient: a name alone, and what a test says. */
export function aPatientRecord(overrides: Partial<PatientFields> = {}): PatientFields {
  return {
    mrn: null,
    name: 'Ada Okafor',
    birthDate: null,
    sex: null,
    phone: null,
    email: null,
    address: null,
    language: null,
    flags: [],
    notes: null,
    identifiers: [],
    guardians: [],
    ...overrides,
  }
}
