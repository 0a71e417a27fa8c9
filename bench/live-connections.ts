/**
 * `node bench/live-connections.ts [10000]`: opens so many live connections to one server process, each subscribed to
 * one doctor of the demo clinic, and measures their memory and how soon all of them are notified of a booking. Exits
 * with 1 when a connection is refused, lost or not notified.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { runNpmStart } from '../tools/run-npm-start.ts'
import { Subscribers } from './live/subscribers.ts'

const checkout = dirname(dirname(fileURLToPath(import.meta.url)))
const metricsToken = 'a token of this measurement'
const pauseMs = 5_000
const deliveryMsMax = 30_000
const bookings = 20

type Memory = { residentMiB: number; heapMiB: number; connections: number }

async function memoryOf(url: string): Promise<Memory> {
  const response = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${metricsToken}` } })
  const text = await response.text()
  const figure = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1])
  return {
    residentMiB: figure('holdfast_process_resident_memory_bytes') / 2 ** 20,
    heapMiB: figure('holdfast_nodejs_heap_size_used_bytes') / 2 ** 20,
    connections: figure('holdfast_live_connections\\{kind="socket"\\}'),
  }
}

/** A doctor with future slots, and those slots. */
async function aCalendar(url: string): Promise<{ doctorId: string; slotIds: string[] }> {
  const read = async (path: string) =>
    (await (await fetch(`${url}/api/v1${path}`)).json()) as { items: { id: string }[] }
  const today = Temporal.Now.plainDateISO()
  for (const doctor of (await read('/doctors?limit=100')).items) {
    const range = `from=${today}&to=${today.add({ days: 60 })}&onlyAvailable=true`
    const slots = await read(`/doctors/${doctor.id}/slots?${range}`)
    if (slots.items.length >= bookings) return { doctorId: doctor.id, slotIds: slots.items.map((slot) => slot.id) }
  }
  throw new Error('No doctor of the demo clinic has enough slots.')
}

/** Books one slot. @returns milliseconds until every subscriber has been notified */
async function deliveryOfBooking(
  url: string,
  slotId: string,
  subscribers: Subscribers,
  count: number,
): Promise<number> {
  const before = subscribers.messages
  const body = JSON.stringify({ slotId, patient: { name: 'Patient' } })
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`${url}/api/v1/bookings`, { method: 'POST', headers, body })
  const respondedAtMs = performance.now()
  if (response.status !== 201) throw new Error(`The booking returned ${response.status}: ${await response.text()}`)
  while (subscribers.messages < before + count) {
    if (performance.now() - respondedAtMs > deliveryMsMax) {
      throw new Error(`Only ${subscribers.messages - before} of ${count} were notified of a booking.`)
    }
    await delay(1)
  }
  return performance.now() - respondedAtMs
}

async function measure(url: string, count: number): Promise<void> {
  const { hostname, port } = new URL(url)
  const { doctorId, slotIds } = await aCalendar(url)
  await delay(pauseMs)
  const before = await memoryOf(url)
  const subscribers = new Subscribers()
  const beganMs = performance.now()
  await subscribers.open({ host: hostname, port: Number(port) }, [doctorId], count)
  const openedMs = performance.now() - beganMs
  await delay(pauseMs)
  const open = await memoryOf(url)
  const deliveryMs: number[] = []
  for (const slotId of slotIds.slice(0, bookings)) {
    deliveryMs.push(await deliveryOfBooking(url, slotId, subscribers, count))
    await delay(1_000)
  }
  deliveryMs.sort((a, b) => a - b)
  const after = await memoryOf(url)
  const { closed } = subscribers
  subscribers.close()
  const grewKiB = (key: 'residentMiB' | 'heapMiB') => (((open[key] - before[key]) * 1024) / count).toFixed(1)
  const line = ({ residentMiB, heapMiB }: Memory) =>
    `${residentMiB.toFixed(0)} MiB resident, ${heapMiB.toFixed(0)} MiB heap`
  console.log(`without connections       ${line(before)}`)
  console.log(`${open.connections} connections         ${line(open)}  (opened in ${(openedMs / 1000).toFixed(1)} s)`)
  console.log(`after ${bookings} bookings          ${line(after)}`)
  console.log(`for each connection       ${grewKiB('residentMiB')} KiB resident, ${grewKiB('heapMiB')} KiB of it heap`)
  console.log(
    `from a booking's response until all ${count} were notified: ` +
      `median ${deliveryMs[bookings / 2]?.toFixed(0)} ms, at most ${deliveryMs.at(-1)?.toFixed(0)} ms`,
  )
  if (open.connections !== count || closed > 0) throw new Error(`${closed} connections were lost.`)
}

const count = Number(process.argv[2] ?? 10_000)
const dataDirectory = await mkdtemp(join(tmpdir(), 'holdfast-live-connections-'))
const started = runNpmStart(checkout, {
  PORT: '0',
  HOLDFAST_DATA: dataDirectory,
  HOLDFAST_SECRET_FILE: join(dataDirectory, 'secret'),
  HOLDFAST_RATE_LIMIT: 'off',
  HOLDFAST_METRICS_TOKEN: metricsToken,
  DATABASE_URL: undefined,
})
try {
  await measure(await started.ready, count)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  if (started.child.exitCode === null) started.signalGroup('SIGINT')
  await started.ended
  await rm(dataDirectory, { recursive: true, force: true })
}
