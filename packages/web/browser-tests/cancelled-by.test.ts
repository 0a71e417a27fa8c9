import { createHoldfastClient } from '@holdfast/contract/client'
import { expect } from 'vitest'
import { aPractice, dataOf, type Practice } from './a-practice.ts'
import { signInContext } from './clinic-scene.ts'
import { administrator, axeFindings, type Site, sidewaysPixels, signUp } from './harness.ts'
import { test } from './site-test.ts'

/** Bookings of an account for the first and the second time. */
async function twoBookings(site: Site, { slots }: Practice, account: { email: string; password: string }) {
  const client = createHoldfastClient({ baseUrl: site.url })
  const { token } = await dataOf(client.signIn({ body: account }))
  const patient = createHoldfastClient({ baseUrl: site.url, bearer: token ?? '' })
  const book = async (index: number) => {
    const body = { slotId: slots[index]?.id ?? '', patient: { name: 'Grace Hopper' }, confirm: true }
    return (await dataOf(patient.createBooking({ body }))).id
  }
  return { patient, byClinic: await book(0), byPatient: await book(1) }
}

test.for(['en', 'de', 'ar'] as const)(
  'a cancelled booking says who cancelled it, in %s',
  async (language, { site }) => {
    const texts = {
      en: ['The clinic cancelled this appointment', 'Cancelled by the clinic', 'Cancelled by you'],
      de: ['Die Praxis hat diesen Termin abgesagt', 'Von der Praxis abgesagt', 'Von Ihnen abgesagt'],
      ar: ['ألغت العيادة هذا الموعد', 'ألغته العيادة', 'ألغيتَه بنفسك'],
    } as const
    const [heading, clinicDid, youDid] = texts[language]
    const practice = await aPractice(site)
    const account = await signUp(site.url, 'Grace Hopper')
    const { patient, byClinic, byPatient } = await twoBookings(site, practice, account)
    await dataOf(site.admin.cancelBooking({ path: { bookingId: byClinic }, body: { reason: 'The doctor is ill' } }))
    await dataOf(patient.cancelBooking({ path: { bookingId: byPatient }, body: {} }))

    const page = await site.newPage({ locale: language, viewport: { width: 390, height: 844 } })
    await signInContext(site, page, account)
    await page.goto('/my-bookings')
    await page.getByRole('tab').nth(2).click()
    const items = page.getByRole('tabpanel').getByRole('listitem')
    await items.filter({ hasText: clinicDid }).waitFor()
    await items.filter({ hasText: youDid }).waitFor()
    expect(await axeFindings(page)).toEqual([])
    expect(await sidewaysPixels(page)).toBe(0)
    await page.goto(`/ticket#${byClinic}`)
    await page.getByRole('heading', { name: heading }).waitFor()
    await page.getByText(clinicDid, { exact: true }).waitFor()
    await page.getByText('The doctor is ill').waitFor()
    expect(await axeFindings(page)).toEqual([])
    await page.goto('/')
    await page.goto(`/ticket#${byPatient}`)
    await page.getByText(youDid, { exact: true }).waitFor()
  },
)

test('the desk sees on a cancelled booking who cancelled it', async ({ site }) => {
  const practice = await aPractice(site)
  const { patient, byClinic, byPatient } = await twoBookings(site, practice, await signUp(site.url, 'Grace Hopper'))
  await dataOf(site.admin.cancelBooking({ path: { bookingId: byClinic }, body: {} }))
  await dataOf(patient.cancelBooking({ path: { bookingId: byPatient }, body: {} }))
  const page = await site.newPage()
  await signInContext(site, page, administrator)
  for (const [id, who] of [
    [byClinic, 'by the clinic'],
    [byPatient, 'by the patient'],
  ]) {
    await page.goto(`/clinic/${practice.clinic.id}/bookings/${id}`)
    const facts = page.getByRole('region', { name: 'Booking', exact: true })
    await facts.getByText('Cancelled', { exact: true }).waitFor()
    await facts.getByText(who ?? '', { exact: true }).waitFor()
  }
})

test('“My appointments” follows what the clinic does while it is open, in the clinic’s time zone', async ({ site }) => {
  const practice = await aPractice(site, { timezone: 'Asia/Tokyo' })
  const account = await signUp(site.url, 'Grace Hopper')
  const { byClinic } = await twoBookings(site, practice, account)
  const page = await site.newPage({ timezoneId: 'Europe/Berlin' })
  // It only gets what is pushed: nothing is read again at an interval.
  await page.addInitScript(() => Object.defineProperty(window, 'setInterval', { value: () => 0 }))
  await signInContext(site, page, account)
  await page.goto('/my-bookings')
  const items = page.getByRole('tabpanel').getByRole('listitem')
  await items.filter({ hasText: '9:00' }).getByText('Japan Standard Time').waitFor()
  await dataOf(site.admin.cancelBooking({ path: { bookingId: byClinic }, body: {} }))
  await items.filter({ hasText: '9:00' }).waitFor({ state: 'detached' })
  await page.getByRole('tab', { name: 'Cancelled (1)' }).click()
  await items.filter({ hasText: 'Cancelled by the clinic' }).waitFor()
})
