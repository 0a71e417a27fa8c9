// Nightly: each job beside a move that was interrupted
import { randomUUID } from 'node:crypto'
import {
  aBooking,
  aClinic,
  aSlot,
  aWaitlistEntry,
  type BuiltSlot,
  holdLock,
  type TestDatabase,
  untilLockWaiters,
} from '@holdfast/testkit'
import type pg from 'pg'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { aScene, killedAfter, test } from '../../test/moving-clinic.ts'
import { takeBusyCalendarNotices, takeDueBusyCalendars } from '../calendars/read-busy-calendars.ts'
import { clinicLockClasses } from '../database/advisory-locks.ts'
import { connectClient } from '../database/connect-client.ts'
import { createAdmissions } from '../limits/admissions.ts'
import { takeDueMessages } from '../messages/send-messages.ts'
import { newId } from '../model/id.ts'
import { endWaitlistEntries } from '../upkeep/end-waitlist-entries.ts'
import { eraseOutdated } from '../upkeep/erase-outdated.ts'
import {
  expireHolds,
  expireHoldsOfAllMonths,
  passOnLapsedPlaces,
  passOnLapsedPlacesOfAllMonths,
} from '../upkeep/expire-holds.ts'
import { finishErasures } from '../upkeep/finish-erasures.ts'
import { purgeOutdated } from '../upkeep/purge-outdated.ts'
import { takeDueDeliveries } from '../webhooks/send-deliveries.ts'
import { allowChanges, beginRefusing, refuseChanges } from './clinic-fence.ts'
import { clinicTables } from './clinic-tables.ts'

/** What each job has to do in a clinic: statements with $1, its number, and ids. */
const rows = [
  `update holdfast.clinic set patient_data_months = 1 where no = $1`,
  `insert into holdfast.message (clinic_no, id, booking_id, version, slot_id, kind, channel, due_at)
   values ($1, $id, $booking, 1, $slot, 'confirmed', 'email', now() - interval '1 day')`,
  `insert into holdfast.webhook (clinic_no, id, url, events, secret, created_at)
   values ($1, $webhook, 'https://example.org', '{booking.confirmed}', 'secret', now())`,
  `insert into holdfast.webhook_delivery (clinic_no, id, webhook_id, event, payload, due_at)
   values ($1, $id, $webhook, 'booking.confirmed', '{}', now() - interval '1 day')`,
  `insert into holdfast.busy_calendar (clinic_no, resource_id, url, failing_since, problem, emptied_at)
   values ($1, $doctor, 'sealed', now() - interval '2 days', 'unreachable', now())`,
  `insert into holdfast.erased_booking (clinic_no, booking_id, erased_at) values ($1, $id, now() - interval '1 day')`,
  `insert into holdfast.waitlist_origin (clinic_no, subject, entry_id, kind)
   select $1, gen_random_uuid(), id, 'network' from holdfast.waitlist_entry
    where clinic_no = $1 and ended_at is not null`,
]

/** Rows that purge_outdated deletes: one of each table. */
const outdated: Record<string, string> = {
  idempotency: `(clinic_no, key, request_hash, booking_id, created_at)
    values ($1, gen_random_uuid(), gen_random_uuid(), $old, now() - interval '1 year')`,
  directory_change: `(clinic_no, at) values ($1, now() - interval '1 year')`,
  booking_origin: `(clinic_no, subject, booking_id, kind, at)
    values ($1, gen_random_uuid(), $old, 'network', now() - interval '1 year')`,
  late_event: `(clinic_no, booking_id, version, xid, seq, at, type, slot_id, resource_id, units, status_after)
    select clinic_no, booking_id, version, xid, seq, now() - interval '1 year', type, slot_id, resource_id, units,
           status_after
      from holdfast.booking_event where clinic_no = $1 and booking_id = $booking and version = 1`,
  message: `(clinic_no, id, booking_id, version, slot_id, kind, channel, due_at, state, done_at, created_at)
    values ($1, $id, $old, 1, $slot, 'confirmed', 'email', now(), 'skipped', now(), now() - interval '1 year')`,
  erasure: `(clinic_no, kind, id, erased_at) values ($1, 'booking', $old, now() - interval '1 year')`,
  message_budget: `(clinic_no, recipient, sent, since) values ($1, gen_random_uuid(), 1, now() - interval '1 year')`,
  webhook_delivery: `(clinic_no, id, webhook_id, event, payload, due_at, state, done_at, created_at)
    values ($1, $id, $webhook, 'booking.confirmed', '{}', now(), 'failed', now(), now() - interval '1 year')`,
}

/** Gives every job something to do in the clinic of the slot. */
async function someWork(database: TestDatabase, slot: BuiltSlot) {
  const { clinicNo } = slot
  const doctor = { id: slot.doctorId, clinicNo, clinicId: '' }
  const past = new Date(Date.now() - 60_000)
  await aBooking(database, slot, { status: 'PENDING', createdAt: past, holdExpiresAt: past })
  const { id: booking } = await aBooking(database, slot)
  const longAgo = new Date(Date.now() - 60 * 86_400_000)
  await aBooking(database, await aSlot(database, doctor, { startsAt: longAgo }), { createdAt: longAgo })
  await aWaitlistEntry(database, doctor)
  await aWaitlistEntry(database, doctor, { to: '2020-02-01' })
  const ended = await aWaitlistEntry(database, doctor)
  await database.ownerPool.query(sql`update holdfast.waitlist_entry set ended_at = now(), end_reason = 'left'
      where clinic_no = ${clinicNo} and id = ${ended.id}`)
  const ids = { slot: slot.id, doctor: slot.doctorId, booking, webhook: newId(clinicNo), old: oldId(clinicNo) }
  const statements = Object.entries(outdated).map(([table, values]) => `insert into holdfast.${table} ${values}`)
  for (const statement of [...rows, ...statements]) {
    const withIds = statement.replaceAll(/\$([a-z]+)/g, (_, name: string) => {
      return `'${name === 'id' ? newId(clinicNo) : ids[name as keyof typeof ids]}'::uuid`
    })
    await database.ownerPool.query(withIds.replaceAll('$1', String(clinicNo)))
  }
}

/** An id of the year 2020. */
function oldId(clinicNo: number): string {
  return `016f5e66-e800-${newId(clinicNo).slice(14)}`
}

/** All that changes rows of several clinics in one statement or run, with how much it did. */
const jobs: Record<string, (pool: pg.Pool) => Promise<unknown>> = {
  passOnLapsedPlaces,
  passOnLapsedPlacesOfAllMonths,
  expireHolds,
  expireHoldsOfAllMonths,
  takeDueMessages: (pool) => takeDueMessages(pool, { channel: 'email', limit: 10, seconds: 60 }),
  takeDueDeliveries: (pool) => takeDueDeliveries(pool, { limit: 10, seconds: 60 }),
  takeDueBusyCalendars: (pool) => takeDueBusyCalendars(pool, 10),
  takeBusyCalendarNotices: async (pool) => {
    const noticed: string[] = []
    await takeBusyCalendarNotices(pool, {
      limit: 10,
      notify: async (_, { kind }) => {
        noticed.push(kind)
      },
      onError: () => noticed.push('error'),
    })
    return noticed
  },
  endWaitlistEntries,
  finishErasures,
  eraseOutdated,
  purgeOutdated,
}

test('an interrupted move of a clinic holds up the jobs of no other clinic', async ({ database, north }) => {
  const scene = await aScene(database, north)
  await someWork(database, scene.slot)
  await someWork(database, scene.slotElsewhere)
  const kill = killedAfter('committed', [database, north])
  await expect(scene.move(1, { afterStep: kill })).rejects.toThrow('killed')
  const before = await scene.rowsIn(database)
  const done: Record<string, unknown> = {}
  for (const [name, run] of Object.entries(jobs)) {
    done[name] = await run(database.appPool).catch((error: unknown) => error)
  }
  const elsewhere = [expect.objectContaining({ clinicNo: scene.slotElsewhere.clinicNo })]
  expect(done).toEqual({
    passOnLapsedPlaces: 1,
    // The moving clinic's hold is left, and is not looked for again and again.
    passOnLapsedPlacesOfAllMonths: { count: 0, isComplete: true },
    expireHolds: 0,
    expireHoldsOfAllMonths: 0,
    takeDueMessages: elsewhere,
    takeDueDeliveries: elsewhere,
    takeDueBusyCalendars: elsewhere,
    takeBusyCalendarNotices: ['failing', 'emptied'],
    endWaitlistEntries: 1,
    finishErasures: 1,
    eraseOutdated: 1,
    purgeOutdated: Object.keys(outdated).length,
  })
  expect(await scene.rowsIn(database)).toEqual(before)

  await scene.move(1)
  expect(await scene.place()).toEqual({ shard_no: 1, moving_to: null })
})

test.for([
  { when: 'before a claim in another', isDuring: false },
  { when: 'while a claim in another waits', isDuring: true },
])('a released reservation of a clinic that moves $when does not fail it', async ({ isDuring }, { database }) => {
  const [moving, other] = [await aClinic(database), await aClinic(database)]
  const { admit, release } = createAdmissions(database.appPool, {})
  const aRequest = (clinicNo: number) => {
    const origins = [{ kind: 'address' as const, subject: randomUUID() }]
    return { bookingId: newId(clinicNo), key: randomUUID(), units: 1, confirm: true, origins }
  }
  const [left, done] = [aRequest(moving.no), aRequest(other.no)]
  for (const request of [left, done]) expect(await admit(request)).toEqual({ kind: 'admitted' })
  const client = await connectClient({ url: database.ownerUrl, name: 'holdfast test' })
  try {
    const fence = { clinicNo: moving.no, token: randomUUID(), msMax: 60_000 }
    const begin = async () => {
      await beginRefusing(client, fence)
      const tables = await clinicTables(client)
      const origins = tables.filter(({ name }) => name === 'booking_origin')
      await refuseChanges(client, fence, origins)
    }
    for (const request of [left, done]) release(request)
    if (!isDuring) await begin()
    const counting = await holdLock(database.ownerPool, 'select pg_advisory_xact_lock($1, $2)', [
      clinicLockClasses.admissions,
      other.no,
    ])
    const admitted = admit(aRequest(other.no))
    await untilLockWaiters(database, 1)
    if (isDuring) await begin()
    await counting.release()
    expect(await admitted).toEqual({ kind: 'admitted' })
    const { rows } = await client.query(sql`select booking_id as id from holdfast.booking_origin
        where booking_id = any (${[left.bookingId, done.bookingId]})`)
    expect(rows).toEqual([{ id: left.bookingId }])
  } finally {
    await allowChanges(client, moving.no)
    await client.end()
  }
})
