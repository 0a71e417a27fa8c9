import type pg from 'pg'
import sql from 'sql-template-tag'
import { inClientTransaction } from '../database/client-transaction.ts'
import { repeatWhileLocked } from '../database/repeat-while-locked.ts'
import { readArrival } from './clinic-arrival.ts'
import { allowChanges, isRefusedForGood, letThrough, lockRefusal } from './clinic-fence.ts'
import { type NotedPlace, noteMove } from './clinic-note.ts'
import { type ClinicTable, clinicTables } from './clinic-tables.ts'
import { moveLateRows } from './copy-clinic.ts'
import { withConnections } from './move-connections.ts'
import { MoveRefused } from './move-database.ts'
import { bothHave, endOf, type MoveEnd, mayBeOlder, notThere } from './move-refusals.ts'
import { tableName } from './moved-tables.ts'

/** How long a former call's copy is waited for. */
const copyLockMsMax = 10_000

type FinishOptions = { clinicNo: number; databases: readonly MoveEnd[]; to: number; noted: NotedPlace }

/**
 * Where the clinic is to be: what a former call has left to do. Of a move, it deletes only the rows that the move has
 * copied: another database may have a copy that a restore has brought back, which is a person's to choose.
 *
 * @throws MoveRefused if it is not sure that the rows are old ones
 */
export async function finish(
  directory: pg.Client,
  there: pg.Client,
  { clinicNo, databases, to, noted: { movingTo, oldRowsIn } }: FinishOptions,
): Promise<void> {
  if (movingTo === null) return
  // Named, if it is missing.
  const end = endOf(databases, to)
  endOf(databases, movingTo)
  const isGoingBack = movingTo !== to
  const oldNo = isGoingBack ? movingTo : oldRowsIn
  const others = oldNo === null ? databases.filter(({ no }) => no !== to) : [endOf(databases, oldNo)]
  if (!isGoingBack && oldNo !== null) await refuseThirdCopy([to, oldNo], { databases, clinicNo })
  for (const other of others) {
    const hasRows = await mayBeThere(other, clinicNo)
    if (isGoingBack && hasRows) {
      throw new MoveRefused(`the clinic is in ${other.name} already: move it there, and then back`)
    }
    // After a restore, the old rows may be all that is left of the clinic.
    if (hasRows && !(await hasClinic(there, clinicNo))) throw notThere(end.name)
    await withConnections(async ({ open }) => {
      const client = await open(other)
      if (hasRows && !(await isRefusedForGood(client, clinicNo))) throw bothHave(other.name, clinicNo)
      // A person has decided it where no single one is noted.
      if (hasRows && oldNo !== null && !(await isNewer(there, client, clinicNo))) throw mayBeOlder(end.name, other.name)
      if (hasRows) await deleteOldRows(client, there, clinicNo)
      await allowChanges(client, clinicNo)
    })
  }
  await allowChanges(there, clinicNo)
  await noteMove(directory, clinicNo, null)
}

/** Deletes the rows of a clinic that has moved, and moves what has come to the security log since. */
export async function deleteOldRows(source: pg.Client, target: pg.Client, clinicNo: number): Promise<void> {
  const tables = await clinicTables(source)
  await moveLateRows(source, target, { clinicNo, tables })
  await deleteClinic(source, clinicNo, tables)
}

/** After a restore of the directory, the copy that it notes may be old, and that of a third database the newest. */
export async function refuseThirdCopy(
  moving: readonly number[],
  { databases, clinicNo }: { databases: readonly MoveEnd[]; clinicNo: number },
): Promise<void> {
  for (const other of databases.filter(({ no }) => !moving.includes(no))) {
    if (!(await mayBeThere(other, clinicNo))) continue
    const isStale = await withConnections(async ({ open }) => isRefusedForGood(await open(other), clinicNo))
    if (!isStale) throw bothHave(other.name, clinicNo)
  }
}

/**
 * Whether a copy accepts changes, and came to its database after another one came to its own. After a restore of its
 * database to a time before the move that has replaced the other one, it did not.
 */
export async function isNewer(copy: pg.Client, other: pg.Client, clinicNo: number): Promise<boolean> {
  if (await isRefusedForGood(copy, clinicNo)) return false
  const [arrivedAt, otherAt] = [await readArrival(copy, clinicNo), await readArrival(other, clinicNo)]
  return arrivedAt !== null && (otherAt === null || arrivedAt > otherAt)
}

export async function hasClinic(client: pg.Client, clinicNo: number): Promise<boolean> {
  const { rowCount } = await client.query(sql`select from holdfast.clinic where no = ${clinicNo}`)
  return rowCount === 1
}

/** Whether a database has the clinic. Waits for a copy that may be committed at the moment. */
export function mayBeThere(database: MoveEnd, clinicNo: number): Promise<boolean> {
  return withConnections(async ({ open }) => {
    const client = await open(database)
    return inClientTransaction(client, async () => {
      await client.query(sql`select set_config('lock_timeout', ${`${copyLockMsMax}ms`}, true)`)
      await lockCopy(client, clinicNo)
      return hasClinic(client, clinicNo)
    })
  })
}

/** The lock in the database that gets the clinic, until the end of the transaction that copies it. */
export async function lockCopy(target: pg.Client, clinicNo: number): Promise<void> {
  await target.query(sql`select pg_advisory_xact_lock(hashtextextended(${`holdfast.copy_clinic ${clinicNo}`}, 0))`)
}

/**
 * Deletes in the reverse order of references, table by table: a long transaction would hold back the log. The clinic's
 * row is the last one, so that a later call continues. The last entry of the log tells servers that lists have changed.
 */
async function deleteClinic(source: pg.Client, clinicNo: number, tables: readonly ClinicTable[]): Promise<void> {
  const isClinic = ({ name }: ClinicTable) => name === 'clinic'
  // The late ones were moved: what they have got since is not there yet.
  const others = tables.toReversed().filter((table) => !isClinic(table) && !table.isLate)
  for (const table of [...others, ...tables.filter(isClinic)]) {
    await repeatWhileLocked(() =>
      inClientTransaction(source, async () => {
        await source.query(letThrough(await lockRefusal(source, clinicNo)))
        await source.query(`delete from ${tableName(table)} where ${table.of(clinicNo)}`)
        if (!isClinic(table)) return
        await source.query(sql`delete from holdfast.directory_change where clinic_no = ${clinicNo}`)
        await source.query(sql`insert into holdfast.directory_change (clinic_no) values (${clinicNo})`)
      }),
    )
  }
}
