import type { IncomingMessage } from 'node:http'
import websocket from '@fastify/websocket'
import { liveDoctorIdsMax } from '@holdfast/contract'
import { parsePositions, positionsPattern } from '@holdfast/contract/position'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { invalidRequest, preview } from '../edge/bodies/validator.ts'
import { type ConnectionSlots, takeSlot } from '../edge/connections/connection-slots.ts'
import { problem } from '../edge/errors/problem-error.ts'
import { serveEvents } from './live-events.ts'
import type { LivePlaces } from './live-places.ts'
import { serveSocket } from './live-socket.ts'

const socketPath = '/api/v1/live'
const eventsPath = '/api/v1/live/events'

/** For the HTTP server's `shouldUpgradeCallback`: any other upgrade request is handled as a normal request. */
export function isLiveUpgrade(request: IncomingMessage): boolean {
  return request.headers.upgrade?.toLowerCase() === 'websocket' && request.url?.split('?', 1)[0] === socketPath
}

/**
 * WebSockets for the whole server. Register it before all other hooks, so that it can close the socket of an upgrade
 * request that another hook refuses.
 */
export const liveSockets = fp(async (app: FastifyInstance, { hub }: { hub: LivePlaces }) => {
  await app.register(websocket, {
    options: { maxPayload: hub.settings.messageBytesMax, perMessageDeflate: false, clientTracking: false },
    // For protocol errors the library closes the connection with a code (1009: too large, 1002 …).
    errorHandler(error, socket, request) {
      request.log.debug({ requestId: request.id, err: error }, 'a live connection failed')
      if (!('code' in error && String(error.code).startsWith('WS_ERR_'))) socket.terminate()
    },
    preClose: (done) => void hub.stop().then(() => done()),
  })
})

export type LiveRoutesSettings = {
  hub: LivePlaces
  /** Origins whose pages may connect, in addition to this site's. */
  origins: readonly string[]
  slots: ConnectionSlots
}

const eventsQuery = {
  type: 'object',
  properties: {
    doctorIds: { type: 'string', minLength: 1, maxLength: liveDoctorIdsMax * 37 },
    after: { type: 'string', pattern: positionsPattern, 'x-expected': 'a position' },
  },
  required: ['doctorIds'],
  additionalProperties: false,
}

/** `/api/v1/live` and `/api/v1/live/events`. Needs {@link liveSockets} and the rate limits. */
export async function liveRoutes(app: FastifyInstance, { hub, origins, slots }: LiveRoutesSettings): Promise<void> {
  // The data is public, so credentials are not read. Connecting counts as an anonymous read.
  const config = { authentication: 'none' as const }

  app.addHook('onRequest', async (request, reply) => {
    if (hub.isStopping) throw problem('unavailable', 'This server is stopping.', { retryAfterSeconds: 1 })
    refuseForeignOrigin(request, origins)
    await app.rateLimits.countRequest(request, reply)
  })

  app.route({
    method: 'GET',
    url: socketPath,
    exposeHeadRoute: false,
    config,
    onRequest: async (request) => {
      if (!request.ws) throw problem('invalid_request', 'This path requires WebSocket: connect with ws:// or wss://.')
      // Before the upgrade, while a refusal can still be an HTTP response.
      request.raw.socket.once('close', takeSlot(slots, request))
    },
    handler: async () => undefined,
    wsHandler: (socket) => serveSocket(hub, socket),
  })

  app.route<{ Querystring: { doctorIds: string; after?: string } }>({
    method: 'GET',
    url: eventsPath,
    exposeHeadRoute: false,
    config,
    schema: { querystring: eventsQuery },
    handler: async (request, reply) => {
      const doctorIds = doctorIdsOf(request.query.doctorIds)
      // The client has left while it was admitted, and nothing would report it again.
      if (reply.raw.destroyed) return reply
      // The newer of the two: an EventSource sends the header when it reconnects to the same URL.
      const after =
        parsePositions(String(request.headers['last-event-id'])) ?? parsePositions(request.query.after ?? '')
      reply.raw.once('close', takeSlot(slots, request))
      await serveEvents(hub, reply, doctorIds, after)
      return reply
    },
  })
}

/** Browsers allow a WebSocket from any page, so its origin is checked here. Programs send no Origin header. */
function refuseForeignOrigin(request: FastifyRequest, origins: readonly string[]): void {
  const { origin } = request.headers
  if (origin === undefined || origins.includes(origin) || URL.parse(origin)?.host === request.host) return
  throw problem('forbidden', 'Pages of this origin may not connect here.')
}

function doctorIdsOf(text: string): string[] {
  const doctorIds = text.split(',')
  const wrong = doctorIds.find((one) => !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(one))
  if (wrong === undefined) return doctorIds
  throw invalidRequest([
    { path: '/query/doctorIds', message: `must be ids (lower-case UUIDs) with commas between, not ${preview(wrong)}` },
  ])
}
