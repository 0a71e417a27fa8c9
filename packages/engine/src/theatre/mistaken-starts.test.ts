import { randomUUID } from 'node:crypto'
import { aDoctor, type TestDatabase } from '@holdfast/testkit'
import { freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import type { Milestone } from '@holdfast/vocabulary'
import { describe, expect } from 'vitest'
import { aCase, aRoom, aTheatre, caseOf, someStaff } from '../../test/theatre.ts'
import type { CasePlan } from '../model/theatre-case.ts'
import { verify } from '../verify/verify.ts'

// A case is recorded as running by mistake, its nurse is relieved, and the mistake is corrected.

const minuteMs = 60_000
const start = Math.floor(Date.now() / minuteMs) * minuteMs
const at = (minutes: number) => new Date(start + minutes * minuteMs)
const by = { actorId: null }

/** A case of an hour whose patient is recorded as being in the room, although that is another one. */
async function aMistakenStart(database: TestDatabase, { startsAt, inRoom }: { startsAt: number; inRoom: number }) {
  const built = await aTheatre(database)
  const { theatre, clinic } = built
  const leaving = await someStaff(theatre, clinic, 'nurse', { name: 'Ito' })
  const coming = await someStaff(theatre, clinic, 'nurse', { name: 'Berg' })
  const spare = await someStaff(theatre, clinic, 'nurse', { name: 'Cruz' })
  const plan = { startsAt: at(startsAt), staffIds: [leaving], confirm: true }
  const { id } = caseOf(await theatre.claimCase(aCase(built, plan)))
  const record = async (milestone: Milestone, minutes: number | null) => {
    const time = minutes === null ? null : at(minutes)
    const entry = { ...by, caseId: id, key: randomUUID(), milestone, at: time, isTrial: false, isForced: true }
    const outcome = await theatre.recordMilestone(entry)
    expect(outcome).toMatchObject({ kind: 'done' })
    return caseOf(outcome)
  }
  const change = async (to: Partial<CasePlan>) => {
    const outcome = await theatre.moveCase({ ...by, caseId: id, key: randomUUID(), change: to, override: null })
    expect(outcome).toMatchObject({ kind: 'done' })
  }
  await record('in_room', inRoom)
  return {
    leaving,
    coming,
    spare,
    record,
    change,
    /** Claims a case of half an hour elsewhere, with this nurse. */
    claim: async (nurse: string, minutes: number) => {
      const room = await aRoom(theatre, clinic, { name: randomUUID() })
      const other = { clinic, room, surgeon: await aDoctor(database, clinic) }
      const wanted = { startsAt: at(minutes), minutes: 30, staffIds: [nurse], confirm: true }
      return theatre.claimCase(aCase(other, wanted))
    },
    read: async (nurse: string) => {
      const one = await theatre.case(id)
      const taken = one?.allocations.find(({ resourceId }) => resourceId === nurse)
      const [listed] = (await theatre.cases({ clinicNo: clinic.no, from: at(-720), to: at(720), withEnded: true }))
        .filter((each) => each.id === id)
        .map(({ lacks }) => lacks)
      return { times: taken && [taken.from, taken.to], lacks: listed }
    },
    expectWell: async () =>
      expect((await verify(database.appPool, { clinicNo: clinic.no, detailsMax: 9 })).details).toEqual([]),
  }
}

describe('who relieved somebody in a case that had not begun', () => {
  test('has it from its planned start, and nothing before', async ({ database }) => {
    const one = await aMistakenStart(database, { startsAt: 240, inRoom: -5 })
    await one.change({ staffIds: [one.coming] })
    expect(await one.claim(one.coming, 20)).toMatchObject({ kind: 'refused' })
    await one.record('in_room', null)
    expect(await one.read(one.coming)).toEqual({ times: [at(240), at(300)], lacks: [] })
    await one.expectWell()
    expect(await one.claim(one.coming, 20)).toMatchObject({ kind: 'booked' })
    expect(await one.claim(one.coming, 250)).toMatchObject({ kind: 'refused' })
    expect(await one.claim(one.leaving, 250)).toMatchObject({ kind: 'booked' })
    await one.expectWell()
    // It begins, and somebody comes again.
    await one.record('in_room', 4)
    await one.expectWell()
    await one.change({ staffIds: [one.coming, one.spare] })
    await one.expectWell()
  })

  test('lacks only what somebody else has of the plan since', async ({ database }) => {
    const one = await aMistakenStart(database, { startsAt: 50, inRoom: -10 })
    await one.change({ staffIds: [one.coming] })
    const other = caseOf(await one.claim(one.coming, 80))
    await one.record('in_room', null)
    expect(await one.read(one.coming)).toMatchObject({
      times: [at(50), at(80)],
      lacks: [{ resourceId: one.coming, from: at(80), to: at(110), caseId: other.id, isFree: false }],
    })
    await one.expectWell()
  })

  test('after the planned start has all of it, or what is free', async ({ database }) => {
    for (const isElsewhere of [false, true]) {
      const one = await aMistakenStart(database, { startsAt: -40, inRoom: -40 })
      if (isElsewhere) expect(await one.claim(one.coming, -50)).toMatchObject({ kind: 'booked' })
      await one.change({ staffIds: [one.coming] })
      await one.record('in_room', null)
      const { times, lacks } = await one.read(one.coming)
      expect([times?.[1], lacks]).toEqual([at(20), []])
      if (isElsewhere) expect(times?.[0]?.getTime()).toBeGreaterThanOrEqual(start)
      else expect(times?.[0]).toEqual(at(-40))
      await one.expectWell()
    }
  })

  test('control: has it since the relief, if only the time was wrong or it runs otherwise', async ({ database }) => {
    const one = await aMistakenStart(database, { startsAt: 240, inRoom: -5 })
    await one.record('incision', -2)
    await one.change({ staffIds: [one.coming] })
    const before = (await one.read(one.coming)).times?.[0]
    await one.record('in_room', -4)
    expect((await one.read(one.coming)).times?.[0]).toEqual(before)
    await one.expectWell()
    await one.record('in_room', null)
    expect((await one.read(one.coming)).times?.[0]).toEqual(before)
    await one.expectWell()
    await one.record('incision', null)
    expect((await one.read(one.coming)).times).toEqual([at(240), at(300)])
    await one.expectWell()
  })
})
