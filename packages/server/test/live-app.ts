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
import { ShardedHub } from '../src/live/sharded-hub.ts'
import { createLogger } from '../src/observe/logger.ts'
import { createManageTokens } from '../src/secrets/manage-tokens.ts'
import { numberEpochsAsShard } from './number-epochs-as-shard.ts'

/** A database with its tail, calendar and hub. */
export type LiveShard = {
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

/** An app with one tail and database. */
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
  const shard = await liveShard(await createTestDatabase(), settings)
  const { hub, database } = shard
  const served = await serveLive(hub, origins, isOnUnixSocket)
  return {
    ...served,
    hub,
    database,
    async stop() {
      await served.stop()
      await shard.stop()
    },
  }
}

/** The number of the first clinic in the database of the shard. Each shard has other clinics. */
const firstClinicNo = (index: number) => 1 + index * 1_000_000

/** Several shards, as the shards of a distributed database. */
export type ShardedLiveApp = ServedLive & { hub: ShardedHub; shards: [LiveShard, LiveShard] }

export async function shardedLiveApp(settings: Partial<LiveSettings> = {}): Promise<ShardedLiveApp> {
  const shards: [LiveShard, LiveShard] = [await aShard(0, settings), await aShard(1, settings)]
  const hub = new ShardedHub({
    hubs: () => shards.map((shard) => shard.hub),
    hubOf: async (clinicNo) => shards[clinicNo < firstClinicNo(1) ? 0 : 1].hub,
    settings: shards[0].hub.settings,
  })
  const served = await serveLive(hub, [], false)
  return {
    ...served,
    hub,
    shards,
    async stop() {
      await served.stop()
      for (const shard of shards) await shard.stop()
    },
  }
}

/** A plain database that numbers its clinics and epochs as if it were a shard of a distributed one. */
async function aShard(index: number, settings: Partial<LiveSettings>): Promise<LiveShard> {
  const database = await createTestDatabase()
  await database.ownerPool.query(`alter sequence holdfast.clinic_no_seq restart with ${firstClinicNo(index)}`)
  await numberEpochsAsShard(database, 102_008 + index)
  return liveShard(database, settings)
}

async function liveShard(
  database: TestDatabase,
  { readMs = 10, ...settings }: Omit<LiveAppSettings, 'isOnUnixSocket'>,
): Promise<LiveShard> {
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
