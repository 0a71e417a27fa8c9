import type { Milestone } from '@holdfast/vocabulary'
import { expect } from 'vitest'
import { test, theatreTime } from '../../../test/theatre-scene.ts'

test('a case whose patient has arrived is moved and cancelled, until in the room', async ({ rest, theatre }) => {
  const { staff: as, admin } = theatre
  const arrive = async (...milestones: Milestone[]) => {
    const path = { caseId: (await theatre.book({ surgeonId: theatre.doctor.id, confirm: true })).body.id }
    for (const milestone of milestones) {
      const body = { milestone, at: theatreTime('08:00'), trial: true }
      expect((await rest.call('recordMilestone', { path, as: admin, body })).status).toBe(200)
    }
    return path
  }
  const path = await arrive('arrived')
  const body = { startsAt: theatreTime('11:00') }
  expect((await rest.call('moveCase', { path, as: theatre.surgeonAccount, body })).problem.code).toBe('forbidden')
  const moved = await rest.call('moveCase', { path, as, body })
  expect(moved.body).toMatchObject({ status: 'ARRIVED', startsAt: theatreTime('11:00') })
  const cancelled = await rest.call('cancelCase', { path, as, body: { reasonCode: 'patient_unfit' } })
  expect(cancelled.body).toMatchObject({ status: 'CANCELLED', allocations: [] })
  const { items } = (await rest.call('listCaseEvents', { path, as })).body
  expect(items.map(({ event }) => [event.type, event.statusAfter])).toEqual([
    ['confirmed', null],
    ['milestone', 'ARRIVED'],
    ['moved', 'ARRIVED'],
    ['cancelled', null],
  ])
  const inRoom = { path: await arrive('arrived', 'in_room'), as }
  const refused = { status: 409, code: 'invalid_transition', case: { status: 'ARRIVED' } }
  expect((await rest.call('moveCase', { ...inRoom, body })).problem).toMatchObject(refused)
  const { problem } = await rest.call('cancelCase', { ...inRoom, body: { reasonCode: 'other' } })
  expect(problem).toMatchObject(refused)
})
