import type { ColumnType, Generated } from 'kysely'
import type { AppointmentType, BookingStatus, FailureReason, Patient } from '../model/booking.ts'
import type { BookingEvent } from '../model/booking-event.ts'
import type { Role } from '../model/membership.ts'

/**
 * The tables of the schema `holdfast` as Kysely sees them. What the application role may not write is marked
 * {@link ReadOnly} or has no insert and update types: booking state changes only inside the engine's functions.
 */
export type Schema = {
  clinic: ClinicTable
  specialization: SpecializationTable
  resource: ResourceTable
  membership: MembershipTable
  site_administrator: SiteAdministratorTable
  answer: AnswerTable
  slot: SlotTable
  booking: BookingTable
  booking_event: BookingEventTable
  idempotency: IdempotencyTable
  allocation: AllocationTable
}

type ReadOnly<Value> = ColumnType<Value, never, never>

/** Set by the database, never by hand. */
type CreatedAt = ColumnType<Date, never, never>

/** Set at insert by the database, and by whoever updates the row. */
type UpdatedAt = ColumnType<Date, never, Date>

/** Written once, with the row. */
type Fixed<Value> = ColumnType<Value, Value, never>

export type ClinicTable = {
  no: Fixed<number>
  id: Fixed<string>
  name: string
  timezone: string
  address: string | null
  phone: string | null
  hold_seconds: Generated<number>
  minimum_notice_minutes: Generated<number>
  booking_horizon_days: Generated<number>
  cancellation_deadline_minutes: Generated<number>
  created_at: CreatedAt
  updated_at: UpdatedAt
}

export type SpecializationTable = { name: Fixed<string> }

export type ResourceKind = 'doctor' | 'operating_room' | 'equipment' | 'staff'

export type ResourceTable = {
  clinic_no: Fixed<number>
  id: Fixed<string>
  kind: Fixed<ResourceKind>
  name: string
  units: Generated<number>
  active: Generated<boolean>
  specialization: string | null
  experience_years: number | null
  rating: number | null
  languages: Generated<string[]>
  fee_amount: number | null
  fee_currency: string | null
  appointment_types: Generated<AppointmentType[]>
  video_room: string | null
  created_at: CreatedAt
  updated_at: UpdatedAt
}

export type MembershipTable = {
  clinic_no: Fixed<number>
  account_id: Fixed<string>
  role: Role
  doctor_id: string | null
  created_at: CreatedAt
}

export type SiteAdministratorTable = { account_id: Fixed<string>; created_at: CreatedAt }

export type AnswerTable = {
  key: Fixed<string>
  request_hash: Fixed<string>
  /** JSON; write it with JSON.stringify, a bare array would be taken for a PostgreSQL array. */
  body: ColumnType<unknown, string, string>
  created_at: CreatedAt
}

export type SlotTable = {
  clinic_no: ReadOnly<number>
  id: ReadOnly<string>
  resource_id: ReadOnly<string>
  starts_at: ReadOnly<Date>
  ends_at: ReadOnly<Date>
  capacity: ReadOnly<number>
  taken: ReadOnly<number>
  next_lapse: ReadOnly<Date | null>
  withdrawn_at: ReadOnly<Date | null>
  created_at: ReadOnly<Date>
}

export type BookingTable = {
  clinic_no: ReadOnly<number>
  id: ReadOnly<string>
  slot_id: ReadOnly<string>
  resource_id: ReadOnly<string>
  units: ReadOnly<number>
  status: ReadOnly<BookingStatus>
  failure_reason: ReadOnly<FailureReason | null>
  hold_expires_at: ReadOnly<Date | null>
  extended_by: ReadOnly<string | null>
  account_id: ReadOnly<string | null>
  appointment_type: ReadOnly<AppointmentType>
  patient: ReadOnly<Patient>
  reason: ReadOnly<string | null>
  cancellation_reason: ReadOnly<string | null>
  version: ReadOnly<number>
  created_at: ReadOnly<Date>
  updated_at: ReadOnly<Date>
}

export type BookingEventTable = {
  clinic_no: ReadOnly<number>
  booking_id: ReadOnly<string>
  version: ReadOnly<number>
  /** xid8 as decimal text: compare it in SQL, not as text */
  xid: ReadOnly<string>
  seq: ReadOnly<number>
  at: ReadOnly<Date>
  type: ReadOnly<BookingEvent['type']>
  status_after: ReadOnly<BookingStatus | null>
  slot_id: ReadOnly<string>
  resource_id: ReadOnly<string>
  units: ReadOnly<number>
  hold_expires_at: ReadOnly<Date | null>
  from_slot_id: ReadOnly<string | null>
  reason: ReadOnly<string | null>
  actor_id: ReadOnly<string | null>
}

export type IdempotencyTable = {
  clinic_no: ReadOnly<number>
  key: ReadOnly<string>
  request_hash: ReadOnly<string>
  booking_id: ReadOnly<string>
  created_at: ReadOnly<Date>
}

export type AllocationTable = {
  clinic_no: ReadOnly<number>
  id: ReadOnly<string>
  booking_id: ReadOnly<string>
  resource_id: ReadOnly<string>
  unit_no: ReadOnly<number>
  during: ReadOnly<string>
  active: ReadOnly<boolean>
  hold_expires_at: ReadOnly<Date | null>
}
