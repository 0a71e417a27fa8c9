import { insertPending, readSlot, unitsBooked } from '../statements.ts'
import type { Strategy } from '../strategy.ts'
import { transaction } from '../transaction.ts'

/** The negative control: five statements without the lock. A run that does not find this to overbook proves nothing. */
export const book: Strategy = ({ pool }, request) =>
  transaction(pool, 'begin', async (client) => {
    const slot = await readSlot(client, request.slotId, '', '')
    if (slot === undefined) return { kind: 'slot_missing' }
    if ((await unitsBooked(client, request.slotId)) + request.units > slot.capacity) return { kind: 'slot_full' }
    return { kind: 'booked', booking: await insertPending(client, request, slot) }
  })
