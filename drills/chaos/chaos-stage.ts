import { changeDatabaseUrl, createPool, EventTail } from '@holdfast/engine'
import { type CalendarPicture, calendarPicture } from '@holdfast/server/test/calendar-picture'
import { settingsFor, signIn } from '@holdfast/server/test/running-server'
import { type ServerProcess, serverProcess } from '@holdfast/server/test/server-process'
import {
  aClinic,
  aDoctor,
  aSlot,
  type BuiltClinic,
  type BuiltDoctor,
  type BuiltSlot,
  createTestCluster,
  type DatabaseProxy,
  databaseProxy,
  plantFunction,
  portToKeep,
  type TestCluster,
} from '@holdfast/testkit'

/** Bugs that a run must find, as its negative controls. */
export const plants = {
  'a cancelled booking keeps its place': (cluster: TestCluster) =>
    plantFunction(cluster, 'settle_bookings', { part: 't.taken - f.units', becomes: 't.taken - 0 * f.units' }),
  'the log skips events': (cluster: TestCluster) =>
    plantFunction(cluster, 'read_log', {
      part: 'where (t.xid, t.seq) > (p_xid, p_seq) and',
      becomes: 'where (t.xid, t.seq) > (p_xid, p_seq) and t.seq % 7 <> 0 and',
    }),
} satisfies Record<string, (cluster: TestCluster) => Promise<void>>

export type Plant = keyof typeof plants

/** One of the two servers: a process with its own way to the database, and somebody who watches it. */
export type ChaosServer = {
  url: string
  proxy: DatabaseProxy
  process: ServerProcess
  picture: CalendarPicture
  /** Kills it, and starts it again at the same address. */
  replace(): Promise<void>
}

/** What the tail of a third process has reported, by epoch of the log. */
export type TailReport = { epochs: { bookingId: string; version: number }[][]; failures: number }

export type Stage = {
  /** The PostgreSQL server that is written to. */
  database: TestCluster
  standby: TestCluster
  servers: [ChaosServer, ChaosServer]
  tailProxy: DatabaseProxy
  tail: EventTail
  reported: TailReport
  bearer: string
  clinics: BuiltClinic[]
  doctors: BuiltDoctor[]
  slots: BuiltSlot[]
  end(): Promise<void>
}

const dayMs = 86_400_000
/** The days that are watched. */
export const days = {
  from: new Date(Date.now() - dayMs).toISOString().slice(0, 10),
  to: new Date(Date.now() + 20 * dayMs).toISOString().slice(0, 10),
}

/** A zone in which the day has just begun: slots of the next hours are today's, so their patients may arrive. */
function zoneOfEarlyMorning(): string {
  const hoursEast = ((13 - new Date().getUTCHours() + 24) % 24) - 12
  return `Etc/GMT${hoursEast > 0 ? '-' : '+'}${Math.abs(hoursEast)}`
}

/** Two doctors in each of two clinics, with slots of 1 to 20 places, from the next hour on. Holds last a second. */
async function aDirectory(database: TestCluster) {
  await database.ownerPool.query('alter table holdfast.clinic drop constraint clinic_hold_seconds_check')
  const settings = { timezone: zoneOfEarlyMorning(), settings: { holdSeconds: 1 } }
  const clinics = [await aClinic(database, settings), await aClinic(database, settings)]
  const doctors: BuiltDoctor[] = []
  const slots: BuiltSlot[] = []
  for (const clinic of [...clinics, ...clinics]) {
    const doctor = await aDoctor(database, clinic)
    doctors.push(doctor)
    let startsAt = new Date(Math.ceil(Date.now() / 900_000 + 4) * 900_000)
    for (const capacity of [1, 2, 3, 5, 20, 3, 2, 4]) {
      const slot = await aSlot(database, doctor, { capacity, startsAt })
      slots.push(slot)
      startsAt = slot.endsAt
    }
  }
  return { clinics, doctors, slots }
}

async function aServer(database: TestCluster, doctorIds: string[]): Promise<ChaosServer> {
  const proxy = await databaseProxy(database.ownerUrl)
  const app = new URL(database.appUrl)
  const appUrl = changeDatabaseUrl(proxy.url, { user: app.username, password: app.password })
  const env = { ...settingsFor({ ownerUrl: proxy.url, appUrl }), PORT: String(await portToKeep()) }
  const started = await serverProcess(env)
  const server: ChaosServer = {
    url: started.url,
    proxy,
    process: started,
    picture: await calendarPicture(started.url, doctorIds, days),
    async replace() {
      await server.process.end('SIGKILL')
      await server.picture.end()
      server.process = await serverProcess(env)
      server.picture = await calendarPicture(server.url, doctorIds, days)
    },
  }
  return server
}

/** A third process that follows the log, as an installation's other servers do. */
async function aTail(database: TestCluster) {
  const proxy = await databaseProxy(database.ownerUrl)
  const app = new URL(database.appUrl)
  const url = changeDatabaseUrl(proxy.url, { user: app.username, password: app.password })
  const pool = createPool({ url, max: 2, name: 'chaos tail', queryTimeoutMs: 2_000, statementTimeoutMs: 2_000 })
  const reported: TailReport = { epochs: [[]], failures: 0 }
  const tail = await EventTail.start({
    pool,
    listenUrl: null,
    idleMs: 50,
    onEpoch: () => reported.epochs.push([]),
    onRead: (result) => {
      reported.failures += result.kind === 'failed' ? 1 : 0
    },
  })
  tail.subscribe((entries) => {
    for (const entry of entries) {
      if (entry.kind === 'booking') reported.epochs.at(-1)?.push({ bookingId: entry.bookingId, version: entry.version })
    }
  })
  return { proxy, pool, tail, reported }
}

export async function setUpStage(plant: Plant | null): Promise<Stage> {
  const database = await createTestCluster()
  const { clinics, doctors, slots } = await aDirectory(database)
  if (plant !== null) await plants[plant](database)
  const standby = await database.standby()
  await database.ownerPool.query("alter system set wal_keep_size = '1GB'")
  await database.ownerPool.query('select pg_reload_conf()')
  const doctorIds = doctors.map(({ id }) => id)
  // The first one creates the administrator.
  const servers: Stage['servers'] = [await aServer(database, doctorIds), await aServer(database, doctorIds)]
  const { proxy: tailProxy, pool: tailPool, tail, reported } = await aTail(database)
  const bearer = await signIn(servers[0].url)
  const stage: Stage = {
    database,
    standby,
    servers,
    tailProxy,
    tail,
    reported,
    bearer,
    clinics,
    doctors,
    slots,
    async end() {
      await tail.stop()
      await tailPool.close(1_000)
      for (const server of servers) {
        await server.picture.end()
        await server.process.end('SIGKILL')
        await server.proxy.end()
      }
      await tailProxy.end()
      await Promise.all([...new Set([database, standby])].map((cluster) => cluster.end()))
    },
  }
  return stage
}
