import type { SlotBody } from '@holdfast/contract'
import type { Slot } from '@holdfast/engine'

/** A slot as it is answered. */
export function slotBody(slot: Slot): SlotBody {
  const { id, doctorId, startsAt, endsAt, capacity, available } = slot
  return { id, doctorId, startsAt: startsAt.toISOString(), endsAt: endsAt.toISOString(), capacity, available }
}
