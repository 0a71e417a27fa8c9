import { expect } from 'vitest'
import { axeFindings } from './harness.ts'
import { test } from './site-test.ts'
import { aCase, aRequest, aTheatre, inMinutes, openBoard, rowOf } from './theatre-scene.ts'

test('a request is held where it is dropped, and a full place says what is in the way', async ({ site }) => {
  const theatre = await aTheatre(site)
  await aCase(site, theatre, { startsAt: inMinutes(150) })
  await aRequest(site, theatre, { patient: { mrn: '1', name: 'Anna Able' } })
  const page = await openBoard(theatre, 'staff')
  const card = page.getByRole('region', { name: 'Waitlist' }).getByRole('listitem').filter({ hasText: 'Anna Able' })
  // The waitlist makes the board narrower.
  await card.waitFor()
  const busy = await page.getByRole('button', { name: /Prostatectomy/ }).boundingBox()
  const track = page.locator('[data-track]').nth(1)
  const tracks = await track.boundingBox()
  if (busy === null || tracks === null) throw new Error('The case is not shown.')
  const x = busy.x - tracks.x
  // On a case: the board says before the drop what is in the way.
  const across = await page.locator('[data-track]').first().boundingBox()
  const middle = { x: busy.x + 20, y: busy.y + busy.height / 2 }
  await card.hover()
  await page.mouse.down()
  await page.mouse.move(middle.x - 100, middle.y, { steps: 4 })
  await page.mouse.move(middle.x, middle.y, { steps: 4 })
  const ghost = page.locator('[data-track] [data-conflict]')
  await ghost.getByText(/^Room 1 is taken from \d+:\d\d to \d+:\d\d: Prostatectomy\.$/).waitFor()
  await ghost.getByText(/^\d+:\d\d–\d+:\d\d$/).waitFor()
  // No longer once it is dragged away.
  await page.mouse.move(middle.x, (across?.y ?? 0) - 150, { steps: 4 })
  await ghost.waitFor({ state: 'detached' })
  await page.mouse.move(middle.x, middle.y, { steps: 4 })
  await page.mouse.up()
  const finding = page.getByRole('dialog', { name: 'Find a time: Cystoscopy' })
  await finding.getByText(/^Room 1 is taken from .*: Prostatectomy\.$/).waitFor()
  await page.keyboard.press('Escape')
  await finding.waitFor({ state: 'detached' })
  expect(await ghost.count()).toBe(0)
  await card.dragTo(track, { targetPosition: { x: x + 20, y: 60 } })
  await finding.getByText(/^Dr\. Chen is in Room 1 until \d+:\d\d\.$/).waitFor()
  expect(await axeFindings(page)).toEqual([])
  await page.keyboard.press('Escape')
  await finding.waitFor({ state: 'detached' })
  await card.dragTo(track, { targetPosition: { x: x - 60, y: 60 } })
  const drawer = page.getByRole('dialog', { name: 'Cystoscopy', exact: true })
  await drawer.getByRole('button', { name: 'Confirm' }).click()
  await page.getByText('Cystoscopy is confirmed.').waitFor()
  await page.keyboard.press('Escape')
  await rowOf(page, 'Room 2')
    .getByRole('button', { name: /Cystoscopy/ })
    .waitFor()
  await page.getByRole('region', { name: 'Waitlist' }).getByText('Nobody is waiting').waitFor()

  // The paper shows it room by room, in place of the board.
  await page.evaluate(() => window.dispatchEvent(new Event('beforeprint')))
  await page.emulateMedia({ media: 'print' })
  await page.getByRole('row', { name: /Cystoscopy Urology Anna Able Record number 1 Dr\. Chen/ }).waitFor()
  expect(await page.locator('[data-track]').first().isVisible()).toBe(false)
})
