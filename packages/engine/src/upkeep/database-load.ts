import type pg from 'pg'
import sql from 'sql-template-tag'
import { isHeld, isLapsed } from '../database/hold-sql.ts'
import { idsFrom, idsUntil } from '../model/id-bounds.ts'

/**
 * What PostgreSQL's statistics say of a database, and how many bookings and entries wait in it. Totals are since the
 * statistics began. `clockSkewSeconds`: by how much the database's clock is ahead of this process's.
 * `replicationLagSeconds`: NaN: there is no standby, or the role may not see how late it is.
 */
export type DatabaseLoad = {
  clockSkewSeconds: number
  connections: number
  connectionsMax: number
  lockWaits: number
  deadlocks: number
  commits: number
  rollbacks: number
  blocksFromMemory: number
  blocksFromOutside: number
  replicationLagSeconds: number
  replicationRetainedBytes: number
  activeHolds: number
  lapsedHolds: number
  theatreHolds: number
  waitlistEntries: number
  waitlistOffers: number
}

/** Most holds end sooner. Older ones, such as offers that are open until the morning, are not counted. */
const holdsOfMs = 3_600_000
/** Counting more open entries would take longer than the figure is worth. */
const waitlistEntriesMax = 10_001

/**
 * Reads the load of a database, as any role can: no query takes longer with a larger table. What only a role with
 * `pg_read_all_stats` may see, the lag of standbys, is NaN without that right.
 */
export async function readDatabaseLoad(pool: Pick<pg.Pool, 'query'>): Promise<DatabaseLoad> {
  return {
    ...(await readClock(pool)),
    ...(await readStatistics(pool)),
    ...(await readHolds(pool)),
    ...(await readWaitlist(pool)),
  }
}

/** The database's clock is read between two readings of this process's: it is compared with the middle. */
async function readClock(pool: Pick<pg.Pool, 'query'>): Promise<Pick<DatabaseLoad, 'clockSkewSeconds'>> {
  const beganAt = Date.now()
  const { rows } = await pool.query<{ now: number }>(sql`
    select extract(epoch from clock_timestamp())::float8 as now`)
  const middle = (beganAt + Date.now()) / 2_000
  return { clockSkewSeconds: (rows[0]?.now ?? Number.NaN) - middle }
}

type Statistics = Omit<DatabaseLoad, 'clockSkewSeconds' | 'waitlistEntries' | 'waitlistOffers' | keyof Holds>

/** A role sees its own sessions in pg_stat_activity, and of others' standbys only that they are there. */
async function readStatistics(pool: Pick<pg.Pool, 'query'>): Promise<Statistics> {
  const { rows } = await pool.query<Statistics>(sql`
    select d.numbackends as connections, current_setting('max_connections')::integer as "connectionsMax",
           (select count(*) from pg_stat_activity
             where datname = current_database() and wait_event_type = 'Lock') as "lockWaits",
           d.deadlocks, d.xact_commit as commits, d.xact_rollback as rollbacks, d.blks_hit as "blocksFromMemory",
           d.blks_read as "blocksFromOutside",
           coalesce((select max(coalesce(extract(epoch from replay_lag), 0)) from pg_stat_replication
                      where replay_lsn is not null), 'NaN')::float8 as "replicationLagSeconds",
           case when pg_is_in_recovery() then 0
                else coalesce((select greatest(max(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)), 0)
                                 from pg_replication_slots), 0) end::float8 as "replicationRetainedBytes"
      from pg_stat_database d where d.datname = current_database()`)
  const [statistics] = rows
  if (statistics === undefined) throw new Error('The database has no row in pg_stat_database.')
  return statistics
}

type Holds = Pick<DatabaseLoad, 'activeHolds' | 'lapsedHolds' | 'theatreHolds'>

/** By the partial index of PENDING bookings. */
async function readHolds(pool: Pick<pg.Pool, 'query'>): Promise<Holds> {
  const { rows } = await pool.query<Holds>(sql`
    select count(*) filter (where ${isHeld}) as "activeHolds", count(*) filter (where ${isLapsed}) as "lapsedHolds",
           count(*) filter (where ${isHeld} and b.appointment_type = 'case') as "theatreHolds"
      from holdfast.booking b
     where b.id >= ${idsFrom(new Date(Date.now() - holdsOfMs))} and b.id < ${idsUntil(new Date())}
       and b.status = 'PENDING'`)
  return rows[0] ?? { activeHolds: 0, lapsedHolds: 0, theatreHolds: 0 }
}

/** By the partial index of open entries, and no more of them than {@link waitlistEntriesMax}. */
async function readWaitlist(
  pool: Pick<pg.Pool, 'query'>,
): Promise<Pick<DatabaseLoad, 'waitlistEntries' | 'waitlistOffers'>> {
  const { rows } = await pool.query<Pick<DatabaseLoad, 'waitlistEntries' | 'waitlistOffers'>>(sql`
    select count(*) as "waitlistEntries", count(offer_id) as "waitlistOffers"
      from (select offer_id from holdfast.waitlist_entry where ended_at is null limit ${waitlistEntriesMax}) open`)
  return rows[0] ?? { waitlistEntries: 0, waitlistOffers: 0 }
}
