import type { Engine } from '@holdfast/engine'
import type pg from 'pg'
import { createEntryLinkProcessor } from '../../account-requests/entry-link-request.ts'
import { createLostLinkLimits } from '../../account-requests/lost-link-limit.ts'
import { createNewAccountProcessor } from '../../account-requests/new-account-request.ts'
import { createPasswordResetProcessor } from '../../account-requests/password-reset-request.ts'
import { type Processors, startProcessingRequests } from '../../account-requests/process-account-requests.ts'
import { createReservedAddressProcessor } from '../../account-requests/reserved-address-request.ts'
import { createTicketLinkProcessor } from '../../account-requests/ticket-link-request.ts'
import type { OpenAccounts } from '../../accounts/open-accounts.ts'
import type { AuditRecorder } from '../../audit/audit-recorder.ts'
import type { RunningJobs } from '../../jobs/run-jobs.ts'
import { type AccountMails, sealedAccountMails } from '../../messages/account-mails/account-mails.ts'
import { startAccountMails } from '../../messages/account-mails/send-account-mails.ts'
import type { MailLinks } from '../../messages/rendering/mail-links.ts'
import type { Logger } from '../../observe/logger.ts'
import { mailedLinks } from './mailed-links.ts'
import type { OpenMailer } from './message-sender.ts'

type RequestsOfShard = {
  pools: { general: pg.Pool }
  secrets: readonly string[]
  mails: AccountMails
  engine: Engine
  log: Logger
}

type Requests = RequestsOfShard & { accounts: OpenAccounts; audit: Pick<AuditRecorder, 'record'> }

/**
 * Processes requests for mails, in every server with a mail server: those of the only database, or of the directory.
 */
export function processAccountRequests(deps: Requests): RunningJobs[] {
  const { mails, accounts, audit } = deps
  const ofAccounts = { accounts: accounts.accounts, publicUrl: accounts.publicUrl, mails, audit }
  return process(deps, {
    password_reset_request: createPasswordResetProcessor(ofAccounts),
    confirm_email_request: createNewAccountProcessor(ofAccounts),
    reserved_address_request: createReservedAddressProcessor(ofAccounts),
    ...processorsOfClinics(deps),
  })
}

/** The same of another database: the requests to its clinics. */
export function processRequestsOfShard(deps: RequestsOfShard): RunningJobs[] {
  return process(deps, processorsOfClinics(deps))
}

function processorsOfClinics({ engine, secrets }: RequestsOfShard): Processors {
  const limits = createLostLinkLimits(secrets)
  return {
    ticket_link_request: createTicketLinkProcessor(engine, limits),
    entry_link_request: createEntryLinkProcessor(engine, limits),
  }
}

function process({ pools, secrets, mails, log }: RequestsOfShard, processors: Processors): RunningJobs[] {
  if (!mails.isAvailable) return []
  return [startProcessingRequests({ pool: pools.general, sealed: sealedAccountMails(secrets), mails, processors, log })]
}

/**
 * Sends what is stored, in the process that runs the jobs. null: without a mail server; another process sends it.
 *
 * @param deps.pool to the database, or the shard, that has the mails
 * @param deps.accounts to the database that has the accounts
 */
export function sendStoredAccountMails(
  { mailer, address }: OpenMailer,
  deps: { pool: pg.Pool; accounts: pg.Pool; secrets: readonly string[]; pages: MailLinks; log: Logger },
): RunningJobs | null {
  if (mailer === null) return null
  const { secrets, accounts, ...others } = deps
  const links = mailedLinks(accounts)
  return startAccountMails({ ...others, mailer, address, sealed: sealedAccountMails(secrets), links })
}
