import type { HoldfastClient } from '@holdfast/contract/client'
import type { BookingApi } from './booking-api.ts'
import { callTimeout, httpAnswer } from './http-answer.ts'

/**
 * Books and confirms over HTTP as a guest: without an account, confirming with the booking's manage token. `onLatency`
 * receives how many milliseconds each booking request took.
 */
export function createHttpBookingApi(guest: HoldfastClient, onLatency: (milliseconds: number) => void): BookingApi {
  return {
    async book({ slotId, key, patientName, reason }) {
      const startedAt = performance.now()
      const answer = await httpAnswer(
        guest.createBooking({
          body: { slotId, patient: { name: patientName }, reason },
          headers: { 'Idempotency-Key': key },
          ...callTimeout(),
        }),
      )
      if (answer.kind === 'ok') {
        onLatency(performance.now() - startedAt)
        const { id, manageToken } = answer.data
        return { kind: answer.status === 201 ? 'booked' : 'replayed', bookingId: id, manageToken }
      }
      if (answer.kind !== 'problem') return answer
      onLatency(performance.now() - startedAt)
      if (answer.code === 'slot_full') return { kind: 'slot_full', alternatives: answer.alternatives ?? [] }
      if (answer.code === 'idempotency_key_reused') return { kind: 'key_reused' }
      return { kind: 'refused', why: answer.detail }
    },

    async confirm({ bookingId, manageToken }) {
      const answer = await httpAnswer(
        guest.confirmBooking({
          path: { bookingId },
          auth: (scheme) => (scheme.type === 'http' ? manageToken : undefined),
          ...callTimeout(),
        }),
      )
      if (answer.kind === 'ok') return { kind: 'confirmed' }
      if (answer.kind !== 'problem') return answer
      return answer.code === 'hold_expired' ? { kind: 'hold_expired' } : { kind: 'refused', why: answer.detail }
    },
  }
}
