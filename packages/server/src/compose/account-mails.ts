import type { Engine } from '@holdfast/engine'
import type pg from 'pg'
import { isEmailLinkValid, voidEmailLink } from '../accounts/email-links.ts'
import type { OpenAccounts } from '../accounts/open-accounts.ts'
import { isPasswordResetValid, voidPasswordReset } from '../accounts/password-links.ts'
import type { AuditRecorder } from '../audit/audit-recorder.ts'
import type { RateLimits } from '../edge/rate-limits.ts'
import type { RunningJobs } from '../jobs/run-jobs.ts'
import { type AccountMails, sealedAccountMails } from '../messages/account-mails.ts'
import { startAnsweringRequests } from '../messages/answer-account-requests.ts'
import { startAccountMails } from '../messages/send-account-mails.ts'
import type { MailLinks } from '../messages/visit-context.ts'
import type { Logger } from '../observe/logger.ts'
import { createNewAccountAnswer } from '../rest/auth/email-routes.ts'
import { createPasswordResetAnswer } from '../rest/auth/password-reset-routes.ts'
import { createEntryLinkAnswer } from '../rest/resources/entry-links.ts'
import { createTicketLinkAnswer } from '../rest/resources/ticket-links.ts'
import type { OpenMailer } from './message-sender.ts'

/** Answers requests for mails, in every server with a mail server. */
export function answerAccountRequests(deps: {
  pools: { general: pg.Pool }
  secrets: readonly string[]
  mails: AccountMails
  accounts: OpenAccounts
  audit: AuditRecorder
  engine: Engine
  app: { rateLimits: RateLimits }
  log: Logger
}): RunningJobs[] {
  const { pools, secrets, mails, accounts, audit, engine, app, log } = deps
  if (!mails.isAvailable) return []
  const ofAccounts = { accounts: accounts.accounts, publicUrl: accounts.publicUrl, mails, audit }
  const answering = startAnsweringRequests({
    pool: pools.general,
    sealed: sealedAccountMails(secrets),
    mails,
    answers: {
      password_reset_request: createPasswordResetAnswer(ofAccounts),
      confirm_email_request: createNewAccountAnswer(ofAccounts),
      ticket_link_request: createTicketLinkAnswer({ engine }, app.rateLimits),
      entry_link_request: createEntryLinkAnswer({ engine }, app.rateLimits),
    },
    log,
  })
  return [answering]
}

/** Sends what is stored, in the process that runs the jobs. null: it has no mail server; another process sends them. */
export function sendStoredAccountMails(
  { mailer, address }: OpenMailer,
  deps: { pool: pg.Pool; secrets: readonly string[]; pages: MailLinks; log: Logger },
): RunningJobs | null {
  if (mailer === null) return null
  const links = { isEmailLinkValid, voidEmailLink, isPasswordResetValid, voidPasswordReset }
  const { secrets, ...others } = deps
  return startAccountMails({ ...others, mailer, address, sealed: sealedAccountMails(secrets), links })
}
