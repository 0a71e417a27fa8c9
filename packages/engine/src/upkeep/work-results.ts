import type pg from 'pg'
import sql from 'sql-template-tag'

/** `consumer`: a program that gets events from the broker; only what it could not process is recorded. */
export type WorkKind = 'job' | 'message' | 'consumer'

/** What a job, a way of sending or a consumer has done since the last record. */
export type WorkDone = {
  kind: WorkKind
  name: string
  hasSucceeded: boolean
  hasFailed: boolean
  /** Failures since its last success: the success before them, if there was one, ended those before. */
  failuresInRow: number
}

export type WorkResult = {
  kind: WorkKind
  name: string
  /** null: never. */
  succeededAt: Date | null
  failedAt: Date | null
  /** null: the last attempt succeeded. */
  failingSince: Date | null
  /** Since the last success. */
  failures: number
}

/** Adds what was done to what is stored. The times are those of the record. */
export async function recordWork(pool: pg.Pool, done: readonly WorkDone[]): Promise<void> {
  await pool.query(sql`
    insert into holdfast.work_result as r (kind, name, succeeded_at, failed_at, failing_since, failures)
    select d.kind, d.name, case when d.succeeded then clock_timestamp() end,
           case when d.failed then clock_timestamp() end, case when d.failures > 0 then clock_timestamp() end,
           d.failures
      from unnest(${done.map(({ kind }) => kind)}::text[], ${done.map(({ name }) => name)}::text[],
                  ${done.map(({ hasSucceeded }) => hasSucceeded)}::boolean[],
                  ${done.map(({ hasFailed }) => hasFailed)}::boolean[],
                  ${done.map(({ failuresInRow }) => failuresInRow)}::integer[])
           as d (kind, name, succeeded, failed, failures)
     order by d.kind, d.name
    on conflict (kind, name) do update
       set succeeded_at = coalesce(excluded.succeeded_at, r.succeeded_at),
           failed_at = coalesce(excluded.failed_at, r.failed_at),
           failing_since = case when excluded.succeeded_at is null
                                then coalesce(r.failing_since, excluded.failing_since)
                                else excluded.failing_since end,
           failures = case when excluded.succeeded_at is null then least(r.failures, 1000000) else 0 end
                      + excluded.failures`)
}

/**
 * Ends the failures of channels that are not set up any more, a week after the last attempt: nothing else ends them.
 * `purge_outdated` then deletes them.
 */
export async function endFailuresOf(pool: pg.Pool, channels: readonly string[]): Promise<void> {
  await pool.query(sql`
    update holdfast.work_result
       set failures = 0, failing_since = null
     where kind = 'message' and name = any (${channels}::text[]) and failures > 0
       and coalesce(greatest(succeeded_at, failed_at), '-infinity') < clock_timestamp() - interval '7 days'`)
}

/** A few rows for each database: those of jobs and messages first, then the consumers that failed last. */
export async function readWorkResults(pool: Pick<pg.Pool, 'query'>): Promise<WorkResult[]> {
  const { rows } = await pool.query<WorkResult>(sql`
    select kind, name, succeeded_at as "succeededAt", failed_at as "failedAt", failing_since as "failingSince", failures
      from holdfast.work_result
     order by array_position(array['job', 'message', 'consumer'], kind),
              case kind when 'consumer' then failed_at end desc nulls last, name
     limit 100`)
  return rows
}
