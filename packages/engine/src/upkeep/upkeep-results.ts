import type pg from 'pg'
import sql from 'sql-template-tag'

export type UpkeepKind = 'backup' | 'verify'

/** `succeededAt`: null: never. Of a backup it is the newest moment that can be restored. */
export type UpkeepResult = { succeededAt: Date | null; failingSeconds: number }

type Outcome = {
  /** null: it did not succeed, and the time of the last success stays. */
  succeededAt: Date | null
  isFailing: boolean
}

/** Stores how a backup or a verification ended. @param owner on Citus, of the coordinator */
export async function recordUpkeep(owner: pg.Pool, kind: UpkeepKind, outcome: Outcome): Promise<void> {
  const { succeededAt, isFailing } = outcome
  await owner.query(sql`
    insert into holdfast.upkeep_result as r (kind, succeeded_at, failing_since)
    values (${kind}, ${succeededAt}, case when ${isFailing} then clock_timestamp() end)
    on conflict (kind) do update
       set succeeded_at = coalesce(excluded.succeeded_at, r.succeeded_at),
           failing_since = case when ${isFailing} then coalesce(r.failing_since, excluded.failing_since) end`)
}

/** How the last backup and the last verification ended, by whichever process or command. */
export async function readUpkeepResults(pool: pg.Pool): Promise<Record<UpkeepKind, UpkeepResult>> {
  const { rows } = await pool.query<UpkeepResult & { kind: UpkeepKind }>(sql`
    select kind, succeeded_at as "succeededAt",
           coalesce(extract(epoch from clock_timestamp() - failing_since), 0)::float8 as "failingSeconds"
      from holdfast.upkeep_result`)
  const resultOf = (kind: UpkeepKind) =>
    rows.find((row) => row.kind === kind) ?? { succeededAt: null, failingSeconds: 0 }
  return { backup: resultOf('backup'), verify: resultOf('verify') }
}
