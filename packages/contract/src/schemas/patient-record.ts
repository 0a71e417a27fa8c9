import {
  bookingStatuses,
  guardianRelations,
  lengths,
  mergedFields,
  patientLimits,
  patientSexes,
  patientVisitsMax,
} from '@holdfast/vocabulary'
import Type, { type Static, type TProperties } from 'typebox'
import { otherRecordsSchema } from './erasure.ts'
import {
  code,
  id,
  languageTag,
  line,
  localDate,
  name,
  nullable,
  nullableCode,
  nullableEmail,
  nullablePhone,
  nullableText,
  pageOf,
  paragraph,
} from './fields.ts'
import { literals, nullableLiterals } from './literals.ts'
import { component, object } from './object.ts'

const identifierSchema = component('PatientIdentifier', {
  system: code(lengths.identifier, { description: 'Which system has given it, such as a URI or a name' }),
  value: code(lengths.identifier),
})

const guardianFields = {
  name: name(lengths.name),
  relation: literals(guardianRelations, { description: 'What the person is to the patient' }),
}
const getsMessages = Type.Boolean({
  description:
    'Bookings for this record without a `patient`, by `patientId`, have the phone and e-mail of this person instead ' +
    'of the record’s. One person of a record at most, with a phone or an e-mail',
})

const newGuardianSchema = component('NewGuardian', {
  ...guardianFields,
  phone: Type.Optional(nullablePhone()),
  email: Type.Optional(nullableEmail()),
  getsMessages: Type.Optional(getsMessages),
})

const mrn = { description: 'The record number, by which the operating theatre finds the patient' }
const sex = nullableLiterals(patientSexes, { description: 'null: not known' })
const language = { description: 'What the patient speaks: a BCP 47 tag' }

const blankText = { description: 'A blank text is the same as null' }

const fields = {
  name: name(lengths.name),
  birthDate: nullable<string>({ ...localDate() }),
  sex,
  phone: nullablePhone(),
  email: nullableEmail(),
  address: nullable<string>({ ...paragraph(lengths.address) }, blankText),
  language: nullable<string>({ ...languageTag() }, language),
  flags: Type.Array(line(lengths.flag), {
    maxItems: patientLimits.flagsMax,
    uniqueItems: true,
    description: 'What has to be provided for, such as an interpreter',
  }),
  notes: nullable<string>({ ...paragraph(lengths.notes) }, blankText),
  identifiers: Type.Array(identifierSchema, {
    maxItems: patientLimits.identifiersMax,
    uniqueItems: true,
    description: 'Of other systems. Each is of one patient in the clinic',
  }),
  guardians: Type.Array(newGuardianSchema, {
    maxItems: patientLimits.guardiansMax,
    description: 'Who acts for the patient, such as a parent or a carer',
  }),
}

function optional<Fields extends TProperties>(properties: Fields) {
  return Type.Partial(Type.Object(properties)).properties
}

export const newPatientRecordSchema = component('NewPatientRecord', {
  ...optional({ ...fields, mrn: nullableCode(lengths.code, mrn) }),
  name: fields.name,
})

export type NewPatientRecordBody = Static<typeof newPatientRecordSchema>

export const patientRecordChangeSchema = component('PatientRecordChange', {
  version: Type.Integer({ minimum: 1, maximum: 2_147_483_647, description: 'Of the record that was read' }),
  ...optional({
    ...fields,
    mrn: code(lengths.code, { description: 'It can be corrected, but not removed: cases may have it' }),
  }),
})

export type PatientRecordChangeBody = Static<typeof patientRecordChangeSchema>

const recordProperties = {
  id: Type.String({ format: 'uuid' }),
  mrn: nullableText(mrn),
  name: Type.String(),
  birthDate: nullable<string>({ type: 'string', format: 'date' }),
  sex,
  phone: nullableText(),
  email: nullableText(),
  address: nullableText(),
  language: nullableText(language),
  flags: Type.Array(Type.String()),
  notes: nullableText(),
  identifiers: Type.Array(object({ system: Type.String(), value: Type.String() })),
  guardians: Type.Array(
    component('Guardian', {
      name: Type.String(),
      relation: guardianFields.relation,
      phone: nullableText(),
      email: nullableText(),
      getsMessages,
    }),
    { description: 'Who acts for the patient' },
  ),
  version: Type.Integer({ description: 'The number of changes, from 1' }),
  mergedInto: nullable<string>(
    { type: 'string', format: 'uuid' },
    { description: 'The record of the same patient that stays; null: this one was not merged into another' },
  ),
  createdAt: Type.String({ format: 'date-time' }),
  updatedAt: Type.String({ format: 'date-time' }),
}

export const patientRecordSchema = Type.Object(recordProperties, {
  title: 'PatientRecord',
  additionalProperties: false,
})

export type PatientRecordBody = Static<typeof patientRecordSchema>

export const patientRecordPageSchema = pageOf(patientRecordSchema, 'PatientRecordPage')

const times = {
  startsAt: Type.String({ format: 'date-time' }),
  endsAt: Type.String({ format: 'date-time' }),
  status: literals(bookingStatuses, { title: 'BookingStatus' }),
}

const appointmentSchema = component('PatientAppointment', {
  bookingId: Type.String({ format: 'uuid' }),
  doctorId: Type.String({ format: 'uuid' }),
  doctorName: Type.String(),
  visitTypeId: Type.Optional(
    Type.String({ format: 'uuid', description: 'What is booked in an open session; absent: a slot was booked' }),
  ),
  ...times,
})

const caseSchema = component('PatientCase', {
  caseId: Type.String({ format: 'uuid' }),
  roomId: Type.String({ format: 'uuid' }),
  roomName: Type.String(),
  surgeonName: Type.String(),
  procedure: Type.String(),
  ...times,
})

const mergedSchema = component('MergedRecord', {
  id: Type.String({ format: 'uuid' }),
  name: Type.String(),
  mrn: nullableText(mrn),
  birthDate: nullable<string>({ type: 'string', format: 'date' }),
  version: Type.Integer({ description: 'Send it with `unmergePatient`' }),
  mergedAt: Type.String({ format: 'date-time' }),
  through: nullable<string>(
    { type: 'string', format: 'uuid' },
    { description: 'It was merged into this record, which was merged further: undo that first. null: directly' },
  ),
})

const versionRead = (description: string) => Type.Integer({ minimum: 1, maximum: 2_147_483_647, description })

export const patientMergeSchema = component('PatientMerge', {
  mergedId: id({ description: 'The record that goes' }),
  version: versionRead('Of the record that stays, as it was read'),
  mergedVersion: versionRead('Of the record that goes, as it was read'),
  take: Type.Optional(
    Type.Array(literals(mergedFields), {
      maxItems: mergedFields.length,
      uniqueItems: true,
      default: [],
      description: 'What the record that stays gets from the other one, besides what it has not',
    }),
  ),
})

export const patientUnmergeSchema = component('PatientUnmerge', {
  version: versionRead('Of the record that was merged, as it was read'),
})

export const separatedSchema = component('SeparatedPatient', {
  record: patientRecordSchema,
  separatedFrom: nullable<string>(
    { type: 'string', format: 'uuid' },
    { description: 'The record that stayed; null: it was not merged' },
  ),
})

export const duplicatesSchema = component('LikelyDuplicates', {
  items: Type.Array(
    Type.Object(
      {
        ...recordProperties,
        same: Type.Array(literals(['birthDate', 'email', 'phone']), {
          description: '`birthDate`: and a word of the name',
        }),
      },
      { title: 'LikelyDuplicate', additionalProperties: false },
    ),
    { maxItems: patientLimits.duplicatesMax, description: 'The likeliest first' },
  ),
})

export const patientWithVisitsSchema = component('PatientWithVisits', {
  ...recordProperties,
  next: Type.Array(appointmentSchema, {
    description:
      `Linked bookings to come or in progress, of the ${patientVisitsMax} that were booked last. ` +
      'The first one is first',
  }),
  past: Type.Array(appointmentSchema, { description: 'The others of these; the last one first' }),
  cases: Type.Array(caseSchema, { description: `The last ${patientVisitsMax} cases, the last one first` }),
  merged: Type.Array(mergedSchema, { description: 'Records that were merged into this one; the last one first' }),
})

export type PatientWithVisitsBody = Static<typeof patientWithVisitsSchema>

const count = Type.Integer({ minimum: 0, description: '1,000 may be more' })
const firstIds = Type.Array(Type.String({ format: 'uuid' }), { maxItems: 100, description: 'The first 100' })

export const unlinkedOfRecordSchema = Type.Object(
  {
    bookings: object({ count, bookingIds: firstIds }),
    waitlistEntries: object({ count, entryIds: firstIds }),
    otherRecords: otherRecordsSchema,
  },
  {
    title: 'UnlinkedOfRecord',
    additionalProperties: false,
    description:
      'Bookings and waitlist entries that have the e-mail address or the telephone number of the record, and are ' +
      'linked to no record: those of the same person, or of relatives',
  },
)

export type UnlinkedOfRecordBody = Static<typeof unlinkedOfRecordSchema>

export const erasedRecordSchema = component('ErasedRecord', {
  bookings: Type.Integer({ description: 'Appointments that were erased with the record' }),
  cases: Type.Integer(),
  requests: Type.Integer(),
  unlinked: unlinkedOfRecordSchema,
})
