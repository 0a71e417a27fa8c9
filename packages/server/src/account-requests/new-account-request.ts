import type { Accounts } from '../accounts/accounts.ts'
import { type EmailLinks, emailLinkHours } from '../accounts/emails/email-links.ts'
import type { ReservedAddresses } from '../accounts/emails/reserved-addresses.ts'
import type { SignUpNotices } from '../accounts/emails/sign-up-notices.ts'
import { type AccountMails, noticeHours } from '../messages/account-mails/account-mails.ts'
import { storeEmailLink } from '../messages/account-mails/store-email-link.ts'
import type { ProcessRequest } from './process-account-requests.ts'
import { storingReservedNotice } from './reserved-address-request.ts'

type NewAccountDeps = {
  accounts: Pick<Accounts, 'userById'> & Pick<EmailLinks, 'createEmailLink'> & SignUpNotices & ReservedAddresses
  mails: Pick<AccountMails, 'store' | 'isAvailable'>
  publicUrl: string
}

/**
 * Processes a sign-up: a mail with a link that confirms the address of the new account, or a notice for the owner of
 * the account that has the address, or may take it back.
 */
export function createNewAccountProcessor(deps: NewAccountDeps): ProcessRequest<'confirm_email_request'> {
  const { accounts, mails, publicUrl } = deps
  return async ({ accountId, email, language, network }, processing) => {
    const { endRequest } = processing
    if ((await accounts.userById(accountId)) !== null) {
      const request = { newEmail: null, language, sessionId: null, network }
      await accounts.createEmailLink(accountId, request, async (transaction, link) => {
        await endRequest(transaction)
        await storeEmailLink(transaction, deps, { ...link, ...request, hours: emailLinkHours })
      })
      return
    }
    await accounts.noteSignUp(email, async (transaction, address) => {
      await endRequest(transaction)
      const context = { site: new URL(publicUrl).host, signInUrl: `${publicUrl}/sign-in` }
      const to = { address, language, clinicNo: null }
      await mails.store(transaction, { kind: 'address_in_use', to, context }, noticeHours)
    })
    await accounts.noteReserved({ email, by: null }, storingReservedNotice(deps, processing))
  }
}
