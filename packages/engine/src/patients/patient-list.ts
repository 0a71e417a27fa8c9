import { patientsSearchedMax } from '@holdfast/vocabulary'
import type pg from 'pg'
import sql, { empty, join, type Sql } from 'sql-template-tag'
import { cursorOf } from '../lists/cursor.ts'
import { pageOf } from '../lists/page.ts'
import { hasWords, matchesFolded } from '../lists/search-text.ts'
import { soughtDates } from '../lists/sought-dates.ts'
import type { PatientRecord, Patients } from '../model/patient-record.ts'
import { selectedRecord } from './record-columns.ts'

type Query = Parameters<Patients['list']>[0]
type Row = PatientRecord & { nameKey: string }

const cursors = cursorOf('patients', ['name', 'id'])

/**
 * The list by name, and searches in it. A search compares stored texts, along the list's index: 10,000 records take
 * 10 ms. An index of parts of words would need an extension that is of no use for Arabic in the embedded server.
 *
 * @param searchedMax of the records of a page
 */
export function patientList(pool: pg.Pool, searchedMax = patientsSearchedMax): Pick<Patients, 'list'> {
  return {
    async list({ clinicNo, q, limit, cursor }) {
      const after = cursor === null ? empty : isAfter(cursor)
      const { rows } = await pool.query<Row>(patientSearch({ clinicNo, q, limit, after, searchedMax }))
      const page = pageOf(
        rows,
        limit,
        ({ nameKey: _, ...record }) => record,
        (last) => cursors.encode(last.nameKey, last.id),
      )
      if (q === null || page.nextCursor !== null) return page
      const last = await lastSearched(pool, clinicNo, after, searchedMax)
      return { items: page.items, nextCursor: last === null ? null : cursors.encode(last.nameKey, last.id) }
    },
  }
}

type Search = Pick<Query, 'clinicNo' | 'q' | 'limit'> & { after?: Sql; searchedMax?: number }

/** The records of a page, and one more if another page follows. */
export function patientSearch({ clinicNo, q, limit, after = empty, searchedMax = patientsSearchedMax }: Search): Sql {
  const matches = q === null ? sql`true` : matchesRecord(q)
  return sql`
    select ${selectedRecord}, p.name_key as "nameKey"
      from (select * from holdfast.patient p
             where p.clinic_no = ${clinicNo} and p.erased_at is null and p.merged_into is null ${after}
             order by p.name_key, p.id limit ${searchedMax}) p
     where ${matches}
     order by p.name_key, p.id limit ${limit + 1}`
}

/** The last record that a search has looked at, if there are more; null: it has looked at all. */
async function lastSearched(
  pool: pg.Pool,
  clinicNo: number,
  after: Sql,
  searchedMax: number,
): Promise<Pick<Row, 'id' | 'nameKey'> | null> {
  const { rows } = await pool.query<Pick<Row, 'id' | 'nameKey'>>(sql`
    select p.id, p.name_key as "nameKey" from holdfast.patient p
     where p.clinic_no = ${clinicNo} and p.erased_at is null and p.merged_into is null ${after}
     order by p.name_key, p.id limit 2 offset ${searchedMax - 1}`)
  return rows.length < 2 ? null : (rows[0] ?? null)
}

/** Whether record `p` has every word and was born on the day. */
function matchesRecord(q: string): Sql {
  const { days, rest } = soughtDates(q)
  const born = days.map((meant) => sql`p.birth_date = any (${meant}::date[])`)
  const words = rest === '' && born.length > 0 ? [] : [matchesFolded(sql`p.search_text`, hasWords(rest))]
  return join([...born, ...words], ' and ')
}

function isAfter(cursor: string): Sql {
  const [nameKey, id] = cursors.decode(cursor)
  return sql`and (p.name_key, p.id) > (${nameKey}, ${id}::uuid)`
}
