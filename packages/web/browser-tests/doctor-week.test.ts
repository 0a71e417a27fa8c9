// Nightly: each way to change slots in the week
import { aBooking, aDoctor, aSession, aSlot, aVisitType } from '@holdfast/testkit'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { dataOf } from './a-practice.ts'
import { aClinicScene, type ClinicScene } from './clinic-scene.ts'
import { isoValueOf } from './date-fields.ts'
import { axeFindings, type Site, untilRead } from './harness.ts'
import { test } from './site-test.ts'

const minute = 60_000

/** The Monday and Tuesday of next week, in the clinic's zone, which is UTC. */
function nextWeek() {
  const today = Temporal.Now.plainDateISO('UTC')
  const monday = today.add({ days: 8 - today.dayOfWeek })
  const name = (day: Temporal.PlainDate) =>
    new Intl.DateTimeFormat('en-GB', { weekday: 'long', day: 'numeric', month: 'long', timeZone: 'UTC' }).format(
      new Date(`${day}T00:00Z`),
    )
  const tuesday = monday.add({ days: 1 })
  return {
    monday: monday.toString(),
    tuesday: tuesday.toString(),
    mondayName: name(monday),
    tuesdayName: name(tuesday),
  }
}

const at = (day: string, time: string) => new Date(`${day}T${time}:00Z`)

/** Quarters of an hour from this time on. */
async function quarters(site: Site, { doctor }: ClinicScene, start: Date, count: number) {
  const slots = []
  for (let index = 0; index < count; index += 1) {
    const startsAt = new Date(start.getTime() + index * 15 * minute)
    slots.push(await aSlot(site.database, doctor, { startsAt, minutes: 15, capacity: 1 }))
  }
  return slots
}

async function openWeek(scene: ClinicScene, day: string, options = {}): Promise<Page> {
  const page = await scene.pageOf('doctor', options)
  await page.goto(`/my-day/week?day=${day}`)
  await page.getByRole('button', { name: 'Add or withdraw slots' }).waitFor()
  await untilRead(page)
  return page
}

const focused = (page: Page) => page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? '')

test('the week is one stop of Tab; arrow keys lead to slots that are named by day, time and state', async ({
  site,
}) => {
  const scene = await aClinicScene(site)
  const { monday, tuesday, mondayName, tuesdayName } = nextWeek()
  const [, , confirmed, , held] = await quarters(site, scene, at(monday, '09:00'), 6)
  await quarters(site, scene, at(tuesday, '09:00'), 1)
  if (confirmed === undefined || held === undefined) throw new Error('no slots')
  await aBooking(site.database, confirmed, {
    patient: { name: 'Ada Early', phone: '+44 1632 960471' },
    reason: 'Check-up',
  })
  await aBooking(site.database, held, { patient: { name: 'Hal Holding' }, status: 'PENDING' })
  const page = await openWeek(scene, monday)
  const names = [
    `${mondayName}, 9:00–\u20609:30, 2 slots available`,
    `${mondayName}, 9:30–\u20609:45, Ada Early, Confirmed`,
    `${mondayName}, 9:45–\u206010:00, Available`,
    `${mondayName}, 10:00–\u206010:15, Hal Holding, Held`,
    `${mondayName}, 10:15–\u206010:30, Available`,
    `${tuesdayName}, 9:00–\u20609:15, Available`,
  ]
  for (const name of names) await page.getByRole('button', { name, exact: true }).waitFor()
  const stops = await page
    .locator('[data-event-id]')
    .evaluateAll((all) => all.map((one) => one.getAttribute('tabindex')))
  expect(stops.toSorted()).toEqual(['-1', '-1', '-1', '-1', '-1', '0'])

  await page.getByRole('button', { name: names[0] ?? '', exact: true }).focus()
  for (const [key, name] of [
    ['ArrowDown', names[1]],
    ['End', names[4]],
    ['ArrowUp', names[3]],
    ['ArrowRight', names[5]],
    ['ArrowLeft', names[0]],
    ['ArrowDown', names[1]],
  ] as const) {
    await page.keyboard.press(key)
    expect(await focused(page), key).toBe(name)
  }
  // Out of the calendar and back: to the slot that had the focus.
  await page.keyboard.press('Tab')
  expect(names).not.toContain(await focused(page))
  await page.keyboard.press('Shift+Tab')
  expect(await focused(page)).toBe(names[1])

  await page.keyboard.press('Enter')
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('link', { name: '+44 1632 960471' }).waitFor()
  await dialog.getByText('Check-up').waitFor()
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  expect(await focused(page)).toBe(names[1])
  const colours = await page
    .locator('[data-event-id] > :first-child')
    .evaluateAll((all) => all.map((one) => getComputedStyle(one).backgroundColor))
  expect(new Set([colours[0], colours[1], colours[3]]).size).toBe(3)
  // Free slots are pale and nearly grey, holds amber: far more red than blue.
  const redOverBlue = colours.map((colour) => {
    const [red = 0, , blue = 0] = colour.match(/[\d.]+/g)?.map(Number) ?? []
    return red - blue
  })
  expect(Math.abs(redOverBlue[2] ?? 255)).toBeLessThan(20)
  expect(redOverBlue[3]).toBeGreaterThan(50)
  expect(await axeFindings(page)).toEqual([])
})

/** The point of a local time in the column of a day of the week, 0 to 6. */
async function pointOf(page: Page, day: string, time: string): Promise<{ x: number; y: number }> {
  const box = await page.locator(`[aria-label*="${day} ${time}:00 -"]`).boundingBox()
  if (box === null) throw new Error(`${day} ${time} is not shown`)
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 }
}

async function drag(page: Page, day: string, from: string, to: string): Promise<void> {
  const [start, end] = [await pointOf(page, day, from), await pointOf(page, day, to)]
  await page.mouse.move(start.x, start.y)
  await page.mouse.down()
  await page.mouse.move((start.x + end.x) / 2, (start.y + end.y) / 2, { steps: 4 })
  await page.mouse.move(end.x, end.y, { steps: 4 })
  await page.mouse.up()
}

/** Waits until the dialog has closed, and the focus is on the page's title: a key that is pressed before is lost. */
async function untilClosed(page: Page): Promise<void> {
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await page.getByRole('heading', { level: 1 }).and(page.locator(':focus')).waitFor()
}

test('dragging over hours creates slots, and over slots withdraws them, each after a preview', async ({ site }) => {
  const scene = await aClinicScene(site)
  const { monday, mondayName } = nextWeek()
  const page = await openWeek(scene, monday)
  await drag(page, monday, '09:00', '10:45')
  const dialog = page.getByRole('dialog')
  await dialog.getByText('No slots in these hours.').waitFor()
  expect(await isoValueOf(dialog.getByRole('textbox', { name: 'Day' }))).toBe(monday)
  expect(await isoValueOf(dialog.getByLabel('From'))).toBe('09:00')
  expect(await isoValueOf(dialog.getByLabel('Until'))).toBe('11:00')
  expect(await axeFindings(page)).toEqual([])
  await dialog.getByRole('button', { name: 'Create slots' }).click()
  await dialog.getByLabel('Minutes per slot').fill('30')
  await dialog.getByRole('button', { name: 'Preview slots' }).click()
  await dialog.getByText('4 new slots').waitFor()
  await dialog.getByRole('button', { name: 'Create 4 slots' }).click()
  await page.getByText('4 slots were created.').waitFor()
  await untilClosed(page)
  await page.getByRole('button', { name: `${mondayName}, 9:00–\u206011:00, 4 slots available`, exact: true }).waitFor()

  await drag(page, monday, '09:30', '10:15')
  await dialog.getByText('2 slots in these hours').waitFor()
  await dialog.getByRole('button', { name: 'Withdraw 2 slots' }).click()
  await dialog.getByText('No bookings are affected.').waitFor()
  expect(await axeFindings(page)).toEqual([])
  await dialog.getByRole('button', { name: 'Withdraw 2 slots' }).click()
  await page.getByText('2 slots were withdrawn.').waitFor()
  await page.getByRole('button', { name: `${mondayName}, 9:00–\u20609:30, Available`, exact: true }).waitFor()
  await page.getByRole('button', { name: `${mondayName}, 10:30–\u206011:00, Available`, exact: true }).waitFor()
})

test('the keyboard alone creates slots in some hours and withdraws a part of them', async ({ site }) => {
  const scene = await aClinicScene(site)
  const { monday, mondayName } = nextWeek()
  const page = await openWeek(scene, monday)
  const dialog = page.getByRole('dialog')
  await page.getByRole('button', { name: 'Add or withdraw slots' }).focus()
  await page.keyboard.press('Enter')
  await dialog.getByRole('textbox', { name: 'Day' }).and(page.locator(':focus')).waitFor()
  await dialog.getByLabel('Until').fill('10:00')
  await dialog.getByRole('button', { name: 'Create slots' }).focus()
  await page.keyboard.press('Enter')
  await dialog.getByRole('heading', { level: 3 }).and(page.locator(':focus')).waitFor()
  await dialog.getByRole('button', { name: 'Preview slots' }).focus()
  await page.keyboard.press('Enter')
  await dialog.getByText('4 new slots').and(page.locator(':focus')).waitFor()
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await page.getByText('4 slots were created.').waitFor()
  await untilClosed(page)

  const run = page.getByRole('button', { name: `${mondayName}, 9:00–\u206010:00, 4 slots available`, exact: true })
  await run.focus()
  await page.keyboard.press('Enter')
  await dialog.getByText('4 slots in these hours').waitFor()
  await dialog.getByLabel('From').fill('09:45')
  await dialog.getByText('1 slot in these hours').waitFor()
  await dialog.getByRole('button', { name: 'Withdraw 1 slot' }).focus()
  await page.keyboard.press('Enter')
  await dialog.getByText('1 slot would be withdrawn.').and(page.locator(':focus')).waitFor()
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await page.getByText('1 slot was withdrawn.').waitFor()
  await untilClosed(page)
  await page.getByRole('button', { name: `${mondayName}, 9:00–\u20609:45, 3 slots available`, exact: true }).waitFor()
  // Hours that end before they begin are refused, with the reason.
  await page.getByRole('button', { name: 'Add or withdraw slots' }).click()
  await dialog.getByLabel('Until').fill('08:00')
  await dialog.getByText('The end must be after the start.').waitFor()
  expect(await dialog.getByRole('button', { name: 'Create slots' }).isDisabled()).toBe(true)
})

test('staff create slots of a doctor by dragging', async ({ site }) => {
  const scene = await aClinicScene(site)
  const other = await aDoctor(site.database, scene.clinic, { name: 'Dr Grace Hopper' })
  const page = await scene.pageOf('staff')
  await page.goto(`/clinic/${scene.clinic.id}/times?doctorId=${other.id}`)
  const { monday } = nextWeek()
  await page.getByRole('textbox', { name: 'Go to date' }).first().fill(monday)
  await page.locator(`[data-drag-slot-group="${monday}"]`).first().waitFor()
  // The empty week's text is above the calendar.
  await page.getByText('No slots this week').waitFor()
  await untilRead(page)
  await drag(page, monday, '09:00', '09:45')
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Create slots' }).click()
  await dialog.getByRole('button', { name: 'Preview slots' }).click()
  await dialog.getByRole('button', { name: 'Create 4 slots' }).click()
  await page.getByText('4 slots were created.').waitFor()
})

test('hours that are dragged to the end of the day end at midnight', async ({ site }) => {
  const scene = await aClinicScene(site)
  const { monday } = nextWeek()
  await quarters(site, scene, at(monday, '22:00'), 2)
  const page = await openWeek(scene, monday)
  await page.locator(`[data-drag-slot-group="${monday}"]`).last().scrollIntoViewIfNeeded()
  await drag(page, monday, '22:30', '22:45')
  const dialog = page.getByRole('dialog')
  expect(await isoValueOf(dialog.getByLabel('Until'))).toBe('23:00')
  await dialog.getByLabel('Until').fill('24:00')
  await dialog.getByRole('button', { name: 'Create slots' }).click()
  await dialog.getByRole('button', { name: 'Preview slots' }).click()
  await dialog.getByRole('button', { name: 'Create 6 slots' }).click()
  await page.getByText('6 slots were created.').waitFor()
  await untilClosed(page)

  // The calendar now shows the last hour.
  await page.locator(`[data-drag-slot-group="${monday}"]`).last().scrollIntoViewIfNeeded()
  await drag(page, monday, '23:00', '23:45')
  await dialog.getByText('4 slots in these hours').waitFor()
  expect(await isoValueOf(dialog.getByLabel('Until'))).toBe('00:00')
})

test('visits of open sessions are in the week, with the session behind them, for doctors and the desk', async ({
  site,
}) => {
  const scene = await aClinicScene(site)
  const { monday, mondayName } = nextWeek()
  const startsAt = at(monday, '09:00')
  const session = await aSession(site.database, scene.doctor, { startsAt, minutes: 180 })
  const type = await aVisitType(site.database, scene.clinic, { name: 'First visit', minutes: 40 })
  const visit = { sessionId: session.id, startsAt: startsAt.toISOString(), visitTypeId: type.id }
  const name = `${mondayName}, 9:00–\u20609:40, Vera Visit, Confirmed`
  const desk = await scene.pageOf('staff')
  const page = await openWeek(scene, monday)
  await page.getByText('Open session, 9:00–\u206012:00').waitFor()
  expect(await page.getByText('You have no slots this week').count()).toBe(0)
  const body = { ...visit, patient: { name: 'Vera Visit', phone: '+44 1632 960471' }, confirm: true }
  await dataOf(site.admin.createBooking({ body, headers: { 'Idempotency-Key': crypto.randomUUID() } }))
  await page.getByRole('button', { name, exact: true }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('First visit').waitFor()
  await dialog.getByRole('link', { name: '+44 1632 960471' }).waitFor()
  // The visit's slot is not changed by itself.
  for (const action of ['Change places', 'Withdraw this slot'])
    expect(await dialog.getByRole('button', { name: action }).count()).toBe(0)
  expect(await axeFindings(page)).toEqual([])
  await page.keyboard.press('Escape')

  await desk.goto(`/clinic/${scene.clinic.id}/times?doctorId=${scene.doctor.id}`)
  await desk.getByText(/^Next slot: /).waitFor()
  await desk.getByRole('button', { name: 'Show that week' }).click()
  await desk.getByRole('button', { name, exact: true }).waitFor()
  await desk.getByText('Open session, 9:00–\u206012:00').waitFor()
  expect(await desk.getByText('No slots this week').count()).toBe(0)
})

test('an empty week leads to the doctor’s next slots; only without any it asks to create some', async ({ site }) => {
  const scene = await aClinicScene(site)
  const today = Temporal.Now.plainDateISO('UTC')
  const later = today.add({ days: 22 - today.dayOfWeek })
  await quarters(site, scene, at(later.toString(), '09:00'), 2)
  const page = await openWeek(scene, later.subtract({ days: 7 }).toString())
  await page.getByText('You have no slots this week').waitFor()
  await page.getByText(/^Your next slot: /).waitFor()
  await page.getByRole('button', { name: 'Show that week' }).click()
  await page.getByText('You have no slots this week').waitFor({ state: 'detached' })
  expect(new URL(page.url()).searchParams.get('day')).toBe(later.toString())
  await page.goto(`/my-day/week?day=${later.add({ days: 7 })}`)
  await page.getByText('Use a weekly rule', { exact: false }).waitFor()
  expect(await axeFindings(page)).toEqual([])

  const desk = await scene.pageOf('staff')
  for (const [path, text] of [
    ['book', /^Next free: /],
    ['times', /^Next slot: /],
  ] as const) {
    await desk.goto(`/clinic/${scene.clinic.id}/${path}`)
    await desk.getByText(text).waitFor()
    await desk.getByRole('button', { name: 'Show that week' }).click()
    await desk.locator('[data-weeks]:focus').waitFor()
    expect(await isoValueOf(desk.getByRole('textbox', { name: 'Go to date' }))).toBe(later.toString())
  }
})

test('the head of a day, in the digits of its language, opens it; an invalid day in the address opens today', async ({
  site,
}) => {
  const scene = await aClinicScene(site)
  const { monday, tuesday } = nextWeek()
  await quarters(site, scene, at(tuesday, '09:00'), 1)
  const page = await openWeek(scene, monday)
  const head = new Intl.DateTimeFormat('en-GB', { weekday: 'short', timeZone: 'UTC' }).format(at(tuesday, '00:00'))
  await page.getByRole('button', { name: new RegExp(`^${head}\\s*${Number(tuesday.slice(8))}$`) }).click()
  await page.waitForURL((url) => url.searchParams.get('day') === tuesday)
  await untilRead(page)
  expect(await page.getByText('Something unexpected happened').count()).toBe(0)
  for (const path of ['/my-day', '/my-day/week']) {
    await page.goto(`${path}?day=foo`)
    await page.getByRole('heading', { level: 1 }).waitFor()
    await untilRead(page)
    expect(await page.getByText('Something unexpected happened').count()).toBe(0)
  }
  const arabic = await scene.pageOf('doctor', { locale: 'ar-EG' })
  await arabic.goto(`/my-day/week?day=${monday}`)
  const arabicHead = new Intl.DateTimeFormat('ar-EG', { weekday: 'short', timeZone: 'UTC' }).format(
    at(tuesday, '00:00'),
  )
  const number = new Intl.NumberFormat('ar-EG').format(Number(tuesday.slice(8)))
  await arabic.getByRole('button', { name: new RegExp(`^${arabicHead}\\s*${number}$`) }).waitFor()
})

test('who has arrived looks different from who is booked, and the legend says so', async ({ site }) => {
  const scene = await aClinicScene(site)
  const { monday } = nextWeek()
  const [first, second] = await quarters(site, scene, at(monday, '09:00'), 2)
  if (first === undefined || second === undefined) throw new Error('There are two slots.')
  await aBooking(site.database, first, { status: 'ARRIVED', patient: { name: 'Ada Arrived' } })
  await aBooking(site.database, second, { patient: { name: 'Bea Booked' } })
  const page = await openWeek(scene, monday)
  const lookOf = (name: string) =>
    page
      .getByRole('button', { name })
      .first()
      .evaluate((event) => {
        const { backgroundColor, color } = getComputedStyle(event.firstElementChild ?? event)
        return { backgroundColor, color }
      })
  const [arrived, booked] = [await lookOf('Ada Arrived'), await lookOf('Bea Booked')]
  expect(arrived.backgroundColor).not.toBe(booked.backgroundColor)
  await page.getByRole('list', { name: 'Signs of the calendar' }).getByText('Arrived').waitFor()
  expect(await axeFindings(page)).toEqual([])
})
