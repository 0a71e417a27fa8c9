import type pg from 'pg'
import type { Asked, Booked } from './strategy.ts'

/** A slot as the designs' tables have it; `booked` only where theirs has the column. */
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
  insert into booking (slot_id, units, status, appointment_type, patient_name, patient_email, patient_phone, reason, expires_at)
  values ($1, $2, 'PENDING', $3, $4, $5, $6, $7, now() + interval '2 minutes')
  returning id, expires_at, created_at`

/** The statement that all the designs share: a PENDING booking of two minutes. */
export async function insertPending(client: pg.PoolClient, asked: Asked, slot: SlotRow): Promise<Booked> {
  const { rows } = await client.query<{ id: string; expires_at: Date; created_at: Date }>({
    name: 'insert_booking',
    text: insertBooking,
    values: [
      asked.slotId,
      asked.units,
      asked.appointmentType,
      asked.patient.name,
      asked.patient.email,
      asked.patient.phone,
      asked.reason,
    ],
  })
  const made = rows[0]
  if (made === undefined) throw new Error('The insert answered no row.')
  return {
    id: made.id,
    clinicId: slot.clinic_id,
    doctorId: slot.doctor_id,
    slotId: asked.slotId,
    status: 'PENDING',
    units: asked.units,
    appointmentType: asked.appointmentType,
    startsAt: slot.starts_at,
    endsAt: slot.ends_at,
    holdExpiresAt: made.expires_at,
    createdAt: made.created_at,
  }
}

/** Reads a slot with the given columns and lock clause, by a statement that is prepared once a connection. */
export async function readSlot(
  client: pg.Pool | pg.PoolClient,
  slotId: string,
  columns: string,
  lock: string,
): Promise<SlotRow | undefined> {
  const { rows } = await client.query<SlotRow>({
    // One design a process: the lock clause alone tells its statements apart.
    name: `read_slot ${lock}`,
    text: `select s.doctor_id, d.clinic_id, s.starts_at, s.ends_at, s.capacity ${columns}
             from slot s join doctor d on d.id = s.doctor_id where s.id = $1 ${lock}`,
    values: [slotId],
  })
  return rows[0]
}

/** The units of a slot that bookings hold, counted from the bookings. */
export async function unitsBooked(client: pg.PoolClient, slotId: string): Promise<number> {
  const { rows } = await client.query<{ units: number }>({
    name: 'units_booked',
    text: `select coalesce(sum(units), 0)::integer as units from booking
            where slot_id = $1 and status in ('PENDING', 'CONFIRMED')`,
    values: [slotId],
  })
  return rows[0]?.units ?? 0
}
