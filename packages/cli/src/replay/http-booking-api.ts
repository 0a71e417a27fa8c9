import type { HoldfastClient } from '@holdfast/contract/client'
import { callTimeout, httpOutcome } from '../target/http-outcome.ts'
import type { BookingApi } from './booking-api.ts'

/**
 * Books and confirms over HTTP as a guest: without an account, confirming with the booking's manage token. `onLatency`
 * receives how many milliseconds each booking request took.
 */
export function createHttpBookingApi(guest: HoldfastClient, onLatency: (milliseconds: number) => void): BookingApi {
  return {
    async book({ slotId, key, patientName, reason }) {
      const startedAt = performance.now()
      const outcome = await httpOutcome(
        guest.createBooking({
          body: { slotId, patient: { name: patientName }, reason },
          headers: { 'Idempotency-Key': key },
          ...callTimeout(),
        }),
      )
      if (outcome.kind === 'ok') {
        onLatency(performance.now() - startedAt)
        const { id, manageToken } = outcome.data
        if (manageToken === null) throw new Error('The server issued no manage token for a booking of a guest.')
        return { kind: outcome.status === 201 ? 'booked' : 'replayed', bookingId: id, manageToken }
      }
      if (outcome.kind !== 'problem') return outcome
      onLatency(performance.now() - startedAt)
      if (outcome.code === 'slot_full') return { kind: 'slot_full', alternatives: outcome.alternatives ?? [] }
      if (outcome.code === 'idempotency_key_reused') return { kind: 'key_reused' }
      return { kind: 'refused', why: outcome.detail }
    },

    async confirm({ bookingId, manageToken }) {
      const outcome = await httpOutcome(
        guest.confirmBooking({
          path: { bookingId },
          auth: (scheme) => (scheme.type === 'http' ? manageToken : undefined),
          ...callTimeout(),
        }),
      )
      if (outcome.kind === 'ok') return { kind: 'confirmed' }
      if (outcome.kind !== 'problem') return outcome
      return outcome.code === 'hold_expired' ? { kind: 'hold_expired' } : { kind: 'refused', why: outcome.detail }
    },
  }
}
