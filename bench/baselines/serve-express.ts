import type { AddressInfo } from 'node:net'
import { problemOf } from '@holdfast/server/edge/error-handler'
import { validatorCompiler } from '@holdfast/server/edge/validator'
import express from 'express'
import { bodySchema, bookingBody, bookRequestOf, refusalBody } from './contract.ts'
import type { Resources, Strategy } from './strategy.ts'

/** Serves a design with Express 5. @returns its port, on 127.0.0.1 */
export async function serveExpress(book: Strategy, resources: () => Resources): Promise<number> {
  const validate = validatorCompiler()({
    schema: bodySchema,
    method: 'POST',
    url: '/api/v1/bookings',
    httpPart: 'body',
  })
  const app = express()
  app.disable('x-powered-by')
  app.set('etag', false)
  app.use(express.json())
  app.post('/api/v1/bookings', async (request, response) => {
    const checked = validate(request.body) as { error?: Error }
    if (checked.error !== undefined) throw checked.error
    const outcome = await book(resources(), bookRequestOf(request.body, request.headers['idempotency-key']))
    response.setHeader('cache-control', 'no-store')
    if (outcome.kind === 'booked') {
      response.status(201).json(bookingBody(outcome.booking))
      return
    }
    const refusal = refusalBody(outcome.kind)
    response.status(refusal.status).type('application/problem+json').send(JSON.stringify(refusal))
  })
  const onError: express.ErrorRequestHandler = (error, _request, response, _next) => {
    const { status, headers, body } = problemOf(error).render('')
    response.status(status).set(headers).send(body)
  }
  app.use(onError)
  return new Promise((resolve, reject) => {
    const server = app.listen(0, '127.0.0.1', (error?: Error) => {
      if (error) reject(error)
      else resolve((server.address() as AddressInfo).port)
    })
  })
}
