import type { Strategy } from '../strategy.ts'
import { sqlState } from '../transaction.ts'

const lockNotAvailable = '55P03'

type Row = {
  outcome: 'BOOKED' | 'SLOT_UNAVAILABLE' | 'SLOT_NOT_FOUND'
  id: string
  clinic_id: string
  doctor_id: string
  starts_at: Date
  ends_at: Date
  expires_at: Date
  created_at: Date
}

/** One call of book_slot() per request, as a transaction; a slot that is locked is refused at once. */
export const book: Strategy = async ({ pool }, request) => {
  const { slotId, units, appointmentType, patient, reason } = request
  // pool.query closes the connection of a failed statement, and every refusal would need a new one.
  const client = await pool.connect()
  try {
    const { rows } = await client.query<Row>({
      name: 'book_slot',
      text: 'select * from book_slot($1, $2, $3, $4, $5, $6, $7)',
      values: [slotId, units, appointmentType, patient.name, patient.email, patient.phone, reason],
    })
    const row = rows[0]
    if (row === undefined) throw new Error('book_slot returned no row.')
    if (row.outcome === 'SLOT_UNAVAILABLE') return { kind: 'slot_full' }
    if (row.outcome === 'SLOT_NOT_FOUND') return { kind: 'slot_missing' }
    return {
      kind: 'booked',
      booking: {
        id: row.id,
        clinicId: row.clinic_id,
        doctorId: row.doctor_id,
        slotId,
        status: 'PENDING',
        units,
        appointmentType,
        startsAt: row.starts_at,
        endsAt: row.ends_at,
        holdExpiresAt: row.expires_at,
        createdAt: row.created_at,
      },
    }
  } catch (error) {
    if (sqlState(error) === lockNotAvailable) return { kind: 'slot_locked' }
    throw error
  } finally {
    client.release()
  }
}
