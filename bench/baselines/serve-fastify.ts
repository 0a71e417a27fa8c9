import type { NewBookingBody } from '@holdfast/contract'
import { bodySchema, bookingBody, bookRequestOf, refusalBody, responseSchema } from './contract.ts'
import { fastifyApp } from './fastify-app.ts'
import type { Resources, Strategy } from './strategy.ts'

/** Serves a design with the product's Fastify and contract. @returns its port, on 127.0.0.1 */
export async function serveFastify(book: Strategy, resources: () => Resources): Promise<number> {
  const app = await fastifyApp()
  app.post<{ Body: NewBookingBody }>(
    '/api/v1/bookings',
    { schema: { body: bodySchema, response: { 201: responseSchema } } },
    async (request, reply) => {
      const outcome = await book(resources(), bookRequestOf(request.body, request.headers['idempotency-key']))
      void reply.header('cache-control', 'no-store')
      if (outcome.kind === 'booked') return reply.code(201).send(bookingBody(outcome.booking))
      const refusal = refusalBody(outcome.kind)
      return reply.code(refusal.status).type('application/problem+json').send(JSON.stringify(refusal))
    },
  )
  return Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port)
}
