import { insertPending, readSlot } from '../statements.ts'
import type { Outcome, Strategy } from '../strategy.ts'
import { transaction } from '../transaction.ts'

const triesMax = 10

/** Reads the slot without a lock, and changes it only if its version is still the one read; else tries again. */
export const book: Strategy = async ({ pool }, request) => {
  for (let tries = 0; tries < triesMax; tries += 1) {
    const slot = await readSlot(pool, request.slotId, ', s.booked, s.version', '')
    if (slot === undefined) return { kind: 'slot_missing' }
    if (slot.booked + request.units > slot.capacity) return { kind: 'slot_full' }
    const outcome = await transaction(pool, 'begin', async (client): Promise<Outcome> => {
      const { rowCount } = await client.query({
        name: 'count_units_of_version',
        text: 'update slot set booked = booked + $2, version = version + 1 where id = $1 and version = $3',
        values: [request.slotId, request.units, slot.version],
      })
      if (rowCount === 0) return { kind: 'slot_locked' }
      return { kind: 'booked', booking: await insertPending(client, request, slot) }
    })
    if (outcome.kind === 'booked') return outcome
  }
  return { kind: 'slot_locked' }
}
