// Nightly: the names of short cases in all languages, on wide and narrow screens
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { axeFindings, type Site, sidewaysPixels } from './harness.ts'
import { test } from './site-test.ts'
import { aCase, aTheatre, inMinutes, openBoard } from './theatre-scene.ts'

const names = ['Laparoscopic cholecystectomy', 'Cystoscopy', 'Inguinal hernia repair', 'Hip repair']

/** One case of each length and name, one after the other; half of them with a flag. */
async function aDayOfShortCases(site: Site) {
  const theatre = await aTheatre(site)
  let ahead = 20
  for (const [index, minutes] of [20, 30, 45, 60].entries()) {
    const display = names[index] ?? ''
    for (const confirm of [true, false]) {
      const startsAt = inMinutes(ahead)
      await aCase(site, theatre, { startsAt, minutes, confirm, procedure: { code: 'X', display } })
      ahead += minutes + 15
    }
  }
  return theatre
}

/** What is drawn of the cases' names and initials beyond their case, and words that go on in the next line. */
function unreadable(page: Page): Promise<string[]> {
  return page.locator('[data-case]').evaluateAll((cases) =>
    cases.flatMap((one) => {
      const outer = one.getBoundingClientRect()
      const seen = [...one.querySelectorAll('bdi, [dir="auto"]')].filter(
        (text) => getComputedStyle(text).display !== 'none' && getComputedStyle(text).clipPath === 'none',
      )
      if (seen.length === 0) return [`${one.textContent}: nothing is seen`]
      return seen.flatMap((text) => {
        const node = text.firstChild ?? text
        const isCut = getComputedStyle(text).whiteSpace === 'nowrap'
        return [...(node.textContent ?? '').matchAll(/\S+/g)].flatMap(({ 0: word, index }) => {
          const range = document.createRange()
          range.setStart(node, index)
          range.setEnd(node, index + word.length)
          const [first, second] = range.getClientRects()
          if (first === undefined) return [`${word}: not drawn`]
          if (second !== undefined) return [`${word}: broken`]
          const isOut = first.left < outer.left || first.right > outer.right || first.bottom > outer.bottom
          // A name in one line ends with an ellipsis.
          return isOut && !isCut ? [`${word}: beyond its case`] : []
        })
      })
    }),
  )
}

test.for(['en-GB', 'de-DE', 'ar'])(
  'in %s short cases have initials or whole words, and their names',
  async (locale, { site }) => {
    const theatre = await aDayOfShortCases(site)
    for (const width of [1280, 390]) {
      const page = await openBoard(theatre, 'staff', { locale, viewport: { width, height: 844 } })
      await expect.poll(() => page.locator('[data-case]').count()).toBe(8)
      expect(await unreadable(page)).toEqual([])
      for (const name of names) expect(await page.getByRole('button', { name }).count()).toBe(2)
      const short = page.getByRole('button', { name: 'Cystoscopy' }).first()
      expect(await short.innerText()).toContain('Cys.')
      expect(await sidewaysPixels(page)).toBe(0)
      expect(await axeFindings(page)).toEqual([])
    }
  },
)

test('the pointer and the keyboard show what a short case is, within the window; Escape hides it', async ({ site }) => {
  const theatre = await aDayOfShortCases(site)
  const page = await openBoard(theatre, 'staff')
  const card = page.locator('[data-case-card]')
  for (const name of names) {
    const one = page.getByRole('button', { name }).last()
    await one.hover()
    await card.getByText(name, { exact: true }).waitFor()
    const box = await card.boundingBox()
    expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(page.viewportSize()?.width ?? 0)
  }
  await page.mouse.move(1, 1)
  await card.waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Hip repair' }).first().focus()
  await page.keyboard.press('ArrowLeft')
  await card.getByText('Inguinal hernia repair', { exact: true }).waitFor()
  expect(await axeFindings(page)).toEqual([])
  await page.keyboard.press('Escape')
  await card.waitFor({ state: 'detached' })
})

test('on a phone the rooms take a quarter of the board, and nothing explains dragging', async ({ site }) => {
  const theatre = await aDayOfShortCases(site)
  const page = await openBoard(theatre, 'staff')
  const [drag, tap] = [page.getByText(/^Drag a case/), page.getByText(/^Tap a case/)]
  expect([await drag.isVisible(), await tap.isVisible()]).toEqual([true, false])
  await page.setViewportSize({ width: 390, height: 844 })
  expect([await drag.isVisible(), await tap.isVisible()]).toEqual([false, true])
  const room = await page.locator('[data-corner]').boundingBox()
  expect(room?.width).toBeLessThan(100)
})

test.for(['en-GB', 'ar'])('in %s a phone shows the rooms beside today, in the week', async (locale, { site }) => {
  const theatre = await aDayOfShortCases(site)
  const page = await theatre.scene.pageOf('staff', { locale, viewport: { width: 320, height: 700 } })
  await page.goto(`/clinic/${theatre.clinicId}/theatre?view=week`)
  const boxOf = async (selector: string) => {
    const { x, width } = (await page.locator(selector).first().boundingBox()) ?? { x: -1, width: 0 }
    return [x, x + width] as const
  }
  await page.locator('th[data-today]').waitFor()
  const [room, today] = [await boxOf('tbody th[scope="row"]'), await boxOf('th[data-today]')]
  const [first, second] = locale === 'ar' ? [today, room] : [room, today]
  expect(first[0]).toBeGreaterThanOrEqual(0)
  expect(second[0]).toBeGreaterThanOrEqual(first[1] - 1)
  expect(second[1]).toBeLessThanOrEqual(320)
  expect(await axeFindings(page)).toEqual([])
})
