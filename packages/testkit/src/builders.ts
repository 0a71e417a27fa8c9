import { randomUUID } from 'node:crypto'
import { type BookedAnswer, inTransaction, newId } from '@holdfast/engine'
import type pg from 'pg'
import sql from 'sql-template-tag'
import { type BuiltBookingStatus, bookingHistories } from './booking-histories.ts'

/** The part of a {@link TestDatabase} that builders need: they write as the owner, without the engine's functions. */
export type BuilderDatabase = { ownerPool: pg.Pool }

export type BuiltClinic = { no: number; id: string; timezone: string }
export type BuiltDoctor = { id: string; clinicNo: number; clinicId: string }
export type BuiltSlot = {
  id: string
  clinicNo: number
  doctorId: string
  startsAt: Date
  endsAt: Date
  capacity: number
}
export type BuiltBooking = { id: string; clinicNo: number; slotId: string; units: number; version: number }

export type ClinicOverrides = {
  /** Default: the next number of the database. */
  no?: number | undefined
  name?: string
  /** Default UTC. */
  timezone?: string
  /** Default: as withoutQuietHours. null: the clinic has chosen nothing about its messages. */
  quietHours?: null
  settings?: {
    holdSeconds?: number
    holdExtensionsMax?: number
    minimumNoticeMinutes?: number
    bookingHorizonDays?: number
    cancellationDeadlineMinutes?: number
  }
}

export async function aClinic(database: BuilderDatabase, overrides: ClinicOverrides = {}): Promise<BuiltClinic> {
  const { rows } = await database.ownerPool.query<{ no: number }>(
    "select coalesce($1, nextval('holdfast.clinic_no_seq')::int) as no",
    [overrides.no],
  )
  const no = rows[0]?.no ?? 0
  const id = newId(no)
  const timezone = overrides.timezone ?? 'UTC'
  await database.ownerPool.query(
    `insert into holdfast.clinic (no, id, name, timezone, hold_seconds, minimum_notice_minutes, booking_horizon_days,
       cancellation_deadline_minutes, hold_extensions_max) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      no,
      id,
      overrides.name ?? `Clinic ${no}`,
      timezone,
      overrides.settings?.holdSeconds ?? 120,
      overrides.settings?.minimumNoticeMinutes ?? 0,
      overrides.settings?.bookingHorizonDays ?? 730,
      overrides.settings?.cancellationDeadlineMinutes ?? 0,
      overrides.settings?.holdExtensionsMax ?? 5,
    ],
  )
  if (overrides.quietHours === undefined) await withoutQuietHours(database, no)
  return { no, id, timezone }
}

/** Ends a clinic's quiet hours, in which offers are made to fewer patients, so that a test does the same at night. */
export async function withoutQuietHours(database: BuilderDatabase, clinicNo: number): Promise<void> {
  await someMessageSettings(database, clinicNo, { quiet_from: '00:00', quiet_until: '00:00' })
}

/** Changes columns of `message_settings` of a clinic. The others stay as they are, or get their defaults. */
export async function someMessageSettings(
  database: BuilderDatabase,
  clinicNo: number,
  columns: Record<string, unknown>,
): Promise<void> {
  const names = Object.keys(columns)
  await database.ownerPool.query(
    `insert into holdfast.message_settings (clinic_no, ${names.join(', ')})
     values ($1, ${names.map((_, n) => `$${n + 2}`).join(', ')})
     on conflict (clinic_no) do update set ${names.map((name) => `${name} = excluded.${name}`).join(', ')}`,
    [clinicNo, ...Object.values(columns)],
  )
}

export type DoctorOverrides = {
  name?: string
  specialization?: string
  active?: boolean
  appointmentTypes?: ('in_person' | 'video')[]
}

export async function aDoctor(
  database: BuilderDatabase,
  clinic: BuiltClinic,
  overrides: DoctorOverrides = {},
): Promise<BuiltDoctor> {
  const id = newId(clinic.no)
  const specialization = overrides.specialization ?? 'General practice'
  await database.ownerPool.query(sql`insert into holdfast.specialization (name) values (${specialization})
      on conflict do nothing`)
  await database.ownerPool.query(
    `insert into holdfast.resource (clinic_no, id, kind, name, active, specialization, appointment_types)
     values ($1, $2, 'doctor', $3, $4, $5, $6)`,
    [
      clinic.no,
      id,
      overrides.name ?? `Doctor ${id.slice(-6)}`,
      overrides.active ?? true,
      specialization,
      overrides.appointmentTypes ?? ['in_person'],
    ],
  )
  return { id, clinicNo: clinic.no, clinicId: clinic.id }
}

export type SlotOverrides = {
  /** Default 1. */
  capacity?: number
  /**
   * Default: right after the doctor's last slot; for the first, four in the morning (UTC), 24 to 48 hours from now: a
   * doctor's slots are of one day, whenever the test runs.
   */
  startsAt?: Date
  /** Default 15. */
  minutes?: number
  withdrawn?: boolean
}

export async function aSlot(
  database: BuilderDatabase,
  doctor: BuiltDoctor,
  overrides: SlotOverrides = {},
): Promise<BuiltSlot> {
  const id = newId(doctor.clinicNo)
  const capacity = overrides.capacity ?? 1
  const { rows } = await database.ownerPool.query<{ starts_at: Date; ends_at: Date }>(
    `insert into holdfast.slot (clinic_no, id, resource_id, starts_at, ends_at, capacity, withdrawn_at, digest)
     select $1::int, $2, $3, s.starts_at, s.starts_at + make_interval(mins => $6), $4,
            s.withdrawn_at,
            holdfast.slot_digest($2, $3, s.starts_at, s.starts_at + make_interval(mins => $6), $4, s.withdrawn_at, null)
       from (select coalesce($5, greatest(
               date_trunc('day', clock_timestamp() - interval '4 hours', 'UTC') + interval '2 days 4 hours',
               (select max(ends_at) from holdfast.slot where clinic_no = $1::int and resource_id = $3))) as starts_at,
                    case when $7 then clock_timestamp() end as withdrawn_at) s
     returning starts_at, ends_at`,
    [
      doctor.clinicNo,
      id,
      doctor.id,
      capacity,
      overrides.startsAt ?? null,
      overrides.minutes ?? 15,
      overrides.withdrawn ?? false,
    ],
  )
  const times = rows[0]
  if (times === undefined) throw new Error('The slot was not inserted.')
  return {
    id,
    clinicNo: doctor.clinicNo,
    doctorId: doctor.id,
    startsAt: times.starts_at,
    endsAt: times.ends_at,
    capacity,
  }
}

export type BookingOverrides = {
  /** Default CONFIRMED. Its whole history is logged: ARRIVED was held, confirmed and arrived. */
  status?: BuiltBookingStatus
  /** Default 1. */
  units?: number
  /** PENDING only. Default two minutes from now; with a past time it is a lapsed hold before the sweep. */
  holdExpiresAt?: Date
  accountId?: string
  patient?: { name: string; email?: string; phone?: string; answers?: BookedAnswer[] }
  reason?: string
  /** Default now. */
  createdAt?: Date
}

/** A booking with its events, counted in its slot. The slot's CHECK constraint rejects it if the slot is full. */
export async function aBooking(
  database: BuilderDatabase,
  slot: BuiltSlot,
  overrides: BookingOverrides = {},
): Promise<BuiltBooking> {
  const id = newId(slot.clinicNo)
  const status = overrides.status ?? 'CONFIRMED'
  const units = overrides.units ?? 1
  const { events, failureReason } = bookingHistories[status]
  const at = overrides.createdAt ?? new Date()
  // An expired hold ended when it was created: all its events have the same time.
  const holdExpiresAt = overrides.holdExpiresAt ?? (status === 'hold_expired' ? at : new Date(Date.now() + 120_000))
  const heldNow = status === 'PENDING' ? holdExpiresAt : null
  const rowStatus = failureReason === null ? status : 'FAILED'
  await inTransaction(database.ownerPool, async (transaction) => {
    if (rowStatus !== 'FAILED' && rowStatus !== 'CANCELLED') {
      await transaction.query(sql`
        update holdfast.slot set taken = taken + ${units}, next_lapse = least(next_lapse, ${heldNow})
         where clinic_no = ${slot.clinicNo} and id = ${slot.id}`)
    }
    await transaction.query(
      `update holdfast.slot
          set oldest_booking_at = holdfast.oldest_booking_of(oldest_booking_at, created_at, $3)
        where clinic_no = $1 and id = $2 and created_at > $3`,
      [slot.clinicNo, slot.id, at],
    )
    await transaction.query(
      `insert into holdfast.booking (clinic_no, id, slot_id, resource_id, units, status, failure_reason,
        hold_expires_at, account_id, appointment_type, patient, reason, version, created_at, updated_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'in_person', $10, $11, $12, $13, $13)`,
      [
        slot.clinicNo,
        id,
        slot.id,
        slot.doctorId,
        units,
        rowStatus,
        failureReason,
        heldNow,
        overrides.accountId ?? null,
        overrides.patient ?? { name: `Patient ${randomUUID().slice(0, 8)}` },
        overrides.reason ?? null,
        events.length,
        at,
      ],
    )
    for (const [index, type] of events.entries()) {
      await transaction.query(
        `insert into holdfast.booking_event (clinic_no, booking_id, version, at, type, slot_id, resource_id, units,
           hold_expires_at, reason, actor_id, booking_digest)
         select b.clinic_no, b.id, $3, $4, $5, b.slot_id, b.resource_id, b.units, $6, $7, $8,
                holdfast.booking_digest(b.account_id, b.appointment_type, b.patient, b.reason, b.cancellation_reason)
           from holdfast.booking b
          where b.clinic_no = $1 and b.id = $2`,
        [
          slot.clinicNo,
          id,
          index + 1,
          at,
          type,
          type === 'held' ? holdExpiresAt : null,
          type === 'failed' ? failureReason : null,
          // The first event has the account that created the booking.
          index === 0 ? (overrides.accountId ?? null) : null,
        ],
      )
    }
  })
  return { id, clinicNo: slot.clinicNo, slotId: slot.id, units, version: events.length }
}

/** A member, without an invitation. */
export async function aMember(
  database: BuilderDatabase,
  clinic: Pick<BuiltClinic, 'no'>,
  member: { role: 'doctor' | 'staff' | 'admin'; doctorId?: string | null; accountId?: string },
): Promise<{ accountId: string }> {
  const accountId = member.accountId ?? randomUUID()
  await database.ownerPool.query(sql`insert into holdfast.membership (clinic_no, account_id, role, doctor_id)
      values (${clinic.no}, ${accountId}, ${member.role}, ${member.doctorId ?? null})`)
  return { accountId }
}

/** @returns the account's id */
export async function aSiteAdministrator({ ownerPool }: BuilderDatabase): Promise<string> {
  const accountId = randomUUID()
  await ownerPool.query('insert into holdfast.site_administrator (account_id) values ($1)', [accountId])
  return accountId
}

const accountPassword = 'a password of the tests'
/** Its argon2id hash at the lowest costs: a check takes 0.1 ms of processor time instead of 10. */
const accountHash = '$argon2id$v=19$m=8,t=1,p=1$7M3o8OTFgHV8ZCSntqR2Uw$uP5cj1JJqZfVwGP7J/eaPyRQmRi6n6btvpZTGFfOlMg'

/** An account as a sign-up leaves it, on the database of a server: it creates the tables of accounts at its start. */
export async function anAccount(
  database: BuilderDatabase,
  { name }: { name: string },
): Promise<{ id: string; email: string; password: string }> {
  const email = `${randomUUID()}@example.org`
  const { rows } = await database.ownerPool.query<{ id: string }>(sql`with person as (
        insert into auth."user" (email, name, "emailVerified", "createdAt", "updatedAt")
        values (${email}, ${name}, false, now(), now()) returning id
      )
      insert into auth.account ("userId", "accountId", "providerId", password, "createdAt", "updatedAt")
      select id, id::text, 'credential', ${accountHash}, now(), now() from person returning "userId" as id`)
  const [account] = rows
  if (account === undefined) throw new Error(`The account of ${name} was not created.`)
  return { id: account.id, email, password: accountPassword }
}

/** Lets an account, by its id or e-mail address, have signed in minutes ago: some changes need its password then. */
export async function signedInAgo({ ownerPool }: BuilderDatabase, account: string, minutes = 60): Promise<void> {
  await ownerPool.query(sql`update auth.session s set "createdAt" = now() - make_interval(mins => ${minutes})
    from auth."user" u where u.id = s."userId" and ${account} in (u.id::text, u.email)`)
}
