import { insertPending, readSlot, unitsBooked } from '../statements.ts'
import type { Strategy } from '../strategy.ts'
import { transaction } from '../transaction.ts'

/** BEGIN, SELECT … FOR UPDATE, SUM of the slot's bookings, INSERT, COMMIT: five round trips. */
export const book: Strategy = ({ pool }, asked) =>
  transaction(pool, 'begin', async (client) => {
    const slot = await readSlot(client, asked.slotId, '', 'for update of s')
    if (slot === undefined) return { kind: 'slot_missing' }
    if ((await unitsBooked(client, asked.slotId)) + asked.units > slot.capacity) return { kind: 'slot_full' }
    return { kind: 'booked', booking: await insertPending(client, asked, slot) }
  })
