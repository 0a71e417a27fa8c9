import { resolve } from 'node:path'
import {
  ArchiveRefused,
  archiveAgeMonths,
  archiveMonth,
  type DatabasePool,
  listMonths,
  restoreMonth,
  withPool,
} from '@holdfast/engine'
import { messageOf } from '@holdfast/vocabulary'
import { type CommandContext, CommandRefusal, type ExitCode } from '../command.ts'
import type { JsonOption, ShardOption } from '../command-options.ts'
import { refuseUnlessMigrated } from '../refuse-unless-migrated.ts'
import { columns } from '../terminal.ts'
import { withDatabase } from '../with-database.ts'

export type ArchiveOptions = JsonOption & ShardOption & { list?: boolean; before?: string; to?: string }

/**
 * `holdfast archive`: lists the months, or moves those before a month out of the database into files. Runs beside
 * servers.
 */
export async function archiveCommand(context: CommandContext, options: ArchiveOptions): Promise<ExitCode> {
  const { before, to, list } = options
  if (list !== true && (before === undefined || to === undefined)) {
    throw new CommandRefusal('expected --list, or --before and --to', 2)
  }
  if (before === undefined || to === undefined) return listCommand(context, options)
  const { terminal } = context
  const { done: archived, refused } = await inArchivePool(context, options, async (pool) => {
    const { months, archived: known } = await listMonths(pool)
    const young = months.find(({ month, isOld }) => month < before && !isOld)
    if (young) throw new CommandRefusal(`${young.month} is younger than ${archiveAgeMonths} months, after its end`)
    const unfinished = known.filter(({ state }) => state === 'moving').map(({ month }) => month)
    const due = [...new Set([...months.map(({ month }) => month), ...unfinished])].filter((month) => month < before)
    const done: { month: string; slots: number; bookings: number; events: number; file: string }[] = []
    const refused: { month: string; reason: string }[] = []
    for (const month of due.sort()) {
      context.signal.throwIfAborted()
      const summary = await archiveMonth(pool, { month, directory: resolve(to) }).catch((error: unknown) => {
        // Another month may not be concerned.
        if (!(error instanceof ArchiveRefused) || error.kind === 'running') throw error
        refused.push({ month, reason: error.message })
        return null
      })
      if (summary === null) continue
      const { slot: slots, booking: bookings, booking_event: events } = summary.counts
      done.push({ month, slots, bookings, events, file: summary.path })
      terminal.note(`${month}: ${slots} slots, ${bookings} bookings and ${events} events are in ${summary.path}`)
    }
    return { done, refused }
  })
  if (options.json === true) terminal.json({ archived, refused })
  else
    terminal.out(
      archived.length === 0
        ? 'There is no month to archive.'
        : `Archived ${archived.length} ${archived.length === 1 ? 'month' : 'months'}.`,
    )
  for (const { month, reason } of refused) terminal.note(`${month} was not archived: ${reason}`)
  return refused.length === 0 ? 0 : 1
}

async function listCommand(context: CommandContext, options: ArchiveOptions): Promise<ExitCode> {
  const { months, archived } = await inArchivePool(context, options, listMonths)
  const { terminal } = context
  if (options.json === true) {
    terminal.json({
      months,
      archived: archived.map(({ checksum, ...rest }) => ({ ...rest, sha256: checksum?.toString('hex') })),
    })
    return 0
  }
  const rows = [
    ...archived.map(({ month, state, slots, bookings, fileName }) => [
      month,
      state === 'archived' ? `archived: ${slots} slots, ${bookings} bookings in ${fileName}` : `unfinished (${state})`,
    ]),
    ...months.map(({ month, slots, isOld }) => [
      month,
      `${slots} slots${isOld ? ', can be archived' : `, younger than ${archiveAgeMonths} months`}`,
    ]),
  ].sort()
  for (const line of columns(rows, '')) terminal.out(line)
  if (rows.length === 0) terminal.out('There are no months.')
  return 0
}

/** `holdfast archive restore FILE`: puts an archived month back. */
export async function restoreArchiveCommand(
  context: CommandContext,
  file: string,
  options: JsonOption & ShardOption,
): Promise<ExitCode> {
  const { header, counts } = await inArchivePool(context, options, (pool) => restoreMonth(pool, resolve(file)))
  const { slot: slots, booking: bookings, booking_event: events } = counts
  const { terminal } = context
  if (options.json === true) terminal.json({ month: header.month, slots, bookings, events })
  else terminal.out(`Restored ${header.month}: ${slots} slots, ${bookings} bookings, ${events} events.`)
  return 0
}

function inArchivePool<Result>(
  context: CommandContext,
  options: ShardOption,
  work: (pool: DatabasePool) => Promise<Result>,
): Promise<Result> {
  const use = async ({ ownerUrl }: { ownerUrl: string }) => {
    const settings = { url: ownerUrl, name: 'holdfast archive', queryTimeoutMs: 30 * 60_000 }
    return withPool(settings, async (pool) => {
      await refuseUnlessMigrated(pool)
      return work(pool)
    }).catch((error: unknown) => {
      if (error instanceof ArchiveRefused) throw new CommandRefusal(error.message)
      if (isFileError(error)) throw new CommandRefusal(messageOf(error))
      throw error
    })
  }
  return withDatabase(context, use, options)
}

function isFileError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && 'path' in error
}
