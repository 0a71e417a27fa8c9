import { aBooking, aSlot } from '@holdfast/testkit'
import { expect } from 'vitest'
import { aClinicScene } from './clinic-scene.ts'
import { axeFindings } from './harness.ts'
import { test } from './site-test.ts'

test('the desk finds a patient of the clinic by what is typed, and fills in the form with one button', async ({
  site,
}) => {
  const scene = await aClinicScene(site)
  const patient = { name: 'Rosa Reception', phone: '+49 30 4711', email: 'rosa@example.org' }
  for (let nth = 0; nth < 2; nth += 1) {
    await aBooking(site.database, await aSlot(site.database, scene.doctor), { patient })
  }
  const page = await scene.pageOf('staff')
  await page.goto(`/clinic/${scene.clinic.id}/book`)
  const field = (name: string) => page.getByRole('textbox', { name, exact: true })
  const known = page.getByRole('button', { name: 'Rosa Reception · +49 30 4711 · rosa@example.org' })
  for (const [label, text] of [
    ['Name', 'rosa re'],
    ['Phone', '4711'],
    ['E-mail', 'rosa@'],
  ] as const) {
    await field(label).fill(text)
    await known.waitFor()
    expect(await known.count()).toBe(1)
    await field(label).fill('')
    await known.waitFor({ state: 'detached' })
  }
  await field('Name').fill('Rosa')
  await known.waitFor()
  expect(await axeFindings(page)).toEqual([])
  for (const key of ['ArrowDown', 'Enter']) {
    await field('Name').press(key)
    await known.and(page.locator(':focus')).waitFor()
  }
  await page.keyboard.press('Enter')
  await known.waitFor({ state: 'detached' })
  const values = ['Name', 'Phone', 'E-mail'].map((name) => field(name).inputValue())
  expect(await Promise.all(values)).toEqual([patient.name, patient.phone, patient.email])
})
