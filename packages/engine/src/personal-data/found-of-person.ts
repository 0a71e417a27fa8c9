import type pg from 'pg'
import sql from 'sql-template-tag'
import { recordsOf } from '../erasure/erase-record.ts'
import { bookingsOfPatient, entriesOfPatient } from '../erasure/found-of-patient.ts'
import { type FoundGuardian, guardiansOf } from '../erasure/guardians.ts'
import { searchForPatient } from '../erasure/search-for-patient.ts'
import { recordsWithContacts, unlinkedWith } from '../erasure/unlinked-of-record.ts'
import { withMerged } from '../erasure/with-merged.ts'
import {
  type PersonalLimits,
  type PersonInClinic,
  personalLimits,
  TooMuchPersonalData,
} from '../model/personal-data.ts'
import { partsAround } from '../reads/booking-ids.ts'
import type { FoundOfPerson } from './personal-sections.ts'

type PersonSearch = { clinicNo: number; person: PersonInClinic; limits: PersonalLimits }

/** @throws TooMuchPersonalData */
export async function findPerson(pool: pg.Pool, { clinicNo, person, limits }: PersonSearch): Promise<FoundOfPerson> {
  const found = collection(limits)
  const record =
    'contacts' in person && person.patientId !== undefined ? { ...person, patientId: person.patientId } : null
  if (record === null) await findContacts(pool, clinicNo, person, found)
  else await findRecord(pool, clinicNo, record, found)
  found.add('entries', await entriesOfBookings(pool, clinicNo, found.ids('bookings')))
  return {
    clinicNo,
    patientIds: found.ids('patients'),
    bookingIds: found.ids('bookings').toSorted(),
    entryIds: found.ids('entries'),
    guardians: found.ids('guardians').map((text): FoundGuardian => JSON.parse(text)),
    isByContact: record === null || record.withContactsOfRecord === true || record.contacts.length > 0,
  }
}

type Found = ReturnType<typeof collection>
type Collected = 'patients' | 'bookings' | 'entries' | 'guardians'

/**
 * The ids that were found, and the texts of guardians. Too many, or too many by contacts alone, are refused while they
 * are read.
 */
function collection(limits: PersonalLimits) {
  const all: Record<Collected, Set<string>> = {
    patients: new Set(),
    bookings: new Set(),
    entries: new Set(),
    guardians: new Set(),
  }
  const byContacts = new Set<string>()
  return {
    ids: (what: Collected) => [...all[what]],
    add(what: Collected, ids: readonly string[], by: keyof PersonalLimits = 'person'): void {
      for (const id of ids) {
        if (by === 'contacts' && !all[what].has(id)) byContacts.add(id)
        all[what].add(id)
      }
      if (byContacts.size > limits.contacts) throw new TooMuchPersonalData('contacts')
      const count = Object.values(all).reduce((sum, { size }) => sum + size, 0)
      if (count > limits.person) throw new TooMuchPersonalData('person')
    },
  }
}

type OfRecord = Extract<PersonInClinic, { contacts: unknown }> & { patientId: string }

async function findRecord(pool: pg.Pool, clinicNo: number, person: OfRecord, found: Found): Promise<void> {
  const { patientId, withContactsOfRecord = false } = person
  found.add('patients', [patientId, ...(await withMerged(pool, clinicNo, [patientId]))])
  found.add('bookings', await bookingsOfRecords(pool, clinicNo, found.ids('patients')))
  const record = withContactsOfRecord ? await recordsWithContacts(pool, { clinicNo, of: { patientId } }) : null
  const contacts = [...(record?.contacts ?? []), ...person.contacts]
  const entryIds = await unlinkedWith(pool, clinicNo, contacts, (ids) => {
    found.add('bookings', ids, 'contacts')
    return true
  })
  found.add('entries', entryIds, 'contacts')
  for (const contact of contacts) {
    const search = await searchForPatient(pool, clinicNo, contact)
    found.add('guardians', await guardianTexts(pool, clinicNo, search), 'contacts')
  }
}

async function findContacts(pool: pg.Pool, clinicNo: number, person: PersonInClinic, found: Found): Promise<void> {
  for (const contact of 'accountId' in person ? [person] : person.contacts) {
    const search = await searchForPatient(pool, clinicNo, contact)
    for await (const page of bookingsOfPatient(pool, clinicNo, search)) {
      found.add(
        'bookings',
        page.map(({ id }) => id),
      )
    }
    found.add('entries', await entriesOfPatient(pool, clinicNo, search))
    // An account's bookings may be for others, whose records are not the account's.
    if ('accountId' in contact) continue
    found.add('patients', await recordsOf(pool, clinicNo, search))
    found.add('guardians', await guardianTexts(pool, clinicNo, search))
  }
  found.add('patients', await withMerged(pool, clinicNo, found.ids('patients')))
  found.add('bookings', await bookingsOfRecords(pool, clinicNo, found.ids('patients')))
}

/** People who act for patients have no ids: each is a text, which is parsed again. */
async function guardianTexts(...search: Parameters<typeof guardiansOf>): Promise<string[]> {
  return (await guardiansOf(...search)).map((found) => JSON.stringify(found))
}

/** Appointments that are linked to the records, and their cases. */
async function bookingsOfRecords(pool: pg.Pool, clinicNo: number, patientIds: readonly string[]): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(sql`
    select l.booking_id as id from holdfast.booking_patient l
     where l.clinic_no = ${clinicNo} and l.patient_id = any (${patientIds}::uuid[])
     union all
    select t.booking_id from holdfast.theatre_case t
     where t.clinic_no = ${clinicNo} and t.patient_id = any (${patientIds}::uuid[])
     limit ${personalLimits.person + 1}`)
  return rows.map(({ id }) => id)
}

/** The entries of the waitlist that the bookings were offered to. */
async function entriesOfBookings(pool: pg.Pool, clinicNo: number, bookingIds: readonly string[]): Promise<string[]> {
  const entryIds: string[] = []
  for (const { from, until } of partsAround(bookingIds)) {
    const { rows } = await pool.query<{ id: string }>(sql`
      select b.waitlist_entry_id as id from holdfast.booking b
       where b.clinic_no = ${clinicNo} and b.id = any (${bookingIds}::uuid[]) and b.id >= ${from} and b.id < ${until}
         and b.waitlist_entry_id is not null`)
    entryIds.push(...rows.map(({ id }) => id))
  }
  return entryIds
}
