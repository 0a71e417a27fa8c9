import { randomUUID } from 'node:crypto'
import {
  aClinic,
  aDoctor,
  aSession,
  aTimeClaim,
  aVisitType,
  type BuiltClinic,
  ofKind,
  type TestDatabase,
  type VisitTypeOverrides,
} from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { inTransaction } from '../src/database/pools.ts'
import { planMessages } from '../src/messages/plan-messages.ts'
import type { Patient } from '../src/model/booking.ts'
import type { Engine } from '../src/model/engine.ts'
import type { SettleAction } from '../src/model/settle.ts'
import { loggedEvents } from '../src/tail/logged-events.ts'

/** A patient of requests. */
export const ada = { name: 'Ada', email: 'ada@example.org' }

let others = 0
/** Somebody with another contact. */
function anotherAda(): Patient {
  others += 1
  return { name: 'Ada', email: `ada-${others}@example.org` }
}

export type RequestScene = Awaited<ReturnType<typeof aRequestScene>>

/** A session of a clinic, by default of a new one, whose visit type needs approval. */
export async function aRequestScene(
  database: TestDatabase,
  engine: Engine,
  its?: BuiltClinic,
  typeOverrides: VisitTypeOverrides = {},
) {
  const clinic = its ?? (await aClinic(database))
  const doctor = await aDoctor(database, clinic)
  const type = await aVisitType(database, clinic, { approval: 'holding', approvalMinutes: 60, ...typeOverrides })
  const session = await aSession(database, doctor)
  const change = (bookingId: string, action: SettleAction, onBehalf: boolean, by = engine) =>
    by.settle({ bookingId, action, actorId: onBehalf ? randomUUID() : null, onBehalf, key: null, reason: null })
  const hold = async (minute = 0, visitType: { id: string } = type, units = 1, patient: Patient = ada) => {
    const claim = aTimeClaim(session, visitType, minute, { patient, confirm: true, units })
    return ofKind(await engine.claimTime(claim), 'booked').booking
  }
  return {
    clinic,
    doctor,
    type,
    session,
    change,
    hold,
    /** The clinic books the time, whoever has asked for it. */
    async bookByDesk(minute = 0) {
      const claim = aTimeClaim(session, type, minute, { confirm: true, actorId: randomUUID() })
      return ofKind(await engine.claimTime(claim), 'booked').booking
    },
    /** A request of a patient that the clinic has not answered; by default, each time of another one. */
    async request(minute = 0, units = 1, patient: Patient = anotherAda()) {
      const { id } = await hold(minute, type, units, patient)
      return ofKind(await change(id, 'confirm', false), 'done').booking
    },
  }
}

/** The messages that are planned after each event of a booking, but for reminders: kind, version, and by whom. */
export async function plannedOf({ appPool, ownerPool }: TestDatabase, bookingId: string) {
  const line = { kind: 'booking', xid: 0n, seq: 0n, fromDoctorId: null, bookingId, type: 'held' } as const
  const lines = [1, 2, 3, 4].map((version) => ({ ...line, version, slotId: '', doctorId: '', fromSlotId: null }))
  const events = await loggedEvents(appPool, lines)
  await inTransaction(appPool, (transaction) => planMessages(transaction, events))
  const { rows } = await ownerPool.query<{ kind: string; version: number; by_patient: boolean | null }>(sql`
    select kind, version, by_patient from holdfast.message where booking_id = ${bookingId} and kind <> 'reminder'
     order by version, kind`)
  return rows.map(({ kind, version, by_patient }) => [kind, version, by_patient])
}
