import { randomUUID } from 'node:crypto'
import { createEngine, createPool, newId } from '@holdfast/engine'
import type { Calendar } from './contender.ts'

export type FreedPlaces = {
  /** Books and gives back for that time. @returns how many operations */
  run(durationMs: number, clients: number): Promise<number>
  end(): Promise<void>
}

/** One of so many bookings that a client makes is a hold that lapses, and is found by the next claim. */
const lapsingEvery = 8

/**
 * The engine in this process gives back units without a pause: each client books a place of its slot and cancels the
 * booking, and lets holds lapse. An operation is a claim or a cancellation.
 *
 * @param databaseUrl of the owner
 */
export function freedPlaces(databaseUrl: string, { clinic, slotIds }: Calendar): FreedPlaces {
  const pool = createPool({ url: databaseUrl, max: 4, name: 'bench freed places' })
  const engine = createEngine({ batchPool: pool, generalPool: pool })
  const clinicNo = clinic?.no ?? 0

  const claim = async (slotId: string, confirm: boolean): Promise<string> => {
    const bookingId = newId(clinicNo)
    const outcome = await engine.claim({
      bookingId,
      slotId,
      confirm,
      units: 1,
      patient: { name: 'Ada Lovelace' },
      appointmentType: null,
      reason: null,
      accountId: null,
      actorId: null,
      key: randomUUID(),
      requestHash: randomUUID(),
    })
    if (outcome.kind !== 'booked') throw new Error(`A claim returned ${outcome.kind}.`)
    return bookingId
  }
  const cancel = async (bookingId: string): Promise<void> => {
    const request = { bookingId, actorId: null, onBehalf: true, key: randomUUID(), reason: null }
    const { kind } = await engine.settle({ ...request, action: 'cancel' })
    if (kind !== 'done') throw new Error(`A cancellation returned ${kind}.`)
  }
  /** Ends a hold as time would. */
  const lapse = (slotId: string, bookingId: string) =>
    pool.query(
      `with hold as (
         update holdfast.booking set hold_expires_at = now() where clinic_no = $1 and id = $3
       ), logged as (
         update holdfast.booking_event set hold_expires_at = now() where clinic_no = $1 and booking_id = $3
       )
       update holdfast.slot set next_lapse = now() where clinic_no = $1 and id = $2`,
      [clinicNo, slotId, bookingId],
    )

  const runClient = async (slotId: string, until: number): Promise<number> => {
    let operations = 0
    for (let round = 1; performance.now() < until; round += 1) {
      if (round % lapsingEvery === 0) {
        await lapse(slotId, await claim(slotId, false))
        operations += 1
      }
      await cancel(await claim(slotId, true))
      operations += 2
    }
    return operations
  }

  return {
    async run(durationMs, clients) {
      if (clients > slotIds.length) throw new Error(`There are ${slotIds.length} slots for ${clients} clients.`)
      const until = performance.now() + durationMs
      const all = slotIds.slice(0, clients).map((slotId) => runClient(slotId, until))
      return (await Promise.all(all)).reduce((sum, one) => sum + one, 0)
    },
    async end() {
      await engine.stop()
      await pool.end()
    },
  }
}
