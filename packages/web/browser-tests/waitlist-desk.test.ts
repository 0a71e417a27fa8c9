import { aQuestion, aSession, aSlot, aVisitType, aWaitlistEntry, offerAsFreed } from '@holdfast/testkit'
import { expect } from 'vitest'
import { dataOf } from './a-practice.ts'
import { aClinicScene } from './clinic-scene.ts'
import { axeFindings } from './harness.ts'
import { test } from './scene-test.ts'

test('the desk corrects who waits', async ({ site, scene }) => {
  await aWaitlistEntry(site.database, scene.doctor, { patient: { name: 'Kim Caled', phone: '+44 1632 960002' } })
  const page = await scene.open('staff', `/clinic/${scene.clinic.id}/waitlist`)
  await page.getByRole('button', { name: /^Correct the details of .*Kim Caled/ }).click()
  const dialog = page.getByRole('dialog', { name: 'Correct patient details' })
  expect(await axeFindings(page)).toEqual([])
  await dialog.getByLabel('Name').fill('Kim Called')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('row').filter({ hasText: 'Kim Called' }).waitFor()
})

test('the desk accepts an offer for a patient whom it has called', async ({ site, scene }) => {
  const patient = { name: 'Kim Called', phone: '+44 1632 960002' }
  const entry = await aWaitlistEntry(site.database, scene.doctor, { patient })
  await offerAsFreed(site.database, await aSlot(site.database, scene.doctor))
  const page = await scene.open('staff', `/clinic/${scene.clinic.id}/waitlist`)
  const row = page.getByRole('row').filter({ hasText: 'Kim Called' })
  await row.getByRole('button', { name: /^Accept the offer for .*Kim Called/ }).click()
  const dialog = page.getByRole('dialog', { name: /^Accept the offer for .*Kim Called.*\?/ })
  await dialog.getByText('Dr Ada Lovelace').waitFor()
  expect(await axeFindings(page)).toEqual([])
  await dialog.getByRole('button', { name: 'Accept the offer' }).click()
  await row.waitFor({ state: 'detached' })
  const { rows } = await site.database.ownerPool.query('select end_reason from holdfast.waitlist_entry where id = $1', [
    entry.id,
  ])
  expect(rows).toEqual([{ end_reason: 'accepted' }])
})

test('an offer that was accepted while the response got lost is named as accepted', async ({ site, scene }) => {
  await aWaitlistEntry(site.database, scene.doctor, { patient: { name: 'Kim Called', phone: '+44 1632 960002' } })
  await offerAsFreed(site.database, await aSlot(site.database, scene.doctor))
  const page = await scene.open('staff', `/clinic/${scene.clinic.id}/waitlist`)
  await page.route('**/confirm', async (route) => {
    await route.fetch()
    await route.abort()
  })
  await page.getByRole('button', { name: /^Accept the offer for .*Kim Called/ }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Accept the offer' }).click()
  const dialog = page.getByRole('dialog')

  await dialog.getByText(/Kim Called.* has the appointment\./).waitFor()
  expect(await dialog.getByText('This offer has ended').count()).toBe(0)
  expect(await axeFindings(page)).toEqual([])
  await dialog.getByRole('link', { name: /^Open the booking of/ }).click()
  await page.waitForURL('**/bookings/*')
})

test('an offer that was accepted and cancelled since has ended, and nobody has the appointment', async ({ site }) => {
  const scene = await aClinicScene(site)
  const patient = { name: 'Kim Called', phone: '+44 1632 960002' }
  const entry = await aWaitlistEntry(site.database, scene.doctor, { patient })
  await offerAsFreed(site.database, await aSlot(site.database, scene.doctor))
  const page = await scene.open('staff', `/clinic/${scene.clinic.id}/waitlist`)
  await page.getByRole('button', { name: /^Accept the offer for .*Kim Called/ }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('Dr Ada Lovelace').waitFor()
  const { offer } = await dataOf(site.admin.getWaitlistEntry({ path: { entryId: entry.id } }))
  const path = { bookingId: offer?.booking.id ?? '' }
  await dataOf(site.admin.confirmBooking({ path, body: {} }))
  await dataOf(site.admin.cancelBooking({ path, body: {} }))
  // The dialog may have noticed it by itself.
  const ended = dialog.getByText('This offer has ended')
  await Promise.any([dialog.getByRole('button', { name: 'Accept the offer' }).click(), ended.waitFor()])
  await ended.waitFor()
  expect(await dialog.getByText(/has the appointment/).count()).toBe(0)
})

test('the desk adds a patient to the waitlist, with the language of the messages', async ({ site, scene }) => {
  const page = await scene.open('staff', `/clinic/${scene.clinic.id}/waitlist`)
  await page.getByRole('link', { name: 'Add a patient' }).click()
  await page.getByLabel('Full name').fill('Grete Deutsch')
  await page.getByRole('combobox', { name: 'Language of messages' }).selectOption('Deutsch')
  expect(await axeFindings(page)).toEqual([])
  await page.getByRole('button', { name: 'Add to the waitlist' }).click()
  await page.getByRole('row').filter({ hasText: 'Grete Deutsch' }).waitFor()
  const { rows } = await site.database.ownerPool.query(
    `select patient from holdfast.waitlist_entry where clinic_no = $1`,
    [scene.clinic.no],
  )
  expect(rows).toEqual([{ patient: { name: 'Grete Deutsch', language: 'de' } }])
})

test('the desk adds a patient for a visit type, and accepts the offer with an answer', async ({ site, scene }) => {
  const question = aQuestion('text')
  const type = await aVisitType(site.database, scene.clinic, {
    name: 'Minor surgery',
    minutes: 60,
    bookableBy: 'desk',
    questions: [question],
  })
  const session = await aSession(site.database, scene.doctor, { minutes: 60 })
  const time = { sessionId: session.id, startsAt: session.startsAt.toISOString(), visitTypeId: type.id }
  const answers = [{ questionId: question.id, value: 'None' }]
  const body = { ...time, patient: { name: 'Ada' }, answers, onBehalf: true, confirm: true }
  const { id: bookingId } = await dataOf(site.admin.createBooking({ body }))
  const page = await scene.open('staff', `/clinic/${scene.clinic.id}/waitlist/add`)
  await page.getByRole('combobox', { name: 'Visit type' }).selectOption('Minor surgery')
  await page.getByLabel('Full name').fill('Kim Called')
  await page.getByLabel('Phone').fill('+44 1632 960002')
  expect(await axeFindings(page)).toEqual([])
  await page.getByRole('button', { name: 'Add to the waitlist' }).click()
  const row = page.getByRole('row').filter({ hasText: 'Kim Called' })
  await row.getByText('Minor surgery').waitFor()
  await dataOf(site.admin.cancelBooking({ path: { bookingId }, body: {} }))
  await page.reload()
  await row.getByRole('button', { name: /^Accept the offer for .*Kim Called/ }).click()
  const dialog = page.getByRole('dialog', { name: /^Accept the offer for .*Kim Called.*\?/ })
  await dialog.getByText('Minor surgery').waitFor()
  await dialog.getByRole('textbox').first().fill('Penicillin')
  expect(await axeFindings(page)).toEqual([])
  await dialog.getByRole('button', { name: 'Accept the offer' }).click()
  await row.waitFor({ state: 'detached' })
  const { rows } = await site.database.ownerPool.query<{ id: string }>(
    'select id from holdfast.booking where clinic_no = $1 and waitlist_entry_id is not null',
    [scene.clinic.no],
  )
  const accepted = await dataOf(site.admin.getBooking({ path: { bookingId: rows[0]?.id ?? '' } }))
  expect(accepted).toMatchObject({ status: 'CONFIRMED', answers: [{ value: 'Penicillin' }] })
})
