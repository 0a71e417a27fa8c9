import { randomUUID } from 'node:crypto'
import { newId, type TimeClaimRequest } from '@holdfast/engine'
import type { BuilderDatabase, BuiltClinic, BuiltDoctor } from './builders.ts'

export type BuiltVisitType = { id: string; clinicNo: number }
export type BuiltSession = { id: string; clinicNo: number; doctorId: string; startsAt: Date; endsAt: Date }

export type VisitTypeOverrides = {
  name?: string
  /** Default 20. */
  minutes?: number
  bufferBeforeMinutes?: number
  bufferAfterMinutes?: number
  capacity?: number
  bookableBy?: 'anyone' | 'known_patients' | 'desk'
  active?: boolean
  minimumNoticeMinutes?: number
  bookingHorizonDays?: number
  /** Who offers it, with their own minutes. Default: all. */
  doctors?: { id: string; minutes?: number }[]
}

export async function aVisitType(
  database: BuilderDatabase,
  clinic: Pick<BuiltClinic, 'no'>,
  overrides: VisitTypeOverrides = {},
): Promise<BuiltVisitType> {
  const id = newId(clinic.no)
  await database.ownerPool.query(
    `insert into holdfast.visit_type (clinic_no, id, name, minutes, buffer_before_minutes, buffer_after_minutes,
       capacity, bookable_by, active, minimum_notice_minutes, booking_horizon_days)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      clinic.no,
      id,
      overrides.name ?? `Visit ${id.slice(-6)}`,
      overrides.minutes ?? 20,
      overrides.bufferBeforeMinutes ?? 0,
      overrides.bufferAfterMinutes ?? 0,
      overrides.capacity ?? 1,
      overrides.bookableBy ?? 'anyone',
      overrides.active ?? true,
      overrides.minimumNoticeMinutes ?? null,
      overrides.bookingHorizonDays ?? null,
    ],
  )
  for (const doctor of overrides.doctors ?? []) {
    await database.ownerPool.query(
      `insert into holdfast.visit_type_doctor (clinic_no, visit_type_id, resource_id, minutes) values ($1, $2, $3, $4)`,
      [clinic.no, id, doctor.id, doctor.minutes ?? null],
    )
  }
  return { id, clinicNo: clinic.no }
}

export type SessionOverrides = {
  /** Default: six in the morning (UTC), two days from now. */
  startsAt?: Date
  /** Default 180. */
  minutes?: number
  /** Default 10. */
  gridMinutes?: number
  visitTypeIds?: string[]
}

export async function aSession(
  database: BuilderDatabase,
  doctor: BuiltDoctor,
  overrides: SessionOverrides = {},
): Promise<BuiltSession> {
  const id = newId(doctor.clinicNo)
  const startsAt = overrides.startsAt ?? new Date(Math.ceil(Date.now() / 86_400_000 + 1) * 86_400_000 + 6 * 3_600_000)
  const endsAt = new Date(startsAt.getTime() + (overrides.minutes ?? 180) * 60_000)
  await database.ownerPool.query(
    `insert into holdfast.open_session (clinic_no, id, resource_id, starts_at, ends_at, grid_minutes, visit_type_ids)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [doctor.clinicNo, id, doctor.id, startsAt, endsAt, overrides.gridMinutes ?? 10, overrides.visitTypeIds ?? null],
  )
  return { id, clinicNo: doctor.clinicNo, doctorId: doctor.id, startsAt, endsAt }
}

/** @param minute of the session, at which the visit begins */
export function aTimeClaim(
  session: BuiltSession,
  visitType: { id: string },
  minute: number,
  overrides: Partial<TimeClaimRequest> = {},
): TimeClaimRequest {
  return {
    bookingId: newId(session.clinicNo),
    sessionId: session.id,
    visitTypeId: visitType.id,
    startsAt: new Date(session.startsAt.getTime() + minute * 60_000),
    units: 1,
    patient: { name: 'Ada Lovelace', email: 'ada@example.org' },
    appointmentType: null,
    reason: null,
    confirm: false,
    accountId: null,
    actorId: null,
    key: randomUUID(),
    requestHash: randomUUID(),
    ...overrides,
  }
}
