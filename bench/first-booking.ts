/**
 * `npm run first-booking`: the time from `npm start` in an installed checkout, on an empty data directory, to the first
 * accepted booking over HTTP. Exits with 1 if it reaches the limit.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runNpmStart } from '../tools/run-npm-start.ts'

const limitSeconds = 10
const checkout = dirname(dirname(fileURLToPath(import.meta.url)))

type Doctor = { id: string; nextAvailableAt: string | null }
type Slot = { id: string; available: number }

async function getItems<Item>(url: string): Promise<Item[]> {
  const response = await fetch(url)
  if (!response.ok) throw new Error(`GET ${url} returned ${response.status}: ${await response.text()}`)
  const { items } = (await response.json()) as { items: Item[] }
  return items
}

async function findFreeSlot(api: string): Promise<string> {
  for (const doctor of await getItems<Doctor>(`${api}/doctors`)) {
    if (doctor.nextAvailableAt === null) continue
    // In the clinic's time zone it may be the day before or after.
    const day = Temporal.Instant.from(doctor.nextAvailableAt).toZonedDateTimeISO('UTC').toPlainDate()
    const range = `from=${day.subtract({ days: 1 })}&to=${day.add({ days: 1 })}&onlyAvailable=true`
    const [slot] = await getItems<Slot>(`${api}/doctors/${doctor.id}/slots?${range}`)
    if (slot !== undefined) return slot.id
  }
  throw new Error('the demo clinic has no free slot')
}

async function book(api: string, slotId: string): Promise<void> {
  const response = await fetch(`${api}/bookings`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': 'first-booking' },
    body: JSON.stringify({ slotId, patient: { name: 'First Patient' } }),
  })
  if (response.status !== 201) throw new Error(`the booking returned ${response.status}: ${await response.text()}`)
}

/** @returns milliseconds since `npm start` at which it was ready, had found a slot, and had booked it */
async function measure(dataDirectory: string): Promise<{ readyMs: number; foundMs: number; bookedMs: number }> {
  const startedAt = performance.now()
  const started = runNpmStart(checkout, {
    PORT: '0',
    HOLDFAST_DATA: dataDirectory,
    HOLDFAST_SECRET_FILE: join(dataDirectory, 'secret'),
    DATABASE_URL: undefined,
  })
  try {
    const api = `${await started.ready}/api/v1`
    const readyMs = performance.now() - startedAt
    const slotId = await findFreeSlot(api)
    const foundMs = performance.now() - startedAt
    await book(api, slotId)
    return { readyMs, foundMs, bookedMs: performance.now() - startedAt }
  } finally {
    if (started.child.exitCode === null) started.signalGroup('SIGINT')
    await started.ended
  }
}

const dataDirectory = await mkdtemp(join(tmpdir(), 'holdfast-first-booking-'))
try {
  const { readyMs, foundMs, bookedMs } = await measure(dataDirectory)
  const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`
  console.log(`npm start to ready        ${seconds(readyMs)}  (database created, migrated, demo clinic loaded)`)
  console.log(`finding a free slot       ${seconds(foundMs - readyMs)}`)
  console.log(`booking it                ${seconds(bookedMs - foundMs)}`)
  console.log(`npm start to first booking: ${seconds(bookedMs)} (limit: ${limitSeconds} s)`)
  if (bookedMs >= limitSeconds * 1000) process.exitCode = 1
} finally {
  await rm(dataDirectory, { recursive: true, force: true })
}
