// Nightly: each field and button, in both colour schemes
import { aBooking, aSlot } from '@holdfast/testkit'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { aPractice } from './a-practice.ts'
import { aClinicScene, signInContext } from './clinic-scene.ts'
import { weaklyOutlined, weaklyOutlinedByTab } from './focus-outlines.ts'
import { signUp, untilRead } from './harness.ts'
import { test } from './site-test.ts'
import { aCase, aRequest, aTheatre } from './theatre-scene.ts'

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
  const ofClinic = ['bookings', 'times', 'people', 'book', 'waitlist/add', 'webhooks', 'settings', 'privacy']
  for (const path of ['/', '/find-booking', '/account', ...ofClinic.map((name) => `${clinic}/${name}`)]) {
    await page.goto(path)
    await page.getByRole('heading', { level: 1 }).waitFor()
    await untilRead(page)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      await page.locator(`html[data-mantine-color-scheme="${colorScheme}"]`).waitFor()
      const weak = () => bordersOf(page).then((borders) => borders.filter(({ contrast }) => contrast < 3))
      expect((await bordersOf(page)).length).toBeGreaterThan(0)
      const switches = async () => (await bordersOf(page)).filter(({ field }) => field.includes('Switch-track')).length
      if (path.endsWith('/settings')) await expect.poll(switches).toBe(4)
      if (path.endsWith('/privacy')) await expect.poll(switches).toBe(1)
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

test('whatever Tab leads to has an outline of 3 pixels, and Tab leads out of the page', async ({ site }) => {
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
    expect(await weaklyOutlinedByTab(page), path).toEqual([])
  }
  // The control: a thinner one and none are found, also where something without one is beside them.
  await page.evaluate(() => {
    const buttons = '<button style="outline-width: 2px">Thin</button><button style="outline-style: none">None</button>'
    const clipped = '<p style="overflow: hidden; width: max-content"><button>Clipped</button></p>'
    document.querySelector('main')?.insertAdjacentHTML('beforeend', `${buttons}<span>beside</span>${clipped}`)
  })
  const planted = (found: string[]) => found.map((one) => />(\w+)</.exec(one)?.[1])
  expect(planted(await weaklyOutlinedByTab(page))).toEqual(['Thin', 'None', 'Clipped'])
  expect(planted(await weaklyOutlined(page))).toEqual(['Thin', 'None', 'Clipped'])
  // The other control: Tab leads only to one button.
  await page.evaluate(() => {
    const keepFocus = (event: KeyboardEvent) => {
      event.preventDefault()
      document.querySelector<HTMLElement>('main button')?.focus()
    }
    document.addEventListener('keydown', keepFocus, { capture: true })
  })
  await expect(weaklyOutlinedByTab(page)).rejects.toThrow('the focus did not leave the page')
})

// The patients' pages and most of the clinic's have this check in the tests that open them for axe.
test('on the pages of a theatre, a doctor and a waitlist, too, what has the focus has an outline', async ({ site }) => {
  const theatre = await aTheatre(site)
  const { scene, clinicId } = theatre
  await aCase(site, theatre, {})
  await aRequest(site, theatre, {})
  const booking = await aBooking(site.database, await aSlot(site.database, scene.doctor))
  const clinic = `/clinic/${clinicId}`
  const ofClinic = ['waitlist', 'waitlist/add', 'messages', 'webhooks', 'security-log', `bookings/${booking.id}`]
  const ofTheatre = ['', '/requests', '/blocks', '/setup', '/report', '/book']
  const pages = {
    admin: [
      ...ofClinic.map((name) => `${clinic}/${name}`),
      `${clinic}/doctors/${scene.doctor.id}/link`,
      ...ofTheatre.map((name) => `${clinic}/theatre${name}`),
      '/my-waitlist',
    ],
    doctor: ['', '/week', '/times', '/video'].map((name) => `/my-day${name}`),
  }
  for (const who of ['admin', 'doctor'] as const) {
    const page = await scene.pageOf(who)
    for (const path of pages[who]) {
      await openWithin(page, path)
      expect(await weaklyOutlined(page), path).toEqual([])
    }
  }
})

/** Opens a page of the site, the second and later ones without loading the program again. */
async function openWithin(page: Page, path: string): Promise<void> {
  if (page.url() === 'about:blank') await page.goto(path)
  else {
    const left = await page.evaluate((to) => {
      const headings = document.querySelectorAll('main :is(h1, h2)')
      for (const heading of headings) heading.setAttribute('data-left', '')
      window.history.pushState(null, '', to)
      return headings.length
    }, path)
    // Pages may share the first.
    await page.waitForFunction((count) => document.querySelectorAll('[data-left]').length < count, left)
  }
  await page.getByRole('heading', { level: 1 }).first().waitFor()
  await untilRead(page)
}
