import { type ClaimOutcome, type ClaimRequest, createEngine, createPool } from '@holdfast/engine'
import type pg from 'pg'
import { runClaimBatch } from '../../packages/engine/src/bookings/claim-batch.ts'
import { createManageTokens } from '../../packages/server/src/edge/manage-tokens.ts'
import { serveBookings } from '../../packages/server/src/rest/bookings.ts'
import { fastifyApp } from './fastify-app.ts'

/**
 * The product's own function and its own route, but one claim a transaction: what is left of the difference is the batch.
 * Keys, events and manage tokens as in the product. @returns its port, on 127.0.0.1
 */
export async function serveSingleClaims(databaseUrl: string, pool: () => pg.Pool): Promise<number> {
  const readPool = createPool({ url: databaseUrl, max: 5, name: 'bench reads' })
  const engine = createEngine({ writePool: readPool, readPool })
  const app = await fastifyApp()
  app.decorateRequest('principal')
  app.decorate('limitBooking', async () => undefined)
  app.addHook('onRequest', async (request) => {
    request.principal = { kind: 'anonymous' }
  })
  serveBookings(app, {
    engine: { ...engine, claim: (request) => claimAlone(pool(), request) },
    accounts: { byEmail: async () => null, byIds: async () => new Map() },
    manageTokens: createManageTokens(['a-secret-of-the-benchmark-of-enough-length']),
    holdSecondsDefault: 900,
    now: () => new Date(),
  })
  return Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port)
}

async function claimAlone(pool: pg.Pool, request: ClaimRequest): Promise<ClaimOutcome> {
  for (;;) {
    const [answer] = await runClaimBatch(pool, [request])
    if (answer?.kind === 'answered') return answer.outcome
  }
}
