import type pg from 'pg'
import type { Booked, BookRequest } from './strategy.ts'

/** A slot of the designs' tables; `booked` only for those that have the column. */
export type SlotRow = {
  doctor_id: string
  clinic_id: string
  starts_at: Date
  ends_at: Date
  capacity: number
  booked: number
  version: number
}

const insertBooking = `
  insert into booking (slot_id, units, status, appointment_type, patient_name, patient_email, patient_phone, reason,
                         expires_at)
  values ($1, $2, 'PENDING', $3, $4, $5, $6, $7, now() + interval '2 minutes')
  returning id, expires_at, created_at`

/** The statement that all designs share: inserts a PENDING booking of two minutes. */
export async function insertPending(client: pg.PoolClient, request: BookRequest, slot: SlotRow): Promise<Booked> {
  const { rows } = await client.query<{ id: string; expires_at: Date; created_at: Date }>({
    name: 'insert_booking',
    text: insertBooking,
    values: [
      request.slotId,
      request.units,
      request.appointmentType,
      request.patient.name,
      request.patient.email,
      request.patient.phone,
      request.reason,
    ],
  })
  const inserted = rows[0]
  if (inserted === undefined) throw new Error('The insert returned no row.')
  return {
    id: inserted.id,
    clinicId: slot.clinic_id,
    doctorId: slot.doctor_id,
    slotId: request.slotId,
    status: 'PENDING',
    units: request.units,
    appointmentType: request.appointmentType,
    startsAt: slot.starts_at,
    endsAt: slot.ends_at,
    holdExpiresAt: inserted.expires_at,
    createdAt: inserted.created_at,
  }
}

/** Reads a slot with these columns and lock clause, by a statement that is prepared once per connection. */
export async function readSlot(
  client: pg.Pool | pg.PoolClient,
  slotId: string,
  columns: string,
  lock: string,
): Promise<SlotRow | undefined> {
  const { rows } = await client.query<SlotRow>({
    // A process runs one design, whose statements differ only in the lock clause.
    name: `read_slot ${lock}`,
    text: `select s.doctor_id, d.clinic_id, s.starts_at, s.ends_at, s.capacity ${columns}
             from slot s join doctor d on d.id = s.doctor_id where s.id = $1 ${lock}`,
    values: [slotId],
  })
  return rows[0]
}

/** The booked units of a slot, summed over its bookings. */
export async function unitsBooked(client: pg.PoolClient, slotId: string): Promise<number> {
  const { rows } = await client.query<{ units: number }>({
    name: 'units_booked',
    text: `select coalesce(sum(units), 0)::integer as units from booking
            where slot_id = $1 and status in ('PENDING', 'CONFIRMED')`,
    values: [slotId],
  })
  return rows[0]?.units ?? 0
}
