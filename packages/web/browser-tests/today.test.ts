// Nightly: the desk's day in all languages and on all screens
import { randomUUID } from 'node:crypto'
import { aBooking, aDoctor, aSlot, type BuiltDoctor } from '@holdfast/testkit'
import { localDay } from '@holdfast/vocabulary'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { dataOf } from './a-practice.ts'
import { aClinicScene, type ClinicScene, noonZone } from './clinic-scene.ts'
import { axeFindings, type Site, sidewaysPixels, untilRead } from './harness.ts'
import { test } from './site-test.ts'

type Visit = { name: string; minutes: number; status?: 'ARRIVED' | 'COMPLETED'; doctor?: BuiltDoctor }

const minuteMs = 60_000

/** A clinic at about noon, and what books a visit that begins in so many minutes. */
async function aDesk(site: Site) {
  const scene = await aClinicScene(site, { timezone: noonZone() })
  const visit = async ({ name, minutes, status, doctor = scene.doctor }: Visit) => {
    const startsAt = new Date(Math.floor(Date.now() / minuteMs) * minuteMs + minutes * minuteMs)
    const slot = await aSlot(site.database, doctor, { startsAt, minutes: 10 })
    const patient = { name, phone: '+44 1632 960 210' }
    return await aBooking(site.database, slot, { patient, reason: 'Follow-up', ...(status ? { status } : {}) })
  }
  return { scene, visit }
}

const dayOf = ({ clinic }: ClinicScene) => `/clinic/${clinic.id}/day`

/** The headings of the list and the names below them, in order. */
function listed(page: Page): Promise<string[]> {
  return page
    .locator('tbody tr')
    .evaluateAll((rows) => rows.map((row) => row.querySelector('th, a')?.textContent?.replace(/\s+\d+$/, '') ?? ''))
}

test('today has who waits, who is next, who comes later and who is done, and which doctor is late', async ({
  site,
}) => {
  const { scene, visit } = await aDesk(site)
  const grace = await aDoctor(site.database, scene.clinic, { name: 'Dr Grace Hopper' })
  await visit({ name: 'Dan Done', minutes: -90, status: 'COMPLETED' })
  const waiting = await visit({ name: 'Ana Arrived', minutes: -30 })
  await visit({ name: 'Lara Late', minutes: -20, doctor: grace })
  await visit({ name: 'Nora Next', minutes: 30 })
  await visit({ name: 'Lea Later', minutes: 120, doctor: grace })
  const headers = { 'Idempotency-Key': randomUUID() }
  await site.admin.arriveBooking({ path: { bookingId: waiting.id }, headers })
  await site.database.ownerPool.query(
    "update holdfast.booking_event set at = at - interval '25 minutes' where booking_id = $1 and type = 'arrived'",
    [waiting.id],
  )
  const page = await scene.pageOf('staff')
  await page.goto(dayOf(scene))
  await page.getByRole('link', { name: 'Ana Arrived' }).waitFor()
  expect(await listed(page)).toEqual([
    'Waiting room',
    'Ana Arrived',
    'Next',
    'Lara Late',
    'Nora Next',
    'Later',
    'Lea Later',
    'Done',
    'Dan Done',
  ])
  await page.getByRole('row').filter({ hasText: 'Ana Arrived' }).getByText('25 min').waitFor()
  await page
    .getByRole('row')
    .filter({ hasText: 'Lara Late' })
    .getByText(/^\+2\d min/)
    .waitFor()
  const widthOf = (name: string) =>
    page
      .getByRole('row')
      .filter({ hasText: name })
      .locator('td:nth-child(3)')
      .evaluate((cell) => cell.clientWidth)
  await page.getByText(/Dr Ada Lovelace.: 20 minutes late/).waitFor()
  expect(await axeFindings(page)).toEqual([])
  // On a phone, names have room beside what is marked.
  const desk = page.viewportSize() ?? { width: 1280, height: 800 }
  await page.setViewportSize({ width: 390, height: 844 })
  for (const name of ['Ana Arrived', 'Lara Late']) expect(await widthOf(name), name).toBeGreaterThanOrEqual(110)
  await page.setViewportSize(desk)

  await page.getByRole('button', { name: 'Dr Grace Hopper' }).click()
  await page.getByRole('link', { name: 'Ana Arrived' }).waitFor({ state: 'detached' })
  expect(new URL(page.url()).searchParams.get('doctors')).toBe(grace.id)
  await page.getByRole('searchbox').fill('lea')
  await page.getByRole('link', { name: 'Lara Late' }).waitFor({ state: 'detached' })
  expect(await listed(page)).toEqual(['Later', 'Lea Later'])
  expect(page.url()).not.toContain('lea')
  await page.reload()
  await page.getByRole('link', { name: 'Lea Later' }).waitFor()
})

test('at least 20 of 40 patients are in sight on a desk, and 6 on a phone', async ({ site }) => {
  const { scene, visit } = await aDesk(site)
  for (let nth = 0; nth < 40; nth += 1) {
    const status = nth < 6 ? 'COMPLETED' : nth < 10 ? 'ARRIVED' : undefined
    await visit({ name: `Patient ${nth}`, minutes: (nth - 12) * 10, ...(status ? { status } : {}) })
  }
  for (const { viewport, least, locale } of [
    { viewport: { width: 1280, height: 800 }, least: 20, locale: 'en-GB' },
    { viewport: { width: 1280, height: 800 }, least: 20, locale: 'de-DE' },
    { viewport: { width: 390, height: 844 }, least: 6, locale: 'en-GB' },
    { viewport: { width: 390, height: 844 }, least: 6, locale: 'ar' },
    { viewport: { width: 320, height: 640 }, least: 1, locale: 'de-DE' },
  ]) {
    const page = await scene.pageOf('staff', { viewport, locale })
    await page.goto(dayOf(scene))
    await page.locator('tbody a').nth(39).waitFor()
    await untilRead(page)
    const rows = await page.locator('tbody tr[data-booking]').evaluateAll((all) =>
      all.map((row) => {
        const { bottom, height } = row.getBoundingClientRect()
        return { isInSight: bottom <= window.innerHeight, height }
      }),
    )
    const what = `${locale} at ${viewport.width}`
    expect(rows.filter(({ isInSight }) => isInSight).length, what).toBeGreaterThanOrEqual(least)
    for (const { height } of rows) expect(height, what).toBe(viewport.width > 768 ? 40 : 64)
    expect(await sidewaysPixels(page), what).toBe(0)
    expect(await axeFindings(page), what).toEqual([])
  }
})

test('a row stays below the pointer when it is marked, and when others mark theirs', async ({ site }) => {
  const { scene, visit } = await aDesk(site)
  const other = await visit({ name: 'Olga Other', minutes: -20 })
  await visit({ name: 'Carl Coming', minutes: -10 })
  await visit({ name: 'Nora Next', minutes: 10 })
  const page = await scene.pageOf('staff', { areIntervalsShort: true })
  await page.goto(dayOf(scene))
  const names = ['Next', 'Olga Other', 'Carl Coming', 'Nora Next']
  await expect.poll(() => listed(page)).toEqual(names)
  await page.getByRole('button', { name: 'Carl Coming: arrived' }).click()
  await page.getByRole('button', { name: 'Carl Coming: completed' }).waitFor()
  const headers = { 'Idempotency-Key': randomUUID() }
  await site.admin.arriveBooking({ path: { bookingId: other.id }, headers })
  await page.getByRole('button', { name: 'Olga Other: completed' }).waitFor()
  await page.getByText('Carl Coming has arrived.').waitFor()
  expect(await listed(page)).toEqual(names)
  // Once the pointer has left, all are where they belong.
  await page.mouse.move(5, 5)
  await expect.poll(() => listed(page)).toEqual(['Waiting room', 'Olga Other', 'Carl Coming', 'Next', 'Nora Next'])
})

test('what undoes a mark is one button of the row, without a menu or a message that covers other patients', async ({
  site,
}) => {
  const { scene, visit } = await aDesk(site)
  await visit({ name: 'Ana Arrived', minutes: -60, status: 'ARRIVED' })
  const coming = await visit({ name: 'Carl Coming', minutes: 120 })
  const { rows } = await site.database.appPool.query<{ slot_id: string }>(
    'select slot_id from holdfast.booking where id = $1',
    [coming.id],
  )
  await site.database.appPool.query('select * from holdfast.confirm_attendance($1, $2, $3, null, $4)', [
    scene.clinic.no,
    coming.id,
    rows[0]?.slot_id,
    randomUUID(),
  ])
  const page = await scene.pageOf('staff')
  await page.goto(dayOf(scene))
  await page.getByRole('button', { name: 'Ana Arrived: completed' }).click()
  const undo = page.getByRole('button', { name: 'Undo the last status change for Ana Arrived' })
  await undo.and(page.locator(':focus')).waitFor()
  // This text is for screen readers; all else is visible in the row.
  await page.getByRole('status').filter({ hasText: 'Ana Arrived’s appointment is completed.' }).waitFor()
  expect(await page.getByRole('status').getByRole('button').count()).toBe(0)
  expect(await coveredNames(page)).toEqual([])
  expect(await axeFindings(page)).toEqual([])

  await page.getByRole('button', { name: 'Undo “Confirmed by phone” for Carl Coming' }).press('Enter')
  await page.getByRole('button', { name: 'Carl Coming: arrived' }).and(page.locator(':focus')).waitFor()
  await page.getByRole('button', { name: 'Carl Coming: confirmed by phone' }).waitFor()
  expect(await page.locator('tbody [aria-haspopup]').count()).toBe(0)
})

/** Names of patients that something lies over. */
function coveredNames(page: Page): Promise<string[]> {
  return page.locator('tbody tr td:nth-child(3) a').evaluateAll((links) =>
    links
      .filter((link) => {
        const { left, top, width, height } = link.getBoundingClientRect()
        const onTop = document.elementFromPoint(left + Math.min(width, 40) / 2, top + height / 2)
        return onTop !== null && !link.contains(onTop)
      })
      .map((link) => link.textContent ?? ''),
  )
}

/** A visit in an hour, free slots after it and with a colleague, and an hour that is closed. */
async function inColumns(site: Site) {
  const { scene, visit } = await aDesk(site)
  const grace = await aDoctor(site.database, scene.clinic, { name: 'Dr Grace Hopper' })
  const slotIn = (minutes: number, doctor: BuiltDoctor) => {
    const startsAt = new Date(Math.floor(Date.now() / minuteMs) * minuteMs + minutes * minuteMs)
    return aSlot(site.database, doctor, { startsAt, minutes: 30 })
  }
  await visit({ name: 'Carl Coming', minutes: 60 })
  await visit({ name: 'Olga Other', minutes: 60, doctor: grace })
  const free = await slotIn(90, scene.doctor)
  const ofGrace = await slotIn(90, grace)
  const page = await scene.pageOf('staff')
  await page.goto(`${dayOf(scene)}?layout=columns`)
  await page.getByRole('link', { name: 'Carl Coming' }).waitFor()
  await untilRead(page)
  return { scene, grace, free, ofGrace, page, visit }
}

/** The point at so much of the height of a doctor's column that this slot has. */
async function middleOf(page: Page, doctorId: string, { startsAt }: { startsAt: Date }, carl: { startsAt: Date }) {
  const track = await page.locator(`[data-track="${doctorId}"]`).boundingBox()
  const visit = await page.getByRole('link', { name: 'Carl Coming' }).boundingBox()
  if (track === null || visit === null) throw new Error('The columns are not shown.')
  const hour = await page
    .locator('[data-track]')
    .first()
    .evaluate((one) => {
      return (one as HTMLElement).offsetHeight / Number(getComputedStyle(one).getPropertyValue('--hours'))
    })
  const minutes = (startsAt.getTime() - carl.startsAt.getTime()) / minuteMs + 10
  return { x: track.x + track.width / 2, y: visit.y + (hour * minutes) / 60 }
}

const inAnHour = () => ({ startsAt: new Date(Math.floor(Date.now() / minuteMs) * minuteMs + 60 * minuteMs) })

test('columns: a gap opens the booking of that time with that doctor, and a visit its page', async ({ site }) => {
  const { scene, grace, ofGrace, page } = await inColumns(site)
  const timeZone = scene.clinic.timezone
  const day = localDay(Date.now(), timeZone)
  const at = (hour: number) => `${day}T${String(hour).padStart(2, '0')}:00`
  const body = { from: at(15), to: at(16), doctorId: grace.id, note: 'Staff outing' }
  await dataOf(site.admin.createClosure({ path: { clinicId: scene.clinic.id }, query: {}, body }))
  await page.reload()
  await page.getByText('Closed: Staff outing', { exact: true }).waitFor()
  await untilRead(page)
  expect(await axeFindings(page)).toEqual([])
  const gap = await middleOf(page, grace.id, ofGrace, inAnHour())
  await page.mouse.click(gap.x, gap.y)
  await page.getByRole('heading', { level: 1, name: 'Book for a patient' }).waitFor()
  expect(await page.getByLabel('Doctor').inputValue()).toBe(grace.id)
  await page.locator('button[aria-pressed="true"]').waitFor()
  await page.getByLabel('Name').fill('Gina Gap')
  await page.getByRole('button', { name: /^Book \w/ }).click()
  await page.getByRole('heading', { level: 1, name: 'Booked' }).waitFor()
  await page.goto(`${dayOf(scene)}?layout=columns`)
  await page.locator(`[data-track="${grace.id}"]`).getByRole('link', { name: 'Gina Gap' }).click()
  await page.getByRole('heading', { level: 1, name: 'Gina Gap' }).waitFor()
  // The view that was chosen last is shown without its address, too.
  await page.goto(dayOf(scene))
  await page.getByText('Columns', { exact: true }).click()
  await page.goto(dayOf(scene))
  await page.getByRole('link', { name: 'Gina Gap' }).and(page.locator('[data-stop]')).waitFor()
  await page.setViewportSize({ width: 320, height: 640 })
  expect(await sidewaysPixels(page)).toBe(0)
})

test('columns: a visit is dragged to a free slot, and what is against another place is shown on the way', async ({
  site,
}) => {
  const { scene, grace, ofGrace, page } = await inColumns(site)
  const carl = page.getByRole('link', { name: 'Carl Coming' })
  const from = await carl.boundingBox()
  if (from === null) throw new Error('The visit is not shown.')
  const there = await middleOf(page, grace.id, ofGrace, inAnHour())
  await page.mouse.move(from.x + from.width / 2, from.y + 5)
  await page.mouse.down()
  await page.mouse.move(there.x, from.y + 5, { steps: 5 })
  await page
    .locator('[data-conflict]')
    .getByText(/Olga Other. is there then/)
    .waitFor()
  await page.mouse.move(there.x, there.y, { steps: 5 })
  await page.locator('[data-conflict]').waitFor({ state: 'detached' })
  await page.mouse.up()
  await page.locator(`[data-track="${grace.id}"]`).getByRole('link', { name: 'Carl Coming' }).waitFor()
  // Under the pointer, the message does not end.
  await page.getByText(/^Moved to .*: .Carl Coming.\.$/).hover()
  await page.getByRole('button', { name: 'Undo' }).click()
  await page.locator(`[data-track="${scene.doctor.id}"]`).getByRole('link', { name: 'Carl Coming' }).waitFor()
  await page.getByText('Moved back.').hover()
  expect(await page.getByText(/^Moved to/).count()).toBe(0)
  // Whose move can be undone is the one that was moved last, at once.
  const olga = page.getByRole('link', { name: 'Olga Other' })
  await olga.focus()
  await page.keyboard.press('m')
  for (let nth = 0; nth < 6; nth += 1) await page.keyboard.press('ArrowDown')
  await page.locator('[data-conflict]').waitFor({ state: 'detached' })
  await page.keyboard.press('Enter')
  await page.getByText(/^Moved to .*: .Olga Other.\.$/).waitFor()
  expect(await page.getByText('Moved back.').count()).toBe(0)
  expect(await page.getByRole('button', { name: 'Undo', exact: true }).count()).toBe(1)
})

test('columns: the keyboard leads to visits and moves them, and visits of others appear', async ({ site }) => {
  const { scene, grace, page, visit } = await inColumns(site)
  const carl = page.getByRole('link', { name: 'Carl Coming' })
  await carl.focus()
  await page.keyboard.press('ArrowRight')
  await page.getByRole('link', { name: 'Olga Other' }).and(page.locator(':focus')).waitFor()
  await page.keyboard.press('ArrowLeft')
  await carl.and(page.locator(':focus')).waitFor()
  await page.keyboard.press('m')
  await page.keyboard.press('ArrowRight')
  await page
    .getByRole('status')
    .filter({ hasText: /Olga Other. is there then/ })
    .waitFor()
  for (let nth = 0; nth < 6; nth += 1) await page.keyboard.press('ArrowDown')
  await page.locator('[data-conflict]').waitFor({ state: 'detached' })
  await page.keyboard.press('Escape')
  await page.keyboard.press('m')
  for (let nth = 0; nth < 6; nth += 1) await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await page.getByText(/^Moved to/).waitFor()
  await visit({ name: 'Nina New', minutes: 150, doctor: grace })
  await page.locator(`[data-track="${grace.id}"]`).getByRole('link', { name: 'Nina New' }).waitFor({ timeout: 30_000 })
  expect(new URL(page.url()).pathname).toBe(dayOf(scene))
})
