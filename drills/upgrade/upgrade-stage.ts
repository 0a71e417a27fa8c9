import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { setDefaultCACertificates } from 'node:tls'
import { changeDatabaseUrl, createPool } from '@holdfast/engine'
import { call, signIn } from '@holdfast/server/test/running-server'
import { createTestCluster } from '@holdfast/testkit'
import type pg from 'pg'
import type { Ending } from '../cluster/ending.ts'
import { type Site, startSite } from '../cluster/start-site.ts'
import { LiveWatchers } from './live-watchers.ts'
import { type PreviousVersion, previousVersion } from './previous-version.ts'
import { UpgradeLoad } from './upgrade-load.ts'

export type UpgradeStageOptions = {
  /** The commit of the version that is upgraded. */
  from: string
  clients: number
  /** Live connections of each of two doctors. */
  watchers: number
  /** An empty one, which other users may pass through. */
  directory: string
  say(line: string): void
}

export type Doctor = { id: string; clinicNo: number; slotIds: string[] }

/** A site of the previous version: two servers and a worker behind nginx, with a load and people who watch. */
export type UpgradeStage = {
  previous: PreviousVersion
  site: Site
  pool: pg.Pool
  clinicId: string
  clinicNo: number
  doctors: Doctor[]
  load: UpgradeLoad
  live: LiveWatchers
}

const dayMs = 86_400_000
const slotsOfDoctor = 20
const capacity = 100_000
const dateOf = (ms: number) => new Date(ms).toISOString().slice(0, 10)
const days = { from: dateOf(Date.now() + dayMs), to: dateOf(Date.now() + 3 * dayMs) }

export const metricsToken = 'a-token-of-the-drill'

/** Starts all of it, and waits until the watchers see their lists. */
export async function setUpUpgrade(options: UpgradeStageOptions, ending: Ending): Promise<UpgradeStage> {
  const { directory, say, clients, watchers } = options
  say(`writing the files of ${options.from}`)
  const previous = await previousVersion(options.from, join(directory, 'previous'))
  const databaseUrl = await anEmptyDatabase(ending)
  const administrator = { email: 'admin@example.org', password: randomBytes(12).toString('hex') }
  const settings = {
    HOLDFAST_RATE_LIMIT: 'off',
    HOLDFAST_LOG_LEVEL: 'info',
    HOLDFAST_METRICS_TOKEN: metricsToken,
  }
  const parts = { directory, databaseUrl, settings, administrator, hasWires: false, program: previous.program }
  const site = await startSite({ ...parts, say, ending })
  // This is for all that connects by TLS.
  setDefaultCACertificates([site.certificate])
  const pool = createPool({ url: databaseUrl, max: 4, name: 'drill', onIdleError: () => undefined })
  await ending.add('to close the connections', () => pool.close(1_000))
  const bearer = await signIn(site.url, administrator)
  const { clinicId, doctors } = await createRoom(site.url, bearer)
  const { rows } = await pool.query<{ no: number }>('select no from holdfast.clinic where id = $1', [clinicId])
  const clinicNo = rows[0]?.no ?? 0
  const ids = doctors.flatMap(({ id }) => Array<string>(watchers).fill(id))
  const live = new LiveWatchers(site.url, ids, days)
  await ending.add('to end the live places', async () => live.end())
  await live.ready()
  const load = new UpgradeLoad({ url: site.url, bearer, doctors, days, clients })
  await ending.add('to stop the load', () => load.stop())
  return { previous, site, pool, clinicId, clinicNo, doctors: doctors.map((one) => ({ ...one, clinicNo })), load, live }
}

/** Of a server of its own. The previous version creates the tables. */
async function anEmptyDatabase(ending: Ending): Promise<string> {
  const database = await createTestCluster()
  await ending.add('to stop PostgreSQL', () => database.end())
  await database.ownerPool.query('create database upgraded')
  return changeDatabaseUrl(database.ownerUrl, { database: 'upgraded' })
}

/** A clinic with two doctors, by the interface of the previous version. */
async function createRoom(url: string, bearer: string) {
  const create = async (path: string, body: object) => {
    const { status, body: created, text } = await call(`${url}/api/v1${path}`, { method: 'POST', bearer, body })
    if (status !== 201) throw new Error(`${path} returned ${status}: ${text}`)
    return created
  }
  const clinic = await create('/clinics', { name: 'Northgate', timezone: 'UTC' })
  const clinicId = String(clinic.id)
  const beginsMs = Date.parse(`${days.from}T08:00:00Z`)
  const slots = Array.from({ length: slotsOfDoctor }, (_, index) => ({
    startsAt: new Date(beginsMs + index * 900_000).toISOString(),
    endsAt: new Date(beginsMs + (index + 1) * 900_000).toISOString(),
    capacity,
  }))
  const doctors: { id: string; slotIds: string[] }[] = []
  for (const name of ['Ada Lovelace', 'Grace Hopper']) {
    const doctor = await create('/doctors', { clinicId, name, specialization: 'General practice' })
    const created = await create(`/doctors/${doctor.id}/slots`, { slots })
    const slotIds = (created.items as { slotId: string }[]).map(({ slotId }) => slotId)
    doctors.push({ id: String(doctor.id), slotIds })
  }
  return { clinicId, doctors }
}
