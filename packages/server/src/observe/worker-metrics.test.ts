// Nightly: the metrics of each kind of process
import { chmod, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { recordUpkeep } from '@holdfast/engine'
import { createTestCluster, until } from '@holdfast/testkit'
import { prepareBackupKey } from '@holdfast/testkit/prepare-backup-key'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { call, serverOn, settingsFor } from '../../test/running-server.ts'
import { jobs } from '../jobs/jobs.ts'
import { startWorker } from '../worker.ts'
import { createLogger } from './logger.ts'

const token = 'a metrics token of some length'
const passphrase = 'correct horse battery staple'
const log = createLogger('silent')

let cluster: Awaited<ReturnType<typeof createTestCluster>>
let server: Awaited<ReturnType<typeof serverOn>>
let worker: Awaited<ReturnType<typeof startWorker>>
let directory: string
let place: string
let env: Record<string, string>

beforeAll(async () => {
  cluster = await createTestCluster()
  directory = await mkdtemp(join(tmpdir(), 'hf-worker-'))
  // The account that runs PostgreSQL for root has to pass through.
  await chmod(directory, 0o711)
  place = join(directory, 'backups')
  await prepareBackupKey(place, passphrase)
  env = { ...settingsFor(cluster), HOLDFAST_METRICS_TOKEN: token }
  server = await serverOn(cluster, env)
  worker = await startWorker({
    env: {
      ...env,
      HOLDFAST_WORKER_PORT: '0',
      HOLDFAST_BACKUP_TO: place,
      HOLDFAST_BACKUP_PASSPHRASE: passphrase,
      HOLDFAST_BACKUP_SECONDS: '1',
      HOLDFAST_LOG_LEVEL: 'silent',
    },
    say: () => undefined,
    log,
  })
})

afterAll(async () => {
  await worker?.stop()
  await server?.stop()
  await cluster.end()
  await rm(directory, { recursive: true, force: true })
})

/** A metric without labels, as the server and the worker show it. */
async function figures(name: string): Promise<number[]> {
  const texts = [server.url, worker.url].map((url) => call(`${url}/metrics`, { bearer: token }))
  return (await Promise.all(texts)).map(({ text }) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]))
}

function bothShow(name: string, isExpected: (value: number) => boolean): Promise<true> {
  return until(
    async () => (await figures(name)).every(isExpected),
    async () => `the server and the worker to show ${name}; it is ${await figures(name)}`,
  )
}

describe('a worker beside a server', () => {
  test('is alive and ready on its port, and its metrics need the token', async () => {
    expect((await call(`${worker.url}/livez`)).body).toEqual({ status: 'alive' })
    const ready = await call(`${worker.url}/readyz`)
    expect([ready.status, ready.body.status]).toEqual([200, 'ready'])
    expect((await call(`${worker.url}/metrics`)).status).toBe(401)
    expect((await call(`${worker.url}/metrics`, { bearer: 'wrong' })).status).toBe(401)
    expect((await call(`${worker.url}/api/v1/clinics`)).status).toBe(404)
  })

  test('has the metrics of the jobs, and none of requests', async () => {
    const read = async () => (await call(`${worker.url}/metrics`, { bearer: token })).text
    const pools = /^holdfast_pool_connections\{pool="jobs",state="waiting"\} 0$/m
    expect(await read()).toMatch(pools)
    expect(await read()).not.toContain('holdfast_queue_depth')
    const ofJobs = [
      /^holdfast_relay_waiting_seconds\{receiver="webhooks"\} \d/m,
      /^holdfast_job_runs_total\{job="\S+",failed="false"\} [1-9]/m,
    ]
    await until(async () => {
      const text = await read()
      return ofJobs.every((line) => line.test(text))
    }, 'the relay and a job in the worker’s metrics')
  })

  test('both show up to when the database can be restored, and that a backup fails', async () => {
    const beganAt = Date.now() / 1000
    await bothShow('holdfast_backup_restorable_timestamp_seconds', (value) => value > beganAt - 60)
    expect(await figures('holdfast_backup_failing_seconds')).toEqual([0, 0])
    expect(await figures('holdfast_backup_interval_seconds')).toEqual([1, 1])
    const away = join(directory, 'away')
    await rename(place, away)
    await writeFile(place, 'not a directory')
    await bothShow('holdfast_backup_failing_seconds', (value) => value > 0)
    await rm(place)
    await rename(away, place)
    await bothShow('holdfast_backup_failing_seconds', (value) => value === 0)
  })

  test('both show when verify last found no fault, and that it finds one', async () => {
    expect(await figures('holdfast_verify_timestamp_seconds')).toEqual([0, 0])
    await recordUpkeep(cluster.ownerPool, 'verify', { succeededAt: new Date(1_700_000_000_000), isFailing: false })
    await bothShow('holdfast_verify_timestamp_seconds', (value) => value === 1_700_000_000)
    await recordUpkeep(cluster.ownerPool, 'verify', { succeededAt: null, isFailing: true })
    await bothShow('holdfast_verify_failing_seconds', (value) => value > 0)
    expect(await figures('holdfast_verify_timestamp_seconds')).toEqual([1_700_000_000, 1_700_000_000])
  })
})

test('in a fresh process, each counter that an alert is about is 0: a first failure then is growth', async () => {
  const ofJobs = { HOLDFAST_METRICS_TOKEN: token, AMQP_URL: 'amqp://127.0.0.1:1', HOLDFAST_AMQP_QUEUES: 'analytics' }
  const settings = { ...settingsFor(cluster), ...ofJobs }
  const fresh = [
    await serverOn(cluster, { ...ofJobs, HOLDFAST_WORKER: 'on' }),
    await startWorker({ env: { ...settings, HOLDFAST_WORKER_PORT: '0' }, say: () => undefined, log }),
  ]
  const texts = await Promise.all(fresh.map(({ url }) => call(`${url}/metrics`, { bearer: token })))
  await Promise.all(fresh.map((one) => one.stop()))
  const rules = await readFile(join(import.meta.dirname, '../../../../deploy/prometheus/alerts.yml'), 'utf8')
  // Others grow all the time, or are the database's.
  const counters = Array.from(
    rules.matchAll(/increase\((holdfast_\w+_total)\{(.*?)\}/g),
    ([, name = '', labels = '']) => ({
      name,
      labels: new RegExp(labels.replaceAll(/=~?"(.*?)"/g, '="($1)"')),
    }),
  ).filter(({ name, labels }) => !name.includes('database') && !labels.source.includes('failed="(false)"'))
  expect(counters.length).toBeGreaterThan(5)
  for (const { text } of texts) {
    for (const { name, labels } of counters) {
      const series = text.split('\n').filter((line) => line.startsWith(`${name}{`) && labels.test(line))
      expect(series, name).not.toEqual([])
      for (const line of series) expect(line).toMatch(/ 0$/)
    }
    for (const { name } of jobs) expect(text).toContain(`holdfast_job_runs_total{job="${name}",failed="true"} 0`)
    for (const queue of ['analytics', 'other']) {
      expect(text).toContain(`holdfast_broker_failures_total{queue="${queue}",outcome="dead"} 0`)
    }
  }
  const { text: withoutJobs } = await call(`${server.url}/metrics`, { bearer: token })
  expect(withoutJobs).not.toMatch(/^holdfast_job_runs_total\{/m)
})

test('a second worker on a port in use does not start, and the message names the setting', async () => {
  const port = new URL(worker.url ?? '').port
  const second = startWorker({ env: { ...env, HOLDFAST_WORKER_PORT: port }, say: () => undefined, log })
  await expect(second).rejects.toThrow(new RegExp(`^Port ${port} of .* HOLDFAST_WORKER_PORT=${Number(port) + 1}`))
})
