import type { NewAuditEvent } from '@holdfast/engine'
import { until } from '@holdfast/testkit'
import { expect, test } from 'vitest'
import type { AuditEntry } from './audit-entry.ts'
import { AuditRecorder } from './audit-recorder.ts'
import { ShardedAuditRecorder } from './sharded-audit-recorder.ts'

/** Clinics with odd numbers are in one shard, those with even numbers in the other. */
type Shard = 'odd' | 'even'

const shardOf = (clinicNo: number): Shard => (clinicNo % 2 === 1 ? 'odd' : 'even')

function aRecorder() {
  const written: Record<Shard, NewAuditEvent[]> = { odd: [], even: [] }
  const down = new Set<Shard>()
  const figures = { written: 0, lost: 0 }
  const appendIn = (shard: Shard) => async (events: readonly NewAuditEvent[]) => {
    if (down.has(shard)) throw new Error('The shard cannot be reached.')
    written[shard].push(...events)
  }
  const common = {
    idsByEmail: async () => new Map([['ada@example.org', 'ada']]),
    withRole: async (ids: string[]) => new Set(ids.filter((id) => id === 'ada')),
    digestOf: (email: string) => `digest of ${email}`,
    log: { error: () => undefined },
    onWritten: (count: number) => {
      figures.written += count
    },
    onLost: (count: number) => {
      figures.lost += count
    },
  }
  const recorder = new ShardedAuditRecorder<Shard>({
    ...common,
    // Ada has a role in the clinics 1 and 2.
    byClinic: async (events) =>
      events.flatMap((event) => {
        if (event.clinicNo !== null) return [event]
        const clinicNos = (event.actorId ?? event.subjectId) === 'ada' ? [1, 2] : [0]
        return clinicNos.map((clinicNo) => ({ ...event, clinicNo }))
      }),
    appends: new Map([
      ['odd', appendIn('odd')],
      ['even', appendIn('even')],
    ]),
    shardOf,
  })
  return { recorder, common, appendIn, written, down, figures }
}

const changed = (clinicNo: number, subjectId = 'x'): AuditEntry => ({
  kind: 'role_changed',
  clinicNo,
  actorId: 'a',
  subjectId,
})

const seen = (events: readonly NewAuditEvent[]) => events.map(({ kind, clinicNo, count }) => [kind, clinicNo, count])

test('an event is in the shard of its clinic, an account’s own in all of its clinics, and others at 0', async () => {
  const { recorder, written, figures } = aRecorder()
  recorder.record(changed(3))
  recorder.record({ kind: 'sign_in', actorEmail: 'ada@example.org' })
  recorder.record({ kind: 'sign_in_failed', subjectEmail: 'nobody@example.org' })
  await recorder.stop()
  expect(seen(written.odd)).toEqual([
    ['role_changed', 3, 1],
    ['sign_in', 1, 1],
  ])
  expect(seen(written.even)).toEqual([
    ['sign_in', 2, 1],
    ['sign_in_failed', 0, 1],
  ])
  expect(written.even).toMatchObject([
    { actorKind: 'account', actorId: 'ada' },
    { actorKind: 'nobody', subjectId: 'digest of nobody@example.org' },
  ])
  expect(figures).toEqual({ written: 4, lost: 0 })
})

test('a shard that cannot be written holds back its own events alone, and has them when it is back', async () => {
  const { recorder, written, down } = aRecorder()
  down.add('odd')
  recorder.record(changed(1))
  recorder.record(changed(2))
  recorder.record({ kind: 'sign_in', actorId: 'ada' })
  await until(async () => written.even.length === 2, 'the events of the other shard')
  expect(written.odd).toEqual([])
  down.delete('odd')
  await recorder.stop()
  expect(seen(written.odd).toSorted()).toEqual([
    ['role_changed', 1, 1],
    ['sign_in', 1, 1],
  ])
})

const waitingMax = 10_000

test('a shard that is away loses the oldest of its own events alone', async () => {
  const { recorder, written, down, figures } = aRecorder()
  down.add('odd')
  const all = waitingMax + 5
  for (let n = 0; n < all; n += 1) recorder.record(changed(1, `${n}`))
  for (let n = 0; n < 5; n += 1) recorder.record(changed(2, `${n}`))
  expect(figures.lost).toBe(5)
  down.delete('odd')
  await recorder.stop()
  expect(written.odd.map(({ subjectId }) => subjectId)).toEqual(
    Array.from({ length: waitingMax }, (_, n) => `${n + 5}`),
  )
  expect(written.even).toHaveLength(5)
  expect(figures.lost).toBe(5)
})

test('strangers are counted once, and failures for an account with a role are never merged', async () => {
  const { recorder, written } = aRecorder()
  const network = '203.0.113.0/24'
  for (let n = 0; n < 500; n += 1) {
    recorder.record({ kind: 'sign_in_failed', subjectEmail: `${n}@example.org`, network })
  }
  recorder.record({ kind: 'sign_in_failed', subjectEmail: 'ada@example.org', network })
  await recorder.stop()
  expect(seen(written.odd)).toEqual([['sign_in_failed', 1, 1]])
  expect(written.even.reduce((sum, { count }) => sum + count, 0)).toBe(501)
  // It has the events of one network, those of the account, and what was merged.
  expect(written.even.length).toBeLessThan(130)
})

test('negative control: with one queue, a shard that cannot be written holds back all', async () => {
  const { common, appendIn, written, down, figures } = aRecorder()
  const recorder = new AuditRecorder({
    ...common,
    append: async (events) => {
      for (const shard of ['odd', 'even'] as const) {
        const ofShard = events.filter(({ clinicNo }) => shardOf(clinicNo ?? 0) === shard)
        if (ofShard.length > 0) await appendIn(shard)(ofShard)
      }
    },
  })
  down.add('odd')
  recorder.record(changed(1))
  recorder.record(changed(2))
  await recorder.stop()
  expect(written.even).toEqual([])
  expect(figures.lost).toBe(2)
})
