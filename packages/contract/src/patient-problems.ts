import Type from 'typebox'
import { saidFromMembers } from './problem-kind.ts'

/** The problems of patients' records: a part of `problemKinds`. */
export const patientProblemKinds = {
  patient_not_found: {
    status: 404,
    title: 'There is no such patient',
    help: 'Check the id or the record number. Once a patient is erased, nothing finds them.',
  },
  record_changed: saidFromMembers({
    status: 409,
    title: 'Somebody has changed the record',
    help: 'Read the record again, and send its `version` with what is still to be changed.',
    members: { version: Type.Integer({ description: 'of what is stored now' }) },
    detail: ({ version }) => `The record has version ${version} now.`,
  }),
  mrn_taken: {
    status: 409,
    title: 'Another patient has this record number',
    help: 'Search for the record number. Spelling, such as spaces and hyphens, makes no other number.',
    detail: 'Another patient of the clinic has this record number.',
  },
  identifier_taken: {
    status: 409,
    title: 'Another patient has one of these identifiers',
    help: 'Search for the identifiers: the clinic may have this patient already.',
    detail: 'Another patient of the clinic has one of these identifiers.',
  },
  patient_in_use: {
    status: 409,
    title: 'The patient has appointments or cases to come or in progress, or open requests',
    help: 'Cancel those in `bookingIds` and `caseIds`, and withdraw those in `requestIds`. Nothing was erased.',
    members: { bookingIds: Type.Array(Type.String()), requestIds: Type.Array(Type.String()) },
  },
} as const
