// Nightly: each page of the desk
import { aBooking, aDoctor, aSession, aSlot, aVisitType } from '@holdfast/testkit'
import { expect } from 'vitest'
import { dataOf } from './a-practice.ts'
import { aClinicScene, noonZone } from './clinic-scene.ts'
import { axeFindings, untilRead } from './harness.ts'
import { test } from './site-test.ts'

const soon = () => new Date(Math.ceil(Date.now() / 60_000 + 10) * 60_000)

test('a day is printed as one sheet for each doctor with bookings, with contacts and room for notes', async ({
  site,
}) => {
  const scene = await aClinicScene(site, { timezone: noonZone() })
  const grace = await aDoctor(site.database, scene.clinic, { name: 'Dr Grace Hopper' })
  await aDoctor(site.database, scene.clinic, { name: 'Dr Idle Today' })
  const patient = { name: 'Pia Patient', phone: '+49 30 4711' }
  await aBooking(site.database, await aSlot(site.database, scene.doctor, { startsAt: soon() }), {
    patient,
    reason: 'Check-up',
  })
  await aBooking(site.database, await aSlot(site.database, grace, { startsAt: soon() }), {
    patient: { name: 'Carl Coming' },
  })
  // Booked by the API, which leaves out the telephone number that there is not.
  const session = await aSession(site.database, grace, { startsAt: new Date(soon().getTime() + 60 * 60_000) })
  const visitType = await aVisitType(site.database, scene.clinic, { name: 'First visit' })
  const body = { sessionId: session.id, startsAt: session.startsAt.toISOString(), visitTypeId: visitType.id }
  const vera = { name: 'Vera Visit', email: 'vera@example.org' }
  await dataOf(site.admin.createBooking({ body: { ...body, patient: vera, reason: 'Knee', confirm: true } }))
  const page = await scene.pageOf('staff')
  await page.goto(`/clinic/${scene.clinic.id}/day`)
  await page.getByRole('link', { name: 'Pia Patient' }).waitFor()
  const sheets = page.locator('section.print-only')
  expect(await sheets.count()).toBe(0)
  await page.evaluate(() => window.dispatchEvent(new Event('beforeprint')))
  await page.emulateMedia({ media: 'print' })
  expect(await sheets.count()).toBe(2)
  const ada = page.getByRole('region', { name: 'Dr Ada Lovelace' })
  await ada.getByRole('row').filter({ hasText: 'Pia Patient' }).filter({ hasText: 'Check-up' }).waitFor()
  await ada.getByText('+49 30 4711').waitFor()
  await ada.getByRole('columnheader', { name: 'Notes' }).waitFor()
  const visit = page.getByRole('region', { name: 'Dr Grace Hopper' }).getByRole('row').filter({ hasText: 'Vera Visit' })
  await visit.getByText('vera@example.org').waitFor()
  await visit.getByRole('cell', { name: 'First visit · Knee', exact: true }).waitFor()
  expect(await page.getByRole('button', { name: 'Print day sheets' }).count()).toBe(0)
  const breaks = await sheets.evaluateAll((all) => all.map((one) => getComputedStyle(one).breakBefore))
  expect(breaks).toEqual(['auto', 'page'])

  const own = await scene.pageOf('doctor')
  await own.goto('/my-day')
  await own.getByRole('button', { name: 'Print day sheet' }).waitFor()
  await own.emulateMedia({ media: 'print' })
  await own.getByRole('region', { name: 'Dr Ada Lovelace' }).getByText('Pia Patient').waitFor()
})

test('the desk’s keyboard shortcuts: found by ?, silent in fields and dialogs, and turned off', async ({ site }) => {
  const scene = await aClinicScene(site, { timezone: noonZone() })
  const page = await scene.pageOf('staff')
  await page.goto(`/clinic/${scene.clinic.id}/day`)
  const title = page.getByRole('heading', { level: 1 })
  await title.waitFor()
  await untilRead(page)
  const today = await title.textContent()
  await page.keyboard.press('j')
  await expect.poll(() => title.textContent()).not.toBe(today)
  await page.keyboard.press('t')
  await expect.poll(() => title.textContent()).toBe(today)
  await page.keyboard.press('/')
  await page.waitForURL('**/bookings**')
  const search = page.getByRole('searchbox')
  await search.and(page.locator(':focus')).waitFor()
  // In a field they are letters.
  await page.keyboard.type('nd')
  expect(await search.inputValue()).toBe('nd')
  expect(new URL(page.url()).pathname).toMatch(/bookings$/)
  await title.focus()
  await page.keyboard.press('n')
  await page.getByRole('heading', { level: 1, name: 'Book for a patient' }).waitFor()

  await page.keyboard.press('Shift+?')
  const dialog = page.getByRole('dialog', { name: 'Keyboard shortcuts' })
  await dialog.getByText('Search bookings').waitFor()
  expect(await axeFindings(page)).toEqual([])
  await page.keyboard.press('d')
  await dialog.getByRole('switch', { name: 'Use keyboard shortcuts' }).click()
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  await page.keyboard.press('d')
  await page.keyboard.press('Shift+?')
  await page.getByRole('button', { name: 'Keyboard shortcuts' }).click()
  await dialog.waitFor()
  expect(await title.textContent()).toBe('Book for a patient')
})

test('the desk books a walk-in for a time that has begun', async ({ site }) => {
  const scene = await aClinicScene(site, { timezone: noonZone() })
  const startsAt = new Date(Math.floor(Date.now() / 60_000 - 3) * 60_000)
  await aSlot(site.database, scene.doctor, { startsAt, minutes: 30 })
  const page = await scene.pageOf('staff')
  await page.goto(`/clinic/${scene.clinic.id}/book?doctorId=${scene.doctor.id}`)
  await page.getByRole('button', { name: /\(has begun\)$/ }).click()
  await page.getByLabel('Name').fill('Wanda Walk-in')
  await page.getByRole('button', { name: /^Book \w/ }).click()
  await page.getByRole('heading', { level: 1, name: 'Booked' }).waitFor()
})

test('a visit is moved from the week that it is in', async ({ site }) => {
  const scene = await aClinicScene(site, { timezone: noonZone() })
  const at = (minutes: number) => new Date(soon().getTime() + 21 * 86_400_000 + minutes * 60_000)
  const slot = await aSlot(site.database, scene.doctor, { startsAt: at(0) })
  await aSlot(site.database, scene.doctor, { startsAt: at(60) })
  const booking = await aBooking(site.database, slot, { patient: { name: 'Mia Later' } })
  const page = await scene.pageOf('staff')
  await page.goto(`/clinic/${scene.clinic.id}/bookings/${booking.id}`)
  await page.getByRole('button', { name: 'Move to another time' }).click()
  const dialog = page.getByRole('dialog', { name: 'Move to another time' })
  await dialog.getByRole('region').getByRole('button').click()
  await dialog.getByRole('button', { name: /^Move to \w/ }).click()
  await page.getByText('Moved to', { exact: false }).waitFor()
})

test('staff correct a mistyped address, and are told what becomes of the link', async ({ site }) => {
  const scene = await aClinicScene(site, { timezone: noonZone() })
  const slot = await aSlot(site.database, scene.doctor)
  const patient = { name: 'Carla Correct', email: 'carla@wrong.example' }
  const booking = await aBooking(site.database, slot, { patient })
  const page = await scene.pageOf('staff')
  await page.goto(`/clinic/${scene.clinic.id}/bookings/${booking.id}`)
  await page.getByRole('button', { name: 'Correct patient details …' }).click()
  const dialog = page.getByRole('dialog', { name: 'Correct patient details' })
  await dialog.getByLabel('E-mail').fill('carla@right')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await dialog.locator('input[type=email][aria-invalid=true]:focus').waitFor()
  await dialog.getByText('This doesn’t look like an e-mail address.').waitFor()
  await dialog.getByLabel('E-mail').fill('carla@right.example')
  await dialog.getByText('The link that the former address has received stops working.').waitFor()
  expect(await axeFindings(page)).toEqual([])
  await dialog.getByRole('button', { name: 'Save' }).click()
  await dialog.waitFor({ state: 'detached' })
  await page.getByRole('link', { name: 'carla@right.example' }).waitFor()
  await page.getByText('Patient details and contact corrected').waitFor()
})

test('staff are shown another appointment that the patient has by a correction, and correct all the same', async ({
  site,
}) => {
  const scene = await aClinicScene(site, { timezone: noonZone() })
  const slot = await aSlot(site.database, scene.doctor)
  const other = await aSlot(site.database, await aDoctor(site.database, scene.clinic), { startsAt: slot.startsAt })
  await aBooking(site.database, other, { patient: { name: 'Carla Correct' } })
  const booking = await aBooking(site.database, slot, { patient: { name: 'Carla Corect' } })
  const page = await scene.pageOf('staff')
  await page.goto(`/clinic/${scene.clinic.id}/bookings/${booking.id}`)
  await page.getByRole('button', { name: 'Correct patient details …' }).click()
  const dialog = page.getByRole('dialog', { name: 'Correct patient details' })
  await dialog.getByRole('textbox', { name: 'Name' }).fill('Carla Correct')
  await dialog.getByRole('button', { name: 'Save' }).click()
  const question = dialog.getByRole('group', { name: 'A patient of this name already has an appointment' })
  await question.waitFor()
  expect(await axeFindings(page)).toEqual([])
  // Another name is another question.
  await dialog.getByRole('textbox', { name: 'Name' }).fill('Carla Corrects')
  await question.waitFor({ state: 'detached' })
  await dialog.getByRole('textbox', { name: 'Name' }).fill('Carla Correct')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await question.getByRole('button', { name: 'Correct anyway' }).click()
  await dialog.waitFor({ state: 'detached' })
  await page.getByRole('heading', { level: 1, name: 'Carla Correct' }).waitFor()
})

test('what was typed in the search does not undo a shortcut to a page that is still loading', async ({ site }) => {
  const scene = await aClinicScene(site)
  const page = await scene.pageOf('staff')
  const isRequested = Promise.withResolvers<void>()
  const isTooLate = Promise.withResolvers<void>()
  await page.route('**/assets/book-page-*.js', async (route) => {
    isRequested.resolve()
    await isTooLate.promise
    await route.continue()
  })
  await page.goto(`/clinic/${scene.clinic.id}/bookings`)
  await untilRead(page)
  await page.getByRole('searchbox').fill('Ada')
  await page.getByRole('heading', { level: 1 }).focus()
  await page.keyboard.press('n')
  await isRequested.promise
  // Longer than the pause after which what was typed is searched for.
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 600)))
  isTooLate.resolve()
  await page.getByRole('heading', { level: 1, name: 'Book for a patient' }).waitFor()
})

test('“Show all” empties the search, and a doctor’s list leads to the first booking that is not over', async ({
  site,
}) => {
  const scene = await aClinicScene(site, { timezone: noonZone() })
  for (const [name, minutes] of [
    ['Paula Past', -30],
    ['Nora Now', -5],
  ] as const) {
    const slot = await aSlot(site.database, scene.doctor, { startsAt: new Date(Date.now() + minutes * 60_000) })
    await aBooking(site.database, slot, { patient: { name } })
  }
  const page = await scene.pageOf('staff')
  await page.goto(`/clinic/${scene.clinic.id}/bookings`)
  const search = page.getByRole('searchbox')
  await search.fill('zzzz')
  await page.getByRole('button', { name: 'Show all' }).click()
  await page.getByRole('link', { name: 'Nora Now' }).waitFor()
  await expect.poll(() => search.inputValue()).toBe('')
  await page.getByRole('heading', { level: 1 }).and(page.locator(':focus')).waitFor()

  const own = await scene.pageOf('doctor')
  await own.goto('/my-day')
  await own.getByRole('button', { name: 'Jump to now' }).press('Enter')
  await own.locator('tr:focus').filter({ hasText: 'Nora Now' }).waitFor()
})

test('the rows of today stay where they are when the first visit is over', async ({ site }) => {
  const scene = await aClinicScene(site, { timezone: noonZone() })
  const visit = async (name: string, minutes: number) => {
    const slot = await aSlot(site.database, scene.doctor, { startsAt: new Date(Date.now() + minutes * 60_000) })
    await aBooking(site.database, slot, { patient: { name } })
  }
  await visit('Nora Next', 60)
  const page = await scene.pageOf('staff')
  await page.goto(`/clinic/${scene.clinic.id}/day`)
  const top = async () => (await page.getByRole('table').boundingBox())?.y
  await page.getByRole('link', { name: 'Nora Next' }).waitFor()
  const before = await top()
  expect(before).toBeGreaterThan(0)
  await visit('Paula Past', -60)
  await page.reload()
  await page.getByRole('link', { name: 'Paula Past' }).waitFor()
  expect(await top()).toBe(before)
})

test('a search that finds nothing says on which days, and leads to a visit months ahead', async ({ site }) => {
  const scene = await aClinicScene(site)
  const startsAt = new Date(Date.now() + 100 * 86_400_000)
  const slot = await aSlot(site.database, scene.doctor, { startsAt })
  await aBooking(site.database, slot, { patient: { name: 'Lea Later' } })
  const page = await scene.pageOf('staff')
  await page.goto(`/clinic/${scene.clinic.id}/bookings`)
  await page.getByRole('searchbox').fill('Later')
  await page.getByText(/^Searched from \d\d\/\d\d\/\d{4} to \d\d\/\d\d\/\d{4}\. Try fewer words/).waitFor()
  await page.getByRole('button', { name: 'Search half a year back and ahead' }).click()
  await page.getByRole('link', { name: 'Lea Later' }).waitFor()
  expect(await page.getByRole('searchbox').inputValue()).toBe('Later')
  // There is nothing wider to search.
  await page.getByRole('searchbox').fill('zzzz')
  await page.getByRole('button', { name: 'Show all' }).waitFor()
  expect(await page.getByRole('button', { name: 'Search half a year back and ahead' }).count()).toBe(0)
})

test('after Back and Forward, the tab of the page is the selected one, and in sight', async ({ site }) => {
  const scene = await aClinicScene(site)
  for (const locale of ['en-US', 'ar']) {
    const page = await scene.pageOf('admin', { viewport: { width: 390, height: 700 }, locale })
    const selected = async () =>
      await page.locator('main nav [aria-current="page"]').evaluateAll((tabs) =>
        tabs.map((tab) => {
          const [box, row] = [tab.getBoundingClientRect(), tab.parentElement?.getBoundingClientRect()]
          return [
            new URL((tab as HTMLAnchorElement).href).pathname,
            row !== undefined && box.left >= row.left - 1 && box.right <= row.right + 1,
          ]
        }),
      )
    const path = (part: string) => `/clinic/${scene.clinic.id}${part}`
    await page.goto(path('/day'))
    const tab = (part: string) => page.locator(`main nav a[href^="${path(part)}"]`)
    await tab('/settings').click()
    await expect.poll(selected).toEqual([[path('/settings'), true]])
    await tab('/doctors').click()
    await expect.poll(selected).toEqual([[path('/doctors'), true]])
    await page.goBack()
    await expect.poll(selected).toEqual([[path('/settings'), true]])
    await page.goBack()
    await expect.poll(selected).toEqual([[path('/day'), true]])
    await page.goForward()
    await expect.poll(selected).toEqual([[path('/settings'), true]])
  }
})

test('the tabs are one row that shows the current page and the focus, and a break’s times are whole', async ({
  site,
}) => {
  const scene = await aClinicScene(site)
  for (const { locale, width } of [
    { locale: 'en-US', width: 320 },
    { locale: 'ar', width: 320 },
    { locale: 'de', width: 1280 },
  ]) {
    const page = await scene.pageOf('admin', { viewport: { width, height: 700 }, locale })
    await page.goto(`/clinic/${scene.clinic.id}/security-log`)
    const active = page.locator('main nav [data-status="active"]')
    await active.waitFor()
    const box = async () => (await active.boundingBox()) ?? { x: -1, width: 0 }
    await expect.poll(async () => (await box()).x).toBeGreaterThanOrEqual(0)
    expect((await box()).x + (await box()).width).toBeLessThanOrEqual(width)
    const { height = 0 } = (await page.locator('main nav').boundingBox()) ?? {}
    expect(height).toBeLessThan(60)
    // Also to screen readers, which phones tell the page's name.
    expect(await active.getAttribute('aria-current')).toBe('true')
    if (width === 320) expect((await box()).width).toBeLessThan(width / 3)
    if (width === 1280) {
      const beyond = await page
        .locator('main nav > div')
        .first()
        .evaluate((row) => row.scrollWidth - row.clientWidth)
      expect(beyond, 'all tabs are in sight').toBe(0)
    }
    const row = page.locator('main nav > div').first()
    await row.getByRole('link').first().focus()
    for (const tab of await row.getByRole('link').all()) {
      await tab.and(page.locator(':focus')).waitFor()
      const cutOff = await tab.evaluate((one) => {
        const [inner, outer] = [one, one.parentElement ?? one].map((box) => box.getBoundingClientRect())
        return Math.max(0, (outer?.left ?? 0) - (inner?.left ?? 0), (inner?.right ?? 0) - (outer?.right ?? 0))
      })
      expect(cutOff, `of the tab with the focus: ${await tab.textContent()}`).toBeLessThan(1)
      await page.keyboard.press('Tab')
    }
    await page.goto(`/clinic/${scene.clinic.id}/times`)
    const times = page.locator('input[data-value]')
    await times.nth(3).waitFor()
    for (const field of await times.all()) {
      const { scrollWidth, clientWidth } = await field.evaluate(({ scrollWidth, clientWidth }) => ({
        scrollWidth,
        clientWidth,
      }))
      expect(scrollWidth, locale).toBeLessThanOrEqual(clientWidth)
    }
  }
})
