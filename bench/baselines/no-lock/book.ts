import { insertPending, readSlot, unitsBooked } from '../statements.ts'
import type { Strategy } from '../strategy.ts'
import { transaction } from '../transaction.ts'

/** The negative control: five statements without the lock. A run in which this is not found to overbook proves nothing. */
export const book: Strategy = ({ pool }, asked) =>
  transaction(pool, 'begin', async (client) => {
    const slot = await readSlot(client, asked.slotId, '', '')
    if (slot === undefined) return { kind: 'slot_missing' }
    if ((await unitsBooked(client, asked.slotId)) + asked.units > slot.capacity) return { kind: 'slot_full' }
    return { kind: 'booked', booking: await insertPending(client, asked, slot) }
  })
