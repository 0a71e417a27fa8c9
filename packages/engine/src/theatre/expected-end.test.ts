import { randomUUID } from 'node:crypto'
import { aDoctor, type TestDatabase } from '@holdfast/testkit'
import { freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { aBlock, aCase, aTheatre, caseOf, someStaff } from '../../test/theatre.ts'
import { createSlots } from '../slots/create-slots.ts'
import { verify } from '../verify/verify.ts'

/**
 * A case of an hour, planned so many minutes from now, in a block if it is to come, in a room with 20 minutes of
 * turnover.
 */
async function aPlannedCase(database: TestDatabase, minutesFromNow: number) {
  const scene = await aTheatre(database)
  const { theatre, clinic, room, surgeon } = scene
  const now = Math.floor(Date.now() / 60_000) * 60_000
  const at = (minutes: number) => new Date(now + minutes * 60_000)
  await theatre.updateRoom(room, { turnoverMinutes: 20 })
  await aBlock(theatre, room, { startsAt: at(1), endsAt: at(360), capacity: 240 })
  const { id } = caseOf(await theatre.claimCase(aCase(scene, { startsAt: at(minutesFromNow), confirm: true })))
  const by = () => ({ caseId: id, actorId: null, key: randomUUID() })
  return {
    at,
    id,
    inRoom: async (minutes: number | null) =>
      caseOf(
        await theatre.recordMilestone({
          ...by(),
          milestone: 'in_room',
          at: minutes === null ? null : at(minutes),
          isTrial: true,
        }),
      ),
    extend: (minutes: number) => theatre.extendCase({ ...by(), expectedEndsAt: at(minutes) }),
    changeTeam: async () =>
      theatre.moveCase({
        ...by(),
        change: { staffIds: [await someStaff(theatre, clinic, 'nurse', { name: randomUUID() })] },
        override: null,
      }),
    move: (minutes: number) => theatre.moveCase({ ...by(), change: { startsAt: at(minutes) }, override: null }),
    cancel: (caseId: string) => theatre.cancelCase({ ...by(), caseId, reasonCode: 'patient' }),
    /** Claims another case in the room. */
    claim: async (minutes: number) => {
      const other = { clinic, room, surgeon: await aDoctor(database, clinic) }
      return theatre.claimCase(aCase(other, { startsAt: at(minutes), minutes: 30, confirm: true }))
    },
    /** Creates a clinic slot of the surgeon. */
    createSlot: async (minutes: number) => {
      const drafts = [{ startsAt: at(minutes), endsAt: at(minutes + 15), capacity: 1 }]
      return await createSlots(database.appPool, { doctorId: surgeon.id, drafts, dryRun: false })
    },
    roomUntil: async () => (await theatre.case(id))?.allocations.find(({ kind }) => kind === 'room')?.to,
    usedMinutes: async () =>
      (await theatre.blocks({ clinicNo: clinic.no, from: at(-720), to: at(720) })).map((block) => block.usedMinutes)[0],
    expectWell: async () =>
      expect((await verify(database.appPool, { clinicNo: clinic.no, detailsMax: 9 })).details).toEqual([]),
  }
}

test('a case that begins early frees its room its minutes later, not if that was a mistake', async ({ database }) => {
  const { at, id, inRoom, claim, roomUntil, usedMinutes, expectWell } = await aPlannedCase(database, 30)
  expect(await usedMinutes()).toBe(80)
  expect(await inRoom(-10)).toMatchObject({ endsAt: at(90), expectedEndsAt: at(50) })
  expect(await roomUntil()).toEqual(at(70))
  // It uses the block from when the block begins.
  expect(await usedMinutes()).toBe(69)
  await expectWell()
  const busy = { kind: 'refused', conflicts: [{ kind: 'resource_busy', role: 'room', caseId: id }] }
  expect(await claim(65)).toMatchObject(busy)
  expect(await inRoom(null)).toMatchObject({ expectedEndsAt: at(90) })
  expect(await roomUntil()).toEqual(at(110))
  expect(await claim(75)).toMatchObject(busy)
  await inRoom(-10)
  // At the very time at which it is free, as suggestions say.
  const next = caseOf(await claim(70))
  await inRoom(null)
  // What the next case has got stays its own.
  expect(await roomUntil()).toEqual(next.startsAt)
  await expectWell()
})

test('a case that is expected to end before its planned start has its room until then', async ({ database }) => {
  const { at, id, inRoom, claim, createSlot, usedMinutes, expectWell } = await aPlannedCase(database, 120)
  expect(await inRoom(-10)).toMatchObject({ expectedEndsAt: at(50) })
  expect(await usedMinutes()).toBe(69)
  await expectWell()
  const busy = { kind: 'refused', conflicts: [{ kind: 'resource_busy', role: 'room', caseId: id }] }
  expect(await claim(60)).toMatchObject(busy)
  expect(await claim(75)).toMatchObject({ kind: 'booked' })
  // Nor has its surgeon appointments meanwhile.
  expect(await createSlot(30)).toMatchObject({ conflicts: 1 })
  expect(await createSlot(50)).toMatchObject({ created: 1 })
  await expectWell()
})

test('a case that begins late keeps its room for its minutes, unless another case has it', async ({ database }) => {
  const { at, id, inRoom, claim, roomUntil, expectWell } = await aPlannedCase(database, -40)
  expect(await inRoom(0)).toMatchObject({ endsAt: at(20), expectedEndsAt: at(60) })
  expect(await roomUntil()).toEqual(at(80))
  expect(await claim(70)).toMatchObject({ kind: 'refused', conflicts: [{ caseId: id }] })
  await inRoom(-40)
  const next = caseOf(await claim(45))
  expect(await inRoom(-10)).toMatchObject({ expectedEndsAt: at(50) })
  expect(await roomUntil()).toEqual(next.startsAt)
  await expectWell()
})

test('an end that was said stays, whatever is corrected; it may be early, but not past', async ({ database }) => {
  const { at, inRoom, extend, roomUntil, expectWell } = await aPlannedCase(database, -20)
  expect(await extend(30)).toEqual({ kind: 'too_early', earliest: at(40) })
  await inRoom(-20)
  expect(await extend(-5)).toMatchObject({ kind: 'too_early' })
  expect(await extend(30)).toMatchObject({ kind: 'done', case: { expectedEndsAt: at(30) } })
  expect(await roomUntil()).toEqual(at(50))
  expect(await inRoom(-15)).toMatchObject({ expectedEndsAt: at(30) })
  expect(await extend(30)).toMatchObject({ kind: 'unchanged' })
  expect(await extend(25)).toMatchObject({ kind: 'done' })
  expect(await extend(60)).toMatchObject({ kind: 'done', case: { expectedEndsAt: at(60) } })
  await expectWell()
})

test('a running case may end in this minute, also a late one, but not in the one before', async ({ database }) => {
  const { at, inRoom, extend, expectWell } = await aPlannedCase(database, -80)
  await inRoom(-80)
  // The minute may change between the calls.
  const outcomes = await Promise.all(
    [0, 1].map(async () => {
      const minute = (minutes: number) => Math.floor(Date.now() / 60_000) - at(0).getTime() / 60_000 + minutes
      return [await extend(minute(-1)), await extend(minute(0))]
    }),
  )
  expect(outcomes.flat().map(({ kind }) => kind)).toContain('done')
  const [before] = outcomes.flat().filter((outcome) => outcome.kind === 'too_early')
  expect(before?.earliest.getTime()).toBeGreaterThanOrEqual(at(0).getTime())
  expect((before?.earliest.getTime() ?? 1) % 60_000).toBe(0)
  await expectWell()
})

test('the same end takes what is free, and still follows in_room, in full minutes', async ({ database }) => {
  const { at, inRoom, extend, claim, cancel, roomUntil, expectWell } = await aPlannedCase(database, -20)
  expect(await inRoom(-19.3)).toMatchObject({ expectedEndsAt: at(41) })
  const next = caseOf(await claim(61))
  await inRoom(-15)
  expect(await roomUntil()).toEqual(at(61))
  await cancel(next.id)
  expect(await extend(45)).toMatchObject({ kind: 'done' })
  expect(await roomUntil()).toEqual(at(65))
  expect(await inRoom(-10)).toMatchObject({ expectedEndsAt: at(50) })
  await expectWell()
})

test('an end that was said after a mistaken start does not end the plan', async ({ database }) => {
  const { at, inRoom, extend, roomUntil, claim, expectWell } = await aPlannedCase(database, 120)
  await inRoom(-2)
  expect(await extend(40)).toMatchObject({ kind: 'done', case: { expectedEndsAt: at(40) } })
  expect(await inRoom(null)).toMatchObject({ expectedEndsAt: at(180) })
  expect(await roomUntil()).toEqual(at(200))
  expect(await claim(130)).toMatchObject({ kind: 'refused' })
  await expectWell()
  // A later start is after it was said.
  expect(await inRoom(110)).toMatchObject({ expectedEndsAt: at(170) })
  await expectWell()
})

test('an end that was said before the case began is not before its minutes have passed', async ({ database }) => {
  const { at, inRoom, extend, move, changeTeam, roomUntil, expectWell } = await aPlannedCase(database, -20)
  expect(await extend(45)).toMatchObject({ kind: 'done' })
  // Another nurse comes: the plan is the same.
  expect(await changeTeam()).toMatchObject({ kind: 'done', case: { expectedEndsAt: at(45) } })
  expect(await roomUntil()).toEqual(at(65))
  await expectWell()
  expect(await inRoom(-20)).toMatchObject({ expectedEndsAt: at(45) })
  expect(await inRoom(5)).toMatchObject({ expectedEndsAt: at(65) })
  expect(await inRoom(null)).toMatchObject({ expectedEndsAt: at(45) })
  await expectWell()
  // A move is a new plan.
  expect(await move(120)).toMatchObject({ kind: 'done' })
  expect(await inRoom(110)).toMatchObject({ endsAt: at(180), expectedEndsAt: at(170) })
  await expectWell()
})
