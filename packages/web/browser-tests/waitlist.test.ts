import { createHoldfastClient } from '@holdfast/contract/client'
import { lapseHolds } from '@holdfast/testkit'
import type { Page, Response } from 'playwright-core'
import { expect } from 'vitest'
import { aPractice, dataOf, type Practice } from './a-practice.ts'
import { copiedLink, openTimes } from './booking-steps.ts'
import { aClinicScene, giveRole, signInContext } from './clinic-scene.ts'
import { anAddress, axeFindings, type Site, sidewaysPixels, signUp, untilRead } from './harness.ts'
import type { PageOptions } from './page-pool.ts'
import { test } from './site-test.ts'

/** Pages that wait for an offer read it again every ten seconds. */
function open(site: Site, options: PageOptions = {}): Promise<Page> {
  return site.newPage({ ...options, areIntervalsShort: true })
}

/** A doctor with one time, which is booked; `ticket` is the booking's page. */
async function aFullDoctor(site: Site): Promise<{ practice: Practice; ticket: string }> {
  const practice = await aPractice(site, { slotCount: 1 })
  const slotId = practice.slots[0]?.id ?? ''
  const booking = await dataOf(site.admin.createBooking({ body: { slotId, patient: { name: 'Ada' }, confirm: true } }))
  return { practice, ticket: `/ticket#${booking.id}.${booking.manageToken}` }
}

/** The page of Sam, who becomes a member of the clinic. */
async function openAs(site: Site, { clinic }: Practice, role: 'admin' | 'staff'): Promise<Page> {
  const member = await signUp(site.url, 'Sam')
  const number = 'select no from holdfast.clinic where id = $1'
  const { rows } = await site.database.ownerPool.query<{ no: number }>(number, [clinic.id])
  await giveRole(site, { no: rows[0]?.no ?? 0 }, member, { role })
  const page = await open(site)
  await signInContext(site, page, member)
  return page
}

/** Fills in the form from a full doctor's page; ends at the entry. */
async function join(page: Page, practice: Practice, name: string): Promise<void> {
  await openTimes(page, practice)
  await page.getByRole('link', { name: 'Join the waitlist' }).click()
  await page.getByRole('heading', { level: 1, name: 'Join the waitlist' }).waitFor()
  expect(await page.getByLabel('Places').count()).toBe(0)
  await page.getByLabel('Full name').fill(name)
  await page.getByLabel('E-mail').fill(anAddress())
  await page.getByRole('button', { name: 'Join the waitlist' }).click()
  await page.getByRole('heading', { level: 1, name: 'You are on the waitlist' }).waitFor()
}

async function cancel(page: Page, ticket: string): Promise<void> {
  await page.goto(ticket)
  await page.getByRole('button', { name: 'Cancel appointment' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel appointment' }).click()
  await page.getByRole('heading', { name: 'This appointment is cancelled' }).waitFor()
}

const offered = (page: Page) => page.getByRole('heading', { level: 1, name: 'A time is held for you' })

/** Ends the open offer of the doctor's only time, and passes it on as the job does. */
async function lapse(site: Site, practice: Practice): Promise<void> {
  const id = practice.slots[0]?.id ?? ''
  const { rows } = await site.database.ownerPool.query<{ clinicNo: number }>(
    'select clinic_no as "clinicNo" from holdfast.slot where id = $1',
    [id],
  )
  expect(await lapseHolds(site.database, { clinicNo: rows[0]?.clinicNo ?? 0, id })).toBe(1)
  await site.database.appPool.query('select holdfast.expire_holds(100)')
}

test('who waits is offered what somebody else cancels, and accepts it', async ({ site }) => {
  const { practice, ticket } = await aFullDoctor(site)
  const [page, other] = await Promise.all([open(site), open(site)])
  await join(page, practice, 'Grace Hopper')
  await page.getByText('Position on the waitlist: 1').waitFor()
  expect(new URL(page.url()).hash).not.toContain('hfm_')
  await untilRead(page)
  expect(await axeFindings(page)).toEqual([])

  // The page of the entry stays open, and is not reloaded.
  await cancel(other, ticket)
  await offered(page).waitFor()
  await page.getByRole('timer', { name: 'Time left to accept:' }).waitFor()
  expect(await axeFindings(page)).toEqual([])
  await page.setViewportSize({ width: 320, height: 640 })
  expect(await sidewaysPixels(page)).toBe(0)
  // Nobody else is offered the time.
  await openTimes(other, practice)
  await other.getByText('1 person waiting').waitFor()

  await page.getByRole('button', { name: 'Accept', exact: true }).click()
  await page.getByRole('heading', { level: 1, name: 'Your appointment is confirmed' }).waitFor()
  await page.goBack()
  await page.getByRole('heading', { level: 1, name: 'You have an appointment' }).waitFor()
})

test('an offer that lapses goes to the next person', async ({ site }) => {
  const { practice, ticket } = await aFullDoctor(site)
  const [first, second, other] = await Promise.all([open(site), open(site), open(site)])
  await join(first, practice, 'First')
  await join(second, practice, 'Second')
  await second.getByText('Position on the waitlist: 2').waitFor()
  await cancel(other, ticket)
  await offered(first).waitFor()

  await lapse(site, practice)
  await offered(second).waitFor()
  await first.getByRole('heading', { level: 1, name: 'You are on the waitlist' }).waitFor()
  await first.getByRole('cell', { name: 'Not answered' }).waitFor()
  await second.getByRole('button', { name: 'Decline' }).click()
  await second.getByRole('heading', { level: 1, name: 'You are on the waitlist' }).waitFor()
  await second.getByRole('cell', { name: 'Declined' }).waitFor()
})

test('the link of the mail opens the offer, changes nothing, and accepts it with one press', async ({ site }) => {
  const { practice, ticket } = await aFullDoctor(site)
  const [page, other] = await Promise.all([open(site), open(site)])
  await join(page, practice, 'Grace Hopper')
  await cancel(other, ticket)
  await offered(page).waitFor()
  const { rows } = await site.database.ownerPool.query<{ id: string; status: string }>(
    `select id, status from holdfast.booking where waitlist_entry_id is not null and resource_id = $1`,
    [practice.doctor.id],
  )
  const id = rows[0]?.id ?? ''
  // The holder of the link sees the ticket, too. The page reads its entry again by itself.
  const isEntry = (one: Response) => /waitlist-entries\/[0-9a-f-]{36}$/.test(one.url()) && one.ok()
  const { offer } = await (await page.waitForResponse(isEntry)).json()
  const mail = await open(site)
  await mail.goto(`/offer#${id}.${offer.manageToken}`)
  await offered(mail).waitFor()
  expect(new URL(mail.url()).hash).toBe(`#${id}`)
  await untilRead(mail)
  expect(await axeFindings(mail)).toEqual([])
  const statusOf = async () =>
    (await site.database.ownerPool.query('select status from holdfast.booking where id = $1', [id])).rows[0]?.status
  expect(await statusOf()).toBe('PENDING')
  // The offer is accepted by keyboard alone.
  await mail.getByRole('button', { name: 'Accept', exact: true }).focus()
  await mail.keyboard.press('Enter')
  await mail.getByRole('heading', { level: 1, name: 'Your appointment is confirmed' }).waitFor()
  expect(await copiedLink(mail)).toContain(`${id}.hfm_`)
  await mail.goto(`/offer#${id}.${offer.manageToken}`)
  await mail.getByRole('heading', { level: 1, name: 'You have accepted this time' }).waitFor()
})

test('a guest replaces the link, which opens the entry again, and leaves; an incomplete link says so', async ({
  site,
}) => {
  const { practice } = await aFullDoctor(site)
  const page = await open(site)
  await join(page, practice, 'Grace Hopper')
  const copied = await copiedLink(page)
  expect(copied).toMatch(/\/waitlist-entry#[0-9a-f-]{36}\.hfm_/)
  await page.getByRole('button', { name: 'Replace link' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Replace link' }).click()
  const renewed = page.getByRole('dialog', { name: 'New link' })
  const address = new URL(await renewed.getByRole('textbox', { name: 'New link' }).inputValue())
  await renewed.getByRole('button', { name: 'Done' }).click()
  await page.reload()
  await page.getByText('Position on the waitlist: 1').waitFor()
  const again = await open(site)
  await again.goto(new URL(copied).pathname + new URL(copied).hash)
  await again.getByText('There is no such waitlist entry').waitFor()
  // Nothing says that there is one.
  await again.getByRole('heading', { level: 1, name: 'Your waitlist entry' }).waitFor()
  await again.goto('/')
  await again.goto(address.pathname + address.hash)
  await again.getByText('Position on the waitlist: 1').waitFor()
  await again.getByRole('button', { name: 'Leave the waitlist' }).click()
  const dialog = again.getByRole('dialog', { name: 'Leave the waitlist?' })
  await dialog.getByText('You lose your position on the waitlist.').waitFor()
  expect(await axeFindings(again)).toEqual([])
  await dialog.getByRole('button', { name: 'Leave', exact: true }).click()
  await again.getByRole('heading', { level: 1, name: 'You are no longer on the waitlist' }).waitFor()
  await again.goto('/my-waitlist')
  await again.getByText('Joined without an account?', { exact: false }).waitFor()
  await again.goto('/waitlist-entry#cut')
  await again.getByText('This link is incomplete').waitFor()
  await again.getByRole('heading', { level: 1, name: 'Your waitlist entry' }).waitFor()
})

test('wrong fields of the form are named, and the first one gets the focus', async ({ site }) => {
  const { practice } = await aFullDoctor(site)
  const page = await open(site, { viewport: { width: 320, height: 640 } })
  await page.goto(`/join-waitlist?doctorId=${practice.doctor.id}`)
  await page.getByRole('heading', { level: 1, name: 'Join the waitlist' }).waitFor()
  await page.getByRole('textbox', { name: 'Last day' }).fill('2020-01-01')
  await page.getByRole('button', { name: 'Join the waitlist' }).click()
  await page.getByText('This day is past.').waitFor()
  await page.getByText('Enter the name of the patient.').waitFor()
  await page.getByText('Enter an e-mail address', { exact: false }).waitFor()
  await page.getByRole('textbox', { name: 'Last day' }).and(page.locator(':focus')).waitFor()
  await untilRead(page)
  expect(await axeFindings(page)).toEqual([])
  expect(await sidewaysPixels(page)).toBe(0)
})

test('an account has its entries in a list, and opens an offer from there', async ({ site }) => {
  const { practice, ticket } = await aFullDoctor(site)
  const [page, other] = await Promise.all([open(site), open(site)])
  await signInContext(site, page, await signUp(site.url, 'Ada Lovelace'))
  await page.goto(`/join-waitlist?doctorId=${practice.doctor.id}`)
  // The form is shown once the account is known.
  expect(await page.getByLabel('Full name').inputValue()).toBe('Ada Lovelace')
  await page.getByRole('radio', { name: /^Any doctor of/ }).check()
  await page.getByRole('button', { name: 'Join the waitlist' }).click()
  await page.getByRole('heading', { level: 1, name: 'You are on the waitlist' }).waitFor()
  expect(await page.getByRole('button', { name: 'Copy link' }).count()).toBe(0)
  await page.goto('/my-bookings')
  await page.getByRole('link', { name: 'My waitlist entries' }).click()
  await page.getByRole('heading', { level: 2, name: 'Any doctor: General practice' }).waitFor()
  await untilRead(page)
  expect(await axeFindings(page)).toEqual([])
  await cancel(other, ticket)
  await page.getByRole('link', { name: 'See the offer' }).click()
  await offered(page).waitFor()
  await page.getByRole('button', { name: 'Accept', exact: true }).click()
  await page.getByRole('heading', { level: 1, name: 'Your appointment is confirmed' }).waitFor()
})

test('an open offer among one’s bookings is accepted or declined, and not moved', async ({ site }) => {
  const { practice, ticket } = await aFullDoctor(site)
  const [page, other] = await Promise.all([open(site), open(site)])
  await signInContext(site, page, await signUp(site.url, 'Ada Lovelace'))
  await page.goto(`/join-waitlist?doctorId=${practice.doctor.id}`)
  await page.getByRole('button', { name: 'Join the waitlist' }).click()
  await page.getByRole('heading', { level: 1, name: 'You are on the waitlist' }).waitFor()
  await cancel(other, ticket)
  await offered(page).waitFor()

  await page.goto('/my-bookings')
  await page.getByRole('link', { name: /^Accept or decline: / }).waitFor()
  expect(await page.getByRole('link', { name: /^Move/ }).count()).toBe(0)
  expect(await page.getByRole('button', { name: /^Cancel/ }).count()).toBe(0)
  await page.getByRole('link', { name: /^Open ticket/ }).click()
  await page.getByRole('link', { name: 'Accept or decline' }).waitFor()
  expect(await page.getByRole('button', { name: /^Move/ }).count()).toBe(0)
  expect(await page.getByRole('button', { name: /^Cancel/ }).count()).toBe(0)
  await page.getByRole('link', { name: 'Accept or decline' }).click()
  await offered(page).waitFor()
})

test('the page of an offer says that the clinic has removed the patient from the waitlist', async ({ site }) => {
  const { practice, ticket } = await aFullDoctor(site)
  const [page, other] = await Promise.all([open(site), open(site)])
  await join(page, practice, 'Grace Hopper')
  const [, entryId = '', auth = ''] = /#([0-9a-f-]{36})\.(hfm_.+)$/.exec(await copiedLink(page)) ?? []
  await cancel(other, ticket)
  await offered(page).waitFor()
  const path = { entryId }
  const guest = createHoldfastClient({ baseUrl: site.url })
  const { offer } = await dataOf(guest.getWaitlistEntry({ path, auth }))
  expect((await site.admin.leaveWaitlist({ path })).response?.status).toBe(204)
  await page.goto(`/offer#${offer?.booking.id}.${offer?.manageToken}`)
  await page.getByRole('heading', { level: 1, name: 'The clinic removed you from the waitlist' }).waitFor()
  await page.getByText('nothing more will be offered to you', { exact: false }).waitFor()
})

test('a search shows the waitlist of a doctor without free times', async ({ site }) => {
  const { practice } = await aFullDoctor(site)
  await dataOf(site.admin.updateDoctor({ path: { doctorId: practice.doctor.id }, body: { name: 'Dr Nothing Free' } }))
  const page = await open(site)
  await page.goto(`/?clinicId=${practice.clinic.id}&q=Nothing+Free`)
  await page.getByRole('link', { name: 'Join the waitlist for Dr Nothing Free' }).click()
  await page.getByRole('radio', { name: /^Only .*Dr Nothing Free/ }).waitFor()
})

test('staff add a patient with an urgency, filter the list, see what was offered, and remove an entry', async ({
  site,
}) => {
  const { practice, ticket } = await aFullDoctor(site)
  const scene = await aClinicScene(site)
  const page = await openAs(site, practice, 'staff')
  const patient = await open(site)
  await join(patient, practice, 'Patient First')

  await page.goto(`/clinic/${practice.clinic.id}/waitlist`)
  await page.getByRole('heading', { level: 1, name: 'Waitlist' }).waitFor()
  await page.getByRole('row').filter({ hasText: 'Patient First' }).waitFor()
  await page.getByRole('link', { name: 'Add a patient' }).click()
  await page.getByRole('heading', { level: 1, name: 'Add to the waitlist' }).waitFor()
  await untilRead(page)
  expect(await axeFindings(page)).toEqual([])
  await page.getByLabel('Urgency').selectOption('Urgent')
  await page.getByLabel('Full name').fill('Pia Urgent')
  await page.getByLabel('Phone').fill('+44 1632 960001')
  await page.getByRole('button', { name: 'Add to the waitlist' }).click()
  const urgent = page.getByRole('row').filter({ hasText: 'Pia Urgent' })
  await urgent.filter({ hasText: 'Urgent' }).getByRole('cell', { name: '1', exact: true }).waitFor()
  await urgent.getByText(/^added by .*Sam/).waitFor()
  expect(await axeFindings(page)).toEqual([])

  // Once more by mistake.
  await page.getByRole('link', { name: 'Add a patient' }).click()
  await page.getByLabel('Full name').fill('pia urgent')
  await page.getByLabel('Phone').fill('+44 1632 960001')
  await page.getByRole('button', { name: 'Add to the waitlist' }).click()
  const twice = page.getByRole('alert').filter({ hasText: 'is on the waitlist already' })
  await twice.waitFor()
  expect(await axeFindings(page)).toEqual([])
  await twice.getByRole('link', { name: 'See the waitlist' }).click()
  await urgent.waitFor()
  await page.getByLabel('Status').selectOption('Waiting')

  await cancel(await open(site), ticket)
  // A patient with an offer stays in the list that is shown first, with the number to call if no e-mail went out.
  await page.getByLabel('Status').selectOption('Waiting or offered')
  await urgent.getByText(/^until /).waitFor()
  await urgent.getByText('Not notified yet: call').filter({ hasText: '+44 1632 960001' }).waitFor()
  await page.getByRole('row').filter({ hasText: 'Patient First' }).waitFor()
  expect(await axeFindings(page)).toEqual([])
  await page.getByLabel('Status').selectOption('Offered')
  await urgent.waitFor()
  await page.getByRole('row').filter({ hasText: 'Patient First' }).waitFor({ state: 'detached' })
  await urgent.getByRole('button', { name: 'Offers to Pia Urgent' }).click()
  const dialog = page.getByRole('dialog', { name: /^Offers to/ })
  await dialog.getByRole('columnheader', { name: 'Position on the waitlist' }).waitFor()
  await dialog.getByRole('cell', { name: '1', exact: true }).waitFor()
  await dialog.getByRole('cell', { name: 'Not answered yet', exact: true }).waitFor()
  await dialog.getByRole('link', { name: /^Open the booking/ }).waitFor()
  expect(await axeFindings(page)).toEqual([])
  await page.keyboard.press('Escape')
  await urgent.getByRole('button', { name: 'Remove Pia Urgent' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click()
  await urgent.waitFor({ state: 'detached' })
  // The place goes to the next patient.
  await offered(patient).waitFor()
  await page.setViewportSize({ width: 320, height: 640 })
  await untilRead(page)
  expect(await sidewaysPixels(page)).toBe(0)

  const stranger = await scene.pageOf('staff')
  await stranger.goto(`/clinic/${practice.clinic.id}/waitlist`)
  await stranger.getByRole('alert').waitFor()
})

test('whoever adds a patient while times are free reads that, and whom to call', async ({ site }) => {
  const practice = await aPractice(site, { slotCount: 1 })
  const page = await openAs(site, practice, 'staff')
  await page.goto(`/clinic/${practice.clinic.id}/waitlist/add`)
  await page.getByLabel('Full name').fill('Kim Called')
  await page.getByLabel('Phone').fill('+44 1632 960002')
  await page.getByRole('button', { name: 'Add to the waitlist' }).click()
  await page.getByText('is on the waitlist. Times that fit are free now.').waitFor()
  await page.getByText('Times are free: call \u2066+44 1632 960002\u2069').waitFor()
})

test('an admin who stops bookings sees who waits, and the entry says that it is paused', async ({ site }) => {
  const { practice, ticket } = await aFullDoctor(site)
  const patient = await open(site)
  await join(patient, practice, 'Patient Waits')
  await cancel(await open(site), ticket)
  await offered(patient).waitFor()

  const page = await openAs(site, practice, 'admin')
  await page.goto(`/clinic/${practice.clinic.id}/doctors`)
  await page.getByRole('button', { name: /^Stop bookings for/ }).click()
  const dialog = page.getByRole('dialog', { name: /^Stop bookings for/ })
  await dialog.getByText('1 person is waiting for a time here.').waitFor()
  expect(await axeFindings(page)).toEqual([])
  await dialog.getByRole('button', { name: 'Go back' }).click()
  await page.getByRole('button', { name: /^Stop bookings for/ }).click()
  await dialog.getByRole('button', { name: 'Stop bookings' }).click()
  await page.getByRole('button', { name: /^Allow bookings for/ }).waitFor()

  await patient.getByRole('heading', { level: 1, name: 'Your position on the waitlist is paused' }).waitFor()
  await patient.getByText('Withdrawn by the clinic').waitFor()
  await page.getByRole('button', { name: /^Allow bookings for/ }).click()
  await offered(patient).waitFor()
})

test.for(['de-DE', 'ar-EG'])('in %s the pages have their texts and fit on a phone', async (locale, { site }) => {
  const { practice } = await aFullDoctor(site)
  const today = Temporal.Now.plainDateISO('UTC')
  const [from, to] = [today.toString(), today.add({ days: 60 }).toString()]
  const joined = await dataOf(
    site.admin.createWaitlistEntry({
      body: {
        clinicId: practice.clinic.id,
        doctorId: practice.doctor.id,
        from,
        to,
        weekdays: [1, 2, 3, 4, 5, 6, 7],
        timeFrom: '06:00',
        timeTo: '20:00',
        patient: { name: 'Grace' },
      },
    }),
  )
  const page = await open(site, { locale, viewport: { width: 320, height: 640 } })
  const entry = `/waitlist-entry#${joined.id}.${joined.manageToken}`
  for (const path of [`/join-waitlist?doctorId=${practice.doctor.id}`, entry, '/offer#cut', '/my-waitlist']) {
    await page.goto(path)
    await page.getByRole('heading', { level: 1 }).waitFor()
    await untilRead(page)
    expect(await page.locator('html').getAttribute('dir')).toBe(locale.startsWith('ar') ? 'rtl' : 'ltr')
    expect(await sidewaysPixels(page), path).toBe(0)
    expect(await axeFindings(page), path).toEqual([])
    expect(await page.locator('body').innerText(), path).not.toMatch(/\b[a-z]+\.[a-z]+[A-Z]\w*\b|{{/)
  }
})
