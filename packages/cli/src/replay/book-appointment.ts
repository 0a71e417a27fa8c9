import { retryCall, type Stop } from '../target/retry-call.ts'
import type { BookingApi, BookOutcome, OfferedSlot } from './booking-api.ts'

/** A row of the file with the id of the slot that the plan chose for it. */
export type RowToBook = {
  appointmentId: string
  patientId: string
  unit: string
  date: string
  /** The slot that is requested first. */
  slotId: string
}

/** A booking of this appointment that the server already had before this row was sent. */
export type EarlierBooking = { slotId: string; confirmed: boolean; createdAt: Temporal.Instant }

type Failed = { kind: 'failed'; why: string }

export type RowOutcome =
  /** `why`: the reason when it is not confirmed. */
  | { kind: 'booked' | 'replayed'; confirmed: boolean; why: string | null }
  | { kind: 'refused_full' }
  | Failed
  /** The replay ends, and this row's outcome is unknown. */
  | Stop

export type BookAppointmentDeps = {
  api: BookingApi
  /** Bookings of the appointment from an earlier run, oldest first. */
  earlier: readonly EarlierBooking[]
  /** Requests them from the server again, when a key turns out to be used. */
  findEarlier(row: RowToBook): Promise<readonly EarlierBooking[]>
  isOnDay(row: RowToBook, slot: OfferedSlot): boolean
  now(): Temporal.Instant
  sleep(seconds: number): Promise<void>
}

/** A round ends without a result if the hold lapses before it is confirmed; the next round books again. */
const roundsMax = 3
/** A day has 40 slots; the remaining tries are for alternatives that other bookings fill first. */
const slotTriesMax = 200
/** Servers store idempotency keys for 24 hours; after 23 the replay does not rely on them. */
const keyHours = 23

export function idempotencyKeyOf(appointmentId: string, round: number): string {
  return round === 1 ? `holdfast-replay-${appointmentId}` : `holdfast-replay-${appointmentId}/${round}`
}

/** Shown to staff with the booking; {@link appointmentIdOf} parses it. */
function reasonOf(appointmentId: string): string {
  return `Appointment ${appointmentId}`
}

/** The inverse of {@link reasonOf}; null for any other reason. */
export function appointmentIdOf(reason: string | null | undefined): string | null {
  return reason?.startsWith('Appointment ') ? reason.slice('Appointment '.length) : null
}

/**
 * Books one row and confirms it. The idempotency key depends on the appointment alone, whichever slot is requested, so
 * that the server never books an appointment twice: a full slot stores nothing, and the next slot is requested with the
 * same key. Each 409 lists alternatives; those on the row's day are tried, always from the latest response, until a
 * response has none. Units are only ever taken during a replay, so the day is full then.
 */
export async function bookAppointment(row: RowToBook, deps: BookAppointmentDeps): Promise<RowOutcome> {
  let earlier = deps.earlier
  if (wasConfirmedLongAgo(earlier, deps.now())) return { kind: 'replayed', confirmed: true, why: null }
  for (let round = 1; round <= roundsMax; round++) {
    const key = idempotencyKeyOf(row.appointmentId, round)
    let booked = await bookSomewhere(row, key, earlier[round - 1]?.slotId ?? null, deps)
    if (booked.kind === 'key_reused') {
      earlier = await deps.findEarlier(row)
      const slotId = earlier[round - 1]?.slotId
      if (slotId !== undefined) booked = await bookSomewhere(row, key, slotId, deps)
    }
    if (booked.kind === 'key_reused') {
      return { kind: 'failed', why: `its idempotency key ${key} was used for another booking` }
    }
    if (booked.kind !== 'booked' && booked.kind !== 'replayed') return booked
    const { bookingId, manageToken } = booked
    const { outcome } = await retryCall(() => deps.api.confirm({ bookingId, manageToken }), deps.sleep)
    if (outcome.kind === 'stopped') return outcome
    if (outcome.kind === 'confirmed') return { kind: booked.kind, confirmed: true, why: null }
    if (outcome.kind !== 'hold_expired') {
      return { kind: booked.kind, confirmed: false, why: `booked, but not confirmed: ${outcome.why}` }
    }
  }
  return { kind: 'failed', why: `its hold lapsed ${roundsMax} times before it was confirmed` }
}

type Booked =
  | Extract<BookOutcome, { kind: 'booked' } | { kind: 'replayed' }>
  | { kind: 'key_reused' }
  | { kind: 'refused_full' }
  | Failed
  | Stop

async function bookSomewhere(
  row: RowToBook,
  key: string,
  earlierSlotId: string | null,
  deps: BookAppointmentDeps,
): Promise<Booked> {
  const request = { key, patientName: `Patient ${row.patientId}`, reason: reasonOf(row.appointmentId) }
  const requested = new Set<string>()
  let slotId = earlierSlotId ?? row.slotId
  for (let tries = 1; tries <= slotTriesMax; tries++) {
    requested.add(slotId)
    const requestedSlotId = slotId
    const { outcome, outcomeWasUnknown } = await retryCall(
      () => deps.api.book({ ...request, slotId: requestedSlotId }),
      deps.sleep,
    )
    switch (outcome.kind) {
      case 'replayed':
        // After a lost response, the replayed booking is the one that this run created.
        return outcomeWasUnknown && earlierSlotId === null ? { ...outcome, kind: 'booked' } : outcome
      case 'slot_full': {
        const offered = outcome.alternatives.filter((slot) => deps.isOnDay(row, slot))
        // A slot offered again although it was full a moment ago was read before it filled up: request it once more.
        const next = offered.find((slot) => !requested.has(slot.id)) ?? offered[0]
        if (next === undefined) return { kind: 'refused_full' }
        slotId = next.id
        break
      }
      case 'refused':
        return { kind: 'failed', why: outcome.why }
      default:
        return outcome
    }
  }
  return { kind: 'failed', why: `${slotTriesMax} alternatives in a row were full when requested` }
}

function wasConfirmedLongAgo(earlier: readonly EarlierBooking[], now: Temporal.Instant): boolean {
  const trustedSince = now.subtract({ hours: keyHours })
  return earlier.some((booking) => booking.confirmed && Temporal.Instant.compare(booking.createdAt, trustedSince) < 0)
}
