import type { ReservedAddresses } from '../accounts/emails/reserved-addresses.ts'
import type { PasswordLinks } from '../accounts/passwords/password-links.ts'
import type { AuditRecorder } from '../audit/audit-recorder.ts'
import type { AccountMails } from '../messages/account-mails/account-mails.ts'
import type { ProcessRequest } from './process-account-requests.ts'
import { storingReservedNotice } from './reserved-address-request.ts'

const hours = 24

type PasswordResetDeps = {
  accounts: Pick<PasswordLinks, 'createMailedPasswordReset'> & ReservedAddresses
  mails: Pick<AccountMails, 'store' | 'isAvailable'>
  audit: Pick<AuditRecorder, 'record'>
  publicUrl: string
}

/**
 * A mail with a link to choose a new password, if the address has an account; if one may take it back, a notice. The
 * pause between two mails is counted by account, in the database: it does not depend on who asks, or on which server.
 */
export function createPasswordResetProcessor(deps: PasswordResetDeps): ProcessRequest<'password_reset_request'> {
  const { accounts, mails, audit, publicUrl } = deps
  return async ({ email, language, network }, processing) => {
    const link = await accounts.createMailedPasswordReset(email, async (transaction, { token, email: address }) => {
      await processing.endRequest(transaction)
      const context = { url: `${publicUrl}/reset-password#${token}`, hours, site: new URL(publicUrl).host }
      const to = { address, language, clinicNo: null }
      await mails.store(transaction, { kind: 'password_reset', to, context }, hours)
    })
    if (link === null) {
      await accounts.noteReserved({ email, by: null }, storingReservedNotice(deps, processing))
      return
    }
    audit.record({ kind: 'password_link_created', subjectId: link.accountId, network, details: ['by e-mail'] })
  }
}
