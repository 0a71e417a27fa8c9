import type pg from 'pg'
import sql from 'sql-template-tag'
import type { BookingMoves, MoveFacts, UnmovableBecause } from '../model/booking-moves.ts'

type FactsRow = Omit<MoveFacts, 'during' | 'wanted'> & {
  id: string
  from: Date
  until: Date
  wantedFrom: Date | null
  wantedUntil: Date | null
}

/** What is to be known before several bookings are moved. The moves themselves judge again. */
export function bookingMoveReads(pool: pg.Pool): BookingMoves {
  return {
    async unmovable({ clinicNo, bookingIds, onBehalf }) {
      const { rows } = await pool.query<{ id: string; outcome: UnmovableBecause }>(sql`
        select u.id, u.outcome from holdfast.unmovable_bookings(${clinicNo}, ${bookingIds}::uuid[], ${onBehalf}) u`)
      return new Map(rows.map(({ id, outcome }) => [id, outcome]))
    },

    async moveFacts({ clinicNo, moves }) {
      if (moves.length === 0) return new Map()
      const { rows } = await pool.query<FactsRow>(sql`
        select f.id, f.units, f.resource_id as "doctorId", f.slot_id as "slotId", lower(f.during) as "from",
               upper(f.during) as "until", lower(f.wanted_during) as "wantedFrom",
               upper(f.wanted_during) as "wantedUntil", f.wanted_slot_id as "wantedSlotId",
               coalesce(f.units_free, 0) as "unitsFree", coalesce(f.is_taken, false) as "isTaken"
          from holdfast.facts_of_moves(
            ${clinicNo}, ${moves.map(({ bookingId }) => bookingId)}::uuid[],
            ${moves.map(({ doctorId }) => doctorId)}::uuid[],
            ${moves.map(({ startsAt }) => startsAt)}::timestamptz[]) f`)
      return new Map(rows.map((row) => [row.id, factsOf(row)]))
    },
  }
}

function factsOf({ id: _, from, until, wantedFrom, wantedUntil, ...facts }: FactsRow): MoveFacts {
  const wanted = wantedFrom === null || wantedUntil === null ? null : { from: wantedFrom, until: wantedUntil }
  return { ...facts, during: { from, until }, wanted }
}
