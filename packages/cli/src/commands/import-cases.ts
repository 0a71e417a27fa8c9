import { describeCases } from '../cases/describe-cases.ts'
import { type CasesResult, importCases } from '../cases/import-cases.ts'
import { replayClinic, requireClinicIn } from '../cases/prepare-theatre.ts'
import { readCases } from '../cases/read-cases.ts'
import { type CommandContext, CommandRefusal, type ExitCode } from '../command.ts'
import type { JsonOption } from '../command-options.ts'
import { requireGoodLines } from '../tables/bad-lines.ts'
import { withTargetServer } from '../target/with-target-server.ts'
import { pathOf } from '../terminal.ts'

export type ReplayCasesOptions = JsonOption & { zone: string; url?: string }
export type ImportCasesOptions = ReplayCasesOptions & { url: string; clinic: string }

/** `holdfast import cases FILE`: books a file of operating-room cases in a clinic of a running server. */
export function importCasesCommand(
  context: CommandContext,
  file: string,
  options: ImportCasesOptions,
): Promise<ExitCode> {
  return runCases(context, file, options)
}

/** `holdfast replay cases FILE`: the same in a clinic of the file that it creates, by default on a temporary server. */
export function replayCasesCommand(
  context: CommandContext,
  file: string,
  options: ReplayCasesOptions,
): Promise<ExitCode> {
  return runCases(context, file, options)
}

async function runCases(
  context: CommandContext,
  file: string,
  options: ReplayCasesOptions & { clinic?: string },
): Promise<ExitCode> {
  const { rows, bad } = await readCases(pathOf(file, context.env))
  requireGoodLines(context, file, bad)
  const { clinic, zone: timeZone } = options
  const whose = clinic === undefined ? undefined : 'an admin of the clinic'
  return withTargetServer(context, { url: options.url, whose }, async (server, progress) => {
    if (clinic !== undefined) await requireClinicIn(server, clinic, timeZone)
    const clinicId = clinic ?? (await replayClinic(server, rows, timeZone))
    const today = Temporal.Now.plainDateISO(timeZone)
    const result = await importCases(server, { rows, clinicId, timeZone, today }, progress)
    return report(context, result, options.json === true)
  })
}

const reportedMax = 20

function report({ terminal }: CommandContext, result: CasesResult, asJson: boolean): ExitCode {
  const { summary, failures, milestoneFailures, findings } = result
  if (asJson) terminal.json(summary)
  else for (const line of describeCases(summary)) terminal.out(line)
  const notes = [...failures, ...milestoneFailures].map(({ caseId, why }) => `case ${caseId}: ${why}`)
  for (const note of notes.slice(0, reportedMax)) terminal.note(note)
  if (notes.length > reportedMax) terminal.note(`… and ${notes.length - reportedMax} more`)
  for (const finding of findings) terminal.note(`verify: ${finding}`)
  const { overbooked, mismatches } = summary.verify
  if (notes.length + overbooked + mismatches > 0) throw new CommandRefusal('not everything was right: see above')
  return 0
}
