// Nightly: each form with an unlikely telephone number
import { expect } from 'vitest'
import { aPractice } from './a-practice.ts'
import { confirm, hold, openTimes } from './booking-steps.ts'
import { aClinicScene } from './clinic-scene.ts'
import { axeFindings } from './harness.ts'
import { test } from './site-test.ts'

const warning = 'This number looks unusual. Please check it; you can still use it.'

test('a patient is warned of a telephone number that nobody has, and can use it', async ({ site }) => {
  const practice = await aPractice(site)
  const page = await site.newPage()
  await openTimes(page, practice)
  await hold(page, '9:00')
  const phone = page.getByRole('textbox', { name: 'Phone' })
  await phone.fill('+49 1')
  await page.keyboard.press('Tab')
  await page.getByRole('status').filter({ hasText: warning }).waitFor()
  expect(await axeFindings(page)).toEqual([])
  await phone.fill('+49 30 901820')
  await page.getByText(warning).waitFor({ state: 'detached' })
  await page.keyboard.press('Tab')
  await phone.fill('+49 1')
  await confirm(page, 'Grace Hopper')
})

test('the warning does not move a button while it is pressed', async ({ site }) => {
  const practice = await aPractice(site)
  const page = await site.newPage({ viewport: { width: 390, height: 844 } })
  await openTimes(page, practice)
  await hold(page, '9:00')
  await page.getByLabel('Full name').fill('Grace Hopper')
  const phone = page.getByRole('textbox', { name: 'Phone' })
  // From now on, the rule is loaded.
  await phone.fill('+49 1')
  await page.keyboard.press('Tab')
  await page.getByText(warning).waitFor()
  await phone.fill('+49 2')
  await page.getByText(warning).waitFor({ state: 'detached' })
  const button = page.getByRole('button', { name: 'Confirm appointment' })
  await button.scrollIntoViewIfNeeded()
  const box = await button.boundingBox()
  await page.mouse.move((box?.x ?? 0) + 20, (box?.y ?? 0) + 3)
  await page.mouse.down()
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))))
  expect(await page.getByText(warning).count()).toBe(0)
  // A pressed button is a pixel lower.
  expect(Math.abs(((await button.boundingBox())?.y ?? 0) - (box?.y ?? 0))).toBeLessThan(2)
  await page.mouse.up()
  await page.getByRole('heading', { name: 'Your appointment is confirmed' }).waitFor()
})

test('the desk is warned, too', async ({ site }) => {
  const scene = await aClinicScene(site)
  const page = await scene.pageOf('staff')
  await page.goto(`/clinic/${scene.clinic.id}/book`)
  const phone = page.getByRole('textbox', { name: 'Phone' })
  await phone.fill('+49 1')
  await page.keyboard.press('Tab')
  await page.getByRole('status').filter({ hasText: warning }).waitFor()
})
