import { type ClinicCopy, chooseClinic, MoveRefused } from '@holdfast/engine'
import { type CommandContext, CommandRefusal, type ExitCode } from '../command.ts'
import type { JsonOption } from '../command-options.ts'
import { clinicNoOf, moveEnds } from '../move-ends.ts'
import { columns } from '../terminal.ts'
import { withAllDatabases } from '../with-all-databases.ts'

export type ChooseClinicCommandOptions = JsonOption & { in: string; dryRun?: boolean }

/**
 * `holdfast shards choose`: decides which copy of a clinic stays that several databases have, and deletes the others.
 * Called again, it continues.
 */
export async function chooseClinicCommand(
  context: CommandContext,
  clinic: string,
  { in: name, dryRun = false, json }: ChooseClinicCommandOptions,
): Promise<ExitCode> {
  const { terminal } = context
  const clinicNo = clinicNoOf(clinic)
  const copies = await withAllDatabases(context, 'shards choose', async (directory, others) => {
    const databases = await moveEnds(directory, others)
    const to = databases.named(name, `--in ${name}`)
    return chooseClinic({ directory, clinicNo, databases: databases.all, to: to.no, dryRun })
  }).catch((error: unknown) => {
    throw error instanceof MoveRefused ? new CommandRefusal(error.message) : error
  })
  if (json === true) terminal.json({ dryRun, in: name, copies })
  else for (const line of describe(copies, name, dryRun)) terminal.out(line)
  return 0
}

function describe(copies: readonly ClinicCopy[], name: string, dryRun: boolean): string[] {
  const rows = copies.map((copy) => [
    copy.isNoted ? `${copy.name} (noted)` : copy.name,
    copy.bookings.toLocaleString('en'),
    copy.lastEventAt?.toISOString() ?? '–',
  ])
  const table = columns([['database', 'bookings', 'last change of a booking'], ...rows], '')
  const others = copies.filter((copy) => copy.name !== name).map((copy) => copy.name)
  const from = others.join(', ')
  if (others.length === 0)
    return [...table, `Only ${name} has the clinic: nothing ${dryRun ? 'is' : 'was'} to be deleted.`]
  if (dryRun) return [...table, `The clinic would stay in ${name}, and be deleted in ${from}. Nothing was changed.`]
  return [...table, `The clinic is in ${name}, and was deleted in ${from}.`]
}
