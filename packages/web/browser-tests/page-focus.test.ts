// Nightly: the focus on all pages
import { aBooking, aSlot } from '@holdfast/testkit'
import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'
import { aDoctorWithTimes, aPractice } from './a-practice.ts'
import { confirm, hold, openTimes, timeOf } from './booking-steps.ts'
import { aClinicScene, signInContext } from './clinic-scene.ts'
import { signInPage, signUp, untilFocused } from './harness.ts'
import { test } from './site-test.ts'

/** Whether nothing, such as a message, lies over the middle of an element. */
const isOnTop = (one: Locator) =>
  one.evaluate((element) => {
    const { x, y, width, height } = element.getBoundingClientRect()
    return element.contains(document.elementFromPoint(x + width / 2, y + height / 2))
  })

const scrolled = (page: Page) => page.evaluate(() => Math.round(window.scrollY))

test.for([
  { width: 390, height: 844 },
  { width: 1280, height: 640 },
])('the ticket opens at its top, with the focus on its heading, at $width pixels', async (viewport, { site }) => {
  const practice = await aPractice(site)
  const page = await site.newPage({ viewport })
  await openTimes(page, practice)
  await hold(page, '9:00')
  const submit = page.getByRole('button', { name: 'Confirm appointment' })
  await submit.scrollIntoViewIfNeeded()
  await page.evaluate(() => window.scrollBy(0, 120))
  await confirm(page, 'Grace Hopper')
  await untilFocused(page, 'Your appointment is confirmed')
  await expect.poll(() => scrolled(page)).toBe(0)
})

test('a new page is at its top with the focus on its heading, and going back restores the position', async ({
  site,
}) => {
  const practice = await aPractice(site, { clinicName: 'Long List Clinic', doctorName: 'Dr Long List 0' })
  for (const nth of [1, 2, 3, 4, 5, 6, 7]) {
    await aDoctorWithTimes(site, practice.clinic, { doctorName: `Dr Long List ${nth}`, slotCount: 1 })
  }
  const page = await site.newPage({ viewport: { width: 390, height: 700 } })
  await page.goto('/?q=Long+List&sort=name')
  const last = page.getByRole('link', { name: /All times of Dr Long List 7/ })
  await last.scrollIntoViewIfNeeded()
  const before = await scrolled(page)
  expect(before).toBeGreaterThan(300)
  await last.click()
  await untilFocused(page, 'Dr Long List 7')
  await expect.poll(() => scrolled(page)).toBe(0)
  await page.goBack()
  await last.waitFor()
  await expect.poll(async () => Math.abs((await scrolled(page)) - before)).toBeLessThan(3)
})

test('a hold that could not be confirmed keeps the focus on its button; a cancelled ticket’s heading has it', async ({
  site,
}) => {
  const practice = await aPractice(site)
  const page = await site.newPage({ isNewContext: true })
  await openTimes(page, practice)
  await hold(page, '9:00')
  await page.getByLabel('Full name').fill('Grace Hopper')
  await page.getByLabel('Phone').fill('+44 1632 960 471')
  await page.context().setOffline(true)
  await page.getByRole('button', { name: 'Confirm appointment' }).press('Enter')
  await page.getByRole('alert').waitFor()
  await untilFocused(page, 'Confirm appointment')
  // With the network, it is sent again.
  await page.context().setOffline(false)
  await page.getByRole('heading', { name: 'Your appointment is confirmed' }).waitFor()
  await page.getByRole('button', { name: 'Move to another time' }).press('Enter')
  await timeOf(page, '10:00').press('Enter')
  await page.getByRole('button', { name: 'Move appointment' }).press('Enter')
  await untilFocused(page, 'Your appointment was moved')
  // On a phone, the button is below the heading's screen.
  await page.setViewportSize({ width: 390, height: 640 })
  await page.getByRole('button', { name: 'Cancel appointment' }).press('Enter')
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel appointment' }).press('Enter')
  await untilFocused(page, 'This appointment is cancelled')
  await page.waitForFunction(() => window.scrollY === 0)
  // Once the dialog has gone; a message would stay for six seconds.
  await expect.poll(() => isOnTop(page.getByRole('heading', { level: 1 })), { timeout: 4_000 }).toBe(true)
})

test('while the link to a waitlist entry is requested, and after its failure, its button keeps the focus', async ({
  site,
}) => {
  // With one clinic, there is none to choose.
  await aPractice(site, { clinicName: 'Clinic of Other Links' })
  const { clinic } = await aPractice(site, { clinicName: 'Clinic of Lost Links' })
  const page = await site.newPage({ isNewContext: true })
  const request = Promise.withResolvers<() => Promise<void>>()
  await page.route('**/api/v1/waitlist-links', (route) => request.resolve(() => route.continue()))
  await page.goto('/find-waitlist-entry')
  await page.getByLabel('E-mail address of the entry').fill('grace@example.org')
  await page.getByRole('combobox', { name: 'Clinic' }).click()
  await page.getByRole('option', { name: clinic.name }).click()
  const button = page.getByRole('button', { name: 'Send the link' })
  await button.press('Enter')
  const answer = await request.promise
  await button.and(page.locator(':focus')).waitFor()
  await answer()
  // This site sends no e-mail.
  await page.getByRole('alert').waitFor()
  await button.and(page.locator(':focus')).waitFor()
})

test('closing a dialog without doing anything returns the focus to the button that opened it', async ({ site }) => {
  const practice = await aPractice(site)
  const page = await site.newPage()
  await openTimes(page, practice)
  await hold(page, '9:00')
  await confirm(page, 'Grace Hopper')
  await page.getByRole('button', { name: 'Cancel appointment' }).press('Enter')
  await page.getByRole('dialog').waitFor()
  await page.keyboard.press('Escape')
  await untilFocused(page, 'Cancel appointment')
})

test('a refused sign-in keeps the focus on its button', async ({ site }) => {
  const account = await signUp(site.url, 'Wim Wrong')
  const page = await site.newPage()
  await page.goto('/sign-in')
  await page.getByLabel('E-mail').fill(account.email)
  await page.getByLabel('Password', { exact: true }).fill('not this one at all')
  await page.getByRole('main').getByRole('button', { name: 'Sign in', exact: true }).press('Enter')
  await page.getByRole('alert').waitFor()
  await untilFocused(page, /^Sign in$/)
})

test('a wrong password moves the focus to its field; after choosing another, the next page’s heading has it', async ({
  site,
}) => {
  const account = await signUp(site.url, 'Faye Focus')
  await site.database.ownerPool.query('update auth."user" set "mustChangePassword" = true where email = $1', [
    account.email,
  ])
  const page = await site.newPage()
  await signInPage(page, account, '/account')
  await untilFocused(page, 'Choose your own password')
  const given = page.getByLabel('Password you were given')
  await given.fill('not this one')
  await page.getByLabel('New password', { exact: true }).fill('a password that I chose')
  await page.getByLabel('New password, again').fill('a password that I chose')
  await page.getByRole('button', { name: 'Change password' }).press('Enter')
  await page.getByText('This is not the current password.').waitFor()
  await given.and(page.locator(':focus')).waitFor()
  await given.fill(account.password)
  await page.getByRole('button', { name: 'Change password' }).press('Enter')
  await untilFocused(page, 'Your account')
})

test('the desk keeps its place: after marking, and after both previews', async ({ site }) => {
  const scene = await aClinicScene(site)
  const slot = await aSlot(site.database, scene.doctor)
  const booking = await aBooking(site.database, slot, { patient: { name: 'Iris Inhouse' } })
  await site.database.ownerPool.query(
    `update holdfast.slot set starts_at = now() - interval '5 minutes', ends_at = now() + interval '5 minutes'
      where id = $1`,
    [slot.id],
  )
  const page = await site.newPage()
  await signInContext(site, page, scene.people.admin)
  await page.goto(`/clinic/${scene.clinic.id}/bookings/${booking.id}`)
  await page.getByRole('button', { name: 'Iris Inhouse: arrived' }).press('Enter')
  await page
    .locator(':focus')
    .and(page.getByRole('button', { name: 'Iris Inhouse: completed' }))
    .waitFor()
  await page.getByText('Iris Inhouse has arrived.').waitFor()
  // A button that has just appeared takes no press.
  await page.locator(':focus:not([aria-disabled])').press('Enter')
  await page
    .locator(':focus')
    .and(page.getByRole('button', { name: /Undo the last status change/ }))
    .waitFor()

  await page.goto(`/clinic/${scene.clinic.id}/times`)
  await page.getByRole('button', { name: 'Preview slots' }).press('Enter')
  await untilFocused(page, /^140 new slots/)
  await page.getByRole('button', { name: 'Create 140 slots' }).press('Enter')
  await page.getByText('140 slots were created.').waitFor()
  await untilFocused(page, 'Create slots')
  const withdrawal = page.getByRole('region', { name: 'Withdraw slots' })
  await withdrawal.getByRole('button', { name: 'Show who is affected' }).press('Enter')
  await untilFocused(page, /would be withdrawn/)
  await withdrawal.getByRole('button', { name: 'Don’t withdraw' }).press('Enter')
  await untilFocused(page, 'Withdraw slots')
})

test('the next mark can be made while the page still reads what the last one changed', async ({ site }) => {
  const scene = await aClinicScene(site)
  const slot = await aSlot(site.database, scene.doctor, { startsAt: new Date(Date.now() - 300_000), minutes: 60 })
  const booking = await aBooking(site.database, slot, { patient: { name: 'Nora Next' } })
  const page = await scene.pageOf('admin')
  await page.goto(`/clinic/${scene.clinic.id}/bookings/${booking.id}`)
  const arrived = page.getByRole('button', { name: 'Nora Next: arrived' })
  await arrived.waitFor()
  // Reads get no response.
  await page.route('**/api/v1/**', (route) => (route.request().method() === 'GET' ? undefined : route.continue()))
  await arrived.press('Enter')
  await page.getByText('Nora Next has arrived.').waitFor()
  const completed = page.getByRole('button', { name: 'Nora Next: completed' })
  await completed.and(page.locator(':not([aria-disabled])')).press('Enter')
  await completed.waitFor({ state: 'detached' })
})

test('what is pressed keeps the focus while it is stored, or when it can do no more', async ({ site }) => {
  const scene = await aClinicScene(site)
  const page = await scene.pageOf('admin')
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)
  await page.goto(`/clinic/${scene.clinic.id}/day?day=${tomorrow}`)
  const today = page.getByRole('button', { name: 'Today' })
  await today.press('Enter')
  await today.and(page.locator('[aria-disabled="true"]')).and(page.locator(':focus')).waitFor()
  await page.goto(`/clinic/${scene.clinic.id}/settings`)
  const names = page.getByRole('switch', { name: 'Calendar links name the patients' })
  await names.waitFor()
  const before = await names.isChecked()
  let stored = false
  await page.route('**/calendar-feed', async (route) => {
    if (route.request().method() !== 'GET') {
      // While it is stored, another press does nothing.
      await page.keyboard.press('Space')
      await names.and(page.locator(':focus')).waitFor()
      expect(stored).toBe(false)
      stored = true
    }
    await route.continue()
  })
  await names.press('Space')
  await names.and(page.locator('input:not([aria-disabled])')).waitFor()
  await expect.poll(() => stored).toBe(true)
  await expect.poll(() => names.isChecked()).toBe(!before)
  await names.and(page.locator(':focus')).waitFor()
})

test('stopping the bookings of a doctor, and allowing them again, keeps the focus on the button', async ({ site }) => {
  const scene = await aClinicScene(site)
  const page = await scene.pageOf('admin')
  await page.goto(`/clinic/${scene.clinic.id}/doctors`)
  const name = 'Dr Ada Lovelace'
  const button = (text: string) => page.getByRole('button', { name: `${text} bookings for ${name}` })
  await button('Stop').press('Enter')
  await page.getByText('no longer accepts new bookings', { exact: false }).waitFor()
  await button('Allow').and(page.locator(':focus')).waitFor()
  await page.keyboard.press('Enter')
  await page.getByText(`${name} accepts bookings.`).waitFor()
  await button('Stop').and(page.locator(':focus')).waitFor()
})

test.for([390, 320])(
  'on phones, the countdown does not cover what has the focus, at %d pixels',
  async (width, { site }) => {
    const practice = await aPractice(site)
    const page = await site.newPage({ viewport: { width, height: 480 } })
    await openTimes(page, practice)
    await hold(page, '9:00')
    const buttons = page.getByRole('button', { name: 'Choose another time' })
    await buttons.focus()
    const covered = () =>
      page.evaluate(() => {
        const bar = document.querySelector('[role=timer]')?.closest('div')?.getBoundingClientRect().bottom ?? 0
        return bar - (document.activeElement?.getBoundingClientRect().top ?? 0)
      })
    // Backwards, each comes into sight at the top.
    for (const field of ['Reason', 'Phone', 'E-mail', 'Full name']) {
      await page.getByLabel(field).focus()
      await expect.poll(covered, { message: field }).toBeLessThan(0)
    }
  },
)
