import { randomUUID } from 'node:crypto'
import {
  aClinic,
  aDoctor,
  aQuestion,
  aSession,
  aTimeClaim,
  aVisitType,
  checkHistory,
  holdLock,
  lapseHolds,
  ofKind,
  plantFunction,
  type TestDatabase,
  takenOf,
  untilLockWaiters,
} from '@holdfast/testkit'
import { freshDatabaseTest, test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { describe, expect } from 'vitest'
import type { SettleAction, SettleRequest } from '../model/settle.ts'
import { runTimeClaimBatch } from '../sessions/claim-times.ts'
import { moveToTime } from '../sessions/move-to-time.ts'
import { runSettleBatch } from './settle-batch.ts'

const minuteMs = 60_000
const patient = { name: 'Ada', email: 'ada@example.org' }

type Scene = Awaited<ReturnType<typeof aScene>>

/** A session at a clinic whose visit type needs approval, and answers within these minutes. */
async function aScene(database: TestDatabase, approvalMinutes = 60) {
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic)
  const type = await aVisitType(database, clinic, { approval: 'holding', approvalMinutes })
  const session = await aSession(database, doctor)
  const claim = async (overrides = {}) => {
    const request = aTimeClaim(session, type, 0, { patient, ...overrides })
    const [first] = await runTimeClaimBatch(database.appPool, [request])
    // The first claim after a hold has lapsed gives it back.
    const [result] = first?.kind === 'retry' ? await runTimeClaimBatch(database.appPool, [request]) : [first]
    if (result?.kind !== 'completed') throw new Error('The claim was not decided.')
    return result.outcome
  }
  return { clinic, doctor, type, session, claim }
}

async function settle(
  database: TestDatabase,
  bookingId: string,
  action: SettleAction,
  more: Partial<SettleRequest> = {},
) {
  const request = { bookingId, action, actorId: null, onBehalf: false, key: null, reason: null, ...more }
  const [result] = await runSettleBatch(database.appPool, [request])
  if (result?.kind !== 'completed') throw new Error('The change was not decided.')
  return result.outcome
}

const byClinic = () => ({ onBehalf: true, actorId: randomUUID() })

async function aRequest(database: TestDatabase, scene: Scene) {
  const claimed = ofKind(await scene.claim({ confirm: true }), 'booked')
  return ofKind(await settle(database, claimed.booking.id, 'confirm'), 'done').booking
}

async function statusOf({ ownerPool }: TestDatabase, id: string) {
  const { rows } = await ownerPool.query<{ status: string; failure_reason: string | null; events: string[] }>(sql`
    select b.status, b.failure_reason,
           (select array_agg(e.type order by e.version)
              from holdfast.booking_event e where e.booking_id = b.id) as events
      from holdfast.booking b where b.id = ${id}`)
  return rows[0]
}

describe('a request holds its time', () => {
  test('until the clinic answers, and is confirmed by the clinic alone', async ({ database }) => {
    const scene = await aScene(database)
    const claimed = await scene.claim({ confirm: true })
    expect(claimed).toMatchObject({ kind: 'booked', booking: { status: 'PENDING' } })
    if (claimed.kind !== 'booked') throw new Error(claimed.kind)
    const { id, slotId } = claimed.booking
    const asked = ofKind(await settle(database, id, 'confirm'), 'done')
    expect(asked.booking).toMatchObject({ status: 'PENDING', requestedAt: expect.any(Date) })
    const { holdExpiresAt, requestedAt } = asked.booking
    expect((holdExpiresAt?.getTime() ?? 0) - (requestedAt?.getTime() ?? 0)).toBe(60 * minuteMs)
    expect(await settle(database, id, 'confirm')).toMatchObject({ kind: 'unchanged', booking: { status: 'PENDING' } })
    expect(await settle(database, id, 'extend')).toMatchObject({ kind: 'already_extended' })
    // Somebody else sees that the time is taken.
    expect(await scene.claim()).toMatchObject({ kind: 'slot_full' })
    const approved = await settle(database, id, 'confirm', byClinic())
    expect(approved).toMatchObject({ kind: 'done', booking: { status: 'CONFIRMED', patient, requestedAt } })
    expect(await takenOf(database, { id: slotId })).toEqual([1])
    expect((await statusOf(database, id))?.events).toEqual(['held', 'requested', 'confirmed'])
    expect(await checkHistory(database)).toEqual([])
  })

  test('at most until the visit begins', async ({ database }) => {
    const scene = await aScene(database, 20_160)
    const { startsAt, holdExpiresAt } = await aRequest(database, scene)
    expect(holdExpiresAt).toEqual(startsAt)
  })

  test('and none is needed for what the clinic books', async ({ database }) => {
    const scene = await aScene(database)
    const booked = await scene.claim({ confirm: true, actorId: randomUUID() })
    expect(booked).toMatchObject({ kind: 'booked', booking: { status: 'CONFIRMED' } })
  })

  test('and gives it back when it is declined, withdrawn or not answered', async ({ database }) => {
    const scene = await aScene(database)
    const declined = await aRequest(database, scene)
    const reason = 'Please see your family doctor first'
    expect(await settle(database, declined.id, 'decline', { ...byClinic(), reason })).toMatchObject({
      kind: 'done',
      booking: { status: 'CANCELLED', failureReason: 'hold_released', cancellationReason: reason },
    })
    expect(await settle(database, declined.id, 'confirm', byClinic())).toMatchObject({ kind: 'invalid_transition' })
    const withdrawn = await aRequest(database, scene)
    expect(await settle(database, withdrawn.id, 'cancel')).toMatchObject({ kind: 'done' })
    const lapsed = await aRequest(database, scene)
    await lapseHolds(database, { clinicNo: scene.clinic.no, id: lapsed.slotId })
    expect(await settle(database, lapsed.id, 'confirm', byClinic())).toMatchObject({ kind: 'hold_expired' })
    const last = await aRequest(database, scene)
    expect(await statusOf(database, lapsed.id)).toMatchObject({ status: 'FAILED', failure_reason: 'hold_expired' })
    expect(await takenOf(database, { id: last.slotId })).toEqual([1])
    expect(await checkHistory(database)).toEqual([])
  })

  test('also if its type needs no approval any more, or is switched off', async ({ database }) => {
    const scene = await aScene(database)
    const { id } = await aRequest(database, scene)
    await database.ownerPool.query(sql`
      update holdfast.visit_type set approval = 'none', active = false where id = ${scene.type.id}`)
    expect(await settle(database, id, 'confirm')).toMatchObject({ kind: 'unchanged', booking: { status: 'PENDING' } })
    expect(await settle(database, id, 'confirm', byClinic())).toMatchObject({ booking: { status: 'CONFIRMED' } })
  })

  /** A request, and a hold that nobody has asked for, are confirmed after their visit type got a required consent. */
  async function confirmedAfterAQuestion(database: TestDatabase) {
    const scene = await aScene(database)
    const { id } = await aRequest(database, scene)
    const held = await scene.claim({ startsAt: new Date(scene.session.startsAt.getTime() + 60 * minuteMs) })
    if (held.kind !== 'booked') throw new Error(held.kind)
    await database.ownerPool.query(sql`
      update holdfast.visit_type set questions = ${JSON.stringify([aQuestion('consent')])} where id = ${scene.type.id}`)
    return [await settle(database, id, 'confirm', byClinic()), await settle(database, held.booking.id, 'confirm')]
  }
  const missing = { kind: 'answer_refused', why: 'missing' }

  test('also if its type asks more by then, which only what is not asked for yet must answer', async ({ database }) => {
    const outcomes = await confirmedAfterAQuestion(database)
    expect(outcomes).toMatchObject([{ kind: 'done', booking: { status: 'CONFIRMED', patient } }, missing])
    expect(await checkHistory(database)).toEqual([])
  })

  freshDatabaseTest('control: judged again, it could only be declined', async ({ database }) => {
    await plantFunction(database, 'settle_bookings', { part: 'b.requested_at is null, i.on', becomes: 'true, i.on' })
    expect(await confirmedAfterAQuestion(database)).toMatchObject([missing, missing])
  })

  test('a repeated request and a repeated approval change nothing', async ({ database }) => {
    const scene = await aScene(database)
    const { id } = await aRequest(database, scene)
    const approval = { ...byClinic(), key: randomUUID() }
    expect(await settle(database, id, 'confirm', approval)).toMatchObject({ kind: 'done' })
    expect(await settle(database, id, 'confirm', approval)).toMatchObject({ kind: 'unchanged' })
    expect(await settle(database, id, 'decline', byClinic())).toMatchObject({ kind: 'invalid_transition' })
    expect((await statusOf(database, id))?.events).toEqual(['held', 'requested', 'confirmed'])
  })
})

describe('moves', () => {
  const move = async (database: TestDatabase, scene: Scene, bookingId: string, onBehalf: boolean) => {
    const startsAt = new Date(scene.session.startsAt.getTime() + 60 * minuteMs)
    const target = { sessionId: scene.session.id, startsAt, visitTypeId: scene.type.id }
    const result = await moveToTime(database.appPool, { bookingId, ...target, actorId: randomUUID(), onBehalf })
    return result.kind === 'completed' ? result.outcome : result
  }

  test('a request is not moved; what was approved is moved by the clinic alone', async ({ database }) => {
    const scene = await aScene(database)
    const { id } = await aRequest(database, scene)
    expect(await move(database, scene, id, true)).toEqual({ kind: 'approval_required' })
    await settle(database, id, 'confirm', byClinic())
    expect(await move(database, scene, id, false)).toEqual({ kind: 'approval_required' })
    expect(await move(database, scene, id, true)).toMatchObject({ kind: 'done' })
    expect(await checkHistory(database)).toEqual([])
  })
})

describe('races', () => {
  /** Sends both while the booking is locked, in this order. */
  async function inOrder(database: TestDatabase, id: string, ...changes: (() => Promise<unknown>)[]) {
    const lock = await holdLock(database.ownerPool, 'select from holdfast.booking where id = $1 for update', [id])
    const sent: Promise<unknown>[] = []
    for (const change of changes) {
      sent.push(change())
      await untilLockWaiters(database, sent.length)
    }
    await lock.release()
    return Promise.all(sent)
  }
  const approve = (database: TestDatabase, id: string) => () => settle(database, id, 'confirm', byClinic())
  const decline = (database: TestDatabase, id: string) => () => settle(database, id, 'decline', byClinic())
  const withdraw = (database: TestDatabase, id: string) => () => settle(database, id, 'cancel')

  freshDatabaseTest('of an approval and a refusal, the first decides', async ({ database }) => {
    const scene = await aScene(database)
    const one = await aRequest(database, scene)
    const [approved, refused] = await inOrder(database, one.id, approve(database, one.id), decline(database, one.id))
    expect([approved, refused]).toMatchObject([{ kind: 'done' }, { kind: 'invalid_transition' }])
    await settle(database, one.id, 'cancel', byClinic())
    const two = await aRequest(database, scene)
    const [declined, late] = await inOrder(database, two.id, decline(database, two.id), approve(database, two.id))
    expect([declined, late]).toMatchObject([{ kind: 'done' }, { kind: 'invalid_transition' }])
    expect(await takenOf(database, { id: two.slotId })).toEqual([0])
    expect(await checkHistory(database)).toEqual([])
  })

  freshDatabaseTest('a request that was withdrawn is not approved', async ({ database }) => {
    const scene = await aScene(database)
    const { id, slotId } = await aRequest(database, scene)
    const [gone, late] = await inOrder(database, id, withdraw(database, id), approve(database, id))
    expect([gone, late]).toMatchObject([{ kind: 'done' }, { kind: 'invalid_transition' }])
    expect(await takenOf(database, { id: slotId })).toEqual([0])
  })

  /** The hold ends while the approval waits for the booking, and the time is claimed again. */
  async function approvedAfterItsEnd(database: TestDatabase) {
    const scene = await aScene(database)
    const { id } = await aRequest(database, scene)
    await database.ownerPool.query(sql`
      update holdfast.booking set hold_expires_at = clock_timestamp() + interval '300 ms' where id = ${id}`)
    const lock = await holdLock(database.ownerPool, 'select from holdfast.booking where id = $1 for update', [id])
    const approval = settle(database, id, 'confirm', byClinic())
    await untilLockWaiters(database, 1)
    const hasEnded = async () => {
      const { rows } = await database.ownerPool.query<{ ended: boolean }>(sql`
        select hold_expires_at < clock_timestamp() as ended from holdfast.booking where id = ${id}`)
      return rows[0]?.ended
    }
    await expect.poll(hasEnded).toBe(true)
    await lock.release()
    return await approval
  }

  freshDatabaseTest('an approval that comes after the end finds it, under the lock', async ({ database }) => {
    expect(await approvedAfterItsEnd(database)).toMatchObject({ kind: 'hold_expired' })
  })

  freshDatabaseTest('control: without that rule, what has lapsed is approved', async ({ database }) => {
    await plantFunction(database, 'hold_lapsed', { part: 'p_hold_expires_at <= p_at', becomes: 'false' })
    expect(await approvedAfterItsEnd(database)).toMatchObject({ kind: 'done' })
  })

  freshDatabaseTest('two approvals at once make one appointment', async ({ database }) => {
    const scene = await aScene(database)
    const { id } = await aRequest(database, scene)
    const both = await inOrder(database, id, approve(database, id), approve(database, id))
    expect(both).toMatchObject([{ kind: 'done' }, { kind: 'unchanged' }])
    expect((await statusOf(database, id))?.events).toEqual(['held', 'requested', 'confirmed'])
  })
})
