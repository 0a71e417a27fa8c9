// Rest: each case that begins or ends early

import { randomUUID } from 'node:crypto'
import { aDoctor, plantFunction, type TestDatabase, untilLockWaiters } from '@holdfast/testkit'
import type { Milestone } from '@holdfast/vocabulary'
import { describe, expect } from 'vitest'
import { aCase, aRoom, aTheatre, type BuiltTheatre, caseOf, soonAt, freshTest as test } from '../../test/theatre.ts'
import { aTransaction } from '../../test/theatre-transaction.ts'
import { newId } from '../model/id.ts'
import type { Theatre } from '../model/theatre.ts'
import type { Case } from '../model/theatre-case.ts'
import { verify } from '../verify/verify.ts'

const by = { actorId: null, key: null }

function record(theatre: Theatre, caseId: string, milestone: Milestone, at: Date | null) {
  return theatre.recordMilestone({ caseId, milestone, at, isTrial: true, actorId: null, key: randomUUID() })
}

/** A case from nine to ten in a block that it and another one fill, of a room with turnover, with a robot. */
async function anEarlyCase(database: TestDatabase, { blockMinutes = 120 } = {}) {
  const scene = await aTheatre(database)
  const { theatre, clinic, room, robot } = scene
  await theatre.updateRoom(room, { turnoverMinutes: 20 })
  await theatre.updateEquipment(robot, { reprocessingMinutes: 30 })
  const owner = { service: null, surgeonId: null, releaseDays: null, actorId: null }
  const drafts = [{ startsAt: soonAt(9), endsAt: soonAt(16), capacity: blockMinutes }]
  await theatre.createBlocks({ ...owner, roomId: room, when: { drafts }, dryRun: false })
  const request = aCase(scene, { confirm: true, equipment: [{ equipmentId: robot, units: 1 }] })
  const early = caseOf(await theatre.claimCase(request))
  const inRoom = async () => ({ clinic, room, surgeon: await aDoctor(database, clinic) })
  await theatre.claimCase(aCase(await inRoom(), { startsAt: soonAt(14), minutes: 20, confirm: true }))
  expect(await remainingMinutes(scene)).toBe(blockMinutes - 120)
  return { scene, early, inRoom }
}

async function remainingMinutes({ theatre, clinic }: BuiltTheatre): Promise<number | undefined> {
  const [block] = await theatre.blocks({ clinicNo: clinic.no, from: soonAt(0), to: soonAt(24) })
  return block && block.minutes - block.usedMinutes
}

/** Who is at risk, and by whom. */
async function risks({ theatre, clinic }: BuiltTheatre): Promise<Record<string, string | null>> {
  const listed = await theatre.cases({ clinicNo: clinic.no, from: soonAt(0), to: soonAt(24), withEnded: false })
  return Object.fromEntries(listed.flatMap((one) => (one.atRiskBy === null ? [] : [[one.id, one.atRiskBy]])))
}

/** Until when it takes what, by kind. */
function takes({ allocations }: Case): Record<string, string> {
  return Object.fromEntries(allocations.map(({ kind, to }) => [kind, to.toISOString().slice(11, 16)]))
}

async function findings(database: TestDatabase, { clinic }: BuiltTheatre): Promise<string[]> {
  const { details } = await verify(database.appPool, { clinicNo: clinic.no, detailsMax: 9 })
  return details.map(({ message }) => message)
}

const planned = { room: '10:20', surgeon: '10:00', equipment: '10:30', patient: '10:00' }
const atHalfPast = { room: '09:50', surgeon: '09:30', equipment: '10:00', patient: '09:30' }

describe('a case whose patient left the room early', () => {
  test('takes what it has no longer, and its event says so', async ({ database }) => {
    const { scene, early } = await anEarlyCase(database)
    const { theatre, engine } = scene
    expect(takes(early)).toEqual(planned)
    const over = caseOf(await record(theatre, early.id, 'out_of_room', soonAt(9, 30)))
    expect(takes(over)).toEqual(atHalfPast)
    expect(over).toMatchObject({ status: 'COMPLETED', minutes: 60, endsAt: soonAt(10) })
    const logged = (await engine.reads.eventsOfBooking(early.id)).at(-1)
    expect(logged?.caseDetails?.allocations).toHaveLength(4)
    // The log rebuilds what it takes.
    expect(await findings(database, scene)).toEqual([])
  })

  test('leaves its room, people and equipment at once, and its minutes of a full block', async ({ database }) => {
    const { scene, early, inRoom } = await anEarlyCase(database)
    const { theatre, clinic, surgeon, robot } = scene
    const next = aCase(await inRoom(), { startsAt: soonAt(9, 50), minutes: 10, confirm: true })
    expect(await theatre.claimCase(next)).toMatchObject({ kind: 'refused' })
    await record(theatre, early.id, 'out_of_room', soonAt(9, 30))
    expect(await remainingMinutes(scene)).toBe(30)
    expect(await theatre.claimCase(next)).toMatchObject({ kind: 'booked', case: { blockId: early.blockId } })
    expect(await remainingMinutes(scene)).toBe(0)
    const elsewhere = { clinic, surgeon, room: await aRoom(theatre, clinic) }
    expect(await theatre.claimCase(aCase(elsewhere, { startsAt: soonAt(9, 30), minutes: 15 }))).toMatchObject({
      kind: 'booked',
    })
    const equipment = [{ equipmentId: robot, units: 1 }]
    expect(await theatre.claimCase(aCase(elsewhere, { startsAt: soonAt(10), equipment }))).toMatchObject({
      kind: 'booked',
    })
    expect(await findings(database, scene)).toEqual([])
  })

  test.for([
    { name: 'early', at: soonAt(9, 40), room: '09:40' },
    { name: 'late', at: soonAt(10, 5), room: '10:05' },
  ])('leaves the room when that was cleaned $name', async ({ at, room }, { database }) => {
    const { scene, early } = await anEarlyCase(database)
    await record(scene.theatre, early.id, 'out_of_room', soonAt(9, 30))
    const cleaned = caseOf(await record(scene.theatre, early.id, 'cleaned', at))
    expect(takes(cleaned)).toEqual({ ...atHalfPast, room })
    expect(await findings(database, scene)).toEqual([])
  })

  test('takes nothing if over before its start, and all again if that was wrong', async ({ database }) => {
    const { scene, early, inRoom } = await anEarlyCase(database)
    const { theatre } = scene
    expect(caseOf(await record(theatre, early.id, 'out_of_room', soonAt(7)))).toMatchObject({ allocations: [] })
    expect(await remainingMinutes(scene)).toBe(80)
    const another = aCase(await inRoom(), { minutes: 30, confirm: true })
    const { id } = caseOf(await theatre.claimCase(another))
    expect(await findings(database, scene)).toEqual([])
    await theatre.cancelCase({ ...by, caseId: id, reasonCode: 'patient' })
    expect(takes(caseOf(await record(theatre, early.id, 'out_of_room', null)))).toEqual(planned)
    expect(await remainingMinutes(scene)).toBe(0)
    expect(await findings(database, scene)).toEqual([])
  })

  test('takes more than planned if it left late, where free, but no more block minutes', async ({ database }) => {
    const { scene, early } = await anEarlyCase(database)
    const late = caseOf(await record(scene.theatre, early.id, 'out_of_room', soonAt(10, 30)))
    expect(takes(late)).toEqual({ room: '10:50', surgeon: '10:30', equipment: '11:00', patient: '10:30' })
    expect(await remainingMinutes(scene)).toBe(0)
    expect(await findings(database, scene)).toEqual([])
  })
})

describe('a correction of the end of a case', () => {
  test('to a later time takes what is free, and its minutes again', async ({ database }) => {
    const { scene, early } = await anEarlyCase(database)
    await record(scene.theatre, early.id, 'out_of_room', soonAt(9, 30))
    const corrected = caseOf(await record(scene.theatre, early.id, 'out_of_room', soonAt(9, 45)))
    expect(takes(corrected)).toEqual({ room: '10:05', surgeon: '09:45', equipment: '10:15', patient: '09:45' })
    expect(await remainingMinutes(scene)).toBe(15)
    expect(takes(caseOf(await record(scene.theatre, early.id, 'out_of_room', null)))).toEqual(planned)
    expect(await remainingMinutes(scene)).toBe(0)
    expect(await findings(database, scene)).toEqual([])
  })

  test('takes nothing from the next case and clinic slot, which are at risk', async ({ database }) => {
    const { scene, early, inRoom } = await anEarlyCase(database)
    const { theatre, clinic, surgeon } = scene
    await record(theatre, early.id, 'out_of_room', soonAt(9, 30))
    const next = caseOf(await theatre.claimCase(aCase(await inRoom(), { startsAt: soonAt(9, 50), minutes: 10 })))
    const { rows } = await database.appPool.query(
      `select outcome from holdfast.create_slots($1, $2, array[$3::uuid], array[$4::timestamptz],
         array[$5::timestamptz], array[1], false)`,
      [clinic.no, surgeon.id, newId(clinic.no), soonAt(9, 35), soonAt(9, 55)],
    )
    expect(rows).toEqual([{ outcome: 'created' }])
    const atRisk = async () => {
      const listed = await theatre.cases({ clinicNo: clinic.no, from: soonAt(0), to: soonAt(24), withEnded: false })
      return listed.filter(({ atRiskBy }) => atRiskBy === early.id).map(({ id }) => id)
    }
    expect(await atRisk()).toEqual([])
    const corrected = caseOf(await record(theatre, early.id, 'out_of_room', soonAt(9, 40)))
    expect(takes(corrected)).toEqual({ room: '09:50', surgeon: '09:35', equipment: '10:10', patient: '09:40' })
    expect(await atRisk()).toEqual([next.id])
    const running = caseOf(await record(theatre, early.id, 'out_of_room', null))
    expect(takes(running)).toEqual({ ...planned, room: '09:50', surgeon: '09:35' })
    expect(await atRisk()).toEqual([next.id])
    expect(await remainingMinutes(scene)).toBe(0)
    expect(await findings(database, scene)).toEqual([])
    // The room is free again, and so are the minutes.
    await theatre.cancelCase({ ...by, caseId: next.id, reasonCode: 'patient' })
    expect(takes(caseOf(await record(theatre, early.id, 'in_room', soonAt(9))))).toEqual({
      ...planned,
      surgeon: '09:35',
    })
    expect(await remainingMinutes(scene)).toBe(0)
    expect(await findings(database, scene)).toEqual([])
  })

  test('in a full block takes its minutes again, which the block then has booked twice', async ({ database }) => {
    const { scene, early, inRoom } = await anEarlyCase(database)
    const { theatre } = scene
    await record(theatre, early.id, 'out_of_room', soonAt(9, 30))
    await theatre.claimCase(aCase(await inRoom(), { startsAt: soonAt(12), minutes: 5, confirm: true }))
    expect(await remainingMinutes(scene)).toBe(5)
    expect(takes(caseOf(await record(theatre, early.id, 'out_of_room', null)))).toEqual(planned)
    expect(await remainingMinutes(scene)).toBe(-25)
    expect(await findings(database, scene)).toEqual([])
  })
})

describe('an end that was a mistake, and is taken back', () => {
  test('puts the case and who has its room since at risk, until one of them is in the room', async ({ database }) => {
    const { scene, early, inRoom } = await anEarlyCase(database)
    const { theatre } = scene
    await record(theatre, early.id, 'out_of_room', soonAt(7))
    const since = caseOf(await theatre.claimCase(aCase(await inRoom(), { minutes: 50, confirm: true })))
    expect(await risks(scene)).toEqual({})
    const live = caseOf(await record(theatre, early.id, 'out_of_room', null))
    expect(live.status).toBe('CONFIRMED')
    const { room: _, ...withoutRoom } = planned
    expect(takes(live)).toEqual(withoutRoom)
    expect(await risks(scene)).toEqual({ [early.id]: since.id, [since.id]: early.id })
    expect(await findings(database, scene)).toEqual([])

    // Who records the incision alone has brought the patient to the room, too.
    for (const milestone of ['incision', 'in_room'] as const) {
      await record(theatre, early.id, 'incision', null)
      await record(theatre, early.id, milestone, soonAt(8, 50))
      expect(await risks(scene)).toEqual({ [since.id]: early.id })
    }
    const extension = { ...by, caseId: early.id, expectedEndsAt: soonAt(10) }
    expect(await theatre.extendCase(extension)).toMatchObject({ atRiskCaseIds: [since.id] })
    await record(theatre, early.id, 'in_room', null)
    await theatre.cancelCase({ ...by, caseId: since.id, reasonCode: 'patient' })
    expect(await risks(scene)).toEqual({})
    expect(caseOf(await theatre.extendCase(extension)).allocations).toEqual(early.allocations)
    expect(await findings(database, scene)).toEqual([])
  })

  test('puts the case at risk by one that has only its first minutes, or its last', async ({ database }) => {
    const { scene, early, inRoom } = await anEarlyCase(database, { blockMinutes: 180 })
    const { theatre } = scene
    for (const { at, startsAt, minutes } of [
      { at: soonAt(7), startsAt: soonAt(9), minutes: 10 },
      { at: soonAt(9, 20), startsAt: soonAt(9, 40), minutes: 10 },
    ]) {
      await record(theatre, early.id, 'out_of_room', at)
      const since = caseOf(await theatre.claimCase(aCase(await inRoom(), { startsAt, minutes, confirm: true })))
      await record(theatre, early.id, 'out_of_room', null)
      expect(await risks(scene)).toMatchObject({ [early.id]: since.id })
      await theatre.cancelCase({ ...by, caseId: since.id, reasonCode: 'patient' })
    }
  })

  test('puts a case at risk that has the minutes in which its room is to be cleaned', async ({ database }) => {
    const { scene, early, inRoom } = await anEarlyCase(database)
    const { theatre } = scene
    await record(theatre, early.id, 'out_of_room', soonAt(9, 30))
    const next = aCase(await inRoom(), { startsAt: soonAt(10, 5), minutes: 10, confirm: true })
    const since = caseOf(await theatre.claimCase(next))
    await record(theatre, early.id, 'out_of_room', null)
    expect(await risks(scene)).toEqual({ [since.id]: early.id })
    expect(await findings(database, scene)).toEqual([])
  })

  test('puts the case at risk by who has the units that are left, if its own is gone', async ({ database, scene }) => {
    const { theatre, clinic, robot } = scene
    await theatre.updateEquipment(robot, { units: 2 })
    const equipment = [{ equipmentId: robot, units: 1 }]
    const first = caseOf(await theatre.claimCase(aCase(scene, { equipment, confirm: true })))
    const elsewhere = { clinic, surgeon: await aDoctor(database, clinic), room: await aRoom(theatre, clinic) }
    const second = caseOf(await theatre.claimCase(aCase(elsewhere, { equipment, confirm: true })))
    expect(second.allocations).toContainEqual(expect.objectContaining({ resourceId: robot, unit: 2 }))
    await record(theatre, second.id, 'out_of_room', soonAt(7))
    expect(await theatre.updateEquipment(robot, { units: 1 })).toMatchObject({ kind: 'done' })
    await record(theatre, second.id, 'out_of_room', null)
    expect(await risks(scene)).toEqual({ [second.id]: first.id })
    await theatre.cancelCase({ ...by, caseId: first.id, reasonCode: 'patient' })
    expect(await risks(scene)).toEqual({})
    expect(await findings(database, scene)).toEqual([])
  })

  test.for([{ name: 'an extension to the same end' }, { name: 'the next milestone' }])(
    'takes the minutes of the block by $name, when the room is free again',
    async ({ name }, { database }) => {
      const { scene, early, inRoom } = await anEarlyCase(database)
      const { theatre, engine } = scene
      await record(theatre, early.id, 'out_of_room', soonAt(9, 30))
      const inBlock = async (startsAt: Date) => aCase(await inRoom(), { startsAt, minutes: 10, confirm: true })
      const { id } = caseOf(await theatre.claimCase(await inBlock(soonAt(9, 50))))
      await record(theatre, early.id, 'out_of_room', null)
      await theatre.cancelCase({ ...by, caseId: id, reasonCode: 'patient' })
      expect(await remainingMinutes(scene)).toBe(30)
      const change = name.startsWith('an extension')
        ? theatre.extendCase({ ...by, caseId: early.id, expectedEndsAt: early.endsAt })
        : record(theatre, early.id, 'arrived', soonAt(8))
      expect(await change).toMatchObject({ kind: 'done', case: { allocations: early.allocations } })
      expect(await remainingMinutes(scene)).toBe(0)
      expect((await engine.reads.eventsOfBooking(early.id)).at(-1)?.caseDetails?.allocations).toHaveLength(4)
      expect(await theatre.claimCase(await inBlock(soonAt(12)))).toMatchObject({ kind: 'refused' })
      expect(await findings(database, scene)).toEqual([])
    },
  )

  test('negative control: without the minutes taken again, the block has too many cases', async ({ database }) => {
    await plantFunction(database, 'prolong_case', {
      part: 'v_is_counted := fit_units(v_booking);',
      becomes: 'v_is_counted := false;',
    })
    const { scene, early, inRoom } = await anEarlyCase(database)
    const { theatre } = scene
    const inBlock = async (startsAt: Date) => aCase(await inRoom(), { startsAt, minutes: 10, confirm: true })
    await record(theatre, early.id, 'out_of_room', soonAt(9, 30))
    const { id } = caseOf(await theatre.claimCase(await inBlock(soonAt(9, 50))))
    await record(theatre, early.id, 'out_of_room', null)
    await theatre.cancelCase({ ...by, caseId: id, reasonCode: 'patient' })
    await theatre.extendCase({ ...by, caseId: early.id, expectedEndsAt: early.endsAt })
    expect(await theatre.claimCase(await inBlock(soonAt(12)))).toMatchObject({ kind: 'booked' })
    const taken = await theatre.cases({ clinicNo: scene.clinic.no, from: soonAt(0), to: soonAt(24), withEnded: false })
    const minutes = taken.map((one) => one.minutes + one.turnoverMinutes)
    expect(minutes.reduce((sum, each) => sum + each)).toBe(150)
  })

  test('leaves verify content with a long case of its surgeon, who has been free since', async ({ database }) => {
    const { scene, early } = await anEarlyCase(database)
    const { theatre, clinic, surgeon } = scene
    await record(theatre, early.id, 'out_of_room', soonAt(7))
    const elsewhere = { clinic, surgeon, room: await aRoom(theatre, clinic) }
    caseOf(await theatre.claimCase(aCase(elsewhere, { startsAt: soonAt(6), minutes: 300, confirm: true })))
    await record(theatre, early.id, 'out_of_room', null)
    expect(await findings(database, scene)).toEqual([])
  })

  test('does not hide from verify that the case names its room no longer', async ({ database }) => {
    const { scene, early } = await anEarlyCase(database)
    await record(scene.theatre, early.id, 'out_of_room', soonAt(7))
    expect(await findings(database, scene)).toEqual([])
    await database.ownerPool.query(`delete from holdfast.allocation where booking_id = $1 and kind = 'room'`, [
      early.id,
    ])
    expect(await findings(database, scene)).toEqual([expect.stringContaining('its plan has room')])
  })
})

describe('beside a claim', () => {
  /** It was over at half past nine; the claim is for the ten minutes from ten to ten on. */
  async function aFreedRoom(database: TestDatabase) {
    const built = await anEarlyCase(database, { blockMinutes: 200 })
    await record(built.scene.theatre, built.early.id, 'out_of_room', soonAt(9, 30))
    return { ...built, claim: aCase(await built.inRoom(), { startsAt: soonAt(9, 50), minutes: 10, confirm: true }) }
  }

  test('a correction waits for the claim, and takes nothing from it', async ({ database }) => {
    const { scene, early, claim } = await aFreedRoom(database)
    const other = await aTransaction(database)
    expect(await other.theatre.claimCase(claim)).toMatchObject({ kind: 'booked' })
    const correcting = record(scene.theatre, early.id, 'out_of_room', soonAt(9, 45))
    await untilLockWaiters(database, 1)
    await other.commit()
    expect(takes(caseOf(await correcting)).room).toBe('09:50')
    expect(await findings(database, scene)).toEqual([])
  })

  test('a correction that comes first leaves the claim no room', async ({ database }) => {
    const { scene, early, claim } = await aFreedRoom(database)
    const other = await aTransaction(database)
    await record(other.theatre, early.id, 'out_of_room', soonAt(9, 45))
    const claiming = scene.theatre.claimCase(claim)
    await untilLockWaiters(database, 1)
    await other.commit()
    expect(await claiming).toMatchObject({ kind: 'refused', conflicts: [{ role: 'room', caseId: early.id }] })
    expect(await findings(database, scene)).toEqual([])
  })

  test('negative control: without the locks of resources, the constraint refuses one', async ({ database }) => {
    await plantFunction(database, 'lock_case', {
      part: 'perform lock_resources(p_clinic_no, v_resource_ids);',
      becomes: '',
    })
    const { scene, early } = await aFreedRoom(database)
    const { clinic, surgeon } = scene
    const elsewhere = { clinic, surgeon, room: await aRoom(scene.theatre, clinic) }
    const other = await aTransaction(database)
    await other.theatre.claimCase(aCase(elsewhere, { startsAt: soonAt(9, 30), minutes: 10, confirm: true }))
    const correcting = record(scene.theatre, early.id, 'out_of_room', soonAt(9, 45)).then(
      () => 'done',
      (error: { code: string }) => error.code,
    )
    await untilLockWaiters(database, 1)
    await other.commit()
    expect(await correcting).toBe('23P01')
  })
})

test.for([
  { name: 'fewer minutes than planned', sql: "set ends_at = ends_at + interval '5 minutes'", what: 'minutes' },
  { name: 'another surgeon at its time', sql: "set starts_at = starts_at - interval '5 minutes'", what: 'takes' },
])('verify finds a case with $name that has not ended early', async ({ sql, what }, { database }) => {
  const { scene, early } = await anEarlyCase(database)
  const change = sql.includes('ends_at = ends_at') ? `${sql}, expected_ends_at = ends_at + interval '5 minutes'` : sql
  await database.ownerPool.query(`update holdfast.theatre_case ${change} where booking_id = $1`, [early.id])
  expect(await findings(database, scene)).toContainEqual(expect.stringContaining(what))
})
