// Nightly: the texts of the theatre in all languages
import { expect } from 'vitest'
import { test } from './site-test.ts'
import { aCase, aTheatre, inMinutes } from './theatre-scene.ts'

test.for(['en-GB', 'de-DE', 'ar'])(
  'in %s the fields of a row of the form lie beside each other',
  async (locale, { site }) => {
    const theatre = await aTheatre(site)
    const page = await theatre.scene.pageOf('staff', { locale, viewport: { width: 1280, height: 900 } })
    await page.goto(`/clinic/${theatre.clinicId}/theatre/book`)
    await page.locator('form input').nth(2).waitFor()
    const inputs = await page
      .locator('form input')
      .evaluateAll((all) => all.map((one) => one.getBoundingClientRect().top))
    const [number, ...rest] = inputs.slice(0, 3)
    expect(rest).toEqual([number, number])
  },
)

test('in the week, no word of a common operation is broken', async ({ site }) => {
  const theatre = await aTheatre(site)
  const procedure = { code: 'X', display: 'Laparoscopic cholecystectomy' }
  await aCase(site, theatre, { startsAt: inMinutes(20), procedure })
  await aCase(site, theatre, { startsAt: inMinutes(120), procedure: { code: 'Y', display: 'Cholecystectomy' } })
  const page = await theatre.scene.pageOf('staff', { viewport: { width: 1024, height: 700 } })
  await page.goto(`/clinic/${theatre.clinicId}/theatre?view=week`)
  await page.locator('td bdi').nth(1).waitFor()
  const lines = await page.locator('td bdi').evaluateAll((names) =>
    names.map((name) => {
      const range = document.createRange()
      range.selectNodeContents(name)
      return new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size
    }),
  )
  expect(lines).toEqual([2, 1])
})
