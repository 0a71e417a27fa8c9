import type { SlotBody } from '@holdfast/contract'
import type { Slot } from '@holdfast/engine'
import { timeText } from './time-text.ts'

/** The body of a slot. */
export function slotBody(slot: Slot): SlotBody {
  const { id, doctorId, startsAt, endsAt, capacity, available } = slot
  return { id, doctorId, startsAt: timeText(startsAt), endsAt: timeText(endsAt), capacity, available }
}
