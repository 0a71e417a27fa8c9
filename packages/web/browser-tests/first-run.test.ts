// Nightly: a clinic from its first start on
import { aSession, aSlot } from '@holdfast/testkit'
import { expect } from 'vitest'
import { dataOf } from './a-practice.ts'
import { copiedLink } from './booking-steps.ts'
import { aClinicScene, signInContext } from './clinic-scene.ts'
import { administrator, axeFindings, sidewaysPixels, signUp, untilDrawn, untilRead } from './harness.ts'
import { test } from './site-test.ts'

test('after signing in, admins, staff and doctors start on their own pages, and patients with their bookings', async ({
  site,
}) => {
  const scene = await aClinicScene(site)
  const patient = await signUp(site.url, 'Paul Patient')
  const starts = [
    [scene.people.admin, /^\/clinic\/[^/]+$/],
    [scene.people.staff, /^\/clinic\/[^/]+\/day$/],
    [scene.people.doctor, /^\/my-day$/],
    [administrator, /^\/clinic$/],
    [patient, /^\/my-bookings$/],
  ] as const
  for (const [account, path] of starts) {
    const page = await site.newPage()
    await page.goto('/sign-in')
    await page.getByLabel('E-mail').fill(account.email)
    await page.getByLabel('Password', { exact: true }).fill(account.password)
    await page.getByRole('main').getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.waitForURL(({ pathname }) => path.test(pathname))
  }
})

test('an empty clinic lists its first steps; adding a doctor leads to the slots and to an invitation', async ({
  site,
}) => {
  const scene = await aClinicScene(site)
  const page = await scene.pageOf('admin')
  await page.goto(`/clinic/${scene.clinic.id}`)
  const steps = page.getByRole('region', { name: 'First steps' })
  const step = (name: string) => steps.getByRole('listitem').filter({ hasText: name })
  await step('Patients choose a doctor to book with').getByText('Done').waitFor()
  await step('Colleagues at the desk').getByText('Done').waitFor()
  expect(await step('The times that can be booked').getByText('Done').count()).toBe(0)
  expect(await step('Address and phone number').getByText('Done').count()).toBe(0)
  expect(await axeFindings(page)).toEqual([])
  await page.setViewportSize({ width: 320, height: 640 })
  // The charts follow the width of the page a moment later.
  await expect.poll(() => sidewaysPixels(page)).toBe(0)
  await page.setViewportSize({ width: 1280, height: 720 })
  await step('Put it on your website').getByRole('link', { name: 'Open page' }).click()
  await page.getByRole('heading', { name: 'Dr Ada Lovelace' }).waitFor()
  await page.goBack()
  for (const [name, link, heading] of [
    ['Address and phone number', 'Open settings', 'Settings'],
    ['The times that can be booked', 'Create slots', 'Slots'],
    ['The times that can be booked', 'Visit types', 'Visit types'],
    ['The times that can be booked', 'Working hours', 'Working hours'],
    ['Colleagues at the desk', 'Invite people', 'People'],
  ] as const) {
    await step(name).getByRole('link', { name: link }).click()
    await page.getByRole('heading', { level: 1, name: heading }).waitFor()
    await page.goBack()
  }
  expect(await step('Put it on your website').getByText('Done').count()).toBe(0)
  expect(await copiedLink(page)).toContain(`/?clinicId=${scene.clinic.id}`)
  await step('Put it on your website').getByText('Done').waitFor()

  await step('Patients choose a doctor to book with').getByRole('link', { name: 'Add doctor' }).click()
  const form = page.getByRole('dialog', { name: 'Add doctor' })
  await form.getByLabel('Name').waitFor()
  await page.keyboard.press('Escape')
  await form.waitFor({ state: 'hidden' })
  await page.reload()
  await page.getByRole('button', { name: 'Add doctor' }).click()
  await form.getByLabel('Name').fill('Dr Nina New')
  await form.getByLabel('Specialisation').fill('Neurology')
  await form.getByRole('button', { name: 'Add doctor' }).click()
  const next = page.getByRole('region', { name: 'Dr Nina New was added' })
  await next.getByRole('heading').and(page.locator(':focus')).waitFor()
  expect(await axeFindings(page)).toEqual([])
  await next.getByRole('link', { name: 'Invite' }).click()
  await page.getByLabel('Role', { exact: true }).and(page.locator('select')).waitFor()
  const chosen = page.getByLabel('Calendar', { exact: true })
  expect(await chosen.locator('option:checked').textContent()).toBe('Dr Nina New')
  await page.goto(`/clinic/${scene.clinic.id}/people`)
  await page.getByLabel('Role', { exact: true }).selectOption('doctor')
  expect(await chosen.locator('option:checked').textContent()).toBe('Choose a doctor')
})

test('the figures wait until it is known whether there are first steps, and do not move down', async ({ site }) => {
  const scene = await aClinicScene(site)
  const page = await scene.pageOf('admin')
  let release = () => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  await page.route('**/api/v1/clinics/*/members*', async (route) => {
    await released
    await route.continue()
  })
  const figures = page.waitForResponse(/\/stats\?/)
  await page.goto(`/clinic/${scene.clinic.id}`)
  await (await figures).finished()
  await page.getByRole('heading', { level: 1 }).waitFor()
  await untilDrawn(page)
  expect(await page.getByText('Utilisation').count()).toBe(0)
  release()
  await page.getByText('Utilisation').first().waitFor()
  expect(await page.getByRole('region', { name: 'First steps' }).count()).toBe(1)
})

test('the figures appear and stay while what the first steps need cannot be read', async ({ site }) => {
  const scene = await aClinicScene(site)
  const page = await scene.pageOf('admin')
  const held = Promise.withResolvers<void>()
  const asked = Promise.withResolvers<void>()
  const repeated = Promise.withResolvers<void>()
  let requests = 0
  await page.route('**/api/v1/clinics/*/members*', async (route) => {
    requests += 1
    if (requests === 1) return route.fulfill({ status: 503 })
    if (requests === 2) {
      await repeated.promise
      // A 429 is not repeated by itself, as 503 is.
      return route.fulfill({ status: 429 })
    }
    asked.resolve()
    await held.promise
    return route.continue()
  })
  await page.goto(`/clinic/${scene.clinic.id}`)
  const figures = page.getByText('Utilisation').first()
  await figures.waitFor()
  expect(requests).toBeLessThanOrEqual(2)
  const refused = page.waitForResponse((response) => response.status() === 429)
  repeated.resolve()
  await (await refused).finished()
  await untilDrawn(page)
  await page.evaluate(() => window.dispatchEvent(new Event('visibilitychange')))
  await asked.promise
  await untilDrawn(page)
  expect(await figures.count()).toBe(1)
  held.resolve()
  await page.getByRole('region', { name: 'First steps' }).waitFor()
})

test('the first steps stay until they are done or hidden, and not only until somebody has booked', async ({ site }) => {
  const scene = await aClinicScene(site)
  const slot = await aSlot(site.database, scene.doctor)
  const page = await scene.pageOf('admin')
  await page.goto(`/clinic/${scene.clinic.id}`)
  const steps = page.getByRole('region', { name: 'First steps' })
  const step = (name: string) => steps.getByRole('listitem').filter({ hasText: name })
  await step('The times that can be booked').getByText('Done').waitFor()
  await dataOf(site.admin.createBooking({ body: { slotId: slot.id, patient: { name: 'Pia' }, confirm: true } }))
  await page.reload()
  await step('Put it on your website').getByText('Done').waitFor()
  expect(await step('Address and phone number').getByText('Done').count()).toBe(0)
  await steps.getByRole('button', { name: 'Hide these steps' }).click()
  await steps.waitFor({ state: 'detached' })
  await page.getByRole('heading', { level: 1 }).and(page.locator(':focus')).waitFor()
  await page.reload()
  await page.getByRole('row').filter({ hasText: 'Pia' }).or(page.getByText('Latest changes')).first().waitFor()
  await untilRead(page)
  expect(await steps.count()).toBe(0)

  const other = await aClinicScene(site)
  await aSession(site.database, other.doctor)
  const withSession = await other.pageOf('admin')
  await withSession.goto(`/clinic/${other.clinic.id}`)
  const times = withSession.getByRole('listitem').filter({ hasText: 'The times that can be booked' })
  await times.getByText('Done').waitFor()
  const body = { address: '1 Hill Street', phone: '+44 1632 960 471' }
  await dataOf(site.admin.updateClinic({ path: { clinicId: other.clinic.id }, body }))
  const free = await aSlot(site.database, other.doctor)
  await dataOf(site.admin.createBooking({ body: { slotId: free.id, patient: { name: 'Pia' }, confirm: true } }))
  const done = await other.pageOf('admin')
  await done.goto(`/clinic/${other.clinic.id}`)
  await done.getByRole('heading', { name: 'Latest changes' }).waitFor()
  await untilRead(done)
  expect(await done.getByRole('region', { name: 'First steps' }).count()).toBe(0)
})

test('the administrator of an empty installation is asked for the first clinic, not to change a search', async ({
  site,
}) => {
  const page = await site.newPage()
  await signInContext(site, page, administrator)
  // The other tests' clinics exist too.
  await page.route('**/api/v1/clinics?*', (route) => route.fulfill({ json: { items: [], nextCursor: null } }))
  await page.goto('/clinic')
  await page.getByText('Welcome! Start with your clinic').waitFor()
  expect(await page.getByLabel('Name or address').count()).toBe(0)
  expect(await axeFindings(page)).toEqual([])
  await page.getByRole('main').getByRole('button', { name: 'Add clinic' }).click()
  const form = page.getByRole('region', { name: 'New clinic' })
  await form.getByLabel('Name').and(page.locator(':focus')).waitFor()
  await form.getByLabel('Name').fill('Hill Clinic')
  await form.getByRole('button', { name: 'Add clinic' }).click()
  await page.getByRole('region', { name: 'First steps' }).waitFor()
  // Without doctors there is nothing to follow, and nothing to draw.
  await page.getByText('Live', { exact: true }).waitFor()
  await page.getByRole('main').getByText('No doctors yet').waitFor()
  expect(await page.getByRole('img', { name: /^Bar chart/ }).count()).toBe(0)
})

test('the administrator of an installation with one clinic starts there, and finds the list', async ({ site }) => {
  const clinic = await dataOf(site.admin.createClinic({ body: { name: 'Only Clinic', timezone: 'UTC' } }))
  const page = await site.newPage()
  await signInContext(site, page, administrator)
  // The other tests' clinics exist too.
  await page.route('**/api/v1/clinics?*', (route) => route.fulfill({ json: { items: [clinic], nextCursor: null } }))
  await page.goto('/clinic')
  await page.getByRole('region', { name: 'First steps' }).waitFor()
  expect(new URL(page.url()).pathname).toBe(`/clinic/${clinic.id}`)
  expect(await axeFindings(page)).toEqual([])
  await page.getByRole('link', { name: 'All clinics' }).click()
  await page.getByRole('heading', { level: 1, name: 'Clinics' }).waitFor()
  await page.getByRole('button', { name: 'New clinic' }).waitFor()
  await page.getByRole('main').getByRole('link', { name: 'Only Clinic' }).click()
  await page.getByRole('region', { name: 'First steps' }).waitFor()
})
