import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import sql, { type Sql } from 'sql-template-tag'
import { repeatWhileLost } from '../database/repeat-while-lost.ts'
import type { DueAccountMail, NewAccountMail } from '../model/account-mail.ts'

/** Stores an e-mail in the transaction of what it is about. It is due at once. */
export async function storeAccountMail(
  connection: pg.Pool | pg.PoolClient,
  { kind, isRequest, sealed, bookingId, validHours }: NewAccountMail,
): Promise<void> {
  await connection.query(sql`
    insert into holdfast.account_mail (id, kind, is_request, sealed, booking_id, expires_at)
    values (${randomUUID()}, ${kind}, ${isRequest}, ${sealed}, ${bookingId},
      clock_timestamp() + make_interval(secs => ${validHours * 3600}))`)
}

/**
 * E-mails or requests whose time has come, the longest due first. Until `seconds` have passed, no other process has
 * them. One whose process ended without a record is taken again after that; `attemptsLost` counts how often it had been
 * handed over.
 */
export async function takeAccountMails(
  pool: pg.Pool,
  { isRequest, limit, seconds }: { isRequest: boolean; limit: number; seconds: number },
): Promise<DueAccountMail[]> {
  const { rows } = await pool.query<DueAccountMail>(sql`
    update holdfast.account_mail m
       set attempts = m.attempts + 1, before_sending = true,
           attempts_lost = m.attempts_lost + (m.attempt_until is not null and not m.before_sending)::integer,
           attempt_until = clock_timestamp() + make_interval(secs => ${seconds})
     where m.id in (
       select d.id from holdfast.account_mail d
        where d.is_request = ${isRequest} and d.due_at <= clock_timestamp()
          and (d.attempt_until is null or d.attempt_until <= clock_timestamp())
        order by d.due_at limit ${limit} for update skip locked)
    returning m.id, m.kind, m.sealed, m.expires_at <= clock_timestamp() as "isExpired", m.attempts,
              m.attempts_lost as "attemptsLost", m.attempt_until::text as "attemptUntil"`)
  return rows
}

/**
 * Notes that an e-mail is handed over now: if this process ends before it records the outcome, nobody knows whether it
 * was sent. If the connection is lost, it is noted again: the note may have been stored although nothing was sent.
 *
 * @param secondsMax how long sending it may take: another process may have it after the time of this attempt
 * @returns false: it must not be sent, because too little time is left, or it is not valid any more
 */
export async function beginAccountMail(pool: pg.Pool, mail: DueAccountMail, secondsMax: number): Promise<boolean> {
  const { rowCount } = await repeatWhileLost(() =>
    pool.query(sql`
      update holdfast.account_mail set before_sending = false
       where ${isOfAttempt(mail)} and expires_at > clock_timestamp()
         and attempt_until > clock_timestamp() + make_interval(secs => ${secondsMax})`),
  )
  return rowCount === 1
}

/** Schedules another attempt in `pauseSeconds`, or deletes the e-mail if it has expired by then. */
export async function repeatAccountMail(pool: pg.Pool, mail: DueAccountMail, pauseSeconds: number): Promise<void> {
  await repeatWhileLost(() =>
    pool.query(sql`
      update holdfast.account_mail
         set attempt_until = null, before_sending = true,
             due_at = least(clock_timestamp() + make_interval(secs => ${pauseSeconds}), expires_at)
       where ${isOfAttempt(mail)}`),
  )
}

/** It was sent, or never will be. */
export async function deleteAccountMail(pool: pg.Pool, mail: DueAccountMail): Promise<void> {
  await repeatWhileLost(() => pool.query(deletion(mail)))
}

/**
 * A request is done, in the transaction that stores the e-mails for it.
 *
 * @throws Error if another attempt has begun since: it stores them
 */
export async function endAccountRequest(transaction: pg.PoolClient, request: DueAccountMail): Promise<void> {
  const { rowCount } = await transaction.query(deletion(request))
  if (rowCount !== 1) throw new Error('Another process has the request.')
}

/** Deletes what is not valid any more, where no process sends e-mails. @returns how many */
export async function deleteExpiredAccountMails(pool: pg.Pool): Promise<number> {
  const { rowCount } = await pool.query(sql`
    delete from holdfast.account_mail where id in (
      select id from holdfast.account_mail where expires_at <= clock_timestamp() limit 10000 for update skip locked)`)
  return rowCount ?? 0
}

/** E-mails and requests that are not processed yet. `oldestSeconds`: how long the first has waited; 0: none waits. */
export async function waitingAccountMails(pool: pg.Pool): Promise<{ count: number; oldestSeconds: number }> {
  const { rows } = await pool.query<{ count: number; oldestSeconds: number }>(sql`
    select count(*)::integer as count,
           coalesce(extract(epoch from clock_timestamp() - min(created_at)), 0)::float8 as "oldestSeconds"
      from holdfast.account_mail where expires_at > clock_timestamp()`)
  return rows[0] ?? { count: 0, oldestSeconds: 0 }
}

function deletion(mail: DueAccountMail): Sql {
  return sql`delete from holdfast.account_mail where ${isOfAttempt(mail)}`
}

/** Whether no other attempt has begun since. */
function isOfAttempt({ id, attempts, attemptUntil }: DueAccountMail): Sql {
  return sql`id = ${id} and attempts = ${attempts} and attempt_until = ${attemptUntil}::timestamptz`
}
