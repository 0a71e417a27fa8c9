import { expect } from 'vitest'
import { dataOf } from './a-practice.ts'
import { test } from './site-test.ts'
import { aCase, aTheatre, inMinutes, openBoard, rowOf } from './theatre-scene.ts'

test('a case that began late is on the board from then on, with an outline from its planned start', async ({
  site,
}) => {
  const theatre = await aTheatre(site)
  const late = await aCase(site, theatre, { startsAt: inMinutes(-60), minutes: 60 })
  const milestone = { milestone: 'in_room' as const, at: inMinutes(-30) }
  await dataOf(site.admin.recordMilestone({ path: { caseId: late.id }, body: milestone }))
  const page = await openBoard(theatre, 'staff')
  const row = rowOf(page, 'Room 1')
  const [outline, drawn] = [
    await row.getByTitle(/^Planned for /).boundingBox(),
    await row.getByRole('button', { name: /Prostatectomy/ }).boundingBox(),
  ]
  if (outline === null || drawn === null) throw new Error('They are not shown.')
  expect(Math.abs(outline.x + outline.width - drawn.x)).toBeLessThan(2)
  // Half an hour, and an hour.
  expect(drawn.width / outline.width).toBeCloseTo(2, 0)
})
