import { randomUUID } from 'node:crypto'
import { aClinic, aDoctor, type BuiltDoctor, type BuiltSlot, type TestDatabase } from '@holdfast/testkit'
import sql from 'sql-template-tag'
import type { WithdrawSlotsRequest } from '../src/model/slot.ts'
import { withdrawSlots } from '../src/slots/withdraw-slots.ts'

/** Who withdraws. */
export const actorId = randomUUID()

/** A doctor of a new clinic. */
export async function aCalendar(database: TestDatabase) {
  const clinic = await aClinic(database)
  return { clinic, doctor: await aDoctor(database, clinic) }
}

/** Withdraws one slot, unless `overrides` say otherwise. */
export function withdraw(
  database: TestDatabase,
  slot: { clinicNo: number; id: string },
  overrides: Partial<WithdrawSlotsRequest> = {},
) {
  const request = { clinicNo: slot.clinicNo, which: { slotId: slot.id }, withBookings: false, dryRun: false, actorId }
  return withdrawSlots(database.appPool, { ...request, ...overrides })
}

/** Withdraws the slots of a doctor that start in [`from`, `to`). */
export function withdrawDays(
  database: TestDatabase,
  doctor: BuiltDoctor,
  from: Date,
  to: Date,
  overrides: Partial<WithdrawSlotsRequest> = {},
) {
  return withdraw(database, doctor, { which: { doctorId: doctor.id, from, to }, ...overrides })
}

/** The slot and its bookings, as they are stored. */
export async function storedState(database: TestDatabase, slot: BuiltSlot) {
  const slots = await database.appPool.query<{ taken: number; withdrawn: boolean; next_lapse: Date | null }>(sql`
    select taken, withdrawn_at is not null as withdrawn, next_lapse from holdfast.slot
     where clinic_no = ${slot.clinicNo} and id = ${slot.id}`)
  const bookings = await database.appPool.query<{
    id: string
    status: string
    failure_reason: string | null
    version: number
  }>(
    `select id, status, failure_reason, version from holdfast.booking where clinic_no = $1
       and slot_id = $2 order by id`,
    [slot.clinicNo, slot.id],
  )
  return { slot: slots.rows[0], bookings: bookings.rows }
}

export async function lastEvent(database: TestDatabase, bookingId: string) {
  const { rows } = await database.appPool.query(sql`
    select version, type, reason, actor_id, units, slot_id, hold_expires_at from holdfast.booking_event
     where booking_id = ${bookingId} order by version desc limit 1`)
  return rows[0]
}
