// Nightly: each way into the command menu, and each page that it offers
import { aClinic, aDoctor } from '@holdfast/testkit'
import { expect } from 'vitest'
import { aClinicScene, type ClinicScene } from './clinic-scene.ts'
import { axeFindings, sidewaysPixels } from './harness.ts'
import { test as siteTest } from './site-test.ts'

const test = siteTest.extend('scene', { scope: 'file' }, ({ site }) =>
  aClinicScene(site, { clinic: 'Menu Clinic', doctor: 'Dr Menu Lovelace' }),
)

const menuOf = (page: Awaited<ReturnType<ClinicScene['pageOf']>>) => page.getByRole('dialog')

test('Ctrl+K finds a doctor by name, from the keyboard, and Escape returns the focus', async ({ site }) => {
  await aDoctor(site.database, await aClinic(site.database), { name: 'Dr Quirin Command' })
  const page = await site.newPage()
  await page.goto('/find-booking')
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.getByLabel('Reference').focus()
  await page.keyboard.press('Control+k')
  const search = menuOf(page).getByPlaceholder('Go to a page or a doctor')
  await search.and(page.locator(':focus')).waitFor()
  expect(await axeFindings(page)).toEqual([])
  await page.keyboard.press('Escape')
  await search.waitFor({ state: 'hidden' })
  await page.getByLabel('Reference').and(page.locator(':focus')).waitFor()
  await page.keyboard.press('Control+k')
  await search.fill('quirin')
  await menuOf(page).getByRole('button', { name: 'Dr Quirin Command' }).waitFor()
  // The first hit is selected as it arrives, and both of its lines are readable on the filled ground.
  await menuOf(page).locator('[data-selected]').getByText('General practice').waitFor()
  expect(await axeFindings(page)).toEqual([])
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name: 'Dr Quirin Command' }).waitFor()
})

test('what is typed before the menu has loaded is searched, and is no shortcut of the page', async ({ scene }) => {
  const page = await scene.pageOf('staff')
  const loaded = Promise.withResolvers<void>()
  await page.route('**/command-menu-*.js', async (route) => {
    await loaded.promise
    await route.continue()
  })
  await page.goto(`/clinic/${scene.clinic.id}/doctors`)
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.keyboard.press('Control+k')
  // Alone, the first letter opens *Book for a patient*, and `t` the slots.
  await page.keyboard.type('n menxt')
  for (let letter = 0; letter < 2; letter += 1) await page.keyboard.press('Backspace')
  expect(new URL(page.url()).pathname).toMatch(/\/doctors$/)
  loaded.resolve()
  const search = menuOf(page).getByPlaceholder('Go to a page or a doctor')
  await search.and(page.locator(':focus')).waitFor()
  await page.keyboard.type('u')
  await expect.poll(() => search.inputValue()).toBe('n menu')
  // Opened again, it goes on.
  await page.keyboard.press('Control+k')
  await page.keyboard.type('s')
  await expect.poll(() => search.inputValue()).toBe('n menus')
  expect(new URL(page.url()).pathname).toMatch(/\/doctors$/)
  // Also when the focus has moved to something else in the menu.
  await menuOf(page).locator('[data-action]').first().focus()
  await page.keyboard.press('Control+k')
  await page.keyboard.type('x')
  await expect.poll(() => search.inputValue()).toBe('n menusx')
})

test('Escape, or a click elsewhere, returns the keyboard to the page while the menu is loaded', async ({ scene }) => {
  const page = await scene.pageOf('staff')
  await page.route('**/command-menu-*.js', () => undefined)
  for (const leave of [() => page.keyboard.press('Escape'), () => page.mouse.click(2, 700)]) {
    await page.goto(`/clinic/${scene.clinic.id}/doctors`)
    await page.getByRole('heading', { level: 1 }).waitFor()
    await page.keyboard.press('Control+k')
    await leave()
    await page.keyboard.press('n')
    await page.getByRole('heading', { level: 1, name: 'Book for a patient' }).waitFor()
  }
})

test('it offers the pages of the reader’s role, and no others', async ({ scene }) => {
  for (const [who, expected] of [
    ['admin', ['Today', 'Messages', 'Settings', 'Webhooks']],
    ['staff', ['Today', 'Messages']],
    ['stranger', []],
  ] as const) {
    const page = await scene.pageOf(who)
    await page.goto('/my-bookings')
    await page.getByRole('button', { name: 'Search and commands' }).click()
    await menuOf(page).getByRole('button', { name: 'My appointments' }).waitFor()
    if (expected.length > 0) await menuOf(page).getByText('Menu Clinic').first().waitFor()
    const found = await menuOf(page).getByRole('button').allTextContents()
    const ofClinic = ['Today', 'Messages', 'Settings', 'Webhooks'].filter((label) =>
      found.some((text) => text.startsWith(label)),
    )
    expect(ofClinic, who).toEqual(expected)
  }
})

test('a page of the clinic is one of the commands', async ({ scene }) => {
  const page = await scene.pageOf('staff')
  await page.goto('/')
  await page.getByRole('button', { name: 'Search and commands' }).click()
  await menuOf(page).getByPlaceholder('Go to a page or a doctor').fill('book patient')
  await menuOf(page).getByRole('button', { name: 'Book for a patient' }).click()
  await page.getByRole('heading', { level: 1, name: 'Book for a patient' }).waitFor()
})

test('each doctor has a page with the link and its QR code, also on a phone', async ({ scene }) => {
  const page = await scene.pageOf('staff', { viewport: { width: 390, height: 844 } })
  await page.goto(`/clinic/${scene.clinic.id}/doctors`)
  await page.getByRole('link', { name: 'Link and QR code of Dr Menu Lovelace' }).click()
  await page.getByRole('heading', { level: 1, name: 'Book with Dr Menu Lovelace' }).waitFor()
  await page.getByText(`/doctors/${scene.doctor.id}`).waitFor()
  await page.getByRole('img', { name: /QR code of the page where patients book/ }).waitFor()
  expect(await sidewaysPixels(page)).toBe(0)
  expect(await axeFindings(page)).toEqual([])
})

test('the help is in the footer, searches by title, and is readable on a phone', async ({ site }) => {
  const page = await site.newPage({ viewport: { width: 390, height: 844 }, locale: 'de-DE' })
  await page.goto('/')
  await page.getByRole('link', { name: 'Hilfe' }).click()
  await page.getByRole('heading', { level: 1, name: 'Für Patientinnen und Patienten' }).waitFor()
  expect(await sidewaysPixels(page)).toBe(0)
  await page.goto('/help')
  await page.getByRole('heading', { level: 1, name: 'Help' }).waitFor()
  await page.getByText('Der Rest der Hilfe ist auf Englisch.', { exact: false }).waitFor()
  expect(await sidewaysPixels(page)).toBe(0)
  expect(await axeFindings(page)).toEqual([])
  await page.getByLabel('Search by title').fill('just gone')
  await page.getByRole('link', { name: 'That time has just gone' }).click()
  await page.getByRole('heading', { level: 3, name: 'That time has just gone' }).waitFor()
  expect(await sidewaysPixels(page)).toBe(0)
  expect(await axeFindings(page)).toEqual([])
})
