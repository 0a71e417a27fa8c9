// Drill: an installation with replicas
import { createReads } from '@holdfast/engine'
import { createLogger } from '@holdfast/server/logger'
import { aClinic, aDoctor, aSlot, createTestCluster, type TestCluster, until } from '@holdfast/testkit'
import pg from 'pg'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { ReadRouter } from '../src/replicas/read-router.ts'
import { Replica } from '../src/replicas/replica.ts'
import { call, serverOn, signIn } from './running-server.ts'

let primary: TestCluster
let standby: TestCluster
let server: Awaited<ReturnType<typeof serverOn>>
let doctor: Awaited<ReturnType<typeof aDoctor>>
let bearer: string

beforeAll(async () => {
  primary = await createTestCluster()
  standby = await primary.standby()
  doctor = await aDoctor(primary, await aClinic(primary))
  server = await serverOn(primary, {
    DATABASE_REPLICA_URLS: standby.appUrl,
    HOLDFAST_METRICS_TOKEN: 'a-token-of-the-tests',
  })
  bearer = await signIn(server.url)
})

afterAll(async () => {
  await server?.stop()
  await standby?.end()
  await primary?.end()
})

type Figures = { replica: number; primary: number; up: number; lagSeconds: number }

async function figures(): Promise<Figures> {
  const { text } = await call(`${server.url}/metrics`, { bearer: 'a-token-of-the-tests' })
  const numberOf = (pattern: RegExp) => Number(pattern.exec(text)?.[1] ?? Number.NaN)
  return {
    primary: numberOf(/^holdfast_replica_reads_total\{node="primary"[^}]*\} (\S+)$/m),
    replica: numberOf(/^holdfast_replica_reads_total\{node="(?!primary)[^}]*\} (\S+)$/m),
    up: numberOf(/^holdfast_replica_up\{[^}]*\} (\S+)$/m),
    lagSeconds: numberOf(/^holdfast_replica_lag_seconds\{[^}]*\} (\S+)$/m),
  }
}

const untilLag = (isWanted: (seconds: number) => boolean) =>
  until(async () => isWanted((await figures()).lagSeconds), 'the lag of the replica')

const untilStandby = (condition: string) =>
  until(
    async () => {
      const { rows } = await standby.ownerPool.query<{ holds: boolean }>(`select ${condition} as holds`)
      return rows[0]?.holds === true
    },
    () => condition,
  )

const isCurrent = (seconds: number) => seconds >= 0 && seconds <= 1

/** The ids of the clinic's bookings, as its desk sees them. */
async function listed(): Promise<string[]> {
  const day = new Date().toISOString().slice(0, 10)
  const query = `from=${day}&to=${new Date(Date.now() + 200 * 86_400_000).toISOString().slice(0, 10)}&limit=100`
  const { status, body } = await call(`${server.url}/api/v1/clinics/${doctor.clinicId}/bookings?${query}`, { bearer })
  expect(status).toBe(200)
  return (body.items as { id: string }[]).map(({ id }) => id)
}

async function book(): Promise<string> {
  const { id: slotId } = await aSlot(primary, doctor)
  const body = { slotId, patient: { name: 'Patient' }, confirm: true }
  const booked = await call(`${server.url}/api/v1/bookings`, { method: 'POST', body })
  expect(booked.status).toBe(201)
  return String(booked.body.id)
}

test('a replica serves lists, none of which is older than what was written before', async () => {
  await untilLag(isCurrent)
  const before = await figures()
  for (let n = 0; n < 40; n += 1) {
    const id = await book()
    expect(await listed()).toContain(id)
  }
  await until(async () => {
    await listed()
    return (await figures()).replica > before.replica
  }, 'a read by the replica')
})

test('an idle primary is no lag', async () => {
  // The control: the age of the last transaction grows.
  await untilStandby("clock_timestamp() - pg_last_xact_replay_timestamp() > interval '2 s'")
  await untilLag(isCurrent)
})

test('while its replay is paused, the primary serves what was written since', async () => {
  await untilLag(isCurrent)
  await standby.ownerPool.query('select pg_wal_replay_pause()')
  try {
    await untilStandby("pg_get_wal_replay_pause_state() = 'paused'")
    const id = await book()
    // The control: the replica has not got it.
    const { rows } = await standby.ownerPool.query('select from holdfast.booking where id = $1', [id])
    expect(rows).toEqual([])
    expect(await listed()).toContain(id)
    await untilLag((seconds) => seconds > 1)
    const before = await figures()
    expect(await listed()).toContain(id)
    const after = await figures()
    expect([after.replica, after.primary]).toEqual([before.replica, before.primary + 1])
  } finally {
    await standby.ownerPool.query('select pg_wal_replay_resume()')
  }
  await untilLag(isCurrent)
})

test('a conflict with the replay costs one retry on the primary, and no error', async () => {
  const { rows } = await primary.ownerPool.query<{ no: string }>('select max(no)::text as no from holdfast.log_epoch')
  const epoch = Number(rows[0]?.no)
  const pools = { reads: standby.appPool, checks: standby.appPool }
  const replica = new Replica('standby', pools, () => epoch)
  // One that does not know the epoch follows another history.
  expect(await new Replica('another', pools, () => epoch + 1).replayed()).toBeNull()
  const primaryReads = createReads(primary.appPool)
  const router = new ReadRouter({
    primary: primary.appPool,
    primaryReads,
    replicas: [replica],
    lagMsMax: 600_000,
    log: createLogger('error'),
  })
  onTestFinished(() => router.stop())
  const readers: string[] = []
  const readFailing = (error: Error) =>
    router.read(async (reads) => {
      readers.push(reads === primaryReads ? 'primary' : 'replica')
      if (reads !== primaryReads) throw error
      return 'read'
    })
  const conflict = Object.assign(new pg.DatabaseError('conflict with recovery', 0, 'error'), { code: '40001' })
  const untilReplicaReads = async (error: Error) => {
    readers.length = 0
    return readFailing(error).then((result) => (readers[0] === 'replica' ? result : undefined))
  }
  expect(await until(() => untilReplicaReads(conflict), 'a read by the replica')).toBe('read')
  expect(readers).toEqual(['replica', 'primary'])
  // The control: an error of the request is not repeated.
  await expect(until(() => untilReplicaReads(new RangeError('no such page')), 'a read by the replica')).rejects.toThrow(
    'no such page',
  )
  expect(readers).toEqual(['replica'])
})

test('when it ends during reads, no request fails', async () => {
  await untilLag(isCurrent)
  let isOver = false
  let count = 0
  const readers = Array.from({ length: 4 }, async () => {
    while (!isOver) {
      await listed()
      count += 1
    }
  })
  const reads = (more: number) => {
    const wanted = count + more
    return until(async () => count >= wanted, 'more reads')
  }
  await reads(20)
  await standby.stop()
  await reads(20)
  await until(async () => (await figures()).up === 0, 'the replica to be away')
  expect((await figures()).lagSeconds).toBeNaN()
  isOver = true
  await Promise.all(readers)
})
