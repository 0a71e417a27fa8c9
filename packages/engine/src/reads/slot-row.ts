import sql from 'sql-template-tag'
import type { Slot } from '../model/slot.ts'
import { availableUnits } from './bookable-sql.ts'

export type SlotRow = {
  id: string
  resource_id: string
  starts_at: Date
  ends_at: Date
  capacity: number
  available: number
}

/** The columns of a {@link SlotRow}, where `s` is the slot. */
export const selectedSlot = sql`s.id, s.resource_id, s.starts_at, s.ends_at, s.capacity, ${availableUnits} as available`

export function slotOf(row: SlotRow): Slot {
  return {
    id: row.id,
    doctorId: row.resource_id,
    startsAt: row.starts_at,
    endsAt: row.ends_at,
    capacity: row.capacity,
    available: row.available,
  }
}
