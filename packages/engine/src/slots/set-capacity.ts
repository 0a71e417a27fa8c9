import type pg from 'pg'
import sql from 'sql-template-tag'
import { unknownOutcome } from '../database/database-unavailable.ts'
import { oneRow } from '../database/one-row.ts'
import { prepared } from '../database/prepared.ts'
import { repeatWhileLost } from '../database/repeat-while-lost.ts'
import type { SetCapacityOutcome, SetCapacityRequest } from '../model/slot.ts'

type SetRow = {
  outcome:
    | 'done'
    | 'slot_missing'
    | 'slot_closed:withdrawn'
    | 'slot_closed:ended'
    | 'capacity_in_use'
    | 'capacity_changed'
  resource_id: string
  starts_at: Date
  ends_at: Date
  capacity: number
  taken: number
  tx: string
}

/**
 * Gives a slot another capacity, never below what is taken. Repeated if its connection is lost, unless somebody has
 * changed the capacity meanwhile: theirs stays, unless it is the one that the slot had before.
 *
 * @throws DatabaseUnavailable if it is not known whether the capacity was set
 * @throws pg.DatabaseError for a capacity outside of 1–1,000,000: the edge has checked it
 */
export async function setCapacity(
  pool: pg.Pool,
  { clinicNo, slotId, capacity }: SetCapacityRequest,
): Promise<SetCapacityOutcome> {
  const read = sql`select capacity from holdfast.slot where clinic_no = ${clinicNo} and id = ${slotId}`
  const before = await repeatWhileLost(() => pool.query<{ capacity: number }>(read))
  let lastError: unknown = null
  const row = oneRow(
    await repeatWhileLost((lost) => {
      lastError = lost
      const from = lost === null ? null : (before.rows[0]?.capacity ?? null)
      const statement = sql`
      select * from holdfast.set_slot_capacity(${clinicNo}::integer, ${slotId}::uuid, ${capacity}::integer,
                                               ${from}::integer)`
      return pool.query<SetRow>(prepared('set_slot_capacity', statement))
    }),
  )
  switch (row.outcome) {
    case 'done': {
      const { resource_id: doctorId, starts_at: startsAt, ends_at: endsAt, taken, tx: position } = row
      const slot = { id: slotId, doctorId, startsAt, endsAt, capacity, available: capacity - taken }
      return { kind: 'capacity_set', slot, position }
    }
    case 'slot_missing':
      return { kind: 'slot_missing' }
    case 'slot_closed:withdrawn':
      return { kind: 'slot_closed', why: 'withdrawn' }
    case 'slot_closed:ended':
      return { kind: 'slot_closed', why: 'ended' }
    case 'capacity_in_use':
      return { kind: row.outcome, takenUnits: row.taken }
    case 'capacity_changed':
      throw unknownOutcome(lastError)
  }
}
