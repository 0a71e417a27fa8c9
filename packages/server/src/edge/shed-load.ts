import { randomUUID } from 'node:crypto'
import type { IncomingMessage, RequestListener } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { problem } from './problem-error.ts'

export type Shedding = {
  /** Method and path, without a query, of what is refused. */
  method: string
  path: string
  isOverloaded: () => boolean
  /** Origins whose pages may read answers: they are refused on the way that tells their browsers so. */
  corsOrigins: readonly string[]
  /** Sent with every answer of the API. */
  headers: Record<string, string>
  /** Told of each request that was refused. */
  onShed: () => void
}

const refusal = problem('overloaded', 'Too many requests are waiting. This one was not tried.', {
  retryAfterSeconds: 1,
})

/**
 * Refuses a request that cannot be served now before anything else looks at it: no hook, no credential, no body. At four
 * times what can be served, three of four requests are refused, and what that costs is missing where the fourth is served.
 *
 * What comes by a longer way (a page of an allowed origin, a query behind the path) is refused by a hook. Register it after
 * CORS and before the limits: who was refused here has not booked, and must not be counted as if.
 */
export function shedLoad(app: FastifyInstance, shedding: Shedding): void {
  app.addHook('onRequest', (request, _reply, done) => {
    const isMeant = request.method === shedding.method && request.routeOptions.url === shedding.path
    done(isMeant && shedding.isOverloaded() ? refusal : undefined)
  })
  app.addHook('onReady', (done) => {
    shedAtOnce(app, shedding)
    done()
  })
}

function shedAtOnce({ server }: FastifyInstance, shedding: Shedding): void {
  const listeners = server.listeners('request') as RequestListener[]
  const fixed = Object.entries(shedding.headers).flat()
  server.removeAllListeners('request')
  server.on('request', (request, response) => {
    if (!isShed(request, shedding)) {
      for (const listener of listeners) listener.call(server, request, response)
      return
    }
    const { status, headers, body } = refusal.render(randomUUID())
    const own = Object.entries({ ...headers, 'content-length': String(Buffer.byteLength(body)) }).flat()
    response.writeHead(status, [...fixed, ...own]).end(body)
    shedding.onShed()
  })
}

function isShed({ method, url, headers }: IncomingMessage, shedding: Shedding): boolean {
  if (method !== shedding.method || url !== shedding.path || !shedding.isOverloaded()) return false
  return headers.origin === undefined || !shedding.corsOrigins.includes(headers.origin)
}
