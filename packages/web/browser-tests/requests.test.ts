import { aSession, aVisitType } from '@holdfast/testkit'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { hold } from './booking-steps.ts'
import { aClinicScene } from './clinic-scene.ts'
import { axeFindings, type Site, sidewaysPixels, untilRead } from './harness.ts'
import { test } from './site-test.ts'

/** The day after tomorrow at 13:00 UTC. */
const startsAt = new Date(Math.floor(Date.now() / 86_400_000) * 86_400_000 + 2 * 86_400_000 + 13 * 3_600_000)

async function aScene(site: Site, approval: 'holding' | 'not_holding' = 'holding') {
  const scene = await aClinicScene(site)
  const type = await aVisitType(site.database, scene.clinic, {
    name: 'Minor surgery',
    minutes: 30,
    approval,
    approvalMinutes: 1_440,
  })
  await aSession(site.database, scene.doctor, { startsAt, minutes: 120 })
  return { ...scene, type }
}

/** Chooses a time, and sends the request; ends at the ticket. */
async function request(
  page: Page,
  doctorId: string,
  typeId: string,
  [time, name, phone]: [string, string, string?],
): Promise<void> {
  await page.goto(`/doctors/${doctorId}?visitType=${typeId}`)
  await hold(page, time)
  await page.getByText('The clinic has to agree to this appointment.').waitFor()
  await page.getByLabel('Full name').fill(name)
  if (phone === undefined) await page.getByLabel('E-mail').fill(`${name.replace(' ', '.')}@example.org`)
  else await page.getByLabel('Phone').fill(phone)
  await page.getByRole('button', { name: 'Send request' }).click()
  await page.getByRole('heading', { name: 'Your request was sent' }).waitFor()
}

test('a patient requests an appointment, and staff approve one and decline another', async ({ site }) => {
  const { clinic, doctor, type, pageOf } = await aScene(site)
  const [ada, grace] = [await site.newPage(), await site.newPage()]
  await ada.setViewportSize({ width: 390, height: 844 })
  await ada.goto(`/doctors/${doctor.id}`)
  await ada.getByText('On request: the clinic has to agree').waitFor()
  await request(ada, doctor.id, type.id, ['13:00', 'Mary Somerville'])
  await ada.getByText(/^Waiting for the clinic’s answer until/).waitFor()
  await ada.getByRole('button', { name: 'Withdraw request' }).waitFor()
  expect(await ada.getByRole('button', { name: 'Move to another time' }).count()).toBe(0)
  await untilRead(ada)
  expect(await axeFindings(ada)).toEqual([])
  expect(await sidewaysPixels(ada)).toBe(0)
  await request(grace, doctor.id, type.id, ['13:30', 'Grace Hopper'])

  const desk = await pageOf('staff')
  await desk.goto(`/clinic/${clinic.id}/day`)
  const notice = desk.getByRole('status').filter({ hasText: '2 requests are waiting for your answer.' })
  // Both wait for a day: the first one was sent first.
  await notice.getByText(/Without an answer, the first one ends .*\d:\d\d/).waitFor()
  await untilRead(desk)
  expect(await axeFindings(desk)).toEqual([])
  await notice.getByRole('link', { name: 'See the requests' }).waitFor()
  await desk.getByRole('link', { name: 'Requests (2)' }).click()
  const rowOf = (name: string) => desk.getByRole('row').filter({ hasText: name })
  await rowOf('Mary Somerville').getByText('Minor surgery').waitFor()
  await untilRead(desk)
  expect(await axeFindings(desk)).toEqual([])
  await desk.setViewportSize({ width: 390, height: 844 })
  expect(await sidewaysPixels(desk)).toBe(0)
  await desk.setViewportSize({ width: 1280, height: 800 })
  await desk.getByRole('button', { name: 'Approve Mary Somerville’s request' }).click()
  await desk.getByRole('link', { name: 'Requests (1)' }).waitFor()
  await rowOf('Mary Somerville').waitFor({ state: 'detached' })
  expect(await desk.getByText('Not stored for').count()).toBe(0)
  await desk.getByRole('button', { name: 'Decline Grace Hopper’s request' }).click()
  const dialog = desk.getByRole('dialog', { name: 'Decline this request?' })
  await dialog.getByLabel('Reason').fill('Please see your family doctor first.')
  await dialog.getByRole('button', { name: 'Decline request' }).click()
  await desk.getByText('No requests').waitFor()

  const admin = await pageOf('admin')
  await admin.goto(`/clinic/${clinic.id}/visit-types`)
  await admin.getByRole('row').filter({ hasText: 'Minor surgery' }).getByText('On request').waitFor()

  await ada.reload()
  await ada.getByRole('heading', { name: 'Your appointment is confirmed' }).waitFor()
  await grace.reload()
  await grace.getByRole('heading', { name: 'The clinic declined your request' }).waitFor()
  await grace.getByText('Please see your family doctor first.').waitFor()
})

test('a patient withdraws a request, and its time is free again', async ({ site }) => {
  const { doctor, type } = await aScene(site)
  const page = await site.newPage()
  await request(page, doctor.id, type.id, ['13:00', 'Mary Somerville'])
  await page.getByRole('button', { name: 'Withdraw request' }).click()
  const dialog = page.getByRole('dialog', { name: 'Withdraw this request?' })
  await dialog.getByRole('button', { name: 'Withdraw request' }).click()
  await page.getByRole('heading', { name: 'You have withdrawn your request' }).waitFor()
  await page.goto(`/doctors/${doctor.id}?visitType=${type.id}`)
  await hold(page, '13:00')
})

test('several patients request one time, and when staff approve one, the other reads that it is gone', async ({
  site,
}) => {
  const { clinic, doctor, type, pageOf } = await aScene(site, 'not_holding')
  const [ada, grace] = [await site.newPage(), await site.newPage()]
  await ada.setViewportSize({ width: 390, height: 844 })
  for (const [page, name] of [
    [ada, 'Mary Somerville'],
    [grace, 'Grace Hopper'],
  ] as const) {
    await request(page, doctor.id, type.id, ['13:00', name])
    await page.getByText('the time is not held for you: others can ask for it, too.').waitFor()
  }
  await untilRead(ada)
  expect(await axeFindings(ada)).toEqual([])
  expect(await sidewaysPixels(ada)).toBe(0)

  const desk = await pageOf('staff')
  await desk.goto(`/clinic/${clinic.id}/requests`)
  const rowOf = (name: string) => desk.getByRole('row').filter({ hasText: name })
  await rowOf('Mary Somerville').getByText('The time is free').waitFor()
  await rowOf('Grace Hopper').getByText('The time is free').waitFor()
  await untilRead(desk)
  expect(await axeFindings(desk)).toEqual([])
  await desk.getByRole('button', { name: 'Approve Grace Hopper’s request' }).click()
  await desk.getByText('No requests').waitFor()

  await grace.reload()
  await grace.getByRole('heading', { name: 'Your appointment is confirmed' }).waitFor()
  await ada.reload()
  await ada.getByRole('heading', { name: 'This time is gone' }).waitFor()
  expect(await axeFindings(ada)).toEqual([])
})

test('the notice of requests comes without a reload, and who gave only a phone number is to be called', async ({
  site,
}) => {
  const { clinic, doctor, type, pageOf } = await aScene(site)
  const desk = await pageOf('staff')
  const lists: string[] = []
  desk.on('request', (sent) => {
    if (sent.url().includes('requested=true')) lists.push(sent.url())
  })
  await desk.goto(`/clinic/${clinic.id}/day`)
  await untilRead(desk)
  expect(await desk.getByText('waiting for your answer').count()).toBe(0)
  const [mary, grace] = [await site.newPage(), await site.newPage()]
  await request(mary, doctor.id, type.id, ['13:00', 'Mary Somerville', '07400 123456'])
  const notice = desk.getByRole('status').filter({ hasText: '1 request is waiting for your answer.' })
  await notice.waitFor()
  await desk.getByRole('link', { name: 'Requests (1)' }).waitFor()
  await request(grace, doctor.id, type.id, ['13:30', 'Grace Hopper', '07400 123457'])

  // Only the page that shows them reads who has asked.
  expect(lists).toEqual([])
  await desk.goto(`/clinic/${clinic.id}/requests`)
  const rowOf = (name: string) => desk.getByRole('row').filter({ hasText: name })
  await rowOf('Grace Hopper').waitFor()
  expect(lists.length).toBeGreaterThan(0)
  const toCall = desk.getByRole('region', { name: 'Call these patients' })
  expect(await toCall.count()).toBe(0)
  await desk.getByRole('button', { name: 'Approve Mary Somerville’s request' }).click()
  await toCall.getByText('Mary Somerville').waitFor()
  await toCall.getByRole('link', { name: '07400 123456' }).waitFor()
  await toCall.getByText('Confirmed').waitFor()
  await desk.getByRole('button', { name: 'Decline Grace Hopper’s request' }).click()
  const dialog = desk.getByRole('dialog', { name: 'Decline this request?' })
  await dialog.getByText('The patient gets no message about it. Please call.').waitFor()
  await dialog.getByRole('button', { name: 'Decline request' }).click()
  await toCall.getByText('Grace Hopper').waitFor()
  await untilRead(desk)
  expect(await axeFindings(desk)).toEqual([])
})
