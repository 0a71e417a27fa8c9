import { setDefaultCACertificates } from 'node:tls'
import { clinicNoOf, createEngine, type Engine, inTransaction } from '@holdfast/engine'
import { createLogger } from '@holdfast/server/logger'
import { startRelay } from '@holdfast/server/relay'
import { administrator, call, signIn } from '@holdfast/server/test/running-server'
import { createTestCluster, type TestCluster, until } from '@holdfast/testkit'
import type { Ending } from '../cluster/ending.ts'
import { postgresProcesses, sendSignal } from '../cluster/postgres-processes.ts'
import type { Program } from '../cluster/programs.ts'
import { startSite } from '../cluster/start-site.ts'

/** One of the databases, on its own PostgreSQL server. `engine` writes there, whatever the directory says. */
export type Shard = { no: number; name: string; cluster: TestCluster; engine: Engine }

export type ShardsClinic = { no: number; id: string; doctorId: string; roomId: string; slotIds: string[] }

/** An event as the receivers of the logs have got it, in the order of arrival. */
export type ReceivedEvent = { bookingId: string; version: number }

export type ShardsStage = {
  /** The address that nginx serves. */
  url: string
  /** The token of the site's administrator. */
  bearer: string
  /** The directory first. */
  shards: readonly Shard[]
  clinics: readonly ShardsClinic[]
  /** The events from the logs of all databases. */
  received: readonly ReceivedEvent[]
  /** The settings for a command of Holdfast. */
  settings: Record<string, string>
}

export const shardsPrograms: readonly Program[] = ['nginx', 'openssl', 'setpriv']

const names = ['directory', 'north', 'south']
const clinicCount = 46
const slotsPerClinic = 20
const capacity = 1_000
const dayMs = 86_400_000
const setupClients = 8

/** Starts three PostgreSQL servers, two servers of Holdfast and a worker behind nginx, and creates the clinics. */
export async function setUpShards(
  { directory, say }: { directory: string; say(line: string): void },
  ending: Ending,
): Promise<ShardsStage> {
  say('starting three PostgreSQL servers')
  const shards = await Promise.all(names.map((name, no) => startShard(name, no, ending)))
  const [first, ...others] = shards
  if (first === undefined) throw new Error('There is no directory.')
  const HOLDFAST_SHARDS = others.map(({ name, cluster }) => `${name}=${cluster.ownerUrl}`).join(',')
  const settings = { HOLDFAST_SHARDS, HOLDFAST_RATE_LIMIT: 'off', HOLDFAST_LOG_LEVEL: 'warn' }
  const databaseUrl = first.cluster.ownerUrl
  const site = await startSite({ directory, databaseUrl, settings, administrator, hasWires: false, say, ending })
  setDefaultCACertificates([site.certificate])
  const bearer = await signIn(site.url, administrator)
  const received: ReceivedEvent[] = []
  for (const shard of shards) await receiveEvents(shard, received, ending)
  say(`creating ${clinicCount} clinics`)
  const clinics: ShardsClinic[] = []
  const create = async () => {
    while (clinics.length < clinicCount) {
      const clinic: ShardsClinic = { no: 0, id: '', doctorId: '', roomId: '', slotIds: [] }
      clinics.push(clinic)
      await fillClinic(clinic, `${site.url}/api/v1`, bearer)
    }
  }
  await Promise.all(Array.from({ length: setupClients }, create))
  for (const clinic of clinics) clinic.no = clinicNoOf(clinic.id)
  const command = { DATABASE_URL: databaseUrl, HOLDFAST_SHARDS, HOLDFAST_SECRET: site.secret }
  return { url: site.url, bearer, shards, clinics, received, settings: command }
}

async function startShard(name: string, no: number, ending: Ending): Promise<Shard> {
  const cluster = await createTestCluster()
  await ending.add(`to stop the PostgreSQL server of ${name}`, () => cluster.end())
  const engine = createEngine({ batchPool: cluster.appPool, generalPool: cluster.appPool })
  return { no, name, cluster, engine }
}

async function receiveEvents({ name, cluster }: Shard, received: ReceivedEvent[], ending: Ending): Promise<void> {
  const { appPool, ownerPool } = cluster
  const relay = startRelay({
    pool: appPool,
    log: createLogger('silent'),
    receiver: {
      name: 'drill',
      async deliver(events, acknowledge) {
        await inTransaction(appPool, acknowledge)
        for (const { bookingId, version } of events) received.push({ bookingId, version })
      },
    },
  })
  await ending.add(`to stop the receiver of ${name}`, () => relay.stop())
  const held = `select from holdfast.log_receiver where name = 'drill' and holder is not null`
  await until(async () => (await ownerPool.query(held)).rowCount === 1, `the receiver of ${name}`)
}

async function fillClinic(clinic: ShardsClinic, api: string, bearer: string): Promise<void> {
  const send = async (path: string, body?: object, headers = {}) => {
    const method = body === undefined ? 'GET' : 'POST'
    const response = await call(`${api}/${path}`, { method, bearer, headers, ...(body === undefined ? {} : { body }) })
    if (response.status >= 300) throw new Error(`${path}: ${response.status} ${response.text}`)
    return response
  }
  // No hold lapses, so that every event is one that was acknowledged.
  const settings = { holdSeconds: 900 }
  clinic.id = String((await send('clinics', { name: 'Clinic', timezone: 'UTC', settings })).body.id)
  const doctor = { clinicId: clinic.id, name: 'Dr. One', specialization: 'Cardiology' }
  clinic.doctorId = String((await send('doctors', doctor)).body.id)
  clinic.roomId = String((await send(`clinics/${clinic.id}/rooms`, { name: 'OR 1' })).body.id)
  const day = new Date(Date.now() + 2 * dayMs).toISOString().slice(0, 10)
  const at = (n: number) => new Date(Date.parse(day) + n * 1_800_000).toISOString()
  const slots = Array.from({ length: slotsPerClinic }, (_, n) => ({ startsAt: at(n), endsAt: at(n + 1), capacity }))
  const { headers } = await send(`doctors/${clinic.doctorId}/slots`, { slots })
  const position = { 'holdfast-position': headers.get('holdfast-position') ?? '' }
  const list = await send(`doctors/${clinic.doctorId}/slots?from=${day}&to=${day}`, undefined, position)
  clinic.slotIds = (list.body.items as { id: string }[]).map(({ id }) => id)
}

/** Suspends a database server with all its processes, until `resume`. */
export async function suspend({ cluster }: Shard, ending: Ending): Promise<{ resume(): Promise<void> }> {
  const { rows } = await cluster.ownerPool.query<{ directory: string }>(
    `select current_setting('data_directory') as directory`,
  )
  const pids = () => postgresProcesses(rows[0]?.directory ?? '')
  const resume = async () => sendSignal(await pids(), 'SIGCONT')
  await ending.add('to resume the PostgreSQL server', resume)
  const stopped = await pids()
  if (stopped.length < 2) throw new Error('The processes of the PostgreSQL server were not found.')
  sendSignal(stopped, 'SIGSTOP')
  // The postmaster may have started other processes meanwhile.
  sendSignal(await pids(), 'SIGSTOP')
  return { resume }
}

/** Where the directory says that a clinic is. */
export async function placeOf({ shards }: Pick<ShardsStage, 'shards'>, clinicNo: number): Promise<Shard> {
  const { rows } = (await shards[0]?.cluster.ownerPool.query<{ no: number }>(
    'select shard_no as no from holdfast.clinic_shard where clinic_no = $1',
    [clinicNo],
  )) ?? { rows: [] }
  const shard = shards[rows[0]?.no ?? -1]
  if (shard === undefined) throw new Error(`The directory does not know the clinic ${clinicNo}.`)
  return shard
}
