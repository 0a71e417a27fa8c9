import { insertPending, readSlot } from './statements.ts'
import type { Asked, Outcome, Resources } from './strategy.ts'
import { transaction } from './transaction.ts'

/** What the designs do that hold a lock of their own meanwhile: read the slot, count it up, insert. */
export function countAndInsert({ pool }: Resources, asked: Asked): Promise<Outcome> {
  return transaction(pool, 'begin', async (client) => {
    const slot = await readSlot(client, asked.slotId, ', s.booked', '')
    if (slot === undefined) return { kind: 'slot_missing' }
    if (slot.booked + asked.units > slot.capacity) return { kind: 'slot_full' }
    await client.query({
      name: 'count_units',
      text: 'update slot set booked = booked + $2 where id = $1',
      values: [asked.slotId, asked.units],
    })
    return { kind: 'booked', booking: await insertPending(client, asked, slot) }
  })
}
