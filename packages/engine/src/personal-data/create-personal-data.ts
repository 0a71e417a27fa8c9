import { type PersonalSection, personalSections } from '@holdfast/vocabulary'
import type pg from 'pg'
import sql from 'sql-template-tag'
import { largeWriteMs } from '../database/pools.ts'
import { withQueryTimeout } from '../database/prepared.ts'
import { rowsOf as rowsOfShards, type ShardPools } from '../database/shard-pools.ts'
import { recordsNotErased } from '../erasure/erase-record.ts'
import { requireNoneInTransit } from '../erasure/months-in-transit.ts'
import { noOtherRecords, otherRecords } from '../erasure/other-records.ts'
import { recordsWithContacts } from '../erasure/unlinked-of-record.ts'
import type { Contact, OtherRecords } from '../model/erasure.ts'
import {
  type PersonalData,
  type PersonalDataOf,
  type PersonalRow,
  type PersonInClinic,
  personalLimits,
} from '../model/personal-data.ts'
import { partsAround } from '../reads/booking-ids.ts'
import { accountSources } from './account-sections.ts'
import { dataViews } from './data-views.ts'
import { findPerson } from './found-of-person.ts'
import { type FoundOfPerson, sectionSources } from './personal-sections.ts'

const clinicsMax = 100

/**
 * Collects what is stored about a person, by `sectionSources` and `accountSources`.
 *
 * @param limits only tests set them
 */
export function createPersonalData(shards: ShardPools, limits = personalLimits): PersonalDataOf {
  async function ofPerson({ clinicNo, person }: PersonRequest): Promise<PersonalData> {
    const pool = await shards.of(clinicNo)
    await requireNoneInTransit(pool, clinicNo)
    const found = await findPerson(pool, { clinicNo, person, limits })
    const sections: PersonalData['sections'] = []
    for (const name of personalSections) sections.push({ name, rows: await rowsOf(pool, name, found) })
    const archived = await pool.query<{ month: string }>(sql`
      select to_char(a.month, 'YYYY-MM') as month from holdfast.archived_month a
       where a.state = 'archived' order by a.month`)
    const patientIds = await recordsNotErased(pool, clinicNo, found.patientIds)
    return {
      sections,
      archivedMonths: archived.rows.map(({ month }) => month),
      patientIds,
      otherRecords: await otherRecordsOf(pool, clinicNo, patientIds),
    }
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

    viewsOf: (query) => dataViews(shards, query),

    ofAccountIn: (clinicNo, accountId) => ofPerson({ clinicNo, person: { accountId } }),
  }
}

type PersonRequest = { clinicNo: number; person: PersonInClinic }
/** A document with more records is of several persons, and names no others. */
const recordsComparedMax = 20

async function otherRecordsOf(pool: pg.Pool, clinicNo: number, patientIds: readonly string[]): Promise<OtherRecords> {
  if (patientIds.length > recordsComparedMax) return noOtherRecords
  const contacts: Contact[] = []
  for (const patientId of patientIds) {
    const record = await recordsWithContacts(pool, { clinicNo, of: { patientId } })
    contacts.push(...(record?.contacts ?? []))
  }
  return otherRecords(pool, clinicNo, { patientIds, contacts })
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
