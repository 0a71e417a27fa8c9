// Drill: processes that are killed
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { request } from 'node:http'
import { advisoryLocks } from '@holdfast/engine'
import { aClinic, aDoctor, aSlot, createTestDatabase, databaseProxy, type TestDatabase, until } from '@holdfast/testkit'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { type RunningHoldfast, spawnHoldfast, spawnServer, untilFound } from './spawn-holdfast.ts'

let database: TestDatabase
let server: RunningHoldfast & { url: string }
let metricsUrl: string

beforeAll(async () => {
  database = await createTestDatabase()
  server = await spawnServer(settings())
  metricsUrl = /^Metrics are at (\S+)$/m.exec(server.stdout())?.[1] ?? ''
})
afterAll(async () => {
  server.child.kill('SIGTERM')
  await server.ended
  await database.drop()
})

function settings(): Record<string, string> {
  return {
    DATABASE_URL: database.ownerUrl,
    HOLDFAST_PROCESSES: '2',
    HOLDFAST_METRICS_PORT: '0',
    HOLDFAST_RATE_LIMIT: 'off',
    HOLDFAST_WORKER: 'off',
    HOLDFAST_ADMIN_PASSWORD: 'correct horse battery',
  }
}

/** A metric without labels, or the sum over all its labels. */
async function metric(name: string): Promise<number> {
  const text = await (await fetch(metricsUrl)).text()
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
}

/** The server processes, by what the first one's children are. */
async function serverProcesses(pid = server.child.pid): Promise<number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return children.trim().split(' ').map(Number)
}

/** On a connection of its own, so that the processes take turns. */
function get(path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    request(`${server.url}${path}`, { agent: false }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode ?? 0))
    })
      .once('error', reject)
      .end()
  })
}

/** Waits until the processes are all there, and none of `gone` is among them. */
function untilReplaced(gone: readonly number[]): Promise<number[]> {
  return until(
    async () => {
      const pids = await serverProcesses()
      const areStarted = pids.length === 2 && pids.every((pid) => !gone.includes(pid))
      return areStarted && (await metric('holdfast_processes')) === 2 ? pids : undefined
    },
    () => `two processes without ${gone}: ${server.stderr()}`,
  )
}

test('two processes serve on one port, and /metrics adds up what all of them count', async () => {
  await untilReplaced([])
  const before = await metric('holdfast_http_request_duration_seconds_count')
  expect(await Promise.all(Array.from({ length: 30 }, () => get('/livez')))).toEqual(Array(30).fill(200))
  await until(
    async () => (await metric('holdfast_http_request_duration_seconds_count')) >= before + 30,
    'the count of all requests',
  )
  // What each process finds in the database is not added up.
  expect(await metric('holdfast_partition_seconds_left')).toBeLessThan(2 * 366 * 86_400)
  expect(await serverProcesses()).toHaveLength(2)
})

test('the last place goes to one of many who claim it from all processes', async () => {
  const doctor = await aDoctor(database, await aClinic(database))
  const slot = await aSlot(database, doctor, { capacity: 1 })
  const claim = () =>
    new Promise<number>((resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'idempotency-key': randomUUID() }
      request(`${server.url}/api/v1/bookings`, { method: 'POST', agent: false, headers }, (response) => {
        response.resume().once('end', () => resolve(response.statusCode ?? 0))
      })
        .once('error', reject)
        .end(JSON.stringify({ slotId: slot.id, patient: { name: 'P' }, confirm: true }))
    })
  const outcomes = await Promise.all(Array.from({ length: 30 }, claim))
  expect(outcomes.toSorted()).toEqual([201, ...Array(29).fill(409)])
})

test('a process that is killed is replaced, and the others go on', async () => {
  const before = await serverProcesses()
  const killed = before[1] ?? 0
  process.kill(killed, 'SIGKILL')
  const after = await untilReplaced([killed])
  expect(after).toEqual(expect.arrayContaining(before.filter((pid) => pid !== killed)))
  expect(server.stderr()).toContain('a server process ended, and is started again')
  expect(await Promise.all(Array.from({ length: 9 }, () => get('/readyz')))).toEqual(Array(9).fill(200))
})

test('one that is asked to stop completes its work, and is replaced too', async () => {
  const [first = 0] = await serverProcesses()
  process.kill(first, 'SIGTERM')
  await untilReplaced([first])
})

test('a process that does not respond is missing in the metrics, and not waited for', async () => {
  const [, stopped = 0] = await serverProcesses()
  process.kill(stopped, 'SIGSTOP')
  try {
    await until(async () => (await metric('holdfast_processes')) === 1, 'metrics of one process')
  } finally {
    process.kill(stopped, 'SIGCONT')
  }
  await untilReplaced([])
})

test('a port that is in use is reported once, and nothing is left running', async () => {
  const PORT = new URL(server.url).port
  const { code, stderr } = await spawnHoldfast(['start'], { ...settings(), PORT }).ended
  expect(code).toBe(1)
  expect(stderr.match(new RegExp(`Port ${PORT} of 127.0.0.1 is in use`, 'g'))).toHaveLength(1)
})

/** A server whose connection to the database breaks in the middle of its start, when the connections are refused. */
async function cutOffServer() {
  const proxy = await databaseProxy(database.ownerUrl)
  onTestFinished(() => proxy.end())
  const other = await database.ownerPool.connect()
  // As if another server was starting.
  await other.query('select pg_advisory_lock($1, $2)', [...advisoryLocks.serverStart])
  const starting = spawnHoldfast(['start'], { ...settings(), PORT: '0', HOLDFAST_DEMO: 'off', DATABASE_URL: proxy.url })
  await until(
    async () => {
      const found = await other.query(`select from pg_stat_activity where datname = current_database()
          and application_name = 'holdfast start'`)
      return found.rowCount === 1
    },
    () => `a server that waits to start: ${starting.stderr()}`,
  )
  await proxy.cut()
  await untilFound(starting, () => /the connection to the database broke/.exec(starting.stderr())?.[0])
  await other.query('select pg_advisory_unlock($1, $2)', [...advisoryLocks.serverStart])
  other.release()
  return { proxy, starting }
}

test('a start whose connection to the database breaks is repeated', async () => {
  const { proxy, starting } = await cutOffServer()
  await proxy.restore()
  const url = await untilFound(starting, () => /^Holdfast is ready at (\S+)$/m.exec(starting.stdout())?.[1])
  expect((await fetch(`${url}/readyz`)).status).toBe(200)
  starting.child.kill('SIGTERM')
  expect((await starting.ended).code).toBe(0)
})

test('a stop ends such a start', async () => {
  const { starting } = await cutOffServer()
  starting.child.kill('SIGTERM')
  const { code, stderr } = await starting.ended
  expect([code, stderr.split('\n').at(-2)]).toEqual([0, 'Stopped before it was ready.'])
})

test('when the first process is killed, the others end too', async () => {
  const other = await spawnServer(settings())
  const pids = await serverProcesses(other.child.pid)
  other.child.kill('SIGKILL')
  await other.ended
  await untilEnded(pids)
})

test('a stop ends all processes', async () => {
  const pids = await serverProcesses()
  server.child.kill('SIGTERM')
  expect((await server.ended).code).toBe(0)
  await untilEnded(pids)
})

async function untilEnded(pids: readonly number[]): Promise<void> {
  await until(async () => (pids.some(isRunning) ? undefined : true), 'the end of all processes')
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
