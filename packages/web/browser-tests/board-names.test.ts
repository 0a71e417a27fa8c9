// Nightly: what short cases say, in all languages, on wide and narrow screens and with 30 rooms
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { dataOf } from './a-practice.ts'
import { axeFindings, type Site, sidewaysPixels } from './harness.ts'
import { test } from './site-test.ts'
import { aCase, aTheatre, inMinutes, openBoard } from './theatre-scene.ts'

const names = ['Laparoscopic cholecystectomy', 'Cystoscopy', 'Inguinal hernia repair', 'Hip repair']

/** One case of each length, one after the other; half of them with a flag. */
async function aDayOfShortCases(site: Site) {
  const theatre = await aTheatre(site)
  let ahead = 20
  for (const [index, minutes] of [10, 15, 20, 30, 45, 60].entries()) {
    const display = names[index % names.length] ?? ''
    for (const confirm of [true, false]) {
      const startsAt = inMinutes(ahead)
      await aCase(site, theatre, { startsAt, minutes, confirm, procedure: { code: 'X', display } })
      ahead += minutes + 10
    }
  }
  return theatre
}

/** Thirty rooms, each with its surgeon and five cases of 10 to 20 minutes. */
async function aFullHouse(site: Site) {
  const theatre = await aTheatre(site)
  const path = { clinicId: theatre.clinicId }
  for (let number = 3; number <= 30; number += 1) {
    const room = await dataOf(site.admin.createRoom({ path, body: { name: `Room ${number}`, turnoverMinutes: 10 } }))
    const body = { name: `Dr. Surgeon ${number}`, profession: 'surgeon' } as const
    const surgeon = await dataOf(site.admin.createTheatreStaff({ path, body }))
    for (const [index, minutes] of [10, 15, 20, 10, 15].entries()) {
      await aCase(site, theatre, {
        roomId: room.id,
        surgeonId: surgeon.id,
        startsAt: inMinutes(20 + index * 30),
        minutes,
        patient: { mrn: crypto.randomUUID(), name: `Patient ${number}-${index}` },
        procedure: { code: 'X', display: names[index % names.length] ?? '' },
      })
    }
  }
  return theatre
}

/** The procedures, patients and surgeons of cases that are cut off on the board, too small, or below something else. */
function unreadable(page: Page): Promise<string[]> {
  return page.locator('[data-case]').evaluateAll((cases) =>
    cases.flatMap((one) => {
      one.scrollIntoView({ block: 'center', inline: 'center' })
      const texts = [...one.querySelectorAll('bdi')]
      if (texts.length !== 3) return [`${one.textContent}: ${texts.length} texts`]
      return texts.flatMap((text) => {
        const found = (what: string) => [`${text.textContent}: ${what}`]
        if (Number.parseFloat(getComputedStyle(text).fontSize) < 12) return found('too small')
        const line = text.parentElement ?? text
        const isCut = [text, line].some(
          ({ scrollWidth, clientWidth, scrollHeight, clientHeight }) =>
            clientWidth > 0 && (scrollWidth > clientWidth + 1 || scrollHeight > clientHeight + 1),
        )
        if (isCut) return found('cut off')
        return [...text.getClientRects()].flatMap(({ left, top, right, bottom }) =>
          [left + 1, right - 1].flatMap((x) => {
            const above = document.elementFromPoint(x, (top + bottom) / 2)
            return above !== null && one.contains(above) ? [] : found('below something else')
          }),
        )
      })
    }),
  )
}

test.for(['en-GB', 'de-DE', 'ar'])(
  'in %s the procedure, the patient and the surgeon of short cases are read on the board',
  async (locale, { site }) => {
    const theatre = await aDayOfShortCases(site)
    for (const width of [1280, 390]) {
      const page = await openBoard(theatre, 'staff', { locale, viewport: { width, height: 844 } })
      await expect.poll(() => page.locator('[data-case]').count()).toBe(12)
      expect(await unreadable(page)).toEqual([])
      for (const name of names) {
        const one = page.getByRole('button', { name }).first()
        expect(await one.innerText()).toMatch(/Carl Coming\s+Dr\. Chen/)
      }
      expect(await sidewaysPixels(page)).toBe(0)
      expect(await axeFindings(page)).toEqual([])
    }
  },
)

test('with 30 rooms, cases of 10 to 20 minutes are read; negative control: not if their text ends with them', async ({
  site,
}) => {
  const theatre = await aFullHouse(site)
  const page = await openBoard(theatre, 'staff', { viewport: { width: 1280, height: 800 } })
  await expect.poll(() => page.locator('[data-case]').count()).toBe(140)
  expect(await unreadable(page)).toEqual([])
  await page.addStyleTag({ content: '[data-lines] { width: calc(100% - 0.625rem) !important }' })
  expect((await unreadable(page)).length).toBeGreaterThan(140)
})

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
