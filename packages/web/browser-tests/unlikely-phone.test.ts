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

test('the desk is warned, too', async ({ site }) => {
  const scene = await aClinicScene(site)
  const page = await scene.pageOf('staff')
  await page.goto(`/clinic/${scene.clinic.id}/book`)
  const phone = page.getByRole('textbox', { name: 'Phone' })
  await phone.fill('+49 1')
  await page.keyboard.press('Tab')
  await page.getByRole('status').filter({ hasText: warning }).waitFor()
})
