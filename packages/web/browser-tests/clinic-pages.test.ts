// Nightly: the pages of a clinic in all languages, on a phone
import { aDoctor, aSession, aSlot, aVisitType, type BuiltDoctor, type SlotOverrides } from '@holdfast/testkit'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { dataOf } from './a-practice.ts'
import { aClinicScene, type ClinicScene } from './clinic-scene.ts'
import { weaklyOutlined } from './focus-outlines.ts'
import { axeFindings, sidewaysPixels, untilRead } from './harness.ts'
import { blankPath } from './page-pool.ts'
import { test as siteTest } from './site-test.ts'

/** A clinic with bookings for its pages to show. */
const test = siteTest.extend('scene', { scope: 'file' }, async ({ site }) => {
  const scene = await aClinicScene(site, { clinic: 'Lake Clinic' })
  const grace = await aDoctor(site.database, scene.clinic, { name: 'Dr Grace Hopper', specialization: 'Neurology' })
  const book = async (doctor: BuiltDoctor, slot: SlotOverrides, name: string) => {
    const { id: slotId } = await aSlot(site.database, doctor, slot)
    const patient = { name, phone: '+49 30 4711' }
    return await dataOf(site.admin.createBooking({ body: { slotId, patient, confirm: true, onBehalf: true } }))
  }
  const soon = { startsAt: new Date(Math.ceil(Date.now() / 60_000 + 1) * 60_000), capacity: 3 }
  await book(scene.doctor, soon, 'Pia Patient')
  await book(grace, soon, 'Rosa Reception')
  const { id: bookingId } = await book(grace, { capacity: 1 }, 'Carl Cancelled')
  await dataOf(site.admin.cancelBooking({ path: { bookingId }, body: { reason: 'Feeling better' } }))
  await aSlot(site.database, grace, { capacity: 2 })
  const { id: visitTypeId } = await aVisitType(site.database, scene.clinic, { approval: 'holding' })
  const { id: sessionId, startsAt } = await aSession(site.database, grace)
  const visit = { sessionId, visitTypeId, startsAt: startsAt.toISOString() }
  await dataOf(site.admin.createBooking({ body: { ...visit, patient: { name: 'Rita Request' }, confirm: true } }))
  return scene
})

const pathOf = (scene: ClinicScene, tab: string) => `/clinic/${scene.clinic.id}${tab === '' ? '' : `/${tab}`}`

test('roles can’t reach each other’s pages', async ({ site, scene }) => {
  const refused = 'Your role doesn’t allow this'
  type Who = Parameters<ClinicScene['pageOf']>[0]
  const pages = new Map<Who, Promise<Page>>()
  /** The page of this person, blank before each visit. */
  const emptyPageOf = async (who: Who) => {
    const opened = pages.get(who) ?? scene.pageOf(who)
    pages.set(who, opened)
    const page = await opened
    page.removeAllListeners('response')
    await page.goto(blankPath)
    return page
  }
  const expectRefused = async (who: Who, path: string) => {
    const page = await emptyPageOf(who)
    await page.goto(path)
    await page.getByRole('heading', { level: 1, name: refused }).waitFor()
    await page.getByRole('alert').waitFor()
  }
  const expectServed = async (who: Who, path: string) => {
    const page = await emptyPageOf(who)
    const statuses: number[] = []
    page.on('response', (response) => {
      if (response.url().includes('/api/v1/')) statuses.push(response.status())
    })
    await page.goto(path)
    await page.getByRole('main').getByRole('heading', { level: 1 }).waitFor()
    await untilRead(page)
    expect(await page.getByRole('heading', { name: refused }).count(), `${who} ${path}`).toBe(0)
    expect(statuses.length, `${who} ${path}`).toBeGreaterThan(0)
    expect(statuses, `${who} ${path}`).not.toContain(403)
  }
  for (const tab of ['people', 'settings', 'visit-types', 'rooms', 'proof']) {
    await expectRefused('staff', pathOf(scene, tab))
    await expectServed('admin', pathOf(scene, tab))
  }
  await expectServed('staff', pathOf(scene, 'bookings'))
  await expectRefused('doctor', pathOf(scene, 'bookings'))
  await expectRefused('stranger', pathOf(scene, 'day'))
  await expectRefused('admin', '/my-day')
  const other = await aClinicScene(site, { clinic: 'South Clinic', doctor: 'Dr Sue' })
  await expectRefused('admin', `/clinic/${other.clinic.id}`)
  const guest = await site.newPage()
  await guest.goto(pathOf(scene, 'bookings'))
  await guest.waitForURL('**/sign-in?**')
})

/** Opens the clinic's pages one after the other by their links, which is quicker than loading each. */
async function visitAll(page: Page, scene: ClinicScene, check: (tab: string) => Promise<void>): Promise<void> {
  const title = page.getByRole('heading', { level: 1 })
  await page.goto(pathOf(scene, ''))
  await title.waitFor()
  await untilRead(page)
  await check('')
  const seldom = ['visit-types', 'people', 'proof']
  for (const tab of ['day', 'bookings', 'requests', 'patients', 'doctors', 'times', 'book', 'settings', ...seldom]) {
    const titleBefore = await title.textContent()
    if (seldom.includes(tab)) await page.locator('main nav [aria-expanded]').click()
    await page
      .locator(`main a[href="${pathOf(scene, tab)}"]`)
      .first()
      .click()
    // The page before stays until the next one has loaded.
    await page.waitForFunction((before) => document.querySelector('h1')?.textContent !== before, titleBefore)
    expect(new URL(page.url()).pathname).toBe(pathOf(scene, tab))
    await title.waitFor()
    await untilRead(page)
    await check(tab)
  }
}

test('every page of the clinic passes axe, shows the focus, and fits into 320 pixels in Arabic', async ({ scene }) => {
  const page = await scene.pageOf('admin')
  await visitAll(page, scene, async (tab) => {
    expect(await axeFindings(page), tab).toEqual([])
    expect(await weaklyOutlined(page), tab).toEqual([])
  })
  const phone = await scene.pageOf('admin', { locale: 'ar', viewport: { width: 320, height: 700 } })
  await visitAll(phone, scene, async (tab) => {
    expect(await sidewaysPixels(phone), tab).toBe(0)
    expect(await axeFindings(phone), tab).toEqual([])
  })
})

test('the table of figures is never wider than the page, in the language with the longest words', async ({ scene }) => {
  const page = await scene.pageOf('admin', { locale: 'de' })
  for (const width of [800, 1280]) {
    await page.setViewportSize({ width, height: 900 })
    await page.goto(pathOf(scene, ''))
    await page.getByText('Tabelle', { exact: true }).click()
    await page.getByRole('region', { name: 'Buchungen nach Tag und Status' }).getByRole('table').waitFor()
    expect(await sidewaysPixels(page), String(width)).toBe(0)
  }
})
