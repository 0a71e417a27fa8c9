import type { AppointmentType, Slot } from '@holdfast/contract/client'
import { randomKey } from '../../lib/random-key.ts'

/**
 * One attempt to book a slot, from choosing it until it is confirmed, released or unavailable. It is stored before
 * anything is sent: after a reload, a lost response or the back button, the same request is sent with the same key and
 * returns the same booking.
 */
export type Attempt = {
  /** The Idempotency-Key of the hold. */
  key: string
  doctorId: string
  slot: Pick<Slot, 'id' | 'startsAt' | 'endsAt'>
  appointmentType: AppointmentType
  /** The signed-in account, sent with the hold; null for a guest, who is named when it is confirmed. */
  holder: { name: string; email?: string } | null
  /** How often the hold was extended. */
  extensions: number
  /** Present once the hold is known. The token gives access to this booking only; session storage ends with the tab. */
  made: { bookingId: string; manageToken: string } | null
  /** The details typed so far. */
  details: Details
}

export type Details = { name: string; email: string; phone: string; reason: string }

export const noDetails: Details = { name: '', email: '', phone: '', reason: '' }

const storageKey = 'holdfast-attempt'

type AttemptRequest = Pick<Attempt, 'slot' | 'doctorId' | 'appointmentType' | 'holder' | 'details'>

/** A new attempt with a new idempotency key. */
export function newAttempt({ slot, ...request }: AttemptRequest): Attempt {
  const { id, startsAt, endsAt } = slot
  return { ...request, slot: { id, startsAt, endsAt }, key: randomKey(), extensions: 0, made: null }
}

/** The attempt stored in this tab; null if there is none, or if another build wrote it. */
export function readAttempt(storage: Pick<Storage, 'getItem'> = sessionStorage): Attempt | null {
  const text = storage.getItem(storageKey)
  if (text === null) return null
  try {
    const attempt = JSON.parse(text)
    return isAttempt(attempt) ? attempt : null
  } catch {
    return null
  }
}

export function storeAttempt(
  attempt: Attempt | null,
  storage: Pick<Storage, 'setItem' | 'removeItem'> = sessionStorage,
): void {
  if (attempt === null) storage.removeItem(storageKey)
  else storage.setItem(storageKey, JSON.stringify(attempt))
}

function isAttempt(value: unknown): value is Attempt {
  if (typeof value !== 'object' || value === null) return false
  const { key, doctorId, slot, appointmentType, holder, extensions, made, details } = value as Record<
    keyof Attempt,
    unknown
  >
  return (
    typeof key === 'string' &&
    typeof doctorId === 'string' &&
    typeof appointmentType === 'string' &&
    hasTexts(slot, ['id', 'startsAt', 'endsAt']) &&
    (holder === null || hasTexts(holder, ['name'])) &&
    typeof extensions === 'number' &&
    hasTexts(details, ['name', 'email', 'phone', 'reason']) &&
    (made === null || hasTexts(made, ['bookingId', 'manageToken']))
  )
}

function hasTexts(value: unknown, names: string[]): boolean {
  if (typeof value !== 'object' || value === null) return false
  return names.every((name) => typeof Object.getOwnPropertyDescriptor(value, name)?.value === 'string')
}
