import { insertPending, readSlot } from './statements.ts'
import type { BookRequest, Outcome, Resources } from './strategy.ts'
import { transaction } from './transaction.ts'

/** The transaction of the designs with an external lock: read the slot, increment its counter, insert. */
export function countAndInsert({ pool }: Resources, request: BookRequest): Promise<Outcome> {
  return transaction(pool, 'begin', async (client) => {
    const slot = await readSlot(client, request.slotId, ', s.booked', '')
    if (slot === undefined) return { kind: 'slot_missing' }
    if (slot.booked + request.units > slot.capacity) return { kind: 'slot_full' }
    await client.query({
      name: 'count_units',
      text: 'update slot set booked = booked + $2 where id = $1',
      values: [request.slotId, request.units],
    })
    return { kind: 'booked', booking: await insertPending(client, request, slot) }
  })
}
