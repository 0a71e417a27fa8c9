import type { Milestone } from '@holdfast/vocabulary'
import { expect } from 'vitest'
import { aCase, caseOf, test } from '../../test/theatre.ts'
import { verify } from '../verify/verify.ts'

// What is over can be entered afterwards: the night's emergency, or the paper list after an outage.

const minuteMs = 60_000
const now = Math.floor(Date.now() / minuteMs) * minuteMs
const ago = (minutes: number) => new Date(now - minutes * minuteMs)
const hours24 = 24 * 60

test('a case that is over is entered afterwards, with the milestones that it had', async ({ database, scene }) => {
  const { theatre, engine } = scene
  const { id } = caseOf(await theatre.claimCase(aCase(scene, { startsAt: ago(hours24 - 5) })))
  expect(await theatre.confirmCase({ caseId: id, actorId: null, key: null })).toMatchObject({ kind: 'done' })
  const times: [Milestone, Date][] = [
    ['in_room', ago(hours24 - 10)],
    ['out_of_room', ago(hours24 - 50)],
  ]
  for (const [milestone, at] of times) {
    const recorded = await theatre.recordMilestone({
      caseId: id,
      milestone,
      at,
      isTrial: false,
      actorId: null,
      key: null,
    })
    expect(recorded.kind).toBe('done')
  }
  expect(await theatre.case(id)).toMatchObject({ status: 'COMPLETED' })
  const { details } = await verify(database.appPool, { clinicNo: scene.clinic.no, detailsMax: 9 })
  expect(details).toEqual([])

  const planned = caseOf(await theatre.claimCase(aCase(scene)))
  const afterwards = async (caseId: string) =>
    (await engine.reads.eventsOfBooking(caseId)).map(({ type, caseDetails }) => [type, caseDetails?.afterwards])
  expect((await afterwards(id))[0]).toEqual(['held', true])
  expect(await afterwards(planned.id)).toEqual([['held', undefined]])
})

test('it needs a room, people and a patient that no other case had then', async ({ scene }) => {
  const at = (minutes: number) => scene.theatre.claimCase(aCase(scene, { startsAt: ago(minutes), confirm: true }))
  const first = caseOf(await at(180))
  expect(await at(150)).toMatchObject({
    kind: 'refused',
    conflicts: [
      { kind: 'resource_busy', role: 'room', caseId: first.id },
      { kind: 'resource_busy', role: 'surgeon', caseId: first.id },
    ],
  })
  expect(await at(120)).toMatchObject({ kind: 'booked' })
})

test('what started more than 24 hours ago is too old, for a new case and for a move', async ({ scene }) => {
  const startsAt = ago(hours24 + 1)
  const tooOld = { kind: 'refused', conflicts: [{ kind: 'in_past' }] }
  expect(await scene.theatre.claimCase(aCase(scene, { startsAt, minutes: 1440 }))).toMatchObject(tooOld)
  const { id } = caseOf(await scene.theatre.claimCase(aCase(scene, { confirm: true })))
  const move = { caseId: id, actorId: null, key: null, override: null }
  expect(await scene.theatre.moveCase({ ...move, change: { startsAt } })).toMatchObject(tooOld)
  expect(await scene.theatre.moveCase({ ...move, change: { startsAt: ago(hours24 - 5) } })).toMatchObject({
    kind: 'done',
  })
  expect((await scene.engine.reads.eventsOfBooking(id)).at(-1)).toMatchObject({
    type: 'moved',
    caseDetails: { afterwards: true },
  })
})
