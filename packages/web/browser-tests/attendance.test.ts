import { randomUUID } from 'node:crypto'
import { aBooking, aSlot } from '@holdfast/testkit'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { aPractice, type Practice } from './a-practice.ts'
import { bookTime, copiedLink, openMore } from './booking-steps.ts'
import { aClinicScene, signInContext } from './clinic-scene.ts'
import { axeFindings, expectReadable, type Site, signUp } from './harness.ts'
import { test } from './scene-test.ts'

const done = 'You have confirmed that you are coming.'

/** The link of a reminder of a new booking at 9:00. */
async function aReminder(site: Site, practice: Practice): Promise<URL> {
  const page = await site.newPage()
  await bookTime(page, practice, '9:00', 'Grace Hopper')
  const link = new URL(await copiedLink(page))
  link.search = '?attend=true'
  return link
}

const bookingIdOf = (link: URL) => link.hash.slice(1).split('.')[0] ?? ''

async function attendedAt(site: Site, bookingId: string) {
  const { rows } = await site.database.ownerPool.query<{ at: Date | null; version: number }>(
    'select attendance_confirmed_at as at, version from holdfast.booking where id = $1',
    [bookingId],
  )
  return rows[0]
}

const question = (page: Page) => page.getByRole('region', { name: 'Confirm that you are coming' })

test('the link of a reminder asks whether the patient comes; opening it changes nothing, one press does', async ({
  site,
}) => {
  const practice = await aPractice(site)
  const link = await aReminder(site, practice)
  const before = await attendedAt(site, bookingIdOf(link))
  expect(before?.at).toBeNull()
  // A program that checks the mail opens every link, with all its scripts, and leaves.
  const scanner = await site.open(link.href)
  await question(scanner).waitFor()
  await scanner.close()
  const page = await site.open(link.href)
  await question(page).waitFor()
  expect(await axeFindings(page)).toEqual([])
  expect(await attendedAt(site, bookingIdOf(link))).toEqual(before)

  await question(page).getByRole('button', { name: 'I am coming' }).click()
  const said = page.getByText(done)
  await said.waitFor()
  // It has the focus, so it is read aloud.
  await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe(done)
  expect(await question(page).count()).toBe(0)
  expect(await axeFindings(page)).toEqual([])
  const after = await attendedAt(site, bookingIdOf(link))
  expect([after?.at, after?.version]).toEqual([expect.any(Date), (before?.version ?? 0) + 1])

  // The link again, with nothing left to press.
  await page.goto('/')
  await page.goto(link.href)
  await said.waitFor()
  expect(await page.getByRole('button', { name: 'I am coming' }).count()).toBe(0)
  expect(await attendedAt(site, bookingIdOf(link))).toEqual(after)
})

test('whoever cannot come cancels from the same question', async ({ site, page }) => {
  const link = await aReminder(site, await aPractice(site))
  await page.goto(link.href)
  await question(page).getByRole('button', { name: 'Cancel appointment' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel appointment' }).click()
  await page.getByRole('heading', { name: 'This appointment is cancelled' }).waitFor()
  expect(await question(page).count()).toBe(0)
  expect((await attendedAt(site, bookingIdOf(link)))?.at).toBeNull()
})

/** A reminder as long before a visit as possible, so that its time has come. */
async function remindEarly(site: Site, { clinic }: Practice): Promise<void> {
  const changed = await site.admin.updateMessageSettings({
    path: { clinicId: clinic.id },
    body: { reminderMinutes: [20_160, 60] },
  })
  expect(changed.response?.status).toBe(200)
  const asked = async () => (await site.admin.getClinic({ path: { clinicId: clinic.id } })).data?.attendanceMinutes
  await expect.poll(asked).toBe(20_160)
}

test('a ticket opened otherwise has the button once the reminder was due: behind “More” if just booked', async ({
  site,
}) => {
  const practice = await aPractice(site)
  const link = await aReminder(site, practice)
  link.search = ''
  const page = await site.open(link.href)
  // The visit is in more than 24 hours.
  await page.getByRole('button', { name: 'Move to another time' }).waitFor()
  const coming = page.getByRole('button', { name: 'I am coming' })
  expect(await coming.count()).toBe(0)
  await remindEarly(site, practice)
  await page.reload()
  await page.getByRole('button', { name: 'Add to calendar' }).waitFor()
  expect(await coming.count()).toBe(0)
  await openMore(page)
  await coming.waitFor()
  await site.database.ownerPool.query(
    `update holdfast.booking set created_at = created_at - interval '1 day' where id = $1`,
    [bookingIdOf(link)],
  )
  await page.reload()
  await expect.poll(() => coming.evaluate((button) => button.previousElementSibling)).toBeNull()
  await coming.click()
  await page.getByText(done).waitFor()
  await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe(done)
  expect(await question(page).count()).toBe(0)
})

test('“My appointments” confirms with one press, from the time of the first reminder on', async ({ site }) => {
  const practice = await aPractice(site)
  const account = await signUp(site.url, 'Grace Hopper')
  const page = await site.newPage()
  await signInContext(site, page, account)
  await bookTime(page, practice, '9:00', 'Grace Hopper')
  await page.goto('/my-bookings')
  await page.getByRole('link', { name: /^Open ticket/ }).waitFor()
  const coming = page.getByRole('button', { name: /^I am coming/ })
  expect(await coming.count()).toBe(0)
  await remindEarly(site, practice)
  await page.reload()
  await coming.press('Enter')
  await page.locator(':focus').filter({ hasText: done }).waitFor()
  expect(await coming.count()).toBe(0)
  expect(new URL(page.url()).pathname).toBe('/my-bookings')
})

test('an appointment that the clinic has moved meanwhile is not confirmed: the page shows the new time', async ({
  site,
}) => {
  const practice = await aPractice(site)
  const link = await aReminder(site, practice)
  const page = await site.open(link.href)
  await question(page).waitFor()
  // The page learns nothing of it: the press comes first.
  await page.route('**/api/v1/bookings/*', (route) => route.abort())
  const bookingId = bookingIdOf(link)
  const slotId = practice.slots[1]?.id ?? ''
  const moved = await site.admin.rescheduleBooking({ path: { bookingId }, body: { slotId } })
  expect(moved.data?.slotId).toBe(slotId)
  await question(page).getByRole('button', { name: 'I am coming' }).click()
  await page.getByText('The appointment was moved to another time').waitFor()
  expect((await attendedAt(site, bookingId))?.at).toBeNull()
  await page.unroute('**/api/v1/bookings/*')
  await page.reload()
  await question(page).getByRole('button', { name: 'I am coming' }).click()
  await page.getByText(done).waitFor()
})

test('the desk and the doctor see who comes, and how many have not said so; the desk says it for a caller', async ({
  site,
}) => {
  const scene = await aClinicScene(site)
  const startsAt = new Date(Date.now() + 2 * 86_400_000)
  const slot = await aSlot(site.database, scene.doctor, { startsAt, capacity: 2 })
  const coming = await aBooking(site.database, slot, { patient: { name: 'Carl Coming' } })
  await aBooking(site.database, slot, { patient: { name: 'Pia Patient' } })
  await site.database.appPool.query('select * from holdfast.confirm_attendance($1, $2, $3, null, $4)', [
    slot.clinicNo,
    coming.id,
    slot.id,
    randomUUID(),
  ])
  const day = startsAt.toISOString().slice(0, 10)
  const page = await scene.open('staff', `/clinic/${scene.clinic.id}/day?day=${day}`)
  const row = (of: Page, name: string) => of.getByRole('row').filter({ hasText: name })
  await row(page, 'Carl Coming').getByText('Coming', { exact: true }).waitFor()
  await page.getByText('1 no reply').waitFor()
  expect(await row(page, 'Pia Patient').getByText('Coming', { exact: true }).count()).toBe(0)
  expect(await axeFindings(page)).toEqual([])

  await page.goto(`/clinic/${scene.clinic.id}/bookings?attendance=unconfirmed`)
  await page.getByRole('link', { name: 'Pia Patient' }).waitFor()
  expect(await page.getByRole('link', { name: 'Carl Coming' }).count()).toBe(0)
  await page.getByRole('link', { name: 'Pia Patient' }).click()
  await page.getByRole('button', { name: 'Pia Patient: confirmed by phone' }).click()
  await page.getByText('Pia Patient is coming: this is noted.').waitFor()
  await page.getByRole('listitem').filter({ hasText: 'Noted as coming' }).filter({ hasText: 'Sam' }).waitFor()
  const undo = page.getByRole('button', { name: 'Pia Patient: undo “Confirmed by phone”' })
  await page.locator(':focus').and(undo).waitFor()

  const own = await scene.open('doctor', `/my-day?day=${day}`)
  await row(own, 'Pia Patient').getByText('Coming', { exact: true }).waitFor()
  await own.getByText('0 no reply').waitFor()
})

test('the desk undoes it for a patient who is no longer sure, and at once after a press by mistake', async ({
  site,
}) => {
  const scene = await aClinicScene(site)
  const startsAt = new Date(Date.now() + 2 * 86_400_000)
  const slot = await aSlot(site.database, scene.doctor, { startsAt })
  const { id } = await aBooking(site.database, slot, { patient: { name: 'Pia Patient' } })
  const page = await scene.open('staff', `/clinic/${scene.clinic.id}/bookings/${id}`)
  const willCome = page.getByRole('button', { name: 'Pia Patient: confirmed by phone' })
  const undo = page.getByRole('button', { name: 'Pia Patient: undo “Confirmed by phone”' })
  const undone = page.getByText('Pia Patient is no longer noted as coming.')

  await willCome.click()
  // A new button takes no press at once.
  await undo.and(page.locator(':not([aria-disabled])')).press('Enter')
  await undone.waitFor()
  await page.locator(':focus').and(willCome).waitFor()
  expect((await attendedAt(site, id))?.at).toBeNull()
  const entry = page.getByRole('listitem').filter({ hasText: 'No longer noted as coming' })
  await entry.filter({ hasText: 'Sam' }).waitFor()
  expect(await axeFindings(page)).toEqual([])

  await willCome.click()
  await undo.click()
  await willCome.waitFor()
  // The page shows it before it is stored.
  await expect.poll(async () => (await attendedAt(site, id))?.at).toBeNull()
})

test.for(['en', 'de', 'ar'])('in %s the question fits a phone, in light and dark', async (locale, { site }) => {
  const link = await aReminder(site, await aPractice(site))
  for (const colorScheme of ['light', 'dark'] as const) {
    const page = await site.open(link.href, { locale, colorScheme, viewport: { width: 390, height: 844 } })
    await page.locator('#attendance-title').waitFor()
    await expectReadable(page)
  }
})
