import type pg from 'pg'
import sql from 'sql-template-tag'
import { createPool } from '../database/pools.ts'
import { isRefusedForGood, refuseCopy } from '../move/clinic-fence.ts'
import { connect, lockMoves, type MoveEnd, mayBeThere, notedPlace } from '../move/move-clinic.ts'
import { MoveRefused } from '../move/move-database.ts'
import { directoryNo } from './clinic-shards.ts'
import { misplacedClinics } from './misplaced-clinics.ts'

/**
 * A clinic that was in the database `in`, while the directory noted it in `notedIn`. `corrected`: the note says `in`
 * now. `stale`: both have it, and the copy in `in` refuses changes. `unsettled`: nothing was changed, for the reason
 * `why`.
 */
export type SettledClinic = { clinicNo: number; in: string; notedIn: string } & (
  | { kind: 'corrected' }
  | { kind: 'stale' }
  | { kind: 'unsettled'; why: string }
)

type SettleOptions = {
  directoryUrl: string
  /** The databases that can be read, the directory among them, as the owner of their schemas. */
  databases: readonly MoveEnd[]
  /** Whether these are all of the installation: one that cannot be read may have a clinic as well. */
  areAll: boolean
}

/**
 * Settles which database serves a clinic that is not where the directory notes it, as after the restore of a database
 * to a time before the clinic moved. If a single one has it, this is noted. If the noted one has it as well, the other
 * copies refuse changes until a person chooses one (`chooseClinic`). What moves, or is noted in a database that cannot
 * be read, stays as it is. Idempotent, and safe in several processes at the same time.
 *
 * @throws the driver's error if a database cannot be read after all
 */
export async function settleClinics(options: SettleOptions): Promise<SettledClinic[]> {
  const { directoryUrl, databases } = options
  const pools = new Map(databases.map(({ no, url }) => [no, createPool({ url, max: 1, name: 'holdfast start' })]))
  const directory = await connect(directoryUrl)
  try {
    const directoryPool = pools.get(directoryNo)
    if (directoryPool === undefined) throw new Error('The directory is missing.')
    const misplaced = await misplacedClinics(directoryPool, pools)
    const elsewhere = misplaced.filter(({ inShard, notedIn }) => inShard !== null && notedIn !== null)
    const clinicNos = new Set(elsewhere.map(({ clinicNo }) => clinicNo))
    const settled: SettledClinic[] = []
    for (const clinicNo of clinicNos) settled.push(...(await settleClinic(directory, clinicNo, options)))
    return settled
  } finally {
    await Promise.allSettled([directory.end(), ...Array.from(pools.values(), (pool) => pool.end())])
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
    const having: MoveEnd[] = []
    for (const database of databases) if (await mayBeThere(database.url, clinicNo)) having.push(database)
    const others = having.filter((database) => database !== noted)
    if (having.length > others.length) return refuseCopies(clinicNo, noted, others)
    return await correctNote(directory, clinicNo, { noted, having, areAll })
  } finally {
    await directory.query('select pg_advisory_unlock_all()')
  }
}

type Places = { noted: MoveEnd; having: readonly MoveEnd[]; areAll: boolean }

async function correctNote(
  directory: pg.Client,
  clinicNo: number,
  { noted, having, areAll }: Places,
): Promise<SettledClinic[]> {
  const unsettled = (why: string) =>
    having.map(({ name }) => ({ clinicNo, in: name, notedIn: noted.name, kind: 'unsettled' as const, why }))
  const [only, ...more] = having
  if (only === undefined) return []
  if (more.length > 0) return unsettled('several databases have it, but not this one')
  if (!areAll) return unsettled('a database that cannot be read may have it as well')
  // It is what is left of a move, or was refused as a stale copy: it may lack rows.
  if (await refuses(only, clinicNo)) return unsettled('its only copy refuses changes')
  await directory.query(sql`
    update holdfast.clinic_shard set shard_no = ${only.no}, changed_at = clock_timestamp()
     where clinic_no = ${clinicNo} and shard_no = ${noted.no} and moving_to is null`)
  return [{ clinicNo, in: only.name, notedIn: noted.name, kind: 'corrected' }]
}

async function refuseCopies(clinicNo: number, noted: MoveEnd, others: readonly MoveEnd[]): Promise<SettledClinic[]> {
  // The clinic has moved from there, or was to be chosen elsewhere: another copy has what was changed since.
  const isLeft = await refuses(noted, clinicNo)
  const settled: SettledClinic[] = []
  for (const other of others) {
    const clinic = { clinicNo, in: other.name, notedIn: noted.name }
    try {
      if (isLeft) throw new MoveRefused(`its copy in ${noted.name} refuses changes`)
      await withClient(other, (client) => refuseCopy(client, clinicNo))
      settled.push({ ...clinic, kind: 'stale' })
    } catch (error) {
      if (!(error instanceof MoveRefused)) throw error
      settled.push({ ...clinic, kind: 'unsettled', why: error.message })
    }
  }
  return settled
}

function refuses(database: MoveEnd, clinicNo: number): Promise<boolean> {
  return withClient(database, (client) => isRefusedForGood(client, clinicNo))
}

async function withClient<Result>({ url }: MoveEnd, use: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = await connect(url)
  try {
    return await use(client)
  } finally {
    await client.end()
  }
}
