import { randomUUID } from 'node:crypto'
import {
  aBooking,
  aClaim,
  aClinic,
  aDoctor,
  aMove,
  aSession,
  aSettlement,
  aSlot,
  aTimeClaim,
  aVisitType,
  aWithdrawal,
  type BuiltClinic,
  type BuiltDoctor,
  type BuiltSession,
  checkHistory,
  lapseHolds,
  type TestDatabase,
  type VisitTypeOverrides,
} from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { describe, expect } from 'vitest'
import { runClaimBatch } from '../bookings/claim-batch.ts'
import { runMoveBatch } from '../bookings/move-batch.ts'
import { runSettleBatch } from '../bookings/settle-batch.ts'
import type { TimeClaimOutcome, TimeClaimRequest } from '../model/session.ts'
import { createSlots } from '../slots/create-slots.ts'
import { withdrawInParts } from '../slots/withdraw-in-parts.ts'
import { withdrawSlots } from '../slots/withdraw-slots.ts'
import { runTimeClaimBatch } from './claim-times.ts'
import { createSessions } from './create-sessions.ts'

let clinic: BuiltClinic
let doctor: BuiltDoctor

test.beforeAll(async ({ database }) => {
  clinic = await aClinic(database)
})
test.beforeEach(async ({ database }) => {
  doctor = await aDoctor(database, clinic)
})

async function claim(database: TestDatabase, ...requests: TimeClaimRequest[]): Promise<(TimeClaimOutcome | 'retry')[]> {
  const results = await runTimeClaimBatch(database.appPool, requests)
  return results.map((result) => (result.kind === 'completed' ? result.outcome : 'retry'))
}

const kindsOf = (outcomes: readonly (TimeClaimOutcome | 'retry')[]) =>
  outcomes.map((one) => (one === 'retry' ? one : one.kind))

describe('claims of times', () => {
  test('in one batch, an account is known at the clinic where it has been, and no other account is', async ({
    database,
  }) => {
    const accountId = randomUUID()
    const atClinic = async (of: BuiltClinic) => {
      const one = await aDoctor(database, of)
      const type = await aVisitType(database, of, { bookableBy: 'known_patients', minutes: 10 })
      return { doctor: one, type, session: await aSession(database, one) }
    }
    const [own, foreign] = [await atClinic(clinic), await atClinic(await aClinic(database))]
    await aBooking(database, await aSlot(database, own.doctor), { accountId, status: 'COMPLETED' })
    const outcomes = await claim(
      database,
      aTimeClaim(own.session, own.type, 0, { accountId }),
      aTimeClaim(own.session, own.type, 10, { accountId: randomUUID() }),
      aTimeClaim(foreign.session, foreign.type, 0, { accountId }),
      aTimeClaim(own.session, own.type, 20),
      aTimeClaim(own.session, own.type, 30, { accountId }),
    )
    const refused = 'visit_type_restricted'
    expect(kindsOf(outcomes)).toEqual(['booked', refused, refused, refused, 'booked'])
  })

  test('a visit gets a slot of its own, as long as its type says', async ({ database }) => {
    const [session, type] = [await aSession(database, doctor), await aVisitType(database, clinic, { minutes: 25 })]
    const request = aTimeClaim(session, type, 30)
    const [outcome] = await claim(database, request)
    expect(outcome).toMatchObject({
      kind: 'booked',
      booking: {
        doctorId: doctor.id,
        startsAt: request.startsAt,
        endsAt: new Date(request.startsAt.getTime() + 25 * 60_000),
        status: 'PENDING',
      },
    })
    expect(await checkHistory(database)).toEqual([])
  })

  test('visits of different lengths take what the others leave, with the buffers of both', async ({ database }) => {
    const session = await aSession(database, doctor, { minutes: 180, gridMinutes: 5 })
    const long = await aVisitType(database, clinic, { minutes: 40, bufferAfterMinutes: 10 })
    const short = await aVisitType(database, clinic, { minutes: 10, bufferBeforeMinutes: 5 })
    const outcomes = await claim(
      database,
      aTimeClaim(session, long, 60),
      aTimeClaim(session, short, 50),
      aTimeClaim(session, short, 45),
      aTimeClaim(session, short, 110),
      aTimeClaim(session, short, 115),
      aTimeClaim(session, long, 20),
    )
    expect(kindsOf(outcomes)).toEqual(['booked', 'booked', 'slot_full', 'slot_full', 'booked', 'slot_full'])
    expect(await checkHistory(database)).toEqual([])
  })

  test.for<[string, number, VisitTypeOverrides, string]>([
    ['before the session', -10, {}, 'time_not_offered'],
    ['beside the grid', 5, {}, 'time_not_offered'],
    ['beyond its end', 170, {}, 'time_not_offered'],
    ['with a buffer that does not fit before it', 0, { bufferBeforeMinutes: 5 }, 'time_not_offered'],
    ['of a type that is not active', 0, { active: false }, 'visit_type_not_offered'],
    ['of a type that only the desk books', 0, { bookableBy: 'desk' }, 'visit_type_restricted'],
    ['of a type for known patients', 0, { bookableBy: 'known_patients' }, 'visit_type_restricted'],
    ['within its notice', 0, { minimumNoticeMinutes: 10_000 }, 'slot_closed'],
    ['beyond its horizon', 0, { bookingHorizonDays: 1 }, 'slot_closed'],
  ])('refuses a visit %s, and books another one', async ([, minute, overrides, refusal], { database }) => {
    const session = await aSession(database, doctor)
    const type = await aVisitType(database, clinic, overrides)
    const other = await aVisitType(database, clinic)
    const outcomes = await claim(database, aTimeClaim(session, type, minute), aTimeClaim(session, other, 60))
    expect(kindsOf(outcomes)).toEqual([refusal, 'booked'])
    expect(await freeSlots(database)).toBe(0)
  })

  test('of a known patient and strangers in one batch, the known one is booked', async ({ database }) => {
    const [session, known, stranger] = [await aSession(database, doctor), randomUUID(), randomUUID()]
    const slot = await aSlot(database, doctor, { startsAt: new Date(session.startsAt.getTime() - 3_600_000) })
    await aBooking(database, slot, { status: 'COMPLETED', accountId: known })
    const type = await aVisitType(database, clinic, { bookableBy: 'known_patients' })
    const accounts = [stranger, known, null, known, stranger]
    const claims = accounts.map((accountId, n) => aTimeClaim(session, type, 30 * n, { accountId }))
    const [refused, booked] = ['visit_type_restricted', 'booked']
    expect(kindsOf(await claim(database, ...claims))).toEqual([refused, booked, refused, booked, refused])
  })

  test('the desk passes the rules for patients, and books until the visit would end', async ({ database }) => {
    const startsAt = new Date(Math.floor(Date.now() / 60_000) * 60_000 - 10 * 60_000)
    const session = await aSession(database, doctor, { startsAt, gridMinutes: 1 })
    const type = await aVisitType(database, clinic, { bookableBy: 'desk', minimumNoticeMinutes: 10_000, capacity: 2 })
    const byDesk = { actorId: randomUUID() }
    expect(kindsOf(await claim(database, aTimeClaim(session, type, 0, byDesk)))).toEqual(['booked'])
    expect(kindsOf(await claim(database, aTimeClaim(session, type, 0)))).toEqual(['visit_type_restricted'])
  })

  test('a type that names doctors is offered by these, with their minutes', async ({ database }) => {
    const other = await aDoctor(database, clinic)
    const type = await aVisitType(database, clinic, { minutes: 20, doctors: [{ id: doctor.id, minutes: 35 }] })
    const [mine, theirs] = [await aSession(database, doctor), await aSession(database, other)]
    const [booked, refused] = await claim(database, aTimeClaim(mine, type, 0), aTimeClaim(theirs, type, 0))
    expect(booked).toMatchObject({ booking: { endsAt: new Date(mine.startsAt.getTime() + 35 * 60_000) } })
    expect(refused).toEqual({ kind: 'visit_type_not_offered' })
  })

  test('a group has one slot, with as many places as the type says', async ({ database }) => {
    const [session, group] = [await aSession(database, doctor), await aVisitType(database, clinic, { capacity: 3 })]
    const first = await claim(database, aTimeClaim(session, group, 0), aTimeClaim(session, group, 0))
    const then = await claim(database, ...[0, 0, 10].map((minute) => aTimeClaim(session, group, minute)))
    expect(kindsOf([...first, ...then])).toEqual(['booked', 'booked', 'booked', 'slot_full', 'slot_full'])
    expect(new Set([...first, then[0]].map(slotIdOf)).size).toBe(1)
    expect(await checkHistory(database)).toEqual([])
  })

  test('a repetition gets the first response, also when the time is taken', async ({ database }) => {
    const [session, type] = [await aSession(database, doctor), await aVisitType(database, clinic)]
    const request = aTimeClaim(session, type, 0)
    const [booked] = await claim(database, request)
    const repeated = await claim(
      database,
      { ...request, bookingId: aTimeClaim(session, type, 0).bookingId },
      { ...request, bookingId: aTimeClaim(session, type, 0).bookingId, requestHash: randomUUID() },
      aTimeClaim(session, type, 0),
    )
    expect(kindsOf(repeated)).toEqual(['replayed', 'key_reused', 'slot_full'])
    expect(slotIdOf(repeated[0])).toBe(slotIdOf(booked))
  })

  test('a cancelled visit gives its time back, also to visits of other lengths', async ({ database }) => {
    const session = await aSession(database, doctor)
    const [short, long] = [
      await aVisitType(database, clinic, { minutes: 10 }),
      await aVisitType(database, clinic, { minutes: 60, bufferBeforeMinutes: 10 }),
    ]
    const [booked] = await claim(database, aTimeClaim(session, short, 30))
    expect(kindsOf(await claim(database, aTimeClaim(session, long, 20)))).toEqual(['slot_full'])
    await runSettleBatch(database.appPool, [aSettlement(bookingIdOf(booked), 'cancel')])
    expect(kindsOf(await claim(database, aTimeClaim(session, long, 20)))).toEqual(['booked'])
    expect(kindsOf(await claim(database, aTimeClaim(session, short, 30)))).toEqual(['slot_full'])
    expect(await checkHistory(database)).toEqual([])
  })

  test('a fixed slot takes the time of a cancelled visit, and not of one that is booked', async ({ database }) => {
    const [session, type] = [await aSession(database, doctor), await aVisitType(database, clinic)]
    const [cancelled] = await claim(database, aTimeClaim(session, type, 0), aTimeClaim(session, type, 30))
    await runSettleBatch(database.appPool, [aSettlement(bookingIdOf(cancelled), 'cancel')])
    const drafts = [10, 40].map((minute) => ({
      startsAt: minuteOf(session, minute),
      endsAt: minuteOf(session, minute + 5),
      capacity: 1,
    }))
    const created = await createSlots(database.appPool, { doctorId: doctor.id, drafts, dryRun: false })
    expect(created.items.map(({ outcome }) => outcome)).toEqual(['created', 'conflict'])
    expect(kindsOf(await claim(database, aTimeClaim(session, type, 0)))).toEqual(['slot_full'])
    expect(await checkHistory(database)).toEqual([])
  })

  test('a hold that has lapsed gives its time back at the next try', async ({ database }) => {
    const [session, type] = [await aSession(database, doctor), await aVisitType(database, clinic)]
    const [held] = await claim(database, aTimeClaim(session, type, 0))
    await lapseHolds(database, { clinicNo: doctor.clinicNo, id: slotIdOf(held) })
    expect(kindsOf(await claim(database, aTimeClaim(session, type, 10)))).toEqual(['retry'])
    expect(kindsOf(await claim(database, aTimeClaim(session, type, 10)))).toEqual(['booked'])
    expect(await checkHistory(database)).toEqual([])
  })

  test('fixed slots, cases and busy times are in the way', async ({ database }) => {
    const [session, type] = [await aSession(database, doctor), await aVisitType(database, clinic)]
    await aSlot(database, doctor, { startsAt: minuteOf(session, 30), minutes: 15 })
    await database.ownerPool.query(
      `insert into holdfast.busy_calendar (clinic_no, resource_id, url, busy)
       values ($1, $2, 'x', tstzmultirange(tstzrange($3, $4)))`,
      [doctor.clinicNo, doctor.id, minuteOf(session, 60), minuteOf(session, 65)],
    )
    const outcomes = await claim(database, ...[20, 10, 50, 40, 70].map((minute) => aTimeClaim(session, type, minute)))
    expect(kindsOf(outcomes)).toEqual(['slot_full', 'booked', 'slot_closed', 'slot_full', 'booked'])
  })

  test('a withdrawal of hours ends visits in them, and leaves the sessions before and after', async ({ database }) => {
    const [session, type] = [await aSession(database, doctor, { minutes: 120 }), await aVisitType(database, clinic)]
    await claim(database, ...[0, 40, 70].map((minute) => aTimeClaim(session, type, minute, { confirm: true })))
    const sessions = createSessions(database.appPool, () => undefined)
    const withdraw = (dryRun: boolean) =>
      withdrawInParts(
        database.appPool,
        aWithdrawal(
          doctor.clinicNo,
          { doctorId: doctor.id, from: minuteOf(session, 35), to: minuteOf(session, 65) },
          { dryRun },
        ),
        () => undefined,
      )
    const whole = { doctorId: doctor.id, from: session.startsAt, to: session.endsAt }
    expect(await withdraw(true)).toMatchObject({ sessions: 1, bookings: [{ startsAt: minuteOf(session, 40) }] })
    expect(await sessions.list(whole)).toMatchObject([{ id: session.id }])
    // Repeated, it names the same booking and counts the same session, and nothing is open there any more.
    for (let n = 0; n < 2; n += 1) {
      expect(await withdraw(false)).toMatchObject({ sessions: 1, bookings: [{ startsAt: minuteOf(session, 40) }] })
    }
    expect(await withdraw(true)).toMatchObject({ slots: 0, sessions: 0 })
    expect(await sessions.list(whole)).toMatchObject([
      { startsAt: session.startsAt, endsAt: minuteOf(session, 35) },
      { startsAt: minuteOf(session, 70), endsAt: session.endsAt },
    ])
    expect(kindsOf(await claim(database, aTimeClaim(session, type, 40)))).toEqual(['slot_closed'])
    expect(await checkHistory(database)).toEqual([])
  })

  test('a withdrawal of hours does not count the slots that visits have left', async ({ database }) => {
    const [session, type] = [await aSession(database, doctor), await aVisitType(database, clinic)]
    const cancel = async (minute: number) => {
      const [visit] = await claim(database, aTimeClaim(session, type, minute, { confirm: true }))
      const bookingId = visit !== 'retry' && visit?.kind === 'booked' ? visit.booking.id : ''
      const by = { actorId: null, onBehalf: true, key: null, reason: null }
      await runSettleBatch(database.appPool, [{ bookingId, action: 'cancel', ...by }])
    }
    // One is left empty, and the other ends when a visit takes its time.
    await cancel(0)
    await cancel(50)
    await claim(database, aTimeClaim(session, type, 40, { confirm: true }))
    const which = { doctorId: doctor.id, from: session.startsAt, to: session.endsAt }
    const request = { clinicNo: doctor.clinicNo, which, withBookings: true, actorId: null }
    for (const dryRun of [true, false, false])
      expect(await withdrawSlots(database.appPool, { ...request, dryRun })).toMatchObject({ slots: 1, bookings: [{}] })
  })

  test('the slot of a visit is booked with its session only: not by its id, not by a move', async ({ database }) => {
    const [session, type] = [await aSession(database, doctor), await aVisitType(database, clinic, { capacity: 2 })]
    const [booked] = await claim(database, aTimeClaim(session, type, 0))
    const slot = { id: slotIdOf(booked), clinicNo: doctor.clinicNo }
    const missing = [{ outcome: { kind: 'slot_missing' } }]
    expect(await runClaimBatch(database.appPool, [aClaim(slot)])).toMatchObject(missing)
    const { id: bookingId } = await aBooking(database, await aSlot(database, doctor))
    const move = aMove(bookingId, slot.id)
    expect(await runMoveBatch(database.appPool, [move])).toMatchObject(missing)
  })

  test('of two requests with one key, one is booked, and the other tries again', async ({ database }) => {
    const [session, type] = [await aSession(database, doctor), await aVisitType(database, clinic)]
    const one = aTimeClaim(session, type, 0)
    const twin = { ...one, bookingId: aTimeClaim(session, type, 0).bookingId }
    expect(kindsOf(await claim(database, one, twin))).toEqual(['booked', 'retry'])
    expect(kindsOf(await claim(database, twin))).toEqual(['replayed'])
  })

  test('a time is not refused for a request that is refused itself', async ({ database }) => {
    const [session, type] = [await aSession(database, doctor), await aVisitType(database, clinic)]
    const outcomes = await claim(database, aTimeClaim(session, type, 0, { units: 2 }), aTimeClaim(session, type, 10))
    expect(kindsOf(outcomes)).toEqual(['units_over_capacity', 'retry'])
    expect(kindsOf(await claim(database, aTimeClaim(session, type, 10)))).toEqual(['booked'])
  })

  test('a patient cancels until the deadline of the visit type, or else of the clinic', async ({ database }) => {
    const session = await aSession(database, doctor)
    const [late, any] = [await aVisitType(database, clinic), await aVisitType(database, clinic)]
    await database.ownerPool.query(sql`update holdfast.visit_type set cancellation_deadline_minutes = 10000
        where id = ${late.id}`)
    const claims = [aTimeClaim(session, late, 0), aTimeClaim(session, any, 60)]
    const booked = await claim(database, ...claims.map((one) => ({ ...one, confirm: true })))
    const cancelled = await runSettleBatch(
      database.appPool,
      booked.map((one) => {
        const ofPatient = { actorId: null, onBehalf: false, key: null, reason: null }
        return { bookingId: bookingIdOf(one), action: 'cancel' as const, ...ofPatient }
      }),
    )
    expect(cancelled).toMatchObject([{ outcome: { kind: 'past_deadline' } }, { outcome: { kind: 'done' } }])
    const slot = await aSlot(database, doctor, { startsAt: session.endsAt })
    const move = aMove(bookingIdOf(booked[0]), slot.id, { onBehalf: false })
    expect(await runMoveBatch(database.appPool, [move])).toMatchObject([{ outcome: { kind: 'past_deadline' } }])
  })

  test('a group keeps its free places when its session is divided', async ({ database }) => {
    const [session, group] = [await aSession(database, doctor), await aVisitType(database, clinic, { capacity: 3 })]
    await claim(database, aTimeClaim(session, group, 0))
    await database.ownerPool.query(
      'select holdfast.withdraw_sessions($1::integer, $2, $3::timestamptz, $4::timestamptz)',
      [doctor.clinicNo, doctor.id, minuteOf(session, 60), minuteOf(session, 120)],
    )
    const sessions = createSessions(database.appPool, () => undefined)
    const [first] = await sessions.list({ doctorId: doctor.id, from: session.startsAt, to: session.endsAt })
    const divided = { ...session, id: first?.id ?? '' }
    expect(kindsOf(await claim(database, aTimeClaim(divided, group, 0)))).toEqual(['booked'])
  })

  test('what is left of a session that was withdrawn from now on is not in the way of one for the same hours', async ({
    database,
  }) => {
    const hours = { startsAt: new Date(Date.now() - 3_600_000), endsAt: new Date(Date.now() + 7_200_000) }
    await aSession(database, doctor, hours)
    await database.ownerPool.query(
      'select holdfast.withdraw_sessions($1::integer, $2, clock_timestamp(), $3::timestamptz)',
      [doctor.clinicNo, doctor.id, hours.endsAt],
    )
    const sessions = createSessions(database.appPool, () => undefined)
    const wanted = { doctorId: doctor.id, drafts: [hours], gridMinutes: 10, visitTypeIds: null }
    expect(await sessions.create(wanted)).toMatchObject({ items: [{ outcome: 'created' }] })
    expect(await sessions.create(wanted)).toMatchObject({ items: [{ outcome: 'skipped' }] })
  })

  test('a type is booked in the way that its doctor offers', async ({ database }) => {
    const byVideo = await aDoctor(database, clinic, { appointmentTypes: ['video'] })
    const session = await aSession(database, byVideo)
    const type = await aVisitType(database, clinic)
    expect(kindsOf(await claim(database, aTimeClaim(session, type, 0)))).toEqual(['visit_type_not_offered'])
    await database.ownerPool.query(sql`update holdfast.visit_type set appointment_types = '{in_person,video}'
        where id = ${type.id}`)
    expect(await claim(database, aTimeClaim(session, type, 0))).toMatchObject([
      { booking: { appointmentType: 'video' } },
    ])
  })
})

const minuteOf = ({ startsAt }: BuiltSession, minute: number) => new Date(startsAt.getTime() + minute * 60_000)

async function freeSlots(database: TestDatabase): Promise<number> {
  const { rows } = await database.ownerPool.query<{ count: number }>(sql`select count(*)::int as count
      from holdfast.slot where resource_id = ${doctor.id} and taken = 0`)
  return rows[0]?.count ?? -1
}

function bookingOf(outcome: TimeClaimOutcome | 'retry' | undefined) {
  if (typeof outcome !== 'object' || !('booking' in outcome)) throw new Error(`Not booked: ${JSON.stringify(outcome)}`)
  return outcome.booking
}
const slotIdOf = (outcome: TimeClaimOutcome | 'retry' | undefined) => bookingOf(outcome).slotId
const bookingIdOf = (outcome: TimeClaimOutcome | 'retry' | undefined) => bookingOf(outcome).id
