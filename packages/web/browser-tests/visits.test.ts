// Guarantee: a visit in an open session that is shown as held or confirmed is
import type { NewVisitType } from '@holdfast/contract/client'
import { expect } from 'vitest'
import { aDoctorWithTimes, dataOf } from './a-practice.ts'
import { aVisitPractice, sessionDay } from './a-visit-practice.ts'
import { confirm, hold, timeOf } from './booking-steps.ts'
import { axeFindings, sidewaysPixels, untilRead } from './harness.ts'
import { test } from './site-test.ts'

const wanted: NewVisitType[] = [
  {
    name: 'Blood sample',
    names: { de: 'Blutabnahme' },
    minutes: 10,
    fee: { amount: 1_500, currency: 'GBP' },
    preparation: 'Come fasting.\nDrink water.',
    position: 1,
  },
  { name: 'First visit', minutes: 40, bufferAfterMinutes: 10, position: 2 },
  { name: 'Minor surgery', minutes: 60, bookableBy: 'desk' },
]

test('a patient chooses what to book, then the time, and sees both until the ticket', async ({ site }) => {
  const { doctor, visitTypes } = await aVisitPractice(site, wanted)
  const page = await site.newPage()
  await page.setViewportSize({ width: 390, height: 844 })
  await page.goto(`/doctors/${doctor.id}`)
  await page.getByRole('heading', { name: 'What do you need?' }).waitFor()
  expect(await page.getByText('Minor surgery').count()).toBe(0)
  await page.getByRole('link', { name: /^Another appointment/ }).waitFor()
  await untilRead(page)
  expect(await axeFindings(page)).toEqual([])
  await page.getByRole('link', { name: /^Blood sample.*10 minutes.*£15/ }).click()
  await page.getByRole('heading', { name: 'Blood sample' }).and(page.locator(':focus')).waitFor()
  expect(new URL(page.url()).searchParams.get('visitType')).toBe(visitTypes[0]?.id)
  await page.getByText('Come fasting.').waitFor()
  await timeOf(page, '13:00').waitFor()
  // The fixed slot of the morning is another appointment.
  expect(await timeOf(page, '9:00').count()).toBe(0)
  expect(await axeFindings(page)).toEqual([])
  expect(await sidewaysPixels(page)).toBe(0)
  await hold(page, '13:10')
  await page.getByText('Blood sample').waitFor()
  await page.getByText('Come fasting.').waitFor()
  expect(await axeFindings(page)).toEqual([])
  await confirm(page, 'Ada Lovelace')
  const ticket = page.getByRole('article')
  for (const text of ['Blood sample', 'Come fasting.', '£15']) await ticket.getByText(text).waitFor()
  await page.getByRole('button', { name: 'Cancel appointment' }).waitFor()
  expect(await axeFindings(page)).toEqual([])
})

test('a patient moves a visit to another time of its type, which only the desk books by now, and back', async ({
  site,
}) => {
  const { clinic, doctor, visitTypes } = await aVisitPractice(site, wanted)
  const page = await site.newPage()
  await page.goto(`/doctors/${doctor.id}?visitType=${visitTypes[1]?.id}`)
  await hold(page, '13:10')
  await confirm(page, 'Ada Lovelace')
  const path = { clinicId: clinic.id, visitTypeId: visitTypes[1]?.id ?? '' }
  await dataOf(site.admin.updateVisitType({ path, body: { bookableBy: 'desk' } }))
  await page.reload()
  await page.getByRole('button', { name: 'Move to another time' }).click()
  await timeOf(page, '14:10').waitFor()
  // It may overlap its present time. The fixed slot of the morning is another appointment.
  await timeOf(page, '13:30').waitFor()
  for (const time of ['13:10', '9:00']) expect(await timeOf(page, time).count(), time).toBe(0)
  await untilRead(page)
  expect(await axeFindings(page)).toEqual([])
  await timeOf(page, '14:10').click()
  await page.getByRole('button', { name: 'Move appointment' }).click()
  await page.getByText(/^Moved to .*14:10/).waitFor()
  const ticket = page.getByRole('article')
  await ticket.getByText('First visit').waitFor()
  const startsAt = async () => {
    const { rows } = await site.database.ownerPool.query(
      `select to_char(s.starts_at at time zone 'UTC', 'HH24:MI') as at
         from holdfast.booking b join holdfast.slot s on s.clinic_no = b.clinic_no and s.id = b.slot_id
        where b.resource_id = $1`,
      [doctor.id],
    )
    return rows
  }
  expect(await startsAt()).toEqual([{ at: '14:10' }])
  await page.getByRole('button', { name: 'Undo' }).click()
  await page.getByText(/^Moved back to .*13:10/).waitFor()
  expect(await startsAt()).toEqual([{ at: '13:10' }])
})

test('of a visit type that was switched off, the patient keeps the visit, and reads whom to ask', async ({ site }) => {
  const { clinic, doctor, visitTypes } = await aVisitPractice(site, wanted)
  const [blood] = visitTypes
  const page = await site.newPage()
  await page.goto(`/doctors/${doctor.id}?visitType=${blood?.id}`)
  await hold(page, '13:10')
  await confirm(page, 'Ada Lovelace')
  const path = { clinicId: clinic.id, visitTypeId: blood?.id ?? '' }
  await dataOf(site.admin.updateVisitType({ path, body: { active: false } }))
  await page.reload()
  await page.getByRole('button', { name: 'Move to another time' }).click()
  await page.getByText(/no longer offers this appointment/).waitFor()
  await page.getByRole('button', { name: 'Keep my time' }).click()
})

test('back leads from the times to the list; the other choice shows the doctor’s slots', async ({ site }) => {
  const { doctor } = await aVisitPractice(site, wanted)
  const page = await site.newPage()
  await page.goto(`/doctors/${doctor.id}`)
  await page.getByRole('link', { name: /^First visit/ }).click()
  await timeOf(page, '14:10').waitFor()
  // 40 minutes and 10 more do not fit before the end of the session.
  expect(await timeOf(page, '14:20').count()).toBe(0)
  await page.goBack()
  await page.getByRole('heading', { name: 'What do you need?' }).and(page.locator(':focus')).waitFor()
  await page.getByRole('link', { name: /^Another appointment/ }).click()
  await timeOf(page, '9:00').waitFor()
  await page.getByRole('link', { name: 'Choose something else' }).click()
  await page.getByRole('heading', { name: 'What do you need?' }).waitFor()
})

test('a time that has just gone is named, with the nearest others, of which one is held', async ({ site }) => {
  const { doctor, visitTypes } = await aVisitPractice(site, wanted)
  const [blood] = visitTypes
  const page = await site.newPage()
  await page.goto(`/doctors/${doctor.id}?visitType=${blood?.id}`)
  await timeOf(page, '13:30').waitFor()
  const query = { visitTypeId: blood?.id ?? '', from: `${sessionDay}`, to: `${sessionDay}` }
  const { items } = await dataOf(site.admin.listTimes({ path: { doctorId: doctor.id }, query }))
  const time = items.find(({ startsAt }) => startsAt.includes('T13:30'))
  if (time === undefined) throw new Error('The time is not listed.')
  const { sessionId, startsAt } = time
  const body = { sessionId, startsAt, visitTypeId: query.visitTypeId, patient: { name: 'Grace' }, confirm: true }
  // Somebody else is faster than this press.
  await page.route(
    '**/api/v1/bookings',
    async (route) => {
      await dataOf(site.admin.createBooking({ body }))
      await route.continue()
    },
    { times: 1 },
  )
  await timeOf(page, '13:30').click()
  await page.getByText(/13:30 .*has just been taken/).waitFor()
  await page.getByRole('button', { name: /13:20/ }).waitFor()
  await page.getByRole('button', { name: /13:40/ }).click()
  await page.getByRole('heading', { name: 'This time is held for you' }).waitFor()
  await page.getByText(/13:40/).first().waitFor()
})

test('times that others book disappear while the page is open', async ({ site }) => {
  const { doctor, visitTypes } = await aVisitPractice(site, wanted)
  const [blood] = visitTypes
  const page = await site.newPage()
  await page.goto(`/doctors/${doctor.id}?visitType=${blood?.id}`)
  await timeOf(page, '13:30').waitFor()
  await untilRead(page)
  const other = await site.newPage()
  await other.goto(`/doctors/${doctor.id}?visitType=${blood?.id}`)
  await hold(other, '13:30')
  await timeOf(page, '13:30').waitFor({ state: 'detached' })
})

test('a patient who does not mind with whom gets the soonest time of any doctor', async ({ site }) => {
  const { clinic, doctor, visitTypes } = await aVisitPractice(site, wanted)
  const { doctor: other } = await aDoctorWithTimes(site, clinic, { doctorName: 'Dr Bo Berg', slotCount: 1 })
  const session = { startsAt: `${sessionDay}T11:00:00Z`, endsAt: `${sessionDay}T11:20:00Z` }
  await dataOf(site.admin.createOpenSessions({ path: { doctorId: other.id }, body: { sessions: [session] } }))
  const page = await site.newPage()
  await page.setViewportSize({ width: 390, height: 844 })
  await page.goto(`/doctors/${doctor.id}?visitType=${visitTypes[0]?.id}`)
  await page.getByText('Any doctor').click()
  await page.getByRole('heading', { name: 'Soonest times' }).waitFor()
  await timeOf(page, '11:00').waitFor()
  await timeOf(page, '13:10').waitFor()
  expect(await axeFindings(page)).toEqual([])
  expect(await sidewaysPixels(page)).toBe(0)
  await hold(page, '11:00')
  await page.getByRole('heading', { name: 'Dr Bo Berg' }).waitFor()
  await confirm(page, 'Ada Lovelace')
  await page.getByRole('article').getByText('Blood sample').waitFor()
})
