import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createCalendarReads, EventTail } from '@holdfast/engine'
import { createTestDatabase, type TestDatabase } from '@holdfast/testkit'
import Fastify, { type FastifyInstance } from 'fastify'
import { Calendar } from '../src/calendar/calendar.ts'
import { validatorCompiler } from '../src/edge/bodies/validator.ts'
import { ConnectionSlots } from '../src/edge/connections/connection-slots.ts'
import { errorHandler } from '../src/edge/errors/error-handler.ts'
import { rateLimits } from '../src/edge/rate-limits/rate-limits.ts'
import { LiveHub } from '../src/live/live-hub.ts'
import { isLiveUpgrade, liveRoutes, liveSockets } from '../src/live/live-routes.ts'
import { type LiveSettings, liveDefaults } from '../src/live/live-settings.ts'
import { createLogger } from '../src/observe/logger.ts'
import { createManageTokens } from '../src/secrets/manage-tokens.ts'

/** Only the live routes, on a real port, tail and database, with limits set by the test. */
export type LiveApp = {
  url: string
  hub: LiveHub
  database: TestDatabase
  slots: ConnectionSlots
  /** Requests wait to be counted. @returns their sockets, as they arrive, and what lets them go on */
  hold(): { arrived: Promise<Socket>; admit: () => void }
  stop(): Promise<void>
}

/**
 * `readMs`: of the calendar. `isOnUnixSocket`: the system then buffers 200 KB of what a client does not read, and 6 MB
 * on TCP.
 */
type LiveAppSettings = Partial<LiveSettings> & { readMs?: number; isOnUnixSocket?: boolean }

export async function liveApp(
  { readMs = 10, isOnUnixSocket = false, ...settings }: LiveAppSettings = {},
  origins: string[] = [],
): Promise<LiveApp> {
  const database = await createTestDatabase()
  const tail = await EventTail.start({ pool: database.appPool, listenUrl: database.sessionUrl })
  const log = createLogger('silent')
  const reads = createCalendarReads(database.appPool)
  const calendar = new Calendar({ tail, reads, bytesMax: 16_000_000, readMs, log })
  const hub = new LiveHub({
    calendar,
    tail,
    settings: { ...liveDefaults, connectionsPerAddressMax: null, ...settings },
    log,
  })
  const app = Fastify({
    http: { shouldUpgradeCallback: isLiveUpgrade },
    forceCloseConnections: 'idle',
    trustProxy: true,
  })
  await app.register(liveSockets, { hub })
  app.setErrorHandler(errorHandler)
  app.setValidatorCompiler(validatorCompiler())
  await app.register(rateLimits, {
    rateLimit: false,
    manageTokens: createManageTokens(['a secret of the test'.repeat(2)]),
    limitReadsPerMinute: 1,
    limitAnonymousWritesPerMinute: 1,
    limitAccountPerMinute: 1,
    limitSignInsPerIp: 1,
    limitBookingsPerAccount: 1,
    limitBookingsPerAddress: 1,
    limitBookingsPerEmail: 1,
  })
  let held: { arrived: PromiseWithResolvers<Socket>; admitted: Promise<void> } | null = null
  app.rateLimits.countRequest = async (request) => {
    const waiting = held
    held = null
    waiting?.arrived.resolve(request.raw.socket)
    await waiting?.admitted
  }
  const slots = new ConnectionSlots(hub.settings.connectionsMax, hub.settings.connectionsPerAddressMax)
  await app.register(liveRoutes, { hub, origins, slots })
  const url = isOnUnixSocket ? await listenOnUnixSocket(app) : await app.listen({ host: '127.0.0.1', port: 0 })
  return {
    url,
    hub,
    database,
    slots,
    hold() {
      const [arrived, admitted] = [Promise.withResolvers<Socket>(), Promise.withResolvers<void>()]
      held = { arrived, admitted: admitted.promise }
      return { arrived: arrived.promise, admit: admitted.resolve }
    },
    async stop() {
      await app.close()
      calendar.stop()
      await tail.stop()
      await database.drop()
    },
  }
}

/** Returns the server's URL, as `ws` understands it when the path of a request is appended. */
async function listenOnUnixSocket(app: FastifyInstance): Promise<string> {
  const path = join(tmpdir(), `holdfast-${randomUUID()}.sock`)
  // Limits are counted by address, and such a connection has none.
  app.server.on('connection', (socket) => Object.defineProperty(socket, 'remoteAddress', { value: '127.0.0.1' }))
  await app.listen({ path })
  return `http+unix://${path}:`
}
