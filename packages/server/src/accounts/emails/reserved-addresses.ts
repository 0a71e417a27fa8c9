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
   * or for a new password. `store` stores the notice in the same transaction, once a day: without it, whoever has the
   * address gets no mail at all until it is free.
   */
  noteReserved(email: string, store: StoreReservedNotice): Promise<void>
}

const noticesPerDayMax = 5

/** @param pool connected with `search_path=auth` */
export function createReservedAddresses(pool: Pool): ReservedAddresses {
  return {
    noteReserved: (email, store) =>
      inTransaction(pool, (transaction) => noteReservedAddress(transaction, { email, by: null, store })),
  }
}

type Named = { email: string; by: string | null; store: StoreReservedNotice }

/** The same in a transaction. @param named `by`: the account that named the address, to have it; null: none */
export async function noteReservedAddress(transaction: PoolClient, { email, by, store }: Named): Promise<void> {
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
  if (!(await countNotice(transaction, link.accountId, counted))) return
  if (
    !link.isProven &&
    (await unprovenPause(transaction, { accountId: link.accountId, email: address, network: null })) > 0
  )
    return
  const { hours, language } = link
  await store(transaction, {
    email: address,
    token: await copyEmailUndo(transaction, link),
    hours,
    language: language ?? 'en',
  })
}
