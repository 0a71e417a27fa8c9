import {
  balancingMoves,
  type ClinicLoad,
  clinicLoads,
  directoryNo,
  drainedShards,
  drainingMoves,
  drainShard,
  isDatabaseUnusable,
  type MoveEnd,
  MoveRefused,
  misplacedClinics,
  moveClinic,
  movingClinics,
  type ProposedMove,
  readClinicShards,
  releaseNotes,
  undrainShard,
} from '@holdfast/engine'
import { messageOf } from '@holdfast/vocabulary'
import { type CommandContext, CommandRefusal, type ExitCode } from '../command.ts'
import type { JsonOption } from '../command-options.ts'
import { moveEnds } from '../move-ends.ts'
import { refuseUnlessMigrated } from '../refuse-unless-migrated.ts'
import { columns } from '../terminal.ts'
import { type NamedDatabase, withAllDatabases } from '../with-all-databases.ts'
import { describeMisplaced } from './shards.ts'

/** How many clinics that are left, or left out, are named. */
const namedMax = 100

type MovesOptions = JsonOption & { dryRun?: boolean; atMost: number }
export type BalanceOptions = MovesOptions & { moves: number }
export type DrainOptions = MovesOptions & { undo?: boolean }

/** A move, and what became of it. `why` it was not made; null: it was, or is only proposed, or was not begun. */
type TriedMove = {
  clinicId: string
  name: string
  from: string
  to: string
  bookings: number
  moved: boolean
  why: string | null
}

/** The databases of the installation and their clinics, without those that are being moved, or that several have. */
type Installation = {
  directory: NamedDatabase
  ends: MoveEnd[]
  drained: ReadonlySet<number>
  clinics: ClinicLoad[]
}

/**
 * `holdfast shards balance`: moves clinics, one after the other, until the databases have about the same number of
 * bookings. Exits with 1 if a move was not made.
 */
export async function balanceShardsCommand(context: CommandContext, options: BalanceOptions): Promise<ExitCode> {
  return withAllDatabases(context, 'shards balance', async (directory, others) => {
    await refuseUnusable(others)
    const installation = await readInstallation(context, directory, others)
    const { ends, drained, clinics } = installation
    const used = ends.filter(({ no }) => !drained.has(no)).map(({ no }) => no)
    const moves = balancingMoves(
      clinics.filter(({ shardNo }) => used.includes(shardNo)),
      used,
      options.moves,
    )
    const tried = await makeMoves(context, installation, moves, options)
    if (options.json === true) context.terminal.json({ dryRun: options.dryRun === true, moves: tried })
    else if (moves.length === 0) context.terminal.out('No move makes the databases more alike.')
    return options.dryRun === true || tried.every(({ moved }) => moved) ? 0 : 1
  })
}

/**
 * `holdfast shards drain`: moves all clinics out of a database, which gets no new ones from then on. Exits with 1 if
 * one is left. With `undo`, the database gets new clinics again.
 */
export async function drainShardCommand(
  context: CommandContext,
  name: string,
  options: DrainOptions,
): Promise<ExitCode> {
  return withAllDatabases(context, 'shards drain', async (directory, others) => {
    const { terminal } = context
    const { all: ends, named } = await moveEnds(directory, others)
    const end = named(name, name)
    if (end.no === directoryNo) {
      throw new CommandRefusal('the directory cannot be drained: it has the accounts, and every clinic’s place', 2)
    }
    if (options.undo === true) {
      await undrainShard(directory.pool, end.no)
      if (options.json === true) terminal.json({ database: name, drained: false })
      else terminal.out(`The database ${name} gets new clinics again.`)
      return 0
    }
    await refuseUnusable(others)
    if (options.dryRun !== true) {
      await drainShard(directory.pool, end.no)
      await continueMoves(context, { directory, ends }, end.no, options)
    }
    const installation = await readInstallation(context, directory, others)
    const { drained, clinics } = installation
    const targets = ends.filter(({ no }) => no !== end.no && !drained.has(no)).map(({ no }) => no)
    const tried = await makeMoves(context, installation, drainingMoves(clinics, end.no, targets), options)
    const { dryRun = false } = options
    const leftNos = dryRun ? [] : await clinicsLeft(directory, others, end)
    const left = dryRun ? tried.length : leftNos.length
    if (options.json === true) terminal.json({ database: name, drained: !dryRun, moves: tried, left, leftNos })
    else if (!dryRun) terminal.out(describeDrained(name, leftNos))
    return leftNos.length > 0 ? 1 : 0
  })
}

/** Before anything is changed: all databases are needed. */
async function refuseUnusable(others: readonly NamedDatabase[]): Promise<void> {
  for (const { name, pool } of others) {
    await refuseUnlessMigrated(pool).catch((error: unknown) => {
      if (!isDatabaseUnusable(error) && !(error instanceof CommandRefusal)) throw error
      throw new CommandRefusal(`the database ${name} cannot be used: ${messageOf(error)}`)
    })
  }
}

/** Names the clinics that it leaves out, as the directory notes them elsewhere. */
async function readInstallation(
  { terminal }: CommandContext,
  directory: NamedDatabase,
  others: readonly NamedDatabase[],
): Promise<Installation> {
  const { all: ends } = await moveEnds(directory, others)
  if (ends.length === 1) throw new CommandRefusal('there is only one database: see HOLDFAST_SHARDS', 2)
  const pools = new Map(
    ends.map(({ no, name }) => [no, others.find((other) => other.name === name)?.pool ?? directory.pool]),
  )
  const clinics: ClinicLoad[] = []
  for (const [no, pool] of pools) clinics.push(...(await clinicLoads(pool, no, new Date())))
  const misplaced = await misplacedClinics(directory.pool, pools)
  for (const clinic of misplaced.slice(0, namedMax)) {
    terminal.note(`Left out: ${describeMisplaced(clinic, (no) => nameIn(ends, no))}`)
  }
  const leftOut = new Set(misplaced.map(({ clinicNo }) => clinicNo))
  const { places } = await readClinicShards(directory.pool)
  // Copies that the directory does not note are not moved, but the clinic elsewhere would be.
  const settled = new Map(places.filter(({ isMoving }) => !isMoving).map((one) => [one.clinicNo, one.shardNo]))
  const staying = clinics.filter(({ clinicNo, shardNo }) => settled.get(clinicNo) === shardNo && !leftOut.has(clinicNo))
  return { directory, ends, drained: await drainedShards(directory.pool), clinics: staying }
}

function nameIn(ends: readonly MoveEnd[], no: number): string {
  return ends.find((end) => end.no === no)?.name ?? `number ${no}`
}

/** Continues the moves out of a database that were interrupted, and takes back those into it. */
async function continueMoves(
  context: CommandContext,
  installation: Pick<Installation, 'directory' | 'ends'>,
  shardNo: number,
  options: MovesOptions,
): Promise<void> {
  for (const { clinicNo, from, to } of await movingClinics(installation.directory.pool)) {
    if (context.signal.aborted) return
    const target = to === shardNo ? from : to
    if (![from, to].includes(shardNo) && from !== to) continue
    const why = await tryMove(context, installation, { clinicNo, to: target }, options)
    // One that was finished, or that went back, is no move.
    const isLeft = (await movingClinics(installation.directory.pool)).some((one) => one.clinicNo === clinicNo)
    if (isLeft) context.terminal.note(`Not continued: the move of the clinic ${clinicNo}: ${why}`)
  }
}

/** @returns null: it was moved; or why it was not */
async function tryMove(
  { signal }: CommandContext,
  { directory, ends }: Pick<Installation, 'directory' | 'ends'>,
  { clinicNo, to }: Pick<ProposedMove, 'clinicNo' | 'to'>,
  { atMost }: MovesOptions,
): Promise<string | null> {
  const common = { directory, databases: ends, dryRun: false, pauseMsMax: atMost * 1_000, signal }
  try {
    const moved = await moveClinic({ ...common, clinicNo, to })
    return moved === null ? 'the directory notes it there: see holdfast shards' : null
  } catch (error) {
    if (error instanceof MoveRefused) return error.message
    throw error
  }
}

/** Makes the moves, one after the other, or only lists them. A move that is refused does not keep others back. */
async function makeMoves(
  context: CommandContext,
  installation: Pick<Installation, 'directory' | 'ends'>,
  moves: readonly ProposedMove[],
  options: MovesOptions,
): Promise<TriedMove[]> {
  const { terminal, signal } = context
  const { dryRun = false, json = false } = options
  const nameOf = (no: number) => nameIn(installation.ends, no)
  const tried = moves.map(({ clinicId, name, from, to, bookings }): TriedMove => {
    return { clinicId, name, from: nameOf(from), to: nameOf(to), bookings, moved: false, why: null }
  })
  if (dryRun) {
    const rows = tried.map(({ clinicId, name, from, to, bookings }) => {
      return [clinicId, from, to, bookings.toLocaleString('en'), name]
    })
    const headings = ['clinic', 'from', 'to', 'bookings of two months', 'name']
    if (!json && rows.length > 0) for (const line of columns([headings, ...rows], '')) terminal.out(line)
    return tried
  }
  for (const [index, move] of moves.entries()) {
    const one = tried[index]
    if (one === undefined || signal.aborted) break
    const line = `${one.clinicId}: ${one.from} to ${one.to}`
    one.why = await tryMove(context, installation, move, options)
    one.moved = one.why === null
    if (one.why !== null) terminal.note(`Not moved: ${line}: ${one.why}`)
    else if (!json) terminal.out(`Moved ${line}`)
  }
  return tried
}

/** The clinics that the database has, or is noted to have, by their numbers. */
async function clinicsLeft(
  directory: NamedDatabase,
  others: readonly NamedDatabase[],
  end: MoveEnd,
): Promise<number[]> {
  const pool = others.find(({ name }) => name === end.name)?.pool
  if (pool === undefined) throw new Error(`The database ${end.name} is not open.`)
  const { rows } = await pool.query<{ no: number }>('select no from holdfast.clinic')
  const numbers = rows.map(({ no }) => no)
  const noted = await releaseNotes(directory.pool, end.no, numbers)
  return [...new Set([...numbers, ...noted])].sort((one, other) => one - other)
}

function describeDrained(name: string, leftNos: readonly number[]): string {
  if (leftNos.length === 0) {
    return `The database ${name} has no clinics, and gets none: remove it from HOLDFAST_SHARDS, and restart servers.`
  }
  const count = `${leftNos.length} ${leftNos.length === 1 ? 'clinic' : 'clinics'}`
  const more = leftNos.length > namedMax ? `, and ${leftNos.length - namedMax} more` : ''
  return (
    `The database ${name} has ${count} left: ${leftNos.slice(0, namedMax).join(', ')}${more}. The reasons are named ` +
    'above, and one whose creation failed counts for a day. Run the command again.'
  )
}
