import {
  directoryNo,
  drainedShards,
  isShard,
  type MisplacedClinic,
  migrationStatus,
  misplacedClinics,
  missingShards,
  movingClinics,
  recentBookings,
  registeredShardNo,
  shardAsDirectory,
} from '@holdfast/engine'
import { messageOf } from '@holdfast/vocabulary'
import sql from 'sql-template-tag'
import { type CommandContext, CommandRefusal, type ExitCode } from '../command.ts'
import type { JsonOption } from '../command-options.ts'
import { register, unregistered } from '../move-ends.ts'
import { columns } from '../terminal.ts'
import { missingProblem, type NamedDatabase, withAllDatabases } from '../with-all-databases.ts'
import { megabytes } from '../with-backups.ts'

const listedMax = 100

/** A database of the installation. `problem`: why it cannot be used; the figures are null then. */
type ShardState = {
  name: string
  /** 0 is the directory. null: it was never registered. */
  no: number | null
  clinics: number | null
  /** How many were made within a month. */
  recentBookings: number | null
  bytes: number | null
  /** The version of PostgreSQL. */
  version: string | null
  /** How many seconds the last of its replicas is behind; null: there is none, or the login may not see it. */
  lagSeconds: number | null
  /** Whether it gets no new clinics. */
  drained: boolean
  problem: string | null
}

/**
 * `holdfast shards`: lists the databases of an installation, and the clinics that are not where the directory says.
 * Exits with 1 if a database cannot be used, or a clinic is misplaced.
 */
export async function shardsCommand(context: CommandContext, options: JsonOption): Promise<ExitCode> {
  return withAllDatabases(context, 'shards', async (directory, others) => {
    if (await isShard(directory.pool)) throw new CommandRefusal(shardAsDirectory)
    const drained = await drainedShards(directory.pool)
    const names = others.map(({ name }) => name)
    const states = [await readState(directory, directoryNo, drained)]
    const readable = new Map([[directoryNo, directory.pool]])
    for (const other of others) {
      const state = await readState(other, await registeredShardNo(directory.pool, other.name), drained)
      states.push(state)
      if (state.no !== null && state.problem === null) readable.set(state.no, other.pool)
    }
    for (const { name, no, clinics } of await missingShards(directory.pool, names)) {
      if (clinics > 0) states.push(unusable(name ?? `number ${no}`, no, missingProblem))
    }
    // The directory notes where clinics are once a database is registered.
    const isNoted = states.some(({ no }) => no !== null && no !== directoryNo)
    const misplaced = isNoted ? await misplacedClinics(directory.pool, readable) : []
    const moving = await movingClinics(directory.pool)
    if (options.json === true) context.terminal.json({ shards: states, misplaced, moving })
    else print(context, states, { misplaced, moving })
    return misplaced.length > 0 || states.some(({ problem }) => problem !== null) ? 1 : 0
  })
}

async function readState(
  { name, pool }: NamedDatabase,
  no: number | null,
  drainedNos: ReadonlySet<number>,
): Promise<ShardState> {
  try {
    if (!(await migrationStatus(pool)).current)
      return unusable(name, no, 'it is not up to date: run `holdfast migrate`')
    if (no === null) return unusable(name, no, `${unregistered}: ${register}`)
    const { rows } = await pool.query<Pick<ShardState, 'clinics' | 'bytes' | 'version' | 'lagSeconds'>>(sql`
      select (select count(*)::integer from holdfast.clinic) as clinics,
             pg_database_size(current_database())::float8 as bytes,
             split_part(current_setting('server_version'), ' ', 1) as version,
             (select extract(epoch from max(replay_lag))::float8 from pg_stat_replication) as "lagSeconds"`)
    const [found] = rows
    if (found === undefined) throw new Error('The query returned no row.')
    const drained = no !== null && drainedNos.has(no)
    return { name, no, ...found, recentBookings: await recentBookings(pool), drained, problem: null }
  } catch (error) {
    return unusable(name, no, messageOf(error))
  }
}

type Clinics = {
  misplaced: readonly MisplacedClinic[]
  moving: Awaited<ReturnType<typeof movingClinics>>
}

function unusable(name: string, no: number | null, problem: string): ShardState {
  const unknown = { clinics: null, recentBookings: null, bytes: null, version: null, lagSeconds: null }
  return { name, no, ...unknown, drained: false, problem }
}

function print({ terminal }: CommandContext, states: readonly ShardState[], { misplaced, moving }: Clinics) {
  const whole = (value: number | null) => value?.toLocaleString('en') ?? '–'
  const rows = states.map(({ name, clinics, recentBookings, bytes, version, lagSeconds, drained }) => [
    drained ? `${name} (drained)` : name,
    whole(clinics),
    whole(recentBookings),
    bytes === null ? '–' : megabytes(bytes),
    version ?? '–',
    lagSeconds === null ? '–' : `${lagSeconds.toFixed(1)} s`,
  ])
  const headings = ['database', 'clinics', 'bookings of a month', 'size', 'PostgreSQL', 'replica lag']
  for (const line of columns([headings, ...rows], '')) terminal.out(line)
  for (const { name, problem } of states) {
    if (problem !== null) terminal.note(`The database ${name} cannot be used: ${problem}`)
  }
  const nameOf = (no: number) => states.find((state) => state.no === no)?.name ?? `number ${no}`
  for (const { clinicNo, from, to } of moving) {
    const move =
      from === to
        ? `Clinic ${clinicNo} has moved to ${nameOf(to)}, or was chosen there, and its old rows are still there.`
        : `Clinic ${clinicNo} is being moved from ${nameOf(from)} to ${nameOf(to)}.`
    const command = from === to ? '`holdfast move-clinic` or `holdfast shards choose`' : '`holdfast move-clinic`'
    terminal.out(`${move} If ${command} does not run, run it again.`)
  }
  for (const clinic of misplaced.slice(0, listedMax))
    terminal.out(terminal.style('red', describeMisplaced(clinic, nameOf)))
  if (misplaced.length > listedMax) terminal.out(`… and ${whole(misplaced.length - listedMax)} more`)
}

/** A clinic that is not where the directory says, for a person. @param nameOf the name of a database by its number */
export function describeMisplaced(
  { clinicNo, inShard, notedIn, inBoth }: MisplacedClinic,
  nameOf: (no: number) => string,
): string {
  if (inShard === null) {
    const place = notedIn === null ? 'no database' : nameOf(notedIn)
    return `Clinic ${clinicNo}: the directory notes it in ${place}, which does not have it.`
  }
  if (notedIn === null) return `Clinic ${clinicNo} is in ${nameOf(inShard)}, and the directory does not know it.`
  if (inBoth) {
    return (
      `Clinic ${clinicNo} is in ${nameOf(inShard)} as well as in ${nameOf(notedIn)}, where the directory notes it: ` +
      `choose one with \`holdfast shards choose ${clinicNo} --in NAME\`.`
    )
  }
  return `Clinic ${clinicNo} is in ${nameOf(inShard)}, and the directory notes it in ${nameOf(notedIn)}.`
}
