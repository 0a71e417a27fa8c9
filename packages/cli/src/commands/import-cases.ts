import { describeCases } from '../cases/describe-cases.ts'
import { type CasesResult, importCases } from '../cases/import-cases.ts'
import { replayClinic, requireClinicIn } from '../cases/prepare-theatre.ts'
import { readCases } from '../cases/read-cases.ts'
import { type CommandContext, CommandRefusal, type ExitCode } from '../command.ts'
import type { JsonOption } from '../command-options.ts'
import { createProgress } from '../progress.ts'
import { describeBadLine } from '../tables/bad-lines.ts'
import { openTarget } from '../target/open-target.ts'
import { openTargetServer } from '../target/target-server.ts'
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
  const { env, terminal, signal } = context
  const { rows, bad } = await readCases(pathOf(file, env))
  if (bad.count > 0) {
    for (const line of bad.lines) terminal.note(describeBadLine(line))
    if (bad.count > bad.lines.length) terminal.note(`… and ${bad.count - bad.lines.length} more`)
    throw new CommandRefusal(`${file}: ${bad.count === 1 ? '1 problem' : `${bad.count} problems`}; nothing was booked`)
  }
  const { clinic, zone: timeZone } = options
  const whose = clinic === undefined ? undefined : 'an admin of the clinic'
  const target = await openTarget(context, options.url, whose)
  const ended = new AbortController()
  try {
    const server = await openTargetServer(target.url, target.credentials, AbortSignal.any([signal, ended.signal]))
    if (clinic !== undefined) await requireClinicIn(server, clinic, timeZone)
    const clinicId = clinic ?? (await replayClinic(server, rows, timeZone))
    const progress = createProgress(terminal)
    try {
      const today = Temporal.Now.plainDateISO(timeZone)
      const result = await importCases(server, { rows, clinicId, timeZone, today }, progress)
      return report(context, result, options.json === true)
    } finally {
      progress.end()
    }
  } finally {
    // After an error other calls may still be in flight, and must not be retried.
    ended.abort()
    await target.stop()
  }
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
