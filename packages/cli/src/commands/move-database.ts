import {
  type DatabasePool,
  isShard,
  MoveRefused,
  moveDatabase,
  type VerifyReport,
  verify,
  withPool,
} from '@holdfast/engine'
import { openDatabase } from '@holdfast/server/compose'
import { type Config, noDatabaseSettings } from '@holdfast/server/config'
import { oneAtATime } from '@holdfast/server/one-at-a-time'
import sql from 'sql-template-tag'
import { type CommandContext, CommandRefusal, type ExitCode } from '../command.ts'
import type { JsonOption } from '../command-options.ts'
import { recordCommand } from '../record-command.ts'
import { refuseUnlessMigrated } from '../refuse-unless-migrated.ts'
import { refuseWhileRunning } from '../refuse-while-running.ts'
import { pathOf } from '../terminal.ts'
import { reopen, whileClosed } from '../while-closed.ts'
import { withDatabase } from '../with-database.ts'

export type MoveOptions = JsonOption & {
  fromData?: string
  to?: string
  toData?: string
  dryRun?: boolean
  reopen?: boolean
}

type Move = Parameters<typeof moveDatabase>[0]
type Moved = { moved: Awaited<ReturnType<typeof moveDatabase>>; report: VerifyReport | null }

/** The schemas of bookings and of accounts. The job queue fills its tables by itself. */
const schemas = ['holdfast', 'auth']
const detailsMax = 100
const poolName = 'holdfast move'
const urlBytesMax = 4_096

/**
 * `holdfast move-database`: makes the old database read-only, copies everything to another database server, and
 * verifies it there. If that fails, the old database accepts writes again.
 */
export async function moveDatabaseCommand(context: CommandContext, options: MoveOptions): Promise<ExitCode> {
  if (options.reopen === true) return reopenCommand(context, options)
  const { terminal, env, signal } = context
  const dryRun = options.dryRun === true
  const beganAt = performance.now()
  const to = options.to === '-' ? await readUrl(context) : options.to
  const movingFrom = async ({ ownerUrl: sourceUrl }: { ownerUrl: string }, config: Config) => {
    const ofSeveral = await withPool({ url: sourceUrl, name: poolName }, checkSource)
    const target = await openTarget(config, { ...options, to }, env)
    const move = { sourceUrl, targetUrl: target.ownerUrl, schemas, dryRun, signal }
    try {
      await withPool({ url: target.ownerUrl, name: poolName }, refuseUnlessEmpty)
      await target.migrate()
      if (dryRun) return { moved: await moveDatabase(move), report: null, ofSeveral }
      // Servers that start meanwhile wait, and are then refused by a database that is read-only.
      const done = await oneAtATime(sourceUrl, () => moveForGood(move, (line) => terminal.note(line)))
      return { ...done, ofSeveral }
    } finally {
      await target.stop()
    }
  }
  const from = { data: options.fromData }
  const { moved, report, ofSeveral } = await withDatabase(context, movingFrom, from).catch((error: unknown) => {
    throw error instanceof MoveRefused ? new CommandRefusal(error.message) : error
  })
  const seconds = Math.round((performance.now() - beganAt) / 100) / 10
  if (options.json === true) terminal.json({ dryRun, rows: moved.rows, tables: moved.tables, seconds, verify: report })
  else print(context, options, { rows: moved.rows, seconds, report, ofSeveral })
  return report === null || isGood(report) ? 0 : 1
}

/** `--reopen`: after a move that was killed, or to go back to the old database. Not while a move is running. */
async function reopenCommand(
  context: CommandContext,
  { fromData, to, toData, dryRun, json }: MoveOptions,
): Promise<ExitCode> {
  const { terminal } = context
  if (to !== undefined || toData !== undefined || dryRun === true) {
    throw new CommandRefusal('--reopen moves nothing: leave out --to, --to-data and --dry-run', 2)
  }
  const reopened = await withDatabase(
    context,
    ({ ownerUrl }) => oneAtATime(ownerUrl, () => withPool({ url: ownerUrl, name: poolName }, reopen)),
    { data: fromData },
  )
  if (json === true) terminal.json({ reopened })
  else if (!reopened) terminal.out('The database accepts writes already: nothing to do.')
  else terminal.out('The database accepts writes again. What another one got since the move is not in it.')
  return 0
}

/** Verifies the copy while the old database accepts no writes, and lets it accept them again if the move fails. */
function moveForGood(move: Omit<Move, 'whenCopied'>, note: (line: string) => void): Promise<Moved> {
  const { sourceUrl, targetUrl } = move
  return withPool({ url: sourceUrl, name: poolName }, (source) =>
    whileClosed(source, note, async ({ refuseWriters }) => {
      await refuseWriters()
      let report: VerifyReport | null = null
      const whenCopied = async ({ events }: Moved['moved']) => {
        report = await withPool({ url: targetUrl, name: poolName }, async (pool) => {
          await recordCommand(pool, { kind: 'log_renumbered', details: [`${events}`] })
          return verify(pool, { clinicNo: null, detailsMax })
        })
        // One that had begun, and was not seen yet. Its writes waited, and would now be done here alone.
        await refuseWriters()
      }
      const moved = await moveDatabase({ ...move, whenCopied })
      return { keep: report !== null && isGood(report), result: { moved, report } }
    }),
  )
}

function isGood({ overbooked, mismatches }: VerifyReport): boolean {
  return overbooked === 0 && mismatches === 0
}

function print(
  { terminal }: CommandContext,
  options: MoveOptions,
  {
    rows,
    seconds,
    report,
    ofSeveral,
  }: { rows: number; seconds: number; report: VerifyReport | null; ofSeveral: boolean },
): void {
  const copied = `${rows.toLocaleString('en')} rows in ${seconds} s`
  if (report === null) {
    terminal.out(`Rehearsed: copied ${copied}, and undid it. The new database has its tables, and they are empty.`)
    return
  }
  terminal.out(`Copied ${copied}.`)
  if (!isGood(report)) {
    terminal.out('Something is wrong there: run `holdfast verify` on it. The old database was not changed.')
    return
  }
  terminal.out(
    `${report.bookings.toLocaleString('en')} bookings. Everything adds up. The old database is read-only now.`,
  )
  if (ofSeveral) {
    terminal.out('Set its URL in HOLDFAST_SHARDS to the new database, and restart the servers and workers one by one.')
    return
  }
  terminal.out(
    options.toData === undefined
      ? 'Start Holdfast with DATABASE_URL set to the new database, and with the same secret.'
      : `Start Holdfast without DATABASE_URL, with HOLDFAST_DATA=${options.toData}, and with the same secret.`,
  )
}

/** Reads the URL from standard input: other accounts can read what is in a command line, also its password. */
async function readUrl({ readStdin }: CommandContext): Promise<string> {
  const url = (await readStdin(urlBytesMax))?.toString('utf8').trim()
  if (url === undefined || url === '') throw new CommandRefusal('standard input has no URL for `--to -`', 2)
  return url
}

async function openTarget(
  config: Config,
  { to, toData }: { to: string | undefined; toData?: string },
  env: CommandContext['env'],
) {
  if ((to === undefined) === (toData === undefined)) throw new CommandRefusal('expected either --to or --to-data', 2)
  // DATABASE_DIRECT_URL and the others are settings of the old database.
  const place = { ...noDatabaseSettings, databaseUrl: to ?? null }
  const dataDirectory = toData === undefined ? config.dataDirectory : pathOf(toData, env)
  return openDatabase({ ...config, ...place, dataDirectory }, { share: false, mayBeNew: true })
}

/** @returns whether it is one of HOLDFAST_SHARDS */
async function checkSource(pool: DatabasePool): Promise<boolean> {
  await refuseUnlessMigrated(pool)
  await refuseWhileRunning(pool)
  return isShard(pool)
}

async function refuseUnlessEmpty(pool: DatabasePool): Promise<void> {
  for (const table of ['holdfast.clinic', 'auth."user"']) {
    const { rows } = await pool.query<{ found: string | null }>(sql`select to_regclass(${table})::text as found`)
    if (rows[0]?.found == null) continue
    const { rowCount } = await pool.query(`select from ${table} limit 1`)
    if (rowCount === 1)
      throw new CommandRefusal(`the new database is not empty: ${table} has rows. Nothing was changed`)
  }
}
