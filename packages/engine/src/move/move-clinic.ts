import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import sql from 'sql-template-tag'
import { commit, inClientTransaction } from '../database/client-transaction.ts'
import { connectClient } from '../database/connect-client.ts'
import { repeatWhileLocked } from '../database/repeat-while-locked.ts'
import { allowChanges, fencedTables, letThrough, refuseChanges } from './clinic-fence.ts'
import { type ClinicTable, clinicTables } from './clinic-tables.ts'
import { type CopiedTable, copyClinic, refuseOtherTables } from './copy-clinic.ts'
import { createPartitions, MoveRefused } from './move-database.ts'
import { tableName } from './moved-tables.ts'

/** A database of the installation, as the owner of its schema. */
export type MoveEnd = { no: number; name: string; url: string }

export type MoveClinicOptions = {
  directoryUrl: string
  clinicNo: number
  databases: readonly MoveEnd[]
  /** The number of the database that is to have the clinic. */
  to: number
  /** Copies everything, and undoes it. Nothing is refused meanwhile. */
  dryRun: boolean
  signal: AbortSignal
  /** How long the rows stay where the clinic was, until all servers know that it has moved. Milliseconds. */
  noticeMs?: number
  /** Called after each step, for tests. */
  afterStep?: (step: MoveStep) => Promise<void>
}

export type MoveStep = 'noted' | 'refused' | 'delivered' | 'copied' | 'committed' | 'switched' | 'deleted'

/** `pauseMs`: for how long changes of the clinic were refused; in a dry run, how long the copy took. */
export type MovedClinic = { from: string; to: string; tables: CopiedTable[]; rows: number; pauseMs: number }

const applicationName = 'holdfast move-clinic'
/** How long the receivers of the log may take for what they have not got yet. */
const deliveryMsMax = 5_000
const pollMs = 20
/** Servers ask for moved clinics every half second. */
const noticeMsDefault = 2_000

/**
 * Moves a clinic to another database of the installation (decision 0063). Nothing is lost if it is interrupted: called
 * again, it continues, or goes back with `to` where the clinic was. In the meantime, changes of the clinic are refused
 * with HF001; other clinics are not concerned.
 *
 * @returns null: the clinic is there, and nothing was left to do
 * @throws MoveRefused, and then nothing has changed; the driver's error
 */
export async function moveClinic(options: MoveClinicOptions): Promise<MovedClinic | null> {
  const directory = await connectClient({ url: options.directoryUrl, name: applicationName })
  const clients: pg.Client[] = [directory]
  try {
    await lockMoves(directory, options.clinicNo)
    const noted = await notedPlace(directory, options.clinicNo)
    const ends = { from: endOf(options.databases, noted.shardNo), to: endOf(options.databases, options.to) }
    const target = await connectClient({ url: ends.to.url, name: applicationName })
    clients.push(target)
    if (ends.from.no === ends.to.no) {
      return await finish(directory, target, { ...options, wasGoingTo: noted.movingTo })
    }
    const source = await connectClient({ url: ends.from.url, name: applicationName })
    clients.push(source)
    return await move({ directory, source, target, ...ends }, options)
  } finally {
    // What was not committed is undone.
    await Promise.allSettled(clients.map((client) => client.end()))
  }
}

type Move = { directory: pg.Client; source: pg.Client; target: pg.Client; from: MoveEnd; to: MoveEnd }

async function move(ends: Move, options: MoveClinicOptions): Promise<MovedClinic> {
  const { directory, source, target, from, to } = ends
  const { clinicNo, dryRun, noticeMs = noticeMsDefault, afterStep = async () => {} } = options
  const tables = await clinicTables(source)
  refuseOtherTables(tables, await clinicTables(target))
  if (!(await hasClinic(source, clinicNo))) {
    throw new MoveRefused(`the directory notes the clinic in ${from.name}, which does not have it`)
  }
  await refuseArchived(source, clinicNo, from.name)
  if (dryRun) return copyAll(ends, tables, options, performance.now())
  await noteMove(directory, clinicNo, to.no)
  await afterStep('noted')
  const beganAt = performance.now()
  const isThere = await hasClinic(target, clinicNo)
  // One that was committed, but not noted: nothing was changed in the source since.
  if (isThere && (await fencedTables(source, clinicNo)).size === 0) {
    throw bothHave(from.name, clinicNo)
  }
  let moved: MovedClinic = { from: from.name, to: to.name, tables: [], rows: 0, pauseMs: 0 }
  if (!isThere) {
    try {
      await allowChanges(target, clinicNo)
      await refuseChanges(
        source,
        clinicNo,
        tables.filter(({ isOutbox }) => !isOutbox),
      )
      await afterStep('refused')
      await untilDelivered(source, clinicNo)
      await refuseChanges(source, clinicNo, tables)
      await afterStep('delivered')
      moved = await copyAll(ends, tables, options, beganAt)
    } catch (error) {
      // Its transaction ends with it.
      await target.end()
      if (!(await mayBeThere(to.url, clinicNo))) await goBack(directory, source, clinicNo)
      throw error
    }
  }
  await afterStep('committed')
  await notePlace(directory, clinicNo, to.no)
  const pauseMs = performance.now() - beganAt
  await afterStep('switched')
  await delay(noticeMs)
  await deleteClinic(source, clinicNo, tables)
  await afterStep('deleted')
  await allowChanges(source, clinicNo)
  await noteMove(directory, clinicNo, null)
  return { ...moved, pauseMs }
}

/** In one transaction of each database. */
async function copyAll(
  { source, target, from, to }: Move,
  tables: readonly ClinicTable[],
  { clinicNo, dryRun, signal, afterStep = async () => {} }: MoveClinicOptions,
  beganAt: number,
): Promise<MovedClinic> {
  await createPartitions(target, tables)
  await source.query('begin isolation level repeatable read')
  await target.query('begin')
  for (const client of [source, target]) await client.query('set local idle_in_transaction_session_timeout = 0')
  // Who goes back waits until it is known whether this was committed.
  await target.query(sql`select pg_advisory_xact_lock(hashtextextended(${copyLock(clinicNo)}, 0))`)
  if (await hasClinic(target, clinicNo)) throw new MoveRefused(`${to.name} has the clinic already`)
  const copied = await copyClinic(source, target, { clinicNo, tables, signal })
  await source.query('rollback')
  await afterStep('copied')
  if (!dryRun && (await fencedTables(source, clinicNo)).size === 0) {
    throw new MoveRefused('another call has gone back meanwhile')
  }
  await (dryRun ? target.query('rollback') : commit(target))
  const rows = copied.reduce((sum, table) => sum + table.rows, 0)
  return { from: from.name, to: to.name, tables: copied, rows, pauseMs: performance.now() - beganAt }
}

/** Where the clinic is to be: what a former call has left to do. */
async function finish(
  directory: pg.Client,
  there: pg.Client,
  { clinicNo, databases, to, wasGoingTo }: MoveClinicOptions & { wasGoingTo: number | null },
): Promise<MovedClinic | null> {
  if (wasGoingTo === null) return null
  for (const other of databases.filter(({ no }) => no !== to)) {
    const hasRows = await mayBeThere(other.url, clinicNo)
    if (wasGoingTo === other.no && hasRows) {
      throw new MoveRefused(`the clinic is in ${other.name} already: move it there, and then back`)
    }
    const client = await connectClient({ url: other.url, name: applicationName })
    try {
      if (hasRows && (await fencedTables(client, clinicNo)).size === 0) throw bothHave(other.name, clinicNo)
      if (hasRows) await deleteClinic(client, clinicNo, await clinicTables(client))
      await allowChanges(client, clinicNo)
    } finally {
      await client.end()
    }
  }
  await goBack(directory, there, clinicNo)
  return null
}

function bothHave(name: string, clinicNo: number): MoveRefused {
  return new MoveRefused(`${name} has the clinic ${clinicNo} as well, and accepts changes of it`)
}

async function goBack(directory: pg.Client, source: pg.Client, clinicNo: number): Promise<void> {
  await allowChanges(source, clinicNo)
  await noteMove(directory, clinicNo, null)
}

async function lockMoves(directory: pg.Client, clinicNo: number): Promise<void> {
  const { rows } = await directory.query<{ taken: boolean }>(
    sql`select pg_try_advisory_lock(hashtextextended(${moveLock(clinicNo)}, 0)) as taken`,
  )
  if (rows[0]?.taken !== true) throw new MoveRefused('another call moves the clinic now')
}

/** Of the directory: one call moves a clinic. */
function moveLock(clinicNo: number): string {
  return `holdfast.move_clinic ${clinicNo}`
}

/** Of the database that gets the clinic: while it is copied. */
function copyLock(clinicNo: number): string {
  return `holdfast.copy_clinic ${clinicNo}`
}

async function notedPlace(
  directory: pg.Client,
  clinicNo: number,
): Promise<{ shardNo: number; movingTo: number | null }> {
  const { rows } = await directory.query<{ shardNo: number; movingTo: number | null }>(sql`
    select shard_no as "shardNo", moving_to as "movingTo" from holdfast.clinic_shard where clinic_no = ${clinicNo}`)
  const [place] = rows
  if (place === undefined) throw new MoveRefused('the directory does not know the clinic')
  return place
}

async function noteMove(directory: pg.Client, clinicNo: number, movingTo: number | null): Promise<void> {
  await directory.query(sql`
    update holdfast.clinic_shard set moving_to = ${movingTo}, changed_at = clock_timestamp()
     where clinic_no = ${clinicNo}`)
}

/** The point from which on the clinic is served by the other database. */
async function notePlace(directory: pg.Client, clinicNo: number, shardNo: number): Promise<void> {
  await directory.query(sql`
    update holdfast.clinic_shard set shard_no = ${shardNo}, changed_at = clock_timestamp()
     where clinic_no = ${clinicNo}`)
}

function endOf(databases: readonly MoveEnd[], no: number): MoveEnd {
  const end = databases.find((one) => one.no === no)
  if (end === undefined) throw new MoveRefused(`the clinic is in the database ${no}, which HOLDFAST_SHARDS lacks`)
  return end
}

async function hasClinic(client: pg.Client, clinicNo: number): Promise<boolean> {
  const { rowCount } = await client.query(sql`select from holdfast.clinic where no = ${clinicNo}`)
  return rowCount === 1
}

/** Waits for a copy that may be committed at the moment. */
async function mayBeThere(url: string, clinicNo: number): Promise<boolean> {
  const client = await connectClient({ url, name: applicationName })
  try {
    return await inClientTransaction(client, async () => {
      await client.query(sql`select pg_advisory_xact_lock(hashtextextended(${copyLock(clinicNo)}, 0))`)
      return hasClinic(client, clinicNo)
    })
  } finally {
    await client.end()
  }
}

/** Archived months are in files with the rows of all clinics of their database. */
async function refuseArchived(source: pg.Client, clinicNo: number, name: string): Promise<void> {
  const { rowCount } = await source.query(sql`
    select from holdfast.archived_month m join holdfast.clinic c on c.no = ${clinicNo}
     where m.month >= date_trunc('month', c.created_at)::date`)
  if (rowCount === 0) return
  throw new MoveRefused(`${name} has archived months since the clinic was created: restore them first`)
}

/**
 * Waits until every receiver of the log has what the clinic's last events say: in the other database, they come before
 * its receivers' positions.
 */
async function untilDelivered(source: pg.Client, clinicNo: number): Promise<void> {
  const { rows: last } = await source.query<{ xid: string; seq: string }>(sql`
    select e.xid::text as xid, e.seq::text as seq
      from ((select xid, seq from holdfast.recent_event where clinic_no = ${clinicNo}
              order by xid desc, seq desc limit 1)
            union all
            (select xid, seq from holdfast.recent_late_event where clinic_no = ${clinicNo}
              order by xid desc, seq desc limit 1)) e
     order by e.xid desc, e.seq desc limit 1`)
  const [event] = last
  if (event === undefined) return
  const deadline = performance.now() + deliveryMsMax
  for (;;) {
    const { rows } = await source.query<{ name: string }>(sql`
      select name from holdfast.log_receiver
       where (xid, seq) < (${event.xid}::xid8, ${event.seq}::bigint) order by name limit 1`)
    const [behind] = rows
    if (behind === undefined) return
    if (performance.now() > deadline) {
      throw new MoveRefused(
        `the receiver ${behind.name} of the log has not got the clinic’s last events: see that its worker runs`,
      )
    }
    await delay(pollMs)
  }
}

/** In the reverse order of references. The last entry of the log tells servers that lists have changed. */
async function deleteClinic(source: pg.Client, clinicNo: number, tables: readonly ClinicTable[]): Promise<void> {
  await repeatWhileLocked(() =>
    inClientTransaction(source, async () => {
      await source.query(letThrough(clinicNo))
      for (const table of tables.toReversed()) {
        await source.query(`delete from ${tableName(table)} where ${table.of(clinicNo)}`)
      }
      await source.query(sql`delete from holdfast.directory_change where clinic_no = ${clinicNo}`)
      await source.query(sql`insert into holdfast.directory_change (clinic_no) values (${clinicNo})`)
    }),
  )
}
