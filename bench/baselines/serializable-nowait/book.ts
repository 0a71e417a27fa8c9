import { insertPending, readSlot } from '../statements.ts'
import type { Strategy } from '../strategy.ts'
import { sqlState, transaction } from '../transaction.ts'

const serializationFailure = '40001'
const lockNotAvailable = '55P03'

/** A SERIALIZABLE transaction with FOR UPDATE NOWAIT: a conflict on the slot is refused at once. */
export const book: Strategy = async ({ pool }, request) => {
  try {
    return await transaction(pool, 'begin isolation level serializable', async (client) => {
      const slot = await readSlot(client, request.slotId, ', s.booked', 'for update of s nowait')
      if (slot === undefined) return { kind: 'slot_missing' }
      if (slot.booked + request.units > slot.capacity) return { kind: 'slot_full' }
      await client.query({
        name: 'count_units',
        text: 'update slot set booked = booked + $2 where id = $1',
        values: [request.slotId, request.units],
      })
      return { kind: 'booked', booking: await insertPending(client, request, slot) }
    })
  } catch (error) {
    const state = sqlState(error)
    if (state === lockNotAvailable || state === serializationFailure) return { kind: 'slot_locked' }
    throw error
  }
}
