import { randomUUID } from 'node:crypto'
import {
  aClinic,
  aDoctor,
  aSession,
  aSettlement,
  aSlot,
  aTimeClaim,
  aVisitType,
  checkHistory,
  holdLock,
  lapseHolds,
  type TestDatabase,
  untilLockWaiters,
} from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import pg from 'pg'
import { expect } from 'vitest'
import { engineOf } from '../../test/engine-of.ts'
import { calling, changedPool } from '../../test/losing-pool.ts'
import { runSettleBatch } from '../bookings/settle-batch.ts'
import { createEngine } from '../create-engine.ts'
import { mayHaveRun } from '../database/database-unavailable.ts'
import type { ClaimedBooking } from '../model/claim.ts'
import { newId } from '../model/id.ts'
import type { TimeClaimOutcome, TimeClaimRequest } from '../model/session.ts'
import type { SettleRequest } from '../model/settle.ts'
import { verify } from '../verify/verify.ts'

const weekMs = 7 * 86_400_000

/** A doctor with an open session on the same day of so many weeks. */
async function aScene(database: TestDatabase, weeks = 3) {
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic)
  const type = await aVisitType(database, clinic, { minutes: 20 })
  const first = await aSession(database, doctor)
  const sessions = [first]
  for (let week = 1; week < weeks; week += 1) {
    const startsAt = new Date(first.startsAt.getTime() + week * weekMs)
    sessions.push(await aSession(database, doctor, { startsAt }))
  }
  const claims = (minute = 60): TimeClaimRequest[] =>
    sessions.map((session) => aTimeClaim(session, type, minute, { actorId: randomUUID() }))
  return { clinic, doctor, type, sessions, claims, engine: engineOf(database) }
}

const kindsOf = (outcomes: readonly { kind: string }[]) => outcomes.map(({ kind }) => kind)

function bookingsOf(outcomes: readonly TimeClaimOutcome[]): ClaimedBooking[] {
  return outcomes.flatMap((one) => (one.kind === 'booked' || one.kind === 'replayed' ? [one.booking] : []))
}

function settling(
  bookings: readonly { id: string }[],
  action: 'confirm' | 'cancel',
  more: Partial<SettleRequest> = {},
) {
  return bookings.map(({ id }): SettleRequest => aSettlement(id, action, { key: randomUUID(), ...more }))
}

async function aSeries(database: TestDatabase, weeks = 3) {
  const scene = await aScene(database, weeks)
  const bookings = bookingsOf(await scene.engine.series.hold(scene.claims()))
  const confirmed = await scene.engine.series.confirm({
    clinicNo: scene.clinic.no,
    every: 1,
    unit: 'week',
    confirmations: settling(bookings, 'confirm'),
  })
  if (confirmed.kind !== 'done') throw new Error(confirmed.kind)
  return { ...scene, bookings, seriesId: confirmed.seriesId }
}

const statusesOf = async ({ ownerPool }: TestDatabase, bookings: readonly { id: string }[]) => {
  const { rows } = await ownerPool.query<{ status: string }>(
    `select b.status from unnest($1::uuid[]) with ordinality i(id, n) join holdfast.booking b on b.id = i.id
      order by i.n`,
    [bookings.map(({ id }) => id)],
  )
  return rows.map(({ status }) => status)
}

test('visits are held until one time, confirmed together, and known as a series', async ({ database }) => {
  const { engine, seriesId, bookings, clinic } = await aSeries(database)
  expect(new Set(bookings.map(({ holdExpiresAt }) => holdExpiresAt?.getTime())).size).toBe(1)
  expect(await statusesOf(database, bookings)).toEqual(['CONFIRMED', 'CONFIRMED', 'CONFIRMED'])
  const series = await engine.series.find(seriesId)
  expect(series).toMatchObject({ id: seriesId, clinicNo: clinic.no, every: 1, unit: 'week', total: 3 })
  expect(series?.members.map(({ number, booking }) => [number, booking.id])).toEqual(
    bookings.map(({ id }, index) => [index + 1, id]),
  )
  const places = await engine.series.placesOf(bookings.map(({ id }) => ({ id, clinicNo: clinic.no })))
  expect(places.get(bookings[1]?.id ?? '')).toEqual({ id: seriesId, number: 2, total: 3 })
  expect(await checkHistory(database)).toEqual([])
  expect((await verify(database.appPool, { clinicNo: clinic.no, detailsMax: 9 })).details).toEqual([])
})

test('an outage before anything is held leaves nothing unknown', async ({ database }) => {
  const { claims, engine, clinic } = await aScene(database)
  const locked = () => Object.assign(new pg.DatabaseError('a lock is not free', 0, 'error'), { code: '55P03' })
  const outage = async (sent: readonly TimeClaimRequest[]) => {
    let calls = 0
    const pool = changedPool(database.appPool, (run, parameters) => {
      if (calling('claim_times')(parameters)) calls += 1
      return calls === 2 ? Promise.reject(locked()) : run(...parameters)
    })
    const failing = createEngine({ batchPool: pool, generalPool: pool })
    const error: unknown = await failing.series.hold(sent).catch((thrown: unknown) => thrown)
    await failing.stop()
    return mayHaveRun(error)
  }
  // The first try gives the lapsed holds back, and books nothing.
  const held = bookingsOf(await engine.series.hold(claims()))
  await lapseHolds(database, { clinicNo: clinic.no, id: held[0]?.slotId ?? '' })
  expect(await outage(claims())).toBe(false)
})

test('a series whose answer was lost is found by its keys, and is one', async ({ database }) => {
  const { engine, clinic, claims } = await aScene(database)
  const sent = claims()
  const bookings = bookingsOf(await engine.series.hold(sent))
  // The process ended between the holds and their confirmation: the request is sent again.
  const again = sent.map((claim) => ({ ...claim, bookingId: newId(clinic.no) }))
  const held = await engine.series.hold(again)
  expect(kindsOf(held)).toEqual(['replayed', 'replayed', 'replayed'])
  expect(bookingsOf(held).map(({ id }) => id)).toEqual(bookings.map(({ id }) => id))
  const confirmation = {
    clinicNo: clinic.no,
    every: 2,
    unit: 'day',
    confirmations: settling(bookings, 'confirm'),
  } as const
  const first = await engine.series.confirm(confirmation)
  const second = await engine.series.confirm(confirmation)
  expect(first).toMatchObject({ kind: 'done', isRepeated: false })
  expect(second).toEqual({ ...first, isRepeated: true })
  const { rows } = await database.ownerPool.query('select from holdfast.booking_series where clinic_no = $1', [
    clinic.no,
  ])
  expect(rows).toHaveLength(1)
})

test('holds that nobody confirms lapse by themselves, and leave no series', async ({ database }) => {
  const { engine, clinic, claims } = await aScene(database)
  const bookings = bookingsOf(await engine.series.hold(claims()))
  for (const { slotId } of bookings) await lapseHolds(database, { id: slotId, clinicNo: clinic.no })
  expect(kindsOf(await engine.series.hold(claims()))).toEqual(['booked', 'booked', 'booked'])
  const { rows } = await database.ownerPool.query('select from holdfast.booking_series where clinic_no = $1', [
    clinic.no,
  ])
  expect(rows).toEqual([])
})

test('unless all holds can be confirmed, none is; a batch of single confirmations confirms the others', async ({
  database,
}) => {
  const inSeries = await aScene(database)
  const control = await aScene(database)
  const held = bookingsOf(await inSeries.engine.series.hold(inSeries.claims()))
  const others = bookingsOf(await control.engine.series.hold(control.claims()))
  for (const { id } of [held[1], others[1]].filter((one) => one !== undefined)) {
    await inSeries.engine.settle({ ...settling([{ id }], 'cancel')[0] } as SettleRequest)
  }
  const confirmations = settling(held, 'confirm')
  const outcome = await inSeries.engine.series.confirm({
    clinicNo: inSeries.clinic.no,
    every: 1,
    unit: 'week',
    confirmations,
  })
  expect(outcome).toMatchObject({ kind: 'refused' })
  expect(await statusesOf(database, held)).toEqual(['PENDING', 'CANCELLED', 'PENDING'])
  await runSettleBatch(database.appPool, settling(others, 'confirm'))
  expect(await statusesOf(database, others)).toEqual(['CONFIRMED', 'CANCELLED', 'CONFIRMED'])
})

test('of two series for the same times one gets all, and single claims take what is left', async ({ database }) => {
  const { engine, clinic, claims, sessions, type } = await aScene(database, 6)
  const single = sessions.map((session) => engine.claimTime(aTimeClaim(session, type, 70)))
  const [one, two, ...rest] = await Promise.all([
    engine.series.hold(claims(60)),
    engine.series.hold(claims(60)),
    ...single,
  ])
  const booked = [one, two].map((outcomes) => outcomes.filter(({ kind }) => kind === 'booked').length)
  const singles = rest.filter(({ kind }) => kind === 'booked').length
  // Visits at minute 60 and 70 overlap: of each day one is booked.
  expect((booked[0] ?? 0) + (booked[1] ?? 0) + singles).toBe(6)
  expect(Math.min(...booked)).toBe(0)
  expect(await checkHistory(database)).toEqual([])
  expect((await verify(database.appPool, { clinicNo: clinic.no, detailsMax: 9 })).details).toEqual([])
})

test('a cancellation from one on races with that of a single visit: each is cancelled once', async ({ database }) => {
  const { engine, bookings, clinic } = await aSeries(database)
  const [, second, third] = bookings
  if (second === undefined || third === undefined) throw new Error('There are three visits.')
  const lock = await holdLock(database.ownerPool, 'select from holdfast.booking where id = $1 for update', [third.id])
  const single = engine.settle(settling([third], 'cancel')[0] as SettleRequest)
  await untilLockWaiters(database, 1)
  const cancelling = engine.series.cancel({ cancellations: settling([second, third], 'cancel'), reachedBy: null })
  await lock.releaseOnce(2)
  const [alone, together] = await Promise.all([single, cancelling])
  if (together.kind !== 'done') throw new Error(together.kind)
  expect([alone.kind, together.outcomes.get(third.id)?.kind].toSorted()).toEqual(['done', 'unchanged'])
  expect(await statusesOf(database, bookings)).toEqual(['CONFIRMED', 'CANCELLED', 'CANCELLED'])
  expect((await verify(database.appPool, { clinicNo: clinic.no, detailsMax: 9 })).details).toEqual([])
})

test('whoever has lost the access to one visit cancels none of the others', async ({ database }) => {
  const { engine, bookings } = await aSeries(database)
  const [anchor, other] = bookings
  const access = { accountId: null, tokenEpoch: 1 }
  const cancellations = settling(other === undefined ? [] : [other], 'cancel')
  const reachedBy = { bookingId: anchor?.id ?? '', access }
  expect(await engine.series.cancel({ cancellations, reachedBy })).toEqual({ kind: 'access_ended' })
  expect(await statusesOf(database, bookings)).toEqual(['CONFIRMED', 'CONFIRMED', 'CONFIRMED'])
  const held = { ...reachedBy, access: { accountId: null, tokenEpoch: 0 } }
  expect(await engine.series.cancel({ cancellations, reachedBy: held })).toMatchObject({ kind: 'done' })
})

test('an erased visit is in no series, and the others are', async ({ database }) => {
  const { engine, seriesId, bookings, clinic } = await aSeries(database)
  await database.ownerPool.query(
    `select from holdfast.settle_bookings(array[$1]::integer[], array[$2]::uuid[], '{cancel}', '{null}', '{true}',
       '{null}', '{null}')`,
    [clinic.no, bookings[0]?.id],
  )
  const erased = await engine.erasures.ofBooking({
    bookingId: bookings[0]?.id ?? '',
    actorId: null,
    key: null,
    access: null,
    onErased: () => undefined,
  })
  expect(erased.kind).toBe('done')
  const series = await engine.series.find(seriesId)
  expect(series?.members.map(({ number }) => number)).toEqual([2, 3])
})

test('the nearest free times are found in sessions, and among fixed slots', async ({ database }) => {
  const { engine, clinic, doctor, type, sessions } = await aScene(database, 2)
  const [first, second] = sessions
  if (first === undefined || second === undefined) throw new Error('There are two sessions.')
  await engine.claimTime(aTimeClaim(second, type, 60))
  const starts = [first, second].map(({ startsAt }) => new Date(startsAt.getTime() + 3_600_000))
  const of = { clinicNo: clinic.no, doctorId: doctor.id, appointmentType: null, starts }
  const [free, taken] = await engine.reads.nearTimes({ ...of, onBehalf: true, accountId: null, visitTypeId: type.id })
  expect(free?.free[0]).toMatchObject({ startsAt: starts[0], sessionId: first.id })
  const minutes = taken?.free.map(({ startsAt }) => (startsAt.getTime() - second.startsAt.getTime()) / 60_000)
  expect(minutes).toEqual([40, 80, 30, 90])
  expect([free?.refusal, taken?.refusal]).toEqual([null, { kind: 'slot_full' }])
  const exactly = { ...of, onBehalf: true, accountId: null, visitTypeId: type.id, exact: true }
  expect(await engine.reads.nearTimes(exactly)).toMatchObject([
    { free: [{ startsAt: starts[0] }], refusal: null },
    { free: [], refusal: { kind: 'slot_full' } },
  ])
  const other = await aDoctor(database, clinic)
  const slot = await aSlot(database, other, { startsAt: starts[0] as Date })
  const [fixed, none] = await engine.reads.nearTimes({
    ...of,
    onBehalf: true,
    accountId: null,
    doctorId: other.id,
    visitTypeId: null,
  })
  expect(fixed?.free).toMatchObject([{ startsAt: starts[0], slotId: slot.id }])
  expect(none).toMatchObject({ free: [], refusal: { kind: 'time_not_offered' } })
})
