import { type PersonalSection, personalSections } from '@holdfast/vocabulary'
import type pg from 'pg'
import sql from 'sql-template-tag'
import { largeWriteMs } from '../database/pools.ts'
import { withQueryTimeout } from '../database/prepared.ts'
import { rowsOf as rowsOfShards, type ShardPools } from '../database/shard-pools.ts'
import { recordsOf } from '../erasure/erase-record.ts'
import { bookingsOfPatient, entriesOfPatient } from '../erasure/found-of-patient.ts'
import { requireNoneInTransit } from '../erasure/months-in-transit.ts'
import { searchForPatient } from '../erasure/search-for-patient.ts'
import { contactsOfRecord, unlinkedWith } from '../erasure/unlinked-of-record.ts'
import {
  type PersonalData,
  type PersonalDataOf,
  type PersonalRow,
  type PersonInClinic,
  personalBookingsMax,
  TooMuchPersonalData,
} from '../model/personal-data.ts'
import { partsAround } from '../reads/booking-ids.ts'
import { accountSources } from './account-sections.ts'
import { type FoundOfPerson, sectionSources } from './personal-sections.ts'

const clinicsMax = 100

/**
 * Collects what is stored about a person, by `sectionSources` and `accountSources`.
 *
 * @param bookingsMax more of one person are refused; only tests set it
 */
export function createPersonalData(shards: ShardPools, bookingsMax = personalBookingsMax): PersonalDataOf {
  async function ofPerson({ clinicNo, person }: PersonRequest): Promise<PersonalData> {
    const pool = await shards.of(clinicNo)
    await requireNoneInTransit(pool, clinicNo)
    const found = await find(pool, { clinicNo, person, bookingsMax })
    const sections: PersonalData['sections'] = []
    for (const name of personalSections) sections.push({ name, rows: await rowsOf(pool, name, found) })
    const archived = await pool.query<{ month: string }>(sql`
      select to_char(a.month, 'YYYY-MM') as month from holdfast.archived_month a
       where a.state = 'archived' order by a.month`)
    return { sections, archivedMonths: archived.rows.map(({ month }) => month) }
  }

  return {
    async clinicsOf(accountId) {
      return rowsOfShards(shards.all(), async (pool) => {
        const { rows } = await pool.query<{ clinicNo: number; clinicId: string; clinicName: string }>(sql`
          select c.no as "clinicNo", c.id as "clinicId", c.name as "clinicName" from holdfast.clinic c
           where c.no in (select b.clinic_no from holdfast.booking b where b.account_id = ${accountId}
                           union select w.clinic_no from holdfast.waitlist_entry w where w.account_id = ${accountId})
           order by c.no limit ${clinicsMax}`)
        const isHere = await Promise.all(rows.map(async ({ clinicNo }) => (await shards.of(clinicNo)) === pool))
        return rows.filter((_, index) => isHere[index])
      })
    },

    async ofAccount(accountId) {
      const names = Object.keys(accountSources) as (keyof typeof accountSources)[]
      return Promise.all(
        names.map(async (name) => ({
          name,
          rows: await rowsOfShards(
            shards.all(),
            async (pool) => (await pool.query<PersonalRow>(accountSources[name].rows(accountId))).rows,
          ),
        })),
      )
    },

    ofPerson,

    ofAccountIn: (clinicNo, accountId) => ofPerson({ clinicNo, person: { accountId } }),
  }
}

type PersonRequest = { clinicNo: number; person: PersonInClinic }
type PersonSearch = PersonRequest & { bookingsMax: number }

async function find(pool: pg.Pool, { clinicNo, person, bookingsMax }: PersonSearch): Promise<FoundOfPerson> {
  const bookingIds = new Set<string>()
  const add = (ids: readonly string[]) => {
    for (const id of ids) bookingIds.add(id)
    if (bookingIds.size > bookingsMax) throw new TooMuchPersonalData()
  }
  const entryIds = new Set<string>()
  const patientIds = new Set<string>()
  if ('patientId' in person && person.patientId !== undefined) {
    const { patientId } = person
    patientIds.add(patientId)
    const contacts = [...(await contactsOfRecord(pool, { clinicNo, of: { patientId } })), ...person.contacts]
    for (const id of await unlinkedWith(pool, clinicNo, contacts, add)) entryIds.add(id)
  } else {
    for (const contact of 'accountId' in person ? [person] : person.contacts) {
      const search = await searchForPatient(pool, clinicNo, contact)
      for await (const page of bookingsOfPatient(pool, clinicNo, search)) add(page.map(({ id }) => id))
      for (const id of await entriesOfPatient(pool, clinicNo, search)) entryIds.add(id)
      // An account's bookings may be for others, whose records are not the account's.
      if ('accountId' in contact) continue
      for (const id of await recordsOf(pool, clinicNo, search)) patientIds.add(id)
    }
  }
  add(await bookingsOfRecords(pool, clinicNo, [...patientIds]))
  for (const id of await entriesOfBookings(pool, clinicNo, [...bookingIds])) entryIds.add(id)
  return {
    clinicNo,
    patientIds: [...patientIds],
    bookingIds: [...bookingIds].toSorted(),
    entryIds: [...entryIds],
  }
}

/** Appointments that are linked to the records, and their cases. */
async function bookingsOfRecords(pool: pg.Pool, clinicNo: number, patientIds: readonly string[]): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(sql`
    select l.booking_id as id from holdfast.booking_patient l
     where l.clinic_no = ${clinicNo} and l.patient_id = any (${patientIds}::uuid[])
     union all
    select t.booking_id from holdfast.theatre_case t
     where t.clinic_no = ${clinicNo} and t.patient_id = any (${patientIds}::uuid[])
     limit ${personalBookingsMax + 1}`)
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

async function rowsOf(pool: pg.Pool, name: PersonalSection, found: FoundOfPerson): Promise<PersonalRow[]> {
  const { ofMonths, rows } = sectionSources[name]
  const all: PersonalRow[] = []
  for (const months of ofMonths ? partsAround(found.bookingIds) : [allIds]) {
    const selected = await pool.query<PersonalRow>(withQueryTimeout(rows(found, months), largeWriteMs))
    all.push(...selected.rows)
  }
  return all
}

const allIds = { from: '00000000-0000-0000-0000-000000000000', until: 'ffffffff-ffff-ffff-ffff-ffffffffffff' }
