import type { Mailer } from '@holdfast/adapters/smtp'
import {
  beginAccountMail,
  type DueAccountMail,
  deleteAccountMail,
  isInvitationOpen,
  readLogo,
  repeatAccountMail,
  takeAccountMails,
} from '@holdfast/engine'
import type pg from 'pg'
import { pauseAfter } from '../../lifecycle/pause-after.ts'
import { type Repeated, repeatEvery } from '../../lifecycle/repeat-every.ts'
import type { Logger } from '../../observe/logger.ts'
import { parseInvitationToken } from '../../secrets/invitation-tokens.ts'
import type { SealedTexts } from '../../secrets/sealed-texts.ts'
import { attemptSeconds } from '../attempt-seconds.ts'
import type { MailLinks } from '../rendering/mail-links.ts'
import { attachedLogo, shownLogo } from '../rendering/mail-logo.ts'
import { renderMail } from '../rendering/render-mail.ts'
import { type AccountMail, contentOf, type StoredAccountMail, senderOf } from './account-mail.ts'
import { type EntryLinks, entryEndedMailNow, entryMailNow } from './entry-mail.ts'
import { ticketLinkContext } from './ticket-mail.ts'

/** The links of accounts in mails, in the database that has the accounts. A token is what follows `#` in a link. */
export type MailedLinks = {
  isEmailLinkValid(token: string): Promise<boolean>
  voidEmailLink(token: string): Promise<void>
  isPasswordResetValid(token: string): Promise<boolean>
  voidPasswordReset(token: string): Promise<void>
}

export type AccountMailDeps = {
  /** The pool of the application role. */
  pool: pg.Pool
  mailer: Mailer
  /** The address from which they are sent. */
  address: string
  sealed: Pick<SealedTexts, 'open'>
  links: MailedLinks
  pages: Pick<MailLinks, 'ticket'> & EntryLinks
  log: Logger
}

/** Somebody waits for the mail. It costs one look into an index. */
const everyMs = 1_000
const takenMax = 5
const attemptsLostMax = 2
const pauseSeconds = { min: 5, max: 900 }

type Outcome = 'sent' | 'again' | 'failed' | 'expired' | 'not valid' | 'unknown' | 'not opened' | 'too late'

/** Another attempt may succeed. `not opened`: this process does not have the secret yet, and another may have it. */
const repeated: ReadonlySet<Outcome> = new Set(['again', 'not opened', 'too late'])

/** Sends stored mails soon after they were stored, until it is stopped. */
export function startAccountMails(deps: AccountMailDeps): Repeated {
  return repeatEvery((signal) => sendAccountMails(deps, signal), {
    everyMs,
    onFailure: (error) => deps.log.warn({ err: error }, 'mails to accounts could not be sent, and are tried again'),
  })
}

/**
 * Sends the mails whose time has come. Any number of processes may do so at once. An attempt that fails is repeated
 * after 5, 10, 20 … seconds, at most 15 minutes, for as long as the link in it is valid. If the process ends between
 * sending a mail and recording that, it is sent once more, and only once. A mail server that ends before it replies has
 * failed, although it may have taken the mail.
 */
export async function sendAccountMails(deps: AccountMailDeps, signal?: AbortSignal): Promise<void> {
  while (signal?.aborted !== true) {
    const taken = { isRequest: false, limit: takenMax, seconds: attemptSeconds.all }
    const mails = await takeAccountMails(deps.pool, taken)
    const outcomes = await Promise.all(mails.map((mail) => attempt(deps, mail)))
    // The server accepted none of this batch: leave the rest to the next run.
    if (mails.length < takenMax || outcomes.every((outcome) => repeated.has(outcome))) return
  }
}

async function attempt(deps: AccountMailDeps, mail: DueAccountMail): Promise<Outcome> {
  const { pool, log } = deps
  const outcome = await outcomeOf(deps, mail)
  if (repeated.has(outcome)) await repeatAccountMail(pool, mail, pauseAfter(mail.attempts, pauseSeconds))
  else await deleteAccountMail(pool, mail)
  if (outcome !== 'sent' && outcome !== 'not valid') {
    // The response of the server is left out: it may name the address.
    log.warn({ kind: mail.kind, attempts: mail.attempts, outcome }, 'mail not sent')
  }
  return outcome
}

async function outcomeOf(deps: AccountMailDeps, due: DueAccountMail): Promise<Outcome> {
  const { pool, mailer, address, sealed, links } = deps
  if (due.isExpired) return 'expired'
  if (due.attemptsLost >= attemptsLostMax) return 'unknown'
  const text = await sealed.open(due.sealed)
  if (text === null) return 'not opened'
  const mail = await currentMail(deps, JSON.parse(text) as StoredAccountMail)
  if (mail === null || !(await isValid(pool, links, mail))) return 'not valid'
  const { to } = mail
  const sender = senderOf(mail)
  const logo = to.clinicNo === null ? null : await readLogo(pool, to.clinicNo)
  const content = contentOf(mail)
  const rendered = {
    ...renderMail(content, to.language, sender, logo === null ? null : shownLogo(logo)),
    messageId: `<${due.id}@${address.split('@')[1] ?? 'localhost'}>`,
    from: { name: sender, address },
    to: { name: '', address: to.address },
    replyTo: null,
    unsubscribeUrl: mail.kind === 'entry_link' ? mail.context.unsubscribeUrl : null,
    logo: logo === null ? null : attachedLogo(logo),
    calendar: null,
  }
  const { kind } = await mailer.send(rendered, () => beginAccountMail(pool, due, attemptSeconds.sending))
  if (kind === 'not_begun') return 'too late'
  if (kind === 'accepted') return 'sent'
  if (kind === 'failed' || kind === 'unknown') return 'again'
  await voidLink(links, mail)
  return 'failed'
}

/** The mail about what is in the database now; null: nothing. */
async function currentMail({ pool, pages }: AccountMailDeps, mail: StoredAccountMail): Promise<AccountMail | null> {
  if (mail.kind === 'entry_link') return entryMailNow(pool, pages, mail)
  if (mail.kind === 'entry_ended') return entryEndedMailNow(pool, mail)
  if (mail.kind !== 'ticket_link') return mail
  const context = await ticketLinkContext(pool, pages.ticket, mail)
  return context === null ? null : { ...mail, context }
}

/** Whether the link in a mail still works. Meanwhile it may have been used, replaced, revoked or voided. */
async function isValid(pool: pg.Pool, links: MailedLinks, { kind, context }: AccountMail): Promise<boolean> {
  switch (kind) {
    case 'password_reset':
      return links.isPasswordResetValid(tokenIn(context.url))
    case 'confirm_email':
      return links.isEmailLinkValid(tokenIn(context.url))
    case 'email_changed':
      return context.undo === null || links.isEmailLinkValid(tokenIn(context.undo.url))
    case 'invitation': {
      const token = parseInvitationToken(tokenIn(context.url))
      return token !== null && isInvitationOpen(pool, token)
    }
    case 'address_in_use':
    case 'account_changed':
    case 'new_sign_in':
    case 'ticket_link':
    case 'entry_link':
    case 'entry_ended':
    case 'webhook_paused':
    case 'busy_calendar_failing':
    case 'busy_calendar_emptied':
      return true
  }
}

/** Nobody has the link, and it would count against the number of links that the person may ask for. */
async function voidLink(links: MailedLinks, { kind, context }: AccountMail): Promise<void> {
  if (kind === 'password_reset') await links.voidPasswordReset(tokenIn(context.url))
  if (kind === 'confirm_email') await links.voidEmailLink(tokenIn(context.url))
}

function tokenIn(url: string): string {
  return url.split('#')[1] ?? ''
}
