import { slotLimits } from '@holdfast/vocabulary'
import type pg from 'pg'
import { rethrowAfterCommit } from '../database/database-unavailable.ts'
import type { CreateSlotsRequest, CreateSlotsResult, SlotDraftOutcome } from '../model/slot.ts'
import { createSlots } from './create-slots.ts'

/** Where somebody waits, a part locks the clinic's waitlist while its slots are offered: for milliseconds. */
const partMax = 500

/**
 * Creates a doctor's slots in several transactions, the earliest slots first. The result is that of one call: a slot
 * that overlaps one of an earlier part conflicts with it. If a part fails, the earlier ones stay, and a repetition
 * skips them.
 *
 * @param onCreated is called after each part that created or found slots, with its position in the log
 * @throws as createSlots; DatabaseUnavailable with `outcomeUnknown` if a later part fails: the request has to be
 *   repeated
 */
export async function createInParts(
  pool: pg.Pool,
  request: CreateSlotsRequest,
  onCreated: (position: string) => void,
): Promise<CreateSlotsResult> {
  const { drafts, dryRun } = request
  // More than it accepts are refused as a whole.
  if (dryRun || drafts.length > slotLimits.slotsPerCallMax) return createSlots(pool, request)
  // Stable: of two that start at the same time, the first one is created.
  const order = [...drafts.keys()].sort(
    (one, other) => (drafts[one]?.startsAt.getTime() ?? 0) - (drafts[other]?.startsAt.getTime() ?? 0),
  )
  const items: SlotDraftOutcome[] = []
  const total: CreateSlotsResult = { created: 0, skipped: 0, differing: 0, conflicts: 0, items, position: null }
  // An empty list is one empty part.
  for (let first = 0; first === 0 || first < order.length; first += partMax) {
    const part = order.slice(first, first + partMax)
    const creating = createSlots(pool, { ...request, drafts: part.flatMap((index) => drafts[index] ?? []) })
    const result = await (first === 0 ? creating : creating.catch(rethrowAfterCommit))
    for (const [n, index] of part.entries()) {
      const item = result.items[n]
      if (item !== undefined) items[index] = item
    }
    total.created += result.created
    total.skipped += result.skipped
    total.differing += result.differing
    total.conflicts += result.conflicts
    if (result.position !== null) {
      total.position = result.position
      onCreated(result.position)
    }
  }
  return total
}
