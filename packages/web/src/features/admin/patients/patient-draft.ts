import type {
  Guardian,
  NewPatientRecord,
  Patient,
  PatientIdentifier,
  PatientRecord,
  PatientRecordChange,
} from '@holdfast/contract/client'
import type { PatientSex } from '@holdfast/vocabulary'

/** `row`: unlike those of the other rows. */
export type IdentifierDraft = { row: number; system: string; value: string }

/** `row`: unlike those of the other rows. */
export type GuardianDraft = Record<'name' | 'phone' | 'email', string> &
  Pick<Guardian, 'relation' | 'getsMessages'> & { row: number }

/** What the form of a record has: '' where the record has nothing. */
export type PatientDraft = Record<
  'name' | 'mrn' | 'birthDate' | 'phone' | 'email' | 'address' | 'language' | 'notes',
  string
> & { sex: PatientSex | ''; flags: string[]; identifiers: IdentifierDraft[]; guardians: GuardianDraft[] }

const textFields = ['birthDate', 'phone', 'email', 'address', 'language', 'notes'] as const

export const emptyDraft: PatientDraft = {
  name: '',
  mrn: '',
  birthDate: '',
  sex: '',
  phone: '',
  email: '',
  address: '',
  language: '',
  flags: [],
  notes: '',
  identifiers: [],
  guardians: [],
}

export function draftOfRecord(record: PatientRecord): PatientDraft {
  const { name, mrn, sex, flags, identifiers, guardians } = record
  const texts = Object.fromEntries(textFields.map((field) => [field, record[field] ?? '']))
  const rows = identifiers.map(({ system, value }, row) => ({ row, system, value }))
  const people = guardians.map(({ phone, email, ...guardian }, row) => {
    return { ...guardian, row, phone: phone ?? '', email: email ?? '' }
  })
  return { ...emptyDraft, ...texts, name, mrn: mrn ?? '', sex: sex ?? '', flags, identifiers: rows, guardians: people }
}

/** A new record of the patient whom a booking names. The language of its messages may be another than they speak. */
export function draftOfBooking({ name, phone = '', email = '' }: Patient): PatientDraft {
  return { ...emptyDraft, name, phone, email }
}

export function newRecordOf(draft: PatientDraft): NewPatientRecord {
  const { name, ...others } = changeBetween(emptyDraft, draft)
  return { ...others, name: name ?? draft.name.trim() }
}

/** The fields that were changed in the form: what somebody else changes meanwhile is refused by the version. */
export function changeBetween(before: PatientDraft, draft: PatientDraft): Omit<PatientRecordChange, 'version'> {
  const change: Omit<PatientRecordChange, 'version'> = {}
  if (draft.name.trim() !== before.name) change.name = draft.name.trim()
  if (draft.mrn.trim() !== before.mrn) change.mrn = draft.mrn.trim()
  for (const field of textFields) {
    const text = draft[field].trim()
    if (text !== before[field]) change[field] = text === '' ? null : text
  }
  if (draft.sex !== before.sex) change.sex = draft.sex === '' ? null : draft.sex
  if (!isSame(draft.flags, before.flags)) change.flags = draft.flags
  const identifiers = entered(draft.identifiers)
  if (!isSame(identifiers, entered(before.identifiers))) change.identifiers = identifiers
  const guardians = draft.guardians.map(guardianOf)
  if (!isSame(guardians, before.guardians.map(guardianOf))) change.guardians = guardians
  return change
}

function guardianOf({ name, relation, phone, email, getsMessages }: GuardianDraft): Guardian {
  return { name: name.trim(), relation, phone: phone.trim() || null, email: email.trim() || null, getsMessages }
}

/** Those that are not empty. */
function entered(identifiers: readonly IdentifierDraft[]): PatientIdentifier[] {
  return identifiers
    .map(({ system, value }) => ({ system: system.trim(), value: value.trim() }))
    .filter(({ system, value }) => system !== '' || value !== '')
}

function isSame(one: readonly unknown[], other: readonly unknown[]): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
