import { aDoctor, plantFunction, type TestDatabase } from '@holdfast/testkit'
import { freshDatabaseTest, test } from '@holdfast/testkit/database-test'
import type { Milestone } from '@holdfast/vocabulary'
import { describe, expect } from 'vitest'
import { aCase, aRoom, aTheatre, caseOf } from '../../test/theatre.ts'

const minute = 60_000

/** Two cases of an hour in one room: one began 40 minutes ago, and the other is next. */
async function twoCases(database: TestDatabase) {
  const scene = await aTheatre(database)
  const { theatre, clinic, room } = scene
  const now = Math.floor(Date.now() / minute) * minute
  const at = (minutes: number) => new Date(now + minutes * minute)
  const first = caseOf(await theatre.claimCase(aCase(scene, { startsAt: at(-40), minutes: 45, confirm: true })))
  const other = { clinic, room, surgeon: await aDoctor(database, clinic) }
  const next = caseOf(await theatre.claimCase(aCase(other, { startsAt: at(6), minutes: 60, confirm: true })))
  const record = (caseId: string, milestone: Milestone, minutes: number | null, isForced = false) => {
    const change = { caseId, milestone, at: minutes === null ? null : at(minutes), isTrial: false, isForced }
    return theatre.recordMilestone({ ...change, actorId: null, key: null })
  }
  return { ...scene, first, next, record, at }
}

/** Both were in the room, one after the other. */
async function twoStays(database: TestDatabase) {
  const scene = await twoCases(database)
  const { first, next, record } = scene
  await record(first.id, 'in_room', -40)
  await record(first.id, 'out_of_room', -30)
  await record(next.id, 'in_room', -20)
  await record(next.id, 'out_of_room', -10)
  return scene
}

describe('of two patients, one leaves the room before the other one comes in', () => {
  test('else it is refused, and recorded if it is forced', async ({ database }) => {
    const { first, next, record, at } = await twoCases(database)
    expect(await record(first.id, 'in_room', -40)).toMatchObject({ kind: 'done' })
    const occupied = { kind: 'room_occupied', caseId: first.id, inRoomAt: at(-40) }
    expect(await record(next.id, 'in_room', -20)).toEqual(occupied)
    expect(await record(first.id, 'out_of_room', -30)).toMatchObject({ kind: 'done' })
    expect(await record(next.id, 'in_room', -31)).toEqual(occupied)
    expect(await record(next.id, 'in_room', -20)).toMatchObject({ kind: 'done' })
    // Corrected, so that it would end when the next one is in the room.
    expect(await record(first.id, 'out_of_room', -10)).toEqual({
      kind: 'room_occupied',
      caseId: next.id,
      inRoomAt: at(-20),
    })
    expect(await record(first.id, 'out_of_room', -10, true)).toMatchObject({ kind: 'done' })
  })

  test('a case before it that should be over and is recorded only later is accepted', async ({ database }) => {
    const { first, next, record } = await twoCases(database)
    expect(await record(next.id, 'in_room', -20)).toMatchObject({ kind: 'done' })
    expect(await record(first.id, 'in_room', -61)).toMatchObject({ kind: 'done' })
    expect(await record(first.id, 'out_of_room', -25)).toMatchObject({ kind: 'done' })
  })

  test('one that should not be over did not come in before a patient who is still there', async ({ database }) => {
    const { first, next, record, at } = await twoCases(database)
    await record(next.id, 'in_room', -20)
    const occupied = { kind: 'room_occupied', caseId: next.id, inRoomAt: at(-20) }
    for (const minutes of [-59, -21]) expect(await record(first.id, 'in_room', minutes)).toEqual(occupied)
    expect(await record(next.id, 'out_of_room', -15)).toMatchObject({ kind: 'done' })
    expect(await record(first.id, 'in_room', -21)).toEqual(occupied)
    expect(await record(first.id, 'in_room', -15)).toMatchObject({ kind: 'done' })
    expect(await record(first.id, 'out_of_room', 0)).toMatchObject({ kind: 'done' })
  })

  test('a longer end that was said counts when the beginning is corrected', async ({ database }) => {
    const { theatre, first, next, record, at } = await twoCases(database)
    await record(first.id, 'in_room', -70)
    const longer = { caseId: first.id, expectedEndsAt: at(30), actorId: null, key: null }
    expect(await theatre.extendCase(longer)).toMatchObject({ kind: 'done' })
    await record(next.id, 'in_room', -20, true)
    expect(await record(first.id, 'in_room', -69)).toMatchObject({ kind: 'room_occupied', caseId: next.id })
  })

  test('an end is not removed while another patient came later, nor moved past a whole stay', async ({ database }) => {
    const { first, next, record, at } = await twoStays(database)
    const occupied = { kind: 'room_occupied', caseId: next.id, inRoomAt: at(-20) }
    expect(await record(first.id, 'out_of_room', null)).toEqual(occupied)
    expect(await record(first.id, 'out_of_room', -5)).toEqual(occupied)
    expect(await record(first.id, 'out_of_room', -20)).toMatchObject({ kind: 'done' })
    expect(await record(next.id, 'out_of_room', null)).toMatchObject({ kind: 'done' })
  })

  test('a beginning is not moved before a whole stay, whether or not the end is known', async ({ database }) => {
    const { first, next, record, at } = await twoStays(database)
    const occupied = { kind: 'room_occupied', caseId: first.id, inRoomAt: at(-40) }
    expect(await record(next.id, 'in_room', -45)).toEqual(occupied)
    await record(next.id, 'out_of_room', null)
    expect(await record(next.id, 'in_room', -45)).toEqual(occupied)
    expect(await record(next.id, 'in_room', -30)).toMatchObject({ kind: 'done' })
  })

  test('where out_of_room was skipped, cleaned ends the stay', async ({ database }) => {
    const { first, next, record, at } = await twoCases(database)
    await record(first.id, 'in_room', -40)
    await record(first.id, 'cleaned', -25, true)
    expect(await record(next.id, 'in_room', -20)).toMatchObject({ kind: 'done' })
    expect(await record(first.id, 'cleaned', null)).toEqual({
      kind: 'room_occupied',
      caseId: next.id,
      inRoomAt: at(-20),
    })
  })

  test('a case that is over without a recorded end keeps its room until its expected end', async ({ database }) => {
    const { first, next, record } = await twoCases(database)
    await record(first.id, 'in_room', -40)
    await record(first.id, 'out_of_room', -30)
    await database.ownerPool.query(`delete from holdfast.case_milestone where milestone = 'out_of_room'`)
    expect(await record(next.id, 'in_room', 4)).toMatchObject({ kind: 'room_occupied', caseId: first.id })
    expect(await record(next.id, 'in_room', 5)).toMatchObject({ kind: 'done' })
  })

  freshDatabaseTest('negative control: without the look at the room, both are in it', async ({ database }) => {
    await plantFunction(database, 'case_in_room', { part: /o\.out_at > v_in_at/, becomes: 'false' })
    const { first, next, record } = await twoCases(database)
    await record(first.id, 'in_room', -40)
    expect(await record(next.id, 'in_room', -20)).toMatchObject({ kind: 'done' })
  })
})

describe('a patient leaves one room before they come into another one', () => {
  /** Two cases of one patient, in two rooms, and the same people for neither. */
  async function twoRooms(database: TestDatabase) {
    const { theatre, clinic, at, ...scene } = await twoCases(database)
    const known = await theatre.case(scene.first.id)
    if (known?.patient == null) throw new Error('There is no patient.')
    const { mrn, name, birthDate } = known.patient
    const other = { clinic, room: await aRoom(theatre, clinic), surgeon: await aDoctor(database, clinic) }
    const request = { startsAt: at(70), confirm: true, patient: { mrn, name, birthDate } }
    const second = caseOf(await theatre.claimCase(aCase(other, request)))
    return { ...scene, at, second }
  }

  test('else it is refused, and recorded if it is forced', async ({ database }) => {
    const { first, second, record, at, engine } = await twoRooms(database)
    expect(await record(first.id, 'in_room', -40)).toMatchObject({ kind: 'done' })
    const elsewhere = { kind: 'patient_elsewhere', caseId: first.id, inRoomAt: at(-40) }
    expect(await record(second.id, 'in_room', -10)).toEqual(elsewhere)
    expect(await record(second.id, 'in_room', -10, true)).toMatchObject({ kind: 'done' })
    expect((await engine.reads.eventsOfBooking(second.id)).at(-1)?.caseDetails).toMatchObject({ forced: true })
    await record(second.id, 'in_room', null)
    expect(await record(first.id, 'out_of_room', -15)).toMatchObject({ kind: 'done' })
    expect(await record(second.id, 'in_room', -16)).toEqual(elsewhere)
    expect(await record(second.id, 'in_room', -10)).toMatchObject({ kind: 'done' })
    const later = { kind: 'patient_elsewhere', caseId: second.id, inRoomAt: at(-10) }
    expect(await record(first.id, 'out_of_room', -5)).toEqual(later)
  })

  test('a minute before the patient came into the other room, they are not in this one', async ({ database }) => {
    const { first, second, record, at } = await twoRooms(database)
    await record(second.id, 'in_room', -10)
    const elsewhere = { kind: 'patient_elsewhere', caseId: second.id, inRoomAt: at(-10) }
    expect(await record(first.id, 'in_room', -11)).toEqual(elsewhere)
    expect(await record(first.id, 'in_room', -61)).toMatchObject({ kind: 'done' })
    expect(await record(first.id, 'out_of_room', -15)).toMatchObject({ kind: 'done' })
  })

  test('a patient in the room counts before another room', async ({ database }) => {
    const { first, next, record, second, at } = await twoRooms(database)
    await record(second.id, 'in_room', -30)
    await record(next.id, 'in_room', -20)
    expect(await record(first.id, 'in_room', -10)).toEqual({
      kind: 'room_occupied',
      caseId: next.id,
      inRoomAt: at(-20),
    })
  })
})

describe('nobody leaves a room without having come into it', () => {
  test.for([
    ['out_of_room', 'in_room'],
    ['incision', 'in_room'],
    ['cleaned', 'out_of_room'],
  ] as const)('%s alone is refused for want of %s, unless it is forced', async ([milestone, missing], { database }) => {
    const { first, record } = await twoCases(database)
    expect(await record(first.id, milestone, -30)).toEqual({ kind: 'milestone_missing', milestone: missing })
    expect(await record(first.id, milestone, -30, true)).toMatchObject({ kind: 'done' })
  })

  test('nor is in_room removed from a case that has ended', async ({ database }) => {
    const { first, record } = await twoCases(database)
    await record(first.id, 'in_room', -40)
    await record(first.id, 'out_of_room', -30)
    expect(await record(first.id, 'in_room', null)).toEqual({ kind: 'milestone_missing', milestone: 'in_room' })
    expect(await record(first.id, 'out_of_room', null)).toMatchObject({ kind: 'done' })
    expect(await record(first.id, 'in_room', null)).toMatchObject({ kind: 'done' })
  })
})

test('the event of a change that was forced says so, and no other one', async ({ database }) => {
  const { first, next, record, engine } = await twoStays(database)
  const forced = async (caseId: string) =>
    (await engine.reads.eventsOfBooking(caseId)).map(({ caseDetails }) => caseDetails?.forced ?? false).slice(-2)
  expect(await forced(first.id)).toEqual([false, false])
  await record(first.id, 'out_of_room', -15, true)
  expect(await forced(first.id)).toEqual([false, true])
  // A flag that was not needed changes nothing.
  await record(first.id, 'out_of_room', -30, true)
  expect(await forced(first.id)).toEqual([true, false])
  await record(first.id, 'out_of_room', null, true)
  expect(await forced(first.id)).toEqual([false, true])
  await record(next.id, 'in_room', null, true)
  expect(await forced(next.id)).toEqual([false, true])
})
