import { aDoctor, aSession, aSlot, aVisitType } from '@holdfast/testkit'
import { expect } from 'vitest'
import { dataOf } from './a-practice.ts'
import { aClinicScene, noonZone } from './clinic-scene.ts'
import { axeFindings, expectFits, rateLimited, untilRead } from './harness.ts'
import { test } from './site-test.ts'

test('the desk books a visit type for a patient who walks in, also one that patients cannot book', async ({ site }) => {
  const scene = await aClinicScene(site, { timezone: noonZone() })
  const { clinic, doctor } = scene
  const other = await aDoctor(site.database, clinic, { name: 'Dr Bo Berg' })
  const type = await aVisitType(site.database, clinic, {
    name: 'Minor surgery',
    minutes: 45,
    bookableBy: 'desk',
    doctors: [{ id: other.id }],
  })
  await site.database.ownerPool.query(
    `update holdfast.visit_type set fee_amount = 4000, fee_currency = 'EUR', preparation = 'Come fasting.'
      where id = $1`,
    [type.id],
  )
  // It has begun, and so has its first time.
  const startsAt = new Date(Math.floor(Date.now() / 60_000) * 60_000 - 5 * 60_000)
  await aSession(site.database, other, { startsAt, minutes: 120, gridMinutes: 60 })
  const page = await scene.open('staff', `/clinic/${clinic.id}/book?doctorId=${doctor.id}`)
  const field = page.getByLabel('Visit type')
  await field.selectOption({ label: 'Minor surgery · 45 minutes' })
  // Dr Ada Lovelace does not offer it.
  await page.getByLabel('Doctor').selectOption(other.id)
  const begun = page.getByRole('button', { name: /\(has begun\)/ })
  await begun.waitFor()
  expect(await axeFindings(page)).toEqual([])
  await begun.click()
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Walter Walk-in')
  await page.getByRole('button', { name: /^Book / }).click()
  await page.getByRole('heading', { name: 'Booked' }).waitFor()
  const booked = page.getByRole('status')
  for (const text of ['Minor surgery · €40', 'Come fasting.']) await booked.getByText(text).waitFor()
  const { rows } = await site.database.ownerPool.query(
    `select b.status, b.patient->>'name' as name, s.visit_type_id as type from holdfast.booking b
       join holdfast.slot s on s.clinic_no = b.clinic_no and s.id = b.slot_id where b.clinic_no = $1`,
    [clinic.no],
  )
  expect(rows).toEqual([{ status: 'CONFIRMED', name: 'Walter Walk-in', type: type.id }])
  await page.getByRole('link', { name: 'Open booking' }).click()
  await page.getByText('Minor surgery').waitFor()
  await page.getByRole('button', { name: 'Move to another time' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('Currently:').waitFor()
  // Dr Ada Lovelace does not offer it, so that there is no choice.
  expect(await dialog.getByLabel('Doctor').count()).toBe(0)
  await dialog.locator('button[aria-pressed]').last().click()
  await dialog.getByRole('button', { name: /^Move to/ }).click()
  await page.getByText(/^Moved to/).hover()
  await page.getByRole('button', { name: 'Undo' }).click()
  await page.getByText('Moved back.').waitFor()
  await page.goto(`/clinic/${clinic.id}/day`)
  await page.getByRole('row').filter({ hasText: 'Walter Walk-in' }).getByText('Minor surgery').waitFor()
  await page.goto(`/clinic/${clinic.id}/bookings`)
  await page.getByRole('row').filter({ hasText: 'Walter Walk-in' }).getByText('Minor surgery').waitFor()
  await page.goto(`/clinic/${clinic.id}/doctors`)
  const rowOf = (name: string) => page.getByRole('row').filter({ hasText: name })
  await rowOf('Dr Bo Berg').getByRole('cell', { name: 'In open sessions' }).waitFor()
  expect(await rowOf('Dr Ada Lovelace').getByText('In open sessions').count()).toBe(0)
  await page.goto(`/clinic/${clinic.id}/day`)
  await expectFits(page, { width: 390, height: 844 })
})

test('the desk finds the soonest time of any doctor, with whom it is, and books it', async ({ site }) => {
  const scene = await aClinicScene(site, { timezone: noonZone() })
  const { clinic, doctor } = scene
  const other = await aDoctor(site.database, clinic, { name: 'Dr Bo Berg' })
  await aVisitType(site.database, clinic, { name: 'Vaccination', minutes: 10 })
  const hour = Math.ceil(Date.now() / 3_600_000) * 3_600_000
  await aSession(site.database, doctor, { startsAt: new Date(hour + 2 * 3_600_000), minutes: 30 })
  await aSession(site.database, other, { startsAt: new Date(hour + 3_600_000), minutes: 10 })
  const page = await scene.open('staff', `/clinic/${clinic.id}/book`, { serviceWorkers: 'block' })
  await page.getByLabel('Visit type').selectOption({ label: 'Vaccination · 10 minutes' })
  // Nothing is found in what was searched, and the rest cannot be read.
  const list = (url: URL) => url.pathname === `/api/v1/clinics/${clinic.id}/times`
  await page.route(list, (route) => {
    const isRest = new URL(route.request().url()).searchParams.has('after')
    const searchedUntil = new Date(Date.now() + 86_400_000).toISOString()
    if (isRest) return route.fulfill(rateLimited)
    return route.fulfill({ json: { items: [], searchedUntil, asOf: new Date().toISOString() } })
  })
  await page.getByLabel('Doctor').selectOption({ label: 'Any doctor, soonest' })
  const again = page.getByRole('alert').getByRole('button', { name: 'Try again' })
  await again.waitFor()
  await page.unroute(list)
  await again.click()
  const times = page.locator('[data-weeks] button[aria-pressed]')
  await times.filter({ hasText: 'Dr Bo Berg' }).waitFor()
  expect(await times.count()).toBe(4)
  expect(await axeFindings(page)).toEqual([])
  await times.first().click()
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Paula Phone')
  await page.getByRole('button', { name: /^Book / }).click()
  await page.getByRole('heading', { name: 'Booked' }).waitFor()
  const { rows } = await site.database.ownerPool.query(
    'select resource_id as doctor from holdfast.booking where clinic_no = $1',
    [clinic.no],
  )
  expect(rows).toEqual([{ doctor: other.id }])
})

test('if somebody else takes the time meanwhile, the desk gets the nearest others, and books one', async ({ site }) => {
  const scene = await aClinicScene(site)
  const { clinic, doctor } = scene
  const type = await aVisitType(site.database, clinic, { name: 'Vaccination', minutes: 10 })
  const session = await aSession(site.database, doctor, { minutes: 60 })
  const page = await scene.open('staff', `/clinic/${clinic.id}/book?doctorId=${doctor.id}`)
  await page.getByLabel('Visit type').selectOption({ label: 'Vaccination · 10 minutes' })
  const times = page.locator('[data-weeks] button[aria-pressed]')
  await times
    .first()
    .or(page.getByRole('button', { name: 'Show that week' }))
    .first()
    .waitFor()
  if ((await times.count()) === 0) await page.getByRole('button', { name: 'Show that week' }).click()
  await times.nth(1).click()
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Lena Late')
  const startsAt = new Date(session.startsAt.getTime() + 10 * 60_000).toISOString()
  const first = {
    sessionId: session.id,
    startsAt,
    visitTypeId: type.id,
    patient: { name: 'Quinn Quick' },
    confirm: true,
  }
  await dataOf(site.admin.createBooking({ body: first }))
  await page.getByRole('button', { name: /^Book / }).click()
  await page.getByText('That time has just gone').waitFor()
  const nearby = page.getByText('Still available:').locator('..').getByRole('button')
  await expect.poll(() => nearby.count()).toBe(3)
  expect(await axeFindings(page)).toEqual([])
  await nearby.first().click()
  await page.getByRole('button', { name: /^Book / }).click()
  await page.getByRole('heading', { name: 'Booked' }).waitFor()
})

test('the desk finds a visit type chosen where only open sessions have times, and a slot where one is free', async ({
  site,
}) => {
  const scene = await aClinicScene(site, { timezone: noonZone() })
  const { clinic, doctor } = scene
  const other = await aDoctor(site.database, clinic, { name: 'Dr Bo Berg' })
  const [, checkUp] = [
    await aVisitType(site.database, clinic, { name: 'A vaccination', minutes: 10, doctors: [{ id: other.id }] }),
    await aVisitType(site.database, clinic, { name: 'Check-up', minutes: 10, doctors: [{ id: doctor.id }] }),
  ]
  for (const one of [doctor, other]) await aSession(site.database, one, { minutes: 60 })
  const page = await scene.pageOf('staff')
  const field = page.getByLabel('Visit type')
  await page.goto(`/clinic/${clinic.id}/book?doctorId=${doctor.id}`)
  await field.waitFor()
  expect(await field.inputValue()).toBe(checkUp.id)
  expect(await page.getByLabel('Doctor').inputValue()).toBe(doctor.id)
  expect(await axeFindings(page)).toEqual([])
  // The choice of a slot stays.
  await field.selectOption('')
  expect(await field.inputValue()).toBe('')

  await aSlot(site.database, other)
  await page.goto(`/clinic/${clinic.id}/book`)
  await field.waitFor()
  expect(await field.inputValue()).toBe('')
})

test('a gap in open sessions leads to a visit type at its time, also where there are free slots', async ({ site }) => {
  const scene = await aClinicScene(site, { timezone: noonZone() })
  const { clinic, doctor } = scene
  const startsAt = new Date(Math.floor(Date.now() / 3_600_000 + 1) * 3_600_000)
  const tomorrow = new Date(startsAt.getTime() + 24 * 3_600_000)
  await aSlot(site.database, doctor, { startsAt: tomorrow })
  const both = await aDoctor(site.database, clinic, { name: 'Dr Bo Berg' })
  await aSlot(site.database, both, { startsAt: tomorrow })
  const withoutSlots = await aDoctor(site.database, clinic, { name: 'Dr Cy Carr' })
  await aVisitType(site.database, clinic, { name: 'Check-up', minutes: 20, doctors: [{ id: withoutSlots.id }] })
  await aVisitType(site.database, clinic, { name: 'Vaccination', minutes: 10, doctors: [{ id: both.id }] })
  for (const one of [both, withoutSlots])
    await aSession(site.database, one, { startsAt, minutes: 120, gridMinutes: 10 })
  const page = await scene.open('staff', `/clinic/${clinic.id}/day?layout=columns`)
  const hour = Number(
    startsAt.toLocaleTimeString('en-GB', { hour: '2-digit', hour12: false, timeZone: clinic.timezone }),
  )
  const chosenOf = () => page.getByLabel('Visit type').locator('option:checked').textContent()
  for (const [one, visitType] of [
    [both, 'Vaccination · 10 minutes'],
    [withoutSlots, 'Check-up · 20 minutes'],
  ] as const) {
    await page.goto(`/clinic/${clinic.id}/day?layout=columns`)
    await untilRead(page)
    const gaps = page.locator(`[data-track="${one.id}"] > button`)
    const height = await gaps.evaluate((element) => element.clientHeight)
    // The columns show the hours from 8 to 16; half past is a time of the session.
    await gaps.click({ position: { x: 20, y: (height * (hour + 0.51 - 8)) / 8 } })
    await page
      .getByText(`Wanted: `)
      .filter({ hasText: `${hour}:30` })
      .waitFor()
    await page.getByRole('button', { pressed: true, name: `${hour}:30` }).waitFor()
    expect(await chosenOf()).toBe(visitType)
  }
  // Without a gap, it is the doctor's free slots that count.
  await page.goto(`/clinic/${clinic.id}/book?doctorId=${withoutSlots.id}`)
  await expect.poll(chosenOf).toBe('Check-up · 20 minutes')
  await page.goto(`/clinic/${clinic.id}/book?doctorId=${both.id}`)
  await expect.poll(chosenOf).toBe('None: book a slot')
})
