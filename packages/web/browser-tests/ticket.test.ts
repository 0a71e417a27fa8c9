import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { aPractice, type Practice, placesLeft } from './a-practice.ts'
import { bookTime, copiedLink, openMore, timeOf } from './booking-steps.ts'
import { axeFindings, expectReadable, type Site, sidewaysPixels } from './harness.ts'
import type { PageOptions } from './page-pool.ts'
import { test } from './scene-test.ts'

/** A guest's page with the ticket of a new booking at 9:00. */
async function aTicket(site: Site, practice: Practice, options?: PageOptions): Promise<Page> {
  const page = await site.newPage(options)
  await bookTime(page, practice, '9:00', 'Grace Hopper')
  return page
}

function referencedId(link: string): string {
  return new URL(link).hash.slice(1, 37)
}

test('a ticket opens again by its secret link alone, and no request contains the secret', async ({ site }) => {
  const practice = await aPractice(site, { timezone: 'Asia/Tokyo' })
  const page = await aTicket(site, practice)
  const link = await copiedLink(page)
  const [, secret = ''] = /\.(hfm_.+)$/.exec(link) ?? []
  expect(secret).toMatch(/^hfm_/)
  const elsewhere = await site.newPage({ timezoneId: 'Europe/Berlin' })
  const requests: string[] = []
  elsewhere.on('request', (request) => requests.push(`${request.url()} ${request.headers().referer ?? ''}`))
  await elsewhere.goto(link)
  await elsewhere.getByRole('heading', { name: 'Your appointment is confirmed' }).waitFor()
  await elsewhere.getByText('Japan Standard Time').waitFor()
  await elsewhere.getByText('Your local time', { exact: false }).waitFor()
  await elsewhere.getByRole('img', { name: /QR code/ }).waitFor()
  expect(requests.filter((line) => line.includes(secret.slice(4, 20)))).toEqual([])
  expect(await elsewhere.evaluate(() => JSON.stringify(localStorage))).not.toContain(secret)
  await elsewhere.goto('/ticket#cut-short')
  await elsewhere.getByText('This link is incomplete').waitFor()
  await elsewhere.goto(`/ticket#${'0'.repeat(8)}-0000-8000-8000-000000000000.hfm_${'A'.repeat(43)}`)
  await elsewhere.getByText('Appointment not found').waitFor()
  await elsewhere.getByText('Links work until a day after the appointment', { exact: false }).waitFor()
})

test('a link that came into the wrong hands is replaced on the ticket, after a confirmation', async ({ site }) => {
  const practice = await aPractice(site)
  const page = await aTicket(site, practice)
  const before = await copiedLink(page)
  await openMore(page)
  await page.getByRole('button', { name: 'Replace link' }).click()
  const dialog = page.getByRole('dialog', { name: 'Replace the link to this ticket?' })
  await dialog.getByRole('button', { name: 'Keep the link' }).click()
  await dialog.waitFor({ state: 'hidden' })
  await page.getByRole('button', { name: 'Replace link' }).click()
  await dialog.getByRole('button', { name: 'Replace link' }).click()
  const renewed = page.getByRole('dialog', { name: 'New link' })
  const after = await renewed.getByRole('textbox', { name: 'New link' }).inputValue()
  expect(after).toContain('/ticket#')
  expect(after).not.toBe(before)
  expect(await axeFindings(page)).toEqual([])
  await renewed.getByRole('button', { name: 'Done' }).click()
  // The open page goes on with the new link, also after a reload.
  await page.reload()
  await page.getByRole('heading', { name: 'Your appointment is confirmed' }).waitFor()
  const elsewhere = await site.open(before)
  await elsewhere.getByText('Appointment not found').waitFor()
  await elsewhere.goto('/')
  await elsewhere.goto(after)
  await elsewhere.getByRole('heading', { name: 'Your appointment is confirmed' }).waitFor()
})

test('all buttons of a ticket are there at once, so that nothing moves when more of the page is loaded', async ({
  site,
}) => {
  const page = await aTicket(site, await aPractice(site), { isNewContext: true, serviceWorkers: 'block' })
  const { promise: asked, resolve: release } = Promise.withResolvers<void>()
  await page.route(/\/assets\/renew-(ticket-link|link-dialog)-/, async (route) => {
    await asked
    await route.continue()
  })
  await page.reload()
  await page.getByRole('button', { name: 'Move to another time' }).waitFor()
  await openMore(page)
  const replace = page.getByRole('button', { name: 'Replace link' })
  expect(await replace.count()).toBe(1)
  release()
  await replace.click()
  await page.getByRole('dialog', { name: 'Replace the link to this ticket?' }).waitFor()
})

test('the link of a reminder asks whether to cancel; opening it cancels nothing, one press does', async ({ site }) => {
  const practice = await aPractice(site)
  const link = new URL(await copiedLink(await aTicket(site, practice)))
  link.search = '?cancel=true'
  const page = await site.open(link.href)
  const dialog = page.getByRole('dialog')
  const press = dialog.getByRole('button', { name: 'Cancel appointment' })
  await press.waitFor()
  expect(await axeFindings(page)).toEqual([])
  expect(await placesLeft(site, practice, practice.slots[0]?.id ?? '')).toBe(0)
  // A patient who keeps the appointment, and reloads, is not asked again.
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'hidden' })
  await page.reload()
  await page.getByRole('heading', { name: 'Your appointment is confirmed' }).waitFor()
  expect(await dialog.count()).toBe(0)

  const again = await site.open(link.href)
  await again.getByRole('dialog').getByRole('button', { name: 'Cancel appointment' }).click()
  await again.getByRole('heading', { name: 'This appointment is cancelled' }).waitFor()
  expect(await placesLeft(site, practice, practice.slots[0]?.id ?? '')).toBe(1)
  // A ticket of what is cancelled does not ask.
  await again.goto(link.href)
  await again.getByRole('heading', { name: 'This appointment is cancelled' }).waitFor()
  expect(await again.getByRole('dialog').count()).toBe(0)
})

test('a ticket is downloaded as a calendar file', async ({ site, practice }) => {
  const page = await aTicket(site, practice)
  const downloading = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Add to calendar' }).click()
  const download = await downloading
  expect(download.suggestedFilename()).toMatch(/^[0-9A-F]{4}-[0-9A-F]{4}\.ics$/)
  const file = await readFile(await download.path(), 'utf8')
  const start = practice.slots[0]?.startsAt.replaceAll(/[-:]|\.\d+/g, '')
  expect(file).toContain(`DTSTART:${start}\r\n`)
  expect(file).toContain('SUMMARY:Appointment with Dr Amara Okafor\r\n')
})

test('moving frees the old slot in the moment when the new one is booked, and can be undone', async ({ site }) => {
  const practice = await aPractice(site)
  const page = await aTicket(site, practice)
  await page.getByRole('button', { name: 'Move to another time' }).click()
  const times = page.getByRole('heading', { name: 'Choose a time' })
  await times.and(page.locator(':focus')).waitFor()
  expect(await times.evaluate((title) => title.getBoundingClientRect().bottom <= window.innerHeight)).toBe(true)
  await timeOf(page, '9:45').click()
  await page.getByRole('button', { name: 'Move appointment' }).click()
  await page.getByText('Moved to', { exact: false }).waitFor()
  const [first, , , fourth] = practice.slots
  expect(await placesLeft(site, practice, first?.id ?? '')).toBe(1)
  expect(await placesLeft(site, practice, fourth?.id ?? '')).toBe(0)
  await page.getByRole('button', { name: 'Undo' }).click()
  await page.getByText('Moved back to', { exact: false }).first().waitFor()
  expect(await placesLeft(site, practice, first?.id ?? '')).toBe(0)
  expect(await placesLeft(site, practice, fourth?.id ?? '')).toBe(1)
  // What is cancelled afterwards was not moved any more.
  await page.getByRole('button', { name: 'Cancel appointment' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('Grace Hopper', { exact: false }).waitFor()
  await dialog.getByRole('button', { name: 'Cancel appointment' }).click()
  await page.getByRole('heading', { name: 'This appointment is cancelled' }).waitFor()
  expect(await page.getByText('Moved back to', { exact: false }).count()).toBe(0)
})

test('without a network a ticket is readable and says when it was stored; slots are never cached', async ({ site }) => {
  const practice = await aPractice(site)
  const page = await aTicket(site, practice, { isNewContext: true })
  await page.evaluate(() => navigator.serviceWorker.ready)
  await openMore(page)
  await page.getByRole('button', { name: 'Keep on this device' }).click()
  await page.getByText('This ticket is kept on this device.', { exact: false }).waitFor()
  const address = page.url()
  await page.context().setOffline(true)
  await page.reload()
  await page.getByText('You are offline.', { exact: false }).waitFor()
  await page.getByText('Grace Hopper').waitFor()
  expect(await page.getByRole('button', { name: 'Cancel appointment' }).count()).toBe(0)
  await page.goto(`/doctors/${practice.doctor.id}`)
  await page.getByText('No connection').waitFor()
  expect(await page.getByRole('button', { name: '9:15' }).count()).toBe(0)
  await page.context().setOffline(false)
  await page.goto(address)
  await page.getByRole('button', { name: 'Cancel appointment' }).waitFor()
  await page.getByText('You are offline.', { exact: false }).waitFor({ state: 'detached' })
})

test('the ticket says that the clinic withdrew the slot', async ({ site, practice }) => {
  const page = await aTicket(site, practice)
  await site.admin.withdrawSlot({ path: { slotId: practice.slots[0]?.id ?? '' }, query: { withBookings: true } })
  await page.reload()
  await page.getByRole('heading', { level: 1, name: 'The clinic withdrew this appointment' }).waitFor()
  await page.getByText('The clinic had to withdraw this time.', { exact: false }).waitFor()
  await page.getByRole('link', { name: 'Book again' }).waitFor()
})

test('the secret leaves the address at once; a reload and going back still open the ticket', async ({ site }) => {
  const practice = await aPractice(site)
  const page = await aTicket(site, practice)
  const link = await copiedLink(page)
  const guest = await site.open(link)
  const heading = guest.getByRole('heading', { name: 'Your appointment is confirmed' })
  await heading.waitFor()
  for (const opened of [page, guest]) expect(opened.url()).toMatch(/\/ticket#[0-9a-f-]{36}$/)
  await guest.reload()
  await heading.waitFor()
  await guest.goto('/')
  await guest.goBack()
  await heading.waitFor()
  // Without the link, in another tab, it does not open.
  const other = await site.newPage()
  await other.goto(guest.url())
  await other.getByText('This address alone does not open the ticket').waitFor()
  // Nor is it asked for again: tickets that are shown are, every 30 seconds. The clock would stay in a shared context.
  const waiting = await site.newPage({ isNewContext: true })
  await waiting.clock.install()
  await waiting.goto(guest.url())
  await waiting.getByText('This address alone does not open the ticket').waitFor()
  let asked = 0
  waiting.on('request', (request) => {
    if (request.url().includes('/api/v1/bookings/')) asked += 1
  })
  await waiting.clock.runFor(65_000)
  expect(asked).toBe(0)
  await other.getByText(/call the clinic \(reference .?[0-9A-F]{4}-[0-9A-F]{4}.?\)/).waitFor()
  await other.getByRole('main').getByRole('link', { name: 'Sign in' }).waitFor()
  expect(await other.getByRole('link', { name: 'Create an account' }).count()).toBe(0)
  expect(await axeFindings(other)).toEqual([])
  expect(await other.getByText('Grace Hopper').count()).toBe(0)
  await other.getByRole('link', { name: 'Get the link by e-mail' }).click()
  await other.getByRole('heading', { level: 1, name: 'Find my appointment' }).waitFor()
  expect(await other.getByLabel('Reference').inputValue()).toMatch(/^[0-9A-F]{4}-[0-9A-F]{4}$/)
})

test('a ticket is stored only on request, opens again without its link then, and can be forgotten', async ({
  site,
}) => {
  const practice = await aPractice(site)
  const page = await aTicket(site, practice, { isNewContext: true })
  const link = await copiedLink(page)
  const stored = () =>
    page.evaluate(async () => {
      const all = await Promise.all((await caches.keys()).map((name) => caches.open(name)))
      const addresses = (await Promise.all(all.map((cache) => cache.keys()))).flat()
      return addresses.filter(({ url }) => new URL(url).pathname.startsWith('/kept-tickets/')).length
    })
  expect(await stored()).toBe(0)
  await openMore(page)
  await page.getByRole('button', { name: 'Keep on this device' }).click()
  const keptHere = page.getByText('This ticket is kept on this device.', { exact: false })
  await keptHere.and(page.locator(':focus')).waitFor()
  expect(await stored()).toBe(1)
  expect(await axeFindings(page)).toEqual([])
  // A new tab, without its link.
  const again = await page.context().newPage()
  await again.goto(page.url())
  await again.getByRole('heading', { name: 'Your appointment is confirmed' }).waitFor()
  await again.close()
  await page.getByRole('button', { name: 'Forget on this device' }).click()
  await page.getByText('The appointment stays booked.', { exact: false }).waitFor()
  expect(await stored()).toBe(0)
  await page.goto(link.replace(/\.hfm_.*$/, ''))
  await page.getByRole('main').getByRole('link', { name: 'Sign in' }).waitFor()
  expect(await page.getByText('Grace Hopper').count()).toBe(0)
  // Its link still opens it, also after a reload.
  await page.goto('/')
  await page.goto(link)
  await page.getByText('Grace Hopper').waitFor()
  await page.reload()
  await page.getByText('Grace Hopper').waitFor()
})

test('a guest finds the kept tickets again, opens one and forgets it', async ({ site, practice }) => {
  const page = await aTicket(site, practice, { isNewContext: true, viewport: { width: 320, height: 640 } })
  await page.goto('/my-bookings')
  await page.getByText('Sign in to see this page.', { exact: false }).waitFor()
  const kept = page.getByRole('region', { name: 'Tickets kept on this device' })
  expect(await kept.count()).toBe(0)
  await page.goBack()
  await openMore(page)
  await page.getByRole('button', { name: 'Keep on this device' }).click()
  await page.getByText('This ticket is kept on this device.', { exact: false }).waitFor()
  await page.getByRole('button', { name: 'Menu' }).click()
  await page.getByRole('link', { name: 'My appointments' }).click()
  await kept.getByText('Dr Amara Okafor', { exact: false }).waitFor()
  await expectReadable(page)
  await page.goto('about:blank')
  await page.goto('/ticket')
  await kept.getByRole('link', { name: /^Open/ }).click()
  await page.getByRole('heading', { name: 'Your appointment is confirmed' }).waitFor()
  await page.getByText('Grace Hopper').waitFor()
  await page.goBack()
  await kept.getByRole('button', { name: /^Forget on this device/ }).click()
  await page.getByText('The appointment stays booked.', { exact: false }).waitFor()
  await kept.waitFor({ state: 'detached' })
  await page.reload()
  await page.getByRole('link', { name: 'Find a doctor' }).first().waitFor()
  expect(await kept.count()).toBe(0)
})

test('a kept ticket shows what the booking is now, or that the server has not answered', async ({ site, practice }) => {
  const page = await aTicket(site, practice, { isNewContext: true, viewport: { width: 390, height: 844 } })
  const bookingId = referencedId(await copiedLink(page))
  await openMore(page)
  await page.getByRole('button', { name: 'Keep on this device' }).click()
  await page.getByText('This ticket is kept on this device.', { exact: false }).waitFor()
  const kept = page.getByRole('region', { name: 'Tickets kept on this device' })
  await page.goto('/my-bookings')
  await kept.getByText('Confirmed', { exact: true }).waitFor()
  expect(await kept.getByText('No answer', { exact: false }).count()).toBe(0)

  await page.route(`**/api/v1/bookings/${bookingId}`, (route) => route.abort())
  await page.reload()
  await kept.getByText('No answer from the server yet.', { exact: false }).waitFor()
  expect(await kept.getByText('Confirmed', { exact: true }).count()).toBe(0)
  expect(await axeFindings(page)).toEqual([])
  await page.unroute(`**/api/v1/bookings/${bookingId}`)

  await site.admin.cancelBooking({ path: { bookingId }, body: {} })
  await page.reload()
  await kept.getByText('Cancelled by the clinic', { exact: true }).waitFor()
  await site.database.ownerPool.query(`update holdfast.booking set status = 'CONFIRMED' where id = $1`, [bookingId])
  await site.database.ownerPool.query(
    `update holdfast.slot set starts_at = now() - interval '1 hour', ends_at = now() - interval '45 minutes'
      where id = $1`,
    [practice.slots[0]?.id],
  )
  await page.reload()
  await kept.getByText('Past', { exact: true }).waitFor()
  expect(await sidewaysPixels(page)).toBe(0)
  // A link that was replaced elsewhere.
  await site.database.ownerPool.query(
    `update holdfast.slot set ends_at = now() - interval '3 days',
    starts_at = now() - interval '4 days' where id = $1`,
    [practice.slots[0]?.id],
  )
  await page.reload()
  await kept.getByText('The link that was kept no longer opens this ticket.', { exact: false }).waitFor()
})

test('going back does not open a ticket that was forgotten', async ({ site, practice }) => {
  const page = await aTicket(site, practice)
  const link = await copiedLink(page)
  await page.goto('/')
  await page.goto(link)
  // Nothing is kept here that could be forgotten.
  expect(await page.getByRole('button', { name: 'Forget on this device' }).count()).toBe(0)
  await openMore(page)
  await page.getByRole('button', { name: 'Close this ticket' }).click()
  await page.getByText('The appointment stays booked.', { exact: false }).waitFor()
  await page.goBack()
  // The first visit of the ticket, whose state has the secret.
  await page.goBack()
  await page.waitForURL((url) => url.pathname === '/ticket')
  await page.getByRole('main').getByRole('link', { name: 'Sign in' }).waitFor()
  expect(await page.getByText('Grace Hopper').count()).toBe(0)
})

test('where the browser does not let a link be copied, the ticket shows it to be copied by hand', async ({ site }) => {
  const practice = await aPractice(site)
  const page = await site.newPage({ viewport: { width: 390, height: 844 } })
  await bookTime(page, practice, '9:00', 'Grace Hopper')
  await page.evaluate(() => {
    const clipboard = { writeText: () => Promise.reject(new DOMException('not allowed', 'NotAllowedError')) }
    Object.defineProperty(navigator, 'clipboard', { configurable: true, value: clipboard })
  })
  await openMore(page)
  await page.getByRole('button', { name: 'Copy link' }).click()
  const field = page.getByRole('textbox', { name: /Copy it from here/ })
  await field.and(page.locator(':focus')).waitFor()
  expect(await field.inputValue()).toMatch(/\/ticket#[0-9a-f-]{36}\.hfm_/)
  const selected = await field.evaluate((input) => (input as HTMLInputElement).selectionEnd)
  expect(selected).toBe((await field.inputValue()).length)
  expect(await sidewaysPixels(page)).toBe(0)
})
