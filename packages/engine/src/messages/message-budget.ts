import type pg from 'pg'
import sql from 'sql-template-tag'

/**
 * E-mails of one clinic to one address in a day, beside links to confirm, reminders and those that the clinic's people
 * cause.
 */
export const messagesPerDayMax = 10

/**
 * Links to confirm a booking, of one clinic to one address in a day. They are counted apart, because without one nobody
 * can book: strangers who use up the other e-mails of an address must not keep its owner from booking.
 */
export const linksPerDayMax = 20

/** SMS of one clinic in a day, beside the same: each costs it something, and anybody can book with any number. */
export const smsPerDayMax = 2_000

/** E-mails with an invitation of one clinic to one address in a day: whoever gets them may be a stranger. */
export const invitationsPerDayMax = 5

/**
 * Counts a message of a clinic to a recipient, for all processes together.
 *
 * @param recipient a digest of the address
 * @returns false: the recipient has had the most that they get in a day
 */
export async function countMessage(
  connection: pg.Pool | pg.PoolClient,
  { clinicNo, recipient, perDayMax }: { clinicNo: number; recipient: string; perDayMax: number },
): Promise<boolean> {
  const { rowCount } = await connection.query(sql`
    insert into holdfast.message_budget as b (clinic_no, recipient, sent, since)
    values (${clinicNo}, ${recipient}, 1, clock_timestamp())
        on conflict (clinic_no, recipient) do update
       set sent = case when b.since < clock_timestamp() - interval '1 day' then 1 else b.sent + 1 end,
           since = case when b.since < clock_timestamp() - interval '1 day' then clock_timestamp() else b.since end
     where b.since < clock_timestamp() - interval '1 day' or b.sent < ${perDayMax}`)
  return rowCount === 1
}
