import { insertPending, readSlot } from '../statements.ts'
import type { Strategy } from '../strategy.ts'
import { sqlState, transaction } from '../transaction.ts'

const uniqueViolation = '23505'

/** FOR UPDATE, INSERT guarded by UNIQUE (slot_id), then the slot is marked as taken. Each slot has one place. */
export const book: Strategy = async ({ pool }, request) => {
  try {
    return await transaction(pool, 'begin', async (client) => {
      const slot = await readSlot(
        client,
        request.slotId,
        ', (not s.is_available)::integer as booked',
        'for update of s',
      )
      if (slot === undefined) return { kind: 'slot_missing' }
      if (slot.booked + request.units > slot.capacity) return { kind: 'slot_full' }
      const booking = await insertPending(client, request, slot)
      await client.query({
        name: 'mark_slot',
        text: 'update slot set is_available = false where id = $1',
        values: [request.slotId],
      })
      return { kind: 'booked', booking }
    })
  } catch (error) {
    if (sqlState(error) === uniqueViolation) return { kind: 'slot_full' }
    throw error
  }
}
