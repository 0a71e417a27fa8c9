// Nightly: how fast a large clinic's day is
// Timed: how fast the site is
import { aBooking, aDoctor, aSlot } from '@holdfast/testkit'
import { expect } from 'vitest'
import { aClinicScene, type ClinicScene, noonZone } from './clinic-scene.ts'
import { startSite } from './harness.ts'
import { best, bounds, type Measurement, usualTest } from './measure-page.ts'

// As in speed.test.ts.
const slack = process.env.HOLDFAST_PAGE_SPEED === 'on' ? 1 : 2
const allowed = {
  largestPaintMs: slack * bounds.largestPaintMs,
  shift: bounds.shift,
  nextPaintMs: slack * bounds.nextPaintMs,
}
const [doctorsCount, visitsOfDoctor] = [8, 60]

/** A clinic at about noon with eight doctors, each with 60 visits of ten minutes. */
const test = usualTest.extend(
  'scene',
  { scope: 'file' },
  async ({ usualBrowser }, { onCleanup }): Promise<ClinicScene> => {
    const site = await startSite(usualBrowser)
    onCleanup(() => site.stop())
    const timezone = noonZone()
    const scene = await aClinicScene(site, { timezone })
    const eight = Temporal.Now.zonedDateTimeISO(timezone).startOfDay().add({ hours: 8 })
    const doctors = [scene.doctor]
    while (doctors.length < doctorsCount) {
      doctors.push(await aDoctor(site.database, scene.clinic, { name: `Dr Number ${doctors.length + 1}` }))
    }
    for (const [index, doctor] of doctors.entries()) {
      for (let nth = 0; nth < visitsOfDoctor; nth += 1) {
        const startsAt = new Date(eight.add({ minutes: nth * 10 }).epochMilliseconds)
        const slot = await aSlot(site.database, doctor, { startsAt, minutes: 10 })
        const status = nth < 20 ? 'COMPLETED' : 'CONFIRMED'
        await aBooking(site.database, slot, { patient: { name: `Patient ${index}-${nth}` }, status })
      }
    }
    return scene
  },
)

function dayOf(scene: ClinicScene, layout: 'list' | 'columns'): Measurement {
  return {
    path: `/clinic/${scene.clinic.id}/day?layout=${layout}`,
    open: () => scene.pageOf('staff', { isNewContext: true, serviceWorkers: 'block' }),
    painted: layout === 'list' ? 'tr[data-booking]' : '[data-stop]',
    async use(page) {
      if (layout === 'columns') {
        await expect.poll(() => page.locator('[data-stop]').count()).toBe(doctorsCount * visitsOfDoctor)
        return
      }
      await page.getByRole('button', { name: 'Show more' }).waitFor()
      await page
        .getByRole('button', { name: /: arrived$/ })
        .nth(2)
        .click()
      await page
        .getByRole('button', { name: /: completed$/ })
        .first()
        .waitFor()
    },
  }
}

for (const layout of ['list', 'columns'] as const) {
  test(`${layout}: eight doctors with 60 visits are painted in time, and a mark is shown at once`, async ({
    scene,
  }) => {
    const figures = await best(dayOf(scene, layout), allowed)
    expect(figures.largestPaintMs).toBeLessThan(allowed.largestPaintMs)
    expect(figures.nextPaintMs).toBeLessThan(allowed.nextPaintMs)
    expect(figures.shift).toBeLessThanOrEqual(allowed.shift)
  })
}
