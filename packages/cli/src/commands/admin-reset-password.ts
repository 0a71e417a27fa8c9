import { normalizedEmail } from '@holdfast/engine'
import { openAccounts } from '@holdfast/server/accounts'
import { createLogger } from '@holdfast/server/logger'
import { type CommandContext, CommandRefusal, type ExitCode } from '../command.ts'
import type { JsonOption } from '../command-options.ts'
import { recordCommand } from '../record-command.ts'
import { withPreparedDatabase } from '../with-database.ts'

export type AdminResetPasswordOptions = JsonOption & { email: string }

/** A link of the operator proves nothing about the address, so it removes none. */
const factorsHint =
  'The account keeps its second factors. If somebody else may have set them up, run admin reset-second-factor as well.'

/** Without a public address, the link has the port of this command's settings, and the server may have another. */
const addressHint =
  'HOLDFAST_URL is not set. If the site has another address or port than this link, open the rest of the link there.'

/**
 * `holdfast admin reset-password`: a link with which the account's person chooses a new password. Until then nobody
 * signs in with a password. Grants no role.
 */
export async function adminResetPasswordCommand(
  context: CommandContext,
  options: AdminResetPasswordOptions,
): Promise<ExitCode> {
  const email = normalizedEmail(options.email)
  const { link, isAssumed, expiresAt, hasFactors } = await withPreparedDatabase(context, async (database, config) => {
    const opened = await openAccounts(config, database, createLogger('warn'))
    try {
      const account = await opened.accounts.byEmail(email)
      if (account === null) throw new CommandRefusal(`there is no account with the e-mail address ${email}`)
      const reset = await opened.accounts.createPasswordReset(account.id, (transaction) =>
        recordCommand(transaction, { kind: 'password_link_created', subjectId: account.id, details: [] }),
      )
      const { hasTotp, passkeys } = await opened.secondFactors.of(account.id)
      const link = `${opened.publicUrl}/reset-password#${reset.token}`
      return {
        link,
        isAssumed: config.publicUrl === null,
        expiresAt: reset.expiresAt,
        hasFactors: hasTotp || passkeys > 0,
      }
    } finally {
      await opened.close()
    }
  })
  if (options.json === true) context.terminal.json({ email, link, expiresAt })
  else {
    context.terminal.out(`Pass this link on to ${email}. It works once, until ${expiresAt.toISOString()}:`)
    context.terminal.out(link)
    if (isAssumed) context.terminal.out(addressHint)
    context.terminal.out('The account is signed out everywhere, and its password is not valid any more.')
    if (hasFactors) context.terminal.out(factorsHint)
  }
  return 0
}
