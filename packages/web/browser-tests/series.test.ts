import { aBooking, aQuestion, aSession, aSlot, aVisitType, type BuiltSlot } from '@holdfast/testkit'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { dataOf } from './a-practice.ts'
import { aClinicScene } from './clinic-scene.ts'
import { axeFindings } from './harness.ts'
import { test } from './site-test.ts'

const dayMs = 86_400_000

/** Shows the week of this time: at the end of a week, it is not the one that the page shows first. */
const showWeekOf = (page: Page, ms: number) =>
  page.getByRole('textbox', { name: 'Go to date' }).fill(new Date(ms).toISOString().slice(0, 10))

test('the desk books a series, replaces what is not free, and the ticket shows and cancels it', async ({ site }) => {
  const scene = await aClinicScene(site)
  const first = Math.ceil(Date.now() / dayMs + 2) * dayMs + 9 * 3_600_000
  const slots: BuiltSlot[] = []
  for (const week of [0, 1, 2]) {
    slots.push(await aSlot(site.database, scene.doctor, { startsAt: new Date(first + 7 * week * dayMs) }))
  }
  const [, taken] = slots
  if (taken === undefined) throw new Error('There are three slots.')
  await aBooking(site.database, taken)
  await aSlot(site.database, scene.doctor, { startsAt: new Date(taken.startsAt.getTime() + 3_600_000) })
  const page = await scene.pageOf('staff')
  await page.goto(`/clinic/${scene.clinic.id}/book?doctorId=${scene.doctor.id}`)
  await showWeekOf(page, first)
  await page
    .getByRole('button', { name: /^\d+:\d\d/ })
    .first()
    .click()
  await page.getByRole('button', { name: 'Repeat…' }).click()
  await page.getByLabel('Times', { exact: true }).fill('4')
  const rows = page.getByRole('table', { name: 'Dates' }).getByRole('row')
  await expect.poll(() => rows.count()).toBe(5)
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Ada Lovelace')
  const submit = page.getByRole('button', { name: 'Book all dates' })
  expect(await submit.isDisabled()).toBe(true)
  await rows.nth(2).getByRole('combobox').selectOption({ index: 1 })
  await rows
    .nth(4)
    .getByRole('button', { name: /^Leave out/ })
    .click()
  expect(await axeFindings(page)).toEqual([])
  await submit.click()
  await page.getByRole('heading', { level: 1, name: 'The series is booked' }).waitFor()
  expect(await page.getByRole('status').getByRole('listitem').count()).toBe(3)
  await page.getByRole('link', { name: 'Open the first booking' }).click()
  await page.getByRole('heading', { name: 'Appointment 1 of 3' }).waitFor()
  const bookingId = new URL(page.url()).pathname.split('/').at(-1) ?? ''

  const { rows: members } = await site.database.ownerPool.query<{ booking_id: string }>(
    'select booking_id from holdfast.booking_series_member order by number',
  )
  expect(members[0]?.booking_id).toBe(bookingId)
  await page.getByRole('button', { name: 'Move all' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Time').fill('10:00')
  await dialog
    .getByText(/Keeps its time/)
    .first()
    .waitFor()
  expect(await axeFindings(page)).toEqual([])
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Close without saving' }).click()
  await dialog.waitFor({ state: 'detached' })
  await page.goto(`/ticket#${bookingId}`)
  await page.getByRole('heading', { name: 'Appointment 1 of 3' }).waitFor()
  await page.getByRole('button', { name: 'Cancel this and later ones' }).waitFor()
  expect(await axeFindings(page)).toEqual([])
  await page.getByRole('button', { name: 'Cancel this and later ones' }).click()
  await page.getByRole('button', { name: 'Cancel the appointments' }).click()
  await page.getByText('The appointments are cancelled.').waitFor()
  expect(
    await page
      .getByRole('list', { name: 'All appointments of the series' })
      .getByText(/Cancelled/i)
      .count(),
  ).toBe(3)
})

test('an answer that is refused for a series is named once, at its question', async ({ site }) => {
  const scene = await aClinicScene(site)
  const label = 'You may call me.'
  const asked = aQuestion('consent', { label })
  const type = await aVisitType(site.database, scene.clinic, { name: 'Physiotherapy', minutes: 30, questions: [asked] })
  const first = Math.ceil(Date.now() / dayMs + 2) * dayMs + 9 * 3_600_000
  for (const week of [0, 1]) {
    await aSession(site.database, scene.doctor, { startsAt: new Date(first + 7 * week * dayMs), minutes: 60 })
  }
  const page = await scene.pageOf('staff')
  await page.goto(`/clinic/${scene.clinic.id}/book?doctorId=${scene.doctor.id}`)
  await page.getByLabel('Visit type').selectOption({ label: 'Physiotherapy · 30 minutes' })
  await showWeekOf(page, first)
  await page.getByRole('button', { name: /^9:00/ }).first().click()
  await page.getByRole('button', { name: 'Repeat…' }).click()
  await page.getByLabel('Times', { exact: true }).fill('2')
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Ada Lovelace')
  await page.getByLabel(label).check()
  // The text changes before the desk has read it again.
  const path = { clinicId: scene.clinic.id, visitTypeId: type.id }
  const changed = { id: asked.id, kind: 'consent' as const, label: 'You may write to me.', required: true }
  await dataOf(site.admin.updateVisitType({ path, body: { questions: [changed] } }))
  await page.getByRole('button', { name: 'Book all dates' }).click()
  await page.getByText('The text has changed. Please read it again.').waitFor()
  expect(await page.getByText('An answer is missing, or does not fit').count()).toBe(0)
  await page.getByLabel('You may write to me.').check()
  await page.getByRole('button', { name: 'Book all dates' }).click()
  await page.getByRole('heading', { level: 1, name: 'The series is booked' }).waitFor()
})
