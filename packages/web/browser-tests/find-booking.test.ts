import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { aPractice } from './a-practice.ts'
import { confirm, hold, openMore, openTimes } from './booking-steps.ts'
import { axeFindings, sidewaysPixels, untilDrawn } from './harness.ts'
import { test } from './site-test.ts'

test('a guest who lost the ticket is told what to do, in the same words for a booking and for none', async ({
  site,
}) => {
  // With one clinic, the page does not ask which.
  await aPractice(site)
  // Another name for each attempt.
  const clinicName = `Lost and Found ${randomUUID()}`
  const practice = await aPractice(site, { clinicName })
  const page = await site.newPage()
  await openTimes(page, practice)
  await hold(page, '9:00')
  await confirm(page, 'Grace Hopper')
  const known = await page.evaluate(() => location.hash.slice(-8))
  const day = practice.slots[0]?.startsAt.slice(0, 10) ?? ''
  const stranger = await site.newPage({ viewport: { width: 390, height: 844 } })
  await stranger.goto('/')
  await stranger.getByRole('link', { name: 'Find my appointment' }).click()
  const requests: string[] = []
  stranger.on('request', (request) => requests.push(request.url()))
  const find = async (reference: string) => {
    await stranger.getByLabel('Reference').fill(reference)
    await stranger.getByRole('textbox', { name: 'Day of the appointment' }).fill(day)
    await stranger.getByRole('button', { name: 'Continue' }).click()
    const advice = stranger.getByRole('region', { name: 'How to open your appointment' })
    await advice.getByText(new RegExp(`${reference.slice(0, 4)}\u2011${reference.slice(4)}`, 'i')).waitFor()
    await advice.getByRole('heading').and(stranger.locator(':focus')).waitFor()
    return (await advice.innerText()).replaceAll(/[0-9A-F]{4}\u2011[0-9A-F]{4}/g, 'REFERENCE')
  }
  const [ofKnown, ofUnknown] = [await find(known), await find('0123abcd')]
  expect(ofKnown).toBe(ofUnknown)
  expect(ofKnown).not.toContain('Grace')
  // The reference is not sent anywhere.
  expect(requests.filter((url) => url.toLowerCase().includes(known))).toEqual([])
  expect(requests.filter((url) => url.includes('/bookings'))).toEqual([])
  await stranger.getByRole('combobox', { name: 'Clinic' }).fill(clinicName)
  await stranger.getByRole('option', { name: clinicName }).click()
  await find('0123abcd')
  await stranger.getByRole('link', { name: practice.clinic.phone ?? '' }).waitFor()
  expect(await axeFindings(stranger)).toEqual([])
  expect(await sidewaysPixels(stranger)).toBe(0)

  // A ticket that this device keeps opens here.
  await openMore(page)
  await page.getByRole('button', { name: 'Keep on this device' }).click()
  await page.getByText('This ticket is kept on this device.', { exact: false }).waitFor()
  const own = await page.context().newPage()
  await own.goto('/find-booking')
  await own.getByLabel('Reference').fill(known)
  await own.getByRole('textbox', { name: 'Day of the appointment' }).fill(day)
  await own.getByRole('button', { name: 'Continue' }).click()
  await own.getByRole('link', { name: 'Open the ticket kept on this device' }).click()
  await own.getByRole('heading', { name: 'Your appointment is confirmed' }).waitFor()
})

test('the clinic is asked for where the link is to be sent, unless there is only one', async ({ site }) => {
  const { clinic } = await aPractice(site, { clinicName: 'The Only Clinic' })
  const page = await site.newPage()
  const fill = async () => {
    await page.getByLabel('Reference').fill('0123abcd')
    await page.getByRole('textbox', { name: 'Day of the appointment' }).fill('2030-01-02')
    await page.getByLabel('E-mail address of the appointment').fill('grace@example.org')
    await page.getByRole('button', { name: 'Continue' }).click()
  }
  const otherClinic = { ...clinic, id: '01a00000-0000-8000-8000-000000000000', name: 'Another Clinic' }
  let clinics = [clinic, otherClinic]
  await page.route(/\/api\/v1\/clinics\?/, (route) => route.fulfill({ json: { items: clinics, nextCursor: null } }))
  await page.goto('/find-booking')
  await fill()
  await page.getByRole('combobox', { name: 'Clinic' }).and(page.locator(':focus')).waitFor()
  await page.getByText('Choose the clinic, so that we can send the link.').waitFor()
  expect(await page.getByRole('region', { name: 'How to open your appointment' }).count()).toBe(0)

  clinics = [clinic]
  const sent = page.waitForRequest((request) => request.url().endsWith('/api/v1/ticket-links'))
  const read = page.waitForResponse((response) => response.url().includes('/api/v1/clinics?'))
  await page.reload()
  await (await read).finished()
  await page.getByLabel('Reference').waitFor()
  await untilDrawn(page)
  expect(await page.getByRole('combobox', { name: 'Clinic' }).count()).toBe(0)
  await fill()
  expect((await sent).postDataJSON()).toMatchObject({ clinicId: clinic.id, email: 'grace@example.org' })
  await page.getByRole('link', { name: clinic.phone ?? '' }).waitFor()
})
