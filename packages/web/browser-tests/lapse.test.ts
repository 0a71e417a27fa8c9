// Guarantee: a hold ends when its page says so
import { lapseHolds } from '@holdfast/testkit'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { aDoctorWithTimes, aPractice, dataOf } from './a-practice.ts'
import { confirm, hold, openTimes } from './booking-steps.ts'
import type { Site } from './harness.ts'
import { test } from './site-test.ts'

const secondsOf = (clock: string) => {
  const [minutes = '0', seconds = '0'] = clock.split(':')
  return Number(minutes) * 60 + Number(seconds)
}

/** How far the page's estimate of the server's clock may be off: a second, and half of a response's time. */
const clocksAgreeSeconds = 5

/** How long the doctor's only hold still lasts, by the database's clock. */
async function secondsLeft(site: Site, doctorId: string): Promise<number> {
  const { rows } = await site.database.ownerPool.query<{ seconds: number }>(
    `select extract(epoch from hold_expires_at - clock_timestamp())::float8 as seconds
       from holdfast.booking where resource_id = $1 and status = 'PENDING'`,
    [doctorId],
  )
  return rows[0]?.seconds ?? Number.NaN
}

/** Ends a hold now: for the database by moving its end into the past, for the page by moving its clock forward. */
async function endHold(site: Site, page: Page, doctorId: string): Promise<void> {
  const seconds = await secondsLeft(site, doctorId)
  const { rows } = await site.database.ownerPool.query<{ clinicNo: number; id: string }>(
    `select clinic_no as "clinicNo", slot_id as id from holdfast.booking where resource_id = $1 and status = 'PENDING'`,
    [doctorId],
  )
  expect(await Promise.all(rows.map((slot) => lapseHolds(site.database, slot)))).toEqual([1])
  expect(await page.getByRole('heading', { name: 'This time is held for you' }).count()).toBe(1)
  await page.clock.fastForward((Math.ceil(seconds) + clocksAgreeSeconds) * 1_000)
}

test('a hold counts down by the server’s clock, is extended while allowed, expires, and is held again', async ({
  site,
}) => {
  const practice = await aPractice(site, { holdSeconds: 30, holdExtensionsMax: 2 })
  // This user's clock is two hours off.
  const page = await site.newPage({ isNewContext: true })
  await page.clock.install({ time: Date.now() + 7_200_000 })
  await openTimes(page, practice)
  await hold(page, '9:00')
  const clock = page.getByRole('timer')
  const expectShown = async () => {
    const before = await secondsLeft(site, practice.doctor.id)
    const shown = secondsOf(await clock.innerText())
    const after = await secondsLeft(site, practice.doctor.id)
    expect(shown).toBeLessThanOrEqual(before + clocksAgreeSeconds)
    expect(shown).toBeGreaterThanOrEqual(after - clocksAgreeSeconds)
  }
  await expectShown()
  const focused = () => page.evaluate(() => document.activeElement?.textContent)
  await page.getByRole('button', { name: 'I need more time' }).click()
  await clock.and(page.getByText(/^(0:[345]\d|1:0\d)$/)).waitFor()
  expect(await focused()).toBe('I need more time')
  // Each extension is announced by another text.
  await page.getByText(/^More time was added: (1 minute )?\d+ seconds? left\.$/).waitFor()
  await page.getByRole('button', { name: 'I need more time' }).click()
  const last = page.getByRole('button', { name: 'No more time can be added' })
  await last.waitFor()
  await page.getByText(/^More time was added: .+ left\. No more time can be added$/).waitFor()
  // It keeps the focus, and adds nothing.
  expect(await focused()).toBe('No more time can be added')
  await page.keyboard.press('Enter')
  await expectShown()
  const extended = `select count(*)::int as times from holdfast.booking_event
                     where resource_id = $1 and type = 'extended'`
  expect((await site.database.ownerPool.query(extended, [practice.doctor.id])).rows).toEqual([{ times: 2 }])
  // The page's clock runs.
  const shownFirst = secondsOf(await clock.innerText())
  await expect.poll(async () => secondsOf(await clock.innerText())).toBeLessThan(shownFirst)
  await expectShown()
  await page.getByLabel('Full name').fill('Grace Hopper')
  await endHold(site, page, practice.doctor.id)
  await page.getByRole('heading', { name: 'Your hold has expired' }).waitFor()
  await page.getByRole('button', { name: 'Hold this time again' }).click()
  await page.getByRole('heading', { name: 'This time is held for you' }).waitFor()
  await expect.poll(() => page.getByLabel('Full name').inputValue()).toBe('Grace Hopper')
  await confirm(page, 'Grace Hopper')
})

test('when somebody else took the slot after the hold expired, the nearest are offered, also another doctor’s', async ({
  site,
}) => {
  const practice = await aPractice(site, { slotCount: 1 })
  const other = await aDoctorWithTimes(site, practice.clinic, { doctorName: 'Dr Other', slotCount: 2 })
  const page = await site.newPage({ isNewContext: true })
  await page.clock.install()
  await openTimes(page, practice)
  await hold(page, '9:00')
  await endHold(site, page, practice.doctor.id)
  await page.getByRole('heading', { name: 'Your hold has expired' }).waitFor()
  await dataOf(
    site.admin.createBooking({
      body: { slotId: practice.slots[0]?.id ?? '', patient: { name: 'Somebody' }, confirm: true },
    }),
  )
  await page.getByRole('button', { name: 'Hold this time again' }).click()
  await page.getByRole('heading', { name: 'That time has just gone' }).waitFor()
  await page
    .getByRole('button', { name: /with Dr Other/ })
    .first()
    .click()
  await page.waitForURL(`**/doctors/${other.doctor.id}**`)
  await page.getByRole('heading', { name: 'This time is held for you' }).waitFor()
  await confirm(page, 'Grace Hopper')
  await page.getByText(/Dr Other.?, General practice/).waitFor()
})

test('the time left is announced at 60, 30 and 10 seconds, and on a phone the countdown stays in sight', async ({
  site,
}) => {
  const practice = await aPractice(site, { holdSeconds: 120 })
  const page = await site.newPage({ viewport: { width: 390, height: 500 } })
  await openTimes(page, practice)
  await hold(page, '9:00')
  const announced = (seconds: number) =>
    page.getByRole('status').filter({ hasText: `${seconds} seconds left to confirm. You can ask for more time.` })
  expect(await announced(60).count()).toBe(0)
  let left = 0
  // Each time it is read, the hold has this long left, however long the test takes.
  await page.route('**/api/v1/bookings/*', async (route) => {
    const response = await route.fetch()
    const booking = await response.json()
    await route.fulfill({
      response,
      json: { ...booking, holdExpiresAt: new Date(Date.now() + left * 1_000).toISOString() },
    })
  })
  for (const seconds of [60, 30, 10]) {
    left = seconds - 1
    await page.reload()
    await announced(seconds).waitFor()
  }
  left = 60
  await page.reload()
  await page.getByLabel('Reason for the appointment').scrollIntoViewIfNeeded()
  const top = await page.getByRole('timer').evaluate((timer) => timer.getBoundingClientRect().top)
  expect(top).toBeGreaterThanOrEqual(0)
  expect(top).toBeLessThan(500)
})
