import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'
import { dataOf } from './a-practice.ts'
import { aClinicScene, noonZone } from './clinic-scene.ts'
import { isoValueOf } from './date-fields.ts'
import { axeFindings, closeBy, expectReadable, sidewaysPixels, untilRead } from './harness.ts'
import { test } from './scene-test.ts'
import { aCase, aTheatre, inMinutes, openBoard, rowOf } from './theatre-scene.ts'

test('a case is booked from a suggestion: held, confirmed, and on the board', async ({ theatre }) => {
  const page = await theatre.scene.open('staff', `/clinic/${theatre.clinicId}/theatre/book`)
  await page.getByLabel('Record number').fill('4711')
  await page.getByLabel('Patient’s name').fill('Pia Patient')
  await page.getByLabel('Service').fill('Orthopaedics')
  await page.getByRole('textbox', { name: 'Procedure', exact: true }).fill('Hip replacement')
  await page.getByLabel('Procedure code').fill('H1')
  await page.getByLabel('Surgeon').selectOption({ label: 'Dr. Chen' })
  await page.getByRole('button', { name: 'Suggest times' }).click()
  await page
    .getByRole('button', { name: /Room 1$/ })
    .first()
    .click()
  expect(await axeFindings(page)).toEqual([])
  await page.getByRole('button', { name: /^Hold / }).click()
  await page.getByRole('heading', { level: 1, name: 'The case is held' }).waitFor()
  await page.getByText(/^Time left: [01]:\d\d$/).waitFor()
  await page.getByRole('button', { name: 'Confirm' }).click()
  await page.getByRole('heading', { level: 1, name: 'The case is booked' }).waitFor()
  await page.getByRole('link', { name: 'Show on the board' }).click()
  await rowOf(page, 'Room 1')
    .getByRole('button', { name: /Hip replacement.*Orthopaedics.*Pia Patient/ })
    .waitFor()
})

test('a case moves by keyboard and by dragging, and a refusal says who is where', async ({ site, theatre }) => {
  const first = await aCase(site, theatre, { procedure: { code: 'H1', display: 'Hip replacement' } })
  await aCase(site, theatre, { startsAt: inMinutes(240) })
  const page = await openBoard(theatre, 'staff')
  const hip = page.getByRole('button', { name: /Hip replacement/ })
  await hip.focus()
  await page.keyboard.press('m')
  await page.keyboard.press('ArrowDown')
  await page
    .getByRole('status')
    .getByText(/^Room 2, /)
    .waitFor()
  await page.keyboard.press('Enter')
  await rowOf(page, 'Room 2')
    .getByRole('button', { name: /Hip replacement/ })
    .waitFor()
  await page.getByText(/^Hip replacement moved: Room 2, /).waitFor()

  // Escape leaves it as it is.
  await hip.focus()
  await page.keyboard.press('m')
  await page.keyboard.press('ArrowUp')
  await page.keyboard.press('Escape')
  expect(
    await rowOf(page, 'Room 2')
      .getByRole('button', { name: /Hip replacement/ })
      .count(),
  ).toBe(1)

  const other = rowOf(page, 'Room 1').getByRole('button', { name: /Prostatectomy/ })
  const [from, to] = [await other.boundingBox(), await hip.boundingBox()]
  if (from === null || to === null) throw new Error('The cases are not shown.')
  await page.mouse.move(from.x + 15, from.y + 20)
  await page.mouse.down()
  await page.mouse.move(to.x + 100, from.y + 20, { steps: 4 })
  await page.mouse.move(to.x + 15, from.y + 20, { steps: 4 })
  // The page says before the drop where it is refused, and why.
  await page
    .locator('[data-track] [data-conflict]')
    .getByText(/^Dr\. Chen is in Room 2 until \d+:\d\d\.$/)
    .waitFor()
  expect(await axeFindings(page)).toEqual([])
  await page.mouse.up()
  const dialog = page.getByRole('dialog', { name: 'Can’t move here' })
  await dialog.getByText(/^Dr\. Chen is in Room 2 until \d+:\d\d\.$/).waitFor()
  expect(await axeFindings(page)).toEqual([])
  await closeBy(dialog, 'Leave as it is')

  // Stretched at its end.
  const end = await hip.boundingBox()
  if (end === null) throw new Error('The case is not shown.')
  await page.mouse.move(end.x + end.width - 2, end.y + 20)
  await page.mouse.down()
  await page.mouse.move(end.x + end.width + 60, end.y + 20, { steps: 5 })
  await page.mouse.up()
  await page
    .getByText(/^Hip replacement moved: /)
    .last()
    .waitFor()
  await expect
    .poll(async () => (await site.admin.getCase({ path: { caseId: first.id } })).data?.minutes)
    .toBeGreaterThan(60)
  expect(await axeFindings(page)).toEqual([])
})

test('a case over midnight is on both days of the board, and of the week', async ({ site, theatre }) => {
  const { timezone } = theatre.scene.clinic
  const today = Temporal.Now.plainDateISO(timezone)
  // A Tuesday, so that both days are in one week.
  const tuesday = today.add({ days: 9 - today.dayOfWeek })
  const startsAt = tuesday.toZonedDateTime({ timeZone: timezone, plainTime: '23:30' }).toInstant().toString()
  await aCase(site, theatre, { startsAt, procedure: { code: 'H1', display: 'Hip replacement' } })
  const page = await openBoard(theatre, 'staff')
  await page.goto(`/clinic/${theatre.clinicId}/theatre?day=${tuesday}`)
  await page.getByRole('button', { name: /Hip replacement 23:30–.?0?0:30/ }).waitFor()
  await page.getByRole('button', { name: 'Next day' }).click()
  const night = page.getByRole('button', { name: /Hip replacement \w+,? \d+ \w+, 23:30–.?0?0:30/ })
  await night.waitFor()
  const track = rowOf(page, 'Room 1').locator('[data-track]')
  const xOf = async (one: Locator) => (await one.boundingBox())?.x ?? Number.NaN
  // Until the day is read, the board is scrolled to the hours of the day before.
  await expect.poll(async () => Math.round((await xOf(night)) - (await xOf(track)))).toBe(0)
  await page.getByText('Week', { exact: true }).click()
  await expect.poll(() => page.getByRole('button', { name: /Hip replacement/ }).count()).toBe(2)
})

test('a case that becomes late appears on the open board of the next day, with its people', async ({ site }) => {
  const theatre = await aTheatre(site)
  const { timezone } = theatre.scene.clinic
  const tomorrow = Temporal.Now.plainDateISO(timezone).add({ days: 1 })
  const minutes = Math.round(
    Temporal.Now.zonedDateTimeISO(timezone)
      .until(tomorrow.toZonedDateTime({ timeZone: timezone, plainTime: '00:20' }))
      .total('minutes'),
  )
  // Whole days ahead: nobody books a case in the past.
  const one = await aCase(site, theatre, { startsAt: inMinutes(2 * 1_440 - 40), minutes })
  const page = await theatre.scene.pageOf('staff', { isNewContext: true })
  await page.clock.install()
  let reads = 0
  page.on('response', (response) => {
    if (response.url().includes('/theatre?date=')) reads += 1
  })
  await page.goto(`/clinic/${theatre.clinicId}/theatre?day=${tomorrow}`)
  await page.getByLabel('People and equipment').check()
  await page.getByText('Live', { exact: true }).waitFor()
  // Once more after the connection.
  await expect.poll(() => reads).toBe(2)
  await untilRead(page)
  const [night, chen] = [page.getByRole('button', { name: /Prostatectomy/ }), rowOf(page, 'Dr. Chen')]
  expect([await night.count(), await chen.count()]).toEqual([0, 0])
  // It was to begin 40 minutes ago, and to be over before midnight. No write reports that it is late.
  await site.database.ownerPool.query(
    `with moved as (
       update holdfast.theatre_case
          set starts_at = starts_at - interval '2 days', ends_at = ends_at - interval '2 days',
              expected_ends_at = expected_ends_at - interval '2 days' where booking_id = $1)
     update holdfast.allocation set during = tstzrange(lower(during) - interval '2 days',
              upper(during) - interval '2 days') where booking_id = $1`,
    [one.id],
  )
  await page.clock.fastForward(31_000)
  await night.waitFor()
  await chen
    .getByRole('listitem')
    .filter({ hasText: /Room 1$/ })
    .waitFor()
})

test('a case’s milestones and its cancellation, and the week on a phone', async ({ site, theatre }) => {
  const one = await aCase(site, theatre, { procedure: { code: 'H1', display: 'Hip replacement' } })
  const page = await openBoard(theatre, 'staff')
  await page.getByRole('button', { name: /Hip replacement/ }).click()
  const dialog = page.getByRole('dialog', { name: 'Hip replacement' })
  await dialog
    .getByRole('region', { name: 'What it takes' })
    .getByRole('listitem')
    .filter({ hasText: 'Dr. Chen' })
    .waitFor()
  await dialog.getByRole('button', { name: 'Patient arrived: enter time' }).click()
  const time = dialog.locator('input[data-value]')
  const ahead = Temporal.Instant.from(inMinutes(90)).toZonedDateTimeISO(theatre.scene.clinic.timezone)
  await time.fill(ahead.toPlainTime().toString({ smallestUnit: 'minute' }))
  await dialog.getByRole('button', { name: 'Save' }).click()
  await dialog.getByText('This time is in the future, or too far from the case').waitFor()
  await time.and(page.locator(':focus')).waitFor()
  await dialog.getByRole('button', { name: 'Cancel', exact: true }).click()
  await dialog.getByRole('button', { name: 'Patient arrived: now' }).click()
  await page.getByText('Recorded: Patient arrived.').waitFor()
  expect(await axeFindings(page)).toEqual([])
  const { data } = await site.admin.getCase({ path: { caseId: one.id } })
  expect(data?.milestones.map(({ milestone }) => milestone)).toEqual(['arrived'])
  await dialog.getByRole('button', { name: 'Patient arrived: change or remove' }).click()
  await dialog.getByRole('button', { name: 'Remove: Patient arrived' }).click()
  await dialog.getByRole('button', { name: 'Patient arrived: now' }).waitFor()
  expect((await site.admin.getCase({ path: { caseId: one.id } })).data?.milestones).toEqual([])
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })

  const next = await aCase(site, theatre, { startsAt: inMinutes(200) })
  await page.getByRole('button', { name: /Prostatectomy/ }).click()
  const second = page.getByRole('dialog', { name: 'Prostatectomy' })
  await second.getByRole('button', { name: 'Swap' }).click()
  expect(await second.getByLabel('With').inputValue()).toBe('')
  await second.getByRole('button', { name: 'Leave as it is' }).click()
  await second.getByRole('button', { name: 'Cancel the case' }).click()
  // Without a reason nothing is sent.
  await second.getByRole('button', { name: 'Cancel the case' }).click()
  await second.getByLabel('Reason').and(page.locator(':focus')).waitFor()
  expect((await site.admin.getCase({ path: { caseId: next.id } })).data?.status).toBe('CONFIRMED')
  await second.getByLabel('Reason').selectOption({ label: 'No bed' })
  await second.getByRole('button', { name: 'Cancel the case' }).click()
  await page.getByText('Prostatectomy is cancelled.').waitFor()
  const cancelled = await site.admin.getCase({ path: { caseId: next.id } })
  expect(cancelled.data).toMatchObject({ status: 'CANCELLED', cancellationReason: 'no_bed' })

  const phone = await openBoard(theatre, 'staff', { viewport: { width: 390, height: 844 } })
  expect(await sidewaysPixels(phone)).toBe(0)
  await phone.getByText('Week', { exact: true }).click()
  await phone.getByRole('columnheader', { name: 'Room', exact: true }).waitFor()
  await phone.getByRole('button', { name: /Hip replacement/ }).waitFor()
  await expectReadable(phone)

  // Shorter than its times.
  await aCase(site, theatre, { startsAt: inMinutes(300), minutes: 30, procedure: { code: 'S1', display: 'Stent' } })
  const arabic = await openBoard(theatre, 'staff', { locale: 'ar', viewport: { width: 390, height: 844 } })
  await arabic.locator('[data-case] bdi').filter({ hasText: 'Hip replacement' }).waitFor()
  expect(await cutAtTheBeginning(arabic)).toEqual([])
  await arabic.goto(`/clinic/${theatre.clinicId}/theatre?view=week`)
  const today = arabic.locator('th[data-today]')
  await today.waitFor()
  const { x = -1, width = 0 } = (await today.boundingBox()) ?? {}
  expect(x).toBeGreaterThanOrEqual(0)
  expect(x + width).toBeLessThanOrEqual(390)
  // Names in Latin letters begin at the right, too, below the times.
  const latin = arabic.getByRole('cell').locator('bdi').filter({ hasText: 'Stent' })
  const ends = await latin.evaluate((name) =>
    [name, name.closest('button')?.querySelector('.tabular')].map((one) => {
      const range = document.createRange()
      range.selectNodeContents(one ?? name)
      return range.getBoundingClientRect().right
    }),
  )
  expect(Math.abs((ends[0] ?? 0) - (ends[1] ?? -9))).toBeLessThan(2)
})

test('the state of a short case is seen on the board, named, and said at its side', async ({ site, theatre }) => {
  await aCase(site, theatre, { minutes: 30, confirm: false })
  const page = await openBoard(theatre, 'staff')
  const one = page.getByRole('button', { name: /^Held\s*Prostatectomy/ })
  await one.waitFor()
  const signs = page.getByRole('list', { name: 'What the signs mean' }).getByRole('listitem')
  expect(await signs.allTextContents()).toEqual(['Turnover of the room', 'Held'])
  await one.hover()
  await page.locator('[data-case-card]').getByText('Held', { exact: true }).waitFor()
  const flag = one.locator('[data-state="held"] svg')
  const [inner, outer] = [await flag.boundingBox(), await one.boundingBox()]
  if (inner === null || outer === null) throw new Error('The flag is not shown.')
  expect(inner.x).toBeGreaterThanOrEqual(outer.x)
  expect(inner.x + inner.width).toBeLessThanOrEqual(outer.x + outer.width)
})

test('a case that ends before midnight is extended past it, also if the time is deleted first', async ({ site }) => {
  const theatre = await aTheatre(site)
  const startsAt = Temporal.Instant.from(inMinutes(5)).toZonedDateTimeISO(theatre.scene.clinic.timezone)
  const endsAt = startsAt.withPlainTime('23:40')
  const one = await aCase(site, theatre, {
    startsAt: startsAt.toInstant().toString(),
    minutes: endsAt.since(startsAt).total('minutes'),
  })
  const milestone = { milestone: 'in_room' as const, at: new Date().toISOString() }
  await dataOf(site.admin.recordMilestone({ path: { caseId: one.id }, body: milestone }))
  // It began five minutes early, and is expected to end as planned all the same.
  const expectedEndsAt = endsAt.toInstant().toString()
  await dataOf(site.admin.extendCase({ path: { caseId: one.id }, body: { expectedEndsAt } }))
  const page = await openBoard(theatre, 'staff')
  await page.getByRole('button', { name: /Prostatectomy/ }).click()
  const dialog = page.getByRole('dialog', { name: 'Prostatectomy' })
  await dialog.getByRole('button', { name: 'Change the expected end' }).click()
  const time = dialog.getByLabel('Expected end')
  expect(await isoValueOf(time)).toBe('23:40')
  await time.fill('00:30')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await page.getByText('The expected end is noted.').waitFor()
  // The day that it is then expected to end on is another one than the planned day.
  const nextDay = endsAt.add({ minutes: 50 }).toLocaleString('en', { weekday: 'short' })
  await dialog.getByText(new RegExp(` · Expected [^,]*–.*${nextDay}.*, .*0:30$`)).waitFor()
  await dialog.getByText(new RegExp(`Expected until ${nextDay}.*, .*0:30`)).waitFor()
  const { data } = await site.admin.getCase({ path: { caseId: one.id } })
  expect(Date.parse(data?.expectedEndsAt ?? '')).toBe(endsAt.add({ minutes: 50 }).epochMilliseconds)
})

/** The names on the board of which the first letter is not in sight. */
function cutAtTheBeginning(page: Page): Promise<string[]> {
  return page.locator('[data-case] bdi').evaluateAll((names) =>
    names.flatMap((name) => {
      const range = document.createRange()
      range.setStart(name.firstChild ?? name, 0)
      range.setEnd(name.firstChild ?? name, 1)
      const [letter, button] = [range.getBoundingClientRect(), name.closest('[data-lines]')?.getBoundingClientRect()]
      const isSeen = button !== undefined && letter.left >= button.left && letter.right <= button.right
      return isSeen ? [] : [name.textContent ?? '']
    }),
  )
}

test('an administrator sets up a theatre from its empty board, and reads its report', async ({ site }) => {
  const scene = await aClinicScene(site, { timezone: noonZone() })
  const page = await scene.open('admin', `/clinic/${scene.clinic.id}/theatre`)
  const headings = { 'Book a case': 'Book a case', Blocks: 'Blocks', Board: / \d{4}$/ }
  for (const [name, heading] of Object.entries(headings)) {
    await page.getByRole('link', { name, exact: true }).click()
    // The page before says the same until this one arrives.
    await page.getByRole('heading', { level: 1, name: heading }).waitFor()
    await page.getByText('This theatre has no rooms yet').waitFor()
    await page.getByRole('main').getByRole('link', { name: 'Add a room' }).waitFor()
    expect(await axeFindings(page)).toEqual([])
  }
  await page.getByRole('main').getByRole('link', { name: 'Add a room' }).click()
  const dialog = page.getByRole('dialog')
  await page.getByRole('button', { name: 'Add a room' }).click()
  await dialog.getByLabel('Name').fill('Room A')
  await dialog.getByLabel('Always open').click()
  await closeBy(dialog, 'Save')
  await page.getByRole('row', { name: /Room A.*Always open/ }).waitFor()
  await page.getByRole('button', { name: 'Add equipment' }).click()
  await dialog.getByLabel('Name').fill('Robot')
  expect(await axeFindings(page)).toEqual([])
  await closeBy(dialog, 'Save')
  await page.getByRole('row', { name: /Robot.*Units: 1/ }).waitFor()

  await page.getByRole('link', { name: 'Blocks' }).click()
  await page.getByRole('button', { name: 'Next week' }).click()
  await page.getByRole('button', { name: 'Add blocks' }).click()
  await dialog.getByLabel('Service').fill('Urology')
  await dialog.getByRole('button', { name: 'Create blocks' }).click()
  await dialog.getByText(/^Created: 16\. There already: 0\./).waitFor()
  await dialog.getByRole('button', { name: 'Close' }).last().click()
  await page.getByRole('row', { name: /Room A.*Urology/ }).waitFor()
  expect(await axeFindings(page)).toEqual([])

  await page.getByRole('link', { name: 'Report' }).click()
  await page.getByRole('heading', { level: 1, name: 'Report' }).waitFor()
  await page.getByRole('link', { name: 'Download as CSV' }).waitFor()
  await page.getByText('– means that there is nothing to count on these days yet.').waitFor()
  expect(await axeFindings(page)).toEqual([])
})

test('a request waits, is dragged to a room, and is withdrawn', async ({ theatre }) => {
  const page = await theatre.scene.open('staff', `/clinic/${theatre.clinicId}/theatre/requests`)
  await page.getByText('Nobody is waiting').waitFor()
  await page.getByRole('button', { name: 'Request a case' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Record number').fill('815')
  await dialog.getByLabel('Patient’s name').fill('Walter Wait')
  await dialog.getByLabel('Service').fill('Urology')
  await dialog.getByRole('textbox', { name: 'Procedure', exact: true }).fill('Cystoscopy')
  await dialog.getByLabel('Procedure code').fill('C1')
  await closeBy(dialog, 'Put on the waitlist')
  const card = page.getByRole('listitem').filter({ hasText: 'Cystoscopy' })
  await card.getByText('Walter Wait').waitFor()
  expect(await axeFindings(page)).toEqual([])

  await page.getByRole('link', { name: 'Board' }).click()
  await page.getByRole('region', { name: 'Waitlist' }).waitFor()
  await card.dragTo(page.locator('[data-track]').nth(1), { targetPosition: { x: 600, y: 60 } })
  await page.getByRole('heading', { level: 1, name: 'Book a case' }).waitFor()
  await expect.poll(() => page.getByLabel('Patient’s name').inputValue()).toBe('Walter Wait')
  await expect
    .poll(() => page.getByLabel('Room', { exact: true }).locator('option:checked').textContent())
    .toBe('Room 2')

  await page.getByRole('link', { name: 'Waitlist' }).click()
  await page.getByRole('button', { name: 'Withdraw: Cystoscopy' }).click()
  const question = page.getByRole('dialog', { name: 'Withdraw the request?' })
  await question.getByText('Cystoscopy').and(question.getByText('Walter Wait')).waitFor()
  expect(await axeFindings(page)).toEqual([])
  await closeBy(question, 'Go back')
  await card.getByText('Walter Wait').waitFor()
  await page.getByRole('button', { name: 'Withdraw: Cystoscopy' }).click()
  await question.getByRole('button', { name: 'Withdraw' }).click()
  await page.getByText('Nobody is waiting').waitFor()
  await page.getByRole('heading', { level: 1 }).and(page.locator(':focus')).waitFor()
})

test('doctors see the board without its actions, and strangers nothing', async ({ theatre }) => {
  const page = await openBoard(theatre, 'doctor')
  await rowOf(page, 'Room 1').waitFor()
  expect(await page.getByRole('link', { name: 'Book a case' }).count()).toBe(0)
  expect(await page.getByRole('link', { name: 'Rooms and staff' }).count()).toBe(0)
  const stranger = await theatre.scene.open('stranger', `/clinic/${theatre.clinicId}/theatre`)
  await stranger.getByText('Your role').waitFor()
})
