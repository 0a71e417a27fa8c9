import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { connectEmbeddedPostgres } from '@holdfast/adapters/embedded-postgres'
import { compileCacheEnvironment, createEmptyDatabase, fillDataDirectory } from '@holdfast/testkit'
import { afterEach, expect, test } from 'vitest'
import { type NpmStart, runNpmStart } from '../tools/run-npm-start.ts'

const checkout = dirname(dirname(fileURLToPath(import.meta.url)))

const started: NpmStart[] = []
const directories: string[] = []

afterEach(async () => {
  for (const one of started.splice(0)) {
    if (one.child.exitCode === null && one.child.signalCode === null) one.signalGroup('SIGKILL')
    await one.ended
  }
  for (const directory of directories.splice(0)) {
    // The database of a killed Holdfast is still stopping.
    await rm(directory, { recursive: true, force: true, maxRetries: 50, retryDelay: 100 })
  }
})

async function aDirectory(): Promise<string> {
  const directory = await mkdtemp('/tmp/hf-start-')
  directories.push(directory, `${directory}-secret`)
  return directory
}

/** A data directory in which initdb has run, for tests that are not about the first start. */
async function aFilledDirectory(): Promise<string> {
  const directory = await aDirectory()
  await fillDataDirectory(directory)
  return directory
}

function npmStart(env: Record<string, string | undefined>): NpmStart {
  const one = runNpmStart(checkout, {
    DATABASE_URL: undefined,
    HOLDFAST_ADMIN_EMAIL: undefined,
    HOLDFAST_ADMIN_PASSWORD: undefined,
    PORT: '0',
    ...compileCacheEnvironment(),
    ...env,
  })
  started.push(one)
  return one
}

type Made = { id: string; status: string; manageToken: string }

/** Books a free slot a week or so from now, as a guest: the next one may begin meanwhile. */
async function bookSomething(url: string): Promise<Made> {
  const doctors = await getJson<{ items: { id: string; nextAvailableAt: string | null }[] }>(`${url}/api/v1/doctors`)
  const doctor = doctors.items.find((one) => one.nextAvailableAt !== null)
  if (doctor === undefined || doctor.nextAvailableAt === null) throw new Error('no doctor has a free slot')
  const day = Temporal.Instant.from(doctor.nextAvailableAt).toZonedDateTimeISO('UTC').toPlainDate()
  const range = `from=${day.subtract({ days: 1 })}&to=${day.add({ days: 7 })}&onlyAvailable=true`
  const slots = await getJson<{ items: { id: string }[] }>(`${url}/api/v1/doctors/${doctor.id}/slots?${range}`)
  const response = await fetch(`${url}/api/v1/bookings`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ slotId: slots.items.at(-1)?.id, patient: { name: 'Ada' }, confirm: true }),
  })
  expect(response.status, await response.clone().text()).toBe(201)
  return (await response.json()) as Made
}

async function getJson<Body>(url: string, token?: string): Promise<Body> {
  const response = await fetch(url, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } })
  expect(response.status, await response.clone().text()).toBe(200)
  return (await response.json()) as Body
}

test('a first start creates everything; Ctrl-C ends all of it; a second start has the booking', async () => {
  const dataDirectory = await aDirectory()
  const first = npmStart({ HOLDFAST_DATA: dataDirectory })
  const url = await first.ready
  expect(first.output()).toMatch(/^Administrator: \S+@\S+$/m)
  expect(first.output()).toMatch(/^Password: \S+$/m)
  expect((await fetch(`${url}/readyz`)).status).toBe(200)
  const made = await bookSomething(url)
  first.signalGroup('SIGINT')
  expect(await first.ended, first.output()).toBe(0)
  expect(await connectEmbeddedPostgres({ dataDirectory }), 'the database has ended too').toBeUndefined()
  await expect(fetch(`${url}/livez`)).rejects.toThrow()

  const second = npmStart({ HOLDFAST_DATA: dataDirectory })
  const booking = await getJson<Made>(`${await second.ready}/api/v1/bookings/${made.id}`, made.manageToken)
  expect(booking.status).toBe('CONFIRMED')
  expect(second.output()).not.toMatch(/^Password:/m)
})

test('SIGTERM to npm alone ends all processes', async () => {
  const dataDirectory = await aFilledDirectory()
  const one = npmStart({ HOLDFAST_DATA: dataDirectory })
  const url = await one.ready
  one.child.kill('SIGTERM')
  await one.ended
  await expect(fetch(`${url}/livez`)).rejects.toThrow()
  expect(await connectEmbeddedPostgres({ dataDirectory })).toBeUndefined()
})

test('after a kill -9 of everything that npm started, the next start recovers what was booked', async () => {
  const dataDirectory = await aFilledDirectory()
  const killed = npmStart({ HOLDFAST_DATA: dataDirectory })
  const made = await bookSomething(await killed.ready)
  killed.signalGroup('SIGKILL')
  await killed.ended
  const next = npmStart({ HOLDFAST_DATA: dataDirectory })
  const booking = await getJson<Made>(`${await next.ready}/api/v1/bookings/${made.id}`, made.manageToken)
  expect(booking.status).toBe('CONFIRMED')
})

test('a port in use is named, and the database does not stay behind', async () => {
  const dataDirectory = await aFilledDirectory()
  const occupier = createServer()
  await new Promise<void>((resolve) => occupier.listen(0, '127.0.0.1', resolve))
  const address = occupier.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  try {
    const refused = npmStart({ HOLDFAST_DATA: dataDirectory, PORT: String(address.port) })
    expect(await refused.ended).not.toBe(0)
    expect(refused.output()).toMatch(new RegExp(`\\b${address.port}\\b.*in use|in use.*\\b${address.port}\\b`))
    expect(refused.output(), 'a message, not a stack').not.toMatch(/^\s+at /m)
    expect(await connectEmbeddedPostgres({ dataDirectory })).toBeUndefined()
  } finally {
    occupier.close()
  }
})

test('a data directory in use is reported with the process that uses it, which is not disturbed', async () => {
  const dataDirectory = await aFilledDirectory()
  const first = npmStart({ HOLDFAST_DATA: dataDirectory })
  const url = await first.ready
  const second = npmStart({ HOLDFAST_DATA: dataDirectory })
  expect(await second.ended).not.toBe(0)
  expect(second.output()).toContain(`The data directory ${dataDirectory} is in use by another Holdfast (process `)
  expect(second.output(), 'a message, not a stack').not.toMatch(/^\s+at /m)
  expect((await bookSomething(url)).status).toBe('CONFIRMED')
})

test('another command uses the running database; when none runs, it starts one for itself', async () => {
  const dataDirectory = await aFilledDirectory()
  const one = npmStart({ HOLDFAST_DATA: dataDirectory })
  await bookSomething(await one.ready)
  const verify = async () => {
    const args = ['tools/bootstrap.mjs', 'holdfast', 'verify', '--json']
    const env = { ...process.env, DATABASE_URL: undefined, HOLDFAST_DATA: dataDirectory }
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: checkout, env })
    return JSON.parse(stdout)
  }
  const report = { bookings: 1, overbooked: 0, mismatches: 0 }
  expect(await verify()).toMatchObject(report)
  expect((await fetch(`${await one.ready}/readyz`)).status, 'the server has its database still').toBe(200)
  one.signalGroup('SIGINT')
  await one.ended
  expect(await verify()).toMatchObject(report)
  expect(await connectEmbeddedPostgres({ dataDirectory })).toBeUndefined()
})

test('with DATABASE_URL it uses that database, and creates no data directory', async () => {
  const database = await createEmptyDatabase()
  const dataDirectory = join(await aDirectory(), 'unused')
  try {
    const env = { DATABASE_URL: database.ownerUrl, HOLDFAST_DATA: dataDirectory, HOLDFAST_DEMO: 'on' }
    const one = npmStart(env)
    const made = await bookSomething(await one.ready)
    one.signalGroup('SIGINT')
    expect(await one.ended, one.output()).toBe(0)
    const again = npmStart(env)
    expect((await getJson<Made>(`${await again.ready}/api/v1/bookings/${made.id}`, made.manageToken)).id).toBe(made.id)
    again.signalGroup('SIGTERM')
    await again.ended
    expect(await readdir(dirname(dataDirectory))).toEqual([])
  } finally {
    await database.drop()
  }
})

test('a wrong setting stops the start with its name and what was expected', async () => {
  const one = npmStart({ HOLDFAST_DATA: await aDirectory(), HOLDFAST_HOLD_SECONDS: 'two minutes' })
  expect(await one.ended).not.toBe(0)
  expect(one.output()).toMatch(/HOLDFAST_HOLD_SECONDS.*30/)
  expect(one.output()).toContain('two minutes')
})
