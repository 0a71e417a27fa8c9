import { randomUUID } from 'node:crypto'
import { aDoctor, type TestDatabase } from '@holdfast/testkit'
import { freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import type { Milestone } from '@holdfast/vocabulary'
import { describe, expect } from 'vitest'
import { aCase, aRoom, aTheatre, caseOf } from '../../test/theatre.ts'
import type { ClaimCaseRequest } from '../model/theatre-case.ts'

const minuteMs = 60_000

/** A theatre whose cases are planned by minutes from now on. */
async function today(database: TestDatabase) {
  const scene = await aTheatre(database)
  const { theatre, clinic, room, surgeon } = scene
  const now = Math.floor(Date.now() / minuteMs) * minuteMs
  const at = (minutes: number) => new Date(now + minutes * minuteMs)
  const book = async (minutes: number, change: Partial<ClaimCaseRequest> & { by?: typeof surgeon } = {}) => {
    const { by = await aDoctor(database, clinic), ...rest } = change
    const request = aCase({ clinic, room, surgeon: by }, { startsAt: at(minutes), confirm: true, ...rest })
    return caseOf(await theatre.claimCase(request)).id
  }
  const record = async (caseId: string, milestone: Milestone, minutes: number) => {
    const recorded = { caseId, milestone, at: at(minutes), isTrial: false, actorId: null, key: randomUUID() }
    expect(await theatre.recordMilestone(recorded)).toMatchObject({ kind: 'done' })
  }
  const risks = async () => {
    const range = { from: at(-1440), to: at(1440) }
    const listed = await theatre.cases({ clinicNo: clinic.no, ...range, withEnded: true })
    return Object.fromEntries(listed.flatMap(({ id, atRiskBy }) => (atRiskBy === null ? [] : [[id, atRiskBy]])))
  }
  return { scene, at, book, record, risks }
}

describe('a case that has begun goes before those that have not', () => {
  test('an emergency in the room of a late case', async ({ database }) => {
    const { book, record, risks } = await today(database)
    const late = await book(-60, { minutes: 50 })
    const emergency = await book(0, { minutes: 90, urgency: 'immediate' })
    expect(await risks()).toEqual({ [emergency]: late })
    await record(emergency, 'in_room', 0)
    expect(await risks()).toEqual({ [late]: emergency })
    await record(emergency, 'out_of_room', 0)
    expect(await risks()).toEqual({})
  })

  test('the second case of a list, until the room is cleaned after it', async ({ database }) => {
    const { scene, book, record, risks } = await today(database)
    await scene.theatre.updateRoom(scene.room, { turnoverMinutes: 20 })
    const first = await book(-30)
    const second = await book(60)
    await record(second, 'in_room', -20)
    expect(await risks()).toEqual({ [first]: second })
    await record(second, 'out_of_room', -10)
    expect(await risks()).toEqual({ [first]: second })
    await record(second, 'cleaned', -5)
    expect(await risks()).toEqual({})
  })

  test('the later case of a surgeon in another room, which delays nobody if over in time', async ({ database }) => {
    const { scene, book, record, risks } = await today(database)
    const { theatre, clinic, surgeon: by } = scene
    const other = await aRoom(theatre, clinic)
    const first = await book(20, { by })
    const second = await book(120, { by, roomId: other, minutes: 30 })
    await record(second, 'in_room', -20)
    // It takes its minutes from then on, and not until its planned end.
    expect(await risks()).toEqual({})
    const longer = { caseId: second, actorId: null, key: randomUUID() }
    await theatre.extendCase({ ...longer, expectedEndsAt: new Date(Date.now() + 160 * minuteMs) })
    expect(await risks()).toEqual({ [first]: second })
  })

  test('but not before what nobody expects any more', async ({ database }) => {
    const { scene, book, record, risks } = await today(database)
    const absent = await book(-60)
    const settled = { bookingId: absent, action: 'no_show' as const, actorId: null, key: randomUUID() }
    expect(await scene.engine.settle({ ...settled, onBehalf: true, reason: null })).toMatchObject({ kind: 'done' })
    const forgotten = await book(-790)
    const running = await book(0)
    await record(running, 'in_room', 0)
    expect(await risks()).toEqual({})
    expect(forgotten).not.toBe(running)
  })
})
