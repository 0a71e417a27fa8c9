// Nightly: the costs of each request with years of months
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
  aWaitlistEntry,
  aWithdrawal,
  type BookingOverrides,
  lapseHolds,
  lockCounter,
  ofKind,
  plantFunction,
  type TestDatabase,
} from '@holdfast/testkit'
import { agedDatabaseTest } from '@holdfast/testkit/database-test'
import { expect, vi } from 'vitest'
import { engineOf } from '../test/engine-of.ts'
import { theatreOperations } from '../test/theatre-operations.ts'
import { visitOperations } from '../test/visit-operations.ts'
import { createEngine } from './create-engine.ts'
import type { SettleAction } from './model/settle.ts'
import { createCalendarReads } from './reads/calendar-reads.ts'
import { endOfLog, readLog } from './tail/read-log.ts'
import { expireHolds, expireHoldsOfAllMonths } from './upkeep/expire-holds.ts'
import { purgeOutdated } from './upkeep/purge-outdated.ts'

const test = agedDatabaseTest(120)

/**
 * How many locks any operation takes, however many months there are, also when all its statements must be planned anew;
 * 668 when they had no bounds. A stock server grants each transaction 64 on average (max_locks_per_transaction).
 */
const locksMax = 120
/** A statement that is prepared is planned for its values five times, and then perhaps for all values. */
const repetitions = 8

/** An old clinic's operations, each with the number of tables and indexes that it locks. */
async function operationsOf(database: TestDatabase) {
  const counter = lockCounter(database.appPool)
  const { pool } = counter
  const engine = createEngine({ batchPool: pool, generalPool: pool })
  const calendar = createCalendarReads(pool)
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic)
  const slot = await aSlot(database, doctor, { capacity: 1_000 })
  const other = await aSlot(database, doctor, { capacity: 1_000 })
  const accountId = randomUUID()
  await aBooking(database, slot, { accountId })
  const day = slot.startsAt.toISOString().slice(0, 10)
  const days = { clinicNo: clinic.no, from: day, to: day }
  const list = { status: null, limit: 25, cursor: null }

  const book = async (confirm: boolean) => {
    return ofKind(await engine.claim(aClaim(slot, { confirm, accountId })), 'booked').booking.id
  }
  const lapsed = async () => {
    await book(false)
    await lapseHolds(database, slot)
  }
  const settle = (action: SettleAction) => async (bookingId: string) =>
    await engine.settle(aSettlement(bookingId, action, { actorId: accountId }))
  const move = async (bookingId: string) => await engine.move(aMove(bookingId, other.id))
  const attend = async (bookingId: string) =>
    await engine.confirmAttendance({ bookingId, slotId: slot.id, actorId: accountId, key: null })
  const held = () => book(false)
  const booked = () => book(true)
  const old = async (overrides: BookingOverrides = {}) => {
    const built = await aBooking(database, slot, { status: 'CONFIRMED', ...overrides })
    const booking = await ageBooking(database, built, 100)
    counter.takeMax()
    return booking.id
  }
  // Somebody of this name has had an appointment at the time of this slot for 700 days.
  const judged = () => ({ knownBy: 'clinic' as const, patient: { name: 'Ada', email: `${randomUUID()}@example.org` } })
  const atOnce = await aSlot(database, await aDoctor(database, clinic), {
    // Not on the day of the statistics, which read the months since the first of its slots was created.
    startsAt: new Date(slot.startsAt.getTime() + 3 * 86_400_000),
    capacity: 1_000,
  })
  const namesake = await aBooking(database, atOnce, { patient: judged().patient })
  await ageBooking(database, namesake, 700)
  const reminded = await aClinic(database)
  const soon = new Date(Math.ceil(Date.now() / 3_600_000) * 3_600_000 + 3 * 86_400_000)
  const visits = await aSlot(database, await aDoctor(database, reminded), { startsAt: soon, capacity: 30 })
  for (let months = 0; months < 24; months += 1)
    await ageBooking(database, await aBooking(database, visits, { patient: judged().patient }), months * 30)
  const correct = async (bookingId: string) => {
    const patient = { email: `${randomUUID()}@example.org` }
    return await engine.correctPatient({ bookingId, actorId: null, key: null, patient })
  }

  const operations: Record<string, () => Promise<unknown>> = {
    claim: held,
    'claim of a slot with a lapsed hold': async () => [await lapsed(), counter.takeMax(), await held()],
    confirm: async () => await settle('confirm')(await held()),
    'a judged claim': () => engine.claim(aClaim(atOnce, { confirm: true, ...judged() })),
    'a judged confirmation': async () => {
      const hold = await aBooking(database, atOnce, { status: 'PENDING' })
      const by = { actorId: null, onBehalf: true, key: null, reason: null }
      return await engine.settle({ bookingId: hold.id, action: 'confirm', ...by, ...judged() })
    },
    'a judged move': async () => {
      const { id: bookingId } = await aBooking(database, other, { patient: judged().patient })
      const by = { actorId: null, onBehalf: true, key: null, knownBy: 'clinic' as const }
      return await engine.move({ bookingId, slotId: atOnce.id, ...by })
    },
    'a correction of an e-mail address': async () => await correct(await booked()),
    'a correction of the e-mail address of an old booking': async () =>
      await correct(await old({ accountId, patient: judged().patient })),
    extend: async () => await settle('extend')(await held()),
    'release a hold': async () => await settle('cancel')(await held()),
    cancel: async () => await settle('cancel')(await booked()),
    'cancel an old booking': async () => await settle('cancel')(await old()),
    'confirm an attendance': async () => await attend(await booked()),
    'confirm the attendance of an old booking': async () => await attend(await old()),
    'undo the attendance of an old booking': async () => {
      const bookingId = await old()
      await attend(bookingId)
      counter.takeMax()
      return await engine.withdrawAttendance({ bookingId, slotId: slot.id, actorId: null, key: null })
    },
    'move an old booking': async () => await move(await old()),
    'erase an old booking': async () => {
      const bookingId = await old()
      await settle('cancel')(bookingId)
      await engine.erasures.ofBooking({ bookingId, actorId: null, key: randomUUID() })
    },
    "erase a patient's bookings": async () => {
      const bookingId = await old()
      await settle('cancel')(bookingId)
      await engine.erasures.ofPatient({ clinicNo: clinic.no, patient: { accountId }, actorId: null })
      await engine.erasures.ofPatient({ clinicNo: clinic.no, patient: { email: 'a@example.org' }, actorId: null })
    },
    reopen: async () => await settle('reopen')(await booked()),
    move: async () => await move(await booked()),
    'a move made before': async () => [await move(await booked()), await move(await booked())],
    'a booking': async () => await engine.reads.booking(await booked()),
    'the events of a booking': async () => await engine.reads.eventsOfBooking(await booked()),
    'manage access': async () => await engine.manageTokenEpochs.access(await booked()),
    'the log': async () => await readLog(pool, await endOfLog(pool), 128),
    'the newest events': () =>
      engine.reads.newestEventsOfClinic({ clinicNo: clinic.no, confirmedOnly: false, limit: 1 }),
    'bookings of an account': () => engine.reads.bookingsOfAccount({ accountId, from: null, to: null, ...list }),
    'reminders of bookings of 24 months': () =>
      engine.messages.planReminders(reminded.no, { cursor: null, isDryRun: false }),
    'a day of a clinic': () =>
      engine.reads.bookingsOfClinic({ ...days, doctorId: null, confirmedOnly: false, q: null, ...list }),
    'a search in a clinic': () =>
      engine.reads.bookingsOfClinic({ ...days, doctorId: null, confirmedOnly: false, q: 'nobody', ...list }),
    'the number of requests of a clinic': () =>
      engine.reads.requestsOfClinic({ clinicNo: clinic.no, doctorId: null, limit: 1 }),
    'what was booked since a withdrawal': async () => {
      const { startsAt } = atOnce
      const withdrawn = await aSlot(database, await aDoctor(database, clinic), { startsAt })
      const lost = await ageBooking(database, await aBooking(database, withdrawn, { patient: judged().patient }), 700)
      const which = { slotId: withdrawn.id }
      await engine.withdrawSlots(aWithdrawal(clinic.no, which))
      const found = await engine.reads.booking(lost.id)
      counter.takeMax()
      return await engine.reads.bookedSinceWithdrawal({
        clinicNo: clinic.no,
        bookings: found === null ? [] : [found],
        doctorId: null,
      })
    },
    'what was booked since joining': async () => {
      const joinedAt = new Date(Date.now() - 3_000 * 86_400_000)
      const entry = await aWaitlistEntry(database, doctor, { joinedAt })
      counter.takeMax()
      return await engine.waitlist.bookedSince(clinic.no, [entry.id])
    },
    'statistics of a clinic': () => engine.reads.clinicStats(days),
    'a slot with a lapsed hold': async () => [await lapsed(), await engine.reads.slot(slot.id)],
    alternatives: () =>
      engine.reads.alternatives({
        slotId: slot.id,
        units: 1,
        appointmentType: null,
        fromSlotId: null,
        sameDoctor: false,
        byDesk: false,
        limit: 5,
      }),
    'days of a calendar': () => calendar.days(doctor.id, day, day),
    'slots of a calendar': () => calendar.slots([slot.id, other.id]),
    'bursts of bookings': () =>
      engine.bookingLimits.bursts({ clinicNo: clinic.no, hours: 24, bookingsMin: 2, newAccountIds: [], limit: 5 }),
    'the sweep': async () => [await lapsed(), await expireHolds(pool)],
    'the sweep of all months': () => expireHoldsOfAllMonths(pool),
    retention: () => purgeOutdated(pool),
    'a withdrawal': async () => {
      const { id: slotId } = await aSlot(database, doctor)
      return await engine.withdrawSlots(aWithdrawal(clinic.no, { slotId }))
    },
  }
  Object.assign(operations, await theatreOperations(database, pool), await visitOperations(database, pool))
  const locksOf = async (name: string) => {
    const operation = operations[name]
    if (operation === undefined) throw new Error(`There is no operation "${name}".`)
    counter.takeMax()
    for (let count = 0; count < repetitions; count += 1) await operation()
    return counter.takeMax()
  }
  return { names: Object.keys(operations), locksOf, stop: () => engine.stop() }
}

test('with ten more years of months, no operation holds more than 120 locks', async ({ database }) => {
  const operations = await operationsOf(database)
  const locks: Record<string, number> = {}
  for (const name of operations.names) locks[name] = await operations.locksOf(name)
  await operations.stop()
  expect(Object.entries(locks).filter(([, count]) => count > locksMax || count === 0)).toEqual([])
})

test("an account's bookings are looked for only in months that have bookings", async ({ database }) => {
  const { appPool: pool } = database
  const engine = engineOf({ appPool: pool })
  const accountId = randomUUID()
  const doctor = await aDoctor(database, await aClinic(database))
  const [first, second] = [await aSlot(database, doctor), await aSlot(database, doctor)]
  const old = await ageBooking(database, await aBooking(database, first, { accountId }), 5 * 365)
  const recent = await aBooking(database, second, { accountId })
  const queries = vi.spyOn(pool, 'query')
  const list = { accountId, from: null, to: null, status: null, limit: 25, cursor: null }
  const { items } = await engine.reads.bookingsOfAccount(list)
  expect(items.map(({ id }) => id).toSorted()).toEqual([old.id, recent.id].toSorted())
  // The months; and for each of two parts of the ten years, whether the account has bookings there, and the list.
  expect(queries).toHaveBeenCalledTimes(5)
})

test('who joined a waitlist long ago has what was booked since in the last six months', async ({ database }) => {
  const { appPool: pool } = database
  const engine = engineOf({ appPool: pool })
  const doctor = await aDoctor(database, await aClinic(database))
  const [first, second] = [await aSlot(database, doctor), await aSlot(database, doctor)]
  const joinedAt = new Date(Date.now() - 300 * 86_400_000)
  const patients = [100, 200].map((days) => ({ name: 'Grace Hopper', email: `grace${days}@example.org` }))
  const ids = []
  for (const patient of patients) ids.push((await aWaitlistEntry(database, doctor, { patient, joinedAt })).id)
  const [recent, old] = patients.map((patient) => ({ patient }))
  const found = await ageBooking(database, await aBooking(database, first, recent), 100)
  await ageBooking(database, await aBooking(database, second, old), 200)
  const { startsAt } = first
  const since = await engine.waitlist.bookedSince(doctor.clinicNo, ids)
  expect(since).toEqual(new Map([[ids[0], { bookingId: found.id, startsAt }]]))
})

test.for([
  ['settle_bookings', 'confirm', 'lock_bookings', / and b\.id >= recent_ids\(\)/g, ''],
  ['lock_old_bookings', 'cancel an old booking', 'lock_old_bookings', /force_custom_plan/, 'force_generic_plan'],
  ['bookings_by_id', 'a case', 'bookings_by_id', /and b\.id >= recent_ids\(\)/g, ''],
  ['visits_of_slots', 'a judged claim', 'visits_of_slots', /t\.id >= recent_ids\(\)/, 't.id >= v_from'],
  [
    'later_visits, of a withdrawal',
    'what was booked since a withdrawal',
    'later_visits',
    /force_custom_plan/,
    'force_generic_plan',
  ],
  [
    'visits_from, of the waitlist',
    'what was booked since joining',
    'visits_from',
    /interval '6 months'/,
    "interval '120 months'",
  ],
  ['known_patients', 'a claim of a time', 'known_patients', /raise sqlstate 'HF001'/, 'null'],
  ['old_visits_of_slots', 'a judged claim', 'old_visits_of_slots', /raise sqlstate 'HF001'/, 'null'],
  [
    'corrected_contact',
    'a correction of an e-mail address',
    'corrected_contact',
    /events_of_old_booking\(p_booking\.clinic_no, p_booking\.id\) e where/,
    'booking_event e where e.booking_id = p_booking.id and',
  ],
  ['lapsed_cases', 'refused claim of a case', 'lapsed_cases', /from bookings_by_id\([^;]*\) b\s/, 'from booking b '],
  ['place_booking_of_case', 'move of a case', 'place_booking_of_case', /force_custom_plan/, 'force_generic_plan'],
  ['lapsed_units', 'a slot with a lapsed hold', 'lapsed_units', /b\.id >= recent_ids\(\) and/, ''],
  [
    'read_log',
    'the log',
    'read_log',
    /select t\.\*, false as is_late from recent_event t/,
    `select t.clinic_no, t.booking_id, t.version, t.xid, t.seq, t.at, t.type, t.slot_id, t.resource_id, t.units,
            t.hold_expires_at, t.from_slot_id, t.reason, t.actor_id, t.status_after, t.case_details, false as is_late
       from booking_event t`,
  ],
] as const)(
  'negative control: without its bound, %s holds more than 120 locks',
  async ([, operation, name, part, becomes], { database }) => {
    await plantFunction(database, name, { part, becomes })
    const operations = await operationsOf(database)
    expect(await operations.locksOf(operation)).toBeGreaterThan(locksMax)
    await operations.stop()
  },
)
