import { aBooking, aSlot } from '@holdfast/testkit'
import type { Page } from 'playwright-core'
import { confirm, copiedLink, timeOf } from './booking-steps.ts'
import { aClinicScene, noonZone } from './clinic-scene.ts'
import { controlOf, followGuide, open, press, readGuide, type Step, see, thenDo } from './guide.ts'
import { administrator } from './harness.ts'
import { test } from './site-test.ts'

const doctorName = 'Dr Nina New'

test('the guide of the first day names the pages and buttons that there are', async ({ site }) => {
  const page = await site.newPage({ viewport: { width: 1280, height: 900 } })
  const emptyList = (url: URL) => url.pathname === '/api/v1/clinics'
  // The other tests' clinics exist too.
  await page.route(emptyList, (route) => {
    return route.request().method() === 'GET'
      ? route.fulfill({ json: { items: [], nextCursor: null } })
      : route.continue()
  })
  await page.goto('/')
  // A practice with a doctor who is a member, and with visits of today.
  const scene = await aClinicScene(site, { timezone: noonZone() })
  const now = Math.floor(Date.now() / 60_000) * 60_000
  for (const [nth, name] of ['Carl Coming', 'Mona Missing'].entries()) {
    const slot = await aSlot(site.database, scene.doctor, { startsAt: new Date(now - (nth + 1) * 20 * 60_000) })
    await aBooking(site.database, slot, { patient: { name } })
  }
  const [own, desk] = [await scene.pageOf('doctor'), await scene.pageOf('staff')]
  await own.goto('/')
  await desk.goto(`/clinic/${scene.clinic.id}/bookings`)
  const asDoctor: Step = (_, words) => open(own, words)
  const mark = (name: string, words: string) =>
    controlOf(desk.getByRole('row').filter({ hasText: name }), words).click()

  const signIn = async () => {
    await page.getByLabel('E-mail').fill(administrator.email)
    await page.getByLabel('Password', { exact: true }).fill(administrator.password)
    await controlOf(page.getByRole('main'), 'Sign in').click()
    await page.waitForURL('**/clinic')
  }
  const enterClinic = async () => {
    const form = page.getByRole('region', { name: 'New clinic' })
    await form.getByLabel('Name').fill('First Day Clinic')
    await controlOf(form, 'Add clinic').click()
    await page.getByRole('region', { name: 'First steps' }).waitFor()
  }
  const enterDoctor = async () => {
    const form = page.getByRole('dialog', { name: 'Add doctor' })
    await form.getByLabel('Name').fill(doctorName)
    await form.getByLabel('Specialisation').fill('Neurology')
    await form.getByLabel('Video').check()
    await controlOf(form, 'Add doctor').click()
    await page.getByRole('region', { name: `${doctorName} was added` }).waitFor()
  }
  const bookOne = async () => {
    const link = await copiedLink(page)
    const patient: Page = await site.newPage()
    await patient.goto(link)
    await timeOf(patient, '9:00').first().click()
    await confirm(patient, 'Grace Hopper')
  }
  await followGuide(page, readGuide('first-day'), {
    '1. Sign in': [['Sign in', thenDo(open, signIn)]],
    '2. Add the clinic': [
      ['Clinic', press],
      ['Add clinic', thenDo(press, enterClinic)],
      ['First steps', see],
    ],
    '3. Add the doctors': [
      ['Doctors', open],
      ['Add doctor', thenDo(press, enterDoctor)],
      ['My day', asDoctor],
      ['Video appointments', asDoctor],
    ],
    '4. Say what can be booked, and when': [
      ['More', press],
      ['Visit types', open],
      // It names the page, and is as wide as this.
      ['More', (_, words) => page.getByRole('button', { name: new RegExp(`^${words}`) }).click()],
      ['Working hours', open],
      ['Slots', open],
      ['Preview slots', press],
      ['Create … slots', press],
      [
        'Undo',
        thenDo(press, async () => {
          await page.getByText('The new slots were removed.').waitFor()
          await controlOf(page, 'Preview slots').click()
          await controlOf(page, 'Create … slots').click()
        }),
      ],
    ],
    '5. Invite people': [
      ['More', press],
      ['People and roles', thenDo(open, () => page.getByLabel('Role', { exact: true }).selectOption('Staff'))],
    ],
    '6. Check the rules': [['Settings', open]],
    '7. Enter holidays': [
      ['More', press],
      ['Closures', open],
    ],
    '8. Publish the link': [
      ['Doctors', open],
      ['Link', thenDo(open, bookOne)],
      ['Bookings', thenDo(open, () => page.getByText('Grace Hopper').first().waitFor())],
    ],
    'Every morning': [
      ['Today', (_, words) => open(desk, words)],
      ['Arrived', (_, words) => mark('Carl Coming', words)],
      ['Completed', (_, words) => mark('Carl Coming', words)],
      ['No-show', (_, words) => mark('Mona Missing', words)],
      ['Undo', (_, words) => mark('Mona Missing', words)],
    ],
  })
})
