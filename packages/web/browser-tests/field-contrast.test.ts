import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { aPractice } from './a-practice.ts'
import { aClinicScene, signInContext } from './clinic-scene.ts'
import { signUp, untilRead } from './harness.ts'
import { test } from './site-test.ts'

/** The contrast of each field's border with its background, which axe does not check. */
function bordersOf(page: Page): Promise<{ field: string; contrast: number }[]> {
  return page.evaluate(() => {
    const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
    /** 0–255 each; alpha 0–255. */
    const rgba = (color: string): [number, number, number, number] => {
      if (canvas === null) throw new Error('no canvas')
      canvas.clearRect(0, 0, 1, 1)
      canvas.fillStyle = color
      canvas.fillRect(0, 0, 1, 1)
      const [r = 0, g = 0, b = 0, a = 0] = canvas.getImageData(0, 0, 1, 1).data
      return [r, g, b, a]
    }
    const luminance = (color: string) => {
      const [r, g, b] = rgba(color).map((part) => {
        const share = part / 255
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
      })
      return 0.2126 * (r ?? 0) + 0.7152 * (g ?? 0) + 0.0722 * (b ?? 0)
    }
    const groundOf = (element: Element | null): string => {
      if (element === null) return 'white'
      const { backgroundColor } = getComputedStyle(element)
      return rgba(backgroundColor)[3] === 255 ? backgroundColor : groundOf(element.parentElement)
    }
    const fields = [...document.querySelectorAll<HTMLElement>('input, select, textarea, .mantine-Switch-track')]
    return fields
      .filter((field) => field.checkVisibility() && getComputedStyle(field).borderTopWidth !== '0px')
      .map((field) => {
        // Around it: the border of a checked box has the colour of its inside.
        const ground = groundOf(field.parentElement)
        const [one, other] = [luminance(getComputedStyle(field).borderTopColor), luminance(ground)]
        return {
          field: field.outerHTML.slice(0, 120),
          contrast: (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05),
        }
      })
  })
}

test('field borders have a contrast of 3 : 1, and the field in use an outline of 3 pixels, in both schemes', async ({
  site,
}) => {
  const scene = await aClinicScene(site)
  const page = await scene.pageOf('admin')
  const clinic = `/clinic/${scene.clinic.id}`
  for (const path of ['/', `${clinic}/bookings`, `${clinic}/times`, `${clinic}/settings`]) {
    await page.goto(path)
    await page.getByRole('heading', { level: 1 }).waitFor()
    await untilRead(page)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      await page.locator(`html[data-mantine-color-scheme="${colorScheme}"]`).waitFor()
      const weak = () => bordersOf(page).then((borders) => borders.filter(({ contrast }) => contrast < 3))
      expect((await bordersOf(page)).length).toBeGreaterThan(0)
      if (path.endsWith('/settings')) {
        const tracks = async () => (await bordersOf(page)).filter(({ field }) => field.includes('Switch-track'))
        await expect.poll(async () => (await tracks()).length).toBe(5)
      }
      // Colours change with a transition.
      await expect.poll(weak, { message: `${path} ${colorScheme}` }).toEqual([])
      const field = page.getByRole('main').locator('input, select').first()
      await field.focus()
      const outline = () => field.evaluate((node) => getComputedStyle(node).outline)
      await expect.poll(outline).toMatch(/3px/)
    }
  }
  // The control: a pale border is found.
  await page.evaluate(() => {
    for (const field of document.querySelectorAll<HTMLElement>('input, select')) {
      field.style.setProperty('border-color', '#ddd', 'important')
    }
  })
  await page.emulateMedia({ colorScheme: 'light' })
  await expect.poll(async () => (await bordersOf(page)).some(({ contrast }) => contrast < 2)).toBe(true)
})

/** Follows the focus through a page, and returns what has no outline of 3 pixels. */
async function weaklyOutlined(page: Page): Promise<string[]> {
  const weak: string[] = []
  for (;;) {
    await page.keyboard.press('Tab')
    const found = await page.evaluate(() => {
      const focused = document.activeElement
      if (focused === null || focused === document.body) return 'end'
      // What shows the state of a switch or of a choice is beside its input.
      const shown = [focused, focused.nextElementSibling].filter((one) => one !== null)
      return shown.some((one) => getComputedStyle(one).outline.includes('3px')) ? null : focused.outerHTML.slice(0, 200)
    })
    if (found === 'end') return weak
    if (found !== null) weak.push(found)
  }
}

test('whatever has the focus by keyboard has an outline of 3 pixels', async ({ site }) => {
  const practice = await aPractice(site, { appointmentTypes: ['in_person', 'video'] })
  const account = await signUp(site.url, 'Ada Lovelace')
  const page = await site.newPage()
  await signInContext(site, page, account)
  for (const path of ['/', `/doctors/${practice.doctor.id}`, '/account', '/my-bookings']) {
    await page.goto(path)
    await page.getByRole('heading', { level: 1 }).waitFor()
    await untilRead(page)
    expect(await weaklyOutlined(page), path).toEqual([])
  }
  // The control: thinner ones are found.
  await page.evaluate(() => document.querySelector('main')?.insertAdjacentHTML('beforeend', '<button>Thin</button>'))
  await page.locator('button', { hasText: 'Thin' }).evaluate((thin) => thin.style.setProperty('outline-width', '2px'))
  expect((await weaklyOutlined(page)).join()).toContain('Thin')
})
