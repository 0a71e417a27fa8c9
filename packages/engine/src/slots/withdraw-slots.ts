import type pg from 'pg'
import sql from 'sql-template-tag'
import { oneRow } from '../database/one-row.ts'
import { largeWriteMs } from '../database/pools.ts'
import { prepared, withQueryTimeout } from '../database/prepared.ts'
import type { AffectedBooking, WithdrawSlotsOutcome, WithdrawSlotsRequest } from '../model/slot.ts'

type WithdrawnRow = {
  outcome: 'withdrawn' | 'slot_missing' | 'slot_in_past' | 'slot_has_bookings' | 'too_large'
  slots: number
  sessions: number
  live: number
  booking_ids: string[]
  slot_ids: string[]
  starts: Date[]
  units: number[]
  statuses: AffectedBooking['status'][]
  tx: string | null
}

/**
 * Withdraws one slot, or a doctor's slots in a range of time, permanently and in one transaction: their PENDING and
 * CONFIRMED bookings become FAILED `slot_withdrawn`, each with its event. Slots that have started are not changed.
 * Idempotent: slots that were withdrawn before are `withdrawn`, with the bookings that became FAILED then.
 */
export async function withdrawSlots(
  connection: pg.Pool | pg.PoolClient,
  request: WithdrawSlotsRequest,
): Promise<WithdrawSlotsOutcome> {
  const { clinicNo, which, withBookings, dryRun, actorId } = request
  const { slotId, doctorId, from, to } =
    'slotId' in which ? { slotId: which.slotId, doctorId: null, from: null, to: null } : { slotId: null, ...which }
  const statement = sql`
    select * from holdfast.withdraw_slots(${clinicNo}::integer, ${slotId}::uuid, ${doctorId}::uuid,
      ${from}::timestamptz, ${to}::timestamptz, ${withBookings}::boolean, ${dryRun}::boolean, ${actorId}::uuid)`
  const row = oneRow(
    await connection.query<WithdrawnRow>(withQueryTimeout(prepared('withdraw_slots', statement), largeWriteMs)),
  )
  switch (row.outcome) {
    case 'withdrawn':
      return {
        kind: 'withdrawn',
        slots: row.slots,
        sessions: row.sessions,
        bookings: affectedOf(row),
        position: row.tx,
      }
    case 'slot_has_bookings':
      return { kind: 'slot_has_bookings', bookings: row.live }
    case 'too_large':
      return { kind: 'withdrawal_too_large', slotsMax: row.slots, bookingsMax: row.live }
    case 'slot_missing':
    case 'slot_in_past':
      return { kind: row.outcome }
  }
}

function affectedOf(row: WithdrawnRow): AffectedBooking[] {
  return row.booking_ids.map((id, index) => {
    const [slotId, startsAt, units, status] = [
      row.slot_ids[index],
      row.starts[index],
      row.units[index],
      row.statuses[index],
    ]
    if (slotId === undefined || startsAt === undefined || units === undefined || status === undefined) {
      throw new Error('withdraw_slots returned arrays that differ in length.')
    }
    return { id, slotId, startsAt, units, status }
  })
}
