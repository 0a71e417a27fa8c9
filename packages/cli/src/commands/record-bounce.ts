import { connectEmbeddedPostgres } from '@holdfast/adapters/embedded-postgres'
import { readDeliveryReport } from '@holdfast/adapters/smtp'
import { createPool } from '@holdfast/engine'
import { recordBounces } from '@holdfast/server/bounces'
import { type CommandContext, CommandRefusal, type ExitCode } from '../command.ts'
import type { JsonOption } from '../command-options.ts'
import { messageOf } from '../message-of.ts'
import { readSettings, withDatabase } from '../with-database.ts'

const texts = {
  recorded: 'The e-mail is recorded as not delivered.',
  unchanged: 'This was recorded before.',
  not_failed: 'The report is about no failure: nothing to record.',
  missing: 'The report is about no e-mail to a patient that was sent from here to that address: nothing to record.',
}

/** A mail server that runs the command keeps the mail, and runs it again later (EX_TEMPFAIL of sysexits.h). */
const tryLater = 75
/** With the whole e-mail returned, a report is as large as that. */
const mailBytesMax = 5_000_000

/** `holdfast record-bounce`: reads one mail, and records the e-mail of a patient that it reports as not delivered. */
export async function recordBounceCommand(context: CommandContext, options: JsonOption): Promise<ExitCode> {
  const { terminal } = context
  const mail = Buffer.from(await context.readStdin())
  if (mail.length > mailBytesMax) throw new CommandRefusal('the mail is larger than any report: 5 MB are read')
  const reports = await readDeliveryReport(mail)
  if (reports === null) {
    throw new CommandRefusal('the mail is no report of a mail server (RFC 3464) that names the mail that it is about')
  }
  try {
    const record = (ownerUrl: string) => {
      const pool = createPool({ url: ownerUrl, max: 1, name: 'holdfast record-bounce' })
      return recordBounces(pool, reports).finally(() => pool.end())
    }
    const { databaseUrl, dataDirectory } = readSettings(context)
    // An e-mail must not start the embedded database, such as while it is upgraded.
    const running = databaseUrl === null ? await connectEmbeddedPostgres({ dataDirectory }) : undefined
    if (databaseUrl === null && running === undefined) throw new Error('Holdfast is not running')
    const outcome = await (running === undefined
      ? withDatabase(context, ({ ownerUrl }) => record(ownerUrl))
      : record(running.ownerUrl))
    if (options.json === true) terminal.json({ outcome })
    else terminal.out(texts[outcome])
    return 0
  } catch (error) {
    terminal.note(`${messageOf(error)}; the report was not recorded: try again later`)
    return tryLater
  }
}
