import { holdLock, plantFunction, type TestCluster, until } from '@holdfast/testkit'
import { describe, expect, test } from 'vitest'
import {
  aCluster,
  advance,
  aRoomySlot,
  atTheEnd,
  beginEpoch,
  book,
  counterOf,
  follow,
  untilAfter,
} from '../../test/followed-cluster.ts'
import { ensureAppLogin } from '../app-login/ensure-app-login.ts'
import { advisoryLocks } from '../database/advisory-locks.ts'
import { createPool } from '../database/pools.ts'
import { createReads } from '../reads/create-reads.ts'
import { verify } from '../verify/verify.ts'
import { EventTail } from './event-tail.ts'
import { LogAhead } from './log-ahead.ts'
import { checkLogIsOfServer, renumberLog } from './log-epoch.ts'
import { cursorBefore, readLog } from './read-log.ts'

/** Server identities as they were without epochs: one server is like another. */
const ignoreServers = (cluster: TestCluster) =>
  plantFunction(cluster, 'running_server', { part: /select format[^$]+/, becomes: "select 'any server'::text " })

describe('a copy that was restored in place', () => {
  /** The copy lacks 30 bookings that the tail has reported. The tail cannot log in to it until `allow`. */
  async function aRestoredCopy({ plant }: { plant?: typeof ignoreServers } = {}) {
    const cluster = await aCluster()
    const slot = await aRoomySlot(cluster)
    await plant?.(cluster)
    await beginEpoch(cluster)
    await cluster.ownerPool.query('alter role app nologin')
    await cluster.stop()
    await cluster.save()
    await cluster.start()
    const allow = () => cluster.ownerPool.query('alter role app login')
    await allow()
    const followed = await follow(cluster.appPool)
    const lost = await book(cluster, slot, 30)
    await followed.untilReported(lost)
    await cluster.stop()
    await cluster.restore()
    await cluster.start()
    return { cluster, slot, ...followed, lost, allow }
  }

  test('begins an epoch in which everything is reported; positions of the one before name nothing', async () => {
    const { cluster, slot, tail, bookingIds, untilReported, lost, allow } = await aRestoredCopy()
    const [before, horizon] = [tail.epoch, tail.horizon]
    const booked = await book(cluster, slot, 20)
    expect(await counterOf(cluster)).toBeLessThan(horizon)
    await allow()
    await untilReported(booked)
    expect(bookingIds).toEqual([...lost, ...booked])
    expect(tail.epoch).toBeGreaterThan(before)
    expect(tail.horizon).toBeLessThan(horizon)
    expect(tail.transactionAt({ epoch: before, transaction: 1n })).toBeGreaterThan(horizon)
    expect(tail.transactionAt({ epoch: tail.epoch, transaction: 1n })).toBe(1n)
    // The control: a tail that continues behind its horizon reads nothing.
    expect((await readLog(cluster.appPool, cursorBefore(horizon), 1_000)).rows).toEqual([])
  })

  test('a reader of a clinic’s log that has read lost events continues with the first unknown one', async () => {
    const { cluster, slot, tail, allow, lost } = await aRestoredCopy()
    const reads = createReads(cluster.ownerPool)
    const last = { epoch: tail.epoch, xid: tail.horizon - 1n }
    const booked = await book(cluster, slot, 5)
    await allow()
    await untilAfter(tail, last.epoch)
    const eventsAfter = async (after: string) =>
      (await reads.eventsOfClinic({ clinicNo: slot.clinicNo, after, limit: 100 })).items.map((event) => event.bookingId)
    expect(await eventsAfter(`${last.epoch}.${last.xid}.99999`)).toEqual(booked)
    // The control: the same position, as if it were of this epoch.
    expect(await eventsAfter(`${tail.epoch}.${last.xid}.99999`)).toEqual([])
    expect(booked).not.toEqual(expect.arrayContaining(lost))
  })

  /** @returns how many of the bookings on the copy were reported, once the tail has read to the end */
  async function reportedOnceCounterHasPassed(options: { plant?: typeof ignoreServers }) {
    const { cluster, slot, tail, bookingIds, untilReported, allow } = await aRestoredCopy(options)
    const booked = await book(cluster, slot, 20)
    await advance(cluster, Number(tail.horizon - (await counterOf(cluster))) + 1)
    const last = await book(cluster, slot, 1)
    await allow()
    await untilReported(last)
    return booked.filter((id) => bookingIds.includes(id)).length
  }

  test('is noticed even if its counter has passed the lost transactions before the tail reads again', async () => {
    expect(await reportedOnceCounterHasPassed({})).toBe(20)
  })

  test('the control: a tail that does not know the server loses what was booked before that', async () => {
    expect(await reportedOnceCounterHasPassed({ plant: ignoreServers })).toBe(0)
  })

  test('a counter behind the horizon begins an epoch, even if the server seems to be the same', async () => {
    const { cluster, slot, tail, untilReported, allow } = await aRestoredCopy({ plant: ignoreServers })
    const before = tail.epoch
    const booked = await book(cluster, slot, 3)
    await allow()
    await untilReported(booked)
    expect(tail.epoch).toBeGreaterThan(before)
  })
})

test('a server that was restarted begins an epoch; nothing is lost, and nothing is reported twice', async () => {
  const cluster = await aCluster()
  const slot = await aRoomySlot(cluster)
  const { tail, bookingIds, untilReported } = await follow(cluster.appPool)
  const epoch = tail.epoch
  const before = await book(cluster, slot, 10)
  await untilReported(before)
  await cluster.stop()
  await cluster.start()
  const after = await book(cluster, slot, 10)
  await untilReported(after)
  expect(tail.epoch).toBeGreaterThan(epoch)
  expect(bookingIds).toEqual([...before, ...after])
})

test('two tails agree on the epoch', async () => {
  const cluster = await aCluster()
  const [one, other] = [await follow(cluster.appPool), await follow(cluster.appPool)]
  const epoch = one.tail.epoch
  expect(other.tail.epoch).toBe(epoch)
  await cluster.stop()
  await cluster.start()
  await Promise.all([untilAfter(one.tail, epoch), untilAfter(other.tail, epoch)])
  expect(other.tail.epoch).toBe(one.tail.epoch)
  const { rows } = await cluster.ownerPool.query('select from holdfast.log_epoch')
  expect(rows).toHaveLength(2)
})

test('a standby promoted without the last commits begins an epoch in which everything is reported', async () => {
  const primary = await aCluster()
  const slot = await aRoomySlot(primary)
  const standby = await primary.standby()
  atTheEnd(() => standby.end())
  const pool = createPool({ url: primary.appUrl, max: 2, name: 'test tail' })
  atTheEnd(() => pool.end())
  const { tail, bookingIds, failures, untilReported } = await follow(pool)
  const [epoch, replicated] = [tail.epoch, await book(primary, slot, 10)]
  await until(async () => {
    const { rows } = await standby.ownerPool.query('select from holdfast.booking where id = $1', [replicated.at(-1)])
    return rows.length > 0
  }, 'the standby has replayed the bookings')
  await standby.stop()
  const lost = await book(primary, slot, 30)
  await untilReported([...replicated, ...lost])
  const horizon = tail.horizon
  await primary.stop()
  // The name in the URL points to the standby now, which is promoted only when the tail has tried to read from it.
  pool.options.connectionString = standby.appUrl
  await standby.start()
  await until(async () => /recovery is in progress/.test(String(failures.at(-1))), 'a read from the standby')
  await standby.ownerPool.query('select pg_promote()')
  const booked = await book(standby, slot, 20)
  await untilReported(booked)
  expect(tail.epoch).toBeGreaterThan(epoch)
  expect(bookingIds.slice(-20)).toEqual(booked)
  const { rows } = await standby.ownerPool.query<{ server: string }>(`
    select server from holdfast.log_epoch order by no`)
  expect(rows.map(({ server }) => server.split('/')[1])).toEqual(['00000001', '00000002'])
  // The control: a tail that continues behind its horizon reads nothing.
  expect((await readLog(standby.appPool, cursorBefore(horizon), 1_000)).rows).toEqual([])
})

describe('a dump that is restored on a younger server', () => {
  const tables = ['clinic', 'specialization', 'resource', 'slot', 'booking', 'booking_event', 'directory_change']

  /** What pg_dump writes: the rows with their transaction numbers, and the sequence that orders them. */
  async function restoreDump(from: TestCluster, to: TestCluster): Promise<void> {
    const client = await to.ownerPool.connect()
    await client.query('set session_replication_role = replica')
    for (const table of [...tables, 'log_epoch']) {
      const { rows } = await from.ownerPool.query<{ dump: string }>(
        `select coalesce(json_agg(t), '[]')::text as dump from holdfast.${table} t`,
      )
      await client.query(
        `insert into holdfast.${table} select * from json_populate_recordset(null::holdfast.${table}, $1)
        on conflict do nothing`,
        [rows[0]?.dump],
      )
    }
    const { rows } = await from.ownerPool.query<{ seq: string }>(`select last_value as seq
        from holdfast.booking_event_seq`)
    await client.query("select setval('holdfast.booking_event_seq', $1)", [rows[0]?.seq])
    client.release(true)
  }

  async function aRestoredDump() {
    const [older, younger] = [await aCluster(), await aCluster()]
    await beginEpoch(older)
    const slot = await aRoomySlot(older)
    await advance(older, 3_000)
    const restored = await book(older, slot, 26)
    await restoreDump(older, younger)
    return { older, younger, slot, restored }
  }

  const allIds = async (cluster: TestCluster) =>
    (await readLog(cluster.appPool, { xid: 0n, seq: 0n }, 1_000)).rows.flatMap(({ entry }) =>
      entry.kind === 'booking' ? [entry.bookingId] : [],
    )

  test('is refused until its log is renumbered; then all of it is read, and new events come after it', async () => {
    const { younger, slot, restored } = await aRestoredDump()
    expect(await allIds(younger)).toEqual([])
    await expect(EventTail.start({ pool: younger.appPool, listenUrl: null })).rejects.toThrow(LogAhead)
    await expect(checkLogIsOfServer(younger.appPool)).rejects.toThrow('`holdfast renumber-log`')
    // An event that was written too early: before the log was renumbered.
    const early = await book(younger, slot, 1)
    expect(await renumberLog(younger.ownerPool)).toBe(27)
    await checkLogIsOfServer(younger.appPool)
    const { tail, bookingIds, untilReported } = await follow(younger.appPool)
    const booked = await book(younger, slot, 5)
    await untilReported(booked)
    expect(bookingIds).toEqual(booked)
    expect(await allIds(younger)).toEqual([...restored, ...early, ...booked])
    expect(tail.epoch).toBeGreaterThan(0)
    expect(await verify(younger.ownerPool, { clinicNo: null, detailsMax: 5 })).toMatchObject({ mismatches: 0 })
  })

  test('a server that starts while its log is renumbered says so at once', async () => {
    const { younger } = await aRestoredDump()
    const renumbering = await holdLock(younger.ownerPool, 'select pg_advisory_xact_lock($1, $2)', [
      ...advisoryLocks.logEpoch,
    ])
    await ensureAppLogin({ ownerUrl: younger.ownerUrl })
    await expect(EventTail.start({ pool: younger.appPool, listenUrl: null })).rejects.toThrow(LogAhead)
    await renumbering.release()
  })

  test('a reader of a clinic’s log with a position of the older server reads the whole log again', async () => {
    const { older, younger, slot, restored } = await aRestoredDump()
    const read = async (cluster: TestCluster, after: string | null) =>
      (await createReads(cluster.ownerPool).eventsOfClinic({ clinicNo: slot.clinicNo, after, limit: 100 })).items
    const position = (await read(older, null)).at(-1)?.position ?? ''
    await renumberLog(younger.ownerPool)
    expect((await read(younger, position)).map((event) => event.bookingId)).toEqual(restored)
  })

  test('a tail that is running when the log is renumbered reports all of it', async () => {
    const { older, restored } = await aRestoredDump()
    const { bookingIds, untilReported } = await follow(older.appPool)
    await renumberLog(older.ownerPool)
    await untilReported(restored)
    expect(bookingIds).toEqual(restored)
  })
})

test('the application may not renumber the log', async () => {
  const cluster = await aCluster()
  await expect(cluster.appPool.query('select holdfast.renumber_log()')).rejects.toThrow('permission denied')
  await expect(cluster.appPool.query('delete from holdfast.log_epoch')).rejects.toThrow('permission denied')
  expect((await cluster.appPool.query('select holdfast.begin_log_epoch(null)')).rows).toHaveLength(1)
})
