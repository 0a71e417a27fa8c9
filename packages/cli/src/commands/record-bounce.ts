import { readDeliveryReport } from '@holdfast/adapters/smtp'
import { createPool } from '@holdfast/engine'
import { recordBounces } from '@holdfast/server/bounces'
import { type CommandContext, CommandRefusal, type ExitCode } from '../command.ts'
import type { JsonOption } from '../command-options.ts'
import { messageOf } from '../message-of.ts'
import { withDatabase } from '../with-database.ts'

const texts = {
  recorded: 'The e-mail is recorded as not delivered.',
  unchanged: 'This was recorded before.',
  not_failed: 'The report is about no failure: nothing to record.',
  missing: 'The report is about no e-mail to a patient that was sent from here to that address: nothing to record.',
}

/** A mail server that runs the command keeps the mail, and runs it again later (EX_TEMPFAIL of sysexits.h). */
const tryLater = 75

/** `holdfast record-bounce`: reads one mail, and records the e-mail of a patient that it reports as not delivered. */
export async function recordBounceCommand(context: CommandContext, options: JsonOption): Promise<ExitCode> {
  const { terminal } = context
  const reports = await readDeliveryReport(Buffer.from(await context.readStdin()))
  if (reports === null) {
    throw new CommandRefusal('the mail is no report of a mail server (RFC 3464) that names the mail that it is about')
  }
  try {
    const outcome = await withDatabase(context, async ({ ownerUrl }) => {
      const pool = createPool({ url: ownerUrl, max: 1, name: 'holdfast record-bounce' })
      return recordBounces(pool, reports).finally(() => pool.end())
    })
    if (options.json === true) terminal.json({ outcome })
    else terminal.out(texts[outcome])
    return 0
  } catch (error) {
    terminal.note(`${messageOf(error)}; the report was not recorded: try again later`)
    return tryLater
  }
}
