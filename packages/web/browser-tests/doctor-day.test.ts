import { aBooking, aSlot } from '@holdfast/testkit'
import type { Route } from 'playwright-core'
import { expect } from 'vitest'
import { aClinicScene, type ClinicScene, noonZone } from './clinic-scene.ts'
import { axeFindings, type Site, sidewaysPixels, untilRead } from './harness.ts'
import { test as siteTest } from './site-test.ts'

const minute = 60_000

const test = siteTest.extend('scene', ({ site }) => aClinicScene(site, { timezone: noonZone() }))

/** Three of today's slots, of which one has begun. */
async function aDayOfPatients(site: Site, scene: ClinicScene) {
  const begun = new Date(Math.floor((Date.now() - 10 * minute) / minute) * minute)
  const slots = [0, 20, 40].map((minutes) =>
    aSlot(site.database, scene.doctor, { startsAt: new Date(begun.getTime() + minutes * minute) }),
  )
  const [first, second, third] = await Promise.all(slots)
  if (!first || !second || !third) throw new Error('no slots')
  await aBooking(site.database, first, { patient: { name: 'Missing Mia', phone: '+49 30 1' } })
  await aBooking(site.database, second, { patient: { name: 'Coming Carl' }, reason: 'Check-up' })
  return { third }
}

test('the doctor records arrived, completed and no-show; a new booking appears without a reload', async ({
  site,
  scene,
}) => {
  const { third } = await aDayOfPatients(site, scene)
  const page = await scene.pageOf('doctor')
  await page.goto('/')
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'My day' }).click()
  const row = (name: string) => page.getByRole('row').filter({ hasText: name })
  await row('Coming Carl').getByText('Check-up').waitFor()
  await page.getByText('2 expected').waitFor()

  await row('Coming Carl').getByRole('button', { name: 'Coming Carl: arrived' }).click()
  await row('Coming Carl').getByText('Arrived', { exact: true }).waitFor()
  await row('Coming Carl').getByRole('button', { name: 'Coming Carl: completed' }).click()
  await row('Coming Carl').getByText('Completed', { exact: true }).waitFor()

  await row('Missing Mia').getByRole('button', { name: 'Missing Mia: no-show' }).click()
  await row('Missing Mia').getByText('No-show').waitFor()
  await page.getByText('0 expected').waitFor()

  // She was only late: the no-show is undone.
  await row('Missing Mia').getByRole('button', { name: 'Undo the last status change for Missing Mia' }).click()
  await page.getByText('Missing Mia: the last status change was undone.').waitFor()
  await row('Missing Mia').getByText('Confirmed', { exact: true }).waitFor()
  await row('Missing Mia').getByRole('button', { name: 'Missing Mia: no-show' }).click()
  await row('Missing Mia').getByText('No-show').waitFor()
  await row('Coming Carl').getByRole('button', { name: 'Undo the last status change for Coming Carl' }).click()
  await row('Coming Carl').getByText('Arrived', { exact: true }).waitFor()
  await row('Coming Carl').getByRole('button', { name: 'Undo the last status change for Coming Carl' }).click()
  await row('Coming Carl').getByText('Confirmed', { exact: true }).waitFor()
  await page.getByText('1 expected').waitFor()

  const { error } = await site.admin.createBooking({
    body: { slotId: third.id, patient: { name: 'Late Lena' }, confirm: true },
  })
  expect(error).toBeUndefined()
  await row('Late Lena').getByText('Confirmed', { exact: true }).waitFor()
  expect(await axeFindings(page)).toEqual([])
})

test('slots are created by a rule after a preview, and undone; a day is withdrawn after a preview', async ({
  site,
  scene,
}) => {
  const page = await scene.pageOf('doctor')
  await page.goto('/my-day/times')
  await page.getByRole('button', { name: 'Preview slots' }).click()
  await page.getByText('140 new slots').waitFor()
  const slots = async () => {
    const { rows } = await site.database.ownerPool.query<{ count: number }>(
      `select count(*)::int as count from holdfast.slot
        where resource_id = $1 and withdrawn_at is null and starts_at > now() + interval '12 hours'`,
      [scene.doctor.id],
    )
    return rows[0]?.count
  }
  expect(await slots()).toBe(0)
  expect(await axeFindings(page)).toEqual([])
  // The first response is lost. Repeated, the request has the slots that it created, and they can be undone.
  const lose = async (route: Route) => {
    await route.fetch()
    await route.abort()
  }
  await page.route('**/slots', lose, { times: 1 })
  await page.getByRole('button', { name: 'Create 140 slots' }).click()
  await page.getByText('No connection').waitFor()
  await page.getByRole('button', { name: 'Create 140 slots' }).click()
  // Under the pointer, the message does not end after six seconds, which are short on a busy machine.
  await page.getByText('140 slots were created.').hover()
  expect(await slots()).toBe(140)
  await page.getByRole('button', { name: 'Undo' }).click()
  // One by one, each with a separate request.
  await page.getByText('The new slots were removed.').waitFor()
  expect(await slots()).toBe(0)

  await page.getByRole('button', { name: 'Preview slots' }).click()
  await page.getByRole('button', { name: 'Create 140 slots' }).click()
  await page.getByText('140 slots were created.').waitFor()
  const { rows } = await site.database.ownerPool.query<{ id: string; day: string }>(
    `select id, to_char(starts_at at time zone $2::text, 'YYYY-MM-DD') as day from holdfast.slot
      where resource_id = $1 and withdrawn_at is null and starts_at > now() + interval '12 hours'
      order by starts_at limit 1`,
    [scene.doctor.id, scene.clinic.timezone],
  )
  const { id: slotId = '', day = '' } = rows[0] ?? {}
  await site.admin.createBooking({
    body: { slotId, patient: { name: 'Unlucky Uli', phone: '+44 1632 960471' }, confirm: true },
  })
  // A new page has no messages, which stay over a button for as long as the pointer is on them.
  await page.goto('/my-day/times')
  const withdrawal = page.getByRole('region', { name: 'Withdraw slots' })
  await withdrawal.getByRole('textbox', { name: 'First day' }).fill(day)
  await withdrawal.getByRole('textbox', { name: 'Last day' }).fill(day)
  await withdrawal.getByRole('button', { name: 'Show who is affected' }).click()
  await withdrawal.getByText('28 slots would be withdrawn.').waitFor()
  await withdrawal.getByText('1 booking is affected').waitFor()
  await withdrawal.getByText('Unlucky Uli').waitFor()
  await withdrawal.getByRole('link', { name: '+44 1632 960471' }).waitFor()
  expect(await slots()).toBe(140)
  await withdrawal.getByRole('button', { name: 'Withdraw 28 slots, 1 booking' }).click()
  await withdrawal.getByRole('heading', { name: '28 slots were withdrawn.' }).waitFor()
  await withdrawal.getByRole('link', { name: '+44 1632 960471' }).waitFor()
  expect(await slots()).toBe(112)
})

test('correcting the start also removes the error of the end; with an error, a break’s fields are in line', async ({
  scene,
}) => {
  const page = await scene.pageOf('doctor')
  await page.goto('/my-day/times')
  const rule = page.getByRole('region', { name: 'Create slots' })
  const error = rule.getByText('The end must be after the start.')
  await rule.getByLabel('Break 1 until').fill('11:00')
  await rule.getByRole('button', { name: 'Preview slots' }).click()
  await error.waitFor()
  const centres = await Promise.all(
    [rule.getByLabel('Break 1 from'), rule.getByLabel('Break 1 until'), rule.getByLabel('Remove break 1')].map(
      async (control) => {
        const { y = 0, height = 0 } = (await control.boundingBox()) ?? {}
        return Math.round(y + height / 2)
      },
    ),
  )
  expect(new Set(centres).size, centres.join()).toBe(1)
  await rule.getByLabel('Break 1 from').fill('10:00')
  await error.waitFor({ state: 'hidden' })

  await rule.getByLabel('From', { exact: true }).fill('18:00')
  await rule.getByRole('button', { name: 'Preview slots' }).click()
  await error.waitFor()
  await rule.getByLabel('From', { exact: true }).fill('09:00')
  await error.waitFor({ state: 'hidden' })

  const isCreated = page.waitForRequest((request) => request.url().includes('/slots') && request.method() === 'POST')
  await rule.getByLabel('Until', { exact: true }).last().fill('24:00')
  await rule.getByRole('button', { name: 'Preview slots' }).click()
  expect((await isCreated).postDataJSON()).toMatchObject({ rule: { endTime: '24:00' } })
})

test('a slot in the week’s calendar is opened by keyboard, gets more places, and is withdrawn', async ({
  site,
  scene,
}) => {
  const page = await scene.pageOf('doctor')
  const timeZone = scene.clinic.timezone
  const tomorrow = Temporal.Now.plainDateISO(timeZone).add({ days: 1 })
  const evening = tomorrow.toZonedDateTime({ timeZone, plainTime: '19:07' })
  const slot = await aSlot(site.database, scene.doctor, {
    startsAt: new Date(evening.epochMilliseconds),
    minutes: 30,
  })
  const day = slot.startsAt.toTemporalInstant().toZonedDateTimeISO(timeZone).toPlainDate()
  await page.goto(`/my-day/week?day=${day}`)
  const label = new Intl.DateTimeFormat('en-GB', { hour: 'numeric', minute: '2-digit', timeZone })
  const ends = new Date(slot.startsAt.getTime() + 30 * minute)
  // A word joiner keeps the range on one line.
  const range = label.formatRange(slot.startsAt, ends).replace('–', '–\u2060')
  const event = page.getByRole('button', { name: `, ${range}, Available` })
  await event.focus()
  await page.keyboard.press('Enter')
  const dialog = page.getByRole('dialog')
  await dialog.getByText('1 of 1 available').waitFor()
  await dialog.getByLabel('Places', { exact: true }).fill('3')
  await dialog.getByRole('button', { name: 'Change places' }).click()
  await page.getByText('This slot now has 3 places.').waitFor()
  await dialog.getByText('3 of 3 available').waitFor()
  expect(await axeFindings(page)).toEqual([])
  await dialog.getByRole('button', { name: 'Withdraw this slot' }).click()
  await dialog.getByText('No bookings are affected.').waitFor()
  await dialog.getByRole('button', { name: /^Withdraw 1 slot/ }).click()
  await page.getByText('1 slot was withdrawn.').waitFor()
  await dialog.waitFor({ state: 'hidden' })
  expect(await axeFindings(page)).toEqual([])
})

test('a blocked slot can have as few places as are taken; the field shows what another desk has stored', async ({
  site,
  scene,
}) => {
  const page = await scene.pageOf('doctor')
  const timeZone = scene.clinic.timezone
  const tomorrow = Temporal.Now.plainDateISO(timeZone).add({ days: 1 })
  const evening = tomorrow.toZonedDateTime({ timeZone, plainTime: '20:03' })
  const slot = await aSlot(site.database, scene.doctor, {
    startsAt: new Date(evening.epochMilliseconds),
    minutes: 30,
    capacity: 5,
  })
  await aBooking(site.database, slot, { patient: { name: 'Blocked Bea' }, units: 2 })
  await site.database.ownerPool.query('update holdfast.slot set blocked_at = now() where id = $1', [slot.id])
  await page.goto(`/my-day/week?day=${tomorrow}`)
  await page.getByRole('button', { name: /2 of 5/ }).click()
  const dialog = page.getByRole('dialog')
  const places = dialog.getByLabel('Places', { exact: true })
  await places.fill('2')
  expect(await places.evaluate((field: HTMLInputElement) => field.validity.valid)).toBe(true)
  // The control: one fewer than are taken.
  await places.fill('1')
  expect(await places.evaluate((field: HTMLInputElement) => field.validity.valid)).toBe(false)
  await site.admin.changeSlot({ path: { slotId: slot.id }, body: { capacity: 4 } })
  await dialog.getByText(/ of 4 available/).waitFor()
  await expect.poll(() => places.inputValue()).toBe('4')
})

test('at 320 pixels, in Arabic, nothing is wider than the page and axe finds nothing', async ({ scene }) => {
  const page = await scene.pageOf('doctor', { locale: 'ar', viewport: { width: 320, height: 700 } })
  for (const path of ['/my-day', '/my-day/week', '/my-day/times']) {
    await page.goto(path)
    await page.getByRole('heading', { level: 2 }).first().waitFor()
    await untilRead(page)
    expect(await page.locator('html').getAttribute('dir')).toBe('rtl')
    expect(await sidewaysPixels(page), path).toBe(0)
    expect(await axeFindings(page), path).toEqual([])
  }
})
