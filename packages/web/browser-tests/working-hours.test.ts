import { aBooking, aDoctor, aSlot } from '@holdfast/testkit'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { dataOf } from './a-practice.ts'
import { aClinicScene } from './clinic-scene.ts'
import { axeFindings, expectReadable, untilRead } from './harness.ts'
import { test } from './scene-test.ts'

test('an administrator sets working hours after a preview, changes them, and sees whom that affects', async ({
  site,
}) => {
  const scene = await aClinicScene(site)
  const page = await scene.open('admin', `/clinic/${scene.clinic.id}/times`)
  await page.getByRole('link', { name: 'Working hours', exact: true }).first().click()
  await page.getByRole('heading', { level: 1, name: 'Working hours' }).waitFor()
  await page.getByText('There are no working hours.').waitFor()
  const first = page.getByRole('group', { name: 'Row 1', exact: true })
  for (const day of ['Saturday', 'Sunday']) await first.getByLabel(day).check()
  await first.getByLabel('Fixed appointments').check()
  await first.getByLabel('Length in minutes').fill('60')
  await page.getByRole('button', { name: 'Add a row' }).click()
  const second = page.getByRole('group', { name: 'Row 2', exact: true })
  await page.getByText('Row 2 overlaps row 1 on Monday.').waitFor()
  await second.getByRole('textbox', { name: 'From' }).fill('22:30')
  await second.getByRole('textbox', { name: 'Until' }).fill('02:00')
  await second.getByText('It ends on the next day.').waitFor()
  await page.getByRole('button', { name: 'Show what changes' }).click()
  await page.getByText(/^Created: sessions \d+, slots \d/).waitFor()
  await page.getByText('No appointment is outside of the new hours.').waitFor()
  expect(await axeFindings(page)).toEqual([])
  await page.getByRole('button', { name: 'Apply', exact: true }).click()
  await page.getByText('The working hours are changed.').waitFor()
  const present = page.getByRole('region', { name: 'Present hours' })
  await present.getByText('fixed appointments of 60 minutes').waitFor()

  const { rows } = await site.database.ownerPool.query(
    `select s.id, s.clinic_no as "clinicNo", s.starts_at as "startsAt", s.ends_at as "endsAt", s.capacity
       from holdfast.slot s join holdfast.band_day b on s.id = any (b.slot_ids)
      where b.resource_id = $1 and s.starts_at > now() + interval '3 days' order by s.starts_at limit 1`,
    [scene.doctor.id],
  )
  await aBooking(site.database, { ...rows[0], doctorId: scene.doctor.id }, { patient: { name: 'Grace Hopper' } })
  await page.getByRole('button', { name: 'Remove row 1' }).click()
  await page.getByRole('button', { name: 'Show what changes' }).click()
  await page.getByText('Slots with appointments outside of the new hours: 1.').waitFor()
  await page.getByRole('link', { name: 'Grace Hopper', exact: true }).waitFor()
  await page.setViewportSize({ width: 320, height: 640 })
  await untilRead(page)
  await expectReadable(page)
})

test('a row is divided by a break, and the hours are copied to a colleague after the same preview', async ({
  site,
}) => {
  const scene = await aClinicScene(site)
  const colleague = await aDoctor(site.database, scene.clinic, { name: 'Dr Grace Hopper' })
  const page = await scene.open('admin', `/clinic/${scene.clinic.id}/working-hours?doctorId=${scene.doctor.id}`)
  const row = (number: number) => page.getByRole('group', { name: `Row ${number}`, exact: true })
  const timesOf = (number: number) =>
    Promise.all(['From', 'Until'].map((name) => row(number).getByRole('textbox', { name, exact: true }).inputValue()))
  await page.getByRole('button', { name: 'Copy', exact: true }).click()
  await page.getByText('This doctor has no working hours.').waitFor()
  await row(1).getByRole('textbox', { name: 'Until', exact: true }).fill('18:00')
  await page.getByRole('button', { name: 'Add a break to row 1' }).click()
  const breakUntil = row(1).getByRole('textbox', { name: 'Break until' })
  await breakUntil.fill('18:30')
  const divide = page.getByRole('button', { name: 'Divide row 1' })
  await divide.click()
  await row(1).getByText('The break must be within the row, and over by midnight.').waitFor()
  await breakUntil.fill('1230')
  expect(await axeFindings(page)).toEqual([])
  await breakUntil.press('Enter')
  await page.getByRole('button', { name: 'Add a break to row 1' }).and(page.locator(':focus')).waitFor()
  expect([await timesOf(1), await timesOf(2)]).toEqual([
    ['9:00', '12:00'],
    ['12:30', '18:00'],
  ])
  await page.getByRole('button', { name: 'Show what changes' }).click()
  await page.getByRole('button', { name: 'Apply', exact: true }).click()
  await page.getByText('The working hours are changed.').waitFor()

  await page.getByRole('combobox', { name: 'Doctor', exact: true }).selectOption(colleague.id)
  await page.getByText('There are no working hours.').waitFor()
  expect(await page.getByLabel('Copy the hours of').inputValue()).toBe(scene.doctor.id)
  await page.getByRole('button', { name: 'Copy', exact: true }).click()
  await page.getByText(/^Created: sessions [1-9]/).waitFor()
  expect([await timesOf(1), await timesOf(2)]).toEqual([
    ['9:00', '12:00'],
    ['12:30', '18:00'],
  ])
  await page.setViewportSize({ width: 390, height: 844 })
  await untilRead(page)
  await expectReadable(page)
  await page.getByRole('button', { name: 'Apply', exact: true }).click()
  await page.getByRole('region', { name: 'Present hours' }).getByText('12:30').waitFor()
})

test('a break that is entered counts without dividing the row, and one that is not whole is named', async ({
  scene,
}) => {
  const page = await scene.open('admin', `/clinic/${scene.clinic.id}/working-hours`)
  const row = (number: number) => page.getByRole('group', { name: `Row ${number}`, exact: true })
  const show = page.getByRole('button', { name: 'Show what changes' })
  await row(1).getByRole('textbox', { name: 'Until', exact: true }).fill('18:00')
  await page.getByRole('button', { name: 'Add a break to row 1' }).click()
  const until = row(1).getByRole('textbox', { name: 'Break until' })
  await until.fill('')
  await until.blur()
  await row(1).getByText('Enter both times of the break, or remove it.').waitFor()
  expect(await show.isDisabled()).toBe(true)
  expect(await axeFindings(page)).toEqual([])
  await until.fill('12:45')
  await show.click()
  await page.getByRole('button', { name: 'Apply', exact: true }).click()
  const present = page.getByRole('region', { name: 'Present hours' })
  for (const times of [/9:00–\W?12:00/, /12:45–\W?18:00/]) await present.getByText(times).waitFor()
  expect(await row(2).getByRole('textbox', { name: 'From', exact: true }).inputValue()).toBe('12:45')
  await page.getByRole('button', { name: 'Add a break to row 2' }).click()
  await page.getByRole('button', { name: 'Remove the break of row 2' }).click()
  await page.getByRole('button', { name: 'Add a break to row 2' }).and(page.locator(':focus')).waitFor()
})

test('what is entered while hours are applied stays, with a notice', async ({ scene }) => {
  const page = await scene.open('admin', `/clinic/${scene.clinic.id}/working-hours`, { serviceWorkers: 'block' })
  const until = page.getByRole('group', { name: 'Row 1' }).getByRole('textbox', { name: 'Until' })
  await page.getByRole('button', { name: 'Show what changes' }).click()
  const applied = Promise.withResolvers<void>()
  const isChange = (url: URL) => url.pathname.endsWith('/working-hours') && url.searchParams.get('dryRun') === 'false'
  await page.route(isChange, async (route) => {
    await applied.promise
    await route.continue()
  })
  await page.getByRole('button', { name: 'Apply', exact: true }).click()
  await until.fill('13:00')
  applied.resolve()
  await page.getByText('What you have entered since is kept, and is not applied yet.', { exact: false }).waitFor()
  expect(await until.inputValue()).toBe('13:00')
  await page
    .getByRole('region', { name: 'Present hours' })
    .getByText(/9:00–\W?12:00/)
    .waitFor()
  expect(await axeFindings(page)).toEqual([])
  // It is not somebody else's change.
  await page.getByRole('button', { name: 'Show what changes' }).click()
  await page.getByRole('button', { name: 'Apply', exact: true }).click()
  await page
    .getByRole('region', { name: 'Present hours' })
    .getByText(/9:00–\W?13:00/)
    .waitFor()
})

test('a row of every second week keeps its weeks when the hours are changed', async ({ scene }) => {
  const page = await scene.open('admin', `/clinic/${scene.clinic.id}/working-hours`)
  const row = page.getByRole('group', { name: 'Row 1', exact: true })
  for (const day of ['Monday', 'Tuesday', 'Wednesday', 'Thursday']) await row.getByLabel(day).uncheck()
  await row.getByLabel('Every how many weeks').fill('2')
  const weeks = row.getByLabel('First week')
  const options = weeks.locator('option')
  await options.first().waitFor({ state: 'attached' })
  const [first, second] = await options.evaluateAll((all) => all.map((one) => one.getAttribute('value')))
  await weeks.selectOption(second ?? '')
  const fridays = await row.getByText(/^Next: Fri/).innerText()
  await page.getByRole('button', { name: 'Show what changes' }).click()
  await page.getByRole('button', { name: 'Apply', exact: true }).click()
  await page.getByText('The working hours are changed.').waitFor()
  await page.getByRole('region', { name: 'Present hours' }).getByText(fridays).waitFor()
  expect(first).not.toBe(second)
  // From the next week on, which is the other one when weeks are counted from the first day.
  const monday = Temporal.PlainDate.from(second ?? '').toLocaleString('en-GB', { dateStyle: 'short' })
  for (const isReloaded of [false, true]) {
    if (isReloaded) await page.reload()
    await row.getByText(fridays).waitFor()
    await page.getByRole('textbox', { name: 'First day' }).fill(monday)
    await row.getByText(fridays).waitFor()
    expect(await weeks.inputValue()).toBe(second)
  }
  expect(await axeFindings(page)).toEqual([])
})

test('who changes hours that somebody else has changed meanwhile is told, and begins again', async ({ scene }) => {
  const apply = async (page: Page) => {
    await page.getByRole('button', { name: 'Show what changes' }).click()
    await page.getByRole('button', { name: 'Apply', exact: true }).click()
  }
  const [one, other] = [await scene.pageOf('admin'), await scene.pageOf('admin')]
  for (const page of [one, other]) await page.goto(`/clinic/${scene.clinic.id}/working-hours`)
  const until = (page: Page) => page.getByRole('group', { name: 'Row 1' }).getByRole('textbox', { name: 'Until' })
  await until(other).fill('13:00')
  const nextYear = `${new Date().getUTCFullYear() + 1}`
  await one.getByRole('textbox', { name: 'First day' }).fill(`01/02/${nextYear}`)
  await apply(one)
  await one.getByText('The working hours are changed.').waitFor()
  await apply(other)
  await other.getByText('Somebody has changed these working hours meanwhile').waitFor()
  expect(await until(other).inputValue()).toBe('13:00')
  expect(await axeFindings(other)).toEqual([])
  await other.getByRole('button', { name: 'Go on with what I entered' }).click()
  await other.getByText('Somebody has changed these working hours meanwhile').waitFor({ state: 'detached' })
  expect(await until(other).inputValue()).toBe('13:00')
  await one.getByRole('textbox', { name: 'First day' }).fill(`02/02/${nextYear}`)
  await apply(one)
  await one.getByRole('button', { name: 'Show what changes' }).waitFor()
  await apply(other)
  await other.getByRole('button', { name: 'Begin again with the present hours' }).click()
  await expect.poll(() => until(other).inputValue()).toBe('12:00')
  await expect.poll(() => other.getByRole('textbox', { name: 'First day' }).inputValue()).toBe(`01/02/${nextYear}`)
  const today = new Date().toLocaleDateString('en-GB', { timeZone: scene.clinic.timezone })
  await other.getByRole('textbox', { name: 'First day' }).fill(today)
  await other.getByText(/^Planned hours that are replaced, too: From /).waitFor()
})

test('a change whose response was lost is not taken for somebody else’s', async ({ scene }) => {
  const page = await scene.open('admin', `/clinic/${scene.clinic.id}/working-hours`, { serviceWorkers: 'block' })
  const show = page.getByRole('button', { name: 'Show what changes' })
  const apply = page.getByRole('button', { name: 'Apply', exact: true })
  const isChange = (url: URL) => url.pathname.endsWith('/working-hours') && url.searchParams.get('dryRun') === 'false'
  await show.click()
  await apply.waitFor()
  await page.route(isChange, async (route) => {
    await route.fetch()
    await route.abort()
  })
  await apply.click()
  await page.getByRole('region', { name: 'Present hours' }).getByText('every 10 minutes').waitFor()
  await page.getByRole('alert').first().waitFor()
  await page.unroute(isChange)
  await page.getByRole('group', { name: 'Row 1' }).getByRole('textbox', { name: 'Until' }).fill('13:00')
  await show.click()
  await apply.click()
  await page.getByText('The working hours are changed.').waitFor()
})

test('one session is added, and withdrawn', async ({ site, scene }) => {
  await aSlot(site.database, scene.doctor)
  const page = await scene.open('admin', `/clinic/${scene.clinic.id}/working-hours`)
  const sessions = page.getByRole('region', { name: 'Coming open sessions' })
  await sessions.getByText('There are none.').waitFor()
  const tomorrow = Temporal.Now.plainDateISO('UTC').add({ days: 2 })
  await sessions.getByRole('textbox', { name: 'Day' }).fill(tomorrow.toLocaleString('en-GB', { dateStyle: 'short' }))
  await sessions.getByRole('button', { name: 'Add one' }).click()
  await page.getByText('The session is open.').waitFor()
  await sessions.getByText(/ · every 10 minutes$/).waitFor()
  await sessions.getByRole('textbox', { name: 'Until' }).fill('13:00')
  await sessions.getByRole('button', { name: 'Add one' }).click()
  await sessions.getByText('Another session is at this time.').waitFor()
  await sessions.getByRole('button', { name: /^Withdraw / }).click()
  const dialog = page.getByRole('dialog')
  expect(await axeFindings(page)).toEqual([])
  await dialog.getByRole('button', { name: 'Withdraw', exact: true }).click()
  await sessions.getByText('There are none.').waitFor()
})

test('staff read the hours and the sessions, and are offered no form for them', async ({ site, scene }) => {
  const { startsAt } = await aSlot(site.database, scene.doctor)
  const day = startsAt.toISOString().slice(0, 10)
  const band = { weekdays: [1, 2, 3, 4, 5, 6, 7], from: '22:00', to: '23:00', gridMinutes: 10 }
  await dataOf(
    site.admin.setWorkingHours({
      path: { doctorId: scene.doctor.id },
      query: {},
      body: { bands: [band], validFrom: day },
    }),
  )
  const page = await scene.open('staff', `/clinic/${scene.clinic.id}/times`, { viewport: { width: 320, height: 640 } })
  await page.getByRole('main').getByRole('link', { name: 'Working hours', exact: true }).first().click()
  await page.getByText(/Administrators can change them\.$/).waitFor()
  await page
    .getByRole('region', { name: 'Present hours' })
    .getByText(/open session/)
    .waitFor()
  const sessions = page.getByRole('region', { name: 'Coming open sessions' })
  await sessions.getByText(/22:00/).first().waitFor()
  expect(await page.getByRole('main').locator('form').count()).toBe(0)
  expect(await sessions.getByRole('button').count()).toBe(0)
  await expectReadable(page)
})
