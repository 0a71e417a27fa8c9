import { aBooking, aSlot, aVisitResource } from '@holdfast/testkit'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { before, controlOf, followGuide, open, press, pressIn, readGuide, type Step, see, thenDo } from './guide.ts'
import { test } from './scene-test.ts'

const formName = 'Close days or times'
const form = (page: Page) => page.getByRole('region', { name: formName })
const coming = (page: Page) => page.getByRole('region', { name: 'Coming closures' })

/** It is chosen in the form, in which another one can be. */
const isWhose: Step = async (page, words) => {
  await expect.poll(() => form(page).getByLabel('Who is closed').locator('option:checked').textContent()).toBe(words)
}

test('the guide of closures names the pages and buttons that there are', async ({ site, scene }) => {
  const slot = await aSlot(site.database, scene.doctor)
  await aBooking(site.database, slot, { patient: { name: 'Grace Hopper' } })
  const room = await aVisitResource(site.database, scene.clinic, { name: 'Room 2' })
  const day = Temporal.PlainDate.from(slot.startsAt.toISOString().slice(0, 10))
  const typed = day.toLocaleString('en-GB', { dateStyle: 'short' })
  const [page, own] = [await scene.pageOf('admin'), await scene.pageOf('doctor')]
  await page.goto('/')
  await own.goto('/')
  const enterDay = async () => {
    for (const name of ['First day', 'Last day']) await form(page).getByRole('textbox', { name }).fill(typed)
  }
  const enterHours = async () => {
    await form(page).getByLabel('From', { exact: true }).fill('00:00')
    await form(page).getByLabel('Until', { exact: true }).fill('23:59')
  }
  const patient = (within: Page) => within.getByRole('link', { name: 'Grace Hopper', exact: true })
  const asDoctor: Step = (_, words) => open(own, words)
  await followGuide(page, readGuide('closures'), {
    'Close the clinic': [
      ['Clinic', open],
      ['More', press],
      ['Closures', open],
      [formName, see],
      ['Whole clinic', thenDo(isWhose, enterDay)],
      ['Whole days', thenDo(pressIn(formName), enterHours)],
      [
        'Show who is affected',
        thenDo(
          before(() => form(page).getByLabel('Note', { exact: true }).fill('Staff outing'), pressIn(formName)),
          () => patient(page).waitFor(),
        ),
      ],
      [
        'Close these times',
        thenDo(pressIn(formName), () =>
          coming(page)
            .getByText(/Staff outing/)
            .waitFor(),
        ),
      ],
    ],
    'Close public holidays': [
      [
        'Public holidays',
        thenDo(see, async () => {
          const section = page.getByRole('region', { name: 'Public holidays' })
          await section.getByLabel('Country').selectOption('DE')
          await section.getByLabel('Region').selectOption('BY')
          await section.getByLabel('Year', { exact: true }).selectOption({ index: 1 })
        }),
      ],
      [
        'Close',
        thenDo(pressIn('Public holidays'), () =>
          coming(page)
            .getByText(/Whole clinic · /)
            .nth(1)
            .waitFor(),
        ),
      ],
      [
        'Every year',
        thenDo(pressIn('Public holidays'), () =>
          coming(page)
            .getByText(/^Every year on/)
            .waitFor(),
        ),
      ],
    ],
    'A doctor is away': [
      ['Whole clinic', thenDo(isWhose, () => form(page).getByLabel('Who is closed').selectOption(scene.doctor.id))],
      ['My day', asDoctor],
      ['My slots', thenDo(asDoctor, () => form(own).waitFor())],
    ],
    'A room or device is not used': [
      [
        'Whole clinic',
        async (_, words) => {
          const whose = form(page).getByLabel('Who is closed')
          await whose.selectOption({ label: words })
          await whose.selectOption(room.id)
        },
      ],
    ],
    'The appointments in it': [
      [
        'Move to another time',
        before(
          async () => {
            await coming(page)
              .getByRole('button', { name: /^Appointments: / })
              .first()
              .click()
            await patient(page).click()
          },
          thenDo(press, async () => {
            const dialog = page.getByRole('dialog', { name: 'Move to another time' })
            await dialog.waitFor()
            await page.keyboard.press('Escape')
            await dialog.waitFor({ state: 'detached' })
          }),
        ),
      ],
      ['Cancel booking', thenDo(press, () => page.getByRole('dialog').waitFor())],
      [
        'Withdraw these days',
        before(async () => {
          await page.goto(`/clinic/${scene.clinic.id}/closures`)
          await form(page).getByLabel('Who is closed').selectOption(scene.doctor.id)
          await enterDay()
          await controlOf(form(page), 'Show who is affected').click()
        }, open),
      ],
    ],
    'Change or remove a closure': [
      [
        'Change',
        before(
          () => page.goto(`/clinic/${scene.clinic.id}/closures`),
          thenDo(pressIn('Coming closures'), async () => {
            await page.getByRole('dialog', { name: /^Change/ }).waitFor()
            await page.keyboard.press('Escape')
          }),
        ),
      ],
      [
        'Remove',
        thenDo(pressIn('Coming closures'), async () => {
          await controlOf(page.getByRole('dialog'), 'Remove').click()
          await coming(page)
            .getByText(/Staff outing/)
            .waitFor({ state: 'detached' })
        }),
      ],
    ],
  })
})

test('negative control: a button that is not there, and one that nobody presses, are found', async ({ scene }) => {
  const page = await scene.pageOf('admin')
  await page.goto('/')
  const guide = '# A guide\n\n## Publish\n1. Open **Clinic**.\n2. Choose **Publish everything**.\n'
  const opened = ['Clinic', open] as const
  // What is not there is not awaited for long.
  const pressSoon: Step = (_, words) => controlOf(page, words).click({ timeout: 2_000 })
  const failed = await followGuide(page, guide, { Publish: [opened] }).catch((error: Error) => error.message)
  expect(failed).toContain('what the test does, and what the guide names')
  const missing = followGuide(page, guide, { Publish: [opened, ['Publish everything', pressSoon]] })
  await expect(missing).rejects.toThrow('cannot be followed: “Publish everything”, under “Publish”')
})
