import type { AppointmentType, Booking, BookingStatus, FailureReason, Patient } from '../model/booking.ts'

/** A booking as the engine's functions and reads answer it: with its slot's times, and with its effective status. */
export type BookingRow = {
  id: string
  clinic_no: number
  clinic_id: string
  resource_id: string
  slot_id: string
  status: BookingStatus
  failure_reason: FailureReason | null
  units: number
  starts_at: Date
  ends_at: Date
  hold_expires_at: Date | null
  extended: boolean
  account_id: string | null
  appointment_type: AppointmentType
  patient: Patient
  reason: string | null
  cancellation_reason: string | null
  version: number
  created_at: Date
  updated_at: Date
}

export function bookingOf(row: BookingRow): Booking {
  return {
    id: row.id,
    clinicNo: row.clinic_no,
    clinicId: row.clinic_id,
    doctorId: row.resource_id,
    slotId: row.slot_id,
    status: row.status,
    failureReason: row.failure_reason,
    units: row.units,
    startsAt: row.starts_at,
    endsAt: row.ends_at,
    holdExpiresAt: row.hold_expires_at,
    extended: row.extended,
    accountId: row.account_id,
    appointmentType: row.appointment_type,
    patient: row.patient,
    reason: row.reason,
    cancellationReason: row.cancellation_reason,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
