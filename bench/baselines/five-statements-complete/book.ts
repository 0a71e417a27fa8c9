import { requestHash, scopeOf } from '@holdfast/server/idempotency'
import { freshKey, keyDigest } from '@holdfast/server/sent-key'
import type pg from 'pg'
import { insertPending, readSlot, type SlotRow, unitsBooked } from '../statements.ts'
import type { Booked, BookRequest, Strategy } from '../strategy.ts'
import { transaction } from '../transaction.ts'

const scope = scopeOf({ kind: 'anonymous' })

/**
 * The five statements, and two more for what the contract requires and Holdfast stores: the request's idempotency key,
 * so that a retry gets the first response, and the event log.
 */
export const book: Strategy = async ({ pool }, request) => {
  const { key: sent, ...body } = request
  const key = sent === null ? freshKey() : keyDigest({ key: sent, scope }, 'createBooking')
  const hash = requestHash(body)
  const outcome = await transaction(pool, 'begin', async (client) => {
    const slot = await readSlot(client, request.slotId, '', 'for update of s')
    if (slot === undefined) return { kind: 'slot_missing' }
    if ((await unitsBooked(client, request.slotId)) + request.units > slot.capacity) return { kind: 'slot_full' }
    const booking = await insertPending(client, request, slot)
    if (!(await storeKey(client, key, hash, booking.id))) return { kind: 'key_reused' }
    await log(client, request, booking.id)
    return { kind: 'booked', booking }
  })
  // The slot may be full because of the booking that this request repeats.
  return outcome.kind === 'key_reused' || outcome.kind === 'slot_full'
    ? ((await firstResponse(pool, key, hash)) ?? outcome)
    : outcome
}

/** @returns false if the key is already stored */
async function storeKey(client: pg.PoolClient, key: string, hash: string, bookingId: string): Promise<boolean> {
  const { rowCount } = await client.query({
    name: 'store_key',
    text: 'insert into idempotency (key, request_hash, booking_id) values ($1, $2, $3) on conflict do nothing',
    values: [key, hash, bookingId],
  })
  return rowCount === 1
}

async function log(client: pg.PoolClient, { slotId, units }: BookRequest, bookingId: string): Promise<void> {
  await client.query({
    name: 'log_event',
    text: `insert into booking_event (booking_id, type, slot_id, units) values ($1, 'held', $2, $3)`,
    values: [bookingId, slotId, units],
  })
}

type FirstRow = SlotRow & {
  id: string
  slot_id: string
  units: number
  appointment_type: BookRequest['appointmentType']
} & {
  request_hash: string
  expires_at: Date
  created_at: Date
}

async function firstResponse(pool: pg.Pool, key: string, hash: string) {
  const { rows } = await pool.query<FirstRow>({
    name: 'first_response',
    text: `select k.request_hash, b.*, s.starts_at, s.ends_at, s.doctor_id, d.clinic_id
             from idempotency k join booking b on b.id = k.booking_id join slot s on s.id = b.slot_id
             join doctor d on d.id = s.doctor_id where k.key = $1`,
    values: [key],
  })
  const [first] = rows
  if (first === undefined) return null
  if (first.request_hash !== hash) return { kind: 'key_reused' as const }
  const booking: Booked = {
    id: first.id,
    clinicId: first.clinic_id,
    doctorId: first.doctor_id,
    slotId: first.slot_id,
    status: 'PENDING',
    units: first.units,
    appointmentType: first.appointment_type,
    startsAt: first.starts_at,
    endsAt: first.ends_at,
    holdExpiresAt: first.expires_at,
    createdAt: first.created_at,
  }
  return { kind: 'booked' as const, booking }
}
