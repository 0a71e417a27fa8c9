import { insertPending, readSlot, unitsBooked } from '../statements.ts'
import type { Strategy } from '../strategy.ts'
import { transaction } from '../transaction.ts'

/** BEGIN, SELECT … FOR UPDATE, SUM of the slot's bookings, INSERT, COMMIT: five round trips. */
export const book: Strategy = ({ pool }, request) =>
  transaction(pool, 'begin', async (client) => {
    const slot = await readSlot(client, request.slotId, '', 'for update of s')
    if (slot === undefined) return { kind: 'slot_missing' }
    if ((await unitsBooked(client, request.slotId)) + request.units > slot.capacity) return { kind: 'slot_full' }
    return { kind: 'booked', booking: await insertPending(client, request, slot) }
  })
