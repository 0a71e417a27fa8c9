import { expect } from 'vitest'
import { dataOf } from './a-practice.ts'
import { axeFindings } from './harness.ts'
import { test } from './site-test.ts'
import { aCase, aTheatre, inMinutes, openBoard } from './theatre-scene.ts'

test('a case ended by mistake lies beside the one that has its room since, says so, and takes it again', async ({
  site,
}) => {
  const theatre = await aTheatre(site)
  const { clinicId } = theatre
  const body = { name: 'Dr. Sato', profession: 'surgeon' } as const
  const sato = await dataOf(site.admin.createTheatreStaff({ path: { clinicId }, body }))
  const startsAt = inMinutes(60)
  const { id } = await aCase(site, theatre, { startsAt })
  const path = { caseId: id }
  const at = new Date().toISOString()
  await dataOf(site.admin.recordMilestone({ path, body: { milestone: 'out_of_room', at, force: true } }))
  const procedure = { code: 'H1', display: 'Hip repair' }
  const since = await aCase(site, theatre, { startsAt, surgeonId: sato.id, procedure })
  await dataOf(site.admin.recordMilestone({ path, body: { milestone: 'out_of_room', at: null } }))

  const page = await openBoard(theatre, 'staff')
  const [live, other] = [page.locator(`[data-case="${id}"]`), page.locator(`[data-case="${since.id}"]`)]
  await expect.poll(() => live.getAttribute('data-flag')).toBe('incomplete')
  await live.filter({ hasText: /^Incomplete/ }).waitFor()
  await page.getByRole('list', { name: 'What the signs mean' }).getByText('Incomplete').waitFor()
  expect(await other.getAttribute('data-flag')).toBe('atRisk')
  const boxes = [await live.boundingBox(), await other.boundingBox()]
  const [upper, lower] = boxes.flatMap((box) => box ?? []).toSorted((one, next) => one.y - next.y)
  if (upper === undefined || lower === undefined) throw new Error('The cases are not shown.')
  expect([upper.x, upper.width]).toEqual([lower.x, lower.width])
  expect(upper.y + upper.height).toBeLessThanOrEqual(lower.y + 0.5)
  // WCAG 2.5.8.
  expect(Math.min(upper.height, lower.height)).toBeGreaterThanOrEqual(24)
  expect(await axeFindings(page)).toEqual([])

  await live.click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText(/^Room 1, \d+:\d\d to \d+:\d\d: taken by Hip repair \(Room 1\)\.$/).waitFor()
  expect(await dialog.getByText('At risk').count()).toBe(0)
  const again = dialog.getByRole('button', { name: 'Take again' })
  expect(await again.count()).toBe(0)
  expect(await axeFindings(page)).toEqual([])
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'hidden' })
  await other.click()
  await dialog.getByText(/^Prostatectomy, planned from /).waitFor()
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'hidden' })

  // The other one is gone, and nobody has given the room back.
  await dataOf(site.admin.cancelCase({ path: { caseId: since.id }, body: { reasonCode: 'no_bed' } }))
  await other.waitFor({ state: 'detached' })
  expect(await live.getAttribute('data-flag')).toBe('incomplete')
  await live.click()
  await dialog.getByText(/^Room 1, .*: free again\.$/).waitFor()
  await again.click()
  await page.getByText('Prostatectomy has what was free again.').waitFor()
  await dialog.getByText('Incomplete').waitFor({ state: 'detached' })
  await expect.poll(() => live.getAttribute('data-flag')).toBe('planned')
})
