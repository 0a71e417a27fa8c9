import type pg from 'pg'
import sql from 'sql-template-tag'

/**
 * How many e-mails an address gets in a day of one clinic, although anybody can cause them: so many of one origin, so
 * many in all. The first of an origin is sent until the address has had `addressAtFirst`: strangers elsewhere cannot
 * use up what the owner of the address asks for. An origin is something that a stranger cannot easily have many of: the
 * network of a request, or a booking whose reference and day they know.
 */
export type MailsPerDay = { origin: number; address: number; addressAtFirst: number }

/**
 * All messages but links to confirm, lost links, reminders and those that the clinic's people cause. As many may be
 * about places of the waitlist; these are counted apart.
 */
export const messagesPerDay: MailsPerDay = { origin: 10, address: 10, addressAtFirst: 30 }

/**
 * Links to confirm a booking. They are counted apart from its other e-mails, because without a link nobody can book.
 * Eight are enough for a family at home that shares an address, and for a hold that requests its link five times.
 */
export const linksToConfirmPerDay: MailsPerDay = { origin: 8, address: 40, addressAtFirst: 60 }

/** E-mails with the lost links of an address's entries of a waitlist. The origin is the request's network. */
export const lostEntriesPerDay: MailsPerDay = { origin: 3, address: 10, addressAtFirst: 30 }

/**
 * The same for somebody who is signed in and has proven the address, which strangers cannot: those of 31 networks use
 * up the others, and must not take the owner's way back. Whoever has the address can always prove it: the links for a
 * new password, which do, are mailed whoever asks for them.
 *
 * The day of joining or a reference would prove less: strangers try all days, and the reference is lost with the link.
 */
export const ownLostEntriesPerDayMax = 3

/**
 * E-mails with the lost link of a ticket, to somebody who knows its reference and day. The origin is the network that
 * booked it: strangers know these of bookings that they made with the address, and not of what its owner has booked.
 */
export const lostTicketsPerDay: MailsPerDay = { origin: 10, address: 10, addressAtFirst: 30 }

/** How many of them are for one ticket and asked for from one network. */
export const lostTicketPerDayMax = 3

/**
 * Further ones when the address has had those: strangers who book with it from 31 networks use up its 30, and must not
 * take its owner's way back. The origin is the network that asks with the right reference and day.
 */
export const furtherTicketsPerDay: MailsPerDay = { origin: 1, address: 60, addressAtFirst: 60 }

/** SMS of one clinic in a day, beside the same: each costs it something, and anybody can book with any number. */
export const smsPerDayMax = 2_000

/** E-mails with an invitation of one clinic to one address in a day: their recipient may be a stranger. */
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
 * Counts an e-mail. One that is refused counts for neither limit.
 *
 * @param recipient a digest of the address
 * @param origin a digest of the address and the origin; null: there is none, or limits are off
 * @returns the limit that refuses it; null: it may be sent
 */
export async function countMail(
  transaction: pg.PoolClient,
  counted: { clinicNo: number; recipient: string; origin: string | null; perDay: MailsPerDay },
): Promise<'origin_limit' | 'address_limit' | null> {
  const { clinicNo, recipient, origin, perDay } = counted
  let perDayMax = perDay.address
  await transaction.query('savepoint uncounted')
  if (origin !== null) {
    const ofOrigin = await countOne(transaction, { clinicNo, recipient: origin, perDayMax: perDay.origin })
    if (ofOrigin === null) return 'origin_limit'
    if (ofOrigin === 1) perDayMax = perDay.addressAtFirst
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
  connection: pg.Pool | pg.PoolClient,
  { clinicNo, bookingId }: { clinicNo: number; bookingId: string },
): Promise<string | null> {
  const { rows } = await connection.query<{ subject: string }>(sql`
    select subject from holdfast.booking_origin
     where clinic_no = ${clinicNo} and booking_id = ${bookingId} and kind in ('address', 'network')
     order by kind desc, at desc limit 1`)
  return rows[0]?.subject ?? null
}
