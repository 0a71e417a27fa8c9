import { aBooking, aClinic, aDoctor, aSlot, type TestDatabase, until } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import type pg from 'pg'
import { expect } from 'vitest'
import { changeDatabaseUrl } from '../database/database-url.ts'
import { createPool } from '../database/pools.ts'
import { EventTail } from './event-tail.ts'
import type { LogEntry } from './log-entry.ts'
import { endOfLog } from './read-log.ts'

// The horizon belongs to the whole server: an open transaction of another test file delays this tail.
const reportedWithinMs = 45_000
/** Waits until everything that was committed so far lies before the end of the log. */
async function untilPastCommits({ ownerPool, appPool }: TestDatabase): Promise<void> {
  const { rows } = await ownerPool.query<{ xid: string }>('select pg_current_xact_id()::text as xid')
  await until(
    async () => (await endOfLog(appPool)).xid >= BigInt(rows[0]?.xid ?? 0),
    'the end of older transactions',
    reportedWithinMs,
  )
}

const lineOf = (entry: LogEntry) => (entry.kind === 'booking' ? `${entry.bookingId} v${entry.version}` : entry.kind)

test('a database reached is followed from the end of its log; earlier reads are not trusted', async ({ database }) => {
  const slot = await aSlot(database, await aDoctor(database, await aClinic(database)), { capacity: 10 })
  const nowhere = changeDatabaseUrl(database.sessionUrl, { host: '/nonexistent' })
  const pool = createPool({ url: nowhere, max: 2, name: 'not reached' })
  const before = await aBooking(database, slot, { status: 'PENDING' })
  await untilPastCommits(database)
  const seen: string[] = []
  const tail = EventTail.startWhenReached({
    pool,
    listenUrl: nowhere,
    onRead: ({ kind }) => seen.at(-1) !== kind && seen.push(kind),
    onEpoch: () => seen.push('epoch'),
  })
  const reported: LogEntry[] = []
  tail.subscribe((entries) => reported.push(...entries))
  await until(async () => seen.includes('failed'), 'a read that fails')
  expect([tail.epoch, tail.horizon]).toEqual([0, 0n])
  pool.relocate(database.sessionUrl)
  tail.relocate(database.sessionUrl)
  await until(async () => seen.includes('read'), 'the first read')
  expect(seen).toEqual(['failed', 'epoch', 'read'])
  const { xid } = await endOfLog(database.appPool)
  expect(tail.horizon).toBeGreaterThan(0n)
  expect(tail.horizon).toBeLessThanOrEqual(xid + 1n)
  const after = await aBooking(database, slot, { status: 'PENDING' })
  const isAfter = (entry: LogEntry) => lineOf(entry) === `${after.id} v1`
  await until(
    async () => reported.some(isAfter),
    () => `the entry of ${after.id}`,
    reportedWithinMs,
  )
  expect(reported.map(lineOf)).not.toContain(`${before.id} v1`)
  await tail.stop()
  await pool.end()
})

test('it stays where it has begun when an earlier response arrives, which it has not waited for', async () => {
  const late = Promise.withResolvers<void>()
  let asked = 0
  const horizons: bigint[] = []
  // A node that has just come back: what it says first takes longer than a read may.
  const pool = {
    async query({ text }: { text: string }) {
      if (text.includes('log_is_ahead')) {
        asked += 1
        if (asked === 1) await late.promise
        return { rows: [{ is_ahead: false }] }
      }
      if (text.includes('begin_log_epoch')) return { rows: [] }
      const isLate = horizons.length > 0
      if (text.includes('max(no)')) {
        const answered = { no: '5', starts_at: null, horizon: isLate ? '900' : '100' }
        if (isLate) lateAnswered.resolve()
        return { rows: [answered] }
      }
      return { rows: [{ horizon: '100', epoch: '5', is_of_epoch: 't', xids: null, case_details: null }] }
    },
  } as unknown as pg.Pool
  const lateAnswered = Promise.withResolvers<void>()
  const tail = EventTail.startWhenReached({
    pool,
    listenUrl: null,
    onEpoch: () => horizons.push(tail.horizon),
  })
  await until(async () => horizons.length > 0, 'the second attempt')
  late.resolve()
  await lateAnswered.promise
  await new Promise(setImmediate)
  expect([horizons, tail.horizon, tail.epoch]).toEqual([[100n], 100n, 5])
  await tail.stop()
})
