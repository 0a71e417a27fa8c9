import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import sql from 'sql-template-tag'
import { advisoryLocks } from '../database/advisory-locks.ts'
import { commit, inClientTransaction } from '../database/client-transaction.ts'
import { refuseArchived, refuseWhileReplaying, untilDelivered } from './can-be-moved.ts'
import {
  allowChanges,
  beginRefusing,
  createTriggers,
  dropTriggers,
  endRefusal,
  type Fence,
  isRefusedForGood,
  refuseChanges,
  refuseForGood,
} from './clinic-fence.ts'
import { isDrained, lockMoves, moveNoticeMs, notedPlace, noteMove, notePlace } from './clinic-note.ts'
import { type ClinicTable, clinicTables } from './clinic-tables.ts'
import { type CopiedTable, copyClinic, refuseOtherTables } from './copy-clinic.ts'
import { deleteOldRows, finish, hasClinic, isNewer, lockCopy, mayBeThere, refuseThirdCopy } from './finish-move.ts'
import { type MoveConnections, type NamedUrl, withConnections } from './move-connections.ts'
import { createPartitions, MoveRefused } from './move-database.ts'
import {
  bothHave,
  drainedRefusal,
  endOf,
  interrupted,
  type MoveEnd,
  notNewest,
  notThere,
  tookTooLong,
} from './move-refusals.ts'

export type MoveClinicOptions = {
  directory: NamedUrl
  clinicNo: number
  databases: readonly MoveEnd[]
  /** The number of the database that is to have the clinic. */
  to: number
  /** Copies everything, and undoes it. Nothing is refused meanwhile. */
  dryRun: boolean
  signal: AbortSignal
  /** For how long changes may wait at most: then nothing is moved. Milliseconds. */
  pauseMsMax: number
  /** How long the rows stay where the clinic was, until all servers know that it has moved. Milliseconds. */
  noticeMs?: number
  /** Called after each step, for tests. */
  afterStep?: (step: MoveStep) => Promise<void>
}

export type MoveStep = 'noted' | 'refused' | 'delivered' | 'copied' | 'committed' | 'switched' | 'deleted'

/** `pauseMs`: for how long changes of the clinic were refused; in a dry run, how long the copy alone took. */
export type MovedClinic = { from: string; to: string; tables: CopiedTable[]; rows: number; pauseMs: number }

/**
 * Moves a clinic to another database of the installation (decision 0032). Nothing is lost if it is interrupted: called
 * again, it continues, or goes back with `to` where the clinic was. In the meantime, changes of the clinic are refused
 * with HF003. Jobs of the database that work on several clinics at once leave it out (moving_clinics.sql).
 *
 * @returns null: the clinic is there, and nothing was left to do
 * @throws MoveRefused or DatabaseLost, which say what to do; the driver's error. Before the copy is committed, the move
 *   has then gone back, unless it has lost its connection to the directory, or cannot reach where the clinic is. Of a
 *   commit whose result is lost it goes back only if it can reach the other database, and finds nothing there
 */
export function moveClinic(options: MoveClinicOptions): Promise<MovedClinic | null> {
  return withConnections(async ({ open, named }) => {
    const directory = await open(options.directory)
    await lockMoves(directory, options.clinicNo)
    const noted = await notedPlace(directory, options.clinicNo)
    const ends = { from: endOf(options.databases, noted.shardNo), to: endOf(options.databases, options.to) }
    if (options.dryRun && noted.movingTo !== null)
      throw interrupted(ends.from, endOf(options.databases, noted.movingTo))
    const source = await open(ends.from)
    const isStaying = ends.from.no === ends.to.no
    if (isStaying || noted.movingTo === noted.shardNo) {
      await finish(directory, source, { ...options, to: ends.from.no, noted })
      if (isStaying) return null
    } else if (noted.movingTo !== null && noted.movingTo !== ends.to.no) {
      const { name } = endOf(options.databases, noted.movingTo)
      throw new MoveRefused(`the clinic is being moved to ${name}: continue that, or go back to ${ends.from.name}`)
    }
    const target = await open(ends.to)
    return move({ directory, source, target, ...ends, named, isBegun: noted.movingTo !== null }, options)
  })
}

/** `isBegun`: by a former call. */
type Move = {
  directory: pg.Client
  source: pg.Client
  target: pg.Client
  from: MoveEnd
  to: MoveEnd
  isBegun: boolean
} & Pick<MoveConnections, 'named'>

async function move(ends: Move, options: MoveClinicOptions): Promise<MovedClinic> {
  const { directory, source, target, from, to, named, isBegun } = ends
  const { clinicNo, dryRun, noticeMs = moveNoticeMs, afterStep = async () => {} } = options
  const tables = await clinicTables(source)
  refuseOtherTables(tables, await clinicTables(target))
  // After a former call's copy, which may be about to be committed.
  const isThere = !dryRun && (await mayBeThere(to, clinicNo))
  // What was copied is continued, whatever another database has.
  if (!isThere || !(await isRefusedForGood(source, clinicNo))) await refuseThirdCopy([from.no, to.no], options)
  if (!(await hasClinic(source, clinicNo))) {
    // The directory was restored to a time before a move.
    if ((await hasClinic(target, clinicNo)) && !(await isRefusedForGood(target, clinicNo))) {
      if (!dryRun) await notePlace(directory, clinicNo, { from: from.no, to: to.no })
      return { from: from.name, to: to.name, tables: [], rows: 0, pauseMs: 0 }
    }
    throw notThere(from.name)
  }
  // Without a move that does so, a start has refused it, because it may not be the newest.
  if (!isThere && !isBegun && (await isRefusedForGood(source, clinicNo))) throw notNewest(from.name)
  await refuseArchived(source, clinicNo, from.name)
  // A replay does not go on after the copy, and what is copied is continued.
  if (!isThere) await refuseWhileReplaying(source, clinicNo)
  if (dryRun) {
    if (await isDrained(directory, to.no)) throw drainedRefusal(to.name)
    return copyAll(ends, tables, options, performance.now(), null)
  }
  // Otherwise, one of the two was restored, and a person chooses.
  const isCopied = isThere && (await isRefusedForGood(source, clinicNo)) && (await isNewer(target, source, clinicNo))
  if (isThere && !isCopied) throw bothHave(to.name, clinicNo)
  await noteMove(directory, clinicNo, to.no)
  // After the note, which drainShard waits for.
  if (!isThere && (await isDrained(directory, to.no))) {
    await noteMove(directory, clinicNo, null)
    throw drainedRefusal(to.name)
  }
  await afterStep('noted')
  let beganAt = performance.now()
  let moved: MovedClinic = { from: from.name, to: to.name, tables: [], rows: 0, pauseMs: 0 }
  if (!isThere) {
    const fence = { clinicNo, token: randomUUID(), msMax: options.pauseMsMax }
    const atFirst = tables.filter(({ isOutbox }) => !isOutbox)
    const outboxes = tables.filter(({ isOutbox }) => isOutbox)
    let mayBeCommitted = false
    try {
      await allowChanges(target, clinicNo)
      // What a former call has left is used again, but would refuse what jobs have to write first.
      await endRefusal(source, clinicNo)
      await dropTriggers(source, clinicNo, outboxes)
      await createTriggers(source, clinicNo, atFirst)
      beganAt = performance.now()
      await beginRefusing(source, fence)
      await refuseChanges(source, fence, atFirst)
      await afterStep('refused')
      await untilDelivered(source, clinicNo)
      await refuseChanges(source, fence, outboxes)
      // One that has begun meanwhile.
      await refuseWhileReplaying(source, clinicNo)
      await afterStep('delivered')
      moved = await copyAll(ends, tables, options, beganAt, fence)
      mayBeCommitted = true
      await commit(target)
    } catch (cause) {
      const error = await named(cause)
      // Their transactions end with them, and a copy that has failed may never end.
      await Promise.allSettled([source.end(), target.end()])
      await checkLock(directory)
      if (!mayBeCommitted || !(await mayBeThere(to, clinicNo))) await goBack(directory, from, fence)
      // The timeouts of both sessions have ended them, or their statements, when the pause is over.
      throw performance.now() - beganAt > options.pauseMsMax ? tookTooLong(options.pauseMsMax) : error
    }
  }
  await afterStep('committed')
  await notePlace(directory, clinicNo, { from: from.no, to: to.no })
  const pauseMs = performance.now() - beganAt
  await afterStep('switched')
  await delay(noticeMs)
  await checkLock(directory)
  await deleteOldRows(source, target, clinicNo)
  await afterStep('deleted')
  await allowChanges(source, clinicNo)
  await noteMove(directory, clinicNo, null)
  return { ...moved, pauseMs }
}

/** Copies all in one transaction of each database. That of the target is left to the caller, or undone in a dry run. */
async function copyAll(
  { directory, source, target, from, to }: Move,
  tables: readonly ClinicTable[],
  { clinicNo, signal, pauseMsMax, afterStep = async () => {} }: MoveClinicOptions,
  beganAt: number,
  fence: Fence | null,
): Promise<MovedClinic> {
  await createMonths(target, tables)
  await source.query('begin isolation level repeatable read')
  await target.query('begin')
  // A rehearsal has no limit of time.
  const msMax = fence === null ? 0 : Math.max(1, Math.floor(pauseMsMax - (performance.now() - beganAt)))
  for (const client of [source, target]) {
    await client.query(sql`select set_config('idle_in_transaction_session_timeout', ${`${msMax}ms`}, true)`)
    await client.query(sql`select set_config('statement_timeout', ${`${msMax}ms`}, true)`)
  }
  // Who goes back waits until it is known whether this was committed.
  await lockCopy(target, clinicNo)
  if (await hasClinic(target, clinicNo)) throw new MoveRefused(`${to.name} has the clinic already`)
  const copied = await copyClinic(source, target, { clinicNo, tables, signal })
  await source.query('rollback')
  await afterStep('copied')
  if (fence !== null) {
    await checkLock(directory)
    if (!(await refuseForGood(source, fence, tables))) throw tookTooLong(pauseMsMax)
  }
  if (fence === null) await target.query('rollback')
  const rows = copied.reduce((sum, table) => sum + table.rows, 0)
  return { from: from.name, to: to.name, tables: copied, rows, pauseMs: performance.now() - beganAt }
}

/** Does the same as ensure_partitions.sql. */
async function createMonths(target: pg.Client, tables: readonly ClinicTable[]): Promise<void> {
  await inClientTransaction(target, async () => {
    await target.query(sql`select set_config('lock_timeout', '5s', true)`)
    await target.query(
      sql`select pg_advisory_xact_lock(${advisoryLocks.partitions[0]}, ${advisoryLocks.partitions[1]})`,
    )
    await createPartitions(target, tables)
  })
}

function goBack(directory: pg.Client, from: MoveEnd, { clinicNo, token }: Pick<Fence, 'clinicNo' | 'token'>) {
  return withConnections(async ({ open }) => {
    if (await allowChanges(await open(from), clinicNo, token)) await noteMove(directory, clinicNo, null)
  })
}

/** The lock of {@link lockMoves} is lost with its connection. */
async function checkLock(directory: pg.Client): Promise<void> {
  await directory.query('select 1')
}
