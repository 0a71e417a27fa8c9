// Completeness: a column of a person that the document of all that is stored about them lacks
import { randomUUID } from 'node:crypto'
import { columnsRead, type TestDatabase } from '@holdfast/testkit'
import { freshDatabaseTest, test } from '@holdfast/testkit/database-test'
import sql, { type Sql } from 'sql-template-tag'
import { expect } from 'vitest'
import { accountSources } from './account-sections.ts'
import { sectionSources } from './personal-sections.ts'

/** Of the tables that the document reads, those of the clinic: what an appointment says of them is in its section. */
const ofClinics = ['slot', 'resource', 'visit_type', 'allocation']

/** Tables of which no column is read but those by which they are found, and why. */
const leftOutTables: Readonly<Record<string, string>> = {
  account_clinic: 'the clinics whose data the document has',
  invitation: 'the role that it gave is in the document',
  late_event: 'copies of events of the bookings',
  patient_identifier: 'a copy of patient.identifiers, by which records are found',
  verified_account: 'the accounts library has the same: user.emailVerifiedAt',
}

/** Columns of the others that say nothing more about a person, and why. */
const leftOut: Readonly<Record<string, readonly string[]>> = {
  'keys, versions, digests and what is searched by': [
    'booking.extended_by',
    'booking.version',
    'booking_event.booking_digest',
    'booking_event.request_key',
    'booking_event.seq',
    'booking_event.xid',
    'calendar_feed.subject_id',
    'calendar_feed.token_hash',
    'case_request.version',
    'message.version',
    'patient.email_key',
    'patient.name_key',
    'patient.phone_key',
    'patient.record_key',
    'patient.search_text',
    'patient.version',
    'theatre_case.digest',
  ],
  'of those who are erased, of whom there is no document': [
    'booking.erased_at',
    'patient.erased_at',
    'waitlist_entry.erased_at',
  ],
  'who of the clinic did it, and when: others’ data': [
    'booking_patient.linked_at',
    'booking_patient.linked_by',
    'case_request.created_by',
    'waitlist_entry.joined_by',
  ],
  'the clinic’s staff, rooms, equipment and times, which are not about the patient': [
    'booking_event.case_details',
    'booking_event.resource_id',
    'case_request.anaesthetist_id',
    'case_request.equipment',
    'case_request.room_id',
    'case_request.staff_ids',
    'case_request.surgeon_id',
    'membership.doctor_id',
    'theatre_case.anaesthetist_id',
    'theatre_case.equipment',
    'theatre_case.expected_ends_at',
    'theatre_case.staff_ids',
    'theatre_case.turnover_minutes',
  ],
  'what another section or column says': [
    'booking.waitlist_entry_id',
    'booking_event.from_slot_id',
    'booking_event.hold_expires_at',
    'booking_event.slot_id',
    'booking_event.status_after',
    'booking_event.units',
    'booking_event.waitlist_entry_id',
    'calendar_feed.has_second_factor',
    'case_request.bumped_case_id',
    'message.slot_id',
    'theatre_case.request_id',
    'waitlist_entry.offer_id',
    'waitlist_offer.slot_id',
  ],
  'how the server holds a time, and makes and sends an offer or a message': [
    'booking.hold_expires_at',
    'message.attempt_until',
    'message.attempted_at',
    'message.attempts',
    'message.attempts_lost',
    'message.before_sending',
    'message.by_clinic',
    'message.by_patient',
    'message.failure',
    'message.may_have_arrived',
    'message.minutes_before',
    'message.reason',
    'message.result',
    'message.sent_again_at',
    'waitlist_offer.notified',
    'waitlist_offer.position',
  ],
}

const months = { from: randomUUID(), until: randomUUID() }
const found = {
  clinicNo: 1,
  patientIds: [randomUUID()],
  bookingIds: [randomUUID()],
  entryIds: [randomUUID()],
  guardians: [],
  isByContact: true,
}
const ofPersons = Object.values(sectionSources).map(({ rows }) => rows(found, months))
const ofAccounts = Object.values(accountSources).map(({ rows }) => rows(randomUUID()))

/** The columns of the persons' tables that statements do not read. */
async function missingIn(database: TestDatabase, statements: readonly Sql[]): Promise<string[]> {
  const sources = [...Object.values(sectionSources), ...Object.values(accountSources)]
  const tables = [...new Set<string>(sources.flatMap((source) => source.tables))]
    .filter((table) => !ofClinics.includes(table))
    .map((table) => `holdfast.${table}`)
  const { read, all } = await columnsRead(database, { statements, tables, searchPath: 'pg_catalog' })
  return all.filter((column) => !read.includes(column) && !((column.split('.')[0] ?? '') in leftOutTables))
}

test('every column of a person’s tables is in the document, or is left out for a reason', async ({ database }) => {
  const missing = await missingIn(database, [...ofPersons, ...ofAccounts])
  expect(missing).toEqual(Object.values(leftOut).flat().toSorted())
})

freshDatabaseTest('negative control: a column that no section reads is found', async ({ database }) => {
  const { patient, booking } = { patient: 'patient.planted', booking: 'booking.planted' }
  await database.ownerPool.query(`
    alter table holdfast.patient add column planted text;
    alter table holdfast.booking add column planted text`)
  const all = [...ofPersons, ...ofAccounts]
  expect(await missingIn(database, all)).toEqual(expect.arrayContaining([patient, booking]))
  const reads = sql`select p.planted from holdfast.patient p`
  const missing = await missingIn(database, [...all, reads])
  // The other table's column has the same name.
  expect(missing).not.toContain(patient)
  expect(missing).toContain(booking)
})
