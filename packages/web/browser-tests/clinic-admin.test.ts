import { randomUUID } from 'node:crypto'
import { aBooking, aDoctor, aSlot } from '@holdfast/testkit'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { aClinicScene, type ClinicScene, signInContext } from './clinic-scene.ts'
import { administrator, axeFindings, expectReadable, signUp, untilRead } from './harness.ts'
import { blankPath } from './page-pool.ts'
import { test as siteTest } from './site-test.ts'

const test = siteTest.extend('scene', ({ site }) => aClinicScene(site, { clinic: 'North Clinic' }))

const pathOf = (scene: ClinicScene, tab: string) => `/clinic/${scene.clinic.id}${tab === '' ? '' : `/${tab}`}`

function figure(page: Page, name: string) {
  return page.locator('dl > div').filter({ hasText: name }).locator('dd')
}

test('an admin creates a doctor and a week of slots, and sees a booking on the dashboard without a reload', async ({
  site,
  scene,
}) => {
  const page = await scene.open('admin', '/')
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Clinic' }).click()
  await page.getByRole('heading', { level: 1, name: 'Dashboard' }).waitFor()
  await page.getByRole('link', { name: 'Doctors' }).click()
  await page.getByRole('button', { name: 'Add doctor' }).click()
  const form = page.getByRole('dialog')
  await form.getByLabel('Name').fill('Dr Grace Hopper')
  await form.getByLabel('Specialisation').fill('Neurology')
  await form.getByLabel('Fee').fill('65.50')
  await form.getByLabel('Video').check()
  await form.getByRole('button', { name: 'Add doctor' }).click()
  await page.getByText('Dr Grace Hopper was added').waitFor()
  await page.getByRole('link', { name: 'Slots of Dr Grace Hopper' }).click()

  await page.getByLabel('Until', { exact: true }).fill('12:00')
  await page.getByRole('button', { name: 'Remove break 1' }).click()
  await page.getByRole('button', { name: 'Preview slots' }).click()
  await page.getByRole('button', { name: 'Create 60 slots' }).click()
  await page.getByText('60 slots were created.').waitFor()

  await page.getByRole('link', { name: 'Dashboard' }).click()
  await page.getByText('No changes yet.').waitFor()
  await expect.poll(() => figure(page, 'Bookings').textContent()).toBe('0')
  const { data } = await site.admin.listDoctors({ query: { clinicId: scene.clinic.id, q: 'Hopper' } })
  const grace = data?.items[0]
  const day = grace?.nextAvailableAt?.slice(0, 10) ?? ''
  const slots = await site.admin.listSlots({ path: { doctorId: grace?.id ?? '' }, query: { from: day, to: day } })
  const slot = slots.data?.items.find(({ available }) => available > 0)
  const marked = await page.evaluateHandle(() => Object.assign(window, { isSamePage: true }))
  const booked = await site.admin.createBooking({
    body: { slotId: slot?.id ?? '', patient: { name: 'Pia Patient' }, confirm: true },
  })
  expect(booked.error).toBeUndefined()
  await page.locator('dl > div').filter({ hasText: 'Bookings' }).getByText('1', { exact: true }).waitFor()
  await page.getByRole('row').filter({ hasText: 'Dr Grace Hopper' }).getByText('Confirmed').waitFor()
  expect(await marked.evaluate((window) => window.isSamePage)).toBe(true)
})

test('staff book for a patient, find, move and cancel the booking; its history has every step', async ({
  site,
  scene,
}) => {
  const page = await scene.pageOf('staff')
  const tomorrow = new Date(Date.now() + 86_400_000)
  const day = tomorrow.toISOString().slice(0, 10)
  const created = await site.admin.createSlots({
    path: { doctorId: scene.doctor.id },
    body: {
      rule: { from: day, to: day, weekdays: [1, 2, 3, 4, 5, 6, 7], startTime: '09:00', endTime: '09:30' },
    },
  })
  expect(created.data?.created).toBe(2)
  await page.goto(pathOf(scene, ''))
  await page.waitForURL('**/day')
  await page.getByRole('link', { name: 'Book for a patient' }).click()
  // Today also has fields for a doctor and a day, and stays until the next page is shown.
  await page.getByRole('heading', { level: 1, name: 'Book for a patient' }).waitFor()
  await page.getByLabel('Doctor').selectOption(scene.doctor.id)
  await page.getByRole('textbox', { name: 'Go to date' }).fill(day)
  const times = page.getByRole('list')
  await times.getByRole('button', { name: /^0?9:00$/ }).click()
  await page.getByLabel('Name').fill('Rosa Reception')
  await page.getByLabel('Phone').fill('+49 30 4711')
  await page.getByRole('button', { name: /^Book \w/ }).click()
  await page.getByRole('heading', { level: 1, name: 'Booked' }).waitFor()
  // Staff get no credentials of the patient.
  expect(await page.getByRole('link', { name: /ticket/ }).count()).toBe(0)
  const me = await page.evaluate(async () => (await (await fetch('/api/v1/me/bookings')).json()).items.length)
  expect(me).toBe(0)

  await page.getByRole('link', { name: 'Bookings', exact: true }).click()
  await page.getByLabel('Search', { exact: true }).fill('4711')
  await page.waitForFunction(() => window.history.state.searched === '4711')
  // Nor is what the desk searches for in the address.
  expect(page.url()).not.toContain('4711')
  await page.getByRole('link', { name: 'Rosa Reception' }).click()
  await page.getByRole('button', { name: 'Move to another time' }).click()
  await page.getByRole('dialog').getByRole('textbox', { name: 'Go to date' }).fill(day)
  // The time is chosen by its name: until the list is read again, it may still show this booking's time as free.
  await page
    .getByRole('dialog')
    .getByRole('list')
    .getByRole('button', { name: /^0?9:15$/ })
    .click()
  await page.getByRole('button', { name: /^Move to \w+,? \d/ }).click()
  await page.getByText(/^Moved to/).hover()
  await page.getByRole('button', { name: 'Undo' }).click()
  await page.getByText('Moved back.').waitFor()

  await page.getByRole('button', { name: 'Cancel booking' }).click()
  await page.getByRole('dialog').getByText('The patient gets no message about it. Please call.').waitFor()
  await page.getByLabel('Reason', { exact: true }).fill('Feeling better')
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel booking' }).click()
  await page.getByText('Feeling better').first().waitFor()
  const history = page.getByRole('region', { name: 'History' })
  await history.getByText('Cancelled').waitFor()
  expect(await history.getByRole('listitem').count()).toBe(4)
  expect(await history.getByText('Sam').count()).toBe(4)
  await history.getByText(/^From .*9:00.* to .*9:15/).waitFor()
  await history.getByText(/^From .*9:15.* to .*9:00/).waitFor()
  expect(await axeFindings(page)).toEqual([])
})

/** The interval at which the proof page counts again. */
const recountSeconds = 5

test('the proof page shows nobody overbooked, and says so when somebody is', async ({ site, scene }) => {
  const slot = await aSlot(site.database, scene.doctor, { capacity: 3 })
  await aBooking(site.database, slot, { units: 3 })
  const page = await scene.pageOf('admin', { isNewContext: true })
  await page.clock.install()
  await page.goto(pathOf(scene, 'proof'))
  await page.getByText('No place was given twice, and the event log matches.').waitFor()
  const verdict = page.getByRole('status').filter({ hasText: 'overbooked' })
  expect(await verdict.locator('strong').textContent()).toBe('0')
  expect(Number(await figure(page, 'Slots checked').textContent())).toBeGreaterThan(0)
  // Negative control: an overbooked slot, written to the database without the engine.
  await site.database.ownerPool.query('update holdfast.booking set units = 4 where slot_id = $1', [slot.id])
  await page.clock.fastForward(recountSeconds * 1_000)
  await verdict.locator('strong').getByText('1').waitFor()
  await page.getByText('Something doesn’t match').waitFor()
  expect(await axeFindings(page)).toEqual([])
  await site.database.ownerPool.query('update holdfast.booking set units = 3 where slot_id = $1', [slot.id])
  await page.clock.fastForward(recountSeconds * 1_000)
  await verdict.locator('strong').getByText('0').waitFor()
})

test('people get a role by a link and lose it', async ({ site, scene }) => {
  const page = await scene.open('admin', pathOf(scene, 'people'))
  const { email } = await signUp(site.url, 'Nora New')
  await page.getByRole('textbox', { name: 'E-mail' }).fill(email)
  await page.getByRole('button', { name: 'Create invitation' }).click()
  const link = await page.getByRole('textbox', { name: 'Invitation link' }).inputValue()
  expect(await axeFindings(page)).toEqual([])
  // An account with that address has no role yet: only the link gives it.
  await page.getByRole('table', { name: 'Open invitations' }).getByRole('row').filter({ hasText: email }).waitFor()
  expect(await page.getByRole('table', { name: 'People and roles' }).getByText('Nora New').count()).toBe(0)

  const nora = await site.open(link)
  await nora.getByRole('heading', { name: 'You are invited to work at North Clinic' }).waitFor()
  expect(await axeFindings(nora)).toEqual([])
  await nora.getByRole('main').getByRole('link', { name: 'Sign in' }).click()
  await nora.getByLabel('E-mail').fill(email)
  expect(new URL(nora.url()).hash).toBe('')
  await nora.getByLabel('Password', { exact: true }).fill('a password of the tests')
  await nora.getByRole('main').getByRole('button', { name: 'Sign in', exact: true }).click()
  await nora.getByText('You are signed in as Nora New').waitFor()
  await nora.getByRole('button', { name: 'Accept the invitation' }).click()
  await nora.getByText('Welcome to North Clinic.').waitFor()
  await nora.waitForURL(`**${pathOf(scene, 'day')}`)

  await page.reload()
  await page.getByText('No invitation is waiting to be accepted.').waitFor()
  const row = page.getByRole('table', { name: 'People and roles' }).getByRole('row').filter({ hasText: 'Nora New' })
  await row.getByRole('combobox').selectOption('Administrator')
  await page.getByText('Nora New: Administrator.').waitFor()
  await page.getByRole('button', { name: 'Remove Nora New' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
  await page.getByText('Nora New was removed.').waitFor()
  await row.waitFor({ state: 'hidden' })
  await nora.goto(link)
  await nora.getByText('This invitation has already been used').waitFor()
})

test('an invitation gets a new link, which voids the old one, and is revoked', async ({ site, scene }) => {
  const page = await scene.open('admin', pathOf(scene, 'people'))
  await page.getByRole('textbox', { name: 'E-mail' }).fill('later@example.org')
  await page.getByLabel('Role', { exact: true }).selectOption('Doctor')
  await page.getByLabel('Calendar', { exact: true }).selectOption({ label: 'Dr Ada Lovelace' })
  await page.getByRole('button', { name: 'Create invitation' }).click()
  const link = page.getByRole('textbox', { name: 'Invitation link' })
  const first = await link.inputValue()
  await page.getByRole('button', { name: 'New link for later@example.org' }).click()
  await expect.poll(() => link.inputValue()).not.toBe(first)
  const second = await link.inputValue()
  const guest = await site.open(second, { locale: 'ar', viewport: { width: 320, height: 700 } })
  await guest.getByRole('heading', { level: 1, name: 'North Clinic' }).waitFor()
  await expectReadable(guest)
  await page.getByRole('button', { name: 'Revoke the invitation of later@example.org' }).click()
  const question = page.getByRole('dialog', { name: 'Revoke the invitation?' })
  await question.getByText('later@example.org').waitFor()
  await question.getByRole('button', { name: 'Revoke' }).click()
  await page.getByText('The invitation of later@example.org was revoked.').waitFor()
  await link.waitFor({ state: 'hidden' })
  const late = await scene.pageOf('stranger')
  for (const address of [first, second]) {
    await late.goto(blankPath)
    await late.goto(address)
    await late.getByText('This invitation doesn’t exist').waitFor()
  }
  await late.goto('/invitation#cut')
  await late.getByText('The link is incomplete').waitFor()
})

test('a change of settings can be undone', async ({ site, scene }) => {
  const page = await scene.open('admin', pathOf(scene, 'settings'))
  const hold = page.getByRole('textbox', { name: 'Hold time', exact: true })
  await hold.waitFor()
  await untilRead(page)
  await hold.fill('5')
  await page.getByRole('button', { name: 'Save' }).first().click()
  // Under the pointer, the message does not end.
  await page.getByText('North Clinic: saved.').hover()
  const holdSeconds = async () =>
    (await site.admin.getClinic({ path: { clinicId: scene.clinic.id } })).data?.settings.holdSeconds
  expect(await holdSeconds()).toBe(300)
  const saved = page.getByRole('alert').filter({ hasText: 'North Clinic: saved.' })
  await saved.getByRole('button', { name: 'Undo' }).click()
  await expect.poll(() => hold.inputValue()).toBe('2')
  await expect.poll(holdSeconds).toBe(120)
})

test('an admin changes the limits, and cancels a burst of bookings', async ({ site, scene }) => {
  const slot = await aSlot(site.database, scene.doctor, { capacity: 20 })
  // The last one belongs to an account.
  for (let n = 0; n < 7; n += 1) {
    const { id } = await aBooking(site.database, slot, n < 6 ? {} : { accountId: randomUUID() })
    await site.database.ownerPool.query(
      `insert into holdfast.booking_origin (clinic_no, subject, booking_id, kind, at)
       values ($1, '00000000-0000-8000-8000-0000000000b0', $2, 'address', now())`,
      [slot.clinicNo, id],
    )
  }
  const page = await scene.open('admin', pathOf(scene, 'settings'))
  await page.getByLabel('Coming appointments per internet connection').fill('25')
  await page.getByRole('button', { name: 'Apply limits' }).click()
  await page.getByText('North Clinic: saved.').waitFor()
  const { data } = await site.admin.getBookingLimits({ path: { clinicId: scene.clinic.id } })
  expect(data).toMatchObject({ addressBookingsMax: 25, addressHoldsMax: 10 })

  await page.getByText('7 bookings from one internet connection').waitFor()
  expect(await axeFindings(page)).toEqual([])
  await page.getByRole('button', { name: 'Cancel bookings …' }).click()
  const dialog = page.getByRole('dialog')
  await dialog
    .getByText(/^6 appointments will be cancelled.*those of guests.* The first was booked on .*, the last on /)
    .waitFor()
  await dialog
    .getByText('including those of patients who happened to book from the same place', { exact: false })
    .waitFor()
  await dialog.getByText('Bookings of other accounts stay: 1.').waitFor()
  const listed = dialog.getByRole('region', { name: 'These bookings will be cancelled' })
  await listed.getByRole('link').first().waitFor()
  expect(await listed.getByRole('link').count()).toBe(6)
  expect(await axeFindings(page)).toEqual([])
  await page.getByRole('button', { name: 'Cancel these bookings' }).click()
  await page.getByText('Bookings cancelled: 6.').waitFor()
  await page.getByText('No such bookings.').waitFor()
  const { rows } = await site.database.ownerPool.query('select taken from holdfast.slot where id = $1', [slot.id])
  expect(rows).toEqual([{ taken: 1 }])
})

test('the figures are shown as a table, and can be downloaded as CSV', async ({ site, scene }) => {
  await aBooking(site.database, await aSlot(site.database, scene.doctor))
  const page = await scene.open('admin', pathOf(scene, ''))
  await page.getByText('Table', { exact: true }).click()
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Download as CSV' }).click(),
  ])
  expect(download.suggestedFilename()).toMatch(/^statistics-\d{4}-\d\d-\d\d-\d{4}-\d\d-\d\d\.csv$/)
  const chunks: Buffer[] = []
  for await (const chunk of await download.createReadStream()) chunks.push(Buffer.from(chunk))
  const lines = Buffer.concat(chunks).toString('utf8').split('\r\n')
  expect(lines[0]).toBe(
    '\uFEFFdate,capacity,taken,openMinutes,takenMinutes,' +
      'PENDING,CONFIRMED,FAILED,CANCELLED,ARRIVED,NO_SHOW,COMPLETED,lapsed,released',
  )
  // The last line ends, too.
  expect(lines).toHaveLength(30)
  expect(await axeFindings(page)).toEqual([])
})

test('the site administrator creates a clinic and finds all others', async ({ site, scene: _ }) => {
  await site.admin.createClinic({ body: { name: 'East Clinic', timezone: 'UTC' } })
  const page = await site.newPage()
  await signInContext(site, page, administrator)
  await page.goto('/clinic')
  await page.getByRole('link', { name: 'North Clinic' }).first().waitFor()
  await page.getByLabel('Name or address').fill('east')
  await page.getByRole('link', { name: 'North Clinic' }).first().waitFor({ state: 'hidden' })
  await page.getByRole('link', { name: 'East Clinic' }).first().waitFor()
  await page.getByRole('button', { name: 'New clinic' }).press('Enter')
  const name = page.getByRole('textbox', { name: 'Name', exact: true })
  await name.and(page.locator(':focus')).waitFor()
  await page.keyboard.type('West Clinic')
  expect(await name.inputValue()).toBe('West Clinic')
  await page.getByLabel('Address', { exact: true }).focus()
  await page.keyboard.type('1 West Street')
  expect(await page.getByLabel('Address', { exact: true }).inputValue()).toBe('1 West Street')
  await page.getByRole('combobox', { name: 'Time zone' }).fill('Asia/Tokyo')
  await page.getByRole('option', { name: 'Asia/Tokyo' }).click()
  expect(await axeFindings(page)).toEqual([])
  await page.getByRole('button', { name: 'Add clinic' }).click()
  await page.getByText('West Clinic was created.').waitFor()
  await page.getByRole('region', { name: 'First steps' }).getByText('Patients choose a doctor to book with').waitFor()

  // The role needs a doctor, and the page says so before the form is sent.
  await page.getByRole('button', { name: 'More', exact: true }).click()
  await page.getByRole('link', { name: 'People and roles' }).click()
  await page.getByLabel('Role', { exact: true }).selectOption('Doctor')
  await page.getByText('No doctors yet').waitFor()
})

test('the menu of seldom used pages stays open when the page that was opened before it arrives', async ({ scene }) => {
  const page = await scene.open('admin', pathOf(scene, 'bookings'))
  const more = page.getByRole('button', { name: 'More', exact: true })
  await more.waitFor()
  const asked = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  await page.route('**/*.js', async (route) => {
    asked.resolve()
    await released.promise
    await route.continue()
  })
  await page.getByRole('link', { name: 'Doctors', exact: true }).click()
  await asked.promise
  await more.click()
  released.resolve()
  await page.locator('h1:focus').filter({ hasText: 'Doctors' }).waitFor()
  const closures = page.getByRole('link', { name: 'Closures' })
  expect(await closures.isVisible()).toBe(true)
  // By keyboard the menu closes when it is left.
  await more.focus()
  await page.keyboard.press('Shift+Tab')
  await closures.waitFor({ state: 'hidden' })
})

test('when somebody was faster, reception gets an error with the times still free', async ({ site, scene }) => {
  const day = new Date(Date.now() + 3 * 86_400_000).toISOString().slice(0, 10)
  const doctor = await aDoctor(site.database, scene.clinic, { name: 'Dr Zoe Zuse' })
  await site.admin.createSlots({
    path: { doctorId: doctor.id },
    body: { rule: { from: day, to: day, weekdays: [1, 2, 3, 4, 5, 6, 7], startTime: '09:00', endTime: '09:30' } },
  })
  const { data } = await site.admin.listSlots({ path: { doctorId: doctor.id }, query: { from: day, to: day } })
  const [first] = data?.items ?? []
  const page = await scene.open('staff', pathOf(scene, 'book'))
  await page.getByLabel('Doctor').selectOption(doctor.id)
  await page.getByRole('textbox', { name: 'Go to date' }).fill(day)
  await page.getByRole('list').getByRole('button').first().click()
  await page.getByLabel('Name').fill('Sue Slow')
  const taken = await site.admin.createBooking({
    body: { slotId: first?.id ?? '', patient: { name: 'Fay Fast' }, confirm: true },
  })
  expect(taken.error).toBeUndefined()
  await page.getByRole('button', { name: /^Book \w+,? \d/ }).click()
  await page.getByText('That time has just gone').waitFor()
  await page.getByText('Still available:').locator('..').getByRole('button').first().click()
  await page.getByRole('button', { name: /^Book \w+,? \d/ }).click()
  await page.getByRole('heading', { level: 1, name: 'Booked' }).waitFor()
})
