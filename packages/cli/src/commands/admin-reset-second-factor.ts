import { normalizedEmail } from '@holdfast/engine'
import { openAccounts } from '@holdfast/server/accounts'
import { createLogger } from '@holdfast/server/logger'
import { type CommandContext, CommandRefusal, type ExitCode } from '../command.ts'
import type { JsonOption } from '../command-options.ts'
import { recordCommand } from '../record-command.ts'
import { withPreparedDatabase } from '../with-database.ts'

export type AdminResetSecondFactorOptions = JsonOption & { email: string }

/** `holdfast admin reset-second-factor`: for a lost phone. The password stays, and signs in alone again. */
export async function adminResetSecondFactorCommand(
  context: CommandContext,
  options: AdminResetSecondFactorOptions,
): Promise<ExitCode> {
  const email = normalizedEmail(options.email)
  const removed = await withPreparedDatabase(context, async (database, config) => {
    const opened = await openAccounts(config, database, createLogger('warn'))
    try {
      const account = await opened.accounts.byEmail(email)
      if (account === null) throw new CommandRefusal(`there is no account with the e-mail address ${email}`)
      const entry = { kind: 'second_factor_changed', subjectId: account.id, details: ['all removed'] } as const
      return await opened.secondFactors.reset(account.id, (transaction) => recordCommand(transaction, entry))
    } finally {
      await opened.close()
    }
  })
  const { terminal } = context
  if (options.json === true) {
    terminal.json({ email, ...removed })
    return 0
  }
  const { hasTotp, recoveryCodes, passkeys } = removed
  if (!hasTotp && recoveryCodes === 0 && passkeys === 0) terminal.out(`${email} had no second factor.`)
  else {
    terminal.out(`Removed from ${email}:`)
    if (hasTotp) terminal.out('  the authenticator app')
    if (recoveryCodes > 0) terminal.out(`  recovery codes: ${recoveryCodes}`)
    if (passkeys > 0) terminal.out(`  passkeys: ${passkeys}`)
  }
  terminal.out('All sessions of the account have ended. The password is unchanged, and signs in alone.')
  return 0
}
