import type pg from 'pg'
import sql, { type Sql } from 'sql-template-tag'
import { oneShard, type ShardPools } from '../database/shard-pools.ts'
import type { CalendarFeeds, OpenFeed } from '../model/calendar-feed.ts'
import { clinicNoOf } from '../model/id.ts'

/**
 * The calendar feeds, with the application's role.
 *
 * @param shards those of clinics and doctors; those of accounts are in `pool`
 * @param adminsNeedSecondFactor site administrators need a second factor everywhere
 */
export function createCalendarFeeds(
  pool: pg.Pool,
  shards: ShardPools = oneShard(pool),
  adminsNeedSecondFactor = false,
): CalendarFeeds {
  const found = async (from: pg.Pool, condition: Sql) => {
    const feed = await storedFeed(from, condition)
    return feed !== null && (await mayBeRead(from, feed, adminsNeedSecondFactor)) ? feed : null
  }
  /** Where a clinic was, it may have feeds that are revoked. */
  const placed = async (from: pg.Pool, tokenHash: Buffer) => {
    const feed = await found(from, sql`f.token_hash = ${tokenHash}`)
    if (feed === null || feed.kind === 'account' || shards.all().length === 1) return feed
    return (await shards.of(clinicNoOf(feed.id))) === from ? feed : null
  }

  return {
    async create({ kind, id, accountId, language, tokenHash, createdAt, hasSecondFactor }) {
      await pool.query(sql`
        insert into holdfast.calendar_feed
          (subject_id, kind, token_hash, created_by, language, created_at, has_second_factor)
        values (${id}, ${kind}, ${tokenHash}, ${accountId}, ${language}, ${createdAt}, ${hasSecondFactor})
        on conflict (subject_id) do update
           set kind = excluded.kind, token_hash = excluded.token_hash, created_by = excluded.created_by,
               language = excluded.language, created_at = excluded.created_at,
               has_second_factor = excluded.has_second_factor`)
    },

    find: ({ kind, id }) => found(pool, sql`f.subject_id = ${id} and f.kind = ${kind}`),

    async remove({ kind, id }) {
      await pool.query(sql`delete from holdfast.calendar_feed where subject_id = ${id} and kind = ${kind}`)
    },

    async open(tokenHash) {
      const own = await placed(pool, tokenHash)
      const others = shards.all().filter((shard) => shard !== pool)
      if (own !== null || others.length === 0) return own
      return firstOf(others, (shard) => placed(shard, tokenHash))
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
      const byShard = new Map<pg.Pool, string[]>()
      for (const id of new Set(doctorIds)) {
        byShard.getOrInsertComputed(await shards.of(clinicNoOf(id)), () => []).push(id)
      }
      const found = await Promise.all(Array.from(byShard, ([shard, ids]) => namesOf(shard, ids)))
      return new Map(found.flat().map(({ id, name }) => [id, name]))
    },
  }
}

async function namesOf(shard: pg.Pool, doctorIds: readonly string[]): Promise<{ id: string; name: string }[]> {
  const clinicNos = [...new Set(doctorIds.map(clinicNoOf))]
  const { rows } = await shard.query<{ id: string; name: string }>(sql`
    select r.id, r.name from holdfast.resource r
     where r.clinic_no = any (${clinicNos}::integer[]) and r.id = any (${doctorIds}::uuid[])`)
  return rows
}

/** The first shard that has the feed is enough. One that cannot be read matters only if no other one has it. */
async function firstOf(
  shards: readonly pg.Pool[],
  foundIn: (shard: pg.Pool) => Promise<OpenFeed | null>,
): Promise<OpenFeed | null> {
  const searches = shards.map(async (shard) => {
    const feed = await foundIn(shard)
    if (feed === null) throw new NoFeed()
    return feed
  })
  try {
    return await Promise.any(searches)
  } catch (error) {
    const failure = error instanceof AggregateError ? error.errors.find((one) => !(one instanceof NoFeed)) : error
    if (failure !== undefined) throw failure
    return null
  }
}

/** A shard has no such feed. */
class NoFeed extends Error {}

async function storedFeed(pool: pg.Pool, condition: Sql): Promise<OpenFeed | null> {
  const { rows } = await pool.query<OpenFeed>(sql`
    select f.kind, f.subject_id as id, f.created_by as "accountId", f.language, f.created_at as "createdAt",
           f.has_second_factor as "hasSecondFactor"
      from holdfast.calendar_feed f where ${condition}`)
  return rows[0] ?? null
}

/**
 * Whether the account that created a feed may see its calendar now: its own bookings; of a clinic, as an admin; of an
 * active doctor, as an admin or as that doctor. Site administrators may see all. While the clinic requires a second
 * factor of these roles, or the setting of site administrators, the session that created the feed must have been
 * started with one. A membership of a site administrator does not replace it, as in the guards of routes.
 *
 * A separate statement: the feed may be in another database than the clinic.
 */
async function mayBeRead(
  pool: pg.Pool,
  { kind, id, accountId, hasSecondFactor }: OpenFeed,
  adminsNeedSecondFactor: boolean,
): Promise<boolean> {
  if (kind === 'account') return true
  const clinicNo = clinicNoOf(id)
  const isOfDoctor = kind === 'doctor'
  const { rows } = await pool.query<{ mayBeRead: boolean }>(sql`
    select (not ${isOfDoctor}::boolean or exists (
             select from holdfast.resource r where r.clinic_no = ${clinicNo} and r.id = ${id} and r.active))
           and (${hasSecondFactor}::boolean or not exists (
             select from holdfast.clinic c where c.no = ${clinicNo} and c.roles_need_second_factor))
           and case when exists (select from holdfast.site_administrator a where a.account_id = ${accountId})
                    then ${hasSecondFactor || !adminsNeedSecondFactor}::boolean
                    else exists (select from holdfast.membership m
                                  where m.clinic_no = ${clinicNo} and m.account_id = ${accountId}
                                    and (m.role = 'admin' or (${isOfDoctor}::boolean and m.doctor_id = ${id})))
               end as "mayBeRead"`)
  return rows[0]?.mayBeRead ?? false
}
