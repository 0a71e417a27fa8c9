import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../../config/config.ts'
import { clientAddress } from './client-address.ts'
import { type ConnectionRefusal, ConnectionSlots } from './connection-slots.ts'
import { trustedPeers } from './trusted-peers.ts'

const reportMs = 60_000

const limitOf = {
  full: 'HOLDFAST_CONNECTIONS_MAX',
  full_for_address: 'HOLDFAST_CONNECTIONS_PER_ADDRESS_MAX',
} as const satisfies Record<ConnectionRefusal, string>

type Settings = Pick<Config, 'connectionsMax' | 'connectionsPerAddressMax' | 'rateLimit' | 'trustedProxies'>

/**
 * Closes connections over the limits when they are accepted. Live connections have separate limits, so that neither
 * kind can use up what is reserved for the other. The connections of trusted proxies are limited in total only: they
 * carry the requests of many clients.
 *
 * @param live counts the live connections, each of which began as a plain one
 */
export function limitPlainConnections(app: FastifyInstance, settings: Settings, live: ConnectionSlots): void {
  const open = new ConnectionSlots(
    settings.connectionsMax,
    settings.rateLimit ? settings.connectionsPerAddressMax : null,
  )
  const isProxy = trustedPeers(settings.trustedProxies)
  const report = reporter(app)
  app.server.on('connection', (socket: Socket) => {
    const peer = socket.remoteAddress ?? ''
    const slot = open.take(isProxy(peer) ? null : clientAddress({ ip: peer }), live)
    if (typeof slot === 'function') socket.once('close', slot)
    else {
      socket.destroy()
      report(slot)
    }
  })
}

/** Logs at most once a minute, with the limit that was reached most recently. */
function reporter({ log }: FastifyInstance): (refusal: ConnectionRefusal) => void {
  let refused = 0
  let reportedAt = Number.NEGATIVE_INFINITY
  return (refusal) => {
    refused += 1
    if (performance.now() < reportedAt + reportMs) return
    log.warn({ limit: limitOf[refusal], refused }, 'connections were closed at once')
    reportedAt = performance.now()
    refused = 0
  }
}
