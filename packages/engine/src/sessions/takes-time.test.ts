// Rest: when the slot of a visit takes its doctor's time: with its buffers, and not while it is empty
import { randomUUID } from 'node:crypto'
import {
  aSession,
  aTimeClaim,
  aVisitType,
  type BuiltSession,
  type TestDatabase,
  type VisitTypeOverrides,
} from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { describe, expect } from 'vitest'
import { aCase, aTheatre, type BuiltTheatre, caseOf, soonAt } from '../../test/theatre.ts'
import type { Engine } from '../model/engine.ts'
import { createSlots } from '../slots/create-slots.ts'
import { verify } from '../verify/verify.ts'

type Scene = Pick<BuiltTheatre, 'clinic' | 'engine'>

async function visitIn(scene: Scene, session: BuiltSession, visitType: { id: string }, minute: number) {
  const outcome = await scene.engine.claimTime(aTimeClaim(session, visitType, minute, { confirm: true }))
  if (outcome.kind !== 'booked') throw new Error(`The visit was not booked: ${outcome.kind}.`)
  return outcome.booking
}

const cancel = (engine: Engine, bookingId: string) =>
  engine.settle({ bookingId, action: 'cancel', actorId: null, onBehalf: true, key: randomUUID(), reason: null })

/** A surgeon who sees patients from eight to twelve. */
async function aScene(database: TestDatabase, visit: VisitTypeOverrides = {}) {
  const scene = await aTheatre(database)
  const session = await aSession(database, scene.surgeon, { startsAt: soonAt(8), minutes: 240 })
  return { ...scene, session, visitType: await aVisitType(database, scene.clinic, visit) }
}

/** A visit at nine that was cancelled. */
async function anEmptyVisit(database: TestDatabase) {
  const scene = await aScene(database)
  const booking = await visitIn(scene, scene.session, scene.visitType, 60)
  expect(await cancel(scene.engine, booking.id)).toMatchObject({ kind: 'done' })
  return { ...scene, booking }
}

const detailsOf = async (database: TestDatabase, clinicNo: number) =>
  (await verify(database.ownerPool, { clinicNo, detailsMax: 9 })).details

describe('the slot of a cancelled visit', () => {
  test('is no finding of verify when a case has its time', async ({ database }) => {
    const { clinic, theatre, ...scene } = await anEmptyVisit(database)
    const claimed = await theatre.claimCase(aCase({ clinic, ...scene }, { confirm: true }))
    expect(claimed.kind).toBe('booked')
    expect(await detailsOf(database, clinic.no)).toEqual([])
  })

  test('is no capacity of the clinic', async ({ database }) => {
    const { clinic, engine, ...scene } = await anEmptyVisit(database)
    await visitIn({ clinic, engine }, scene.session, scene.visitType, 120)
    const day = soonAt(0).toISOString().slice(0, 10)
    const { days } = await engine.reads.clinicStats({ clinicNo: clinic.no, from: day, to: day })
    expect(days).toMatchObject([{ capacity: 1, taken: 1 }])
  })

  test('gets no places', async ({ database }) => {
    const { clinic, engine, booking } = await anEmptyVisit(database)
    const { rows } = await database.appPool.query(sql`select outcome
        from holdfast.set_slot_capacity(${clinic.no}, ${booking.slotId}, 3)`)
    expect(rows).toEqual([{ outcome: 'slot_missing' }])
    expect(await engine.reads.slot(booking.slotId)).toMatchObject({ capacity: 1 })
  })

  test('and no session keep a clinic in its time zone', async ({ database }) => {
    const { clinic, engine, session } = await anEmptyVisit(database)
    const change = () => engine.directory.updateClinic(clinic.id, { timezone: 'Asia/Tokyo' })
    expect(await change()).toEqual({ kind: 'time_zone_in_use', slots: 1, takenSlots: 0 })
    await database.ownerPool.query('update holdfast.open_session set withdrawn_at = now() where id = $1', [session.id])
    expect(await change()).toMatchObject({ kind: 'done' })
  })
})

test('a clinic is open in the sessions of its doctors', async ({ database }) => {
  const { engine, clinic, surgeon } = await aTheatre(database)
  await aSession(database, surgeon, { startsAt: soonAt(8), minutes: 240 })
  const day = soonAt(0).toISOString().slice(0, 10)
  expect(await engine.reads.openHours({ clinicNo: clinic.no, doctorId: null, days: 7 })).toEqual([
    { day, opens: '08:00', closes: '12:00' },
  ])
})

describe('the buffers of a visit', () => {
  // At nine; the surgeon is taken from 8:45 until 9:50.
  const buffers = { bufferBeforeMinutes: 15, bufferAfterMinutes: 30 }

  test.for([
    ['before', 8.5, 30],
    ['after', 9.5, 30],
  ] as const)('%s it are in the way of a fixed slot', async ([, hour, minutes], { database }) => {
    const scene = await aScene(database, buffers)
    const { slotId } = await visitIn(scene, scene.session, scene.visitType, 60)
    const draft = (at: number) => ({
      startsAt: soonAt(0, at * 60),
      endsAt: soonAt(0, at * 60 + minutes),
      capacity: 1,
    })
    const drafts = [draft(hour), draft(11)]
    const created = await createSlots(database.appPool, { doctorId: scene.surgeon.id, drafts, dryRun: false })
    expect(created.items).toMatchObject([{ outcome: 'conflict', slotId }, { outcome: 'created' }])
  })

  test.for([
    ['before', 8, 50],
    ['after', 9.5, 60],
  ] as const)('%s it are in the way of a case', async ([, hour, minutes], { database }) => {
    const scene = await aScene(database, buffers)
    const { slotId } = await visitIn(scene, scene.session, scene.visitType, 60)
    const wanted = (at: number) => aCase(scene, { startsAt: soonAt(0, at * 60), minutes, confirm: true })
    expect(await scene.theatre.claimCase(wanted(hour))).toMatchObject({
      kind: 'refused',
      conflicts: [{ kind: 'resource_busy', resourceId: scene.surgeon.id, slotId }],
    })
    expect(caseOf(await scene.theatre.claimCase(wanted(10)))).toMatchObject({ surgeonId: scene.surgeon.id })
  })

  test('are compared with fixed slots by verify', async ({ database }) => {
    const scene = await aScene(database, buffers)
    const { clinic, surgeon } = scene
    await visitIn(scene, scene.session, scene.visitType, 60)
    await database.ownerPool.query(
      `insert into holdfast.slot (clinic_no, id, resource_id, starts_at, ends_at, capacity, digest)
       select $1, n.id, $2, $3, $4, 1, holdfast.slot_digest(n.id, $2, $3, $4, 1, null, null)
         from (select holdfast.new_id($1, now()) as id) n`,
      [clinic.no, surgeon.id, soonAt(9, 30), soonAt(10)],
    )
    expect(await detailsOf(database, clinic.no)).toMatchObject([
      { kind: 'slot_differs', message: expect.stringContaining('buffer') },
    ])
  })
})
