import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createEgress } from '@holdfast/adapters/egress'
import { type BusyCalendarNotice, createEngine } from '@holdfast/engine'
import { aClinic, aDoctor, aSlot, type BuiltSlot, type TestDatabase } from '@holdfast/testkit'
import { test as databaseTest } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect, vi } from 'vitest'
import { createLogger } from '../observe/logger.ts'
import { createSealedTexts } from '../secrets/sealed-texts.ts'
import { readDueCalendars } from './read-due-calendars.ts'

type Reply = { status: number; headers?: Record<string, string>; body?: string }

/** A calendar server on this machine. */
const test = databaseTest.extend('calendars', { scope: 'file' }, async ({ database: _ }, { onCleanup }) => {
  const replies = new Map<string, Reply>()
  const requests: { url: string; etag: string | undefined }[] = []
  const server = createServer((request, response) => {
    const { url = '' } = request
    requests.push({ url, etag: request.headers['if-none-match'] })
    const { status, headers = {}, body = '' } = replies.get(url) ?? { status: 404 }
    response.writeHead(status, headers).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onCleanup(() => void server.close())
  const { port } = server.address() as AddressInfo
  return { replies, requests, origin: `http://127.0.0.1:${port}` }
})

const sealed = createSealedTexts(['a secret of the tests'], 'busy-calendar')

async function aScene(database: TestDatabase, url: string) {
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic)
  const slot = await aSlot(database, doctor)
  const engine = createEngine({ batchPool: database.appPool, generalPool: database.appPool })
  await engine.busyCalendars.set({ clinicNo: clinic.no, doctorId: doctor.id, sealedUrl: await sealed.seal(url) })
  const state = () => engine.busyCalendars.find(clinic.no, doctor.id)
  const isBlocked = async () => (await engine.reads.slot(slot.id))?.available === 0
  const due = () =>
    database.ownerPool.query(sql`
      update holdfast.busy_calendar set read_next_at = now() where resource_id = ${doctor.id}`)
  return { doctor, slot, state, isBlocked, due }
}

function calendarWith({ startsAt, endsAt }: BuiltSlot): string {
  const utc = (time: Date) => `${time.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`
  const event = ['BEGIN:VEVENT', 'UID:1', `DTSTART:${utc(startsAt)}`, `DTEND:${utc(endsAt)}`, 'END:VEVENT']
  return ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:x', ...event, 'END:VCALENDAR', ''].join('\r\n')
}

async function read({ appPool: pool }: TestDatabase, allowPrivate = true): Promise<BusyCalendarNotice[]> {
  const failing: BusyCalendarNotice[] = []
  await readDueCalendars({
    pool,
    sealed,
    egress: createEgress({ allowPrivate }),
    log: createLogger('silent'),
    onNotice: async (_transaction, one) => void failing.push(one),
  })
  return failing
}

const empty = 'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nEND:VCALENDAR\r\n'

test('a calendar blocks a place, is asked for changes, frees it if empty twice', async ({ database, calendars }) => {
  const { doctor, slot, state, isBlocked, due } = await aScene(database, `${calendars.origin}/moved.ics`)
  calendars.replies.set('/moved.ics', { status: 302, headers: { location: '/a.ics' } })
  calendars.replies.set('/a.ics', { status: 200, headers: { etag: '"1"' }, body: calendarWith(slot) })
  await read(database)
  expect(await isBlocked()).toBe(true)
  expect(await state()).toMatchObject({ readAt: expect.any(Date), problem: null })
  calendars.replies.set('/a.ics', { status: 304 })
  await due()
  await read(database)
  expect(calendars.requests.at(-1)).toEqual({ url: '/a.ics', etag: '"1"' })
  expect(await isBlocked()).toBe(true)
  calendars.replies.set('/a.ics', { status: 200, body: empty })
  await due()
  await read(database)
  expect(await isBlocked()).toBe(true)
  expect(await state()).toMatchObject({ emptySince: expect.any(Date) })
  await database.ownerPool.query(sql`update holdfast.busy_calendar set empty_since = empty_since - interval '15 minutes'
      where resource_id = ${doctor.id}`)
  await due()
  expect(await read(database)).toMatchObject([{ kind: 'emptied', doctorId: doctor.id }])
  expect(calendars.requests.at(-1)).toEqual({ url: '/a.ics', etag: undefined })
  expect(await isBlocked()).toBe(false)
})

test('events that are not understood are stored with the reasons', async ({ database, calendars }) => {
  const { slot, state, isBlocked } = await aScene(database, `${calendars.origin}/odd.ics`)
  const day = slot.startsAt.toISOString().slice(0, 10).replaceAll('-', '')
  const odd = ['UID:2', `DTSTART;TZID=Mars/Olympus:${day}T100000`, `DTEND;TZID=Mars/Olympus:${day}T110000`]
  const body = calendarWith(slot).replace(
    'END:VCALENDAR',
    ['BEGIN:VEVENT', ...odd, 'END:VEVENT', 'END:VCALENDAR'].join('\r\n'),
  )
  calendars.replies.set('/odd.ics', { status: 200, body })
  await read(database)
  expect(await isBlocked()).toBe(true)
  const leftOutEvents = [{ reason: 'unknown_zone', detail: 'Mars/Olympus', count: 1 }]
  expect(await state()).toMatchObject({ leftOut: 1, leftOutEvents })
})

test('a failure is shown, blocks nothing else and is notified once after a day', async ({ database, calendars }) => {
  const { doctor, slot, state, isBlocked, due } = await aScene(database, `${calendars.origin}/b.ics`)
  calendars.replies.set('/b.ics', { status: 200, body: calendarWith(slot) })
  await read(database)
  const failures = [
    [{ status: 500 }, 'status'],
    [{ status: 200, body: '<html>' }, 'invalid'],
    [{ status: 302 }, 'status'],
    [{ status: 200, body: 'x'.repeat(5_000_001) }, 'too_large'],
  ] as const
  for (const [reply, reason] of failures) {
    calendars.replies.set('/b.ics', reply)
    await due()
    expect(await read(database)).toEqual([])
    expect(await state()).toMatchObject({ reason, problem: expect.any(String) })
    expect(await isBlocked()).toBe(true)
  }
  await database.ownerPool.query(sql`update holdfast.busy_calendar set failing_since = now() - interval '25 hours'
      where resource_id = ${doctor.id}`)
  expect(await read(database)).toMatchObject([{ doctorId: doctor.id }])
  expect(await read(database)).toEqual([])
})

test('nothing of this machine is read unless allowed, not even by a redirect', async ({ database, calendars }) => {
  const { state } = await aScene(database, `${calendars.origin}/c.ics`)
  const before = calendars.requests.length
  await read(database, false)
  expect(calendars.requests).toHaveLength(before)
  expect(await state()).toMatchObject({ reason: 'refused', problem: expect.any(String) })
  const requested: string[] = []
  const other = await aScene(database, 'https://calendar.example.org/d.ics')
  const egress = createEgress({ allowPrivate: false })
  await readDueCalendars({
    pool: database.appPool,
    sealed,
    egress: {
      async request(request) {
        requested.push(request.url)
        if (request.url.includes('example.org')) {
          return { kind: 'response', status: 301, headers: { location: calendars.origin }, body: '' }
        }
        return egress.request(request)
      },
    },
    log: createLogger('silent'),
    onNotice: async () => undefined,
  })
  expect(requested).toEqual(['https://calendar.example.org/d.ics', `${calendars.origin}/`])
  expect(calendars.requests).toHaveLength(before)
  expect(await other.state()).toMatchObject({ reason: 'refused', problem: expect.any(String) })
})

test('a request and its redirects have 15 seconds together', async ({ database }) => {
  await aScene(database, 'https://calendar.example.org/slow.ics')
  const began = performance.now()
  let elapsedMs = 0
  vi.spyOn(performance, 'now').mockImplementation(() => began + elapsedMs)
  const timeouts: number[] = []
  await readDueCalendars({
    pool: database.appPool,
    sealed,
    egress: {
      async request({ timeoutMs }) {
        timeouts.push(timeoutMs)
        elapsedMs += 6_000
        return { kind: 'response', status: 302, headers: { location: '/slow.ics' }, body: '' }
      },
    },
    log: createLogger('silent'),
    onNotice: async () => undefined,
  })
  vi.restoreAllMocks()
  expect(timeouts).toEqual([15_000, 9_000, 3_000, 1])
})
