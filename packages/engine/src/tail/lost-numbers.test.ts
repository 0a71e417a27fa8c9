import { execFile } from 'node:child_process'
import { chown, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { plantFunction, type TestCluster, until } from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { describe, expect, test } from 'vitest'
import { aCluster, aRoomySlot, atTheEnd, beginEpoch, book, counterOf, follow } from '../../test/followed-cluster.ts'
import { createPool } from '../database/pools.ts'
import { verify } from '../verify/verify.ts'

describe('a crash from which the server recovers without a new start', () => {
  /** Makes it as it was when a crash recovery began no epoch. */
  const ignoreCrashes = (cluster: TestCluster) =>
    plantFunction(cluster, 'running_server', {
      part: 'extract(epoch from pg_stat_get_bgwriter_stat_reset_time())',
      becomes: '0',
    })

  /** A backend is killed. Its server loses transactions that the tail has passed, and then uses their numbers again. */
  async function reportedAfterCrash(plant?: typeof ignoreCrashes) {
    const cluster = await aCluster()
    const slot = await aRoomySlot(cluster)
    await plant?.(cluster)
    await cluster.stop()
    // Neither writes pages in between: their WAL would be written first, and no number lost.
    await cluster.start({ autovacuum: 'off', bgwriter_lru_maxpages: '0' })
    const pool = createPool({ url: cluster.appUrl, max: 2, name: 'test tail' })
    atTheEnd(() => pool.end())
    const { tail, bookingIds, failures, untilReported } = await follow(pool)
    const [epoch, before] = [tail.epoch, await book(cluster, slot, 5)]
    await untilReported(before)
    const next = (await counterOf(cluster)) + 1n
    // Nobody writes the WAL of transactions that do not wait for the disk.
    const walWriter = await cluster.ownerPool.query<{ pid: number }>(`select pid from pg_stat_activity
        where backend_type = 'walwriter'`)
    const signalWalWriter = (signal: NodeJS.Signals) => process.kill(walWriter.rows[0]?.pid ?? Number.NaN, signal)
    signalWalWriter('SIGSTOP')
    await cluster.ownerPool.query(`do $$ begin for n in 1..30 loop
          set local synchronous_commit = off; perform pg_current_xact_id(); commit;
        end loop; end $$`)
    await until(
      async () => tail.horizon >= next + 30n,
      () => `the tail at ${next + 30n}, not ${tail.horizon}`,
    )
    pool.options.connectionString = 'postgres://nobody@127.0.0.1:1/none'
    const [victim, other] = [await cluster.ownerPool.connect(), await cluster.ownerPool.connect()]
    victim.on('error', () => undefined)
    const { rows: pids } = await victim.query<{ pid: number }>('select pg_backend_pid() as pid')
    // The server ends the others when it notices. A booking before that would write the WAL.
    const crashed = new Promise((resolve) => other.once('error', resolve))
    process.kill(pids[0]?.pid ?? Number.NaN, 'SIGKILL')
    await crashed
    // Resumed, it might write the WAL before the server ends it.
    signalWalWriter('SIGKILL')
    const booked = await until(() => book(cluster, slot, 1).catch(() => undefined), 'a server that has recovered')
    for (const client of [victim, other]) client.release(true)
    booked.push(...(await book(cluster, slot, 39)))
    expect(failures.length).toBeGreaterThan(0)
    const { rows: reused } = await cluster.ownerPool.query<{ count: number }>(sql`
      select count(*)::integer as count from holdfast.booking_event where xid >= ${String(next)}::xid8
      and xid < ${String(tail.horizon)}::xid8`)
    pool.options.connectionString = cluster.appUrl
    await untilReported(booked.slice(-1))
    const reported = bookingIds.slice(before.length)
    expect(reported).toEqual(booked.slice(-reported.length))
    expect(await verify(cluster.ownerPool, { clinicNo: null, detailsMax: 5 })).toMatchObject({ mismatches: 0 })
    return {
      booked: booked.length,
      reported: reported.length,
      // The bookings of transactions below the horizon, which was to say that everything below it has been reported.
      withNumbersUsedAgain: reused[0]?.count,
      isNewEpoch: tail.epoch > epoch,
    }
  }

  // Fewer than were lost, if the server has used numbers for itself while it recovered.
  const someUsedAgain = expect.toSatisfy((count: number) => count > 0 && count <= 30, 'is 1 to 30')

  test('begins an epoch: nothing that was committed is lost, and everything is reported once', async () => {
    const once = { booked: 40, reported: 40, withNumbersUsedAgain: someUsedAgain }
    expect(await reportedAfterCrash()).toEqual({ ...once, isNewEpoch: true })
  })

  test('negative control: without its time, numbers of one epoch are used twice', async () => {
    const found = { withNumbersUsedAgain: someUsedAgain, isNewEpoch: false }
    expect(await reportedAfterCrash(ignoreCrashes)).toMatchObject(found)
  })
})

describe('a standby promoted without the last commits, whose next checkpoint comes before the tail reads', () => {
  /** Makes it as it was when an epoch started at the last checkpoint. */
  const startAtCheckpoint = (cluster: TestCluster) =>
    plantFunction(cluster, 'begin_log_epoch', { part: 'then 10000', becomes: 'then 0' })

  /** @returns how many of 20 bookings are reported, which use the numbers of lost ones again */
  async function reportedAfterPromotion(plant?: typeof startAtCheckpoint) {
    const primary = await aCluster()
    const slot = await aRoomySlot(primary)
    await plant?.(primary)
    const standby = await primary.standby()
    atTheEnd(() => standby.end())
    const pool = createPool({ url: primary.appUrl, max: 2, name: 'test tail' })
    atTheEnd(() => pool.end())
    const { bookingIds, untilReported } = await follow(pool)
    const replicated = await book(primary, slot, 3)
    await until(async () => {
      const { rowCount } = await standby.ownerPool.query('select from holdfast.booking where id = $1', [replicated[2]])
      return rowCount === 1
    }, 'the standby has replayed the bookings')
    await standby.stop()
    await untilReported([...replicated, ...(await book(primary, slot, 30))])
    pool.options.connectionString = 'postgres://nobody@127.0.0.1:1/none'
    await primary.stop()
    await standby.start()
    await standby.ownerPool.query('select pg_promote()')
    const booked = await book(standby, slot, 20)
    await standby.ownerPool.query('checkpoint')
    pool.options.connectionString = standby.appUrl
    // Its number is higher than those that the tail has read.
    const last = await book(standby, slot, 30)
    await untilReported(last.slice(-1))
    return booked.filter((id) => bookingIds.includes(id)).length
  }

  test('everything is reported', async () => {
    expect(await reportedAfterPromotion()).toBe(20)
  })

  test('negative control: from that checkpoint on, some is not', async () => {
    expect(await reportedAfterPromotion(startAtCheckpoint)).toBeLessThan(20)
  })
})

test('a recovery to a point in time, in place: nothing before it is lost, and all after it is reported', async () => {
  const cluster = await aCluster()
  const slot = await aRoomySlot(cluster)
  await beginEpoch(cluster)
  const { rows } = await cluster.ownerPool.query<{ data_directory: string }>('show data_directory')
  const data = rows[0]?.data_directory ?? ''
  const archive = join(data, '..', '..', 'archive')
  await cluster.stop()
  await cluster.save()
  // Otherwise its end removes the segment of the bookings, if they are followed by another one.
  await cluster.start({ wal_keep_size: '256MB' })
  const pool = createPool({ url: cluster.appUrl, max: 2, name: 'test tail' })
  atTheEnd(() => pool.end())
  const { tail, bookingIds, untilReported } = await follow(pool)
  const epoch = tail.epoch
  const before = await book(cluster, slot, 10)
  const point = await cluster.ownerPool.query<{ lsn: string }>('select pg_current_wal_lsn()::text as lsn')
  const lost = await book(cluster, slot, 30)
  await cluster.ownerPool.query('select pg_switch_wal()')
  await untilReported([...before, ...lost])
  pool.options.connectionString = 'postgres://nobody@127.0.0.1:1/none'
  await cluster.stop()
  await promisify(execFile)('cp', ['-a', join(data, 'pg_wal'), archive])
  await cluster.restore()
  const signal = join(data, 'recovery.signal')
  await writeFile(signal, '')
  const { uid, gid } = await stat(data)
  await chown(signal, uid, gid)
  await cluster.start({
    restore_command: `cp ${archive}/%f %p`,
    recovery_target_lsn: point.rows[0]?.lsn ?? '',
    recovery_target_action: 'promote',
  })
  const booked = await until(() => book(cluster, slot, 1).catch(() => undefined), 'the end of the recovery')
  booked.push(...(await book(cluster, slot, 19)))
  pool.options.connectionString = cluster.appUrl
  await untilReported(booked)
  expect(tail.epoch).toBeGreaterThan(epoch)
  expect(bookingIds.slice(0, 40)).toEqual([...before, ...lost])
  expect(bookingIds.filter((id) => booked.includes(id))).toEqual(booked)
  const stored = await cluster.ownerPool.query<{ id: string }>(`
    select id from holdfast.booking order by created_at, id`)
  expect(stored.rows.map(({ id }) => id)).toEqual([...before, ...booked])
  expect(await verify(cluster.ownerPool, { clinicNo: null, detailsMax: 5 })).toMatchObject({ mismatches: 0 })
})
