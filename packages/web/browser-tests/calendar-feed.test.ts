import { aBooking, aSlot } from '@holdfast/testkit'
import { expect } from 'vitest'
import { aClinicScene } from './clinic-scene.ts'
import { axeFindings, expectFits } from './harness.ts'
import { test } from './scene-test.ts'

test('a doctor creates a calendar link, replaces and revokes it, and the clinic allows names', async ({ scene }) => {
  const page = await scene.pageOf('doctor')
  const statusOf = async (url: string) => (await page.context().request.get(url)).status()
  await page.goto('/my-day/week')
  const section = page.getByRole('region', { name: 'Calendar link' })
  await section.getByText('There is no link.').waitFor()
  await section.getByText('No patient’s name is in it').waitFor()
  await section.getByRole('button', { name: 'Create a link' }).click()
  const field = section.getByLabel('Link', { exact: true })
  await field.waitFor()
  const first = await field.inputValue()
  expect(first).toMatch(/\/api\/v1\/calendar-feeds\/[\w-]{43}\.ics$/)
  const webcal = await section.getByRole('link', { name: 'Open in a calendar app' }).getAttribute('href')
  expect(webcal).toBe(first.replace(/^https?:/, 'webcal:'))
  expect(await statusOf(first)).toBe(200)
  await section.getByText(/^Link created on/).waitFor()
  expect(await axeFindings(page)).toEqual([])
  await expectFits(page, { width: 320, height: 640 })

  await section.getByRole('button', { name: 'Replace the link' }).click()
  await page
    .getByRole('dialog', { name: 'Replace the link?' })
    .getByRole('button', { name: 'Replace the link' })
    .click()
  await expect.poll(() => field.inputValue()).not.toBe(first)
  const second = await field.inputValue()
  expect([await statusOf(first), await statusOf(second)]).toEqual([404, 200])
  await page.reload()
  await section.getByText(/^Link created on/).waitFor()
  expect(await field.count()).toBe(0)
  await section.getByRole('button', { name: 'Revoke the link' }).click()
  await page.getByRole('dialog', { name: 'Revoke the link?' }).getByRole('button', { name: 'Revoke the link' }).click()
  await section.getByText('There is no link.').waitFor()
  expect(await statusOf(second)).toBe(404)

  const admin = await scene.open('admin', `/clinic/${scene.clinic.id}/settings`)
  const settings = admin.getByRole('region', { name: 'Calendar link' })
  await settings.getByText('There is no link.').waitFor()
  await settings.getByLabel('Calendar links name the patients').click()
  await settings.getByText('The patients’ names are in it.').waitFor()
})

test('while it is not known whether there is a calendar link, none can be created, which would replace it', async ({
  scene,
}) => {
  const page = await scene.pageOf('doctor', { serviceWorkers: 'block' })
  const feed = '**/api/v1/doctors/*/calendar-feed'
  await page.route(feed, (route) => route.abort())
  await page.goto('/my-day/week')
  const section = page.getByRole('region', { name: 'Calendar link' })
  await section.getByRole('alert').getByRole('button', { name: 'Try again' }).waitFor()
  expect(await section.getByRole('button', { name: 'Create a link' }).count()).toBe(0)
  await page.unroute(feed)
  await section.getByRole('button', { name: 'Try again' }).click()
  await section.getByRole('button', { name: 'Create a link' }).waitFor()
  expect(await section.getByRole('alert').count()).toBe(0)
})

test('a doctor sets an external calendar; the places that it blocks and its conflicts are shown', async ({ site }) => {
  const scene = await aClinicScene(site)
  const slot = await aSlot(site.database, scene.doctor)
  const taken = await aSlot(site.database, scene.doctor)
  await aBooking(site.database, taken, { patient: { name: 'Grace Hopper' } })
  const page = await scene.open('doctor', '/my-day/times')
  const section = page.getByRole('region', { name: 'External calendar' })
  await section.getByText('There is no external calendar.').waitFor()
  await section.getByLabel('iCal address').fill('no address')
  await section.getByRole('button', { name: 'Save address' }).click()
  const refused = section.getByText(/^Enter a public internet address that begins with https:\/\/ or webcal:/)
  await refused.waitFor()
  await section.getByLabel('iCal address').and(page.locator(':focus')).waitFor()
  // Nothing has this name, so nothing is read.
  await section.getByLabel('iCal address').fill('webcal://calendar.invalid/private/basic.ics')
  await refused.waitFor({ state: 'hidden' })
  await section.getByRole('button', { name: 'Save address' }).click()
  await section.getByText('calendar.invalid').waitFor()
  const busy = `{[${slot.startsAt.toISOString()},${taken.endsAt.toISOString()})}`
  await site.database.ownerPool.query('select holdfast.set_busy_times($1, $2, $3)', [
    scene.clinic.no,
    scene.doctor.id,
    busy,
  ])
  await site.database.ownerPool.query(
    `update holdfast.busy_calendar set left_out = 3, left_out_events = $2, empty_since = now() where resource_id = $1`,
    [
      scene.doctor.id,
      JSON.stringify([
        { reason: 'unknown_zone', detail: 'Mars/Olympus', count: 2 },
        { reason: 'rule', detail: null, count: 1 },
      ]),
    ],
  )
  await page.reload()
  await section.getByText('Grace Hopper').waitFor()
  await section.getByText('3 events in it were not understood.').waitFor()
  await section.getByText('The time zone “Mars/Olympus” is not known: 2').waitFor()
  await section.getByText(/^It had no more busy times when it was read at .* stays so until/).waitFor()
  expect(await axeFindings(page)).toEqual([])
  await page.goto(`/my-day/week?day=${slot.startsAt.toISOString().slice(0, 10)}`)
  await page.getByRole('button', { name: /Blocked by another calendar$/ }).waitFor()
  await site.database.ownerPool.query(
    `update holdfast.busy_calendar set busy = '{}', emptied_at = now() where resource_id = $1`,
    [scene.doctor.id],
  )
  await page.goto('/my-day/times')
  await section.getByText(/^It has had no busy times since .* Check the calendar and its address\.$/).waitFor()
  const remove = async () => {
    await section.getByRole('button', { name: 'Remove the calendar' }).click()
    const dialog = page.getByRole('dialog', { name: 'Remove the calendar' })
    await dialog.getByRole('button', { name: 'Remove the calendar' }).click()
  }
  await section.getByLabel('iCal address').fill('no address')
  await section.getByRole('button', { name: 'Save address' }).click()
  await refused.waitFor()
  // A removal that fails is shown beside the refusal.
  const removal = (url: URL) => url.pathname.endsWith('/busy-calendar')
  await page.route(removal, (route) => (route.request().method() === 'DELETE' ? route.abort() : route.continue()))
  await remove()
  await section.getByRole('alert').filter({ hasText: 'No connection' }).waitFor()
  await refused.waitFor()
  await page.unroute(removal)
  await remove()
  await section.getByText('There is no external calendar.').waitFor()
})
