import { migrationStatus, withPool } from '@holdfast/engine'
import { forgetSecret } from '@holdfast/server/database-secrets'
import { type CommandContext, CommandRefusal, type ExitCode } from '../command.ts'
import type { JsonOption } from '../command-options.ts'
import { recordCommand } from '../record-command.ts'
import { withDatabase } from '../with-database.ts'

/** `holdfast forget-secret`: makes the next start accept any secret, because the one before is lost. */
export async function forgetSecretCommand(context: CommandContext, options: JsonOption): Promise<ExitCode> {
  const { terminal } = context
  const forgotten = await withDatabase(context, async ({ ownerUrl }) => {
    await refuseUnlessMigrated(ownerUrl)
    return forgetSecret(ownerUrl, (transaction) =>
      recordCommand(transaction, { kind: 'secret_forgotten', details: [] }),
    )
  })
  if (options.json === true) terminal.json({ forgotten })
  else if (!forgotten) terminal.out('The database has no fingerprint of a secret: nothing to do.')
  else terminal.out('The next start accepts another secret. Links of tickets and sessions of the old one are invalid.')
  return 0
}

async function refuseUnlessMigrated(ownerUrl: string): Promise<void> {
  return withPool({ url: ownerUrl, name: 'holdfast forget-secret' }, async (pool) => {
    if ((await migrationStatus(pool)).current) return
    throw new CommandRefusal('the database is not up to date: run `holdfast migrate` first')
  })
}
