import { type AuditDetail, importLists } from '@holdfast/contract'
import {
  createEngine,
  createPool,
  type DirectoryImport,
  directoryNo,
  type Engine,
  type ImportCounts,
  ImportInterrupted,
  type ImportOutcome,
  importIntoShards,
  isClinicMoving,
  withPool,
} from '@holdfast/engine'
import { messageOf } from '@holdfast/vocabulary'
import { type CommandContext, CommandRefusal, type ExitCode } from '../command.ts'
import type { JsonOption } from '../command-options.ts'
import { type ImportRead, readImport } from '../import/read-import.ts'
import { recordCommand } from '../record-command.ts'
import { pathOf } from '../terminal.ts'
import { type OpenedDatabase, withDatabase } from '../with-database.ts'

type ImportingOptions = Parameters<Engine['importDirectory']>[1]

export type ImportOptions = JsonOption & { clinics?: string; doctors?: string; slots?: string; dryRun?: boolean }

/** `holdfast import`: clinics, doctors and slots from files, all or nothing. */
export async function importCommand(
  context: CommandContext,
  document: string | null,
  options: ImportOptions,
): Promise<ExitCode> {
  const { env } = context
  const path = (file: string | undefined) => (file === undefined ? null : pathOf(file, env))
  const sources = {
    document: document === null ? null : pathOf(document, env),
    clinics: path(options.clinics),
    doctors: path(options.doctors),
    slots: path(options.slots),
  }
  if (Object.values(sources).every((source) => source === null)) {
    throw new CommandRefusal('name a file: a JSON document, or --clinics, --doctors, --slots (see --help)', 2)
  }
  if (document !== null && !document.toLowerCase().endsWith('.json')) {
    throw new CommandRefusal(`${document} is not a .json file; name CSV files with --clinics, --doctors, --slots`, 2)
  }
  const read = await readImport(sources, Temporal.Now.instant())
  if (read.problemCount > 0) return refuse(context, read.problems, read.problemCount, options)
  const outcome = await importAll(context, read.directory, {
    dryRun: options.dryRun === true,
    alsoWrite: (transaction, counts) =>
      recordCommand(transaction, { kind: 'data_imported', details: detailsOf(counts) }),
  })
  return report(context, outcome, read, options)
}

const poolName = 'holdfast import'

/** Into the only database, or into those that have the clinics. */
function importAll(context: CommandContext, input: DirectoryImport, options: ImportingOptions): Promise<ImportOutcome> {
  const work = async (database: OpenedDatabase): Promise<ImportOutcome> => {
    const { appUrl, shards } = await database.prepareClinics((line) => context.terminal.note(line))
    if (shards === null) {
      return withPool({ url: appUrl, name: poolName }, (pool) =>
        createEngine({ batchPool: pool, generalPool: pool }).importDirectory(input, options),
      )
    }
    const pools = new Map([[directoryNo, createPool({ url: appUrl, max: 1, name: poolName })]])
    try {
      for (const { no, urls, settings } of shards) {
        if (urls === null) throw new CommandRefusal(`the database ${settings.name} is needed: nothing was imported`)
        pools.set(no, createPool({ url: urls.appUrl, max: 1, name: poolName }))
      }
      return await importIntoShards({ directoryUrl: database.ownerUrl, pools }, input, options)
    } finally {
      await Promise.all(Array.from(pools.values(), (pool) => pool.end()))
    }
  }
  return withDatabase(context, work, { mayCreate: true }).catch((error: unknown) => {
    if (error instanceof ImportInterrupted || isClinicMoving(error)) throw new CommandRefusal(messageOf(error))
    throw error
  })
}

function detailsOf(counts: ImportCounts): AuditDetail[] {
  return importLists.map((list) => `${list}=${counts[list].created}` as const)
}

function report(context: CommandContext, outcome: ImportOutcome, read: ImportRead, options: ImportOptions): ExitCode {
  if (outcome.kind === 'refused') {
    const problems = outcome.problems.map(({ list, row, message }) => `${list}, ${read.units[list]} ${row}: ${message}`)
    return refuse(context, problems, outcome.problemCount, options)
  }
  const { terminal } = context
  const { clinics, doctors, slots } = outcome.counts
  const dryRun = options.dryRun === true
  if (options.json === true) {
    terminal.json({ dryRun, ...outcome.counts, problemCount: 0, problems: [] })
    return 0
  }
  const would = dryRun ? 'would be imported' : 'imported'
  terminal.out(`clinics: ${clinics.created} ${would}, ${clinics.existing} were there before`)
  terminal.out(`doctors: ${doctors.created} ${would}, ${doctors.existing} were there before`)
  const others = slots.differing > 0 ? `, ${slots.differing} of them with another capacity, which they keep` : ''
  terminal.out(`slots: ${slots.created} ${would}, ${slots.skipped} were there before${others}`)
  return 0
}

const problemsShownMax = 100

function refuse({ terminal }: CommandContext, problems: string[], count: number, options: ImportOptions): ExitCode {
  const shown = problems.slice(0, problemsShownMax)
  if (options.json === true) {
    const none = { created: 0, existing: 0 }
    const counts = { clinics: none, doctors: none, slots: { created: 0, skipped: 0, differing: 0 } }
    terminal.json({ dryRun: options.dryRun === true, ...counts, problemCount: count, problems: shown })
  } else {
    for (const problem of shown) terminal.note(problem)
    if (count > shown.length) terminal.note(`… ${count} in all`)
  }
  throw new CommandRefusal(`${count === 1 ? '1 problem' : `${count} problems`}; nothing was imported`)
}
