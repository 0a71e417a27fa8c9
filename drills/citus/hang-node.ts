import { randomUUID } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { createPool } from '@holdfast/engine'
import { readShards, type Shard, shardOf, shardUrl } from '@holdfast/engine/shards'
import { type ApiResponse, call, signIn, signUp } from '@holdfast/server/test/running-server'
import pTimeout from 'p-timeout'
import type pg from 'pg'
import sql from 'sql-template-tag'
import { claimUntilAnswered, ServerLoad } from './server-load.ts'
import type { SceneClinic, SceneSlot } from './server-scene.ts'

/** What people of other nodes' clinics noticed while a node was suspended. */
export type HungNode = {
  node: string
  /** How long it was suspended. */
  hungMs: number
  /** Each with reading who one is, and the clinic's bookings; and those of people with a role on both nodes. */
  signIns: number
  slowestMs: number
  /** Bookings on the other nodes meanwhile, and the longest time without one. */
  booked: number
  gapMs: number
  /** What must not happen there, and answers about clinics on the suspended node that were not a refusal. */
  faults: string[]
  /** From its end until its clinics could be booked again, and by the server that started meanwhile. */
  backMs: number
  backThereMs: number
  /** How long the start of a server took meanwhile. */
  startedMs: number
  /** Whether the roles of an account could be read of all shards meanwhile, as sessions used to need it. */
  areAllShardsRead: boolean
}

type HangingStage = {
  ownerUrl: string
  urls: readonly string[]
  admin: string
  coordinator: pg.Pool
  clinics: readonly SceneClinic[]
  slots: readonly SceneSlot[]
  clients: number
  hungMs: number
  /** Starts another server, and waits until it is ready. */
  startServer: () => Promise<{ url: string; end(): Promise<unknown> }>
}

/** Longer than the 2 s of one read, on a machine that is busy. */
const slowestMsMax = 5_000
/** A start takes some seconds on an idle machine, and waits 5 s for the node. */
const startMsMax = 60_000
const password = 'a password of ten'

/** Suspends a worker of Citus, with all its sessions, while people sign in and book on the others. */
export async function hangNode(stage: HangingStage): Promise<HungNode> {
  const { ownerUrl, urls, coordinator, slots, clients } = stage
  const shards = await readShards(coordinator)
  const hung = workerOf(shards, ownerUrl)
  const isHung = (clinicNo: number) => nodeOf(shardOf(shards, clinicNo)) === nodeOf(hung)
  const [there, here] = [true, false].map((is) => stage.clinics.find(({ no }) => isHung(no) === is))
  if (there === undefined || here === undefined) throw new Error('Both nodes need a clinic.')
  const people = {
    here: await aMember(stage, here),
    both: await aMember(stage, here, there),
    there: await aMember(stage, there),
  }
  const node = await processesOf(ownerUrl, hung)
  const faults: string[] = []
  const load = new ServerLoad({ urls, slots: slots.filter(({ clinicNo }) => !isHung(clinicNo)), clients })
  await load.untilAcknowledged(100)
  const [bookedBefore, beganMs] = [load.journal.length, performance.now()]
  node.suspend()
  const times: number[] = []
  let areAllShardsRead = true
  let startedMs = Number.NaN
  let another: Awaited<ReturnType<HangingStage['startServer']>>
  try {
    areAllShardsRead = await readAllShards(coordinator, people.here.id)
    while (performance.now() - beganMs < stage.hungMs) {
      for (const person of [people.here, people.both]) {
        for (const url of urls) times.push(await useClinic(url, person.login, here, faults))
      }
      await beRefused(urls[0] ?? '', people.there.login, there, faults)
    }
    const startMs = performance.now()
    another = await stage.startServer()
    startedMs = Math.round(performance.now() - startMs)
    await useClinic(another.url, people.here.login, here, faults)
    await beRefused(another.url, people.there.login, there, faults)
  } finally {
    node.resume()
  }
  const endedMs = performance.now()
  const booked = load.journal.length - bookedBefore
  const clinicNos = new Set(load.journal.map(({ clinicNo }) => clinicNo))
  const gapMs = Math.round(load.gapMsIn(clinicNos, beganMs))
  await load.stop()
  const slot = slots.find(({ clinicNo }) => clinicNo === there.no)
  const bookedAfterMs = async (of: readonly string[]) => {
    const back = await claimUntilAnswered(of, slot?.id ?? '', { key: randomUUID(), first: 0 }, {})
    if (back?.status !== 201) faults.push(`a booking on the node that is back: ${back?.status}`)
    return Math.round(performance.now() - endedMs)
  }
  const backMs = await bookedAfterMs(urls)
  const backThereMs = await bookedAfterMs([another.url])
  await another.end()
  return {
    node: nodeOf(hung),
    hungMs: Math.round(endedMs - beganMs),
    signIns: times.length,
    slowestMs: Math.round(Math.max(...times)),
    booked,
    gapMs,
    faults: [...faults, ...load.faults],
    backMs,
    backThereMs,
    startedMs,
    areAllShardsRead,
  }
}

/** What must not have happened. */
export function failuresOfHungNode(hung: HungNode): string[] {
  const { faults, signIns, slowestMs, booked, startedMs, areAllShardsRead } = hung
  return [
    ...faults.slice(0, 10),
    ...(startedMs <= startMsMax ? [] : [`the start of a server took ${startedMs} ms while a node was suspended`]),
    ...(signIns > 0 && booked > 0 ? [] : ['nobody signed in or booked while a node was suspended']),
    ...(slowestMs <= slowestMsMax ? [] : [`a sign-in with two reads took ${slowestMs} ms while a node was suspended`]),
    ...(areAllShardsRead ? ['all shards could be read while a node was suspended: this run proves nothing'] : []),
  ]
}

type Person = { id: string; login: { email: string; password: string } }

/** Somebody of the staff of these clinics. */
async function aMember({ urls, admin }: HangingStage, ...clinics: SceneClinic[]): Promise<Person> {
  const [url = ''] = urls
  const email = `${randomUUID()}@example.org`
  const { id, token } = await signUp(url, email, password)
  const post = (path: string, body: object, bearer: string) =>
    call(`${url}/api/v1${path}`, { method: 'POST', body, bearer })
  for (const clinic of clinics) {
    const invited = await post(`/clinics/${clinic.id}/invitations`, { email, role: 'staff' }, admin)
    const accepted = await post('/invitations/accept', { token: String(invited.body.link).split('#')[1] }, token)
    if (accepted.status !== 200) throw new Error(`An invitation was not accepted: ${accepted.text}`)
  }
  return { id, login: { email, password } }
}

/** @returns how long a sign-in with two reads took */
async function useClinic(url: string, login: Person['login'], clinic: SceneClinic, faults: string[]): Promise<number> {
  const beganMs = performance.now()
  const bearer = await signIn(url, login).catch((error: unknown) => {
    faults.push(String(error))
    return ''
  })
  const me = await call(`${url}/api/v1/me`, { bearer })
  const desk = await bookingsOf(url, clinic, bearer)
  if (me.status !== 200 || desk.status !== 200) faults.push(`on another node: ${me.status}, ${desk.status}`)
  return performance.now() - beganMs
}

async function beRefused(url: string, login: Person['login'], clinic: SceneClinic, faults: string[]): Promise<void> {
  const { status } = await bookingsOf(url, clinic, await signIn(url, login))
  if (status !== 503) faults.push(`on the suspended node: ${status}`)
}

function bookingsOf(url: string, { id }: SceneClinic, bearer: string): Promise<ApiResponse> {
  return call(`${url}/api/v1/clinics/${id}/bookings?limit=10`, { bearer })
}

async function readAllShards(coordinator: pg.Pool, accountId: string): Promise<boolean> {
  const reading = coordinator.query(sql`select role from holdfast.membership where account_id = ${accountId}`)
  return pTimeout(
    reading.then(() => true),
    { milliseconds: 3_000, fallback: () => false },
  )
}

function workerOf(shards: readonly Shard[], ownerUrl: string): Shard {
  const { port } = new URL(ownerUrl)
  const worker = shards.find((shard) => String(shard.port) !== port)
  if (worker === undefined) throw new Error('All shards are on the coordinator.')
  return worker
}

function nodeOf({ host, port }: Shard): string {
  return `${host}:${port}`
}

/** The processes of a node, which is on this machine. */
async function processesOf(ownerUrl: string, shard: Shard): Promise<{ suspend(): void; resume(): void }> {
  const pool = createPool({ url: shardUrl(ownerUrl, shard), max: 1, name: 'holdfast drill' })
  const { rows } = await pool.query<{ pid: number }>(sql`select pg_backend_pid() as pid`)
  const server = await parentOf(rows[0]?.pid ?? 0)
  await pool.end()
  if (server === null) throw new Error(`The node ${nodeOf(shard)} is not on this machine.`)
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const parents = await Promise.all(pids.map(parentOf))
  const all = [server, ...pids.filter((_, index) => parents[index] === server)]
  const send = (signal: NodeJS.Signals) => {
    for (const pid of all) {
      try {
        process.kill(pid, signal)
      } catch (error) {
        // A session that has ended meanwhile.
        if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
      }
    }
  }
  return { suspend: () => send('SIGSTOP'), resume: () => send('SIGCONT') }
}

async function parentOf(pid: number): Promise<number | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ')
  return fields === undefined ? null : Number(fields[1])
}
