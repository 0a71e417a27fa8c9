// Nightly: the marks of cases in three languages, also in the week and in print
import type { Case, NewCase } from '@holdfast/contract/client'
import { expect } from 'vitest'
import ar from '../src/locales/ar/theatre.json' with { type: 'json' }
import de from '../src/locales/de/theatre.json' with { type: 'json' }
import en from '../src/locales/en/theatre.json' with { type: 'json' }
import { dataOf } from './a-practice.ts'
import { axeFindings, type Site } from './harness.ts'
import { test } from './site-test.ts'
import { aCase, aTheatre, inMinutes, openBoard } from './theatre-scene.ts'

const flags = {
  Adenoidectomy: 'held',
  Bunionectomy: 'late',
  Craniotomy: 'running',
  Discectomy: 'atRisk',
  Embolectomy: 'done',
  Fasciotomy: 'incomplete',
  Glossectomy: 'atRisk',
  Herniotomy: null,
} as const

/** A case of each mark, and one without: by their procedures. */
async function aMarkedBoard(site: Site) {
  const theatre = await aTheatre(site)
  const path = { clinicId: theatre.clinicId }
  await site.database.ownerPool.query('update holdfast.clinic set hold_seconds = 900 where id = $1', [path.clinicId])
  const place = async (name: string) => {
    const room = await dataOf(site.admin.createRoom({ path, body: { name } }))
    const surgeon = await dataOf(site.admin.createTheatreStaff({ path, body: { name, profession: 'surgeon' } }))
    return { roomId: room.id, surgeonId: surgeon.id }
  }
  const book = async (display: keyof typeof flags, at: Partial<NewCase>) =>
    aCase(site, theatre, { procedure: { code: display, display }, ...at })
  const record = (one: Case, milestone: 'in_room' | 'out_of_room', at: string | null) =>
    dataOf(site.admin.recordMilestone({ path: { caseId: one.id }, body: { milestone, at, force: true } }))
  const now = new Date().toISOString()
  const running = await place('Room 3')
  const long = await book('Craniotomy', running)
  await book('Discectomy', { ...running, startsAt: inMinutes(120) })
  await record(long, 'in_room', now)
  await dataOf(site.admin.extendCase({ path: { caseId: long.id }, body: { expectedEndsAt: inMinutes(150) } }))
  await record(await book('Embolectomy', await place('Room 4')), 'out_of_room', now)
  const shared = await place('Room 5')
  const early = await book('Fasciotomy', shared)
  await record(early, 'out_of_room', now)
  await book('Glossectomy', { roomId: shared.roomId })
  await record(early, 'out_of_room', null)
  await book('Herniotomy', await place('Room 6'))
  const late = await book('Bunionectomy', await place('Room 7'))
  await site.database.ownerPool.query(
    `update holdfast.theatre_case set starts_at = starts_at - interval '90 minutes' where booking_id = $1`,
    [late.id],
  )
  await book('Adenoidectomy', { ...(await place('Room 8')), confirm: false })
  return theatre
}

const languages = { 'en-GB': en, de, ar }

test('the week and the printed day mark cases as the day does, in three languages', async ({ site }) => {
  const theatre = await aMarkedBoard(site)
  for (const [locale, { state }] of Object.entries(languages)) {
    const page = await openBoard(theatre, 'staff', { locale })
    const day = page.locator('[data-case]')
    const expected = Object.entries(flags).map(([name, flag]) => [name, flag === null ? null : state[flag]])
    const marksIn = async (found: typeof day) => {
      await found.nth(expected.length - 1).waitFor()
      const texts = (await found.allInnerTexts()).map((text) => text.replaceAll(/\s+/g, ' '))
      return expected.map(([name]) => {
        const own = texts.filter((text) => text.includes(name ?? '')).join()
        return [name, Object.values(state).find((each) => own.includes(each)) ?? null]
      })
    }
    expect(await marksIn(day), locale).toEqual(expected)
    await page.evaluate(() => window.dispatchEvent(new Event('beforeprint')))
    await page.emulateMedia({ media: 'print' })
    expect(await marksIn(page.locator('.print-only tbody tr')), locale).toEqual(expected)
    await page.emulateMedia({ media: 'screen' })
    await page.goto(`/clinic/${theatre.clinicId}/theatre?view=week`)
    expect(await marksIn(page.locator('td button')), locale).toEqual(expected)
    expect(await axeFindings(page)).toEqual([])
  }
})
