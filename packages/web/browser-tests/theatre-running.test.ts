import { expect } from 'vitest'
import { dataOf } from './a-practice.ts'
import { axeFindings } from './harness.ts'
import { test } from './site-test.ts'
import { aCase, aTheatre, inMinutes, openBoard } from './theatre-scene.ts'

test('the anaesthetist of a running case is relieved, and the history of the case says so', async ({ site }) => {
  const theatre = await aTheatre(site)
  const path = { clinicId: theatre.clinicId }
  const [ito, berg] = await Promise.all(
    ['Dr. Ito', 'Dr. Berg'].map((name) =>
      dataOf(site.admin.createTheatreStaff({ path, body: { name, profession: 'anaesthetist' } })),
    ),
  )
  if (ito === undefined || berg === undefined) throw new Error('There is nobody.')
  const one = await aCase(site, theatre, { startsAt: inMinutes(-30), anaesthetistId: ito.id })
  const milestone = { milestone: 'in_room' as const, at: inMinutes(-25) }
  await dataOf(site.admin.recordMilestone({ path: { caseId: one.id }, body: milestone }))
  const page = await openBoard(theatre, 'staff')
  await page.getByRole('button', { name: /Prostatectomy/ }).click()
  const dialog = page.getByRole('dialog', { name: 'Prostatectomy' })
  await dialog.getByRole('button', { name: 'Change the team' }).click()
  expect(await dialog.getByLabel('Surgeon').count()).toBe(0)
  await dialog.getByLabel('Anaesthetist').selectOption({ label: 'Dr. Berg' })
  expect(await axeFindings(page)).toEqual([])
  await dialog.getByRole('button', { name: 'Relieve now' }).click()
  await page.getByText(/^Prostatectomy: the team has changed from .*\d on\.$/).waitFor()
  await dialog.getByText('Team changed: Dr. Ito (left), Dr. Berg (came)').waitFor()
  const { data } = await site.admin.getCase({ path: { caseId: one.id } })
  expect(data?.anaesthetistId).toBe(berg.id)
  const body = { anaesthetistId: null, staffIds: [berg.id] }
  await dataOf(site.admin.moveCase({ path: { caseId: one.id }, body }))
  await dialog.getByText('Team changed: Dr. Berg (now staff)').waitFor()
})

test('a case that is over is entered afterwards', async ({ site }) => {
  const theatre = await aTheatre(site)
  const page = await theatre.scene.pageOf('staff')
  const search = new URLSearchParams({ roomId: theatre.roomIds[0] ?? '', startsAt: inMinutes(-120) })
  await page.goto(`/clinic/${theatre.clinicId}/theatre/book?${search}`)
  await page.getByLabel('Record number').fill('4712')
  await page.getByLabel('Patient’s name').fill('Nora Night')
  await page.getByLabel('Service').fill('Surgery')
  await page.getByRole('textbox', { name: 'Procedure', exact: true }).fill('Appendectomy')
  await page.getByLabel('Procedure code').fill('A1')
  await page.getByLabel('Surgeon').selectOption({ label: 'Dr. Chen' })
  await page.getByRole('button', { name: /^Hold / }).click()
  await page.getByRole('heading', { level: 1, name: 'The case is held' }).waitFor()
  await page.getByRole('button', { name: 'Confirm' }).click()
  await page.getByRole('heading', { level: 1, name: 'The case is booked' }).waitFor()
  await page.getByRole('link', { name: 'Show on the board' }).click()
  await page.getByRole('button', { name: /Appendectomy/ }).click()
  await page.getByRole('dialog', { name: 'Appendectomy' }).getByText('Held: entered afterwards').waitFor()
})
