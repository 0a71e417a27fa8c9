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
import type { LivePlaces } from '../src/live/live-places.ts'
import { isLiveUpgrade, liveRoutes, liveSockets } from '../src/live/live-routes.ts'
import { type LiveSettings, liveDefaults } from '../src/live/live-settings.ts'
import { PlacedHub } from '../src/live/placed-hub.ts'
import { createLogger } from '../src/observe/logger.ts'
import { createManageTokens } from '../src/secrets/manage-tokens.ts'
import { numberEpochsAsShard } from './number-epochs-as-shard.ts'

/** A database with its tail, calendar and hub. */
export type LivePlace = {
  database: TestDatabase
  tail: EventTail
  calendar: Calendar
  hub: LiveHub
  /** The database cannot be read for live updates from now on, or can be read again. */
  setAway(isAway: boolean): void
  stop(): Promise<void>
}

/** Only the live routes, on a real port, with limits set by the test. */
type ServedLive = {
  url: string
  slots: ConnectionSlots
  /** Requests wait to be counted. @returns their sockets, as they arrive, and what lets them go on */
  hold(): { arrived: Promise<Socket>; admit: () => void }
  stop(): Promise<void>
}

/** With one tail and database. */
export type LiveApp = ServedLive & { hub: LiveHub; database: TestDatabase }

/**
 * `readMs`: of the calendar. `isOnUnixSocket`: the system then buffers 200 KB of what a client does not read, and 6 MB
 * on TCP.
 */
type LiveAppSettings = Partial<LiveSettings> & { readMs?: number; isOnUnixSocket?: boolean }

export async function liveApp(
  { isOnUnixSocket = false, ...settings }: LiveAppSettings = {},
  origins: string[] = [],
): Promise<LiveApp> {
  const place = await livePlace(await createTestDatabase(), settings)
  const { hub, database } = place
  const served = await serveLive(hub, origins, isOnUnixSocket)
  return {
    ...served,
    hub,
    database,
    async stop() {
      await served.stop()
      await place.stop()
    },
  }
}

/** Of the first clinic in the database of the place. Each place has other clinics. */
const firstClinicNo = (index: number) => 1 + index * 1_000_000

/** Several places, as the shards of a distributed database. */
export type PlacedLiveApp = ServedLive & { hub: PlacedHub; places: [LivePlace, LivePlace] }

export async function placedLiveApp(settings: Partial<LiveSettings> = {}): Promise<PlacedLiveApp> {
  const places: [LivePlace, LivePlace] = [await aShard(0, settings), await aShard(1, settings)]
  const hub = new PlacedHub({
    hubs: () => places.map((place) => place.hub),
    hubOf: (clinicNo) => places[clinicNo < firstClinicNo(1) ? 0 : 1].hub,
    settings: places[0].hub.settings,
  })
  const served = await serveLive(hub, [], false)
  return {
    ...served,
    hub,
    places,
    async stop() {
      await served.stop()
      for (const place of places) await place.stop()
    },
  }
}

/** A plain database that numbers its clinics and epochs as if it were a shard of a distributed one. */
async function aShard(index: number, settings: Partial<LiveSettings>): Promise<LivePlace> {
  const database = await createTestDatabase()
  await database.ownerPool.query(`alter sequence holdfast.clinic_no_seq restart with ${firstClinicNo(index)}`)
  await numberEpochsAsShard(database, 102_008 + index)
  return livePlace(database, settings)
}

async function livePlace(
  database: TestDatabase,
  { readMs = 10, ...settings }: Omit<LiveAppSettings, 'isOnUnixSocket'>,
): Promise<LivePlace> {
  const tail = await EventTail.start({ pool: database.appPool, listenUrl: database.sessionUrl })
  const log = createLogger('silent')
  const reads = createCalendarReads(database.appPool)
  let isAway = false
  const doctors: typeof reads.doctors = async (...of) => {
    if (isAway) throw new Error('The database is away.')
    return reads.doctors(...of)
  }
  const calendar = new Calendar({ tail, reads: { ...reads, doctors }, bytesMax: 16_000_000, readMs, log })
  const hub = new LiveHub({
    calendar,
    tail,
    settings: { ...liveDefaults, connectionsPerAddressMax: null, ...settings },
    log,
  })
  return {
    database,
    tail,
    calendar,
    hub,
    setAway(now) {
      isAway = now
    },
    async stop() {
      calendar.stop()
      await tail.stop()
      await database.drop()
    },
  }
}

async function serveLive(hub: LivePlaces, origins: string[], isOnUnixSocket: boolean): Promise<ServedLive> {
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
    slots,
    hold() {
      const [arrived, admitted] = [Promise.withResolvers<Socket>(), Promise.withResolvers<void>()]
      held = { arrived, admitted: admitted.promise }
      return { arrived: arrived.promise, admit: admitted.resolve }
    },
    stop: () => app.close(),
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
