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

test('a case that began after midnight is on the boards, the weeks and the prints of both days', async ({ site }) => {
  const theatre = await aTheatre(site)
  const { timezone } = theatre.scene.clinic
  // It is about noon: it was planned for the evening before.
  const midnight = Temporal.Now.zonedDateTimeISO(timezone).startOfDay()
  const at = (minutes: number) => new Date(midnight.add({ minutes }).epochMilliseconds).toISOString()
  const late = await aCase(site, theatre, { startsAt: at(-60), minutes: 45 })
  const milestone = async (name: 'in_room' | 'out_of_room', minutes: number) =>
    dataOf(site.admin.recordMilestone({ path: { caseId: late.id }, body: { milestone: name, at: at(minutes) } }))
  await milestone('in_room', 30)
  await milestone('out_of_room', 70)
  const page = await openBoard(theatre, 'staff')
  const today = midnight.toPlainDate()
  for (const [day, times] of [
    [today.subtract({ days: 1 }), /^\w{3} \d+ \w{3}, 0:30/m],
    [today, /^0:30/m],
  ] as const) {
    await page.goto(`/clinic/${theatre.clinicId}/theatre?day=${day}`)
    const drawn = rowOf(page, 'Room 1').getByRole('button', { name: /Prostatectomy/ })
    await drawn.waitFor()
    expect(await drawn.innerText()).toMatch(times)
    await page.evaluate(() => window.dispatchEvent(new Event('beforeprint')))
    await page.emulateMedia({ media: 'print' })
    await page.locator('.print-only').getByText('Prostatectomy').waitFor()
    await page.emulateMedia({ media: 'screen' })
    await page.goto(`/clinic/${theatre.clinicId}/theatre?day=${day}&view=week`)
    await page
      .getByRole('cell')
      .getByRole('button', { name: /Prostatectomy/ })
      .first()
      .waitFor()
  }
})
