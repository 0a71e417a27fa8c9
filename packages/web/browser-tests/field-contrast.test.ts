import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { aPractice } from './a-practice.ts'
import { aClinicScene, signInContext } from './clinic-scene.ts'
import { signUp, untilRead } from './harness.ts'
import { test } from './site-test.ts'
import { aTheatre } from './theatre-scene.ts'

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
  const ofClinic = ['bookings', 'times', 'people', 'book', 'waitlist/add', 'webhooks', 'settings']
  for (const path of ['/', '/find-booking', '/account', ...ofClinic.map((name) => `${clinic}/${name}`)]) {
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
      const outline = () =>
        field.evaluate((node) => {
          const { outlineStyle, outlineWidth } = getComputedStyle(node)
          return outlineStyle === 'none' ? 0 : Number.parseFloat(outlineWidth)
        })
      await expect.poll(outline).toBeGreaterThanOrEqual(3)
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

/** More than any page here has to press. */
const pressesMax = 300

/**
 * Follows the focus through a page, and returns what has no outline of 3 pixels. The last of the stops in the field of
 * a date is a button of the browser's, with the browser's own outline: the field has to have one at another stop.
 */
async function weaklyOutlined(page: Page): Promise<string[]> {
  const stops: { element: string; isOutlined: boolean }[] = []
  for (let presses = 0; presses < pressesMax; presses++) {
    await page.keyboard.press('Tab')
    const found = await page.evaluate(() => {
      const focused = document.activeElement
      if (focused === null || focused === document.body) return null
      // What shows the state of a switch or of a choice is beside its input.
      const around = [focused, focused.nextElementSibling].filter((one) => one !== null)
      // The input of a password is inside of its field, which cuts off what is around the input.
      const field = focused.closest('div.mantine-Input-input')
      const shown = field === null ? around : [field]
      const isOutlined = shown.some((one) => {
        const { outlineStyle, outlineWidth } = getComputedStyle(one)
        return outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 3
      })
      return { element: focused.outerHTML.slice(0, 200), isOutlined }
    })
    if (found === null) {
      const outlined = new Set(stops.filter(({ isOutlined }) => isOutlined).map(({ element }) => element))
      return stops.map(({ element }) => element).filter((element) => !outlined.has(element))
    }
    stops.push(found)
  }
  throw new Error(`${new URL(page.url()).pathname}: the focus did not leave the page after ${pressesMax} presses.`)
}

test('whatever has the focus by keyboard has an outline of 3 pixels', async ({ site }) => {
  const practice = await aPractice(site, { appointmentTypes: ['in_person', 'video'] })
  const account = await signUp(site.url, 'Ada Lovelace')
  const page = await site.newPage()
  await signInContext(site, page, account)
  const theatre = await aTheatre(site)
  const staff = await theatre.scene.pageOf('staff')
  const visits = [
    ...['/', `/doctors/${practice.doctor.id}`, '/account', '/my-bookings'].map((path) => [page, path] as const),
    [staff, `/clinic/${theatre.clinicId}/theatre/book`],
  ] as const
  for (const [page, path] of visits) {
    await page.goto(path)
    await page.getByRole('heading', { level: 1 }).waitFor()
    await untilRead(page)
    if (page === staff) await page.locator('.mantine-MultiSelect-input').first().waitFor()
    expect(await weaklyOutlined(page), path).toEqual([])
  }
  // The control: a thinner one and none are found, also where something without one is beside them.
  await page.evaluate(() => {
    const buttons = '<button style="outline-width: 2px">Thin</button><button style="outline-style: none">None</button>'
    document.querySelector('main')?.insertAdjacentHTML('beforeend', `${buttons}<span>beside</span>`)
  })
  expect((await weaklyOutlined(page)).map((one) => />(\w+)</.exec(one)?.[1])).toEqual(['Thin', 'None'])
})
