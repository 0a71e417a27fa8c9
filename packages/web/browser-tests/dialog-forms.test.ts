// Nightly: each way to close a dialog
import { aSlot } from '@holdfast/testkit'
import { expect } from 'vitest'
import { dataOf } from './a-practice.ts'
import { aClinicScene } from './clinic-scene.ts'
import { axeFindings, sidewaysPixels } from './harness.ts'
import { test } from './site-test.ts'

test('a dialog in which something was typed asks before a key, its button or a click beside it closes it', async ({
  site,
}) => {
  const scene = await aClinicScene(site)
  const page = await scene.pageOf('admin', { viewport: { width: 390, height: 844 } })
  await page.goto(`/clinic/${scene.clinic.id}/doctors`)
  const open = page.getByRole('button', { name: 'Add doctor' })
  const dialog = page.getByRole('dialog', { name: 'Add doctor' })
  const name = dialog.getByLabel('Name')
  const question = dialog.getByRole('group', { name: 'Close without saving?' })
  await open.click()
  await dialog.waitFor()
  // Nothing was typed.
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })

  await open.click()
  await name.fill('Dr Grace Hopper')
  await page.keyboard.press('Escape')
  await question.getByRole('button', { name: 'Keep editing' }).and(page.locator(':focus')).waitFor()
  expect(await name.isVisible()).toBe(false)
  expect(await axeFindings(page)).toEqual([])
  expect(await sidewaysPixels(page)).toBe(0)
  await page.keyboard.press('Enter')
  await name.and(page.locator(':focus')).waitFor()
  expect(await name.inputValue()).toBe('Dr Grace Hopper')

  await page.keyboard.press('Escape')
  await question.waitFor()
  // Another press of the key does not lose it either.
  await page.keyboard.press('Escape')
  await name.and(page.locator(':focus')).waitFor()
  await page.mouse.click(195, 4)
  await question.getByRole('button', { name: 'Keep editing' }).click()
  await dialog.getByRole('button', { name: 'Close', exact: true }).click()
  await question.getByRole('button', { name: 'Close without saving' }).click()
  await dialog.waitFor({ state: 'detached' })
  await open.and(page.locator(':focus')).waitFor()
  await open.click()
  expect(await name.inputValue()).toBe('')
})

test('a dialog with only a reason asks, too', async ({ site }) => {
  const scene = await aClinicScene(site)
  const slot = await aSlot(site.database, scene.doctor)
  const { id } = await dataOf(
    site.admin.createBooking({ body: { slotId: slot.id, patient: { name: 'Pia' }, confirm: true } }),
  )
  const page = await scene.pageOf('staff')
  await page.goto(`/clinic/${scene.clinic.id}/bookings/${id}`)
  await page.getByRole('button', { name: 'Cancel booking' }).click()
  const dialog = page.getByRole('dialog', { name: 'Cancel this booking?' })
  await dialog.getByLabel('Reason').fill('The doctor is ill')
  await page.keyboard.press('Escape')
  await dialog.getByRole('button', { name: 'Keep editing' }).click()
  expect(await dialog.getByLabel('Reason').inputValue()).toBe('The doctor is ill')
  await dialog.getByRole('button', { name: 'Keep booking' }).click()
  await dialog.waitFor({ state: 'detached' })
})
