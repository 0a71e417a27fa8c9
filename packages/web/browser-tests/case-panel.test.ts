import type { Locator } from 'playwright-core'
import { expect } from 'vitest'
import { test } from './scene-test.ts'
import { aCase, aTheatre, inMinutes, openBoard, rowOf } from './theatre-scene.ts'

const procedure = { code: 'H1', display: 'Hip replacement' }

test('by keyboard, the focus stays in the line of the milestone that is recorded, changed and removed', async ({
  site,
}) => {
  const theatre = await aTheatre(site)
  await aCase(site, theatre, { procedure })
  const page = await openBoard(theatre, 'staff')
  await page.getByRole('button', { name: /Hip replacement/ }).click()
  const panel = page.getByRole('dialog', { name: 'Hip replacement' })
  const focused = (one: Locator) => one.and(page.locator(':focus')).waitFor()

  await panel.getByRole('button', { name: 'Patient arrived: now' }).press('Enter')
  const change = panel.getByRole('button', { name: 'Patient arrived: change or remove' })
  await focused(change)
  await change.press('Enter')
  await focused(panel.getByLabel('Patient arrived'))
  await panel.getByRole('button', { name: 'Cancel', exact: true }).press('Enter')
  await focused(change)
  await change.press('Enter')
  await panel.getByRole('button', { name: 'Save' }).press('Enter')
  await focused(change)
  await change.press('Enter')
  await panel.getByRole('button', { name: 'Remove: Patient arrived' }).press('Enter')
  await focused(panel.getByRole('button', { name: 'Patient arrived: enter time' }))
})

test('the form of a milestone shows the day of a time that is not today’s, and sends the present one as now', async ({
  site,
}) => {
  const theatre = await aTheatre(site)
  const zone = theatre.scene.clinic.timezone
  // Yesterday in the afternoon.
  const startsAt = inMinutes(-20 * 60)
  const one = await aCase(site, theatre, { procedure, startsAt })
  const page = await theatre.scene.pageOf('staff')
  // What refusals say is not loaded, and nothing waits for it.
  await page.route('**/assets/other-problems-*.js', () => undefined)
  const day = Temporal.Instant.from(startsAt).toZonedDateTimeISO(zone).toPlainDate()
  await page.goto(`/clinic/${theatre.clinicId}/theatre?day=${day}&caseId=${one.id}`)
  const panel = page.getByRole('dialog', { name: 'Hip replacement' })
  await panel.getByRole('button', { name: 'Patient arrived: enter time' }).click()
  const time = panel.getByLabel('Patient arrived')
  const prefilled = await time.inputValue()
  const shownDay = panel.locator('form').getByText(day.toLocaleString('en-GB', { weekday: 'long' }))
  expect(await shownDay.count()).toBe(0)
  const before = Temporal.Instant.from(startsAt).subtract({ minutes: 10 }).toZonedDateTimeISO(zone)
  await time.fill(before.toPlainTime().toString({ smallestUnit: 'minute' }))
  await shownDay.waitFor()
  await time.fill(prefilled)
  await shownDay.waitFor({ state: 'detached' })
  await panel.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Recorded: Patient arrived.').waitFor()
  const { data } = await site.admin.getCase({ path: { caseId: one.id } })
  const recordedMs = Date.parse(data?.milestones[0]?.at ?? '')
  expect(Date.now() - recordedMs).toBeLessThan(10 * 60_000)
})

test('a case whose patient has arrived is moved and cancelled, and not once the patient is in the room', async ({
  site,
}) => {
  const theatre = await aTheatre(site)
  const one = await aCase(site, theatre, { procedure })
  const page = await openBoard(theatre, 'staff')
  await page.getByRole('button', { name: /Hip replacement/ }).click()
  const panel = page.getByRole('dialog', { name: 'Hip replacement' })
  const button = (name: string) => panel.getByRole('button', { name, exact: true })
  const statusOf = async () => (await site.admin.getCase({ path: { caseId: one.id } })).data?.status
  await button('Patient arrived: now').click()
  await page.getByText('Recorded: Patient arrived.').waitFor()
  await button('In the room: now').click()
  await button('Change the expected end').waitFor()
  expect(await button('Move').or(button('Cancel the case')).count()).toBe(0)
  await button('In the room: change or remove').click()
  await button('Remove: In the room').click()
  await button('Move').click()
  await panel.getByLabel('Room', { exact: true }).selectOption({ label: 'Room 2' })
  await button('Move').click()
  await rowOf(page, 'Room 2')
    .getByRole('button', { name: /Hip replacement/ })
    .waitFor()
  expect(await statusOf()).toBe('ARRIVED')
  await button('Cancel the case').click()
  await panel.getByLabel('Reason').selectOption({ label: 'Patient not fit for surgery' })
  await button('Cancel the case').click()
  await page.getByText('Hip replacement is cancelled.').waitFor()
  expect(await statusOf()).toBe('CANCELLED')
})

test('out of the room, before anybody was in it: refused, and recorded anyway', async ({ site, theatre }) => {
  const one = await aCase(site, theatre, { procedure: { code: 'H1', display: 'Hip replacement' } })
  const page = await openBoard(theatre, 'staff')
  await page.getByRole('button', { name: /Hip replacement/ }).click()
  const panel = page.getByRole('dialog', { name: 'Hip replacement' })
  const anyway = panel.getByRole('button', { name: 'Record anyway' })

  // Another time than the one that was refused is judged anew.
  await panel.getByRole('button', { name: 'Out of the room: enter time' }).click()
  await panel.getByRole('button', { name: 'Save' }).click()
  await anyway.waitFor()
  await panel.getByLabel('Out of the room').fill('00:01')
  await anyway.waitFor({ state: 'detached' })
  await panel.getByRole('button', { name: 'Cancel', exact: true }).click()

  await panel.getByRole('button', { name: 'Out of the room: now' }).click()
  await panel.getByText('“In the room” is missing.').waitFor()
  await anyway.waitFor()
  expect((await site.admin.getCase({ path: { caseId: one.id } })).data?.status).toBe('CONFIRMED')
  await anyway.click()
  await page.getByText('Recorded: Out of the room.').waitFor()
  await anyway.waitFor({ state: 'detached' })
  expect((await site.admin.getCase({ path: { caseId: one.id } })).data?.status).toBe('COMPLETED')
})

for (const width of [390, 1280]) {
  test(`a refused milestone names the other case, links it, and stays readable: ${width}`, async ({ site }) => {
    const theatre = await aTheatre(site)
    const [inside, next] = ['Hernia repair', 'Hip replacement']
    const other = await aCase(site, theatre, { procedure: { code: 'H2', display: inside }, startsAt: inMinutes(-70) })
    const milestone = { milestone: 'in_room', at: new Date(Date.now() - 60 * 60_000).toISOString() } as const
    await site.admin.recordMilestone({ path: { caseId: other.id }, body: milestone })
    const one = await aCase(site, theatre, { procedure, startsAt: inMinutes(30) })
    const page = await theatre.scene.pageOf('staff', { viewport: { width, height: 900 } })
    await page.goto(`/clinic/${theatre.clinicId}/theatre?caseId=${one.id}`)
    const panel = page.getByRole('dialog', { name: next })
    const label = panel.getByText('In the room', { exact: true })
    const before = await across(label)
    await panel.getByRole('button', { name: 'In the room: now' }).click()
    await panel.getByText('Another patient came into the room at').waitFor()
    expect(await across(label)).toEqual(before)
    // The line says it; a message above the buttons would repeat it.
    expect(await page.getByRole('alert').count()).toBe(0)
    await panel.getByRole('link', { name: inside }).click()
    await page.getByRole('dialog', { name: inside }).waitFor()
    expect(await page.getByText('Another patient came into the room at').count()).toBe(0)
  })
}

test('a time that a later milestone needs: its removal names that one, has the focus, and is done anyway', async ({
  site,
}) => {
  const theatre = await aTheatre(site)
  const one = await aCase(site, theatre, { procedure: { code: 'H1', display: 'Hip replacement' } })
  for (const milestone of ['in_room', 'incision'] as const) {
    const at = new Date().toISOString()
    await site.admin.recordMilestone({ path: { caseId: one.id }, body: { milestone, at, force: true } })
  }
  const page = await openBoard(theatre, 'staff')
  await page.getByRole('button', { name: /Hip replacement/ }).click()
  const panel = page.getByRole('dialog', { name: 'Hip replacement' })
  await panel.getByRole('button', { name: 'In the room: change or remove' }).click()
  await panel.getByRole('button', { name: 'Remove: In the room' }).click()
  const reason = panel.getByText('A later milestone needs “In the room”.')
  await reason.waitFor()
  await expect.poll(() => reason.evaluate((text) => text === document.activeElement)).toBe(true)
  await page.keyboard.press('Tab')
  const anyway = panel.getByRole('button', { name: 'Remove anyway' })
  expect(await anyway.evaluate((button) => button === document.activeElement)).toBe(true)
  await page.keyboard.press('Enter')
  await panel.getByText('removed, against what was recorded').waitFor()
  await anyway.waitFor({ state: 'detached' })
  const change = panel.getByRole('button', { name: 'In the room: enter time' })
  await expect.poll(() => change.evaluate((button) => button === document.activeElement)).toBe(true)
})

/** The part of the window's width that it takes, once it has slid in. */
async function across(one: Locator): Promise<{ from: number; to: number }> {
  let [from, to] = [Number.NaN, Number.NaN]
  const isInPlace = async () => {
    const before = from
    const { x, width } = (await one.boundingBox()) ?? { x: Number.NaN, width: Number.NaN }
    ;[from, to] = [x, x + width]
    return from === before && from >= 0 && to <= 1280
  }
  await expect.poll(isInPlace).toBe(true)
  return { from, to }
}
