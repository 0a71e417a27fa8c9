import { expect } from 'vitest'
import { dataOf } from './a-practice.ts'
import { axeFindings } from './harness.ts'
import { test } from './site-test.ts'
import { aCase, aTheatre, inMinutes, openBoard } from './theatre-scene.ts'

test('a case that was ended by mistake lies beside the one that has its room since, and both are at risk', async ({
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
  await dataOf(site.admin.recordMilestone({ path, body: { milestone: 'out_of_room', at } }))
  const procedure = { code: 'H1', display: 'Hip repair' }
  const since = await aCase(site, theatre, { startsAt, surgeonId: sato.id, procedure })
  await dataOf(site.admin.recordMilestone({ path, body: { milestone: 'out_of_room', at: null } }))

  const page = await openBoard(theatre, 'staff')
  const [live, other] = [page.locator(`[data-case="${id}"]`), page.locator(`[data-case="${since.id}"]`)]
  await expect.poll(() => live.getAttribute('data-flag')).toBe('atRisk')
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
  await dialog.getByText(/^Hip repair, planned from .* needs the same room, people or equipment\.$/).waitFor()
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'hidden' })
  await other.click()
  await dialog.getByText(/^Prostatectomy, planned from /).waitFor()
})
