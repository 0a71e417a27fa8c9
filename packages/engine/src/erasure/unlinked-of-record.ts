import type pg from 'pg'
import sql from 'sql-template-tag'
import type { Contact, Left, UnlinkedOfRecord } from '../model/erasure.ts'
import type { RecordToErase } from './erase-record.ts'
import { bookingsOfPatient, entriesOfPatient } from './found-of-patient.ts'
import { requireNoneInTransit } from './months-in-transit.ts'
import { noOtherRecords, otherRecords } from './other-records.ts'
import { digitsOf } from './same-phone.ts'
import { searchForPatient } from './search-for-patient.ts'

/** Of a booking `b`. */
const hasNoRecord = sql`
  not exists (select from holdfast.booking_patient l where l.clinic_no = b.clinic_no and l.booking_id = b.id)`

/** Of an entry `b`: no booking that was offered to it is linked. */
const hasNoLinkedOffer = sql`
  not exists (select from holdfast.waitlist_offer o
                join holdfast.booking_patient l on l.clinic_no = o.clinic_no and l.booking_id = o.booking_id
               where o.clinic_no = b.clinic_no and o.entry_id = b.id)`

/** A record and those merged with it, with their addresses and numbers; null: there is none. */
export async function recordsWithContacts(
  pool: pg.Pool,
  { clinicNo, of }: Pick<RecordToErase, 'clinicNo' | 'of'>,
): Promise<{ ids: string[]; contacts: Contact[] } | null> {
  const plan = 'patientId' in of ? { patientId: of.patientId } : { patient: { mrn: of.mrn } }
  const { rows } = await pool.query<{ id: string; email: string | null; phone: string | null }>(sql`
    select p.id, p.email, p.phone from holdfast.patient p
     where p.clinic_no = ${clinicNo}::integer and p.erased_at is null
       and p.id = any (holdfast.with_merged(
                         ${clinicNo}::integer, array[holdfast.patient_of(${clinicNo}::integer, ${plan}::jsonb)]))
     order by p.merged_into nulls first, p.id`)
  if (rows.length === 0) return null
  const emails = new Set(rows.flatMap(({ email }) => email ?? []))
  const phones = new Set(rows.flatMap(({ phone }) => (phone === null || digitsOf(phone) === '' ? [] : phone)))
  const contacts = [...[...emails].map((email) => ({ email })), ...[...phones].map((phone) => ({ phone }))]
  return { ids: rows.map(({ id }) => id), contacts }
}

/**
 * The ids of the bookings and entries of a clinic that have one of the contacts, and are linked to no record. What is
 * linked to another record is another person's.
 *
 * @param onBookings is called with each page of bookings; false: they are enough
 */
export async function unlinkedWith(
  pool: pg.Pool,
  clinicNo: number,
  contacts: readonly Contact[],
  onBookings: (ids: string[]) => boolean,
): Promise<string[]> {
  const entryIds = new Set<string>()
  for (const contact of contacts) {
    const { condition, matches } = await searchForPatient(pool, clinicNo, contact)
    const bookings = { condition: sql`${condition} and ${hasNoRecord}`, matches }
    for await (const page of bookingsOfPatient(pool, clinicNo, bookings)) {
      if (!onBookings(page.map(({ id }) => id))) break
    }
    const entries = { condition: sql`${condition} and ${hasNoLinkedOffer}`, matches }
    for (const id of await entriesOfPatient(pool, clinicNo, entries)) entryIds.add(id)
  }
  return [...entryIds]
}

/** @throws MonthsInTransit */
export async function unlinkedOfRecord(
  pool: pg.Pool,
  record: Pick<RecordToErase, 'clinicNo' | 'of'>,
): Promise<UnlinkedOfRecord> {
  const { clinicNo } = record
  await requireNoneInTransit(pool, clinicNo)
  const bookingIds = new Set<string>()
  const found = await recordsWithContacts(pool, record)
  if (found === null) return { bookings: leftOf([]), waitlistEntries: leftOf([]), otherRecords: noOtherRecords }
  const { ids, contacts } = found
  const entryIds = await unlinkedWith(pool, clinicNo, contacts, (ids) => {
    for (const one of ids) bookingIds.add(one)
    return bookingIds.size < countedMax
  })
  return {
    bookings: leftOf([...bookingIds]),
    waitlistEntries: leftOf(entryIds),
    otherRecords: await otherRecords(pool, clinicNo, { patientIds: ids, contacts }),
  }
}

const listedMax = 100
/** A record may have a contact of the clinic's, as thousands of bookings do. */
const countedMax = 1_000

function leftOf(ids: readonly string[]): Left {
  return { count: Math.min(ids.length, countedMax), ids: ids.toSorted().slice(0, listedMax) }
}
