import type { Redis } from 'ioredis'
import type pg from 'pg'

/** A checked body of POST /api/v1/bookings, with the defaults filled in. */
export type Asked = {
  slotId: string
  units: number
  patient: { name: string; email: string | null; phone: string | null }
  appointmentType: 'in_person' | 'video'
  reason: string | null
  /** The Idempotency-Key, for the one design that keeps it; null: none was sent. */
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
  /** Of the design that locks in Redis; null elsewhere. */
  redis: Redis | null
}

/** One design's way of booking. Its tables are in schema.sql beside it. */
export type Strategy = (resources: Resources, asked: Asked) => Promise<Outcome>
