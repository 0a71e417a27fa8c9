import { aBooking, aSlot } from '@holdfast/testkit'
import { expect } from 'vitest'
import { aClinicScene, type ClinicScene, noonZone } from './clinic-scene.ts'
import { denials, openWithoutProgram, sentBy, whoAmI } from './early-requests.ts'
import { type Site, untilRead } from './harness.ts'
import { test } from './site-test.ts'

const isolated = { isNewContext: true, serviceWorkers: 'block' } as const

async function aDay(site: Site) {
  const scene = await aClinicScene(site, { timezone: noonZone() })
  const slot = await aSlot(site.database, scene.doctor, { startsAt: new Date(Date.now() + 60 * 60_000) })
  await aBooking(site.database, slot, { patient: { name: 'Carl Coming' } })
  return scene
}

const pathOf = ({ clinic }: ClinicScene) => `/clinic/${clinic.id}/day`

test('the day is requested before the program has arrived, and nothing is requested twice', async ({ site }) => {
  const scene = await aDay(site)
  const ofClinic = `/api/v1/clinics/${scene.clinic.id}`
  const doctors = `/api/v1/doctors?clinicId=${scene.clinic.id}&includeInactive=true&limit=100`
  const today = Temporal.Now.plainDateISO(scene.clinic.timezone).toString()
  for (const { search, day } of [
    { search: '', day: today },
    { search: '?day=2031-03-05&layout=columns', day: '2031-03-05' },
  ]) {
    const bookings = `${ofClinic}/bookings?from=${day}&to=${day}&confirmedOnly=true&limit=1000`
    const first = [whoAmI, ofClinic, doctors, bookings]
    const early = await scene.pageOf('staff', isolated)
    const sentEarly = sentBy(early)
    await openWithoutProgram(early, pathOf(scene) + search)
    await expect.poll(() => sentEarly).toEqual(first)
    await early.close()

    const page = await scene.pageOf('staff', isolated)
    const sent = sentBy(page)
    // The live feed has the day read again.
    await page.routeWebSocket(/\/api\/v1\/live/, () => undefined)
    await page.goto(pathOf(scene) + search)
    const shown = [
      page.getByRole('link', { name: 'Carl Coming' }),
      page.getByRole('region', { name: 'Doctors and times' }),
    ]
    await shown[day === today ? 0 : 1]?.waitFor()
    await untilRead(page)
    expect(sent.filter((one) => first.includes(one)).toSorted()).toEqual(first.toSorted())
    await page.close()
  }
})

test('the day is not requested early by people who may not see it', async ({ site }) => {
  const scene = await aDay(site)
  const isOfDay = (one: string) => one.includes('/bookings') || one.includes('/doctors')
  const before = await denials(site)
  for (const who of ['doctor', 'stranger'] as const) {
    const page = await scene.pageOf(who, isolated)
    const sent = sentBy(page)
    await page.goto(pathOf(scene))
    await page.getByRole('heading', { level: 1 }).waitFor()
    await untilRead(page)
    expect(sent.filter(isOfDay), who).toEqual([])
  }
  const guest = await site.newPage(isolated)
  const sentByGuest = sentBy(guest)
  await guest.goto(pathOf(scene))
  await guest.waitForURL(/sign-in/)
  expect(sentByGuest.filter(isOfDay)).toEqual([])
  expect(await denials(site)).toBe(before)
})
