import { randomUUID } from 'node:crypto'
import {
  aBooking,
  aClaim,
  aClinic,
  aDoctor,
  aSlot,
  type BuiltBooking,
  plantFunction,
  type TestDatabase,
} from '@holdfast/testkit'
import { anotherDatabase, test } from '@holdfast/testkit/database-test'
import type pg from 'pg'
import sql from 'sql-template-tag'
import { expect, onTestFinished } from 'vitest'
import { createPool } from '../database/pools.ts'
import { runClaimBatch } from './claim-batch.ts'
import { runMoveBatch } from './move-batch.ts'
import { runSettleBatch } from './settle-batch.ts'

const eventsOfOthers = 20_000

test('a repeated change reads the log of its booking, not that of its clinic', async ({ database }) => {
  expect(await rowsReadByRepeats(database)).toBeLessThan(100)
})

test('negative control: a position that is looked up by max(xid) reads the log of the clinic', async () => {
  const planted = await anotherDatabase()
  await plantFunction(planted, 'last_change', {
    part: /select \(array_agg[^;]*(from booking_event l\s+where [^;]*)order by l\.version desc offset 0\) e;/,
    becomes: 'select max(l.xid) into tx $1;',
  })
  expect(await rowsReadByRepeats(planted)).toBeGreaterThan(eventsOfOthers)
})

test('a change under the key of the claim that booked is no repetition', async ({ database, slot }) => {
  const claim = aClaim(slot)
  await runClaimBatch(database.appPool, [claim])
  const extend = { bookingId: claim.bookingId, action: 'extend' as const, actorId: null, onBehalf: true, patient: null }
  const [result] = await runSettleBatch(database.appPool, [{ ...extend, key: claim.key, reason: null }])
  expect(result).toMatchObject({ outcome: { kind: 'done' } })
})

/** How many rows of the log are read when a confirmation and a move are repeated, in a clinic with many events. */
async function rowsReadByRepeats(database: TestDatabase): Promise<number> {
  const slot = await aSlot(database, await aDoctor(database, await aClinic(database)))
  const booking = await aBooking(database, slot, { status: 'CONFIRMED' })
  // One connection, because each process plans separately, and reports separately what it has read.
  const pool = createPool({ url: database.appUrl, max: 1, name: 'repeated' })
  onTestFinished(() => pool.close(1_000))
  const repeated = { bookingId: booking.id, actorId: null, onBehalf: true, key: randomUUID() }
  const repeat = async () => [
    ...(await runSettleBatch(pool, [{ ...repeated, action: 'confirm', reason: null, patient: null }])),
    ...(await runMoveBatch(pool, [{ ...repeated, slotId: slot.id }])),
  ]
  // At the beginning of a month the log is almost empty, and the plans that are made then stay.
  await stopAutovacuum(database)
  await repeat()
  await addEventsOfOthers(database, booking)
  const before = await rowsReadBy(pool, database)
  const outcomes = await repeat()
  const after = await rowsReadBy(pool, database)
  const { rows: last } = await database.ownerPool.query<{ xid: string }>(sql`
    select xid from holdfast.booking_event where booking_id = ${booking.id} order by version desc limit 1`)
  const unchanged = { outcome: { kind: 'unchanged', position: last[0]?.xid } }
  expect(outcomes).toMatchObject([unchanged, unchanged])
  return after - before
}

/** Statistics of autovacuum would let the plans be made again. */
async function stopAutovacuum(database: TestDatabase): Promise<void> {
  await database.ownerPool.query(`do $$ declare v_month regclass; begin
        for v_month in select relid from pg_partition_tree('holdfast.booking_event') where isleaf loop
          execute format('alter table %s set (autovacuum_enabled = false)', v_month);
        end loop;
      end $$`)
}

async function addEventsOfOthers(database: TestDatabase, { id }: BuiltBooking): Promise<void> {
  await database.ownerPool.query(sql`
    insert into holdfast.booking_event (clinic_no, booking_id, version, at, type, slot_id, resource_id, units)
     select clinic_no, overlay(id::text placing lpad(to_hex(n), 8, '0') from 29)::uuid, 1, clock_timestamp(), 'held',
       slot_id, resource_id, 1
       from holdfast.booking cross join generate_series(1, ${eventsOfOthers}) n where id = ${id}`)
}

async function rowsReadBy(pool: pg.Pool, database: TestDatabase): Promise<number> {
  await pool.query('select pg_stat_force_next_flush()')
  const { rows } = await database.ownerPool.query<{ count: number }>(`
    select (sum(seq_tup_read) + sum(idx_tup_fetch))::int as count from pg_stat_user_tables
     where relname like 'booking_event%'`)
  return rows[0]?.count ?? 0
}
