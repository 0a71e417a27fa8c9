import { inTransaction, normalizedEmail } from '@holdfast/engine'
import type { MessageLanguage } from '@holdfast/vocabulary'
import type { Pool, PoolClient } from 'pg'
import sql from 'sql-template-tag'
import { countNotice } from '../notices/notices-per-day.ts'
import { copyEmailUndo, type EmailUndoLink } from './email-links.ts'
import { unprovenPause } from './unproven-pause.ts'

/** A notice to an address that an account had: with `token`, for so many hours, it takes the address back. */
export type ReservedAddressNotice = { email: string; token: string; hours: number; language: MessageLanguage }

export type StoreReservedNotice = (transaction: PoolClient, notice: ReservedAddressNotice) => Promise<void>

export type ReservedAddresses = {
  /**
   * Notes that somebody named an address which no account has, and an earlier account of it may take back: to sign up,
   * for a new password, or to change theirs to it. `store` stores the notice in the same transaction, once a day:
   * without it, whoever has the address gets no mail at all until it is free.
   *
   * To be called after the response, whose time must not reveal that an address is reserved; and in a transaction of
   * its own, which locks the row of `user` of the account that had the address: two accounts that change to each
   * other's must not wait for one another.
   */
  noteReserved(named: NamedAddress, store: StoreReservedNotice): Promise<void>
}

/** `by`: the account that is to get the address; null: a new one, or none. */
export type NamedAddress = { email: string; by: string | null }

const noticesPerDayMax = 5

/** @param pool connected with `search_path=auth` */
export function createReservedAddresses(pool: Pool): ReservedAddresses {
  return {
    noteReserved: (named, store) => inTransaction(pool, (transaction) => noteReserved(transaction, named, store)),
  }
}

async function noteReserved(
  transaction: PoolClient,
  { email, by }: NamedAddress,
  store: StoreReservedNotice,
): Promise<void> {
  // Two at the same time: the second waits for the first, and counts its notice.
  const { rows } = await transaction.query<EmailUndoLink & { language: MessageLanguage | null; hours: number }>(sql`
    select l.id::text, l."userId"::text as "accountId", coalesce(l."isProven", false) as "isProven", u.language,
           floor(extract(epoch from l."expiresAt" - now()) / 3600)::integer as hours
      from "emailLink" l join "user" u on u.id = l."userId"
     where l.email = ${normalizedEmail(email)} and l.purpose = 'undo' and l."expiresAt" > now() + interval '1 hour'
       and l."userId" is distinct from ${by}::uuid
       and not exists (select from "user" o where o.email = l.email)
     order by l."sentAt", l.id limit 1 for no key update of u`)
  const [link] = rows
  if (link === undefined) return
  const address = normalizedEmail(email)
  const counted = { kind: 'reserved-address-notice', about: address, perDayMax: noticesPerDayMax }
  const { accountId, isProven, hours, language } = link
  await transaction.query('savepoint uncounted')
  if (!(await countNotice(transaction, accountId, counted))) return
  if (!isProven && (await unprovenPause(transaction, { accountId, email: address, network: null })) > 0) {
    // One that is not sent must not use up the day's.
    await transaction.query('rollback to savepoint uncounted')
    return
  }
  await store(transaction, {
    email: address,
    token: await copyEmailUndo(transaction, link),
    hours,
    language: language ?? 'en',
  })
}
