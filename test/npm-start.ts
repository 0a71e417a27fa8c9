import { mkdtemp, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compileCacheEnvironment, fillDataDirectory } from '@holdfast/testkit'
import { afterEach, expect } from 'vitest'
import { type NpmStart, runNpmStart } from '../tools/run-npm-start.ts'

export const checkout = dirname(dirname(fileURLToPath(import.meta.url)))

const started: NpmStart[] = []
const directories: string[] = []

/** Ends what the tests of a file have started, after each of them. Call it once in each file. */
export function endStarted(): void {
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
}

export async function aDirectory(): Promise<string> {
  const directory = await mkdtemp('/tmp/hf-start-')
  directories.push(directory, `${directory}-secret`)
  return directory
}

/** A data directory in which initdb has run, for tests that are not about the first start. */
export async function aFilledDirectory(): Promise<string> {
  const directory = await aDirectory()
  await fillDataDirectory(directory)
  return directory
}

/** Runs `npm start` in this checkout. */
export function npmStart(env: Record<string, string | undefined>): NpmStart {
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

export type Made = { id: string; status: string; manageToken: string }

/** Books a free slot a week or so from now, as a guest: the next one may begin meanwhile. */
export async function bookSomething(url: string): Promise<Made> {
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

export async function getJson<Body>(url: string, token?: string): Promise<Body> {
  const response = await fetch(url, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } })
  expect(response.status, await response.clone().text()).toBe(200)
  return (await response.json()) as Body
}
