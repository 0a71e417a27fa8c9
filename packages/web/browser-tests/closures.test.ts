import { aBooking, aSlot } from '@holdfast/testkit'
import { localDay } from '@holdfast/vocabulary'
import { expect } from 'vitest'
import { aClinicScene } from './clinic-scene.ts'
import { axeFindings, expectFits, expectReadable, untilRead } from './harness.ts'
import { test } from './scene-test.ts'
import { aCase, aTheatre, inMinutes } from './theatre-scene.ts'

test('the desk closes days after a preview, sees why slots are blocked, changes the closure and removes it', async ({
  site,
}) => {
  const scene = await aClinicScene(site)
  const taken = await aSlot(site.database, scene.doctor)
  await aSlot(site.database, scene.doctor)
  await aBooking(site.database, taken, { patient: { name: 'Grace Hopper' } })
  const day = taken.startsAt.toISOString().slice(0, 10)
  const page = await scene.open('admin', `/clinic/${scene.clinic.id}/closures`)
  const form = page.getByRole('region', { name: 'Close days or times' })
  await page.getByText('Nothing is closed.').waitFor()
  const typed = Temporal.PlainDate.from(day).toLocaleString('en-GB', { dateStyle: 'short' })
  await form.getByRole('textbox', { name: 'First day' }).fill(typed)
  await form.getByLabel('Note', { exact: true }).fill('Staff outing')
  await form.getByRole('button', { name: 'Show who is affected' }).click()
  await form.getByText(/^\d+ slots are closed\. Appointments in it: 1\. They stay booked/).waitFor()
  const link = form.getByRole('link', { name: 'Grace Hopper', exact: true })
  expect(await link.getAttribute('href')).toMatch(/\/bookings\//)
  // Another day hides the preview, which was of the former one.
  await form.getByLabel('Every year').check()
  await link.waitFor({ state: 'hidden' })
  await form.getByLabel('Every year').uncheck()
  await form.getByRole('button', { name: 'Show who is affected' }).click()
  await link.waitFor()
  expect(await axeFindings(page)).toEqual([])
  await form.getByRole('button', { name: 'Close these times' }).click()
  const list = page.getByRole('region', { name: 'Coming closures' })
  await list.getByText('Whole clinic · Staff outing').waitFor()
  await expectFits(page, { width: 320, height: 640 })
  await page.setViewportSize({ width: 1280, height: 900 })

  await page.goto(`/clinic/${scene.clinic.id}/day?day=${day}`)
  await page.getByText(/^Closed: .*Whole clinic.*Staff outing/).waitFor()
  const own = await scene.open('doctor', `/my-day/week?day=${day}`)
  await own
    .getByRole('button', { name: /Closed: Staff outing$/ })
    .first()
    .click()
  await own.getByRole('dialog').getByText('Closed: Staff outing').waitFor()

  await page.goto(`/clinic/${scene.clinic.id}/closures`)
  await list.getByRole('button', { name: /^Change: / }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Whole days').uncheck()
  await dialog.getByLabel('From', { exact: true }).fill('03:00')
  await dialog.getByLabel('Until', { exact: true }).fill('03:30')
  await dialog.getByRole('button', { name: 'Show who is affected' }).click()
  await dialog.getByText('0 slots are closed. Nobody is booked in it.').waitFor()
  expect(await axeFindings(page)).toEqual([])
  await dialog.getByRole('button', { name: 'Change', exact: true }).click()
  await list.getByText(/3:00/).waitFor()
  await list.getByRole('button', { name: /^Remove the closure/ }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click()
  await page.getByText('Nothing is closed.').waitFor()
})

test('a public holiday is closed by one press, once or every year', async ({ scene }) => {
  const page = await scene.open('admin', `/clinic/${scene.clinic.id}/closures`)
  const section = page.getByRole('region', { name: 'Public holidays' })
  await section.getByLabel('Country').selectOption('DE')
  await section.getByLabel('Region').selectOption('BY')
  const next = String(Number(new Date().toISOString().slice(0, 4)) + 1)
  await section.getByLabel('Year', { exact: true }).selectOption(next)
  await section.getByRole('button', { name: 'Close every year: Christmas Day' }).click()
  const list = page.getByRole('region', { name: 'Coming closures' })
  await list.getByText('Every year on 25 December').waitFor()
  await section.getByRole('button', { name: 'Close every year: Christmas Day' }).waitFor({ state: 'hidden' })
  await section.getByRole('button', { name: /^Close on .*: Easter Monday$/ }).click()
  await list.getByText('Whole clinic · Easter Monday').waitFor()
  expect(await section.getByRole('button', { name: 'Close every year: Easter Monday' }).count()).toBe(0)
  expect(await axeFindings(page)).toEqual([])
})

test('doctors close their own times on their page', async ({ site, scene }) => {
  const slot = await aSlot(site.database, scene.doctor)
  const page = await scene.open('doctor', '/my-day/times')
  const form = page.getByRole('region', { name: 'Close days or times' })
  const typed = Temporal.PlainDate.from(slot.startsAt.toISOString().slice(0, 10))
  await form.getByRole('textbox', { name: 'First day' }).fill(typed.toLocaleString('en-GB', { dateStyle: 'short' }))
  expect(await form.getByLabel('Who is closed').count()).toBe(0)
  await form.getByRole('button', { name: 'Show who is affected' }).click()
  await form.getByRole('button', { name: 'Close these times' }).click()
  const list = page.getByRole('region', { name: 'Coming closures' })
  await list.getByText('Your times').waitFor()
  const { rows } = await site.database.ownerPool.query(
    'select blocked_at is not null as blocked from holdfast.slot where id = $1',
    [slot.id],
  )
  expect(rows).toEqual([{ blocked: true }])
})

test('the preview of an absence names the cases of the theatre with their rooms, and leads to the board', async ({
  site,
}) => {
  const theatre = await aTheatre(site)
  const { scene, clinicId, chenId } = theatre
  const [, roomId = ''] = theatre.roomIds
  const startsAt = inMinutes(24 * 60)
  await aCase(site, theatre, { startsAt, roomId, surgeonId: scene.doctor.id })
  // Of somebody else: not named.
  await aCase(site, theatre, { startsAt, surgeonId: chenId })
  const day = localDay(startsAt, scene.clinic.timezone)
  const typed = Temporal.PlainDate.from(day).toLocaleString('en-GB', { dateStyle: 'short' })
  for (const who of ['admin', 'doctor'] as const) {
    const page = await scene.pageOf(who)
    await page.goto(who === 'admin' ? `/clinic/${clinicId}/closures` : '/my-day/times')
    const form = page.getByRole('region', { name: 'Close days or times' })
    if (who === 'admin') await form.getByLabel('Who is closed').selectOption(scene.doctor.id)
    await form.getByRole('textbox', { name: 'First day' }).fill(typed)
    await form.getByRole('button', { name: 'Show who is affected' }).click()
    await form.getByText('Cases in the operating theatre: 1. They are not moved by this.').waitFor()
    expect(await axeFindings(page)).toEqual([])
    expect(await form.getByRole('link', { name: /· Room/ }).count()).toBe(1)
    await form.getByRole('link', { name: /\d+:\d\d.*· Room 2$/ }).click()
    await page.waitForURL(`**/clinic/${clinicId}/theatre?day=${day}`)
    await page
      .getByRole('button', { name: /^Prostatectomy/ })
      .first()
      .waitFor()
  }
  const page = await scene.pageOf('staff')
  await page.goto(`/clinic/${clinicId}/times?doctorId=${scene.doctor.id}&withdrawFrom=${day}&withdrawTo=${day}`)
  const withdrawal = page.getByRole('region', { name: 'Withdraw slots' })
  await withdrawal.getByText('Cases in the operating theatre: 1. They are not moved by this.').waitFor()
  await withdrawal.getByRole('link', { name: /· Room 2$/ }).waitFor()
})

test.for(['de-DE', 'ar-EG'])('in %s the page fits on a phone, and no text is a key', async (locale, { scene }) => {
  const page = await scene.pageOf('admin', { locale, viewport: { width: 320, height: 640 } })
  await page.goto(`/clinic/${scene.clinic.id}/closures`)
  await page.getByRole('heading', { level: 1 }).waitFor()
  await untilRead(page)
  await expectReadable(page)
  expect(await page.locator('body').innerText()).not.toMatch(/\b[a-z]+\.[a-z]+[A-Z]\w*\b|{{/)
})
