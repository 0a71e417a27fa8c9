// Nightly: the pages of patients, on wide and narrow screens
import { expect } from 'vitest'
import { aDoctorWithTimes, aPractice, dataOf, type Practice } from './a-practice.ts'
import { confirm, hold, openTimes, timeOf } from './booking-steps.ts'
import { axeFindings, type Site, sidewaysPixels } from './harness.ts'
import { test } from './site-test.ts'

/** Adds a whole day of quarters of an hour, some days after the practice's first times. */
async function aFullDay(site: Site, { doctor }: Pick<Practice, 'doctor'>, daysLater: number): Promise<void> {
  const day = Temporal.Now.plainDateISO('UTC')
    .add({ days: 2 + daysLater })
    .toString()
  const rule = { from: day, to: day, weekdays: [1, 2, 3, 4, 5, 6, 7], startTime: '09:00', endTime: '17:00' }
  await dataOf(site.admin.createSlots({ path: { doctorId: doctor.id }, body: { rule } }))
}

test('phones show six times of a day, more on request, and a strip of days that leads to each', async ({ site }) => {
  const practice = await aPractice(site)
  await aFullDay(site, practice, 1)
  await aFullDay(site, practice, 3)
  const page = await site.newPage({ viewport: { width: 390, height: 844 } })
  await openTimes(page, practice)
  const visible = () => page.locator('[data-slot]:visible').count()
  await expect.poll(visible).toBe(18)
  const day = page.getByRole('region', { name: /^\w+day/ }).nth(1)
  await day.getByRole('button', { name: /^Show 26 more: / }).click()
  expect(await visible()).toBe(18 + 26)
  // What was asked for has the focus, and the arrow keys go on from there.
  await day.getByRole('heading', { level: 3 }).and(page.locator(':focus')).waitFor()
  const strip = page.getByRole('navigation', { name: 'Days' })
  const buttons = strip.getByRole('button')
  expect(await buttons.count()).toBe(7)
  const heights = await buttons.evaluateAll((all) => all.map((one) => one.getBoundingClientRect().height))
  expect(new Set(heights).size, heights.join(' ')).toBe(1)
  await strip
    .getByRole('button', { name: / 32 free times$/ })
    .last()
    .click()
  const title = page
    .getByRole('region', { name: /^\w+day/ })
    .nth(3)
    .getByRole('heading', { level: 3 })
  await title.and(page.locator(':focus')).waitFor()
  const isInSight = () => title.evaluate((one) => one.getBoundingClientRect().bottom < window.innerHeight)
  await expect.poll(isInSight).toBe(true)
  expect(
    await strip
      .getByRole('button', { name: / 0 free times$/ })
      .first()
      .getAttribute('aria-disabled'),
  ).toBe('true')
  expect(await axeFindings(page)).toEqual([])
  expect(await sidewaysPixels(page)).toBe(0)
  await page.setViewportSize({ width: 1280, height: 900 })
  expect(await visible()).toBe(6 + 64)
  expect(await strip.isVisible()).toBe(false)
})

test('more times of a day are offered on phones only where some are free', async ({ site }) => {
  const practice = await aPractice(site, { slotCount: 10 })
  const take = (index: number) => {
    const body = { slotId: practice.slots[index]?.id ?? '', patient: { name: 'Ada' }, confirm: true, onBehalf: true }
    return dataOf(site.admin.createBooking({ body }))
  }
  for (const index of [6, 8]) await take(index)
  const page = await site.newPage({ viewport: { width: 390, height: 844 } })
  await openTimes(page, practice)
  const more = page.getByRole('button', { name: /^Show \d+ more: / })
  await page.getByRole('button', { name: /^Show 2 more: / }).waitFor()
  for (const index of [7, 9]) await take(index)
  await more.waitFor({ state: 'detached' })
  expect(await page.locator('[data-slot]:visible').count()).toBe(6)
})

test('a time that is taken stays where it is on a phone, and the arrow keys skip what is hidden', async ({ site }) => {
  const practice = await aPractice(site, { slotCount: 12 })
  const page = await site.newPage({ viewport: { width: 390, height: 844 } })
  await openTimes(page, practice)
  await timeOf(page, '10:15').focus()
  await page.keyboard.press('ArrowDown')
  expect(await page.evaluate(() => document.activeElement?.textContent)).toMatch(/10:15/)
  const body = { slotId: practice.slots[0]?.id ?? '', patient: { name: 'Ada' }, confirm: true, onBehalf: true }
  await dataOf(site.admin.createBooking({ body }))
  await page.getByRole('button', { name: /^0?9:00, taken$/ }).waitFor()
  expect(await page.locator('[data-slot]:visible').count()).toBe(6)
})

test('a week without times names the next free time and colleagues who are free earlier', async ({ site }) => {
  const practice = await aPractice(site, { doctorName: 'Dr Later' })
  const colleague = await aDoctorWithTimes(site, practice.clinic, { doctorName: 'Dr Sooner', slotCount: 1 })
  for (const { id } of practice.slots) await site.admin.withdrawSlot({ path: { slotId: id } })
  await aFullDay(site, practice, 12)
  const today = Temporal.Now.plainDateISO('UTC').toString()
  const page = await site.newPage({ viewport: { width: 390, height: 844 } })
  await page.goto(`/doctors/${practice.doctor.id}?from=${today}`)
  await page.getByText(/^Next free: /).waitFor()
  expect(await axeFindings(page)).toEqual([])
  await page.getByRole('button', { name: 'Show', exact: true }).click()
  await timeOf(page, '9:00').waitFor()
  await page.getByRole('heading', { name: 'Choose a time' }).and(page.locator(':focus')).waitFor()
  // Beyond the last free time, the soonest is named, which is before it.
  const later = Temporal.Now.plainDateISO('UTC').add({ days: 40 }).toString()
  await page.goto(`/doctors/${practice.doctor.id}?from=${later}`)
  await page.getByText(/^Next free: /).waitFor()
  await page.goto(`/doctors/${practice.doctor.id}?from=${today}`)
  await page.getByRole('button', { name: /^Dr Sooner, / }).click()
  await page.waitForURL(`**/doctors/${colleague.doctor.id}**`)
  await page.getByRole('heading', { name: 'This time is held for you' }).waitFor()
})

test('the next free time and the taken times of a week appear together: nothing moves down', async ({ site }) => {
  const practice = await aPractice(site, { doctorName: 'Dr Taken' })
  for (const { id: slotId } of practice.slots) {
    const body = { slotId, patient: { name: 'Ada' }, confirm: true, onBehalf: true }
    await dataOf(site.admin.createBooking({ body }))
  }
  await aFullDay(site, practice, 12)
  const page = await site.newPage()
  const isReleased = Promise.withResolvers<void>()
  await page.route(/\/waitlist$/, async (route) => {
    await isReleased.promise
    await route.continue()
  })
  const slots = page.waitForResponse((response) => response.url().includes('/slots?') && response.ok())
  const waiting = page.waitForRequest(/\/waitlist$/)
  await page.goto(`/doctors/${practice.doctor.id}?from=${practice.slots[0]?.startsAt.slice(0, 10)}`)
  await Promise.all([slots, waiting])
  expect(await page.locator('[data-week]').count()).toBe(0)
  expect(await page.getByText(/^Next free: /).count()).toBe(0)
  isReleased.resolve()
  await page.getByText(/^Next free: /).waitFor()
  await page.locator('[data-week]').waitFor()
})

test('times of twelve hours are on one line, in Arabic too, at both widths', async ({ site }) => {
  const practice = await aPractice(site)
  for (const locale of ['en-US', 'ar-EG']) {
    const page = await site.newPage({ locale })
    for (const width of [390, 1280]) {
      await page.setViewportSize({ width, height: 844 })
      await page.goto(`/doctors/${practice.doctor.id}`)
      const time = page.locator('[data-slot]').nth(5)
      await time.waitFor()
      const { height, isCut } = await time.evaluate((button) => ({
        height: button.getBoundingClientRect().height,
        isCut: button.scrollWidth > button.clientWidth,
      }))
      expect(height, `${locale} ${width}`).toBeLessThan(50)
      expect(isCut, `${locale} ${width}`).toBe(false)
      expect(await sidewaysPixels(page)).toBe(0)
    }
  }
})

test('the hold says what is held: with whom, how, how long and the fee', async ({ site }) => {
  const practice = await aPractice(site, { appointmentTypes: ['video', 'in_person'] })
  const page = await site.newPage()
  await openTimes(page, practice)
  await hold(page, '9:00')
  const panel = page.getByRole('region', { name: 'This time is held for you' })
  expect(await panel.getByRole('listitem').allTextContents()).toEqual([
    'Dr Amara Okafor',
    'Video',
    '15 minutes',
    '£65 per appointment',
  ])
  // There is no mail server.
  await page.getByText('So that the clinic can reach you. It sends no e-mails by itself.').waitFor()
})

test('a search knows what patients call a field, and each card’s times hold at once', async ({ site }) => {
  const practice = await aPractice(site, { clinicName: 'Search Words', doctorName: 'Dr Quillfeather' })
  const page = await site.newPage()
  for (const q of ['GP Quillfeather', 'hausarzt quillfeather', 'Quilfeather']) {
    await page.goto(`/?${new URLSearchParams({ q })}`)
    await page.getByRole('heading', { name: 'Dr Quillfeather' }).waitFor()
  }
  const times = page.getByRole('article', { name: 'Dr Quillfeather' }).getByRole('button', { name: /^Hold / })
  expect(await times.count()).toBe(3)
  await times.nth(1).click()
  await page.getByRole('heading', { name: 'This time is held for you' }).waitFor()
  const shown = page.getByRole('timer')
  await shown.waitFor()
  await confirm(page, 'Grace Hopper')
  const { items } = await dataOf(
    site.admin.listClinicBookings({ path: { clinicId: practice.clinic.id }, query: { confirmedOnly: true } }),
  )
  expect(items.map(({ slotId }) => slotId)).toEqual([practice.slots[1]?.id])
})

test('a moved ticket says so on its top, and choosing can be left with the time kept', async ({ site }) => {
  const practice = await aPractice(site)
  const page = await site.newPage()
  await openTimes(page, practice)
  await hold(page, '9:00')
  await confirm(page, 'Grace Hopper')
  await page.getByRole('button', { name: 'Move to another time' }).click()
  await page.getByText(/^Your time is .+ 0?9:00\./).waitFor()
  await page.getByRole('button', { name: 'Keep my time' }).click()
  await page.getByRole('heading', { name: 'Choose a time' }).waitFor({ state: 'detached' })
  await page.getByRole('heading', { level: 1 }).and(page.locator(':focus')).waitFor()
  await page.getByRole('button', { name: 'Move to another time' }).click()
  await timeOf(page, '9:45').click()
  await page.getByRole('button', { name: 'Keep my time' }).waitFor()
  await page.getByRole('button', { name: 'Move appointment' }).click()
  const notice = page.getByText(/^Moved to .+ 0?9:45\. The time before, .+ 0?9:00, is available to others again\.$/)
  await notice.waitFor()
  await page.getByRole('heading', { level: 1, name: 'Your appointment was moved' }).waitFor()
  const [noticeTop, cardTop] = await Promise.all(
    [notice, page.getByRole('article')].map((one) => one.evaluate((element) => element.getBoundingClientRect().top)),
  )
  expect(noticeTop).toBeLessThan(cardTop ?? 0)
  expect(await axeFindings(page)).toEqual([])
})

test('where the time before was taken meanwhile, undoing a move offers to choose another', async ({ site }) => {
  const practice = await aPractice(site)
  const page = await site.newPage()
  await openTimes(page, practice)
  await hold(page, '9:00')
  await confirm(page, 'Grace Hopper')
  await page.getByRole('button', { name: 'Move to another time' }).click()
  await timeOf(page, '9:45').click()
  await page.getByRole('button', { name: 'Move appointment' }).click()
  const undo = page.getByRole('button', { name: 'Undo' })
  await undo.waitFor()
  const body = { slotId: practice.slots[0]?.id ?? '', patient: { name: 'Ada' }, confirm: true, onBehalf: true }
  await dataOf(site.admin.createBooking({ body }))
  await undo.click()
  await page.getByText('That time has just gone').waitFor()
  const another = page.getByRole('button', { name: 'Choose another time' })
  await another.and(page.locator(':focus')).waitFor()
  expect(await undo.count()).toBe(0)
  expect(await axeFindings(page)).toEqual([])
  await another.click()
  await page.getByRole('heading', { name: 'Choose a time' }).and(page.locator(':focus')).waitFor()
})

test('a printed ticket is in light colours, with a caption for its code and no advice for the screen', async ({
  site,
}) => {
  const practice = await aPractice(site)
  const page = await site.newPage({ colorScheme: 'dark' })
  await openTimes(page, practice)
  await hold(page, '9:00')
  await confirm(page, 'Grace Hopper')
  const advice = page.getByText('Copy the link to this ticket', { exact: false })
  await advice.waitFor()
  await page.emulateMedia({ media: 'print' })
  await page.getByText('Scan to view, move or cancel this appointment.', { exact: false }).waitFor()
  expect(await advice.isVisible()).toBe(false)
  await page.emulateMedia({ media: null })

  const scheme = () => page.evaluate(() => document.documentElement.getAttribute('data-mantine-color-scheme'))
  expect(await scheme()).toBe('dark')
  const printed = page.evaluate(
    () =>
      new Promise((resolve) => {
        const now = () => resolve(document.documentElement.getAttribute('data-mantine-color-scheme'))
        window.addEventListener('beforeprint', now, { once: true })
      }),
  )
  await page.pdf()
  expect(await printed).toBe('light')
  await expect.poll(scheme).toBe('dark')
})

test('a guest’s first page has no error on its console, and no request that is refused', async ({ site }) => {
  const practice = await aPractice(site)
  for (const path of ['/', `/doctors/${practice.doctor.id}`, '/my-bookings']) {
    const page = await site.newPage({ isNewContext: true })
    const refused: string[] = []
    const errors: string[] = []
    page.on('response', (response) => {
      if (response.status() >= 400) refused.push(`${response.status()} ${response.url()}`)
    })
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text())
    })
    await page.goto(path)
    await page.getByRole('link', { name: 'Sign in' }).first().waitFor()
    await page.getByRole('heading', { level: 1 }).waitFor()
    expect({ refused, errors }, path).toEqual({ refused: [], errors: [] })
  }
})

test('the footer leads to the count of double bookings', async ({ site }) => {
  const page = await site.newPage()
  // The server may have counted before there were bookings, and counts again after ten minutes.
  await page.route('**/api/v1/proof', async (route) => {
    const response = await route.fetch()
    await route.fulfill({ response, json: { ...(await response.json()), bookings: 1_234 } })
  })
  await page.goto('/')
  const footer = page.getByRole('contentinfo')
  await footer.scrollIntoViewIfNeeded()
  await footer.getByRole('link', { name: '0 double bookings in 1,234', exact: true }).click()
  await page.getByRole('heading', { name: 'Nobody is double-booked' }).and(page.locator(':focus')).waitFor()
  await page.getByText('0 double bookings in 1,234', { exact: true }).first().waitFor()
  expect(await axeFindings(page)).toEqual([])
})

test('a printed video ticket has its link, which the screen shows as a button', async ({ site }) => {
  const practice = await aPractice(site, { appointmentTypes: ['video'] })
  const url = 'https://meet.example/printed-room'
  await dataOf(site.admin.setVideoRoom({ path: { doctorId: practice.doctor.id }, body: { url } }))
  const page = await site.newPage()
  await openTimes(page, practice)
  await hold(page, '9:00')
  await confirm(page, 'Grace Hopper')
  await page.getByRole('link', { name: /^Join the video appointment/ }).waitFor()
  const printed = page.getByText(url)
  expect(await printed.isVisible()).toBe(false)
  await page.emulateMedia({ media: 'print' })
  await printed.waitFor()
  await page.emulateMedia({ media: null })
})

test('a doctor without times is no dead end: the clinic’s phone and its other doctors are there', async ({ site }) => {
  const practice = await aPractice(site, { doctorName: 'Dr Full' })
  await aDoctorWithTimes(site, practice.clinic, { doctorName: 'Dr Another' })
  for (const { id } of practice.slots) await site.admin.withdrawSlot({ path: { slotId: id } })
  const page = await site.newPage({ viewport: { width: 390, height: 844 } })
  await page.goto(`/doctors/${practice.doctor.id}`)
  await page.getByText('There are no free times in the coming weeks.').waitFor()
  const call = page.getByRole('link', { name: /^Call .*\+44 1632 960 471/ })
  expect(await call.getAttribute('href')).toBe('tel:+441632960471')
  await page.getByRole('link', { name: 'Other doctors of this clinic' }).waitFor()
  expect(await axeFindings(page)).toEqual([])
  expect(await sidewaysPixels(page)).toBe(0)
  await page.getByRole('link', { name: 'Other doctors of this clinic' }).click()
  await page.getByRole('heading', { name: 'Dr Another' }).waitFor()
})

test('a clinic without doctors offers its phone number', async ({ site }) => {
  const { clinic, doctor } = await aPractice(site)
  await dataOf(site.admin.updateDoctor({ path: { doctorId: doctor.id }, body: { active: false } }))
  const page = await site.newPage({ viewport: { width: 390, height: 844 } })
  await page.goto(`/?clinicId=${clinic.id}`)
  await page.getByText('This clinic doesn’t offer online booking yet').waitFor()
  const call = page.getByRole('link', { name: /^Call .*\+44 1632 960 471/ })
  expect(await call.getAttribute('href')).toBe('tel:+441632960471')
  expect(await axeFindings(page)).toEqual([])
  await page.getByRole('button', { name: 'Show all doctors' }).click()
  await page.waitForURL((url) => !url.searchParams.has('clinicId'))
})
