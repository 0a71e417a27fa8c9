import { normalizedEmail } from '@holdfast/engine'
import { openAccounts } from '@holdfast/server/accounts'
import { createLogger } from '@holdfast/server/logger'
import { type CommandContext, CommandRefusal, type ExitCode } from '../command.ts'
import type { JsonOption } from '../command-options.ts'
import { recordCommand } from '../record-command.ts'
import { withPreparedDatabase } from '../with-database.ts'

export type AdminEndSessionsOptions = JsonOption & { email?: string; all?: boolean }

/** `holdfast admin end-sessions`: after a device was lost, or somebody else had access. */
export async function adminEndSessionsCommand(
  { terminal, ...context }: CommandContext,
  { email, all, json }: AdminEndSessionsOptions,
): Promise<ExitCode> {
  const address = email === undefined ? undefined : normalizedEmail(email)
  if ((address === undefined) === (all !== true)) throw new CommandRefusal('name an account by --email, or use --all')
  const accounts = await withPreparedDatabase({ terminal, ...context }, async (database, config) => {
    const opened = await openAccounts(config, database, createLogger('warn'))
    try {
      const account = address === undefined ? null : await opened.accounts.byEmail(address)
      if (address !== undefined && account === null) {
        throw new CommandRefusal(`there is no account with the e-mail address ${address}`)
      }
      if (account === null) {
        // First: each account's sessions end in a separate transaction.
        await recordCommand(opened.pool, { kind: 'sessions_ended', details: ['all accounts'] })
        return await opened.sessions.endEverybodys()
      }
      await opened.sessions.endAll(account.id, (transaction) =>
        recordCommand(transaction, { kind: 'sessions_ended', subjectId: account.id, details: ['all'] }),
      )
      return 1
    } finally {
      await opened.close()
    }
  })
  if (json === true) terminal.json({ email: address ?? null, accounts })
  else if (address !== undefined) terminal.out(`${address} is signed out everywhere.`)
  else terminal.out(`Everybody is signed out. Accounts that had sessions: ${accounts}.`)
  return 0
}
