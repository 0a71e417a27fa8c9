import { type CommandContext, CommandRefusal, type ExitCode } from '../command.ts'
import type { ReplayOptions } from '../program.ts'
import { replayTimeZone } from '../replay/plan-replay.ts'
import { readAppointments } from '../replay/read-appointments.ts'
import { type ReplayResult, replayAppointments } from '../replay/replay-appointments.ts'
import { createReplayProgress } from '../replay/replay-progress.ts'
import { openReplayServer } from '../replay/replay-server.ts'
import { describeSummary, isGood } from '../replay/replay-summary.ts'
import { startThrowawayServer } from '../replay/throwaway-server.ts'
import { describeBadLine } from '../tables/bad-lines.ts'
import { columns, pathOf } from '../terminal.ts'

/** `holdfast replay appointments FILE`: books a file of real appointments over HTTP, and verifies the result. */
export async function replayCommand(context: CommandContext, file: string, options: ReplayOptions): Promise<ExitCode> {
  const { env, terminal, signal } = context
  const { appointments, bad } = await readAppointments(pathOf(file, env))
  if (bad.count > 0) {
    for (const line of bad.lines) terminal.note(describeBadLine(line))
    if (bad.count > bad.lines.length) terminal.note(`… and ${bad.count - bad.lines.length} more`)
    throw new CommandRefusal(`${file}: ${bad.count === 1 ? '1 problem' : `${bad.count} problems`}; nothing was booked`)
  }
  const target = await openTarget(context, options.url)
  const ended = new AbortController()
  try {
    const server = await openReplayServer(target.url, target.credentials, AbortSignal.any([signal, ended.signal]))
    const today = Temporal.Now.plainDateISO(replayTimeZone)
    const { capacity: factor, concurrency } = options
    const progress = createReplayProgress(terminal)
    try {
      const result = await replayAppointments(server, { appointments, factor, concurrency, today }, progress)
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

type Target = { url: string; credentials: { email: string; password: string }; stop(): Promise<void> }

async function openTarget({ env, terminal, signal }: CommandContext, url: string | undefined): Promise<Target> {
  if (url === undefined) {
    terminal.note('Starting a temporary server …')
    return startThrowawayServer(env, signal)
  }
  if (!URL.canParse(url) || !/^https?:/.test(url)) {
    throw new CommandRefusal(`--url ${JSON.stringify(url)} is not an address such as http://localhost:3000`, 2)
  }
  const email = env.HOLDFAST_ADMIN_EMAIL
  const password = env.HOLDFAST_ADMIN_PASSWORD
  if (!email || !password) {
    throw new CommandRefusal(
      'with --url, set HOLDFAST_ADMIN_EMAIL and HOLDFAST_ADMIN_PASSWORD to a site administrator of that server, ' +
        'who creates the clinics',
    )
  }
  return { url, credentials: { email, password }, stop: async () => {} }
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
