import { Server } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Config } from '../../config/config.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Accepts no more connections, and serves what arrives on open ones until a proxy has noticed: when no request has
     * arrived for a second, at the latest after `msMax`. Without a proxy it does not wait.
     */
    stopAccepting(msMax: number): Promise<void>
  }
}

const quietMs = 1_000
const checkMs = 25

type DrainingDeps = { isStopping: () => boolean; config: Pick<Config, 'trustedProxies'> }

/**
 * While the server stops, requests that arrive on open connections are served, and their connections closed. None is
 * refused: a proxy such as nginx would pass the refusal on, but it sends a request for which it cannot connect to the
 * next server. Having failed to connect, it leaves this server out, and then idle connections can be closed without
 * meeting a request on its way.
 */
export const draining = fp(async (app: FastifyInstance, { isStopping, config }: DrainingDeps) => {
  let requestedAtMs = 0
  app.addHook('onRequest', (_request, _reply, done) => {
    if (isStopping()) requestedAtMs = performance.now()
    done()
  })
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (isStopping()) void reply.header('connection', 'close')
    done(null, payload)
  })
  app.decorate('stopAccepting', async (msMax: number) => {
    // That of HTTP would close the idle connections, too.
    Server.prototype.close.call(app.server)
    if (config.trustedProxies === 0) return
    const stoppedAtMs = performance.now()
    const isQuiet = () => performance.now() - Math.max(requestedAtMs, stoppedAtMs) >= quietMs
    while (!isQuiet() && performance.now() - stoppedAtMs < msMax) await delay(checkMs)
  })
})
