import type pg from 'pg'
import sql, { type Sql } from 'sql-template-tag'
import { onePlace, type Places, rowsOf } from '../database/places.ts'
import type { CalendarFeeds, OpenFeed } from '../model/calendar-feed.ts'
import { clinicNoOf } from '../model/id.ts'

/**
 * Whether the account that created feed `f` may see its calendar now: its own bookings; of a clinic, as an admin; of an
 * active doctor, as an admin or as that doctor. Site administrators may see all.
 */
const mayBeRead = sql`(
  f.kind = 'account'
  or ((f.kind <> 'doctor' or exists (
         select from holdfast.resource r
          where r.clinic_no = holdfast.clinic_no_of(f.subject_id) and r.id = f.subject_id and r.active))
      and (exists (select from holdfast.site_administrator a where a.account_id = f.created_by)
           or exists (select from holdfast.membership m
                       where m.clinic_no = holdfast.clinic_no_of(f.subject_id) and m.account_id = f.created_by
                         and (m.role = 'admin' or (f.kind = 'doctor' and m.doctor_id = f.subject_id))))))`

/**
 * The calendar feeds, with the application's role.
 *
 * @param places those of clinics and doctors; those of accounts are in `pool`
 */
export function createCalendarFeeds(pool: pg.Pool, places: Places = onePlace(pool)): CalendarFeeds {
  return {
    async create({ kind, id, accountId, language, tokenHash }) {
      await pool.query(sql`
        insert into holdfast.calendar_feed (subject_id, kind, token_hash, created_by, language)
        values (${id}, ${kind}, ${tokenHash}, ${accountId}, ${language})
        on conflict (subject_id) do update
           set kind = excluded.kind, token_hash = excluded.token_hash, created_by = excluded.created_by,
               language = excluded.language, created_at = now()`)
    },

    async createdAt({ kind, id }) {
      const { rows } = await pool.query<{ createdAt: Date }>(sql`
        select f.created_at as "createdAt" from holdfast.calendar_feed f
         where f.subject_id = ${id} and f.kind = ${kind} and ${kind === 'account' ? sql`true` : mayBeRead}`)
      return rows[0]?.createdAt ?? null
    },

    async remove({ kind, id }) {
      await pool.query(sql`delete from holdfast.calendar_feed where subject_id = ${id} and kind = ${kind}`)
    },

    async open(tokenHash) {
      const ofPlaces = places.all()
      // The pool that is no place has feeds of accounts alone, and Citus does not join them with distributed tables.
      const [own] = ofPlaces.includes(pool) ? [] : await openFeeds(pool, tokenHash, sql`f.kind = 'account'`)
      if (own !== undefined) return own
      const rows = await rowsOf(ofPlaces, (place) => openFeeds(place, tokenHash, mayBeRead))
      return rows[0] ?? null
    },

    async namesPatients(clinicNo) {
      const { rows } = await pool.query<{ names: boolean }>(sql`
        select feed_patient_names as names from holdfast.clinic where no = ${clinicNo}`)
      return rows[0]?.names ?? false
    },

    async setNamesPatients(clinicNo, namesPatients) {
      await pool.query(sql`update holdfast.clinic set feed_patient_names = ${namesPatients} where no = ${clinicNo}`)
    },

    async doctorNames(doctorIds) {
      const ids = [...new Set(doctorIds)]
      const clinicNos = [...new Set(ids.map(clinicNoOf))]
      const { rows } = await pool.query<{ id: string; name: string }>(sql`
        select r.id, r.name from holdfast.resource r
         where r.clinic_no = any (${clinicNos}::integer[]) and r.id = any (${ids}::uuid[])`)
      return new Map(rows.map(({ id, name }) => [id, name]))
    },
  }
}

async function openFeeds(pool: pg.Pool, tokenHash: Buffer, condition: Sql): Promise<OpenFeed[]> {
  const { rows } = await pool.query<OpenFeed>(sql`
    select f.kind, f.subject_id as id, f.created_by as "accountId", f.language
      from holdfast.calendar_feed f
     where f.token_hash = ${tokenHash} and ${condition}`)
  return rows
}
