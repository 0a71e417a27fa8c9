// Nightly: each way to the patients of a withdrawal, and back
import { aBooking, aSession, aSlot } from '@holdfast/testkit'
import { addDays } from '@holdfast/vocabulary'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { aClinicScene, noonZone } from './clinic-scene.ts'
import { isoValueOf } from './date-fields.ts'
import { axeFindings, type Site, sidewaysPixels } from './harness.ts'
import { test } from './site-test.ts'

const patients = [
  { name: 'Ann Affected', phone: '+44 1632 960471', email: 'ann@example.org' },
  { name: 'Ben Between', phone: '+44 1632 960472' },
  { name: 'Cara Comes', phone: '+44 1632 960473' },
]

/** A doctor with three bookings on next week's Tuesday, and a free slot on its Friday. */
async function aDayWithBookings(site: Site) {
  const timeZone = noonZone()
  const scene = await aClinicScene(site, { timezone: timeZone })
  const today = Temporal.Now.plainDateISO(timeZone)
  const monday = today.add({ days: 8 - today.dayOfWeek })
  const at = (days: number, hour: number) => {
    const plainTime = Temporal.PlainTime.from({ hour })
    return new Date(monday.add({ days }).toZonedDateTime({ timeZone, plainTime }).epochMilliseconds)
  }
  for (const [nth, patient] of patients.entries()) {
    const slot = await aSlot(site.database, scene.doctor, { startsAt: at(1, 9 + nth) })
    await aBooking(site.database, slot, { patient })
  }
  const friday = await aSlot(site.database, scene.doctor, { startsAt: at(4, 15) })
  return { scene, friday, monday: monday.toString(), day: monday.add({ days: 1 }).toString() }
}

const rowOf = (page: Page, name: string) =>
  page.getByRole('region', { name: 'Withdraw slots' }).getByRole('listitem').filter({ hasText: name })

test('moving a patient of the list and going back both lead to the list again, at the next patient', async ({
  site,
}) => {
  const { scene, day } = await aDayWithBookings(site)
  const page = await scene.pageOf('staff')
  await page.goto(`/clinic/${scene.clinic.id}/times`)
  const panel = page.getByRole('region', { name: 'Withdraw slots' })
  await panel.getByRole('textbox', { name: 'First day' }).fill(day)
  await panel.getByRole('textbox', { name: 'Last day' }).fill(day)
  await panel.getByRole('button', { name: 'Show who is affected' }).press('Enter')
  await panel.getByText('3 bookings are affected').waitFor()
  await panel.getByRole('heading', { level: 3 }).and(page.locator(':focus')).waitFor()

  const contacts = rowOf(page, 'Ann Affected').getByRole('link', { name: /^[+a]/ })
  await contacts.first().waitFor()
  const addresses = await contacts.evaluateAll((all) => all.map((one) => one.getAttribute('href')))
  expect(addresses.toSorted()).toEqual(['mailto:ann@example.org', 'tel:+441632960471'])

  const dialog = page.getByRole('dialog', { name: 'Move to another time' })
  await page.getByRole('link', { name: 'Move the booking of Ben Between' }).press('Enter')
  await dialog.waitFor()
  await page.goBack()
  await rowOf(page, 'Ben Between').and(page.locator(':focus')).waitFor()
  expect(await isoValueOf(panel.getByRole('textbox', { name: 'First day' }))).toBe(day)
  expect(await isoValueOf(panel.getByRole('textbox', { name: 'Last day' }))).toBe(day)

  await page.getByRole('link', { name: 'Move the booking of Ben Between' }).press('Enter')
  await dialog.getByRole('textbox', { name: 'Go to date' }).fill(day)
  await dialog.getByRole('button', { name: '15:00' }).click()
  await dialog.getByRole('button', { name: /^Move to \w+,? \d/ }).press('Enter')
  await page.getByText(/^Moved to/).waitFor()
  await rowOf(page, 'Cara Comes').and(page.locator(':focus')).waitFor()
  await panel.getByText('2 bookings are affected').waitFor()
  expect(await rowOf(page, 'Ben Between').count()).toBe(0)
  expect(await axeFindings(page)).toEqual([])
})

test('a doctor moves a patient of the list to another time of their own, and the next patient has the focus', async ({
  site,
}) => {
  const { scene, day } = await aDayWithBookings(site)
  const page = await scene.pageOf('doctor', { viewport: { width: 390, height: 844 } })
  await page.goto(`/my-day/times?withdrawFrom=${day}&withdrawTo=${day}`)
  const panel = page.getByRole('region', { name: 'Withdraw slots' })
  const moveOf = (name: string) => page.getByRole('button', { name: `Move the booking of ${name}` })
  const dialog = page.getByRole('dialog', { name: 'Move to another time' })
  await moveOf('Ben Between').press('Enter')
  await dialog.waitFor()
  await page.keyboard.press('Escape')
  await moveOf('Ben Between').and(page.locator(':focus')).waitFor()

  await page.keyboard.press('Enter')
  await dialog.getByText('Ben Between').waitFor()
  expect(await dialog.getByRole('combobox', { name: 'Doctor' }).count()).toBe(0)
  await dialog.getByRole('textbox', { name: 'Go to date' }).fill(day)
  await dialog.getByRole('button', { name: '15:00' }).click()
  expect(await axeFindings(page)).toEqual([])
  expect(await sidewaysPixels(page)).toBe(0)
  await dialog.getByRole('button', { name: /^Move to \w+,? \d/ }).press('Enter')
  await page.getByText(/^Moved to/).waitFor()
  await panel.getByText('2 bookings are affected').waitFor()
  await moveOf('Cara Comes').and(page.locator(':focus')).waitFor()
  expect(await rowOf(page, 'Ben Between').count()).toBe(0)
})

test('a doctor moves the patient of a slot that the calendar is about to lose', async ({ site }) => {
  const { scene, day } = await aDayWithBookings(site)
  const page = await scene.pageOf('doctor')
  await page.goto(`/my-day/week?day=${day}`)
  await page.getByRole('button', { name: /Ann Affected, Confirmed/ }).press('Enter')
  await page.getByRole('dialog').getByRole('button', { name: 'Withdraw this slot' }).press('Enter')
  await page.getByRole('button', { name: 'Move the booking of Ann Affected' }).press('Enter')
  const dialog = page.getByRole('dialog', { name: 'Move to another time' })
  await dialog.getByRole('textbox', { name: 'Go to date' }).fill(day)
  await dialog.getByRole('button', { name: '15:00' }).click()
  await expect.poll(() => page.getByRole('dialog').count()).toBe(1)
  await dialog.getByRole('button', { name: /^Move to \w+,? \d/ }).press('Enter')
  await page.getByText(/^Moved to/).waitFor()
  await page.getByRole('heading', { level: 1 }).and(page.locator(':focus')).waitFor()
})

test('after a withdrawal the patients to call stay listed, and only their list is printed', async ({ site }) => {
  const { scene, day } = await aDayWithBookings(site)
  const page = await scene.pageOf('staff')
  await page.goto(`/clinic/${scene.clinic.id}/times?withdrawFrom=${day}&withdrawTo=${day}`)
  const panel = page.getByRole('region', { name: 'Withdraw slots' })
  const sheet = page.getByRole('region', { name: 'Patients to call' })
  await rowOf(page, 'Cara Comes').waitFor()
  await panel.getByRole('button', { name: 'Print list' }).waitFor()
  expect(await sheet.count()).toBe(0)

  await panel.getByRole('button', { name: 'Withdraw 3 slots, 3 bookings' }).press('Enter')
  await panel.getByRole('heading', { name: '3 slots were withdrawn.' }).and(page.locator(':focus')).waitFor()
  await panel.getByText('3 appointments were lost.', { exact: false }).waitFor()
  for (const { name, phone } of patients) await rowOf(page, name).getByRole('link', { name: phone }).waitFor()
  expect(await axeFindings(page)).toEqual([])

  await page.emulateMedia({ media: 'print' })
  await sheet.getByRole('heading', { name: 'Dr Ada Lovelace' }).waitFor()
  await sheet.getByText('Hill Clinic').waitFor()
  await sheet.getByRole('columnheader', { name: 'Called' }).waitFor()
  for (const { name, phone } of patients) {
    await sheet.getByRole('row').filter({ hasText: name }).filter({ hasText: phone }).waitFor()
  }
  expect(await page.getByRole('heading', { level: 1 }).count()).toBe(0)
  expect(await page.getByRole('button').count()).toBe(0)

  await page.emulateMedia({ media: 'screen' })
  await panel.getByRole('button', { name: 'Close list' }).press('Enter')
  await panel.getByRole('heading', { level: 2 }).and(page.locator(':focus')).waitFor()
  await panel.getByRole('button', { name: 'Show who is affected' }).waitFor()
  expect(new URL(page.url()).searchParams.has('withdrawFrom')).toBe(false)
})

test('a preview names who was booked while the bookings of these days were being read', async ({ site }) => {
  const { scene, monday, friday } = await aDayWithBookings(site)
  const page = await scene.pageOf('staff')
  const held = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  let reads = 0
  // The first response is on its way until the preview reads the bookings.
  const ofWeek = (url: URL) => url.pathname.endsWith('/bookings') && url.searchParams.get('from') === monday
  await page.route(ofWeek, async (route) => {
    reads += 1
    if (reads > 1) return route.continue()
    const response = await route.fetch()
    held.resolve()
    await released.promise
    await route.fulfill({ response }).catch(() => undefined)
  })
  await page.goto(`/clinic/${scene.clinic.id}/times`)
  await page.getByRole('button', { name: 'Next week' }).click()
  await held.promise
  await aBooking(site.database, friday, { patient: { name: 'Dana During' } })
  const panel = page.getByRole('region', { name: 'Withdraw slots' })
  await panel.getByRole('textbox', { name: 'First day' }).fill(monday)
  await panel.getByRole('textbox', { name: 'Last day' }).fill(addDays(monday, 6))
  const previewed = page.waitForResponse((response) => response.url().includes('dryRun=true'))
  await panel.getByRole('button', { name: 'Show who is affected' }).press('Enter')
  await previewed
  released.resolve()
  await rowOf(page, 'Ann Affected').waitFor()
  await rowOf(page, 'Dana During').waitFor({ timeout: 5_000 })
})

test('if there are more bookings than were read, the list says that not everybody is named', async ({ site }) => {
  const { scene, day } = await aDayWithBookings(site)
  const page = await scene.pageOf('staff')
  // Each page has another one after it.
  const bookings = `**/api/v1/clinics/${scene.clinic.id}/bookings?*`
  await page.route(bookings, async (route) => {
    await route.fulfill({ json: { items: [], nextCursor: 'more' } })
  })
  await page.goto(`/clinic/${scene.clinic.id}/times?withdrawFrom=${day}&withdrawTo=${day}`)
  const panel = page.getByRole('region', { name: 'Withdraw slots' })
  const namedSome = 'Only the first 1,000 bookings of these days are named.'
  await panel.getByText(`${namedSome} Withdraw fewer days at a time to see everybody.`).waitFor()
  await panel.getByRole('button', { name: 'Withdraw 3 slots, 3 bookings' }).press('Enter')
  await panel.getByRole('heading', { name: '3 slots were withdrawn.' }).waitFor()
  const others = `${namedSome} The clinic finds the others under Bookings, with the status “Not booked”.`
  await panel.getByText(others).waitFor()
  expect(await panel.getByText('Withdraw fewer days').count()).toBe(0)
  await page.unroute(bookings)
  const opened = page.waitForEvent('popup')
  await panel.getByRole('link', { name: 'Show all in another tab' }).click()
  const list = await opened
  await list.getByRole('row', { name: /Ann Affected/ }).waitFor()
  const status = list.getByRole('combobox', { name: 'Status' })
  expect(await status.locator('option:checked').textContent()).toBe('Not booked')
})

test('a slot withdrawn from the calendar lists whose appointment it was until the list is closed', async ({ site }) => {
  const { scene, day } = await aDayWithBookings(site)
  const page = await scene.pageOf('doctor')
  await page.goto(`/my-day/week?day=${day}`)
  await page.getByRole('button', { name: /Ann Affected, Confirmed/ }).press('Enter')
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Withdraw this slot' }).press('Enter')
  await dialog.getByRole('button', { name: 'Withdraw 1 slot, 1 booking' }).press('Enter')
  await dialog.getByRole('heading', { name: '1 slot was withdrawn.' }).and(page.locator(':focus')).waitFor()
  // The calendar no longer has the slot.
  await page.locator('[aria-label*="Ann Affected, Confirmed"]').waitFor({ state: 'detached' })
  await dialog.getByRole('link', { name: '+44 1632 960471' }).waitFor()
  await dialog.getByRole('button', { name: 'Close list' }).press('Enter')
  await dialog.waitFor({ state: 'detached' })
  await page.getByRole('heading', { level: 1 }).and(page.locator(':focus')).waitFor()
})

test('nothing can be withdrawn before the patients are named: also if reading their names fails', async ({ site }) => {
  const { scene, day } = await aDayWithBookings(site)
  const page = await scene.pageOf('staff')
  let fail = () => undefined as unknown
  const failed = new Promise((resolve) => {
    fail = () => resolve(null)
  })
  const lists = `**/clinics/${scene.clinic.id}/bookings**`
  await page.route(lists, async (route) => {
    await failed
    const problem = { type: 'urn:holdfast:problem:rate_limited', title: '', detail: '', status: 429 }
    const contentType = 'application/problem+json'
    await route.fulfill({ status: 429, contentType, json: { ...problem, code: 'rate_limited' } })
  })
  const previewed = page.waitForResponse((response) => response.url().includes('dryRun=true'))
  await page.goto(`/clinic/${scene.clinic.id}/times?withdrawFrom=${day}&withdrawTo=${day}`)
  await (await previewed).finished()
  const panel = page.getByRole('region', { name: 'Withdraw slots' })
  await panel.getByText('Checking who is affected…').waitFor()
  const withdraw = panel.getByRole('button', { name: 'Withdraw 3 slots, 3 bookings' })
  expect(await withdraw.count()).toBe(0)
  fail()
  const again = panel.getByRole('alert').getByRole('button', { name: 'Try again' })
  await again.waitFor()
  expect(await withdraw.count()).toBe(0)
  expect(await axeFindings(page)).toEqual([])
  await page.unroute(lists)
  await again.press('Enter')
  await withdraw.waitFor()
  for (const { name } of patients) expect(await rowOf(page, name).count()).toBe(1)
})

/** The withdrawals that the page sends reach the server, and the response of the first one is lost. */
async function loseFirstWithdrawal(page: Page) {
  const keys: (string | undefined)[] = []
  await page.route('**/slots**', async (route) => {
    const request = route.request()
    if (request.method() !== 'DELETE' || request.url().includes('dryRun=true')) return route.continue()
    keys.push(request.headers()['idempotency-key'])
    if (keys.length > 1) return route.continue()
    await route.fetch()
    await route.abort()
  })
  return keys
}

test('a withdrawal whose response was lost is tried again, and lists whom to call', async ({ site }) => {
  const { scene, day } = await aDayWithBookings(site)
  const page = await scene.pageOf('staff')
  const keys = await loseFirstWithdrawal(page)
  await page.goto(`/clinic/${scene.clinic.id}/times?withdrawFrom=${day}&withdrawTo=${day}`)
  const panel = page.getByRole('region', { name: 'Withdraw slots' })
  await rowOf(page, 'Cara Comes').waitFor()
  await panel.getByRole('button', { name: 'Withdraw 3 slots, 3 bookings' }).press('Enter')
  await panel.getByRole('alert').filter({ hasText: 'The slots may be withdrawn already.' }).waitFor()
  // What is left after the withdrawal is not shown in place of the preview.
  await panel.getByText('3 slots would be withdrawn.').waitFor()
  expect(await axeFindings(page)).toEqual([])
  await panel.getByRole('button', { name: 'Try again' }).and(page.locator(':focus')).press('Enter')
  await panel.getByRole('heading', { name: '3 slots were withdrawn.' }).and(page.locator(':focus')).waitFor()
  for (const { name, phone } of patients) await rowOf(page, name).getByRole('link', { name: phone }).waitFor()
  expect(keys[0]).toMatch(/^\w{32}$/)
  expect(keys).toEqual([keys[0], keys[0]])
})

test('a slot whose withdrawal got no response is withdrawn again, and lists whose appointment it was', async ({
  site,
}) => {
  const { scene, day } = await aDayWithBookings(site)
  const page = await scene.pageOf('doctor')
  await loseFirstWithdrawal(page)
  await page.goto(`/my-day/week?day=${day}`)
  await page.getByRole('button', { name: /Ann Affected, Confirmed/ }).press('Enter')
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Withdraw this slot' }).press('Enter')
  await dialog.getByRole('button', { name: 'Withdraw 1 slot, 1 booking' }).press('Enter')
  await dialog.getByRole('button', { name: 'Try again' }).press('Enter')
  await dialog.getByRole('heading', { name: '1 slot was withdrawn.' }).and(page.locator(':focus')).waitFor()
  await dialog.getByRole('link', { name: '+44 1632 960471' }).waitFor()
})

test('a day of open sessions without visits is withdrawn, and its hours are', async ({ site }) => {
  const scene = await aClinicScene(site)
  const today = Temporal.Now.plainDateISO('UTC')
  const day = today.add({ days: 8 - today.dayOfWeek }).toString()
  for (const hour of ['09', '14'])
    await aSession(site.database, scene.doctor, { startsAt: new Date(`${day}T${hour}:00Z`), minutes: 180 })
  const page = await scene.pageOf('staff')
  await page.goto(`/clinic/${scene.clinic.id}/times?withdrawFrom=${day}&withdrawTo=${day}`)
  const panel = page.getByRole('region', { name: 'Withdraw slots' })
  await panel.getByText('2 open sessions would be closed at that time.').waitFor()
  await panel.getByText('No bookings are affected.').waitFor()
  expect(await panel.getByText('0 slots').count()).toBe(0)
  expect(await axeFindings(page)).toEqual([])

  // Of the first one, an hour, in the calendar.
  const desk = await scene.pageOf('doctor')
  await desk.goto(`/my-day/week?day=${day}`)
  await desk.getByRole('button', { name: 'Add or withdraw slots' }).click()
  const dialog = desk.getByRole('dialog')
  await dialog.getByLabel('Until').fill('10:00')
  await dialog.getByText('1 open session').first().waitFor()
  await dialog.getByRole('button', { name: 'Close 1 open session' }).click()
  await dialog.getByText('1 open session would be closed at that time.').waitFor()
  await dialog.getByRole('button', { name: 'Close 1 open session' }).click()
  await desk.getByText('1 open session was closed at that time.').waitFor()
  await desk.getByText('Open session, 10:00–\u206012:00').waitFor()

  await panel.getByRole('button', { name: 'Close 2 open sessions' }).click()
  await page.getByText('2 open sessions were closed at that time.').waitFor()
  const { rows } = await site.database.ownerPool.query(
    'select count(*)::integer as open from holdfast.open_session where resource_id = $1 and withdrawn_at is null',
    [scene.doctor.id],
  )
  expect(rows).toEqual([{ open: 0 }])
})
