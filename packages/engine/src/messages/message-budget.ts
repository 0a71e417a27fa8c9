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

/**
 * Of these, those for bookings from one network. The guests and the accounts of two networks use up 16, so the owner of
 * the address can still book.
 */
export const linksPerNetworkMax = 4

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

/**
 * Where a booking comes from: a digest of its network (/48 of IPv6, an address of IPv4), other ones for guests and for
 * accounts. null: limits are off, or it was booked by the clinic.
 */
export async function networkOfBooking(
  pool: pg.Pool,
  { clinicNo, bookingId }: { clinicNo: number; bookingId: string },
): Promise<string | null> {
  const { rows } = await pool.query<{ subject: string }>(sql`
    select subject from holdfast.booking_origin
     where clinic_no = ${clinicNo} and booking_id = ${bookingId} and kind in ('address', 'network')
     order by kind desc, at desc limit 1`)
  return rows[0]?.subject ?? null
}
