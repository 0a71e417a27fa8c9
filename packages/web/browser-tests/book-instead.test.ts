import { type MailServer, until } from '@holdfast/testkit'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { aPractice, dataOf } from './a-practice.ts'
import { anAddress, expectReadable, type Site, sidewaysPixels, untilDrawn, untilRead } from './harness.ts'
import { arrivesWithinMs, mailTest as test } from './mail-test.ts'

const patient = { name: 'Grace Hopper', phone: '+44 1632 960 471' }
const reason = 'A cough since Sunday'

type Withdrawn = { booking: { id: string; manageToken: string }; email: string; link: string }

/** A guest's booking that the clinic withdraws. `link`: of the e-mail about that, to the first other time. */
async function aWithdrawnBooking(site: Site, mails: MailServer, language: 'en' | 'de' | 'ar'): Promise<Withdrawn> {
  const practice = await aPractice(site, { slotCount: 3 })
  const [slot] = practice.slots
  if (slot === undefined) throw new Error('The practice has no times.')
  const email = anAddress()
  const guest = await fetch(`${site.url}/api/v1/bookings`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ slotId: slot.id, patient: { ...patient, email, language }, reason, confirm: true }),
  })
  expect(guest.status).toBe(201)
  const booking = await guest.json()
  await dataOf(site.admin.withdrawSlot({ path: { slotId: slot.id }, query: { withBookings: true } }))
  return { booking, email, link: await linkToTime(mails, email) }
}

/** The part after the host of the first link to a time in an e-mail to this address, once there is one. */
function linkToTime({ mails }: MailServer, to: string): Promise<string> {
  return until(
    async () =>
      mails
        .filter(({ recipients }) => recipients.includes(to))
        .map(({ text }) => /https?:\/\/[^/\s]+(\/doctors\/\S+&slot=\S+)/.exec(text ?? '')?.[1])
        .find((link) => link !== undefined),
    () => `an e-mail to ${to} with a link to a time`,
    arrivesWithinMs,
  )
}

const book = (page: Page) => page.getByRole('button', { name: 'Book this time' })
const filledIn = (page: Page) =>
  page.getByText('are taken from the appointment that cannot take place', { exact: false })

async function detailsOn(page: Page): Promise<string[]> {
  const labels = ['Full name', 'E-mail', 'Phone', 'Reason for the appointment']
  return Promise.all(labels.map((label) => page.getByLabel(label).first().inputValue()))
}

test('a withdrawn time: the e-mail leads to another one, which one press holds and one confirms', async ({
  site,
  mails,
}) => {
  const { email, link } = await aWithdrawnBooking(site, mails, 'en')
  const page = await site.newPage({ viewport: { width: 320, height: 640 } })
  const addresses: string[] = []
  page.on('request', (request) => addresses.push(request.url()))
  await page.goto(link)
  await filledIn(page).waitFor()
  expect(new URL(page.url()).hash).toBe('')
  await untilRead(page)
  await expectReadable(page)
  await book(page).click()
  await page.getByRole('heading', { name: 'This time is held for you' }).waitFor()
  expect(await detailsOn(page)).toEqual([patient.name, email, patient.phone, reason])
  await page.getByRole('button', { name: 'Confirm appointment' }).click()
  await page.getByRole('heading', { name: 'Your appointment is confirmed' }).waitFor()
  const { rows } = await site.database.ownerPool.query(
    `select patient, reason from holdfast.booking where status = 'CONFIRMED' and patient ->> 'email' = $1`,
    [email],
  )
  expect(rows).toMatchObject([{ patient: { ...patient, email }, reason }])
  // The page itself is opened with the fragment, which browsers do not send.
  expect(decodeURIComponent(addresses.join(' ').replaceAll(/#\S*/g, ''))).not.toMatch(/hfm_|Grace|example\.org|1632/)
})

test('where the time is gone, another one is booked with the same details, also after a reload', async ({
  site,
  mails,
}) => {
  const { booking, email, link } = await aWithdrawnBooking(site, mails, 'en')
  const slotId = /slot=([0-9a-f-]+)/.exec(link)?.[1] ?? ''
  const other = { name: 'Ada', email: anAddress() }
  await dataOf(site.admin.createBooking({ body: { slotId, patient: other, confirm: true } }))
  const page = await site.open(link)
  await page.getByText('The time in the e-mail is no longer free.', { exact: false }).waitFor()
  expect(await book(page).count()).toBe(0)
  expect(await filledIn(page).count()).toBe(1)
  // Looks at another week, which changes the address.
  await page.getByRole('button', { name: 'Next week' }).click()
  await page.getByRole('button', { name: 'Previous week' }).click()
  const read = page.waitForResponse((response) => response.url().includes(`/api/v1/bookings/${booking.id}`))
  await page.reload()
  await (await read).finished()
  await untilDrawn(page)
  await page.getByRole('button', { name: /^0?9:30\b/ }).click()
  await page.getByRole('heading', { name: 'This time is held for you' }).waitFor()
  expect(await detailsOn(page)).toEqual([patient.name, email, patient.phone, reason])
})

test('if a link was replaced, or its patient erased, the time is booked with details that are typed', async ({
  site,
  mails,
}) => {
  const { booking, link } = await aWithdrawnBooking(site, mails, 'en')
  const replaced = await fetch(`${site.url}/api/v1/bookings/${booking.id}/manage-token`, {
    method: 'POST',
    headers: { authorization: `Bearer ${booking.manageToken}` },
  })
  expect(replaced.status).toBe(200)
  const { manageToken } = await replaced.json()
  const opened = async (fragment: string) => {
    const page = await site.newPage()
    await page.goto(link.replace(/#.*$/, fragment))
    await book(page).waitFor()
    return page
  }
  const renewed = `#${booking.id}.${manageToken}`
  // The control: the new token.
  expect(await filledIn(await opened(renewed)).count()).toBe(1)
  const page = await opened(link.replace(/^[^#]*/, ''))
  expect(await filledIn(page).count()).toBe(0)
  await dataOf(site.admin.erasePatient({ path: { bookingId: booking.id } }))
  expect(await filledIn(await opened(renewed)).count()).toBe(0)
  await book(page).click()
  await page.getByRole('heading', { name: 'This time is held for you' }).waitFor()
  expect(await detailsOn(page)).toEqual(['', '', '', ''])
})

test('the ticket of a withdrawn time leads to others, which are booked with the same details', async ({
  site,
  mails,
}) => {
  const { booking, email } = await aWithdrawnBooking(site, mails, 'en')
  const page = await site.open(`/ticket#${booking.id}.${booking.manageToken}`)
  await page.getByRole('link', { name: 'Book again' }).click()
  await page.getByRole('button', { name: /^0?9:30\b/ }).click()
  await page.getByRole('heading', { name: 'This time is held for you' }).waitFor()
  expect(new URL(page.url()).hash).toBe('')
  expect(await detailsOn(page)).toEqual([patient.name, email, patient.phone, reason])
})

test.for([
  ['de', 'Diese Zeit buchen', 'Name, Kontakt und Grund werden aus dem Termin übernommen'],
  ['ar', 'احجز هذا الوقت', 'يُؤخذ اسمك وبيانات الاتصال والسبب من الموعد'],
] as const)('in %s the page says that the details are filled in', async ([locale, button, text], { site, mails }) => {
  const { email, link } = await aWithdrawnBooking(site, mails, locale)
  const page = await site.open(link, { locale, viewport: { width: 320, height: 640 } })
  await page.getByText(text, { exact: false }).waitFor()
  expect(await sidewaysPixels(page)).toBe(0)
  await page.getByRole('button', { name: button }).click()
  await expect.poll(() => page.locator('#details-email').inputValue()).toBe(email)
})
