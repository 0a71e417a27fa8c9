// Nightly: the pages of a stopped doctor in all languages
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { aDoctorWithTimes, aPractice, dataOf, type Practice } from './a-practice.ts'
import { confirm, copiedLink, hold, openTimes, timeOf } from './booking-steps.ts'
import { signInContext } from './clinic-scene.ts'
import { axeFindings, type Site, sidewaysPixels, signUp, untilRead } from './harness.ts'
import { test } from './site-test.ts'

const phone = { width: 390, height: 844 }
const noBookings = (page: Page, name = 'Dr Amara Okafor') =>
  page.getByText(`${name}\u2069 takes no bookings at present.`)

async function setActive(site: Site, { doctor }: Pick<Practice, 'doctor'>, active: boolean): Promise<void> {
  await dataOf(site.admin.updateDoctor({ path: { doctorId: doctor.id }, body: { active } }))
}

/** A guest's booking at 9:00, whose doctor takes no bookings any more, and the link of its ticket. */
async function aStoppedTicket(site: Site, practice: Practice): Promise<URL> {
  const page = await site.newPage()
  await openTimes(page, practice)
  await hold(page, '9:00')
  await confirm(page, 'Grace Hopper')
  const link = new URL(await copiedLink(page))
  await setActive(site, practice, false)
  return link
}

async function statusOf(site: Site, link: URL): Promise<string | undefined> {
  const id = link.hash.slice(1).split('.')[0]
  const { rows } = await site.database.ownerPool.query<{ status: string }>(
    'select status from holdfast.booking where id = $1',
    [id],
  )
  return rows[0]?.status
}

test('a guest whose doctor’s bookings are stopped has the whole ticket, and the buttons of the reminder', async ({
  site,
}) => {
  const link = await aStoppedTicket(site, await aPractice(site))
  const page = await site.newPage({ viewport: phone })
  await page.goto(link.href)
  await page.getByRole('heading', { level: 1, name: 'Your appointment is confirmed' }).waitFor()
  const ticket = page.getByRole('article', { name: 'Your ticket' })
  await ticket.getByText('9:00', { exact: false }).first().waitFor()
  await ticket.getByText('Dr Amara Okafor', { exact: false }).waitFor()
  await ticket.getByText('Harbour Street Practice', { exact: true }).waitFor()
  const download = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Add to calendar' }).click()
  expect((await download).suggestedFilename()).toMatch(/\.ics$/)
  await untilRead(page)
  expect(await axeFindings(page)).toEqual([])
  expect(await page.getByRole('alert').count()).toBe(0)

  const coming = await site.newPage()
  await coming.goto(`${link.pathname}?attend=true${link.hash}`)
  const question = coming.getByRole('region', { name: 'Confirm that you are coming' })
  await question.getByRole('button', { name: 'I am coming' }).click()
  await coming.getByText('You have confirmed that you are coming.').waitFor()

  const cancelling = await site.newPage()
  await cancelling.goto(`${link.pathname}?cancel=true${link.hash}`)
  const dialog = cancelling.getByRole('dialog', { name: 'Cancel this appointment?' })
  await dialog.getByRole('button', { name: 'Cancel appointment' }).click()
  await cancelling.getByRole('heading', { level: 1, name: 'This appointment is cancelled' }).waitFor()
  expect(await statusOf(site, link)).toBe('CANCELLED')
  await cancelling.getByRole('link', { name: 'Book again' }).click()
  await noBookings(cancelling).waitFor()
})

test('an account’s booking names the doctor whose bookings are stopped, and opens the ticket', async ({ site }) => {
  const practice = await aPractice(site)
  const page = await site.newPage()
  await signInContext(site, page, await signUp(site.url, 'Grace Hopper'))
  await openTimes(page, practice)
  await hold(page, '9:00')
  await confirm(page, 'Grace Hopper')
  await setActive(site, practice, false)
  await page.goto('/my-bookings')
  const booking = page.getByRole('listitem').filter({ hasText: 'Harbour Street Practice' })
  await booking.getByText('Dr Amara Okafor', { exact: false }).waitFor()
  await booking.getByRole('link', { name: /^Open ticket|^Open/ }).click()
  await page.getByRole('heading', { level: 1, name: 'Your appointment is confirmed' }).waitFor()
  await page.getByText('Dr Amara Okafor', { exact: false }).waitFor()
})

test('a booking of a stopped doctor is moved to a colleague, for good', async ({ site }) => {
  const practice = await aPractice(site)
  await aDoctorWithTimes(site, practice.clinic, { doctorName: 'Dr By Video', appointmentTypes: ['video'] })
  await aDoctorWithTimes(site, practice.clinic, { doctorName: 'Dr Colleague' })
  const link = await aStoppedTicket(site, practice)
  const page = await site.newPage({ viewport: phone })
  await page.goto(`${link.pathname}?move=true${link.hash}`)
  await noBookings(page).and(page.locator(':focus')).waitFor()
  await page.getByText('you can move it to a colleague', { exact: false }).waitFor()
  const colleague = page.getByLabel('Colleague')
  // Nobody is chosen, and nobody who does not offer the visit's type can be.
  expect(await colleague.locator('option').allTextContents()).toEqual([
    'Choose a colleague',
    expect.stringContaining('Dr Colleague'),
  ])
  expect(await timeOf(page, '9:15').count()).toBe(0)
  await untilRead(page)
  expect(await axeFindings(page)).toEqual([])
  expect(await sidewaysPixels(page)).toBe(0)

  await colleague.selectOption({ index: 1 })
  await timeOf(page, '9:15').click()
  await page.getByText(/^From .* to .*9:15.*, with .*Dr Colleague/).waitFor()
  await page.getByRole('button', { name: 'Move appointment' }).click()
  await page.getByRole('heading', { level: 1, name: 'Your appointment was moved' }).waitFor()
  await page.getByText(/^Moved to .*9:15.*, with .*Dr Colleague/).waitFor()
  await page.getByRole('article', { name: 'Your ticket' }).getByText('Dr Colleague', { exact: false }).waitFor()
  expect(await page.getByRole('button', { name: 'Undo' }).count()).toBe(0)
})

test('without a colleague, the ticket of a stopped doctor says whom to call about another time', async ({ site }) => {
  const link = await aStoppedTicket(site, await aPractice(site))
  const page = await site.newPage()
  await page.goto(link.href)
  await page.getByRole('button', { name: 'Move to another time' }).click()
  await page.getByText('If you need another time, please contact', { exact: false }).waitFor()
  await page.getByRole('link', { name: /^Call .*960 471/ }).waitFor()
  expect(await page.getByLabel('Colleague').count()).toBe(0)
  expect(await page.getByRole('alert').count()).toBe(0)
  await page.getByRole('button', { name: 'Keep my time' }).click()
  await page.getByRole('heading', { level: 1, name: 'Your appointment is confirmed' }).waitFor()
})

test('the page of a stopped doctor names the clinic, its phone and colleagues; no search finds the doctor', async ({
  site,
}) => {
  const practice = await aPractice(site, { doctorName: 'Dr Quentin Quiet' })
  await aDoctorWithTimes(site, practice.clinic, { doctorName: 'Dr Colleague' })
  await setActive(site, practice, false)
  const page = await site.newPage({ viewport: phone })
  await page.goto(`/doctors/${practice.doctor.id}?from=2026-01-05`)
  await page.getByRole('heading', { level: 1, name: 'Dr Quentin Quiet' }).waitFor()
  await noBookings(page, 'Dr Quentin Quiet').waitFor()
  await page.getByText('Harbour Street Practice', { exact: false }).first().waitFor()
  await page.getByRole('link', { name: /^Call .*960 471/ }).waitFor()
  await page.getByRole('link', { name: 'Other doctors of this clinic' }).waitFor()
  await page.getByText(/^Next free: /).waitFor()
  await untilRead(page)
  expect(await page.getByRole('alert').count()).toBe(0)
  expect(await page.locator('[data-slot]').count()).toBe(0)
  expect(await axeFindings(page)).toEqual([])
  expect(await sidewaysPixels(page)).toBe(0)

  await page.getByRole('link', { name: 'Join the waitlist for this specialisation' }).click()
  await page.getByText('You can wait for any doctor of', { exact: false }).waitFor()
  expect(await page.getByRole('radio').count()).toBe(0)
  expect(await axeFindings(page)).toEqual([])
  await page.getByLabel('Full name').fill('Grace Hopper')
  await page.getByLabel('E-mail').fill('grace@example.org')
  await page
    .getByRole('textbox', { name: 'Last day' })
    .fill(Temporal.Now.plainDateISO('UTC').add({ days: 1 }).toString())
  await page.getByRole('button', { name: 'Join the waitlist' }).click()
  await page.getByText('Any doctor: General practice').waitFor()

  await page.goto('/?q=Quentin+Quiet')
  await page.getByRole('heading', { level: 1 }).waitFor()
  await untilRead(page)
  expect(await page.getByRole('link', { name: 'Dr Quentin Quiet' }).count()).toBe(0)
  await page.goto(`/doctors/${practice.doctor.id}`)
  await page.getByRole('link', { name: 'Dr Colleague' }).click()
  await timeOf(page, '9:00').waitFor()

  await setActive(site, practice, true)
  await openTimes(page, practice)
  await timeOf(page, '9:00').waitFor()
})

test('nobody joins the waitlist of a stopped doctor without colleagues', async ({ site }) => {
  const practice = await aPractice(site)
  await setActive(site, practice, false)
  const page = await site.newPage()
  await page.goto(`/doctors/${practice.doctor.id}`)
  await noBookings(page).waitFor()
  await untilRead(page)
  expect(await page.getByRole('link', { name: /waitlist/ }).count()).toBe(0)
  await page.goto(`/join-waitlist?doctorId=${practice.doctor.id}`)
  await page.getByText(/^Nobody else of .* with this specialisation takes bookings either/).waitFor()
  expect(await page.getByLabel('Full name').count()).toBe(0)
  expect(await axeFindings(page)).toEqual([])
})

test('a paused entry says whom it is for, on its page and in the account’s list', async ({ site }) => {
  const practice = await aPractice(site, { slotCount: 1 })
  const slotId = practice.slots[0]?.id ?? ''
  await dataOf(site.admin.createBooking({ body: { slotId, patient: { name: 'Ada' }, confirm: true } }))
  const page = await site.newPage()
  await signInContext(site, page, await signUp(site.url, 'Grace Hopper'))
  await page.goto(`/join-waitlist?doctorId=${practice.doctor.id}`)
  await page.getByRole('button', { name: 'Join the waitlist' }).click()
  await page.getByRole('heading', { level: 1, name: 'You are on the waitlist' }).waitFor()
  await setActive(site, practice, false)
  await page.reload()
  await page.getByRole('heading', { level: 1, name: 'Your position on the waitlist is paused' }).waitFor()
  await page.getByText('Dr Amara Okafor', { exact: false }).waitFor()
  await page.goto('/my-waitlist')
  await page.getByRole('heading', { level: 2, name: /Dr Amara Okafor/ }).waitFor()
  await page.getByText('Paused', { exact: true }).waitFor()
})

test.for(['de-DE', 'ar-EG'])(
  'in %s the pages of a stopped doctor have their texts and fit on a phone',
  async (locale, { site }) => {
    const practice = await aPractice(site)
    await aDoctorWithTimes(site, practice.clinic, { doctorName: 'Dr Colleague' })
    const link = await aStoppedTicket(site, practice)
    const page = await site.newPage({ locale, viewport: { width: 320, height: 640 } })
    for (const path of [
      `/doctors/${practice.doctor.id}`,
      `/join-waitlist?doctorId=${practice.doctor.id}`,
      `${link.pathname}?move=true${link.hash}`,
    ]) {
      await page.goto(path)
      await page.getByText(/nimmt derzeit keine Buchungen an|متوقف حاليًا/).waitFor()
      await untilRead(page)
      expect(await sidewaysPixels(page), path).toBe(0)
      expect(await axeFindings(page), path).toEqual([])
      expect(await page.locator('body').innerText(), path).not.toMatch(/\b[a-z]+\.[a-z]+[A-Z]\w*\b|{{/)
    }
  },
)
