import type { BookAnswer, BookingApi, OfferedSlot } from './booking-api.ts'
import { patiently, type Stop } from './patience.ts'

/** A row of the file, with its place in the plan made real: ids of slots on the server. */
export type RowToBook = {
  appointmentId: string
  patientId: string
  unit: string
  date: string
  /** The slot it asks for first. */
  slotId: string
}

/** A booking of this appointment that the server already had before this row was sent. */
export type EarlierBooking = { slotId: string; settled: boolean; createdAt: Temporal.Instant }

type Failed = { kind: 'failed'; why: string }

export type RowOutcome =
  /** `why` tells why it is not confirmed. */
  | { kind: 'booked' | 'replayed'; confirmed: boolean; why: string | null }
  | { kind: 'refused_full' }
  | Failed
  /** This row was not decided. */
  | Stop

export type BookAppointmentDeps = {
  api: BookingApi
  /** Bookings of the appointment from an earlier run, oldest first. */
  earlier: readonly EarlierBooking[]
  /** Asks the server again for them, when a key turns out to be used. */
  findEarlier(row: RowToBook): Promise<readonly EarlierBooking[]>
  isOnDay(row: RowToBook, slot: OfferedSlot): boolean
  now(): Temporal.Instant
  sleep(seconds: number): Promise<void>
}

/** Each pass may end in a hold that lapsed before its confirmation came through; then the row books again. */
const roundsMax = 3
/** A day has 40 slots; the rest is for answers that others overtook. */
const slotTriesMax = 200
/** Servers keep keys for 24 hours; from 23 on they are not relied upon. */
const keyHours = 23

export function idempotencyKeyOf(appointmentId: string, round: number): string {
  return round === 1 ? `holdfast-replay-${appointmentId}` : `holdfast-replay-${appointmentId}/${round}`
}

/** Seen by staff with the booking; {@link appointmentIdOf} reads it back. */
function reasonOf(appointmentId: string): string {
  return `Appointment ${appointmentId}`
}

/** The inverse of {@link reasonOf}; null for any other reason. */
export function appointmentIdOf(reason: string | null | undefined): string | null {
  return reason?.startsWith('Appointment ') ? reason.slice('Appointment '.length) : null
}

/**
 * Books one row and confirms it. The key comes from the appointment alone, whichever slot is asked for, so that the
 * server itself keeps an appointment from being booked twice: a slot that was full stored nothing, and the next one is
 * asked for with the same key. Each 409 names alternatives; those of the row's day are tried, always from the freshest
 * answer, until an answer offers none: places are only ever taken during a replay, so that the day is then full.
 */
export async function bookAppointment(row: RowToBook, deps: BookAppointmentDeps): Promise<RowOutcome> {
  let earlier = deps.earlier
  if (isSettledLongAgo(earlier, deps.now())) return { kind: 'replayed', confirmed: true, why: null }
  for (let round = 1; round <= roundsMax; round++) {
    const key = idempotencyKeyOf(row.appointmentId, round)
    let booked = await bookSomewhere(row, key, earlier[round - 1]?.slotId ?? null, deps)
    if (booked.kind === 'key_reused') {
      earlier = await deps.findEarlier(row)
      const slotId = earlier[round - 1]?.slotId
      if (slotId !== undefined) booked = await bookSomewhere(row, key, slotId, deps)
    }
    if (booked.kind === 'key_reused') {
      return { kind: 'failed', why: `its idempotency key ${key} was used for something else` }
    }
    if (booked.kind !== 'booked' && booked.kind !== 'replayed') return booked
    const { bookingId, manageToken } = booked
    const { answer } = await patiently(() => deps.api.confirm({ bookingId, manageToken }), deps.sleep)
    if (answer.kind === 'stopped') return answer
    if (answer.kind === 'confirmed') return { kind: booked.kind, confirmed: true, why: null }
    if (answer.kind !== 'hold_expired') {
      return { kind: booked.kind, confirmed: false, why: `it is booked, but not confirmed: ${answer.why}` }
    }
  }
  return { kind: 'failed', why: `its hold lapsed ${roundsMax} times before it was confirmed` }
}

type Booked =
  | Extract<BookAnswer, { kind: 'booked' } | { kind: 'replayed' }>
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
  const asked = new Set<string>()
  let slotId = earlierSlotId ?? row.slotId
  for (let tries = 1; tries <= slotTriesMax; tries++) {
    asked.add(slotId)
    const slotToAsk = slotId
    const { answer, outcomeWasUnknown } = await patiently(
      () => deps.api.book({ ...request, slotId: slotToAsk }),
      deps.sleep,
    )
    switch (answer.kind) {
      case 'replayed':
        // After a lost answer the replay tells of this run's own booking.
        return outcomeWasUnknown && earlierSlotId === null ? { ...answer, kind: 'booked' } : answer
      case 'slot_full': {
        const offered = answer.alternatives.filter((slot) => deps.isOnDay(row, slot))
        // One offered again although it was full a moment ago was read before it filled up; asking once more tells.
        const next = offered.find((slot) => !asked.has(slot.id)) ?? offered[0]
        if (next === undefined) return { kind: 'refused_full' }
        slotId = next.id
        break
      }
      case 'refused':
        return { kind: 'failed', why: answer.why }
      default:
        return answer
    }
  }
  return { kind: 'failed', why: `${slotTriesMax} slots in turn were full when asked for, though just offered` }
}

function isSettledLongAgo(earlier: readonly EarlierBooking[], now: Temporal.Instant): boolean {
  const relied = now.subtract({ hours: keyHours })
  return earlier.some((booking) => booking.settled && Temporal.Instant.compare(booking.createdAt, relied) < 0)
}
