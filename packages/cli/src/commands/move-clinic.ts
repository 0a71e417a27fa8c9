import { type MovedClinic, MoveRefused, moveClinic } from '@holdfast/engine'
import { type CommandContext, CommandRefusal, type ExitCode } from '../command.ts'
import type { JsonOption } from '../command-options.ts'
import { clinicNoOf, moveEnds } from '../move-ends.ts'
import { withAllDatabases } from '../with-all-databases.ts'

export type MoveClinicOptions = JsonOption & { to: string; dryRun?: boolean; atMost: number }

/**
 * `holdfast move-clinic`: moves a clinic to another database of the installation, while it is in use. Called again, it
 * continues a move that was interrupted, or goes back.
 */
export async function moveClinicCommand(
  context: CommandContext,
  clinic: string,
  { to: name, dryRun = false, atMost, json }: MoveClinicOptions,
): Promise<ExitCode> {
  const { terminal, signal } = context
  const clinicNo = clinicNoOf(clinic)
  const moved = await withAllDatabases(context, 'move-clinic', async (directory, others) => {
    const databases = await moveEnds(directory, others)
    const to = databases.named(name, `--to ${name}`)
    const pauseMsMax = atMost * 1_000
    return moveClinic({ directory, clinicNo, databases: databases.all, to: to.no, dryRun, pauseMsMax, signal })
  }).catch((error: unknown) => {
    throw error instanceof MoveRefused ? new CommandRefusal(error.message) : error
  })
  if (json === true) terminal.json({ dryRun, to: name, moved })
  else terminal.out(describe(moved, name, dryRun))
  return 0
}

function describe(moved: MovedClinic | null, name: string, dryRun: boolean): string {
  if (moved === null) return `The clinic is in ${name}: nothing is left to do.`
  const rows = `${moved.rows.toLocaleString('en')} rows`
  const seconds = `${(moved.pauseMs / 1_000).toFixed(1)} s`
  if (dryRun) {
    const more = 'and some seconds more: until open transactions have ended, and workers have the last events'
    return `Rehearsed: copied ${rows} in ${seconds}, and undid it. Changes would wait for that, ${more}.`
  }
  if (moved.rows === 0) return `Continued: the clinic has moved from ${moved.from} to ${moved.to}.`
  return `Moved the clinic from ${moved.from} to ${moved.to}: ${rows}. Changes of it waited for ${seconds}.`
}
