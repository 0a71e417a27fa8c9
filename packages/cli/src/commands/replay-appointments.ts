import { type CommandContext, CommandRefusal, type ExitCode } from '../command.ts'
import type { JsonOption } from '../command-options.ts'
import type { CapacityFactor } from '../replay/capacity-factor.ts'
import { replayTimeZone } from '../replay/plan-replay.ts'
import { readAppointments } from '../replay/read-appointments.ts'
import { type ReplayResult, replayAppointments } from '../replay/replay-appointments.ts'
import { describeSummary, isGood } from '../replay/replay-summary.ts'
import { requireGoodLines } from '../tables/bad-lines.ts'
import { withTargetServer } from '../target/with-target-server.ts'
import { columns, pathOf } from '../terminal.ts'

export type ReplayOptions = JsonOption & {
  capacity: CapacityFactor
  concurrency: number
  url?: string
}

/** `holdfast replay appointments FILE`: books a file of real appointments over HTTP, and verifies the result. */
export async function replayCommand(context: CommandContext, file: string, options: ReplayOptions): Promise<ExitCode> {
  const { appointments, bad } = await readAppointments(pathOf(file, context.env))
  requireGoodLines(context, file, bad)
  return withTargetServer(context, { url: options.url }, async (server, progress) => {
    const today = Temporal.Now.plainDateISO(replayTimeZone)
    const { capacity: factor, concurrency } = options
    const result = await replayAppointments(server, { appointments, factor, concurrency, today }, progress)
    return report(context, result, options.json === true)
  })
}

function report({ terminal }: CommandContext, result: ReplayResult, asJson: boolean): ExitCode {
  const { summary, failures, findings } = result
  if (asJson) terminal.json(summary)
  else for (const line of columns(describeSummary(summary), '')) terminal.out(line)
  for (const { appointmentId, why } of failures) terminal.note(`appointment ${appointmentId}: ${why}`)
  const unreported = summary.failed + summary.booked + summary.replayed - summary.confirmed - failures.length
  if (unreported > 0) terminal.note(`… and ${unreported} more`)
  for (const finding of findings) terminal.note(`verify: ${finding}`)
  if (!isGood(summary)) throw new CommandRefusal('the replay did not pass: see above')
  return 0
}
