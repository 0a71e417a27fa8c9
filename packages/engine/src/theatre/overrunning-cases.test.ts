import { randomUUID } from 'node:crypto'
import { aDoctor, plantFunction, type TestDatabase } from '@holdfast/testkit'
import { freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import type { Milestone } from '@holdfast/vocabulary'
import { describe, expect } from 'vitest'
import { aCase, aRoom, aTheatre, caseOf, someEquipment, someStaff } from '../../test/theatre.ts'
import type { ClaimCaseRequest } from '../model/theatre-case.ts'
import { createSlots } from '../slots/create-slots.ts'

const minute = 60_000
const now = Math.floor(Date.now() / minute) * minute
const at = (minutes: number) => new Date(now + minutes * minute)

/** A case of an hour whose patient is in the room; cleaning that takes 30 minutes; a next case, if that is wanted. */
async function anOverrunningCase(
  database: TestDatabase,
  { startsAt = -120, inRoom = -115, nextAt }: { startsAt?: number; inRoom?: number; nextAt?: number } = {},
) {
  const scene = await aTheatre(database)
  const { theatre, clinic, surgeon } = scene
  const room = await aRoom(theatre, clinic, { name: 'OR 7', turnoverMinutes: 30 })
  const running = aCase({ ...scene, room }, { startsAt: at(startsAt), confirm: true })
  const { id } = caseOf(await theatre.claimCase(running))
  const next = aCase({ ...scene, room }, { startsAt: at(nextAt ?? 0), minutes: 10, confirm: true })
  const nextId = nextAt === undefined ? '' : caseOf(await theatre.claimCase(next)).id
  const record = async (milestone: Milestone, minutes: number) => {
    const entry = { caseId: id, milestone, at: at(minutes), isTrial: false, actorId: null, key: randomUUID() }
    expect(await theatre.recordMilestone(entry)).toMatchObject({ kind: 'done' })
  }
  await record('in_room', inRoom)
  const [idle, other] = [await aRoom(theatre, clinic, { name: 'OR 8' }), await aDoctor(database, clinic)]
  const claim = (change: Partial<ClaimCaseRequest>) =>
    theatre.claimCase(aCase({ clinic, room: idle, surgeon: other }, { minutes: 10, ...change }))
  const suggest = async (surgeonId: string) => {
    const needs = { minutes: 20, service: 'Orthopaedics', urgency: 'immediate', surgeonId, blockId: null } as const
    const team = { anaesthetistId: null, staffIds: [], equipment: [], mrn: null, exceptCaseId: null }
    const [from = '', to = ''] = [at(0), at(1440)].map((day) => day.toISOString().slice(0, 10))
    const where = { clinicNo: clinic.no, roomIds: [room, idle], from, to, limit: 8, stepMinutes: 5 }
    const found = await theatre.suggest({ ...needs, ...team, ...where })
    if (!('suggestions' in found)) throw new Error(JSON.stringify(found))
    return found.suggestions.map(({ roomId, startsAt: start }) => ({
      roomId,
      minutes: (new Date(start).getTime() - now) / minute,
    }))
  }
  return { scene, id, nextId, room, idle, surgeon, other, patient: running.patient, record, claim, suggest }
}

const busy = (role: string, caseId: string) => ({
  kind: 'refused',
  conflicts: [expect.objectContaining({ kind: 'resource_busy', role, caseId })],
})

describe('while a patient is in the room beyond the planned end', () => {
  test('the room, with its cleaning, the surgeon and the patient are taken until now', async ({ database }) => {
    const { id, room, surgeon, patient, claim, record } = await anOverrunningCase(database)
    for (const minutes of [-20, -5]) {
      expect(await claim({ startsAt: at(minutes), surgeonId: surgeon.id })).toMatchObject(busy('surgeon', id))
      expect(await claim({ startsAt: at(minutes), patient })).toMatchObject(busy('patient', id))
    }
    for (const minutes of [-20, -5, 20]) {
      expect(await claim({ startsAt: at(minutes), roomId: room, urgency: 'immediate' })).toMatchObject(busy('room', id))
    }
    // Others can be planned for later.
    expect(await claim({ startsAt: at(60), roomId: room, surgeonId: surgeon.id })).toMatchObject({ kind: 'booked' })
    await record('out_of_room', -40)
    expect(await claim({ startsAt: at(-5), roomId: room })).toMatchObject({ kind: 'booked' })
    expect(await claim({ startsAt: at(-20), surgeonId: surgeon.id })).toMatchObject({ kind: 'booked' })
  })

  test('negative control: by the allocations alone, both are booked again', async ({ database }) => {
    await plantFunction(database, 'overrun_allocations', { part: 'begin\n', becomes: 'begin\n  return;\n' })
    const { room, surgeon, claim } = await anOverrunningCase(database)
    expect(await claim({ startsAt: at(-5), roomId: room, surgeonId: surgeon.id })).toMatchObject({ kind: 'booked' })
  })

  test('nobody has to wait for a case whose end was forgotten', async ({ database }) => {
    const { room, surgeon, claim } = await anOverrunningCase(database, { startsAt: -15 * 60, inRoom: -15 * 60 })
    expect(await claim({ startsAt: at(-5), roomId: room, surgeonId: surgeon.id })).toMatchObject({ kind: 'booked' })
  })

  test('suggestions leave out its room until it is clean, and an idle room comes first', async ({ database }) => {
    const { room, idle, other, suggest } = await anOverrunningCase(database)
    const found = await suggest(other.id)
    expect(found[0]).toMatchObject({ roomId: idle })
    expect(found[0]?.minutes).toBeLessThan(10)
    expect(found.find(({ roomId }) => roomId === room)?.minutes).toBeGreaterThanOrEqual(30)
  })
})

test('after a late start, suggestions begin when the case will have ended', async ({ database }) => {
  const { room, idle, surgeon, suggest } = await anOverrunningCase(database, { startsAt: -50, inRoom: -10 })
  const found = await suggest(surgeon.id)
  expect(found[0]).toMatchObject({ roomId: idle })
  // The patient is in the room for 50 more minutes, and then the room is cleaned.
  expect(found[0]?.minutes).toBeGreaterThanOrEqual(50)
  expect(found[0]?.minutes).toBeLessThan(60)
  expect(found.find(({ roomId }) => roomId === room)?.minutes).toBeGreaterThanOrEqual(80)
})

describe('two units of equipment, of which a patient in the room has one beyond the planned end', () => {
  /** Reprocessing takes an hour. `before`: what is booked before the case overruns. */
  async function aScene(database: TestDatabase, before: Partial<ClaimCaseRequest>[] = []) {
    const scene = await aTheatre(database)
    const { theatre, clinic } = scene
    const sets = await someEquipment(theatre, clinic, { name: 'Set', units: 2, reprocessingMinutes: 60 })
    const equipment = [{ equipmentId: sets, units: 1 }]
    const claim = async (change: Partial<ClaimCaseRequest>) => {
      const own = { clinic, room: await aRoom(theatre, clinic), surgeon: await aDoctor(database, clinic) }
      return theatre.claimCase(aCase(own, { minutes: 20, equipment, confirm: true, ...change }))
    }
    const { id } = caseOf(await claim({ startsAt: at(-240), minutes: 60 }))
    const others: string[] = []
    for (const one of before) others.push(caseOf(await claim(one)).id)
    const recordOf = (caseId: string) => async (milestone: Milestone, minutes: number) => {
      const entry = { caseId, milestone, at: at(minutes), isTrial: false, actorId: null, key: randomUUID() }
      expect(await theatre.recordMilestone(entry)).toMatchObject({ kind: 'done' })
    }
    const record = recordOf(id)
    await record('in_room', -235)
    return { scene, claim, record, id, others, second: recordOf(others[0] ?? '') }
  }

  test('one more case gets the other unit, and a second one is refused', async ({ database }) => {
    const { claim, record } = await aScene(database)
    expect(await claim({ startsAt: at(2) })).toMatchObject({ kind: 'booked' })
    expect(await claim({ startsAt: at(5) })).toMatchObject({ kind: 'refused' })
    // Its set is being reprocessed then.
    await record('out_of_room', 0)
    expect(await claim({ startsAt: at(5) })).toMatchObject({ kind: 'refused' })
  })

  test('so it is if one was booked before, whose unit may be the same', async ({ database }) => {
    const { claim, record } = await aScene(database, [{ startsAt: at(2) }])
    expect(await claim({ startsAt: at(5) })).toMatchObject({ kind: 'refused' })
    await record('out_of_room', 0)
    expect(await claim({ startsAt: at(5) })).toMatchObject({ kind: 'refused' })
    expect(await claim({ startsAt: at(90) })).toMatchObject({ kind: 'booked' })
  })

  test('the next case, which has its unit, can give way to an emergency', async ({ database }) => {
    const { scene, claim, id, others } = await aScene(database, [{ startsAt: at(2) }])
    const [next = ''] = others
    const immediate = { urgency: 'immediate', startsAt: at(5) } as const
    const refused = await claim(immediate)
    // It has unit 1, and the late case, which had it, uses one besides.
    expect(refused).toMatchObject({
      kind: 'refused',
      conflicts: [
        { caseId: id, unit: null, missingUnits: 1 },
        { caseId: next, unit: 1, missingUnits: 1, bumpableCaseIds: [next] },
      ],
    })
    const own = { clinic: scene.clinic, room: await aRoom(scene.theatre, scene.clinic), surgeon: scene.surgeon }
    const [needed] = (await scene.theatre.equipment(scene.clinic.no)).filter(({ name }) => name === 'Set')
    const equipment = [{ equipmentId: needed?.id ?? '', units: 1 }]
    const emergency = aCase(own, { minutes: 20, equipment, confirm: true, ...immediate })
    const bumped = await scene.theatre.bumpCases({ emergency, bumpedCaseIds: [next], reason: 'Bleeding' })
    expect(bumped).toMatchObject({ kind: 'done' })
  })

  test('two patients longer in rooms than planned use two units, whatever their numbers', async ({ database }) => {
    const { claim, second } = await aScene(database, [{ startsAt: at(-100), minutes: 60 }])
    await second('in_room', -95)
    expect(await claim({ startsAt: at(55) })).toMatchObject({ kind: 'refused' })
    expect(await claim({ startsAt: at(180) })).toMatchObject({ kind: 'booked' })
  })

  test('control: a case within its plan leaves the other unit, too', async ({ database }) => {
    const { claim, record } = await aScene(database)
    await record('out_of_room', -180)
    expect(await claim({ startsAt: at(2) })).toMatchObject({ kind: 'booked' })
    expect(await claim({ startsAt: at(5) })).toMatchObject({ kind: 'booked' })
    expect(await claim({ startsAt: at(8) })).toMatchObject({ kind: 'refused' })
  })
})

test('a patient who came early has the room and the team until the case ends', async ({ database }) => {
  const { id, room, surgeon, claim, record } = await anOverrunningCase(database, { startsAt: 30, inRoom: -20 })
  expect(await claim({ startsAt: at(0), roomId: room })).toMatchObject(busy('room', id))
  expect(await claim({ startsAt: at(0), surgeonId: surgeon.id })).toMatchObject(busy('surgeon', id))
  // Over before the planned start: then the room is cleaned.
  await record('out_of_room', 0)
  expect(await claim({ startsAt: at(10), roomId: room })).toMatchObject(busy('room', id))
  expect(await claim({ startsAt: at(0), surgeonId: surgeon.id })).toMatchObject({ kind: 'booked' })
  await record('cleaned', 0)
  expect(await claim({ startsAt: at(10), roomId: room })).toMatchObject({ kind: 'booked' })
})

describe('a start that is still to come', () => {
  test('of an early case takes the room, the team and the surgeon’s clinic times from then', async ({ database }) => {
    const { id, room, surgeon, patient, claim } = await anOverrunningCase(database, { startsAt: 90, inRoom: 4 })
    for (const minutes of [0, 10, 50]) {
      expect(await claim({ startsAt: at(minutes), roomId: room })).toMatchObject(busy('room', id))
      expect(await claim({ startsAt: at(minutes), surgeonId: surgeon.id })).toMatchObject(busy('surgeon', id))
      expect(await claim({ startsAt: at(minutes), patient })).toMatchObject(busy('patient', id))
    }
    const createSlot = (minutes: number) => {
      const drafts = [{ startsAt: at(minutes), endsAt: at(minutes + 5), capacity: 1 }]
      return createSlots(database.appPool, { doctorId: surgeon.id, drafts, dryRun: false })
    }
    expect(await createSlot(10)).toMatchObject({ created: 0, conflicts: 1 })
    // It takes its hour, and then the room is cleaned.
    expect(await createSlot(64)).toMatchObject({ created: 1 })
    expect(await claim({ startsAt: at(80), roomId: room })).toMatchObject(busy('room', id))
    expect(await claim({ startsAt: at(94), roomId: room })).toMatchObject({ kind: 'booked' })
  })

  test('that a trial has further ahead does so, too, and leaves what is before it', async ({ database }) => {
    const built = await anOverrunningCase(database, { startsAt: 240, inRoom: 0 })
    const { scene, id, room, surgeon, claim } = built
    for (const minutes of [null, 60]) {
      const inRoomAt = minutes === null ? null : at(minutes)
      const entry = { caseId: id, milestone: 'in_room', at: inRoomAt, isTrial: true } as const
      const outcome = await scene.theatre.recordMilestone({ ...entry, actorId: null, key: randomUUID() })
      expect(outcome).toMatchObject({ kind: 'done' })
    }
    expect(await claim({ startsAt: at(70), roomId: room })).toMatchObject(busy('room', id))
    expect(await claim({ startsAt: at(70), surgeonId: surgeon.id })).toMatchObject(busy('surgeon', id))
    expect(await claim({ startsAt: at(20), roomId: room })).toMatchObject({ kind: 'booked' })
  })

  test('control: without it, all are free until the planned start', async ({ database }) => {
    const { scene, id, room, surgeon, claim } = await anOverrunningCase(database, { startsAt: 90, inRoom: 4 })
    const removal = { caseId: id, milestone: 'in_room', at: null, isTrial: false } as const
    await scene.theatre.recordMilestone({ ...removal, actorId: null, key: randomUUID() })
    expect(await claim({ startsAt: at(10), roomId: room, surgeonId: surgeon.id })).toMatchObject({ kind: 'booked' })
  })
})

test('a room is cleaned although the next case, which had shortened that, is cancelled', async ({ database }) => {
  const { scene, id, room, claim, record } = await anOverrunningCase(database)
  const next = caseOf(await claim({ startsAt: at(45), roomId: room, confirm: true }))
  await record('out_of_room', 0)
  const cancellation = { caseId: next.id, reasonCode: 'other', actorId: null, key: randomUUID() }
  expect(await scene.theatre.cancelCase(cancellation)).toMatchObject({ kind: 'done' })
  expect(await claim({ startsAt: at(5), roomId: room })).toMatchObject(busy('room', id))
})

test('the nurse of the next case changes while it waits for its room, and for its cleaning', async ({ database }) => {
  const { scene, nextId, record } = await anOverrunningCase(database, { nextAt: -20 })
  const change = async (startsAt: Date | null = null) => {
    const staffIds = [await someStaff(scene.theatre, scene.clinic, 'nurse')]
    const changed = { staffIds, ...(startsAt === null ? {} : { startsAt }) }
    const request = { caseId: nextId, change: changed, override: null, actorId: null, key: randomUUID() }
    return scene.theatre.moveCase(request)
  }
  expect(await change(at(-15))).toMatchObject({ kind: 'refused' })
  expect(await change()).toMatchObject({ kind: 'done' })
  await record('out_of_room', 0)
  expect(await change(at(-15))).toMatchObject({ kind: 'refused' })
  expect(await change()).toMatchObject({ kind: 'done' })
})
