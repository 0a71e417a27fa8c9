import type { Engine } from '@holdfast/engine'
import type pg from 'pg'
import { createEntryLinkProcessor } from '../account-requests/entry-link-request.ts'
import { createNewAccountProcessor } from '../account-requests/new-account-request.ts'
import { createPasswordResetProcessor } from '../account-requests/password-reset-request.ts'
import { startProcessingRequests } from '../account-requests/process-account-requests.ts'
import { createTicketLinkProcessor } from '../account-requests/ticket-link-request.ts'
import { isEmailLinkValid, voidEmailLink } from '../accounts/emails/email-links.ts'
import type { OpenAccounts } from '../accounts/open-accounts.ts'
import { isPasswordResetValid, voidPasswordReset } from '../accounts/passwords/password-links.ts'
import type { AuditRecorder } from '../audit/audit-recorder.ts'
import type { RateLimits } from '../edge/rate-limits/rate-limits.ts'
import type { RunningJobs } from '../jobs/run-jobs.ts'
import { type AccountMails, sealedAccountMails } from '../messages/account-mails/account-mails.ts'
import { startAccountMails } from '../messages/account-mails/send-account-mails.ts'
import type { MailLinks } from '../messages/rendering/mail-links.ts'
import type { Logger } from '../observe/logger.ts'
import type { OpenMailer } from './message-sender.ts'

/** Processes requests for mails, in every server with a mail server. */
export function processAccountRequests(deps: {
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
  const processing = startProcessingRequests({
    pool: pools.general,
    sealed: sealedAccountMails(secrets),
    mails,
    processors: {
      password_reset_request: createPasswordResetProcessor(ofAccounts),
      confirm_email_request: createNewAccountProcessor(ofAccounts),
      ticket_link_request: createTicketLinkProcessor(engine, app.rateLimits),
      entry_link_request: createEntryLinkProcessor(engine, app.rateLimits),
    },
    log,
  })
  return [processing]
}

/** Sends what is stored, in the process that runs the jobs. null: without a mail server; another process sends it. */
export function sendStoredAccountMails(
  { mailer, address }: OpenMailer,
  deps: { pool: pg.Pool; secrets: readonly string[]; pages: MailLinks; log: Logger },
): RunningJobs | null {
  if (mailer === null) return null
  const links = { isEmailLinkValid, voidEmailLink, isPasswordResetValid, voidPasswordReset }
  const { secrets, ...others } = deps
  return startAccountMails({ ...others, mailer, address, sealed: sealedAccountMails(secrets), links })
}
