// Nightly: measurements of the site
// Timed: how fast the site is
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { dataOf } from './a-practice.ts'
import { type Site, startSite } from './harness.ts'
import { best, bounds, type Measurement, measure, usualTest } from './measure-page.ts'

// `npm run page-speed` measures against the bounds, on an idle machine. Among the tests of a busy one, times may be
// twice as long.
const slack = process.env.HOLDFAST_PAGE_SPEED === 'on' ? 1 : 2
const allowed = {
  largestPaintMs: slack * bounds.largestPaintMs,
  shift: bounds.shift,
  nextPaintMs: slack * bounds.nextPaintMs,
}

/** A doctor with 500 slots, the only one of the site. */
const test = usualTest.extend('busy', { scope: 'file' }, async ({ usualBrowser }, { onCleanup }) => {
  const site = await startSite(usualBrowser)
  onCleanup(() => site.stop())
  const clinic = await dataOf(site.admin.createClinic({ body: { name: 'Busy Clinic', timezone: 'UTC' } }))
  const doctor = await dataOf(
    site.admin.createDoctor({ body: { clinicId: clinic.id, name: 'Dr Busy', specialization: 'General practice' } }),
  )
  const day = Temporal.Now.plainDateISO('UTC').add({ days: 2 })
  // Seven days of 72 slots: 504.
  const rule = {
    from: day.toString(),
    to: day.add({ days: 6 }).toString(),
    weekdays: [1, 2, 3, 4, 5, 6, 7],
    startTime: '06:00',
    endTime: '18:00',
    slotMinutes: 10,
  }
  await dataOf(site.admin.createSlots({ path: { doctorId: doctor.id }, body: { rule } }))
  return { site, doctorId: doctor.id, from: day.toString() }
})

function openPage(site: Site): () => Promise<Page> {
  return () => site.newPage({ isNewContext: true, serviceWorkers: 'block' })
}

test('500 slots: painted in 1.5 s, no layout shift, and each click has an effect within 100 ms', async ({
  busy: { site, doctorId, from },
}) => {
  const doctorPage: Measurement = {
    path: `/doctors/${doctorId}?from=${from}`,
    open: openPage(site),
    async use(page) {
      const times = page.locator('[data-slot]')
      expect(await times.count()).toBeGreaterThanOrEqual(500)
      await times.first().focus()
      for (const key of ['ArrowDown', 'ArrowDown', 'ArrowRight', 'End', 'ArrowLeft']) await page.keyboard.press(key)
      await times.nth(250).click()
      await page.getByRole('heading', { name: /held for you/ }).waitFor()
      await page.getByRole('button', { name: 'Choose another time' }).click()
      await times.first().waitFor()
    },
  }
  const figures = await best(doctorPage, allowed)
  expect(figures.largestPaintMs).toBeLessThan(allowed.largestPaintMs)
  expect(figures.nextPaintMs).toBeLessThan(allowed.nextPaintMs)
  expect(figures.shift).toBeLessThanOrEqual(allowed.shift)
})

test('the list of doctors: painted in 1.5 s, no layout shift while typing', async ({ busy: { site } }) => {
  const home: Measurement = {
    path: '/',
    open: openPage(site),
    async use(page) {
      await page.getByLabel('Name or specialisation').pressSequentially('busy', { delay: 30 })
      await page.getByText('1 doctor', { exact: false }).waitFor()
      // The site has one clinic: there is none to choose.
      await page.getByLabel('Type', { exact: true }).waitFor()
      expect(await page.getByRole('combobox', { name: 'Clinic' }).count()).toBe(0)
    },
  }
  const figures = await best(home, allowed)
  expect(figures.largestPaintMs).toBeLessThan(allowed.largestPaintMs)
  expect(figures.shift).toBeLessThanOrEqual(allowed.shift)
  expect(figures.nextPaintMs).toBeLessThan(allowed.nextPaintMs)
})

test('negative control: a layout shift is measured', async ({ busy: { site } }) => {
  const { shift } = await measure({
    path: '/',
    open: openPage(site),
    async use(page) {
      await page.evaluate(async () => {
        document.querySelector('main')?.insertAdjacentHTML('afterbegin', '<div style="height:300px"></div>')
        await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
      })
    },
  })
  expect(shift).toBeGreaterThan(bounds.shift)
})
