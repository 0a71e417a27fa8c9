import { randomUUID } from 'node:crypto'
import { aDoctor, plantFunction, type TestDatabase } from '@holdfast/testkit'
import { freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import { describe, expect } from 'vitest'
import { aCase, aRoom, aTheatre, caseOf } from '../../test/theatre.ts'
import type { ClaimCaseRequest, Milestone } from '../model/theatre-case.ts'

const minute = 60_000
const now = Math.floor(Date.now() / minute) * minute
const at = (minutes: number) => new Date(now + minutes * minute)

/** A case of an hour whose patient is in the room; cleaning that takes 30 minutes; and another room and surgeon. */
async function anOverrunningCase(database: TestDatabase, { startsAt = -120, inRoom = -115 } = {}) {
  const scene = await aTheatre(database)
  const { theatre, clinic, surgeon } = scene
  const room = await aRoom(theatre, clinic, { name: 'OR 7', turnoverMinutes: 30 })
  const running = aCase({ ...scene, room }, { startsAt: at(startsAt), confirm: true })
  const { id } = caseOf(await theatre.claimCase(running))
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
    const where = { clinicNo: clinic.no, roomIds: [room, idle], from, to, limit: 2, stepMinutes: 5 }
    const found = await theatre.suggest({ ...needs, ...team, ...where })
    if (!('suggestions' in found)) throw new Error(JSON.stringify(found))
    return found.suggestions.map(({ roomId, startsAt: start }) => ({
      roomId,
      minutes: (new Date(start).getTime() - now) / minute,
    }))
  }
  return { scene, id, room, idle, surgeon, other, patient: running.patient, record, claim, suggest }
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
    const [first, second] = await suggest(other.id)
    expect(first).toMatchObject({ roomId: idle })
    expect(first?.minutes).toBeLessThan(10)
    expect(second).toMatchObject({ roomId: room })
    expect(second?.minutes).toBeGreaterThanOrEqual(30)
  })
})

test('after a late start, suggestions begin when the case will have ended', async ({ database }) => {
  const { room, idle, surgeon, suggest } = await anOverrunningCase(database, { startsAt: -50, inRoom: -10 })
  const found = await suggest(surgeon.id)
  expect(found.map(({ roomId }) => roomId)).toEqual([idle, room])
  // In the room for 50 more minutes, which then is cleaned.
  expect(found[0]?.minutes).toBeGreaterThanOrEqual(50)
  expect(found[0]?.minutes).toBeLessThan(60)
  expect(found[1]?.minutes).toBeGreaterThanOrEqual(80)
})
