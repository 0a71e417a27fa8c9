import type pg from 'pg'
import sql from 'sql-template-tag'
import { type AnnouncedTransaction, transactionId } from '../database/announced-transaction.ts'
import { canChange } from '../database/can-change-sql.ts'
import { inTransaction } from '../database/pools.ts'
import { lockedMessage, lockedTriesMax, unlessLocked } from '../database/unless-locked.ts'

/** How long a request blocks and frees slots at most; what is left is done by the jobs. */
const applyMsMax = 5_000
/** How long a run of the job works on one clinic before the others have had their turns. */
const clinicMsMax = 3_000
/** The jobs leave a closure to the request that wrote it for so long. */
const leftSeconds = 30

/** Several closures of a clinic are locked in one order, so that two transactions never wait for each other. */
const lockedClosures = (clinicNo: number) => sql`
  select l.id from holdfast.closure l where l.clinic_no = ${clinicNo}`
const inOrder = sql`order by l.id for no key update`

type Unapplied = { id: string; changed: string; doctor_ids: string[] }

/**
 * `position`: of the last step that changed something; null: none did. `doctorIds`: whose slots were changed. `locked`:
 * the doctors with slots that another session has locked, who are left to the jobs. `hasTriedAll`: the others are done,
 * and there was time for each. `isDone`: all is applied.
 */
export type AppliedClosures = {
  position: string | null
  doctorIds: Set<string>
  locked: Set<string>
  hasTriedAll: boolean
  isDone: boolean
}

/**
 * Blocks and frees the slots of all doctors whom the closures of a clinic concern that are not applied yet, in steps of
 * 1,000 slots, each of which is an announced transaction, until `endMs` of `performance.now()`. A doctor whose slots
 * are locked comes after the others. When all is done, that is noted.
 *
 * @param closureId only this one; null: all of them. `lockedBefore`: doctors who are not tried again; the
 *   others are tried once
 */
export async function applyClosures(
  pool: pg.Pool,
  write: AnnouncedTransaction,
  {
    clinicNo,
    closureId = null,
    lockedBefore = new Set(),
  }: { clinicNo: number; closureId?: string | null; lockedBefore?: ReadonlySet<string> },
  endMs = performance.now() + applyMsMax,
): Promise<AppliedClosures> {
  const { rows } = await pool.query<Unapplied>(sql`
    select k.id, k.changed_at::text as changed,
           array(select r.id from holdfast.resource r
                  where r.clinic_no = k.clinic_no and (r.id = k.resource_id or k.resource_id is null)
                    and (r.kind = 'doctor' or r.kind in ('consulting_room', 'device') and r.id = k.resource_id)
                  order by random()) as doctor_ids
      from holdfast.closure k
     where k.clinic_no = ${clinicNo} and k.applied_at is null
       and ${closureId === null ? sql`true` : sql`k.id = ${closureId}`}`)
  const locked = new Set(lockedBefore)
  const triesMax = lockedBefore.size === 0 ? lockedTriesMax : 1
  // In another order in each run: with many locked ones, there may not be time for all.
  const untried = new Set(rows.flatMap(({ doctor_ids: ids }) => ids)).difference(locked)
  const doctors = [...untried].map((doctorId) => ({ doctorId, tries: 1 }))
  const applied: AppliedClosures = {
    position: null,
    doctorIds: new Set(),
    locked,
    hasTriedAll: false,
    isDone: false,
  }
  // Those who are put at the end are among them.
  for (const { doctorId, tries } of doctors) {
    for (;;) {
      if (performance.now() > endMs) return { ...applied, hasTriedAll: untried.size === 0 }
      const step = await unlessLocked(write, (transaction) => applyStep(transaction, clinicNo, doctorId))
      if (step === 'locked') locked.add(doctorId)
      else locked.delete(doctorId)
      if (step === 'locked' && tries < triesMax) doctors.push({ doctorId, tries: tries + 1 })
      if (step === 'locked' || step === null) {
        untried.delete(doctorId)
        break
      }
      applied.position = step
      applied.doctorIds.add(doctorId)
    }
  }
  if (locked.size > 0) return { ...applied, hasTriedAll: true }
  // One that was changed meanwhile is applied by whoever changed it.
  const [ids, changes] = [rows.map(({ id }) => id), rows.map(({ changed }) => changed)]
  await pool.query(sql`
    with locked as materialized (${lockedClosures(clinicNo)} and l.id = any (${ids}::uuid[]) ${inOrder})
    update holdfast.closure k set applied_at = clock_timestamp()
      from unnest(${ids}::uuid[], ${changes}::timestamptz[]) u(id, changed)
      join locked l on l.id = u.id
     where k.clinic_no = ${clinicNo} and k.id = u.id and k.changed_at = u.changed`)
  return { ...applied, hasTriedAll: true, isDone: true }
}

/** @returns the transaction; null: there was nothing left to change */
async function applyStep(transaction: pg.PoolClient, clinicNo: number, doctorId: string): Promise<string | null> {
  const { rows } = await transaction.query<{ changed: number }>(sql`
    select holdfast.apply_busy_times(${clinicNo}, ${doctorId}) as changed`)
  return (rows[0]?.changed ?? 0) === 0 ? null : transactionId(transaction)
}

/**
 * Notes that the local times of a clinic's closures are other instants now: called in the transaction that changes the
 * clinic's zone, after which `applyClosures` blocks and frees what that changes.
 */
export async function reapplyClosures(transaction: pg.PoolClient, clinicNo: number): Promise<void> {
  await transaction.query(sql`
    with locked as materialized (${lockedClosures(clinicNo)} and l.removed_at is null ${inOrder})
    update holdfast.closure k set applied_at = null, changed_at = clock_timestamp()
      from locked l
     where k.clinic_no = ${clinicNo} and k.id = l.id and k.removed_at is null`)
}

type DueQuery = {
  limit: number
  signal?: AbortSignal | undefined
  msMax: number
  onError(error: unknown, clinic: { clinicNo: number }): void
}

/**
 * Applies what requests have not finished, the longest waiting clinics first. One that takes long goes on after the
 * others.
 *
 * @returns for how many clinics
 * @throws AggregateError after the last clinic, with what `onError` was called with: a clinic that fails, or
 *   has a doctor whose slots are locked, does not hold up the others
 */
export async function applyDueClosures(pool: pg.Pool, { limit, signal, msMax, onError }: DueQuery): Promise<number> {
  const endMs = performance.now() + msMax
  const { rows } = await pool.query<{ clinicNo: number }>(sql`
    select k.clinic_no as "clinicNo" from holdfast.closure k
     where k.applied_at is null and k.changed_at < clock_timestamp() - make_interval(secs => ${leftSeconds})
       and ${canChange(sql`k.clinic_no`)}
     group by k.clinic_no order by min(k.changed_at) limit ${limit}`)
  const clinics = rows.map(({ clinicNo }) => ({ clinicNo, isAgain: false, lockedBefore: new Set<string>() }))
  let count = 0
  const errors: unknown[] = []
  // Those that are put at the end are among them.
  for (const { clinicNo, isAgain, lockedBefore } of clinics) {
    if (signal?.aborted === true || performance.now() > endMs) break
    try {
      // Nothing is announced: servers read what has changed from the log.
      const untilMs = isAgain ? endMs : Math.min(endMs, performance.now() + clinicMsMax)
      const write: AnnouncedTransaction = (work) => inTransaction(pool, work)
      const applied = await applyClosures(pool, write, { clinicNo, lockedBefore }, untilMs)
      const { locked, hasTriedAll, isDone } = applied
      if (isDone) count += 1
      // The free doctors of a clinic with many locked ones have their turns in this run, too.
      else if (!hasTriedAll && !isAgain) clinics.push({ clinicNo, isAgain: true, lockedBefore: locked })
      else if (locked.size > 0) throw new Error(lockedMessage)
    } catch (error) {
      errors.push(error)
      onError(error, { clinicNo })
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, `Closures of ${errors.length} clinics were not applied.`)
  return count
}
