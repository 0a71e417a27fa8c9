import { aDoctor, plantFunction } from '@holdfast/testkit'
import { expect } from 'vitest'
import { aCase, aRoom, aTheatre, soonAt, freshTest as test } from '../../test/theatre.ts'
import { createEngine } from '../create-engine.ts'
import type { BatchReport } from '../queue/batch-report.ts'

test.for([
  { name: 'a missing function', raise: "raise undefined_function using message = 'broken'", refusedWith: '42883' },
  { name: 'a deadlock', raise: 'raise deadlock_detected', refusedWith: '40P01' },
  { name: 'a lock that was not free in time', raise: 'raise lock_not_available', refusedWith: null },
])('a batch that fails is reported, and its claims are booked: $name', async ({ raise, refusedWith }, { database }) => {
  const scene = await aTheatre(database)
  const { theatre, clinic } = scene
  await theatre.claimCase(aCase(scene, { startsAt: soonAt(20) }))
  await plantFunction(database, 'claim_cases', { part: 'v_now := clock_timestamp();', becomes: `${raise};` })
  const reports: BatchReport[] = []
  const onBatch = (report: BatchReport) => reports.push(report)
  const engine = createEngine({ batchPool: database.appPool, generalPool: database.appPool, onBatch })
  const other = { clinic, room: await aRoom(theatre, clinic), surgeon: await aDoctor(database, clinic) }
  const outcomes = await Promise.all([scene, other].map((place) => engine.theatre.claimCase(aCase(place))))
  expect(outcomes).toMatchObject([{ kind: 'booked' }, { kind: 'booked' }])
  expect(reports).toMatchObject([
    { queue: 'case', size: 2, failed: true, refusedWith },
    { queue: 'case_alone', size: 1, failed: false, refusedWith: null },
    { queue: 'case_alone', size: 1, failed: false, refusedWith: null },
  ])
})

test('a lone claim that the database refuses for good is tried once', async ({ database, scene }) => {
  await plantFunction(database, 'schedule_cases', { part: "v_left_ids := '{}';", becomes: 'raise undefined_function;' })
  const reports: BatchReport[] = []
  const onBatch = (report: BatchReport) => reports.push(report)
  const engine = createEngine({ batchPool: database.appPool, generalPool: database.appPool, onBatch })
  await expect(engine.theatre.claimCase(aCase(scene))).rejects.toMatchObject({ code: '42883' })
  expect(reports).toMatchObject([{ queue: 'case', size: 1, failed: true, refusedWith: '42883' }])
})
