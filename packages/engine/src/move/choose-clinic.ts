import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import sql from 'sql-template-tag'
import { inClientTransaction } from '../database/client-transaction.ts'
import { refuseArchived } from './can-be-moved.ts'
import { noteArrival, readArrival } from './clinic-arrival.ts'
import { allowChanges, refuseCopy } from './clinic-fence.ts'
import { isDrained, lockMoves, moveNoticeMs, type NotedPlace, notedPlace } from './clinic-note.ts'
import { finish, isNewer } from './finish-move.ts'
import { DatabaseLost, type MoveConnections, type NamedUrl, withConnections } from './move-connections.ts'
import { MoveRefused } from './move-database.ts'
import { drainedRefusal, endOf, type MoveEnd } from './move-refusals.ts'

/** A clinic in one of the databases. `lastEventAt`: the time of the last change of a booking; null: there is none. */
export type ClinicCopy = { name: string; isNoted: boolean; bookings: number; lastEventAt: Date | null }

type ChooseClinicOptions = {
  directory: NamedUrl
  clinicNo: number
  /** All databases of the installation. */
  databases: readonly MoveEnd[]
  /** The number of the database whose copy stays. */
  to: number
  /** Only reads the copies. */
  dryRun: boolean
  /** How long the rows of the others stay, until all servers know where the clinic is. Milliseconds. */
  noticeMs?: number
  /** Called after each step, for tests. */
  afterStep?: (step: 'refused' | 'noted') => Promise<void>
}

/**
 * Decides which copy of a clinic stays that several databases have, as after the restore of one of them to a time
 * before the clinic moved: the directory notes it, and the other copies are deleted, but for their security log, which
 * the chosen one gets. Changes of a copy are refused before it is deleted. After an interruption, it is called again.
 *
 * @returns the copies as they were before
 * @throws MoveRefused or DatabaseLost, which say what to do; the driver's error
 */
export function chooseClinic(options: ChooseClinicOptions): Promise<ClinicCopy[]> {
  return withConnections((connections) => choose(connections, options))
}

async function choose({ open }: MoveConnections, options: ChooseClinicOptions): Promise<ClinicCopy[]> {
  const { clinicNo, databases, to, dryRun, noticeMs = moveNoticeMs } = options
  const { afterStep = async () => {} } = options
  const directory = await open(options.directory)
  await lockMoves(directory, clinicNo)
  const noted = await notedPlace(directory, clinicNo)
  const { shardNo, movingTo } = noted
  const chosen = endOf(databases, to)
  // Named, if it is missing.
  endOf(databases, shardNo)
  const refuseDrained = async () => {
    // A clinic that is noted there leaves it later.
    if (shardNo !== to && (await isDrained(directory, to))) throw drainedRefusal(chosen.name)
  }
  await refuseDrained()
  const copies: OpenCopy[] = []
  for (const database of databases) {
    const client = await openCopy(open, database)
    const copy = await readCopy(client, clinicNo)
    if (copy === null) continue
    copies.push({ ...copy, no: database.no, name: database.name, isNoted: database.no === shardNo, client })
  }
  // A former call was interrupted when it had noted its choice.
  const isContinued = movingTo === to && shardNo === to
  if (movingTo !== null && !isContinued && (await canEnd(noted, copies, clinicNo))) {
    const { name } = endOf(databases, movingTo)
    throw new MoveRefused(`the clinic is being moved to ${name}: continue that with move-clinic, or go back`)
  }
  const chosenCopy = copies.find(({ no }) => no === to)
  if (chosenCopy === undefined) throw new MoveRefused(`${chosen.name} does not have the clinic`)
  const described = copies.map(({ no: _no, client: _client, ...copy }) => copy)
  if (dryRun) return described
  const others = copies.filter((copy) => copy !== chosenCopy)
  for (const { client, name } of others) await refuseArchived(client, clinicNo, name)
  for (const { client } of others) await refuseCopy(client, clinicNo)
  await afterStep('refused')
  await inClientTransaction(directory, async () => {
    await directory.query(sql`
      update holdfast.clinic_shard
         set shard_no = ${to}, moving_to = ${to}, old_rows_in = null, changed_at = clock_timestamp()
       where clinic_no = ${clinicNo}`)
    // After the note, which drainShard waits for.
    await refuseDrained()
  })
  await afterStep('noted')
  await noteChoice(copies, chosenCopy, clinicNo)
  await allowChanges(chosenCopy.client, clinicNo)
  if (others.length > 0) await delay(noticeMs)
  const chosenPlace = { shardNo: to, movingTo: to, oldRowsIn: null }
  await finish(directory, chosenCopy.client, { clinicNo, databases, to, noted: chosenPlace })
  return described
}

type OpenCopy = ClinicCopy & { no: number; client: pg.Client }

/** Whether a move that was begun can be continued, or go back, so that nothing is lost: not after some restores. */
async function canEnd(
  { shardNo, movingTo, oldRowsIn }: NotedPlace,
  copies: readonly OpenCopy[],
  clinicNo: number,
): Promise<boolean> {
  const hasCome = movingTo === shardNo
  const moved = copies.find(({ no }) => no === movingTo)
  if (moved === undefined) return !hasCome
  const old = copies.find(({ no }) => no === (hasCome ? oldRowsIn : shardNo))
  return old === undefined || isNewer(moved.client, old.client, clinicNo)
}

/** Each database may have a copy. */
function openCopy(open: MoveConnections['open'], database: MoveEnd): Promise<pg.Client> {
  return open(database).catch((error: unknown) => {
    if (!(error instanceof DatabaseLost)) throw error
    throw new MoveRefused(`${database.name} cannot be read, and may have the clinic`)
  })
}

/** From now on, the chosen copy is the newest one, also for a start after a restore that brings back another. */
async function noteChoice(
  copies: readonly { client: pg.Client }[],
  chosen: { client: pg.Client },
  clinicNo: number,
): Promise<void> {
  let latest: Date | null = null
  for (const { client } of copies) {
    const arrivedAt = await readArrival(client, clinicNo)
    if (arrivedAt !== null && (latest === null || arrivedAt > latest)) latest = arrivedAt
  }
  await noteArrival(chosen.client, clinicNo, { after: latest, xid: null })
}

async function readCopy(
  client: pg.Client,
  clinicNo: number,
): Promise<Pick<ClinicCopy, 'bookings' | 'lastEventAt'> | null> {
  const { rows } = await client.query<{ bookings: number; lastEventAt: Date | null }>(sql`
    select (select count(*) from holdfast.booking where clinic_no = c.no)::float8 as bookings,
           (select max(at) from holdfast.booking_event where clinic_no = c.no) as "lastEventAt"
      from holdfast.clinic c where c.no = ${clinicNo}`)
  return rows[0] ?? null
}
