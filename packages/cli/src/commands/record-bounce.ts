import { EmbeddedPostgresError } from '@holdfast/adapters/embedded-postgres'
import { type DeliveryReport, readDeliveryReport, reportLimits } from '@holdfast/adapters/smtp'
import {
  AppLoginError,
  isConnectionLost,
  isLockTimeout,
  isNotWritable,
  refusedWith,
  ShardRefused,
  withPool,
} from '@holdfast/engine'
import { bouncedClinicNo, recordBounces } from '@holdfast/server/bounces'
import { StartError } from '@holdfast/server/start-error'
import { messageOf } from '@holdfast/vocabulary'
import { type CommandContext, CommandRefusal, type ExitCode } from '../command.ts'
import type { JsonOption } from '../command-options.ts'
import { withDatabase } from '../with-database.ts'

const texts = {
  recorded: 'The e-mail is recorded as not delivered.',
  unchanged: 'This was recorded before.',
  too_early: 'The e-mail is not recorded as sent yet: try again later.',
  not_failed: 'The report is about no failure: nothing to record.',
  missing:
    'The report is about no e-mail to a patient that was sent from here to that address, or about one that was sent ' +
    'again since: nothing to record.',
}

/** A mail server that runs the command keeps the mail, and runs it again later (EX_TEMPFAIL of sysexits.h). */
const tryLater = 75

/** `holdfast record-bounce`: reads one mail, and records the e-mail of a patient that it reports as not delivered. */
export async function recordBounceCommand(context: CommandContext, options: JsonOption): Promise<ExitCode> {
  const { terminal } = context
  // Anybody can send a mail: the command connects to the database only for a report.
  const reports = await readReports(context)
  try {
    const outcome = await record(context, reports)
    if (options.json === true) terminal.json({ outcome })
    else terminal.out(texts[outcome])
    return outcome === 'too_early' ? tryLater : 0
  } catch (error) {
    if (!maySucceedLater(error)) throw error
    terminal.note(`${messageOf(error)}; the report was not recorded: try again later`)
    return tryLater
  }
}

/** @throws CommandRefusal the mail is no report, and will be none later */
async function readReports({ readStdin }: CommandContext): Promise<DeliveryReport[]> {
  const mail = await readStdin(reportLimits.bytesMax)
  const read = mail === null ? ({ kind: 'too_large' } as const) : await readDeliveryReport(mail)
  switch (read.kind) {
    case 'read':
      return read.reports
    case 'too_large':
      throw new CommandRefusal(
        `the mail is larger than any report: over ${reportLimits.bytesMax} bytes or ${reportLimits.linesMax} lines`,
      )
    case 'none':
      throw new CommandRefusal('the mail is no report of a mail server (RFC 3464) that names the mail that it is about')
  }
}

function record(context: CommandContext, reports: readonly DeliveryReport[]) {
  const use = async (url: string | null) => {
    if (url === null) throw new CommandRefusal('the database was never migrated: run `holdfast migrate`')
    return withPool({ url, name: 'holdfast record-bounce' }, (pool) => recordBounces(pool, reports))
  }
  // A mail must not start the embedded database, such as while it is upgraded.
  return withDatabase(
    context,
    async ({ applicationUrl, applicationUrlOf }) => {
      const clinicNo = bouncedClinicNo(reports)
      return use(await (clinicNo === null ? applicationUrl() : applicationUrlOf(clinicNo)))
    },
    { share: 'running' },
  )
}

/** Whether a setting or the database is the reason, and not the report. */
function maySucceedLater(error: unknown): boolean {
  const ofSettings = [CommandRefusal, EmbeddedPostgresError, AppLoginError, StartError, ShardRefused]
  if (ofSettings.some((kind) => error instanceof kind)) return true
  if (isConnectionLost(error) || isNotWritable(error) || isLockTimeout(error)) return true
  const state = refusedWith(error)
  // https://www.postgresql.org/docs/current/errcodes-appendix.html: class 22, what the data is; 23, constraints.
  return state !== null && !/^2[23]/.test(state)
}
