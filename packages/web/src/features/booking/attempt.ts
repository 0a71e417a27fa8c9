import type { AppointmentType, Slot } from '@holdfast/contract/client'
import { randomKey } from '../../lib/random-key.ts'

/**
 * One try to get one time, from the press on it until it is confirmed, given up or lost. It is kept before anything is
 * sent: a reload, a lost answer and the back button all find it, send the same request with the same key, and are
 * told about the same booking.
 */
export type Attempt = {
  /** The Idempotency-Key of the hold. */
  key: string
  doctorId: string
  slot: Pick<Slot, 'id' | 'startsAt' | 'endsAt'>
  appointmentType: AppointmentType
  /** Said with the hold; who really comes is said when it is confirmed. */
  holder: { name: string; email?: string }
  /** Once the hold is known. The token reaches this one booking; this storage ends with the tab. */
  made: { bookingId: string; manageToken: string } | null
  /** What was typed so far. */
  details: Details
}

export type Details = { name: string; email: string; phone: string; reason: string }

export const noDetails: Details = { name: '', email: '', phone: '', reason: '' }

const storageKey = 'holdfast-attempt'

type AttemptWishes = Pick<Attempt, 'slot' | 'doctorId' | 'appointmentType' | 'holder' | 'details'>

/** A new try, with a key of its own. */
export function newAttempt({ slot, ...wishes }: AttemptWishes): Attempt {
  const { id, startsAt, endsAt } = slot
  return { ...wishes, slot: { id, startsAt, endsAt }, key: randomKey(), made: null }
}

/** The try that this tab is in; null: none, or one that another build wrote. */
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

export function keepAttempt(
  attempt: Attempt | null,
  storage: Pick<Storage, 'setItem' | 'removeItem'> = sessionStorage,
): void {
  if (attempt === null) storage.removeItem(storageKey)
  else storage.setItem(storageKey, JSON.stringify(attempt))
}

function isAttempt(value: unknown): value is Attempt {
  if (typeof value !== 'object' || value === null) return false
  const { key, doctorId, slot, appointmentType, holder, made, details } = value as Record<keyof Attempt, unknown>
  return (
    typeof key === 'string' &&
    typeof doctorId === 'string' &&
    typeof appointmentType === 'string' &&
    hasTexts(slot, ['id', 'startsAt', 'endsAt']) &&
    hasTexts(holder, ['name']) &&
    hasTexts(details, ['name', 'email', 'phone', 'reason']) &&
    (made === null || hasTexts(made, ['bookingId', 'manageToken']))
  )
}

function hasTexts(value: unknown, names: string[]): boolean {
  if (typeof value !== 'object' || value === null) return false
  return names.every((name) => typeof Object.getOwnPropertyDescriptor(value, name)?.value === 'string')
}
