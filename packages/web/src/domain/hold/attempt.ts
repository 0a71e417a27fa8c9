import type { AppointmentType, Slot } from '@holdfast/contract/client'
import { randomKey } from '../../lib/api/random-key.ts'
import type { TypedAnswers } from '../answers/typed-answers.ts'

/**
 * One attempt to book a slot, from choosing it until it is confirmed, released or unavailable. It is stored before
 * anything is sent: after a reload, a lost response or the back button, the same request is sent with the same key and
 * returns the same booking.
 */
export type Attempt = {
  /** The Idempotency-Key of the hold. */
  key: string
  doctorId: string
  /** With `visitTypeId`, a visit in the open session `id`. */
  slot: Pick<Slot, 'id' | 'startsAt' | 'endsAt'> & { visitTypeId?: string }
  appointmentType: AppointmentType
  /** How many places; absent: one. */
  units?: number
  /** The signed-in account, sent with the hold; null for a guest, who is named when it is confirmed. */
  holder: { name: string; email?: string } | null
  /** How often the hold was extended. */
  extensions: number
  /** Present once the hold is known. The token gives access to this booking only; session storage ends with the tab. */
  made: HoldAccess | null
  /** When the hold ends, as far as it is known: RFC 3339, by the server's clock. */
  holdExpiresAt: string | null
  /** The hold that this one replaces: released once this one is held, and continued if this one is refused. */
  replaces: HeldAttempt | null
  /** The details typed so far. */
  details: Details
}

/** An attempt whose hold is known. */
export type HeldAttempt = Attempt & { made: HoldAccess; holdExpiresAt: string }

export type HoldAccess = { bookingId: string; manageToken: string }

/** `answers`: to what the visit type asks. */
export type Details = { name: string; email: string; phone: string; reason: string; answers?: TypedAnswers }

export const noDetails: Details = { name: '', email: '', phone: '', reason: '' }

type Account = { name: string; email: string } | null

/** The details of an account, to begin with. */
export function detailsOf(account: Account): Details {
  return { ...noDetails, name: account?.name ?? '', email: account?.email ?? '' }
}

/** The person who is named when the hold is requested; the patient's details follow with the confirmation. */
export function holderOf(account: Account): Attempt['holder'] {
  return account === null ? null : { name: account.name, email: account.email }
}

const storageKey = 'holdfast-attempt'

export type AttemptRequest = Pick<Attempt, 'slot' | 'doctorId' | 'appointmentType' | 'units' | 'holder' | 'details'>

/** A new attempt with a new idempotency key. */
export function newAttempt(request: AttemptRequest, replaces: HeldAttempt | null = null): Attempt {
  const { doctorId, appointmentType, units, holder, details } = request
  const { id, startsAt, endsAt, visitTypeId } = request.slot
  return {
    doctorId,
    appointmentType,
    holder,
    details,
    slot: { id, startsAt, endsAt, ...(visitTypeId === undefined ? {} : { visitTypeId }) },
    ...(units === undefined ? {} : { units }),
    key: randomKey(),
    extensions: 0,
    made: null,
    holdExpiresAt: null,
    replaces,
  }
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
  const { key, doctorId, slot, appointmentType, units, holder, extensions, made, details, holdExpiresAt, replaces } =
    value as Record<keyof Attempt, unknown>
  return (
    typeof key === 'string' &&
    typeof doctorId === 'string' &&
    typeof appointmentType === 'string' &&
    (units === undefined || typeof units === 'number') &&
    hasTexts(slot, ['id', 'startsAt', 'endsAt']) &&
    (holder === null || hasTexts(holder, ['name'])) &&
    typeof extensions === 'number' &&
    hasTexts(details, ['name', 'email', 'phone', 'reason']) &&
    (holdExpiresAt === null || typeof holdExpiresAt === 'string') &&
    (made === null || hasTexts(made, ['bookingId', 'manageToken'])) &&
    (replaces === null || isHeldAttempt(replaces))
  )
}

function isHeldAttempt(value: unknown): value is HeldAttempt {
  return isAttempt(value) && value.made !== null && value.holdExpiresAt !== null
}

function hasTexts(value: unknown, names: string[]): boolean {
  if (typeof value !== 'object' || value === null) return false
  return names.every((name) => typeof Object.getOwnPropertyDescriptor(value, name)?.value === 'string')
}
