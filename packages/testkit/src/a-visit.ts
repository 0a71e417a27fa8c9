import { randomUUID } from 'node:crypto'
import { newId, type TimeClaimRequest, type VisitQuestion } from '@holdfast/engine'
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
  /** A room, of these; empty: any of the clinic. Default: none is needed. */
  rooms?: { id: string }[]
  devices?: { id: string }[]
  questions?: VisitQuestion[]
  approval?: 'none' | 'holding' | 'not_holding'
  approvalMinutes?: number
  /** Default false. */
  combinable?: boolean
}

/** A room, or a device with units, that visits take. */
export async function aVisitResource(
  database: BuilderDatabase,
  clinic: Pick<BuiltClinic, 'no'>,
  { kind = 'room', name, units = 1 }: { kind?: 'room' | 'device'; name?: string; units?: number } = {},
): Promise<{ id: string; clinicNo: number }> {
  const id = newId(clinic.no)
  await database.ownerPool.query(
    'insert into holdfast.resource (clinic_no, id, kind, name, units) values ($1, $2, $3, $4, $5)',
    [clinic.no, id, kind === 'room' ? 'consulting_room' : 'device', name ?? `Resource ${id.slice(-6)}`, units],
  )
  return { id, clinicNo: clinic.no }
}

/** A question that has to be answered. */
export function aQuestion(kind: VisitQuestion['kind'], overrides: Partial<VisitQuestion> = {}): VisitQuestion {
  return {
    id: randomUUID(),
    kind,
    label: `A ${kind}`,
    labels: {},
    required: true,
    choices: [],
    version: 1,
    ...overrides,
  }
}

export async function aVisitType(
  database: BuilderDatabase,
  clinic: Pick<BuiltClinic, 'no'>,
  overrides: VisitTypeOverrides = {},
): Promise<BuiltVisitType> {
  const id = newId(clinic.no)
  await database.ownerPool.query(
    `insert into holdfast.visit_type (clinic_no, id, name, minutes, buffer_before_minutes, buffer_after_minutes,
       capacity, bookable_by, active, minimum_notice_minutes, booking_horizon_days, needs_room, room_ids, device_ids,
       questions, questions_version, approval, approval_minutes, combinable)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)`,
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
      overrides.rooms !== undefined,
      overrides.rooms?.map((room) => room.id) ?? [],
      overrides.devices?.map((device) => device.id) ?? [],
      JSON.stringify(overrides.questions ?? []),
      Math.max(0, ...(overrides.questions ?? []).map(({ version }) => version)),
      overrides.approval ?? 'none',
      overrides.approvalMinutes ?? 2_880,
      overrides.combinable ?? false,
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

/** The combination of these visit types. */
export async function aCombination(
  database: BuilderDatabase,
  clinic: Pick<BuiltClinic, 'no'>,
  parts: readonly { id: string }[],
): Promise<BuiltVisitType> {
  const { rows } = await database.ownerPool.query<{ id: string | null; outcome: string | null }>(
    'select id, outcome from holdfast.combine_visit_types($1, $2, $3)',
    [clinic.no, parts.map(({ id }) => id), newId(clinic.no)],
  )
  const { id = null, outcome = null } = rows[0] ?? {}
  if (id === null) throw new Error(`There is no such combination: ${outcome}`)
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
