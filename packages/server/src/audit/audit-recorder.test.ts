import type { NewAuditEvent } from '@holdfast/engine'
import { until } from '@holdfast/testkit'
import { expect, test } from 'vitest'
import type { AuditEntry } from './audit-entry.ts'
import { AuditRecorder, AuditUnavailable } from './audit-recorder.ts'
import { searchOf } from './search-of.ts'
import { allRowsMax, networkRowsMax } from './stranger-limits.ts'

function aRecorder() {
  const clock = { ms: 0 }
  const written: NewAuditEvent[] = []
  const figures = { written: 0, lost: 0, appends: 0, isDown: false, held: Promise.resolve() }
  const recorder = new AuditRecorder({
    append: async (events) => {
      figures.appends += 1
      await figures.held
      if (figures.isDown) throw new Error('The database cannot be reached.')
      if (events.some(({ details }) => details.includes('history'))) {
        throw Object.assign(new Error('violates a check constraint'), { code: '23514' })
      }
      written.push(...events)
    },
    idsByEmail: async () =>
      new Map([
        ['ada@example.org', 'the-id-of-ada'],
        ['patient@example.org', 'the-id-of-a-patient'],
      ]),
    withRole: async (ids) => new Set(ids.filter((id) => id === 'the-id-of-ada')),
    digestOf: (email) => `digest of ${email}`,
    log: { error: () => undefined },
    onWritten: (count) => {
      figures.written += count
    },
    onLost: (count) => {
      figures.lost += count
    },
    now: () => clock.ms,
  })
  const summary = () => written.map(({ kind, count }) => `${count} × ${kind}`)
  return { recorder, clock, written, figures, summary }
}

const failure = (email: string, network = '203.0.113.0/24'): AuditEntry => ({
  kind: 'sign_in_failed',
  subjectEmail: email,
  network,
})

test('an event is written within moments', async () => {
  const { recorder, written } = aRecorder()
  recorder.record({ kind: 'role_changed', clinicNo: 7, actorId: 'a', subjectId: 'b', details: ['admin'] })
  await until(async () => written.length > 0, 'the event')
  expect(written).toMatchObject([
    {
      kind: 'role_changed',
      clinicNo: 7,
      actorKind: 'account',
      actorId: 'a',
      subjectId: 'b',
      details: ['admin'],
      count: 1,
    },
  ])
})

test('an address becomes its account’s id, or a digest', async () => {
  const { recorder, written } = aRecorder()
  recorder.record(failure('ada@example.org'))
  recorder.record(failure('nobody@example.org'))
  recorder.record({ kind: 'sign_in', actorEmail: 'ada@example.org' })
  await recorder.stop()
  expect(written.map(({ actorId, subjectId }) => [actorId, subjectId])).toEqual([
    [null, 'the-id-of-ada'],
    [null, 'digest of nobody@example.org'],
    ['the-id-of-ada', null],
  ])
  expect(JSON.stringify(written.filter(({ subjectId }) => !subjectId?.startsWith('digest')))).not.toContain('@')
})

test('two searches are two rows, with digests of what was searched, and the same search again is one row', async () => {
  const { recorder, written } = aRecorder()
  const read = { kind: 'bookings_read', clinicNo: 7, actorId: 'a' } as const
  for (const q of ['Miller', ' miller', 'Meyer', 'MILLER']) recorder.record({ ...read, ...searchOf(q) })
  recorder.record({ ...read, ...searchOf(undefined) })
  await recorder.stop()
  const rows = written.map(({ subjectId, details, count }) => [subjectId, details, count])
  expect(rows).toEqual([
    ['digest of search miller', ['search'], 1],
    ['digest of search meyer', ['search'], 1],
    [null, [], 1],
    ['digest of search miller', ['search'], 2],
  ])
})

test('repetitions within a minute are one more row, per address and network', async () => {
  const { recorder, clock, written, summary } = aRecorder()
  for (let index = 0; index < 1_000; index += 1) recorder.record(failure('ada@example.org'))
  recorder.record(failure('ada@example.org', '198.51.100.0/24'))
  clock.ms = 30_000
  recorder.record(failure('ada@example.org'))
  clock.ms = 61_000
  recorder.record(failure('ada@example.org'))
  await recorder.stop()
  expect(summary().sort()).toEqual(
    ['1 × sign_in_failed', '1 × sign_in_failed', '1 × sign_in_failed', '1000 × sign_in_failed'].sort(),
  )
  expect(written.find(({ count }) => count === 1_000)?.ageMs).toBe(31_000)
})

const merged = ({ details }: NewAuditEvent) => details.includes('merged')
const sum = (events: readonly NewAuditEvent[]) => events.reduce((total, { count }) => total + count, 0)

test('a flood from one network is bounded, and still counted', async () => {
  const { recorder, written } = aRecorder()
  const tries = 5_000
  for (let index = 0; index < tries; index += 1) recorder.record(failure(`${index}@example.org`))
  await recorder.stop()
  expect(written.filter((event) => !merged(event)).length).toBe(networkRowsMax)
  expect(sum(written)).toBe(tries)
  // Each write while it stops adds a few that were merged.
  expect(written.length).toBeLessThan(networkRowsMax + 30)
  expect(new Set(written.filter(merged).map(({ subjectId, network }) => `${subjectId} ${network}`))).toEqual(
    new Set(['null 203.0.113.0/24']),
  )
})

test('a flood hides no failure for an account with a role, and none of other networks', async () => {
  const { recorder, written } = aRecorder()
  for (let index = 0; index < 500; index += 1) recorder.record(failure(`${index}@example.org`))
  recorder.record(failure('ada@example.org'))
  recorder.record(failure('ada@example.org', '198.51.100.0/24'))
  recorder.record(failure('patient@example.org', '198.51.100.0/24'))
  // An account without a role is like strangers in the network of the flood.
  recorder.record(failure('patient@example.org'))
  await recorder.stop()
  const ofAccounts = written.filter(({ subjectId }) => subjectId?.startsWith('the-id'))
  expect(ofAccounts.map(({ subjectId, network }) => `${subjectId} ${network}`)).toEqual([
    'the-id-of-ada 203.0.113.0/24',
    'the-id-of-ada 198.51.100.0/24',
    'the-id-of-a-patient 198.51.100.0/24',
  ])
  expect(sum(written)).toBe(504)
})

test('a flood that goes on writes few rows an hour', async () => {
  const { recorder, clock, written } = aRecorder()
  for (let minute = 0; minute < 60; minute += 1) {
    clock.ms = minute * 60_000
    for (let index = 0; index < 20; index += 1) recorder.record(failure(`${minute}.${index}@example.org`))
    await until(async () => sum(written) >= minute || written.some(merged), 'a write')
  }
  await recorder.stop()
  expect(sum(written)).toBe(1_200)
  expect(written.length).toBeLessThan(networkRowsMax + 20)
})

test('a flood from many networks is bounded, except for accounts with a role', async () => {
  const { recorder, written } = aRecorder()
  for (let index = 0; index < 1_000; index += 1) {
    recorder.record(failure(`${index}@example.org`, `2001:db8:${index.toString(16)}::/48`))
  }
  recorder.record(failure('ada@example.org'))
  await recorder.stop()
  expect(written.filter((event) => !merged(event)).length).toBe(allRowsMax + 1)
  expect(written.filter(merged).map(({ network }) => network)).not.toContain(expect.any(String))
  expect(written.map(({ subjectId }) => subjectId)).toContain('the-id-of-ada')
  expect(sum(written)).toBe(1_001)
})

test('a write that is tried again counts a stranger once', async () => {
  const { recorder, figures, written } = aRecorder()
  figures.isDown = true
  for (let index = 0; index < networkRowsMax; index += 1) recorder.record(failure(`${index}@example.org`))
  const stopped = recorder.stop()
  await until(async () => figures.appends > 0, 'a failed write')
  figures.isDown = false
  await stopped
  expect(written.filter(merged)).toEqual([])
  expect(written.length).toBe(networkRowsMax)
})

test('while the database is down events wait, and a stop writes them', async () => {
  const { recorder, figures, summary } = aRecorder()
  figures.isDown = true
  recorder.record({ kind: 'sign_out', actorId: 'a' })
  recorder.record({ kind: 'sign_out', actorId: 'a' })
  const stopped = recorder.stop()
  await new Promise((resolve) => setImmediate(resolve))
  figures.isDown = false
  await stopped
  expect(summary()).toEqual(['1 × sign_out', '1 × sign_out'])
  expect(figures).toMatchObject({ written: 2, lost: 0 })
})

test('an event that the table refuses does not keep back the others', async () => {
  const { recorder, figures, summary } = aRecorder()
  for (const actorId of ['a', 'b', 'c']) recorder.record({ kind: 'sign_out', actorId })
  recorder.record({ kind: 'denied', actorId: 'a', details: ['history'] })
  for (const actorId of ['d', 'e', 'f']) recorder.record({ kind: 'sign_out', actorId })
  await recorder.stop()
  expect(summary()).toEqual(Array(6).fill('1 × sign_out'))
  expect(figures).toMatchObject({ written: 6, lost: 1 })
})

test('one event that the table refuses among hundreds costs a few more tries', async () => {
  const { recorder, figures } = aRecorder()
  for (let index = 0; index < 400; index += 1) recorder.record({ kind: 'sign_out', actorId: `${index}` })
  recorder.record({ kind: 'denied', actorId: 'a', details: ['history'] })
  await recorder.stop()
  expect(figures).toMatchObject({ written: 400, lost: 1 })
  expect(figures.appends).toBeLessThan(25)
})

test('what cannot be written before the stop is counted as lost', async () => {
  const { recorder, figures } = aRecorder()
  figures.isDown = true
  for (const actorId of ['a', 'b', 'c']) recorder.record({ kind: 'sign_out', actorId })
  await recorder.stop()
  expect(figures).toMatchObject({ written: 0, lost: 3 })
})

const read = (subjectId: string): AuditEntry => ({ kind: 'booking_read', clinicNo: 7, actorId: 'a', subjectId })

test('a read is acknowledged when it is written, and not before', async () => {
  const { recorder, figures, written } = aRecorder()
  const writing = Promise.withResolvers<void>()
  figures.held = writing.promise
  let isAcknowledged = false
  const acknowledged = recorder.acknowledge([read('b'), read('c')]).then(() => {
    isAcknowledged = true
  })
  await until(
    async () => (figures.appends > 0 ? true : undefined),
    () => 'the write',
  )
  expect([isAcknowledged, written.length]).toEqual([false, 0])
  writing.resolve()
  await acknowledged
  expect(written.map(({ subjectId }) => subjectId)).toEqual(['b', 'c'])
})

test('reads that come during a write share the next one', async () => {
  const { recorder, figures } = aRecorder()
  const writing = Promise.withResolvers<void>()
  figures.held = writing.promise
  const first = recorder.acknowledge([read('b')])
  await until(
    async () => (figures.appends > 0 ? true : undefined),
    () => 'the write',
  )
  const others = Array.from({ length: 20 }, (_, nth) => recorder.acknowledge([read(`other ${nth}`)]))
  writing.resolve()
  await Promise.all([first, ...others])
  expect(figures.appends).toBe(2)
})

test('a repetition of a read that is written is acknowledged at once, and counted', async () => {
  const { recorder, figures, summary } = aRecorder()
  await recorder.acknowledge([read('b')])
  figures.isDown = true
  await recorder.acknowledge([read('b')])
  figures.isDown = false
  await recorder.stop()
  expect(summary()).toEqual(['1 × booking_read', '1 × booking_read'])
})

test('two requests that read the same at once both wait for it', async () => {
  const { recorder, figures } = aRecorder()
  figures.isDown = true
  const both = await Promise.allSettled([recorder.acknowledge([read('b')]), recorder.acknowledge([read('b')])])
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
})

test('a read that cannot be written is refused, and a later one is written', async () => {
  const { recorder, figures, written } = aRecorder()
  figures.isDown = true
  await expect(recorder.acknowledge([read('b')])).rejects.toThrow(AuditUnavailable)
  figures.isDown = false
  await recorder.acknowledge([read('b')])
  expect(written).toHaveLength(1)
})

test('a read that the database refuses is refused each time', async () => {
  const { recorder } = aRecorder()
  const refused: AuditEntry = { ...read('b'), details: ['history'] }
  await expect(recorder.acknowledge([refused])).rejects.toThrow(AuditUnavailable)
  await expect(recorder.acknowledge([refused])).rejects.toThrow(AuditUnavailable)
})
