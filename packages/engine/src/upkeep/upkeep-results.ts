import type pg from 'pg'
import sql from 'sql-template-tag'

export type UpkeepKind = 'backup' | 'restore_test' | 'verify'

/**
 * `succeededAt`: null: never. For a backup it is the newest moment that can be restored. `intervalSeconds`: how often
 * it is done; null: there is no schedule, or nothing is recorded. `faults`: what the last verification found; null: it
 * was none, or its number is not recorded.
 */
export type UpkeepResult = {
  succeededAt: Date | null
  failingSeconds: number
  intervalSeconds: number | null
  faults: number | null
}

type Outcome = {
  /** null: it did not succeed, and the time of the last success stays. */
  succeededAt: Date | null
  isFailing: boolean
  intervalSeconds?: number
  faults?: number
}

/** Stores how a backup, a restore test or a verification ended. */
export async function recordUpkeep(owner: pg.Pool, kind: UpkeepKind, outcome: Outcome): Promise<void> {
  const { succeededAt, isFailing, intervalSeconds = null, faults = null } = outcome
  await owner.query(sql`
    insert into holdfast.upkeep_result as r (kind, succeeded_at, failing_since, interval_seconds, faults)
    values (${kind}, ${succeededAt}, case when ${isFailing} then clock_timestamp() end, ${intervalSeconds}, ${faults})
    on conflict (kind) do update
       set succeeded_at = coalesce(excluded.succeeded_at, r.succeeded_at),
           failing_since = case when ${isFailing} then coalesce(r.failing_since, excluded.failing_since) end,
           interval_seconds = excluded.interval_seconds, faults = excluded.faults`)
}

/** Stores how often something is to be done, before it was done once: that it never is can be seen then. */
export async function scheduleUpkeep(owner: pg.Pool, kind: UpkeepKind, intervalSeconds: number): Promise<void> {
  await owner.query(sql`
    insert into holdfast.upkeep_result (kind, interval_seconds) values (${kind}, ${intervalSeconds})
    on conflict (kind) do update set interval_seconds = excluded.interval_seconds`)
}

/** Deletes the record of what is switched off: it would be reported as old, or as failing, for ever. */
export async function forgetUpkeep(owner: pg.Pool, kind: UpkeepKind): Promise<void> {
  await owner.query(sql`delete from holdfast.upkeep_result where kind = ${kind}`)
}

const nothing: UpkeepResult = { succeededAt: null, failingSeconds: 0, intervalSeconds: null, faults: null }

/** How the last of each kind ended, by whichever process or command. */
export async function readUpkeepResults(pool: pg.Pool): Promise<Record<UpkeepKind, UpkeepResult>> {
  const { rows } = await pool.query<UpkeepResult & { kind: UpkeepKind }>(sql`
    select kind, succeeded_at as "succeededAt",
           coalesce(extract(epoch from clock_timestamp() - failing_since), 0)::float8 as "failingSeconds",
           interval_seconds as "intervalSeconds", faults
      from holdfast.upkeep_result`)
  const resultOf = (kind: UpkeepKind) => rows.find((row) => row.kind === kind) ?? nothing
  return { backup: resultOf('backup'), restore_test: resultOf('restore_test'), verify: resultOf('verify') }
}
