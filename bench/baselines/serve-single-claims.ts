import { type NewBookingBody, restOperations } from '@holdfast/contract'
import { type ClaimedBooking, type ClaimRequest, clinicNoOf, newId } from '@holdfast/engine'
import { runClaimBatch } from '@holdfast/engine/claim-batch'
import { problem } from '@holdfast/server/edge/problem-error'
import { idempotencyKeyOf, requestHash, scopeOf } from '@holdfast/server/idempotency'
import { createManageTokens, type ManageTokens } from '@holdfast/server/manage-tokens'
import { freshKey, keyDigest } from '@holdfast/server/sent-key'
import type pg from 'pg'
import { bodySchema } from './contract.ts'
import { fastifyApp } from './fastify-app.ts'

const scope = scopeOf({ kind: 'anonymous' })
const bookingSchema = restOperations.createBooking.responses[201].schema

/**
 * Serves the product's claim function with its contract, but one claim per transaction: the remaining difference is the
 * batch. Keys, events and manage tokens as in the product. @returns its port, on 127.0.0.1
 */
export async function serveSingleClaims(pool: () => pg.Pool): Promise<number> {
  const manageTokens = createManageTokens(['a-secret-of-the-benchmark-of-enough-length'])
  const app = await fastifyApp()
  const schema = { body: bodySchema, response: { 201: bookingSchema, 200: bookingSchema } }
  app.post<{ Body: NewBookingBody }>('/api/v1/bookings', { schema }, async (request, reply) => {
    const {
      slotId = '',
      units = 1,
      patient = { name: '' },
      appointmentType = null,
      reason = null,
      confirm = false,
    } = request.body
    const claim = { slotId, units, patient, appointmentType, reason, confirm }
    const key = idempotencyKeyOf(request)
    const outcome = await claimAlone(pool(), {
      ...claim,
      bookingId: newId(clinicNoOf(slotId)),
      accountId: null,
      actorId: null,
      key: key === null ? freshKey() : keyDigest({ key, scope }, 'createBooking'),
      requestHash: requestHash(claim),
    })
    if (outcome.kind === 'slot_full') throw problem('slot_full', 'The slot does not have this many units free.')
    if (outcome.kind !== 'booked' && outcome.kind !== 'replayed') throw problem('slot_not_found', outcome.kind)
    void reply.header('cache-control', 'no-store').header('holdfast-position', outcome.position)
    return reply.code(outcome.kind === 'booked' ? 201 : 200).send(bodyOf(outcome.booking, manageTokens))
  })
  return Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port)
}

async function claimAlone(pool: pg.Pool, request: ClaimRequest) {
  for (;;) {
    const [result] = await runClaimBatch(pool, [request])
    if (result?.kind === 'completed') return result.outcome
  }
}

function bodyOf(booking: ClaimedBooking, manageTokens: ManageTokens) {
  return {
    ...booking,
    startsAt: booking.startsAt.toISOString(),
    endsAt: booking.endsAt.toISOString(),
    holdExpiresAt: booking.holdExpiresAt?.toISOString() ?? null,
    createdAt: booking.createdAt.toISOString(),
    manageToken: manageTokens.issue(booking.id, { accountId: null, epoch: 0 }),
  }
}
