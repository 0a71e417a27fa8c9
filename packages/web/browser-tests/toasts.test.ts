import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'
import { dataOf } from './a-practice.ts'
import { aClinicScene } from './clinic-scene.ts'
import { axeFindings, type Site, untilRead } from './harness.ts'
import { test } from './scene-test.ts'
import { aCase, openBoard } from './theatre-scene.ts'

type Size = { width: number; height: number }

/** A long list, and the message about a change of its last row, which is at the lower edge of the window. */
async function aMessage(site: Site, viewport: Size): Promise<{ page: Page; strip: Locator }> {
  const scene = await aClinicScene(site)
  const path = { clinicId: scene.clinic.id }
  const name = (index: number) => `Visit ${String(index).padStart(2, '0')}`
  for (let index = 1; index <= 12; index += 1) {
    await dataOf(site.admin.createVisitType({ path, body: { name: name(index), minutes: 20, position: index } }))
  }
  const page = await scene.open('admin', `/clinic/${scene.clinic.id}/visit-types`, { viewport })
  await untilRead(page)
  const edit = page.getByRole('button', { name: 'Edit Visit 12' })
  await edit.evaluate((button) => button.closest('tr')?.scrollIntoView({ block: 'end' }))
  await edit.click()
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click()
  const strip = page.locator('[data-toasts]')
  // Under the pointer, it stays.
  await strip.getByRole('alert').hover()
  return { page, strip }
}

/** What lies under messages, in square pixels: each row when it is scrolled to, each button when it has the focus. */
function covered(page: Page): Promise<number[]> {
  return page.evaluate(() => {
    const alerts = [...document.querySelectorAll('[data-toasts] [role="alert"]')]
    if (alerts.length === 0) throw new Error('There is no message.')
    const overlap = (one: Element) => {
      const box = one.getBoundingClientRect()
      const areas = alerts.map((alert) => {
        const over = alert.getBoundingClientRect()
        const width = Math.min(box.right, over.right) - Math.max(box.left, over.left)
        const height = Math.min(box.bottom, over.bottom) - Math.max(box.top, over.top)
        // Less than a pixel is what scrolling to whole pixels leaves.
        return height < 1 ? 0 : Math.max(0, width) * height
      })
      return Math.round(Math.max(...areas))
    }
    const rows = [...document.querySelectorAll('tbody tr, footer')].map((row) => {
      row.scrollIntoView({ block: 'end' })
      return overlap(row)
    })
    const buttons = [...document.querySelectorAll<HTMLElement>('tbody button, footer a')].map((button) => {
      window.scrollTo(0, 0)
      button.focus()
      return overlap(button)
    })
    return [...rows, ...buttons].filter((pixels) => pixels > 0)
  })
}

/** How far a message is below a dialog; negative: it covers part of that, or there is none. */
async function pixelsBetween(dialog: Locator, strip: Locator): Promise<number> {
  const [above, message] = [await dialog.boundingBox(), await strip.boundingBox()]
  if (above === null || message === null || message.height === 0) return -1
  return message.y - above.y - above.height
}

test.for([
  { width: 1280, height: 720 },
  { width: 390, height: 844 },
  { width: 320, height: 640 },
])('at $width px, a message covers neither rows nor buttons: the page ends above it', async (viewport, { site }) => {
  const { page, strip } = await aMessage(site, viewport)
  const edges = () =>
    page.evaluate(() => ({
      focused: document.activeElement?.closest('td')?.getBoundingClientRect().bottom ?? 0,
      strip: document.querySelector('[data-toasts]')?.getBoundingClientRect().top ?? 0,
    }))
  await expect.poll(async () => (await edges()).focused).toBeGreaterThan(0)
  const { focused, strip: top } = await edges()
  expect(focused).toBeLessThanOrEqual(top)
  // It reaches from one edge to the other, and hides nothing beside itself.
  const box = await strip.boundingBox()
  expect(box).toMatchObject({ x: 0, width: await page.evaluate(() => document.documentElement.clientWidth) })
  expect(top + (box?.height ?? 0)).toBeCloseTo(viewport.height, 0)
  expect(box?.height).toBeLessThan(viewport.height / 4)
  expect(await covered(page)).toEqual([])
  expect(await axeFindings(page)).toEqual([])
  await page.getByRole('button', { name: 'Edit Visit 12' }).press('Enter')
  await expect.poll(() => pixelsBetween(page.getByRole('dialog'), strip)).toBeGreaterThanOrEqual(0)
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  // By keyboard, it is closed; then nothing is reserved for it.
  await strip.getByRole('button', { name: 'Close' }).press('Enter')
  await expect.poll(() => strip.evaluate((one) => one.getBoundingClientRect().height)).toBe(0)
})

test('negative control: in a corner above the page, a message covers rows', async ({ site }) => {
  const { page } = await aMessage(site, { width: 1280, height: 720 })
  await page.addStyleTag({
    content: `html { scroll-padding-block-end: 0 !important }
      [data-toasts] { position: fixed !important; left: 1rem; bottom: 1rem; width: 300px }`,
  })
  expect((await covered(page)).length).toBeGreaterThan(0)
})

test.for(['en', 'ar'])('in %s, messages are below the panel of a case', async (locale, { site, theatre }) => {
  const { ownerPool } = site.database
  await ownerPool.query('update holdfast.clinic set hold_seconds = 900 where id = $1', [theatre.clinicId])
  await aCase(site, theatre, { procedure: { code: 'H1', display: 'Hip replacement' }, confirm: false })
  const page = await openBoard(theatre, 'staff', { locale, viewport: { width: 1280, height: 720 } })
  await page.getByRole('button', { name: /Hip replacement/ }).click()
  const dialog = page.getByRole('dialog')
  const strip = page.locator('[data-toasts]')
  // The first button closes the panel, and the second one confirms the case.
  await dialog.getByRole('button').nth(1).click()
  await strip.getByRole('alert').hover()
  await expect.poll(() => pixelsBetween(dialog, strip)).toBeGreaterThanOrEqual(0)
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
})
