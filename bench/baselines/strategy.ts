import type { Redis } from 'ioredis'
import type pg from 'pg'

/** A validated body of POST /api/v1/bookings, with the defaults filled in. */
export type BookRequest = {
  slotId: string
  units: number
  patient: { name: string; email: string | null; phone: string | null }
  appointmentType: 'in_person' | 'video'
  reason: string | null
  /** The Idempotency-Key, for the one design that stores it; null: none was sent. */
  key: string | null
}

export type Booked = {
  id: string
  clinicId: string
  doctorId: string
  slotId: string
  status: 'PENDING'
  units: number
  appointmentType: 'in_person' | 'video'
  startsAt: Date
  endsAt: Date
  holdExpiresAt: Date
  createdAt: Date
}

/** `slot_locked`: the design refuses, instead of waiting, while somebody else is booking the slot. */
export type Outcome =
  | { kind: 'booked'; booking: Booked }
  | { kind: 'slot_full' }
  | { kind: 'slot_locked' }
  | { kind: 'slot_missing' }
  | { kind: 'key_reused' }

export type Resources = {
  pool: pg.Pool
  /** For the design that locks in Redis; null for the others. */
  redis: Redis | null
}

/** How one design books. What its tables have besides those of `schema.sql` is in the file of this name beside it. */
export type Strategy = (resources: Resources, request: BookRequest) => Promise<Outcome>
