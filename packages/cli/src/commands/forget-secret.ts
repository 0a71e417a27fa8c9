import { withPool } from '@holdfast/engine'
import { forgetSecret } from '@holdfast/server/database-secrets'
import type { CommandContext, ExitCode } from '../command.ts'
import type { JsonOption } from '../command-options.ts'
import { recordCommand } from '../record-command.ts'
import { refuseUnlessMigrated } from '../refuse-unless-migrated.ts'
import { withDatabase } from '../with-database.ts'

/** `holdfast forget-secret`: makes the next start accept any secret, because the one before is lost. */
export async function forgetSecretCommand(context: CommandContext, options: JsonOption): Promise<ExitCode> {
  const { terminal } = context
  const forgotten = await withDatabase(context, async ({ ownerUrl }) => {
    await withPool({ url: ownerUrl, name: 'holdfast forget-secret' }, refuseUnlessMigrated)
    return forgetSecret(ownerUrl, (transaction) =>
      recordCommand(transaction, { kind: 'secret_forgotten', details: [] }),
    )
  })
  if (options.json === true) terminal.json({ forgotten })
  else if (!forgotten) terminal.out('The database has no fingerprint of a secret: nothing to do.')
  else terminal.out('The next start accepts another secret. Links of tickets and sessions of the old one are invalid.')
  return 0
}
