import { randomUUID } from 'node:crypto'
import {
  aBooking,
  aClaim,
  aClinic,
  aDoctor,
  ageBooking,
  aMove,
  aSettlement,
  aSlot,
  aWithdrawal,
  type ClaimWay,
  claimWays,
  lapseHolds,
  plantFunction,
  type TestDatabase,
  takenOf,
  until,
} from '@holdfast/testkit'
import { agedDatabaseTest, freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { describe, expect } from 'vitest'
import { runClaimBatch } from './bookings/claim-batch.ts'
import { runMoveBatch } from './bookings/move-batch.ts'
import { PartitionMissing } from './bookings/partition-missing.ts'
import { runSettleBatch } from './bookings/settle-batch.ts'
import { idFloor, newId } from './model/id.ts'
import { idsFrom, idsUntil } from './model/id-bounds.ts'
import { createReads } from './reads/create-reads.ts'
import { withdrawSlots } from './slots/withdraw-slots.ts'
import { cursorBefore, readLog } from './tail/read-log.ts'
import { expireHolds, expireHoldsOfAllMonths } from './upkeep/expire-holds.ts'

const agedTest = agedDatabaseTest(24)

const hourMs = 3_600_000
const everything = { status: null, confirmedOnly: false, doctorId: null, q: null, limit: 100, cursor: null }

/** A full slot whose only hold was created, and lapsed, this many days ago. Nobody has swept since. */
async function aSlotWithOldHold(database: TestDatabase, days: number) {
  const slot = await aSlot(database, await aDoctor(database, await aClinic(database)))
  const hold = await ageBooking(database, await aBooking(database, slot, { status: 'PENDING' }), days)
  await database.ownerPool.query(sql`update holdfast.booking set hold_expires_at = created_at + interval '30 minutes'
      where id = ${hold.id}`)
  await database.ownerPool.query(sql`update holdfast.slot
      set next_lapse = (select hold_expires_at from holdfast.booking where id = ${hold.id}) where id = ${slot.id}`)
  return { slot, hold }
}

test('the bounds in SQL and in TypeScript agree', async ({ database }) => {
  const at = new Date('2031-02-28T23:59:59.999Z')
  const { rows } = await database.ownerPool.query(
    'select holdfast.ids_from($1) as from, holdfast.ids_until($1) as until',
    [at],
  )
  expect(rows[0]).toEqual({ from: idsFrom(at), until: idsUntil(at) })
})

describe('a hold that lapsed months ago and was not swept', () => {
  agedTest.for([100, 0])('created %s days ago: a claim gets its unit', async (days, { database }) => {
    const { slot } = await aSlotWithOldHold(database, days)
    if (days === 0) await lapseHolds(database, slot)
    expect(await createReads(database.appPool).slot(slot.id)).toMatchObject({ available: 1 })
    expect(await runClaimBatch(database.appPool, [aClaim(slot)])).toMatchObject([{ outcome: { kind: 'booked' } }])
    expect(await takenOf(database, slot)).toEqual([1])
  })

  agedTest('negative control: with a bound too tight, the claim does not get it', async ({ database }) => {
    const { slot } = await aSlotWithOldHold(database, 100)
    await plantFunction(database, 'old_lapsed_holds', { part: 'b.id >= p_from', becomes: 'b.id >= ids_from(p_now)' })
    expect(await runClaimBatch(database.appPool, [aClaim(slot)])).not.toMatchObject([{ outcome: { kind: 'booked' } }])
  })

  agedTest('by a server whose clock is a day behind: it is found, a minute further not', async ({ database }) => {
    const { slot, hold } = await aSlotWithOldHold(database, 100)
    const shift = async (by: string) =>
      await database.ownerPool.query(sql`update holdfast.slot set next_lapse = next_lapse + ${by}::interval
          where id = ${slot.id}`)
    // The longest hold takes 15 days: this one ended 24 hours after that, by the time in its id.
    await database.ownerPool.query(sql`update holdfast.booking
        set hold_expires_at = hold_expires_at + interval '383 hours 30 minutes' where id = ${hold.id}`)
    await shift('383 hours 31 minutes')
    expect(await createReads(database.appPool).slot(slot.id)).toMatchObject({ available: 0 })
    await shift('-1 minute')
    expect(await createReads(database.appPool).slot(slot.id)).toMatchObject({ available: 1 })
  })

  agedTest('the sweep of all months expires it, the one of every minute does not look for it', async ({ database }) => {
    const { slot } = await aSlotWithOldHold(database, 100)
    expect(await expireHolds(database.appPool)).toBe(0)
    expect(await expireHoldsOfAllMonths(database.appPool)).toBe(1)
    expect(await takenOf(database, slot)).toEqual([0])
  })
})

describe('a request of two weeks ago that lapses now', () => {
  async function aLapsedRequest(database: TestDatabase) {
    const { slot, hold } = await aSlotWithOldHold(database, 15)
    await database.ownerPool.query(sql`update holdfast.booking
        set hold_expires_at = created_at + interval '14 days 1 hour'
        where id = ${hold.id}`)
    return slot
  }

  agedTest('is expired by the sweep of every minute', async ({ database }) => {
    const slot = await aLapsedRequest(database)
    expect(await expireHolds(database.appPool)).toBe(1)
    expect(await takenOf(database, slot)).toEqual([0])
  })

  agedTest('negative control: not by one that looks at the last two days', async ({ database }) => {
    const slot = await aLapsedRequest(database)
    const part = "oldest_hold_id(v_now - interval '1 day')"
    await plantFunction(database, 'expire_holds', { part, becomes: "ids_from(v_now - interval '2 days')" })
    expect(await expireHolds(database.appPool)).toBe(0)
    expect(await takenOf(database, slot)).toEqual([1])
  })
})

agedTest('a month whose holds cannot be expired does not keep those of the others', async ({ database }) => {
  const [{ slot: older, hold }, { slot: newer }] = [
    await aSlotWithOldHold(database, 100),
    await aSlotWithOldHold(database, 50),
  ]
  await database.ownerPool.query(
    `create function public.fail() returns trigger language plpgsql as $$ begin raise 'a broken row'; end $$;
     create trigger fail before update on holdfast.booking for each row when (old.id = '${hold.id}')
       execute function public.fail()`,
  )
  await expect(expireHoldsOfAllMonths(database.appPool)).rejects.toMatchObject({
    errors: [expect.objectContaining({ message: 'a broken row' })],
  })
  expect(await takenOf(database, older, newer)).toEqual([1, 0])
  await database.ownerPool.query('drop function public.fail() cascade')
  expect(await expireHoldsOfAllMonths(database.appPool)).toBe(1)
})

agedTest('a visit as old as its clinic makes patients known; control: not with a tight bound', async ({ database }) => {
  const clinic = await aClinic(database)
  const accountId = randomUUID()
  const slot = await aSlot(database, await aDoctor(database, clinic))
  await ageBooking(database, await aBooking(database, slot, { accountId, status: 'COMPLETED' }), 500)
  await database.ownerPool.query(sql`update holdfast.clinic set created_at = now() - interval '499 days 1 hour'
      where no = ${clinic.no}`)
  const isKnown = async (account: string) => {
    const { rows } = await database.ownerPool.query(sql`
      select (holdfast.known_patients(array[${clinic.no}::integer], array[${account}::uuid]))[1] as known`)
    return rows[0].known
  }
  expect([await isKnown(accountId), await isKnown(randomUUID())]).toEqual([true, false])
  const tighter = { part: 'ids_from(c.created_at)', becomes: "ids_from(c.created_at + interval '9 months')" }
  await plantFunction(database, 'known_patients', tighter)
  expect(await isKnown(accountId)).toBe(false)
})

describe('a booking that is older than its slot, because it was moved into it', () => {
  async function aMovedBooking(database: TestDatabase) {
    const clinic = await aClinic(database)
    const doctor = await aDoctor(database, clinic)
    const booking = await ageBooking(database, await aBooking(database, await aSlot(database, doctor)), 300)
    const slot = await aSlot(database, doctor)
    const move = aMove(booking.id, slot.id)
    expect(await runMoveBatch(database.appPool, [move])).toMatchObject([{ outcome: { kind: 'done' } }])
    const day = slot.startsAt.toISOString().slice(0, 10)
    const days = { clinicNo: clinic.no, from: day, to: day }
    return { booking, slot, clinic, days }
  }

  agedTest('is in the lists, in the statistics and in a withdrawal of the slot', async ({ database }) => {
    const { booking, slot, days } = await aMovedBooking(database)
    const reads = createReads(database.appPool)
    expect((await reads.bookingsOfClinic({ ...days, ...everything })).items.map(({ id }) => id)).toEqual([booking.id])
    expect((await reads.bookingsOfClinic({ ...days, ...everything, q: booking.id })).items).toHaveLength(1)
    expect(await reads.clinicStats(days)).toMatchObject({ totals: { CONFIRMED: 1 } })
    const { rows } = await database.appPool.query(sql`select outcome, array_to_string(booking_ids, ' ') as ids
        from holdfast.withdraw_slots(${slot.clinicNo}, ${slot.id}, null, null, null, true, false, null)`)
    expect(rows).toEqual([{ outcome: 'withdrawn', ids: booking.id }])
  })

  agedTest('negative control: it is not, if the slot does not say how old it is', async ({ database }) => {
    const { slot, days } = await aMovedBooking(database)
    await database.ownerPool.query(sql`update holdfast.slot set oldest_booking_at = null
        where clinic_no = ${slot.clinicNo}`)
    const reads = createReads(database.appPool)
    expect((await reads.bookingsOfClinic({ ...days, ...everything })).items).toEqual([])
    expect(await reads.clinicStats(days)).toMatchObject({ totals: { CONFIRMED: 0 } })
  })
})

describe('a slot that was created while the clock of the database was two days ahead', () => {
  const { alone, together } = claimWays(runClaimBatch)

  async function aSlotFromAhead(database: TestDatabase, { run }: ClaimWay) {
    const slot = await aSlot(database, await aDoctor(database, await aClinic(database)), { capacity: 2 })
    await database.ownerPool.query(sql`update holdfast.slot set created_at = now() + interval '2 days'
        where id = ${slot.id}`)
    expect(await run(database.appPool, [aClaim(slot)])).toMatchObject([{ outcome: { kind: 'booked' } }])
    const { rows } = await database.ownerPool.query<{ id: string }>('select id from holdfast.booking')
    return { slot, bookingIds: rows.map(({ id }) => id) }
  }

  async function withdrawnIds(database: TestDatabase, { id: slotId, clinicNo }: { id: string; clinicNo: number }) {
    const ways = aWithdrawal(clinicNo, { slotId })
    const outcome = await withdrawSlots(database.appPool, ways)
    return outcome.kind === 'withdrawn' ? outcome.bookings.map(({ id }) => id) : outcome.kind
  }

  test.for([alone, together])('a withdrawal ends its bookings, claimed $way', async (way, { database }) => {
    const { slot, bookingIds } = await aSlotFromAhead(database, way)
    expect(await withdrawnIds(database, slot)).toEqual(bookingIds)
    expect(bookingIds).toHaveLength(1)
  })

  test.for([alone, together])(
    'negative control: $way, without oldest_booking_of, it misses them',
    async (way, { database }) => {
      await plantFunction(database, 'oldest_booking_of', {
        part: 'LEAST(p_oldest_booking_at, p_created_at)',
        becomes: 'p_oldest_booking_at',
      })
      expect(await withdrawnIds(database, (await aSlotFromAhead(database, way)).slot)).toEqual([])
    },
  )
})

test('every function that writes bookings into a slot notes those that are older than it', async ({ database }) => {
  const { rows } = await database.ownerPool.query<{ name: string; source: string }>(`
    select proname as name, prosrc as source from pg_proc where pronamespace = 'holdfast'::regnamespace`)
  const writing = rows.filter(({ source }) => /insert into booking \(|array\[p_slot_id\], array\[v_to/.test(source))
  const notNoting = writing.filter(({ source }) => !source.includes('oldest_booking_of'))
  expect(writing.length).toBeGreaterThan(3)
  // It calls take_minutes, which notes them.
  expect(notNoting.map(({ name }) => name)).toEqual(['book_cases'])
})

/** Once the log shows everything that has been committed: it waits for older transactions of the whole server. */
async function cancellationsInLog(database: TestDatabase) {
  const { rows: now } = await database.ownerPool.query<{ xid: string }>('select pg_current_xact_id()::text as xid')
  const xid = BigInt(now[0]?.xid ?? 0)
  const { rows } = await until(async () => {
    const page = await readLog(database.appPool, cursorBefore(1n), 1_000)
    return page.horizon > xid ? page : undefined
  }, `the log past transaction ${xid}`)
  return rows.filter(({ entry }) => entry.kind === 'booking' && entry.type === 'cancelled')
}

describe('a change of a booking of 11 months ago', () => {
  async function changeOldBooking(database: TestDatabase) {
    const slot = await aSlot(database, await aDoctor(database, await aClinic(database)))
    const booking = await ageBooking(database, await aBooking(database, slot), 330)
    const cancel = aSettlement(booking.id, 'cancel')
    expect(await runSettleBatch(database.appPool, [cancel])).toMatchObject([{ outcome: { kind: 'done' } }])
    return cancellationsInLog(database)
  }

  agedTest('is in the recent part of the log, once', async ({ database }) => {
    expect(await changeOldBooking(database)).toHaveLength(1)
  })

  agedTest('is there once, too, while its month is still in the recent part', async ({ database }) => {
    const slot = await aSlot(database, await aDoctor(database, await aClinic(database)))
    const booking = await ageBooking(database, await aBooking(database, slot), 40)
    const cancel = { bookingId: booking.id, action: 'cancel' as const, actorId: null, onBehalf: true, key: null }
    await runSettleBatch(database.appPool, [{ ...cancel, reason: null }])
    expect(await cancellationsInLog(database)).toHaveLength(1)
  })

  agedTest('negative control: it is not, if late events are not noted', async ({ database }) => {
    await plantFunction(database, 'note_late_events', {
      part: 'where e.booking_id',
      becomes: 'where false and e.booking_id',
    })
    expect(await changeOldBooking(database)).toEqual([])
  })

  test('every function that writes events of existing bookings notes the late ones', async ({ database }) => {
    const { rows } = await database.ownerPool.query<{ name: string; source: string }>(`
      select proname as name, prosrc as source from pg_proc where pronamespace = 'holdfast'::regnamespace`)
    const writing = rows.filter(({ source }) => /insert into booking_event/.test(source))
    const notNoting = writing.filter(({ source }) => !source.includes('note_late_events'))
    // The first events of bookings; move_booking, whose caller, move_bookings, notes them; and the end of requests,
    // which are 15 days old at most (oldest_hold_id).
    expect(notNoting.map(({ name }) => name).toSorted()).toEqual([
      'book_cases',
      'claim_slot',
      'claim_slots',
      'move_booking',
      'offer_places',
      'take_requested_time',
    ])
  })
})

test.for([
  ['23 hours ahead', 23, 'booked'],
  ['23 hours behind', -23, 'booked'],
  ['25 hours ahead', 25, PartitionMissing],
  ['25 hours behind', -25, PartitionMissing],
] as const)('a claim with an id of a clock that is %s', async ([, hours, expected], { database }) => {
  const slot = await aSlot(database, await aDoctor(database, await aClinic(database)), { capacity: 3 })
  const at = idFloor(new Date(Date.now() + hours * hourMs)).slice(0, 13)
  const claim = () => aClaim(slot, { bookingId: at + newId(slot.clinicNo).slice(13) })
  for (const claims of [[claim()], [claim(), claim()]]) {
    const claiming = runClaimBatch(database.appPool, claims)
    if (expected === 'booked') {
      expect(await claiming).toMatchObject(claims.map(() => ({ outcome: { kind: expected } })))
    } else {
      await expect(claiming).rejects.toBeInstanceOf(expected)
    }
  }
})

agedTest('the bookings of an account over two years: pages are in order, nothing is missing', async ({ database }) => {
  const doctor = await aDoctor(database, await aClinic(database))
  const accountId = randomUUID()
  const ids: string[] = []
  for (let days = 700; days >= 0; days -= 35) {
    const slot = await aSlot(database, doctor, { startsAt: new Date(Date.now() - (days - 40) * 24 * hourMs) })
    ids.push((await ageBooking(database, await aBooking(database, slot, { accountId }), days)).id)
  }
  const reads = createReads(database.appPool)
  const found: string[] = []
  let cursor: string | null = null
  do {
    const page = await reads.bookingsOfAccount({ accountId, status: null, from: null, to: null, limit: 4, cursor })
    found.push(...page.items.map(({ id }) => id))
    cursor = page.nextCursor
  } while (cursor !== null)
  expect(found).toEqual(ids)
})
