import type pg from 'pg'
import { isEmailLinkValid, voidEmailLink } from '../../accounts/emails/email-links.ts'
import { isPasswordResetValid, voidPasswordReset } from '../../accounts/passwords/password-links.ts'
import type { MailedLinks } from '../../messages/account-mails/send-account-mails.ts'

/** @param accounts of the application role, to the database that has the accounts */
export function mailedLinks(accounts: pg.Pool): MailedLinks {
  return {
    isEmailLinkValid: (token) => isEmailLinkValid(accounts, token),
    voidEmailLink: (token) => voidEmailLink(accounts, token),
    isPasswordResetValid: (token) => isPasswordResetValid(accounts, token),
    voidPasswordReset: (token) => voidPasswordReset(accounts, token),
  }
}
