// Nightly: messages on a narrow screen
import { expect } from 'vitest'
import { aPractice } from './a-practice.ts'
import { confirm, hold, openMore, openTimes } from './booking-steps.ts'
import { test } from './site-test.ts'

test('on a phone a message is shown at the top: it covers neither the header nor the buttons below', async ({
  site,
}) => {
  const practice = await aPractice(site)
  const page = await site.newPage({ viewport: { width: 390, height: 844 } })
  await openTimes(page, practice)
  await hold(page, '9:00')
  await confirm(page, 'Grace Hopper')
  await openMore(page)
  await page.getByRole('button', { name: 'Keep on this device' }).click()
  const toast = page.getByRole('alert').filter({ hasText: 'Kept on this device.' })
  await toast.waitFor()
  const box = await toast.boundingBox()
  const header = await page.getByRole('banner').boundingBox()
  expect(box?.y).toBeGreaterThanOrEqual(header?.height ?? 0)
  expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThan(844 / 3)
})
