import Type from 'typebox'
import { saidFromMembers } from './problem-kind.ts'

/** The problems of patients' records, and of those whom accounts book for: a part of `problemKinds`. */
export const patientProblemKinds = {
  person_not_found: {
    status: 404,
    title: 'The account has no such person',
    help: 'List them with GET /me/people.',
  },
  too_many_people: {
    status: 409,
    title: 'The account has too many people',
    help: 'Remove one first. Bookings for them stay.',
  },
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
  record_merged: saidFromMembers({
    status: 409,
    title: 'The record was merged into another one',
    help: 'Use the record `mergedInto`, which is the same patient’s. To change this one, undo the merge first.',
    members: { mergedInto: Type.String({ description: 'The record that stays' }) },
    detail: ({ mergedInto }) => `The record was merged into ${mergedInto}.`,
  }),
  merged_further: saidFromMembers({
    status: 409,
    title: 'The record that it was merged into was merged further',
    help: 'Undo the merge of `mergedId` first, and this one then.',
    members: { mergedId: Type.String({ description: 'The record whose merge is undone first' }) },
    detail: ({ mergedId }) => `The record was merged into ${mergedId}, which was merged into another one since then.`,
  }),
  merge_too_large: saidFromMembers({
    status: 409,
    title: 'Both records together have more than one may have',
    help: 'Shorten what `field` says in one of the records, and merge them then.',
    members: { field: Type.String({ description: '`notes`, `flags`, `identifiers` or `guardians`' }) },
    detail: ({ field }) => `The ${field} of both records are more than one record may have.`,
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
