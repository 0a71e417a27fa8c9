import type pg from 'pg'
import sql from 'sql-template-tag'

/**
 * E-mails of one clinic to one address in a day, beside links to confirm, reminders and those that the clinic's people
 * cause. As many about places of the waitlist, counted apart.
 */
export const messagesPerDayMax = 10

/**
 * Links to confirm a booking, of one clinic to one address in a day. They are counted apart from its other e-mails,
 * because without a link nobody can book. Bookings from one network get eight: enough for a family at home that shares
 * an address, and for a hold that requests its link five times. Strangers at five networks use up 40. The owner of the
 * address gets a link all the same: the first for a network is sent until the address has had 60.
 */
const linksPerDay = { network: 8, address: 40, addressAtFirst: 60 }

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
export async function countMessage(connection: pg.Pool | pg.PoolClient, counted: Counted): Promise<boolean> {
  return (await countOne(connection, counted)) !== null
}

type Counted = { clinicNo: number; recipient: string; perDayMax: number }

/** How many it has had today, with this one; null: it has had the most, and this one is not counted. */
async function countOne(
  connection: pg.Pool | pg.PoolClient,
  { clinicNo, recipient, perDayMax }: Counted,
): Promise<number | null> {
  const { rows } = await connection.query<{ sent: number }>(sql`
    insert into holdfast.message_budget as b (clinic_no, recipient, sent, since)
    values (${clinicNo}, ${recipient}, 1, clock_timestamp())
        on conflict (clinic_no, recipient) do update
       set sent = case when b.since < clock_timestamp() - interval '1 day' then 1 else b.sent + 1 end,
           since = case when b.since < clock_timestamp() - interval '1 day' then clock_timestamp() else b.since end
     where b.since < clock_timestamp() - interval '1 day' or b.sent < ${perDayMax}
    returning sent`)
  return rows[0]?.sent ?? null
}

/**
 * Counts a link to confirm a booking. One that is refused counts for neither limit.
 *
 * @param recipient a digest of the address
 * @param fromNetwork a digest of the address and the network that the booking comes from; null: from none
 * @returns the limit that refuses the link; null: it may be sent
 */
export async function countLink(
  transaction: pg.PoolClient,
  { clinicNo, recipient, fromNetwork }: { clinicNo: number; recipient: string; fromNetwork: string | null },
): Promise<'network_limit' | 'address_limit' | null> {
  let perDayMax = linksPerDay.address
  await transaction.query('savepoint uncounted')
  if (fromNetwork !== null) {
    const counted = { clinicNo, recipient: fromNetwork, perDayMax: linksPerDay.network }
    const ofNetwork = await countOne(transaction, counted)
    if (ofNetwork === null) return 'network_limit'
    if (ofNetwork === 1) perDayMax = linksPerDay.addressAtFirst
  }
  if (await countMessage(transaction, { clinicNo, recipient, perDayMax })) return null
  await transaction.query('rollback to savepoint uncounted')
  return 'address_limit'
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
