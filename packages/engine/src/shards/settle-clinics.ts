import type pg from 'pg'
import sql from 'sql-template-tag'
import { directoryNo } from '../database/shard-mark.ts'
import { readArrival } from '../move/clinic-arrival.ts'
import { isRefusedForGood, refuseCopy } from '../move/clinic-fence.ts'
import { isDrained, lockMoves, notedPlace } from '../move/clinic-note.ts'
import { mayBeThere } from '../move/finish-move.ts'
import { withConnections } from '../move/move-connections.ts'
import { MoveRefused } from '../move/move-database.ts'
import type { MoveEnd } from '../move/move-refusals.ts'
import { misplacedClinics } from './misplaced-clinics.ts'
import { openShardPool } from './registered-shards.ts'

/**
 * A clinic that was in the database `in`, while the directory noted it in `notedIn`. `corrected`: the note says `in`
 * now, which alone has the clinic (`isOnly`), or to which it came later than to the others; `isDrained`: it is to
 * leave that database. `stale`: both have it, and the copy in `in` refuses changes. `unsettled`: the note stays, for
 * the reason `why`.
 */
export type SettledClinic = { clinicNo: number; in: string; notedIn: string } & (
  | { kind: 'corrected'; isOnly: boolean; isDrained: boolean }
  | { kind: 'stale' }
  | { kind: 'unsettled'; why: string }
)

type SettleOptions = {
  /** The databases that can be read, the directory among them, as the owner of their schemas. */
  databases: readonly MoveEnd[]
  /** Whether these are all of the installation: one that cannot be read may have a clinic as well. */
  areAll: boolean
}

/**
 * Settles which database serves a clinic that is not where the directory notes it, as after the restore of a database
 * to a time before the clinic moved. If a single one has it, this is noted. If several have it, the one to which it
 * came last is noted: note and copy of a restored directory are both old. The other copies refuse changes until a
 * person chooses one (`chooseClinic`); all of them do if it is not known which is the newest. What moves, or is noted
 * in a database that cannot be read, stays as it is. Idempotent, and safe in several processes at the same time.
 *
 * @throws DatabaseLost, or the driver's error, if a database cannot be read after all
 */
export async function settleClinics(options: SettleOptions): Promise<SettledClinic[]> {
  const { databases } = options
  const directoryEnd = databases.find(({ no }) => no === directoryNo)
  const pools = new Map(
    databases.map((end) => [end.no, openShardPool(end, { url: end.url, max: 1, name: 'holdfast start' })]),
  )
  try {
    const directoryPool = pools.get(directoryNo)
    if (directoryPool === undefined || directoryEnd === undefined) throw new Error('The directory is missing.')
    const misplaced = await misplacedClinics(directoryPool, pools)
    const elsewhere = misplaced.filter(({ inShard, notedIn }) => inShard !== null && notedIn !== null)
    const clinicNos = new Set(elsewhere.map(({ clinicNo }) => clinicNo))
    return await withConnections(async ({ open }) => {
      const directory = await open(directoryEnd)
      const settled: SettledClinic[] = []
      for (const clinicNo of clinicNos) settled.push(...(await settleClinic(directory, clinicNo, options)))
      return settled
    })
  } finally {
    await Promise.allSettled(Array.from(pools.values(), (pool) => pool.end()))
  }
}

/** Under the lock of moves: no other call moves the clinic, settles it, or chooses one of its copies. */
async function settleClinic(
  directory: pg.Client,
  clinicNo: number,
  { databases, areAll }: SettleOptions,
): Promise<SettledClinic[]> {
  try {
    await lockMoves(directory, clinicNo)
  } catch (error) {
    if (error instanceof MoveRefused) return []
    throw error
  }
  try {
    const { shardNo, movingTo } = await notedPlace(directory, clinicNo)
    const noted = databases.find(({ no }) => no === shardNo)
    if (movingTo !== null || noted === undefined) return []
    const copies: Copy[] = []
    for (const database of databases) {
      if (await mayBeThere(database, clinicNo)) copies.push(await readCopy(database, clinicNo))
    }
    if (copies.every((copy) => copy.database === noted)) return []
    return await settleCopies(directory, clinicNo, { noted, copies, areAll })
  } finally {
    await directory.query('select pg_advisory_unlock_all()')
  }
}

/** `arrivedAt`: see `readArrival`. `refuses`: changes are refused for good. */
type Copy = { database: MoveEnd; arrivedAt: Date | null; refuses: boolean }

function readCopy(database: MoveEnd, clinicNo: number): Promise<Copy> {
  return withConnections(async ({ open }) => {
    const client = await open(database)
    return {
      database,
      arrivedAt: await readArrival(client, clinicNo),
      refuses: await isRefusedForGood(client, clinicNo),
    }
  })
}

type Places = { noted: MoveEnd; copies: readonly Copy[]; areAll: boolean }

async function settleCopies(
  directory: pg.Client,
  clinicNo: number,
  { noted, copies, areAll }: Places,
): Promise<SettledClinic[]> {
  const unsettled = (why: string) =>
    copies
      .filter(({ database }) => database !== noted)
      .map(({ database }) => ({ clinicNo, in: database.name, notedIn: noted.name, kind: 'unsettled' as const, why }))
  const newest = newestOf(copies)
  const others = copies.filter((copy) => copy !== newest)
  const failure = await refuseCopies(clinicNo, others)
  if (failure !== null) return unsettled(failure)
  // Which needs all databases.
  const choose = areAll ? 'run holdfast shards choose' : 'run holdfast shards choose when all databases can be read'
  if (newest === null) {
    return unsettled(`it is not known which copy is the newest, and all refuse changes: ${choose}`)
  }
  const { name, no } = newest.database
  if (newest.refuses) {
    // It was about to be deleted for a copy that a person has chosen, or is what is left of a move: it may lack rows.
    const which = others.length === 0 ? 'its only copy' : `its newest copy, in ${name},`
    return unsettled(`${which} refuses changes, as after a choice that was interrupted: ${choose}`)
  }
  const stale = others.map(({ database }) => ({
    clinicNo,
    in: database.name,
    notedIn: name,
    kind: 'stale' as const,
  }))
  if (newest.database === noted) return stale
  // A copy that is older is worse than the newest that can be read, whatever another database has.
  const isNotedOlder = others.some(({ database }) => database === noted)
  if (!areAll && !isNotedOlder) return unsettled('a database that cannot be read may have it as well')
  await directory.query(sql`
    update holdfast.clinic_shard set shard_no = ${no}, changed_at = clock_timestamp()
     where clinic_no = ${clinicNo} and shard_no = ${noted.no} and moving_to is null`)
  const corrected = {
    clinicNo,
    in: name,
    notedIn: noted.name,
    kind: 'corrected' as const,
    isOnly: others.length === 0,
    isDrained: await isDrained(directory, no),
  }
  return [corrected, ...stale]
}

/** The one to which the clinic came last; null: two are alike. One to which it never came is the oldest. */
function newestOf(copies: readonly Copy[]): Copy | null {
  const timeOf = ({ arrivedAt }: Copy) => arrivedAt?.getTime() ?? Number.NEGATIVE_INFINITY
  const latest = Math.max(...copies.map(timeOf))
  const [newest, ...more] = copies.filter((copy) => timeOf(copy) === latest)
  return newest !== undefined && more.length === 0 ? newest : null
}

/** @returns why one of them may accept changes; null: all refuse them */
async function refuseCopies(clinicNo: number, copies: readonly Copy[]): Promise<string | null> {
  let failure: string | null = null
  for (const { database } of copies) {
    try {
      await withConnections(async ({ open }) => refuseCopy(await open(database), clinicNo))
    } catch (error) {
      if (!(error instanceof MoveRefused)) throw error
      failure = `${database.name}: ${error.message}`
    }
  }
  return failure
}
