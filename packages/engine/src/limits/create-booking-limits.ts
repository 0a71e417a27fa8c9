import type pg from 'pg'
import sql from 'sql-template-tag'
import { assignments } from '../database/columns-sql.ts'
import { isHeld } from '../database/hold-sql.ts'
import type { BookingBurst, BookingLimits } from '../model/booking-limits.ts'
import type { Engine } from '../model/engine.ts'
import { idsFrom, idsUntil } from '../model/id-bounds.ts'

/** How many accounts with recent bookings are listed for a clinic. */
const accountsMax = 10_000

type LimitsRow = {
  guest_units_max: number
  address_holds_max: number
  address_bookings_max: number
  account_holds_max: number
  account_bookings_max: number
  contact_holds_max: number
  contact_bookings_max: number
}

const selectedLimits = sql`c.guest_units_max, c.address_holds_max, c.address_bookings_max, c.account_holds_max,
  c.account_bookings_max, c.contact_holds_max, c.contact_bookings_max`

/**
 * A booking of `o`, of the last hours, that still holds units: `b`, and its slot `s`. Not what an account tried to link
 * in vain.
 */
const liveBookingSince = (hours: number) => sql`
  join holdfast.booking b on b.clinic_no = o.clinic_no and b.id = o.booking_id
   and b.id >= ${idsFrom(new Date(Date.now() - hours * 3_600_000))} and b.id < ${idsUntil(new Date())}
   and (b.status = 'CONFIRMED' or ${isHeld}) and (o.kind <> 'account' or b.account_id = o.subject)
  join holdfast.slot s on s.clinic_no = b.clinic_no and s.id = b.slot_id and s.starts_at > now()`

/**
 * The id of the subject of `o`. For an account it is the account's id, which patients show to prove that an account is
 * theirs, and which is the same in all clinics: a clinic gets a digest.
 */
const burstId = (clinicNo: number) => sql`
  case o.kind
    when 'account' then
      encode(substr(sha256(convert_to(${`${clinicNo} `}::text || o.subject, 'UTF8')), 1, 16), 'hex')::uuid
    else o.subject end`

/** The limits of clinics, and the bookings by where they came from. */
export function createBookingLimits(pool: pg.Pool): Engine['bookingLimits'] {
  return {
    async read(clinicNo) {
      const { rows } = await pool.query<LimitsRow>(sql`
        select ${selectedLimits} from holdfast.clinic c where c.no = ${clinicNo}`)
      return limitsOf(rows[0], clinicNo)
    },

    async change(clinicNo, limits) {
      const columns = {
        guest_units_max: limits.guestUnitsMax,
        address_holds_max: limits.addressHoldsMax,
        address_bookings_max: limits.addressBookingsMax,
        account_holds_max: limits.accountHoldsMax,
        account_bookings_max: limits.accountBookingsMax,
        contact_holds_max: limits.contactHoldsMax,
        contact_bookings_max: limits.contactBookingsMax,
        updated_at: sql`now()`,
      }
      const { rows } = await pool.query<LimitsRow>(sql`
        update holdfast.clinic c set ${assignments(columns)} where c.no = ${clinicNo} returning ${selectedLimits}`)
      return limitsOf(rows[0], clinicNo)
    },

    async accountsOfBursts({ clinicNo, hours }) {
      const { rows } = await pool.query<{ id: string }>(sql`
        select b.account_id as id from holdfast.booking_origin o ${liveBookingSince(hours)}
         where o.clinic_no = ${clinicNo} and o.at > now() - make_interval(hours => ${hours})
           and b.account_id is not null
         group by b.account_id
         order by max(b.created_at) desc
         limit ${accountsMax}`)
      return rows.map(({ id }) => id)
    },

    async bursts({ clinicNo, hours, bookingsMin, newAccountIds, limit }) {
      const { rows } = await pool.query<BookingBurst>(sql`
        select ${burstId(clinicNo)} as id, o.kind, count(*)::integer as bookings,
          count(*) filter (where b.account_id is null)::integer as "guestBookings",
          count(*) filter (where b.account_id = any(${newAccountIds}::uuid[]))::integer as "newAccountBookings",
          min(b.created_at) as "firstAt", max(b.created_at) as "lastAt"
          from holdfast.booking_origin o ${liveBookingSince(hours)}
         where o.clinic_no = ${clinicNo} and o.at > now() - make_interval(hours => ${hours})
         group by o.subject, o.kind
        having count(*) >= ${bookingsMin}
         order by count(*) desc, max(b.created_at) desc, o.subject
         limit ${limit}`)
      return rows
    },

    async bookingsOfBurst({ clinicNo, burstId: id, hours, newAccountIds, limit }) {
      const { rows } = await pool.query<{ id: string }>(sql`
        select b.id from holdfast.booking_origin o ${liveBookingSince(hours)}
         where o.clinic_no = ${clinicNo} and ${burstId(clinicNo)} = ${id}::uuid
           and (b.account_id is null or b.account_id = any(${newAccountIds}::uuid[]))
           and o.at > now() - make_interval(hours => ${hours})
         order by b.id
         limit ${limit}`)
      return rows.map(({ id }) => id)
    },
  }
}

function limitsOf(row: LimitsRow | undefined, clinicNo: number): BookingLimits {
  if (row === undefined) throw new Error(`There is no clinic ${clinicNo}.`)
  return {
    guestUnitsMax: row.guest_units_max,
    addressHoldsMax: row.address_holds_max,
    addressBookingsMax: row.address_bookings_max,
    accountHoldsMax: row.account_holds_max,
    accountBookingsMax: row.account_bookings_max,
    contactHoldsMax: row.contact_holds_max,
    contactBookingsMax: row.contact_bookings_max,
  }
}
