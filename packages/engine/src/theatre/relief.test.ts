// Rest: each relief of a team

import { randomUUID } from 'node:crypto'
import { type TestDatabase, untilLockWaiters } from '@holdfast/testkit'
import { freshDatabaseTest as base } from '@holdfast/testkit/database-test'
import type { Milestone } from '@holdfast/vocabulary'
import sql from 'sql-template-tag'
import { describe, expect } from 'vitest'
import { aCase, aRoom, aTheatre, type BuiltTheatre, caseOf, someStaff } from '../../test/theatre.ts'
import { aTransaction, endHold } from '../../test/theatre-transaction.ts'
import type { Case, CasePlan, ClaimCaseRequest } from '../model/theatre-case.ts'
import { verify } from '../verify/verify.ts'

const test = base.extend('scene', ({ database }) => aRunningCase(database))

// At the change of shift, somebody of a running case goes home and somebody else comes.

const minuteMs = 60_000
const by = { actorId: null, key: null }
const start = Math.floor(Date.now() / minuteMs) * minuteMs
const at = (minutes: number) => new Date(start + minutes * minuteMs)

type Scene = Awaited<ReturnType<typeof aRunningCase>>

/** A case from an hour ago until in an hour, whose patient is in the room. `late`: it was to end ten minutes ago. */
async function aRunningCase(database: TestDatabase, { isLate = false } = {}) {
  const built = await aTheatre(database)
  const { theatre, clinic } = built
  const people = ['Ito', 'Berg'].map((name) => someStaff(theatre, clinic, 'anaesthetist', { name }))
  const [leaving = '', coming = ''] = await Promise.all(people)
  const nurse = await someStaff(theatre, clinic, 'nurse')
  const equipment = [{ equipmentId: built.robot, units: 1 }]
  const times = { startsAt: at(-60), minutes: isLate ? 50 : 120 }
  const plan = { ...times, anaesthetistId: leaving, staffIds: [nurse], equipment }
  const before = caseOf(await theatre.claimCase(aCase(built, { ...plan, confirm: true })))
  const scene = { ...built, database, id: before.id, leaving, coming, nurse, equipment }
  await record(scene, 'in_room', at(-55))
  return scene
}

async function record({ theatre, id }: Pick<Scene, 'theatre' | 'id'>, milestone: Milestone, time: Date | null) {
  const request = { ...by, caseId: id, milestone, at: time, isTrial: false, isForced: true }
  const outcome = await theatre.recordMilestone(request)
  expect(outcome).toMatchObject({ kind: 'done' })
  return caseOf(outcome)
}

function change({ theatre, id }: Pick<Scene, 'theatre' | 'id'>, to: Partial<CasePlan>, key: string = randomUUID()) {
  return theatre.moveCase({ caseId: id, actorId: null, key, change: to, override: null })
}

async function relieved(scene: Scene): Promise<Case> {
  const outcome = await change(scene, { anaesthetistId: scene.coming })
  expect(outcome).toMatchObject({ kind: 'done' })
  return caseOf(outcome)
}

/** Claims a case in another room, with this anaesthetist. */
async function elsewhere(scene: Scene, anaesthetistId: string, change: Partial<ClaimCaseRequest> = {}) {
  const { theatre, clinic } = scene
  const other = {
    clinic,
    room: await aRoom(theatre, clinic, { name: randomUUID() }),
    surgeon: { id: await someStaff(theatre, clinic, 'surgeon') } as BuiltTheatre['surgeon'],
  }
  return theatre.claimCase(aCase(other, { startsAt: at(5), minutes: 30, anaesthetistId, confirm: true, ...change }))
}

const busy = (caseId: string) => ({
  kind: 'refused',
  conflicts: [{ kind: 'resource_busy', role: 'anaesthetist', caseId }],
})

/** When a case has somebody. */
function timesOf(one: Case, resourceId: string): { from: Date; to: Date } | undefined {
  return one.allocations.find((taken) => taken.resourceId === resourceId)
}

async function listed({ theatre, clinic }: Scene): Promise<Case[]> {
  return theatre.cases({ clinicNo: clinic.no, from: at(-1440), to: at(1440), withEnded: true })
}

async function findings({ database, clinic }: Scene): Promise<string[]> {
  const { details } = await verify(database.appPool, { clinicNo: clinic.no, detailsMax: 9 })
  return details.map(({ message }) => message)
}

describe('who is relieved', () => {
  test('is free from then on, and who comes is not', async ({ scene }) => {
    const { id, leaving, coming, nurse } = scene
    expect(await elsewhere(scene, leaving)).toMatchObject(busy(id))
    const earliest = Date.now()
    const after = await relieved(scene)
    expect(after).toMatchObject({ status: 'ARRIVED', anaesthetistId: coming, startsAt: at(-60), endsAt: at(60) })
    const [left, came] = [timesOf(after, leaving), timesOf(after, coming)]
    expect(left?.from).toEqual(at(-60))
    expect(left?.to.getTime()).toBeGreaterThanOrEqual(earliest)
    expect(left?.to.getTime()).toBeLessThanOrEqual(Date.now())
    // The patient came five minutes late.
    expect(came).toMatchObject({ from: left?.to, to: at(65) })
    expect(timesOf(after, nurse)).toMatchObject({ from: at(-60), to: at(65) })
    expect(await elsewhere(scene, coming)).toMatchObject(busy(id))
    expect(await elsewhere(scene, leaving)).toMatchObject({ kind: 'booked' })
    expect(await findings(scene)).toEqual([])
    const event = (await scene.engine.reads.eventsOfBooking(id)).at(-1)
    expect(event).toMatchObject({
      type: 'moved',
      at: left?.to,
      caseDetails: { relieved: { left: [leaving], joined: [coming] } },
    })
  })

  test('may stay in another role, which the event names', async ({ scene }) => {
    const { id, leaving, coming, nurse } = scene
    const relief = async (to: Partial<CasePlan>) => {
      expect(await change(scene, to)).toMatchObject({ kind: 'done' })
      return (await scene.engine.reads.eventsOfBooking(id)).at(-1)?.caseDetails?.relieved
    }
    const asStaff = { left: [], joined: [coming], changed: [{ id: leaving, role: 'staff' }] }
    expect(await relief({ anaesthetistId: coming, staffIds: [nurse, leaving] })).toEqual(asStaff)
    const swapped = {
      left: [],
      joined: [],
      changed: [
        { id: leaving, role: 'anaesthetist' },
        { id: coming, role: 'staff' },
      ],
    }
    expect(await relief({ anaesthetistId: leaving, staffIds: [nurse, coming] })).toEqual(swapped)
    expect(await relief({ anaesthetistId: null, staffIds: [coming] })).toEqual({
      left: [leaving, nurse],
      joined: [],
      changed: [],
    })
    expect(await findings(scene)).toEqual([])
  })

  test('had the time before it: what is entered afterwards does not get it', async ({ scene }) => {
    await relieved(scene)
    const past = { startsAt: at(-40), minutes: 20 }
    expect(await elsewhere(scene, scene.leaving, past)).toMatchObject(busy(scene.id))
    expect(await elsewhere(scene, scene.coming, past)).toMatchObject({ kind: 'booked' })
    expect(await findings(scene)).toEqual([])
  })

  test('may come back', async ({ scene }) => {
    await relieved(scene)
    const back = caseOf(await change(scene, { anaesthetistId: scene.leaving }))
    expect(timesOf(back, scene.leaving)).toMatchObject({ from: timesOf(back, scene.coming)?.to, to: at(65) })
    expect(await elsewhere(scene, scene.leaving)).toMatchObject(busy(scene.id))
    expect(await elsewhere(scene, scene.coming)).toMatchObject({ kind: 'booked' })
    expect(await findings(scene)).toEqual([])
  })

  test('can become inactive, and who came can only with the case', async ({ database }) => {
    for (const isLate of [false, true]) {
      const scene = await aRunningCase(database, { isLate })
      const { theatre, id, leaving, coming } = scene
      await relieved(scene)
      expect(await theatre.updateStaff(leaving, { active: false })).toMatchObject({ kind: 'done' })
      const refused = await theatre.updateStaff(coming, { active: false })
      expect(refused).toMatchObject({ kind: 'resource_in_use', conflicts: [{ role: 'anaesthetist', caseId: id }] })
      const [use] = refused.kind === 'resource_in_use' ? refused.conflicts : []
      expect(use?.from.getTime()).toBeGreaterThanOrEqual(start)
      expect(use?.to.getTime()).toBeGreaterThanOrEqual(use?.from.getTime() ?? 0)
    }
  })

  test('is not delayed by the case any more', async ({ scene }) => {
    const { id, leaving } = scene
    const next = caseOf(await elsewhere(scene, leaving, { startsAt: at(70) }))
    const extension = { ...by, caseId: id, expectedEndsAt: at(90) }
    expect(await scene.theatre.extendCase(extension)).toMatchObject({ atRiskCaseIds: [next.id] })
    await relieved(scene)
    expect(await scene.theatre.extendCase(extension)).toMatchObject({ kind: 'unchanged', atRiskCaseIds: [] })
    expect((await listed(scene)).map(({ atRiskBy, lacks }) => [atRiskBy, lacks])).toEqual([
      [null, []],
      [null, []],
    ])
  })
})

describe('who comes', () => {
  test('has no other case until the expected end', async ({ scene }) => {
    const { theatre, id, coming, leaving } = scene
    const other = caseOf(await elsewhere(scene, coming, { startsAt: at(50) }))
    expect(await change(scene, { anaesthetistId: coming })).toMatchObject(busy(other.id))
    expect(await theatre.case(id)).toMatchObject({ anaesthetistId: leaving })
    await theatre.cancelCase({ ...by, caseId: other.id, reasonCode: 'patient' })
    expect(await change(scene, { anaesthetistId: coming })).toMatchObject({ kind: 'done' })
  })

  test('to a late case is nowhere else now, nor until it will have ended', async ({ database }) => {
    const scene = await aRunningCase(database, { isLate: true })
    const { theatre, id, coming } = scene
    const other = caseOf(await elsewhere(scene, coming, { startsAt: at(-30), minutes: 60 }))
    expect(await change(scene, { anaesthetistId: coming })).toMatchObject(busy(other.id))
    await theatre.cancelCase({ ...by, caseId: other.id, reasonCode: 'patient' })
    const next = caseOf(await elsewhere(scene, coming, { startsAt: at(20) }))
    // It began late, and takes its 50 minutes.
    await record(scene, 'in_room', at(-20))
    expect(await change(scene, { anaesthetistId: coming })).toMatchObject(busy(next.id))
    await record(scene, 'in_room', at(-40))
    expect(await change(scene, { anaesthetistId: coming })).toMatchObject({ kind: 'done' })
    expect(await theatre.case(id)).toMatchObject({ anaesthetistId: coming, expectedEndsAt: at(10) })
    expect(await findings(scene)).toEqual([])
  })

  test('is in one place, if they are booked elsewhere at the same moment', async ({ database, scene }) => {
    const held = await database.ownerPool.connect()
    await held.query('begin')
    await held.query('select from holdfast.resource where id = $1 for update', [scene.coming])
    const both = Promise.all([change(scene, { anaesthetistId: scene.coming }), elsewhere(scene, scene.coming)])
    await untilLockWaiters(database, 2)
    await held.query('commit')
    held.release()
    const kinds = (await both).map(({ kind }) => (kind === 'booked' ? 'done' : kind))
    expect(kinds.toSorted()).toEqual(['done', 'refused'])
    expect(await findings(scene)).toEqual([])
  })

  test('takes over what a hold has lapsed on', async ({ database, scene }) => {
    const hold = caseOf(await elsewhere(scene, scene.coming, { confirm: false }))
    expect(await change(scene, { anaesthetistId: scene.coming })).toMatchObject(busy(hold.id))
    await endHold(database, hold, -1)
    expect(await change(scene, { anaesthetistId: scene.coming })).toMatchObject({ kind: 'done' })
  })

  test('exists, is active, of the profession, and named once', async ({ database, scene }) => {
    const { theatre, clinic, nurse, leaving } = scene
    const gone = await someStaff(theatre, clinic, 'nurse', { name: 'Gone' })
    await database.ownerPool.query('update holdfast.resource set active = false where id = any ($1)', [[gone, nurse]])
    const invalid = (why: string) => ({ kind: 'resource_invalid', why })
    expect(await change(scene, { anaesthetistId: gone })).toMatchObject(invalid('missing'))
    expect(await change(scene, { staffIds: [nurse, gone] })).toMatchObject(invalid('inactive'))
    expect(await change(scene, { staffIds: [leaving] })).toMatchObject(invalid('repeated'))
    // A person who is there stays, also if they take no new cases.
    expect(await change(scene, { anaesthetistId: null })).toMatchObject({ kind: 'done' })
  })
})

test('a repetition changes nothing, and only the team of a running case changes', async ({ scene }) => {
  const { coming, leaving, nurse, room } = scene
  const key = randomUUID()
  const same = { roomId: room, startsAt: at(-60), minutes: 120, equipment: scene.equipment }
  expect(await change(scene, { ...same, anaesthetistId: coming }, key)).toMatchObject({ kind: 'done' })
  expect(await change(scene, { anaesthetistId: leaving })).toMatchObject({ kind: 'done' })
  expect(await change(scene, { anaesthetistId: coming }, key)).toMatchObject({
    kind: 'unchanged',
    case: { anaesthetistId: leaving },
  })
  expect(await change(scene, { staffIds: [nurse] })).toMatchObject({ kind: 'unchanged' })
  for (const other of [{ startsAt: at(-50) }, { minutes: 130 }, { equipment: [] }]) {
    expect(await change(scene, { ...other, anaesthetistId: coming })).toMatchObject({ kind: 'invalid_transition' })
  }
  await record(scene, 'out_of_room', at(-1))
  expect(await change(scene, { anaesthetistId: coming })).toMatchObject({ kind: 'invalid_transition' })
})

test('another order of the staff changes nothing', async ({ scene }) => {
  const { nurse, coming } = scene
  expect(await change(scene, { staffIds: [nurse, coming] })).toMatchObject({ kind: 'done' })
  expect(await change(scene, { staffIds: [coming, nurse] })).toMatchObject({
    kind: 'unchanged',
    case: { staffIds: [nurse, coming] },
  })
})

test('a change of the plan is no relief, if the patient comes into the room meanwhile', async ({ database, scene }) => {
  const { theatre, id, leaving, coming } = scene
  await record(scene, 'in_room', null)
  const other = await aTransaction(database)
  await record({ theatre: other.theatre, id }, 'in_room', at(-55))
  const changing = change(scene, { anaesthetistId: coming })
  await untilLockWaiters(database, 1)
  await other.commit()
  expect(await changing).toMatchObject({ kind: 'invalid_transition' })
  expect(await theatre.case(id)).toMatchObject({ anaesthetistId: leaving })
  // A change that has read that the case is running relieves the team.
  expect(await change(scene, { anaesthetistId: coming })).toMatchObject({ kind: 'done' })
})

describe('after a relief', () => {
  test('an extension is of who came', async ({ scene }) => {
    const left = timesOf(await relieved(scene), scene.leaving)
    const extended = caseOf(await scene.theatre.extendCase({ ...by, caseId: scene.id, expectedEndsAt: at(90) }))
    expect(timesOf(extended, scene.leaving)).toEqual(left)
    expect(timesOf(extended, scene.coming)).toMatchObject({ from: left?.to, to: at(90) })
    expect(timesOf(extended, scene.nurse)).toMatchObject({ from: at(-60), to: at(90) })
    expect(await findings(scene)).toEqual([])
  })

  test('an end gives back what is left, and a correction takes it again', async ({ scene }) => {
    const { leaving, coming } = scene
    const left = timesOf(await relieved(scene), leaving)
    const ended = await record(scene, 'out_of_room', at(4))
    expect([timesOf(ended, leaving), timesOf(ended, coming)?.to]).toEqual([left, at(4)])
    expect(await findings(scene)).toEqual([])
    const again = await record(scene, 'out_of_room', null)
    expect([timesOf(again, leaving), timesOf(again, coming)?.to]).toEqual([left, at(65)])
    expect(await findings(scene)).toEqual([])
  })

  test('an end before it leaves nothing to who came, until it is corrected', async ({ scene }) => {
    const { leaving, coming } = scene
    const came = timesOf(await relieved(scene), coming)
    const ended = await record(scene, 'out_of_room', at(-20))
    expect([timesOf(ended, leaving), timesOf(ended, coming)]).toMatchObject([{ from: at(-60), to: at(-20) }, undefined])
    expect(timesOf(ended, coming)).toBeUndefined()
    expect(await findings(scene)).toEqual([])
    expect(await elsewhere(scene, leaving)).toMatchObject({ kind: 'booked' })
    const again = await record(scene, 'out_of_room', null)
    expect(timesOf(again, coming)).toEqual(came)
    // What has passed of somebody who left is in the log.
    expect(timesOf(again, leaving)).toMatchObject({ to: at(-20) })
    expect((await listed(scene)).flatMap(({ lacks }) => lacks)).toEqual([])
    expect(await findings(scene)).toEqual([])
  })

  test('a mistaken start can be undone: then the case is cancelled, or moved with its team', async ({ database }) => {
    for (const isMoved of [false, true]) {
      const scene = await aRunningCase(database)
      const { theatre, id, leaving, coming } = scene
      await relieved(scene)
      await record(scene, 'in_room', null)
      expect(await findings(scene)).toEqual([])
      await elsewhere(scene, leaving)
      expect((await listed(scene)).map(({ atRiskBy }) => atRiskBy)).toEqual([null, null])
      if (isMoved) {
        const moved = caseOf(await change(scene, { startsAt: at(-30) }))
        expect([timesOf(moved, leaving), timesOf(moved, coming)]).toMatchObject([undefined, { from: at(-30) }])
        expect(timesOf(moved, leaving)).toBeUndefined()
      } else {
        const cancelled = caseOf(await theatre.cancelCase({ ...by, caseId: id, reasonCode: 'patient' }))
        expect(cancelled.allocations).toEqual([])
        expect(await elsewhere(scene, coming)).toMatchObject({ kind: 'booked' })
      }
      expect(await findings(scene)).toEqual([])
    }
  })

  test('of a late case, who comes takes part in its extension', async ({ database }) => {
    const scene = await aRunningCase(database, { isLate: true })
    const { leaving, coming, id } = scene
    const after = await relieved(scene)
    expect([timesOf(after, leaving)?.to, timesOf(after, coming)]).toEqual([at(-5), undefined])
    expect(await findings(scene)).toEqual([])
    const extended = caseOf(await scene.theatre.extendCase({ ...by, caseId: id, expectedEndsAt: at(30) }))
    expect(timesOf(extended, leaving)?.to).toEqual(at(-5))
    expect(timesOf(extended, coming)?.to).toEqual(at(30))
    expect(timesOf(extended, scene.nurse)).toMatchObject({ from: at(-60), to: at(30) })
    expect(await elsewhere(scene, leaving)).toMatchObject({ kind: 'booked' })
    expect(await findings(scene)).toEqual([])
  })

  test('its patient can be erased when it is over', async ({ scene }) => {
    const { theatre, clinic, id, leaving, coming } = scene
    const patient = (await theatre.case(id))?.patient
    await relieved(scene)
    const ended = await record(scene, 'out_of_room', at(4))
    const of = { mrn: patient?.mrn ?? '' }
    const erased = await scene.engine.patients.erase({ clinicNo: clinic.no, of, actorId: null })
    expect(erased).toMatchObject({ kind: 'erased' })
    const after = await theatre.case(id)
    expect(after).toMatchObject({ patient: null, allocations: ended.allocations })
    expect(
      (await scene.engine.reads.eventsOfBooking(id)).flatMap(({ caseDetails }) => caseDetails?.relieved ?? []),
    ).toEqual([{ left: [leaving], joined: [coming], changed: [] }])
    expect(await findings(scene)).toEqual([])
  })

  test('verify finds somebody who has less than from when they came', async ({ database, scene }) => {
    await relieved(scene)
    await database.ownerPool.query(sql`
      update holdfast.allocation set during = tstzrange(lower(during) + interval '1 minute', upper(during))
       where booking_id = ${scene.id} and resource_id = ${scene.coming}`)
    expect(await findings(scene)).toContainEqual(expect.stringContaining('its plan has anaesthetist'))
  })
})
