import { restOperations } from '@holdfast/contract'
import { type ClaimedBooking, type ClaimRequest, clinicNoOf, newId } from '@holdfast/engine'
import type pg from 'pg'
import { runClaimBatch } from '../../packages/engine/src/bookings/claim-batch.ts'
import { createManageTokens } from '../../packages/server/src/edge/manage-tokens.ts'
import { problem } from '../../packages/server/src/edge/problem-error.ts'
import { freshKey, idempotencyKeyOf, keyDigest, requestHash } from '../../packages/server/src/rest/idempotency.ts'
import type { ManageTokensPort } from '../../packages/server/src/rest/rest-deps.ts'
import { serve } from '../../packages/server/src/rest/route.ts'
import { fastifyApp } from './fastify-app.ts'

/**
 * The product's own function behind its own contract, but one claim a transaction: what is left of the difference is
 * the batch. Keys, events and manage tokens as in the product. @returns its port, on 127.0.0.1
 */
export async function serveSingleClaims(pool: () => pg.Pool): Promise<number> {
  const manageTokens = createManageTokens(['a-secret-of-the-benchmark-of-enough-length'])
  const app = await fastifyApp()
  app.decorateRequest('principal')
  app.addHook('onRequest', async (request) => {
    request.principal = { kind: 'anonymous' }
  })
  serve(app, restOperations.createBooking, async ({ body, principal, request }) => {
    const { slotId, units = 1, patient, appointmentType = null, reason = null, confirm = false } = body
    const asked = { slotId, units, patient, appointmentType, reason, confirm }
    const key = idempotencyKeyOf(request)
    const outcome = await claimAlone(pool(), {
      ...asked,
      bookingId: newId(clinicNoOf(slotId)),
      accountId: null,
      key: key === null ? freshKey() : keyDigest(principal, 'createBooking', key),
      requestHash: requestHash(asked),
    })
    if (outcome.kind === 'slot_full') throw problem('slot_full', 'The slot does not have this many units free.')
    if (outcome.kind !== 'booked' && outcome.kind !== 'replayed') throw problem('slot_not_found', outcome.kind)
    const status = outcome.kind === 'booked' ? (201 as const) : (200 as const)
    return { status, body: bodyOf(outcome.booking, manageTokens), position: outcome.position }
  })
  return Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port)
}

async function claimAlone(pool: pg.Pool, request: ClaimRequest) {
  for (;;) {
    const [answer] = await runClaimBatch(pool, [request])
    if (answer?.kind === 'answered') return answer.outcome
  }
}

function bodyOf(booking: ClaimedBooking, manageTokens: ManageTokensPort) {
  return {
    ...booking,
    startsAt: booking.startsAt.toISOString(),
    endsAt: booking.endsAt.toISOString(),
    holdExpiresAt: booking.holdExpiresAt?.toISOString() ?? null,
    createdAt: booking.createdAt.toISOString(),
    manageToken: manageTokens.issue(booking.id),
  }
}
