import type pg from 'pg'
import sql from 'sql-template-tag'
import { type Announce, announceDoctor } from '../model/committed.ts'
import type { Engine } from '../model/engine.ts'
import type { WithdrawSlotsRequest } from '../model/slot.ts'
import { createInParts } from './create-in-parts.ts'
import { setCapacity } from './set-capacity.ts'
import { withdrawInParts } from './withdraw-in-parts.ts'

/**
 * Creating, changing and withdrawing slots, announced. Each is one or more statements outside of a transaction: the
 * locks on its slots and its place in the log never wait for this process, which may have lost its network.
 */
export function announcedSlotWrites(
  pool: pg.Pool,
  announce: Announce,
): Pick<Engine, 'createSlots' | 'setCapacity' | 'withdrawSlots'> {
  return {
    createSlots(request) {
      return createInParts(pool, request, (position) => announceDoctor(announce, request.doctorId, position))
    },

    async setCapacity(request) {
      const outcome = await setCapacity(pool, request)
      if (outcome.kind === 'capacity_set') announceDoctor(announce, outcome.slot.doctorId, outcome.position)
      return outcome
    },

    async withdrawSlots(request) {
      const doctorId = await doctorOf(pool, request)
      return withdrawInParts(pool, request, (position) => {
        if (doctorId !== null) announceDoctor(announce, doctorId, position)
      })
    },
  }
}

/** The doctor whose slots are withdrawn; a slot never changes its doctor. null: there is no such slot. */
async function doctorOf(pool: pg.Pool, { clinicNo, which }: WithdrawSlotsRequest): Promise<string | null> {
  if ('doctorId' in which) return which.doctorId
  const { rows } = await pool.query<{ resource_id: string }>(sql`
    select resource_id from holdfast.slot where clinic_no = ${clinicNo} and id = ${which.slotId}`)
  return rows[0]?.resource_id ?? null
}
