import { randomUUID } from 'node:crypto'
import { aClinic, aDoctor, aSession, aSettlement, aTimeClaim, aVisitType, type TestDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { engineOf } from '../../test/engine-of.ts'
import { inTransaction } from '../database/pools.ts'
import type { SettleAction } from '../model/settle.ts'
import { loggedEvents } from '../tail/logged-events.ts'
import { verify } from '../verify/verify.ts'
import { planMessages } from './plan-messages.ts'
import { messageFacts } from './send-messages.ts'

const weekMs = 7 * 86_400_000

/** A confirmed series of three visits. */
async function aSeries(database: TestDatabase, emails = ['ada@example.org', 'ada@example.org', 'ada@example.org']) {
  const engine = engineOf(database)
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic)
  const type = await aVisitType(database, clinic)
  const first = await aSession(database, doctor)
  const sessions = [first]
  for (const week of [1, 2]) {
    sessions.push(await aSession(database, doctor, { startsAt: new Date(first.startsAt.getTime() + week * weekMs) }))
  }
  const claims = sessions.map((session, index) =>
    aTimeClaim(session, type, 60, { patient: { name: 'Ada', email: emails[index] ?? '' } }),
  )
  const ids = claims.map(({ bookingId }) => bookingId)
  await engine.series.hold(claims)
  const settling = (bookingIds: readonly string[], action: SettleAction) =>
    bookingIds.map((bookingId) => aSettlement(bookingId, action, { actorId: randomUUID(), key: randomUUID() }))
  await engine.series.confirm({ clinicNo: clinic.no, every: 1, unit: 'week', confirmations: settling(ids, 'confirm') })
  const cancel = (bookingIds: readonly string[]) =>
    engine.series.cancel({ cancellations: settling(bookingIds, 'cancel'), reachedBy: null })
  const move = async (index: number, minute: number) => {
    const { startsAt } = aTimeClaim(sessions[index] ?? first, type, minute)
    const to = { sessionId: sessions[index]?.id ?? '', startsAt, visitTypeId: null }
    await engine.moveToTime({ bookingId: ids[index] ?? '', ...to, actorId: randomUUID(), onBehalf: true })
  }
  return { clinic, ids, cancel, move }
}

/** Plans the messages of these events of bookings, in pages of so many. */
async function plan(database: TestDatabase, events: readonly { id: string; version: number }[], page = 100) {
  const lines = events.map(({ id, version }) => ({
    kind: 'booking' as const,
    xid: 0n,
    seq: 0n,
    fromDoctorId: null,
    bookingId: id,
    type: 'held' as const,
    version,
    slotId: '',
    doctorId: '',
    fromSlotId: null,
  }))
  const found = await loggedEvents(database.appPool, lines)
  for (let first = 0; first < found.length; first += page) {
    const part = found.slice(first, first + page)
    await inTransaction(database.appPool, (transaction) => planMessages(transaction, part))
  }
}

const atVersion = (ids: readonly string[], version: number) => ids.map((id) => ({ id, version }))

/** By booking: the states of the messages of a kind, in order. */
async function statesOf(database: TestDatabase, ids: readonly string[], kind: string): Promise<string[][]> {
  const { rows } = await database.ownerPool.query<{ booking_id: string; state: string; reason: string | null }>(
    'select booking_id, state, reason from holdfast.message where booking_id = any ($1) and kind = $2 order by version',
    [ids, kind],
  )
  return ids.map((id) => rows.filter((row) => row.booking_id === id).map(({ state, reason }) => reason ?? state))
}

const once = [['due'], ['in_series'], ['in_series']]

test.for([100, 1])(
  'one message confirms a series, and one cancels it, by pages of %i events',
  async (page, { database }) => {
    const { clinic, ids, cancel } = await aSeries(database)
    await plan(database, atVersion(ids, 2), page)
    expect(await statesOf(database, ids, 'confirmed')).toEqual(once)
    expect((await statesOf(database, ids, 'reminder')).map((states) => states.length)).toEqual([2, 2, 2])
    await cancel(ids.slice(1))
    await plan(database, atVersion(ids.slice(1), 3), page)
    expect(await statesOf(database, ids, 'cancelled')).toEqual([[], ['due'], ['in_series']])
    const facts = await messageFacts(database.appPool, { clinicNo: clinic.no, bookingId: ids[1] ?? '' })
    expect(facts?.series).toMatchObject({
      number: 2,
      total: 3,
      cancelled: [{ number: 2 }, { number: 3 }],
      toCome: [{ number: 1 }],
    })
    expect(facts?.series?.toCome[0]?.startsAt).toBeInstanceOf(Date)
    const { details } = await verify(database.appPool, { clinicNo: clinic.no, detailsMax: 9 })
    expect(details.filter(({ kind }) => kind === 'message_missing')).toEqual([])
  },
)

test('visits that are cancelled one after the other have a message each', async ({ database }) => {
  const { ids, cancel } = await aSeries(database)
  for (const id of ids) await cancel([id])
  await plan(database, atVersion(ids, 3))
  expect(await statesOf(database, ids, 'cancelled')).toEqual([['due'], ['due'], ['due']])
})

test('moves wait for a minute, and one message tells all that were made until then', async ({ database }) => {
  const { ids, move } = await aSeries(database)
  for (const index of [2, 1, 0]) await move(index, 100)
  await plan(database, atVersion(ids.toReversed(), 3), 1)
  expect(await statesOf(database, ids, 'moved')).toEqual([['in_series'], ['in_series'], ['due']])
  const { rows } = await database.ownerPool.query<{ waits: boolean }>(
    `select due_at > clock_timestamp() + interval '50 seconds' as waits from holdfast.message
      where booking_id = $1 and kind = 'moved'`,
    [ids[2]],
  )
  expect(rows).toEqual([{ waits: true }])
  // The visit of that message moves again: its message would be skipped, so there is another.
  await move(2, 120)
  await plan(database, [{ id: ids[2] ?? '', version: 4 }])
  expect((await statesOf(database, ids, 'moved'))[2]).toEqual(['due', 'due'])
  // Once that was sent, the next move has a message of its own.
  await database.ownerPool.query(
    `update holdfast.message set state = 'sent', attempts = 1, done_at = now() where booking_id = $1`,
    [ids[2]],
  )
  await move(1, 120)
  await plan(database, [{ id: ids[1] ?? '', version: 4 }])
  expect((await statesOf(database, ids, 'moved'))[1]).toEqual(['in_series', 'due'])
})

test('visits with other contacts have messages of their own', async ({ database }) => {
  const { clinic, ids } = await aSeries(database, ['ada@example.org', 'grace@example.org', 'ada@example.org'])
  await plan(database, atVersion(ids, 2))
  expect(await statesOf(database, ids, 'confirmed')).toEqual([['due'], ['due'], ['in_series']])
  const facts = await messageFacts(database.appPool, { clinicNo: clinic.no, bookingId: ids[0] ?? '' })
  expect(facts?.series?.toCome.map(({ number }) => number)).toEqual([1, 3])
})
