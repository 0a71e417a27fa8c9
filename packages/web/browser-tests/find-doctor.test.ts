import { aClinic, aDoctor, aSlot } from '@holdfast/testkit'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { axeFindings, expectReadable, startSite } from './harness.ts'
import { browserTest, expectNoPageErrors } from './site-test.ts'

const doctorsOfMany = 60

/** A site with more doctors than a page shows. */
const test = browserTest
  .extend('site', { scope: 'file' }, async ({ browser }, { onCleanup }) => {
    const site = await startSite(browser)
    onCleanup(() => site.stop())
    const many = await aClinic(site.database, { name: 'Many Doctors' })
    // The order of their names is the reverse of that of their free times; the last few have none.
    for (let index = 0; index < doctorsOfMany; index += 1) {
      const name = `Dr Many ${String(doctorsOfMany - index).padStart(2, '0')}`
      const doctor = await aDoctor(site.database, many, {
        name,
        appointmentTypes: index % 10 === 0 ? ['video'] : ['in_person'],
      })
      const startsAt = new Date(Math.ceil(Date.now() / 3_600_000 + 24 + index) * 3_600_000)
      if (index < doctorsOfMany - 3) await aSlot(site.database, doctor, { startsAt })
    }
    return site
  })
  .extend('pageErrors', { auto: true }, ({ site }, { onCleanup }) => expectNoPageErrors(site, onCleanup))

/** Waits until the page is subscribed to changes. A change between its read and the subscription may be shown late. */
function followed(page: Page): Promise<void> {
  return new Promise((resolve) => {
    page.on('websocket', (socket) => {
      socket.on('framereceived', ({ payload }) => {
        if (String(payload).includes('"subscribed"')) resolve()
      })
    })
  })
}

const cards = (page: Page) => page.getByRole('region', { name: 'Doctors' }).getByRole('heading', { level: 2 })

test('the soonest first, page by page, each once; by name when that is chosen; the URL contains the choice', async ({
  site,
}) => {
  const page = await site.open('/?q=Many')
  await page.getByText('The first 24 doctors').waitFor()
  expect((await cards(page).allTextContents()).slice(0, 2)).toEqual(['Dr Many 60', 'Dr Many 59'])
  const more = page.getByRole('button', { name: 'Show more' })
  await more.focus()
  await page.keyboard.press('Enter')
  await page.getByText('The first 48 doctors').waitFor()
  // After loading more, the focus is on the first new doctor.
  await page.getByRole('link', { name: 'Dr Many 36', exact: true }).and(page.locator(':focus')).waitFor()
  await more.click()
  await page.getByText('60 doctors').waitFor()
  const names = await cards(page).allTextContents()
  expect(new Set(names).size).toBe(doctorsOfMany)
  expect(names.slice(0, 57)).toEqual(names.slice(0, 57).toSorted().toReversed())
  expect(names.slice(57)).toEqual(['Dr Many 01', 'Dr Many 02', 'Dr Many 03'])
  expect(await axeFindings(page)).toEqual([])

  await page.getByLabel('Sort by').selectOption('By name')
  await cards(page).first().getByText('Dr Many 01').waitFor()
  await page.waitForURL(/sort=name/)
  await page.reload()
  await cards(page).first().getByText('Dr Many 01').waitFor()
  await page.getByLabel('Sort by').selectOption('Soonest first')
  await cards(page).first().getByText('Dr Many 60').waitFor()
})

test('a specialization is in the reader’s language, and one choice however clinics write it', async ({ site }) => {
  const clinic = await aClinic(site.database, { name: 'Two Languages' })
  for (const [name, specialization] of [
    ['Dr Anna Blum', 'Rheumatologie'],
    ['Dr Brian Bloom', 'Rheumatologist'],
    ['Dr Cara Blom', 'Dance medicine'],
  ] as const) {
    await aDoctor(site.database, clinic, { name, specialization })
  }
  const page = await site.open(`/?clinicId=${clinic.id}&sort=name`, { locale: 'de-DE' })
  const card = (name: string) => page.getByRole('article', { name })
  await card('Dr Anna Blum').getByText('Rheumatologie', { exact: true }).waitFor()
  await card('Dr Brian Bloom').getByText('Rheumatologie', { exact: true }).waitFor()
  await card('Dr Cara Blom').getByText('Dance medicine', { exact: true }).waitFor()
  const filter = page.getByLabel('Fachgebiet', { exact: true })
  // They are read by another request.
  await expect.poll(() => filter.getByRole('option', { name: 'Rheumatologie' }).count()).toBe(1)
  await filter.selectOption('Rheumatologie')
  await card('Dr Cara Blom').waitFor({ state: 'detached' })
  expect(await page.getByRole('article').count()).toBe(2)
  // A link with the other spelling has the same choice.
  await page.goto(`/?clinicId=${clinic.id}&specialization=Rheumatologist&sort=name`)
  await card('Dr Brian Bloom').waitFor()
  await expect.poll(() => filter.locator('option:checked').textContent()).toBe('Rheumatologie')
  // The gout of a patient, in another language than the clinic's.
  await page.goto(`/?clinicId=${clinic.id}&q=Gicht&sort=name`)
  await card('Dr Brian Bloom').waitFor()
  expect(await axeFindings(page)).toEqual([])
})

test('the server filters by appointment type: doctors beyond the first page are found too', async ({ site }) => {
  const page = await site.open('/?q=Many&sort=name')
  await cards(page).first().getByText('Dr Many 01').waitFor()
  await page.getByLabel('Type', { exact: true }).selectOption('Video')
  await page.getByText('6 doctors', { exact: true }).waitFor()
  expect(await cards(page).allTextContents()).toEqual(['10', '20', '30', '40', '50', '60'].map((no) => `Dr Many ${no}`))
})

test('a rating is not shown, and the order of German fits its field on all widths', async ({ site }) => {
  const clinic = await aClinic(site.database)
  const doctor = await aDoctor(site.database, clinic, { name: 'Dr Rosa Rated' })
  await aSlot(site.database, doctor)
  await site.admin.updateDoctor({ path: { doctorId: doctor.id }, body: { rating: 4.8 } })
  const page = await site.open('/?q=Rosa+Rated', { locale: 'de-DE' })
  const card = page.getByRole('article', { name: 'Dr Rosa Rated' }).first()
  await card.waitFor()
  expect(await card.textContent()).not.toMatch(/4[.,]8/)
  const order = page.locator('select').filter({ hasText: 'Frühester Termin' })
  for (const width of [1280, 1024, 800, 700, 390, 320]) {
    await page.setViewportSize({ width, height: 800 })
    const filters = page.getByRole('button', { name: 'Filter', exact: true })
    if (!(await order.isVisible())) await filters.click()
    const room = await order.evaluate((select: HTMLSelectElement) => {
      const { font, paddingLeft, paddingRight } = getComputedStyle(select)
      const canvas = document.createElement('canvas').getContext('2d')
      if (canvas === null) throw new Error('no canvas')
      canvas.font = font
      const { width: needed } = canvas.measureText(select.selectedOptions[0]?.text ?? '')
      return select.clientWidth - Number.parseFloat(paddingLeft) - Number.parseFloat(paddingRight) - needed
    })
    expect(room, `${width} pixels`).toBeGreaterThanOrEqual(0)
  }
})

test('any of many clinics is found by its name or address, with the keyboard alone', async ({ site }) => {
  for (let index = 0; index < 120; index += 1) await aClinic(site.database, { name: `Clinic A${index}` })
  const late = await aClinic(site.database, { name: 'Zenith Surgery' })
  const doctor = await aDoctor(site.database, late, { name: 'Dr Zora Zenith' })
  await aSlot(site.database, doctor)
  const page = await site.open('/', { viewport: { width: 320, height: 640 } })
  await page.getByText('The first 24 doctors').waitFor()
  const field = page.getByRole('combobox', { name: 'Clinic' })
  expect(await field.isVisible()).toBe(false)
  await page.getByRole('button', { name: 'Filters' }).click()
  await field.click()
  const offered = page.getByRole('listbox').getByRole('option')
  await offered.first().waitFor()
  expect(await offered.count()).toBe(20)
  await field.fill('no clinic is called so')
  await page.getByText('Nothing found').waitFor()
  await field.fill('zenith')
  await page.getByRole('option', { name: 'Zenith Surgery' }).waitFor()
  await expectReadable(page)
  await page.keyboard.press('ArrowDown')
  expect(await field.getAttribute('aria-activedescendant')).toBe(
    await page.getByRole('option', { name: 'Zenith Surgery' }).getAttribute('id'),
  )
  await page.keyboard.press('Enter')
  await page.getByText('1 doctor', { exact: true }).waitFor()
  // The clinic's name is read in a separate request.
  await field.and(page.locator('[value="Zenith Surgery"]')).waitFor()
  expect(await field.getAttribute('aria-expanded')).toBe('false')
  await page.reload()
  await page.getByRole('heading', { name: 'Dr Zora Zenith' }).waitFor()
  await page.getByRole('button', { name: 'Filters (1)' }).click()
  await page.getByRole('button', { name: 'Clear: Clinic' }).click()
  await page.getByText('The first 24 doctors').waitFor()
  // Text that was typed without choosing an option selects nothing.
  await field.fill('zenith')
  await page.keyboard.press('Escape')
  await expect.poll(() => field.inputValue()).toBe('')
})

test('text typed while the URL changes is not lost', async ({ site }) => {
  const page = await site.newPage()
  // Types one more letter at the moment when the URL changes to what was typed before.
  await page.addInitScript(() => {
    const shown: string[] = []
    Object.assign(window, { shown })
    const { replaceState } = history
    history.replaceState = (...args) => {
      replaceState.apply(history, args)
      const input = document.querySelector<HTMLInputElement>('input[type="search"]')
      if (input?.value !== 'man' || !location.search.includes('q=man')) return
      new MutationObserver(() => shown.push(input.defaultValue)).observe(input, { attributeFilter: ['value'] })
      Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')?.set?.call(input, 'many')
      input.dispatchEvent(new Event('input', { bubbles: true }))
    }
  })
  await page.goto('/')
  await page.getByLabel('Name or specialisation').fill('man')
  await page.waitForURL(/q=many/)
  await page.getByText('The first 24 doctors').waitFor()
  const shown = await page.evaluate(() => (window as unknown as { shown: string[] }).shown)
  expect(new Set(shown)).toEqual(new Set(['many']))
})

test('when a next free time is taken, it changes in place and the order of the doctors stays', async ({ site }) => {
  const clinic = await aClinic(site.database, { name: 'Moving Times' })
  const [first, second] = [
    await aDoctor(site.database, clinic, { name: 'Dr Move First' }),
    await aDoctor(site.database, clinic, { name: 'Dr Move Second' }),
  ]
  const now = Date.now()
  const at = (hours: number) => new Date(Math.ceil(now / 3_600_000 + 48 + hours) * 3_600_000)
  const slot = await aSlot(site.database, first, { startsAt: at(0) })
  await aSlot(site.database, first, { startsAt: at(30) })
  await aSlot(site.database, second, { startsAt: at(10) })
  const page = await site.newPage()
  const isFollowed = followed(page)
  await page.goto(`/?clinicId=${clinic.id}&q=Move`)
  await page.getByText('2 doctors').waitFor()
  const shown = (time: Date) =>
    new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' }).format(time)
  const card = page.getByRole('article', { name: 'Dr Move First' })
  const times = card.getByRole('button', { name: /^Hold / })
  await times
    .first()
    .getByText(shown(at(0)))
    .waitFor()
  expect(await times.count()).toBe(2)
  await isFollowed
  const booked = await site.admin.createBooking({
    body: { slotId: slot.id, patient: { name: 'Grace' }, confirm: true, onBehalf: true },
  })
  expect(booked.error).toBeUndefined()
  await times
    .first()
    .getByText(shown(at(30)))
    .waitFor()
  expect(await times.count()).toBe(1)
  expect(await cards(page).allTextContents()).toEqual(['Dr Move First', 'Dr Move Second'])
  // The next search returns them in the new order.
  await page.getByLabel('Name or specialisation').fill('dr move')
  await cards(page).first().getByText('Dr Move Second').waitFor()
})
