import { type NewAccountMail, storeAccountMail } from '@holdfast/engine'
import type { MessageLanguage } from '@holdfast/vocabulary'
import type pg from 'pg'
import { createSealedTexts, type SealedTexts } from '../../secrets/sealed-texts.ts'
import type { StoredAccountMail } from './account-mail.ts'

/** How long a notice without a link is worth sending. */
export const noticeHours = 72
const requestHours = 24

/** What somebody who is not signed in, or has only just signed up, asks for. It may lead to a mail, or to none. */
export type AccountRequests = {
  password_reset_request: { email: string; language: MessageLanguage; network: string | null }
  /** A sign-up. `accountId`: invented, if the address has an account. */
  confirm_email_request: { accountId: string; email: string; language: MessageLanguage; network: string | null }
  /** A change of an account's address to `email`. `by`: the account. */
  reserved_address_request: { email: string; by: string }
  ticket_link_request: {
    clinicId: string
    /** `YYYY-MM-DD` */
    day: string
    reference: string
    email: string
    language: MessageLanguage | null
    /** The network of the request, as in `entry_link_request`. */
    network: string
  }
  entry_link_request: {
    clinicId: string
    email: string
    language: MessageLanguage | null
    /** The network of the request, as it is counted. */
    network: string
    /** Whether the caller is an account that has proven the address. */
    isProven: boolean
  }
}

/**
 * Stores mails that are not about a booking, until a process that runs the jobs sends them. Their contents are
 * encrypted: a copy of the database does not reveal the links.
 *
 * docs/decisions/0029-account-e-mails-are-stored-sealed.md
 */
export type AccountMails = {
  /** false: there is no mail server, and nothing may be stored. */
  isAvailable: boolean
  /** Stores a mail in the transaction of what it is about. After `validHours` without success, it is deleted. */
  store(connection: pg.Pool | pg.PoolClient, mail: StoredAccountMail, validHours: number): Promise<void>
  /**
   * Stores a request, whatever it leads to: the response, and the time until it, are the same in every case. A server
   * turns it into mails afterwards.
   */
  request<Kind extends keyof AccountRequests>(kind: Kind, request: AccountRequests[Kind]): Promise<void>
  /** The same in a transaction. `wake` is to be called once that is committed, or a server finds it seconds later. */
  requestIn<Kind extends keyof AccountRequests>(
    transaction: pg.PoolClient,
    kind: Kind,
    request: AccountRequests[Kind],
  ): Promise<{ wake(): void }>
  /** `listener` is called when a request was stored, and the response to it can be sent before. */
  onRequest(listener: () => void): void
}

/** @param pool of the application role */
export function createAccountMails({
  pool,
  secrets,
  isAvailable,
}: {
  pool: pg.Pool
  secrets: readonly string[]
  isAvailable: boolean
}): AccountMails {
  const sealed = sealedAccountMails(secrets)
  let onRequest: () => void = () => undefined
  const store = async (
    connection: pg.Pool | pg.PoolClient,
    { content, ...mail }: Omit<NewAccountMail, 'sealed'> & { content: unknown },
  ) => storeAccountMail(connection, { ...mail, sealed: await sealed.seal(JSON.stringify(content)) })
  const storeRequest = (connection: pg.Pool | pg.PoolClient, kind: string, content: unknown) =>
    store(connection, { kind, content, isRequest: true, bookingId: null, validHours: requestHours })
  const wake = () => void setImmediate(() => onRequest())
  return {
    isAvailable,
    store(connection, mail, validHours) {
      const bookingId = mail.kind === 'ticket_link' ? mail.context.bookingId : null
      return store(connection, { kind: mail.kind, content: mail, isRequest: false, bookingId, validHours })
    },
    async request(kind, content) {
      await storeRequest(pool, kind, content)
      wake()
    },
    async requestIn(transaction, kind, content) {
      await storeRequest(transaction, kind, content)
      return { wake }
    },
    onRequest(listener) {
      onRequest = listener
    },
  }
}

export function sealedAccountMails(secrets: readonly string[]): SealedTexts {
  return createSealedTexts(secrets, 'account-mail')
}
