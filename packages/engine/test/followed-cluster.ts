import {
  aBooking,
  aClinic,
  aDoctor,
  aSlot,
  type BuiltSlot,
  createTestCluster,
  type TestCluster,
  until,
} from '@holdfast/testkit'
import type pg from 'pg'
import { onTestFinished } from 'vitest'
import { EventTail } from '../src/tail/event-tail.ts'

// What a test has opened is closed in the reverse order.
const cleanUps: (() => Promise<unknown>)[] = []

export function atTheEnd(cleanUp: () => Promise<unknown>): void {
  if (cleanUps.length === 0) {
    onTestFinished(async () => {
      for (const each of cleanUps.splice(0).reverse()) await each()
    })
  }
  cleanUps.push(cleanUp)
}

export async function aCluster(): Promise<TestCluster> {
  const cluster = await createTestCluster()
  atTheEnd(() => cluster.end())
  return cluster
}

export const aRoomySlot = async (cluster: TestCluster) =>
  aSlot(cluster, await aDoctor(cluster, await aClinic(cluster)), { capacity: 10_000 })

/** One event each. @returns the ids of the bookings */
export async function book(cluster: TestCluster, slot: BuiltSlot, count: number): Promise<string[]> {
  const ids: string[] = []
  for (let n = 0; n < count; n += 1) ids.push((await aBooking(cluster, slot, { status: 'PENDING' })).id)
  return ids
}

export async function follow(pool: pg.Pool) {
  const bookingIds: string[] = []
  const failures: unknown[] = []
  const tail = await EventTail.start({
    pool,
    listenUrl: null,
    idleMs: 20,
    onRead: (result) => result.kind === 'failed' && failures.push(result.error),
  })
  tail.subscribe((entries) => {
    for (const entry of entries) if (entry.kind === 'booking') bookingIds.push(entry.bookingId)
  })
  atTheEnd(() => tail.stop())
  const untilReported = (ids: string[]) =>
    until(
      async () => ids.every((id) => bookingIds.includes(id)),
      () => `${ids.filter((id) => !bookingIds.includes(id)).length} of ${ids.length} bookings were not reported`,
    )
  return { tail, bookingIds, failures, untilReported }
}

export const untilAfter = (tail: EventTail, epoch: number) =>
  until(async () => tail.epoch > epoch, `an epoch after ${epoch}`)

export async function counterOf({ ownerPool }: TestCluster): Promise<bigint> {
  const { rows } = await ownerPool.query<{ xid: string }>('select pg_current_xact_id()::text as xid')
  return BigInt(rows[0]?.xid ?? 0)
}

/** Uses up transaction numbers. */
export const advance = ({ ownerPool }: TestCluster, count: number) =>
  ownerPool.query(`do $$ begin for n in 1..${count} loop perform pg_current_xact_id(); commit; end loop; end $$`)

export const beginEpoch = ({ ownerPool }: TestCluster) => ownerPool.query('select holdfast.begin_log_epoch(null)')
