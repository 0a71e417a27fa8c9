import { randomUUID } from 'node:crypto'
import {
  aBooking,
  aClaim,
  aClinic,
  aDoctor,
  aSettlement,
  aSlot,
  type BuiltBooking,
  type BuiltSlot,
  plantFunction,
  type TestDatabase,
  until,
  untilLockWaiters,
} from '@holdfast/testkit'
import { anotherDatabase, test } from '@holdfast/testkit/database-test'
import type pg from 'pg'
import sql from 'sql-template-tag'
import { afterEach, describe, expect } from 'vitest'
import { createEngine } from '../create-engine.ts'
import { newId } from '../model/id.ts'
import { EventTail } from './event-tail.ts'
import type { LogEntry } from './log-entry.ts'
import { endOfLog, type LogCursor, readLog } from './read-log.ts'
import { createWaker } from './wake-others.ts'

let database: TestDatabase
let slot: BuiltSlot

test.beforeAll(async ({ database: testDatabase }) => {
  database = testDatabase
  slot = await aSlot(database, await aDoctor(database, await aClinic(database)), { capacity: 100_000 })
})

// The horizon belongs to the whole server: an open transaction of another test file delays this tail.
const reportedWithinMs = 45_000
const open = new Set<pg.PoolClient>()
afterEach(async () => {
  for (const client of open) await end(client, 'rollback')
})

/** A separate transaction that already has its number. */
async function transaction(its = database): Promise<pg.PoolClient> {
  const client = await its.ownerPool.connect()
  await client.query('begin')
  await client.query('select pg_current_xact_id()')
  open.add(client)
  return client
}

async function end(client: pg.PoolClient, how: 'commit' | 'rollback' = 'commit'): Promise<void> {
  open.delete(client)
  await client.query(how)
  client.release()
}

const log = (client: pg.PoolClient | pg.Pool, booking: BuiltBooking, version: number, type = 'extended') =>
  client.query(
    `insert into holdfast.booking_event (clinic_no, booking_id, version, at, type, slot_id, resource_id, units)
     values ($1, $2, $3, clock_timestamp(), $4, $5, $6, 1)`,
    [booking.clinicNo, booking.id, version, type, slot.id, slot.doctorId],
  )

const lineOf = (entry: LogEntry) => (entry.kind === 'booking' ? `${entry.bookingId} v${entry.version}` : entry.kind)

/** The end of the log, once everything committed so far lies before it. */
async function endPastCommits(its = database): Promise<LogCursor> {
  const { rows } = await its.ownerPool.query<{ xid: string }>('select pg_current_xact_id()::text as xid')
  const xid = BigInt(rows[0]?.xid ?? 0)
  return until(
    async () => {
      const cursor = await endOfLog(its.appPool)
      return cursor.xid >= xid ? cursor : undefined
    },
    `the end of the log past transaction ${xid}`,
    reportedWithinMs,
  )
}

async function startTail(settings: { idleMs?: number } = {}): Promise<{
  tail: EventTail
  reported: LogEntry[]
  untilReported: (count: number) => Promise<LogEntry[]>
}> {
  await endPastCommits()
  const tail = await EventTail.start({ pool: database.appPool, listenUrl: database.sessionUrl, ...settings })
  const reported: LogEntry[] = []
  tail.subscribe((entries) => reported.push(...entries))
  const untilReported = (count: number) =>
    until(
      async () => (reported.length >= count ? reported : undefined),
      () => `${count} entries reported, not ${reported.length}: ${reported.map(lineOf).join(', ')}`,
      reportedWithinMs,
    )
  return { tail, reported, untilReported }
}

describe('the horizon', () => {
  test('an event is not reported before those of an older open transaction; then both are, in order', async () => {
    const [first, second] = [
      await aBooking(database, slot, { status: 'PENDING' }),
      await aBooking(database, slot, { status: 'PENDING' }),
    ]
    const { tail, reported, untilReported } = await startTail()
    const [older, younger] = [await transaction(), await transaction()]
    await log(younger, second, 2)
    await log(older, first, 2)
    await end(younger)
    tail.wake()
    // Two complete reads of the log: the tail had enough time to report it.
    const start = await endOfLog(database.appPool)
    expect(
      (await readLog(database.appPool, { xid: 0n, seq: 0n }, 1000)).rows.map((row) => lineOf(row.entry)),
    ).not.toContain(`${second.id} v2`)
    expect(reported).toEqual([])
    await end(older)
    tail.wake()
    expect((await untilReported(2)).map(lineOf)).toEqual([`${first.id} v2`, `${second.id} v2`])
    expect(start.xid).toBeLessThan(tail.horizon)
    await tail.stop()
  })

  test('the control: without the horizon, a cursor passes an event that commits late, and loses it', async () => {
    const planted = await anotherDatabase()
    await plantFunction(planted, 'read_log', {
      part: /pg_snapshot_xmin\(pg_current_snapshot\(\)\)/g,
      becomes: "'9223372036854775807'::xid8",
    })
    const its = await aSlot(planted, await aDoctor(planted, await aClinic(planted)), { capacity: 2 })
    const [first, second] = [
      await aBooking(planted, its, { status: 'PENDING' }),
      await aBooking(planted, its, { status: 'PENDING' }),
    ]
    const from = await endPastCommits(planted)
    const [older, younger] = [await transaction(planted), await transaction(planted)]
    await log(older, first, 2)
    await log(younger, second, 2)
    await end(younger)
    const page = await readLog(planted.appPool, from, 1000)
    expect(page.rows.map((row) => lineOf(row.entry))).toEqual([`${second.id} v2`])
    const cursor = page.rows.at(-1)?.entry ?? { xid: 0n, seq: 0n }
    await end(older)
    expect((await readLog(planted.appPool, cursor, 1000)).rows).toEqual([])
  })

  test('a sleeping transaction delays the tail, and nothing is lost', async () => {
    const { tail, reported, untilReported } = await startTail()
    const sleeper = await transaction()
    const bookings = [await aBooking(database, slot), await aBooking(database, slot)]
    tail.wake()
    await readLog(database.appPool, { xid: 0n, seq: 0n }, 1)
    expect(reported).toEqual([])
    await end(sleeper, 'rollback')
    tail.wake()
    expect((await untilReported(4)).map(lineOf)).toEqual(
      bookings.flatMap((booking) => [`${booking.id} v1`, `${booking.id} v2`]),
    )
    await tail.stop()
  })
})

describe('a read of the log', () => {
  test('returns events of bookings and changes of the directory in one order, page by page', async () => {
    const doctor = await aDoctor(database, { no: slot.clinicNo, id: '', timezone: 'UTC' })
    const from = await endPastCommits()
    const written: string[] = []
    for (let n = 0; n < 3; n += 1) {
      written.push(`${(await aBooking(database, slot, { status: 'PENDING' })).id} v1`, 'directory')
      await database.ownerPool.query('update holdfast.resource set name = $2 where id = $1', [doctor.id, `Dr ${n}`])
    }
    await endPastCommits()
    const lines: string[] = []
    let cursor = from
    for (let page = await readLog(database.appPool, cursor, 2); page.rows.length > 0; ) {
      lines.push(...page.rows.map((row) => lineOf(row.entry)))
      cursor = page.rows.at(-1)?.entry ?? cursor
      page = await readLog(database.appPool, cursor, 2)
    }
    expect(lines).toEqual(written)
  })

  test('finds its entries by the index, also in a month that was empty when the read was planned', async () => {
    const restored = await anotherDatabase()
    const reader = await restored.appPool.connect()
    // The database is like a restored one: the statistics say that every month is empty, and the plan relies on it.
    await restored.ownerPool.query('analyze')
    const from = await endPastCommits(restored)
    for (let read = 0; read < 10; read += 1) await readLog(reader, from, 100)
    await restored.ownerPool.query(
      `insert into holdfast.booking_event (clinic_no, booking_id, version, at, type, slot_id, resource_id, units)
       select $1, overlay($2::text placing lpad(to_hex(n / 2), 8, '0') from 29)::uuid, n % 2 + 1, clock_timestamp(),
         'extended', $2::uuid, $2::uuid, 1
         from generate_series(0, 39999) n`,
      [slot.clinicNo, newId(slot.clinicNo)],
    )
    await endPastCommits(restored)
    // The number of rows read distinguishes an index search from a scan, however busy the machine is.
    const readSoFar = async () => {
      await reader.query('select pg_stat_force_next_flush()')
      const { rows } = await restored.ownerPool.query<{ rows_read: number }>(`
        select (sum(seq_tup_read) + sum(idx_tup_fetch))::int as rows_read from pg_stat_user_tables
         where relname like 'booking_event%'`)
      return rows[0]?.rows_read ?? 0
    }
    const before = await readSoFar()
    expect((await readLog(reader, from, 100)).rows).toHaveLength(100)
    expect((await readSoFar()) - before).toBeLessThan(1_000)
    reader.release()
  })
})

describe('the order of a booking', () => {
  test('a version written by an older transaction than its predecessor is reported after that one', async () => {
    const booking = await aBooking(database, slot, { status: 'PENDING' })
    const from = await endPastCommits()
    const { tail, untilReported } = await startTail()
    // The older transaction has its number, and then waits for the booking's row.
    const [older, younger] = [await transaction(), await transaction()]
    await younger.query('select from holdfast.booking where id = $1 for update', [booking.id])
    const waiting = older.query('select from holdfast.booking where id = $1 for update', [booking.id])
    await untilLockWaiters(database, 1)
    await log(younger, booking, 2)
    await end(younger)
    await waiting
    await log(older, booking, 3)
    await end(older)
    tail.wake()
    // Once reported, both are below the horizon, which another test file's transaction may have held back in between.
    expect((await untilReported(2)).map(lineOf)).toEqual([`${booking.id} v2`, `${booking.id} v3`])
    // The control: in the order of transactions alone, version 3 comes first.
    expect((await readLog(database.appPool, from, 1000)).rows.map((row) => lineOf(row.entry))).toEqual([
      `${booking.id} v3`,
      `${booking.id} v2`,
    ])
    await tail.stop()
  })
})

describe('under load', () => {
  test('two servers, killed connections, sleeping transactions: every event is reported once, in order', async () => {
    const own = await aSlot(
      database,
      { id: slot.doctorId, clinicNo: slot.clinicNo, clinicId: '' },
      { capacity: 100_000 },
    )
    const { tail, reported } = await startTail()
    const wake = createWaker(database.appPool).wakeOthers
    const engines = [0, 1].map(() => createEngine({ batchPool: database.appPool, generalPool: database.appPool }))
    const client = async (n: number) => {
      const engine = engines[n % 2]
      for (let round = 0; round < 12; round += 1) {
        const outcome = await engine?.claim(aClaim(own))
        wake()
        if (outcome?.kind !== 'booked') throw new Error(`not booked: ${outcome?.kind}`)
        const settle = (action: 'extend' | 'confirm' | 'cancel') =>
          engine?.settle(aSettlement(outcome.booking.id, action, { key: randomUUID() }))
        await Promise.all([settle('extend'), settle('confirm'), round % 3 === 0 ? settle('cancel') : undefined])
        wake()
      }
    }
    const disturb = (async () => {
      for (let n = 0; n < 5; n += 1) {
        const sleeper = await transaction()
        await database.ownerPool.query(`
          select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'holdfast tail'
           and datname = current_database()`)
        await end(sleeper, 'rollback')
      }
    })()
    await Promise.all([...Array.from({ length: 20 }, (_, n) => client(n)), disturb])
    const { rows } = await database.ownerPool.query<{ id: string; versions: number }>(sql`
      select booking_id as id, max(version) as versions from holdfast.booking_event where slot_id = ${own.id}
      group by 1`)
    const expected = rows.reduce((sum, row) => sum + row.versions, 0)
    const ofOwn = () =>
      reported.flatMap((entry) => (entry.kind === 'booking' && entry.slotId === own.id ? [entry] : []))
    await until(
      async () => ofOwn().length >= expected,
      () => `${expected} events, not ${ofOwn().length}`,
      reportedWithinMs,
    )
    const versions = new Map<string, number[]>()
    for (const event of ofOwn())
      versions.set(event.bookingId, [...(versions.get(event.bookingId) ?? []), event.version])
    expect(rows.map((row) => versions.get(row.id))).toEqual(
      rows.map((row) => Array.from({ length: row.versions }, (_, n) => n + 1)),
    )
    await Promise.all(engines.map((engine) => engine.stop()))
    await tail.stop()
  })

  test('woken by another process, it reports a commit at once', async () => {
    const idleMs = 12_000
    const { tail, reported, untilReported } = await startTail({ idleMs })
    const wake = createWaker(database.ownerPool).wakeOthers
    const waits: number[] = []
    for (let n = 1; n <= 5; n += 1) {
      const booking = await aBooking(database, slot, { status: 'PENDING' })
      await untilOlderEnded()
      const wokenAt = performance.now()
      wake()
      await untilReported(n)
      waits.push(performance.now() - wokenAt)
      expect(lineOf(reported[n - 1] ?? { kind: 'directory', xid: 0n, seq: 0n, clinicNo: 0, doctorId: null })).toBe(
        `${booking.id} v1`,
      )
    }
    // Without the wake, each wait would take up to its idle time.
    expect(waits.sort((a, b) => a - b)[2]).toBeLessThan(idleMs / 2)
    await tail.stop()
  }, 600_000)

  /** If DATABASE_URL is set, other test files have open transactions, which hold the log back. */
  async function untilOlderEnded(): Promise<void> {
    const { rows } = await database.ownerPool.query<{ xid: string }>('select pg_current_xact_id()::text as xid')
    const passed = 'select pg_snapshot_xmin(pg_current_snapshot()) > $1::text::xid8 as passed'
    await until(
      async () => (await database.ownerPool.query(passed, [rows[0]?.xid])).rows[0].passed || undefined,
      'the end of older transactions',
      100_000,
    )
  }

  test('woken for a transaction, its horizon passes that one, and none that has not begun', async () => {
    const { tail } = await startTail()
    const { rows } = await database.ownerPool.query<{ xid: string }>(`update holdfast.clinic set name = 'Renamed'
        returning pg_current_xact_id()::text as xid`)
    const xid = BigInt(rows[0]?.xid ?? 0)
    tail.wake(xid)
    await until(
      async () => tail.horizon > xid,
      () => `the horizon stays at ${tail.horizon}, and ${xid} has committed`,
    )
    expect(tail.horizon).toBeLessThan(xid + 1_000_000n)
    await tail.stop()
  })

  test('new and withdrawn slots and edited doctors are reported as directory changes, bookings are not', async () => {
    const doctor = await aDoctor(database, { no: slot.clinicNo, id: '', timezone: 'UTC' })
    const { tail, reported, untilReported } = await startTail()
    const created = await aSlot(database, doctor)
    await database.ownerPool.query('update holdfast.slot set withdrawn_at = now() where id = $1', [created.id])
    await database.ownerPool.query("update holdfast.resource set name = 'Dr Who' where id = $1", [doctor.id])
    await database.ownerPool.query('update holdfast.slot set taken = 1 where id = $1', [created.id])
    await untilReported(3)
    expect(reported).toMatchObject([1, 2, 3].map(() => ({ kind: 'directory', doctorId: doctor.id })))
    await tail.stop()
  })
})
