import { setDefaultCACertificates } from 'node:tls'
import { createPool } from '@holdfast/engine'
import { calendarDifferences } from '@holdfast/server/test/calendar-differences'
import { type CalendarPicture, calendarPicture } from '@holdfast/server/test/calendar-picture'
import { signIn } from '@holdfast/server/test/running-server'
import { until } from '@holdfast/testkit'
import type pg from 'pg'
import type { Ending } from '../cluster/ending.ts'
import { type Cluster, startCluster } from '../cluster/start-cluster.ts'
import { createRoom, type Room } from '../load/booking-load.ts'
import type { LoadOptions } from '../load/claim-load.ts'

export type DrillStageOptions = {
  /** How often something fails; for the number of places. */
  times: number
  etcdMembers: 1 | 3
  clients: number
  pauseMs: number
  /** An empty one, which other users may pass through. */
  directory: string
  say(line: string): void
}

const dayMs = 86_400_000
const days = {
  from: new Date().toISOString().slice(0, 10),
  to: new Date(Date.now() + 4 * dayMs).toISOString().slice(0, 10),
}

/** A running cluster with a load, and all that is compared. */
export type DrillStage = {
  cluster: Cluster
  pool: pg.Pool
  room: Room
  picture: CalendarPicture
  load: LoadOptions
}

/** Starts the cluster, with room for the claims and somebody who watches live places through nginx. */
export async function setUpDrill(options: DrillStageOptions, ending: Ending): Promise<DrillStage> {
  const { directory, etcdMembers, clients, pauseMs, say, times } = options
  const settings = { HOLDFAST_RATE_LIMIT: 'off' }
  const parts = { etcdMembers, hasWires: true, hasOptionalParts: false, isStrict: false }
  const cluster = await startCluster({ ...parts, directory, settings, say }, ending)
  // Their data are not needed any more: this is quicker.
  const killMachines = async () => void (await Promise.all(cluster.nodes.map((node) => node.killMachine())))
  await ending.add('to kill the machines of the databases', killMachines)
  // This is for fetch and for WebSockets.
  setDefaultCACertificates([cluster.certificate])
  const pool = createPool({ url: cluster.databaseUrl, max: 4, name: 'drill', onIdleError: () => undefined })
  await ending.add('to close the connections', () => pool.close(1_000))
  // A failover takes half a minute at most, and there are some seconds between.
  const room = await createRoom(pool, 10_000 + times * clients * 1_000)
  const bearer = await signIn(cluster.url, cluster.administrator)
  const picture = await calendarPicture(
    cluster.url,
    room.doctors.slice(0, 2).map(({ id }) => id),
    days,
  )
  await ending.add('to end the live places', () => picture.end())
  return { cluster, pool, room, picture, load: { url: cluster.url, bearer, room, clients, pauseMs } }
}

/** What the lists and the picture of live places show otherwise than the database, once they are up to date. */
export async function countLiveGaps({ cluster, pool, room, picture }: DrillStage): Promise<number> {
  const doctors = room.doctors.slice(0, 2)
  const differences = () =>
    calendarDifferences({ ownerPool: pool }, { doctors, urls: [cluster.url], pictures: [picture], query: days })
  const none = async () => ((await differences()).length === 0 ? true : undefined)
  const isSame = await until(none, 'lists as in the database', 60_000).catch(() => false)
  return isSame ? 0 : (await differences()).length
}
