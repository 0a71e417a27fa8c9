import { aDoctor } from '@holdfast/testkit'
import type { Page } from 'playwright-core'
import { dataOf } from './a-practice.ts'
import { aClinicScene } from './clinic-scene.ts'
import { before, controlOf, followGuide, open, press, pressIn, readGuide, type Step, see, thenDo } from './guide.ts'
import { test } from './site-test.ts'

const row = (page: Page, number: number) => page.getByRole('group', { name: `Row ${number}`, exact: true })
const coming = 'Coming open sessions'

test('the guide of working hours names the pages and buttons that there are', async ({ site }) => {
  const scene = await aClinicScene(site)
  const colleague = await aDoctor(site.database, scene.clinic, { name: 'Dr Grace Hopper' })
  const page = await scene.pageOf('admin')
  await page.goto('/')
  const doctor = page.getByLabel('Doctor', { exact: true })
  const apply: Step = thenDo(press, () => controlOf(page, 'Show what changes').waitFor())
  const untilOf = (number: number) => row(page, number).getByRole('textbox', { name: 'Until', exact: true })
  /** Somebody else changes the hours of the second doctor, and the page reads that before it applies its own. */
  const changedByOthers = (to: string) => async () => {
    const band = { weekdays: [6], from: '08:00', to, gridMinutes: 10 }
    const validFrom = Temporal.Now.plainDateISO('UTC').add({ days: 1 }).toString()
    const path = { doctorId: colleague.id }
    await dataOf(site.admin.setWorkingHours({ path, query: {}, body: { bands: [band], validFrom } }))
    await controlOf(page, 'Show what changes').click()
    await controlOf(page, 'Apply').click()
  }
  await followGuide(page, readGuide('working-hours'), {
    'Set them': [
      ['Clinic', open],
      ['Slots', thenDo(open, () => doctor.selectOption(scene.doctor.id))],
      ['Working hours', open],
      ['Add a row', thenDo(press, () => controlOf(row(page, 2), 'Remove').click())],
      [
        'Add a break',
        before(
          () => untilOf(1).fill('18:00'),
          thenDo(press, () => row(page, 1).getByRole('textbox', { name: 'Break until' }).fill('12:30')),
        ),
      ],
      ['Divide row …', thenDo(press, () => row(page, 2).waitFor())],
      ['Open session', (_, words) => row(page, 1).getByLabel(words).check()],
      ['Fixed appointments', (_, words) => row(page, 2).getByLabel(words).check()],
      [
        'Show what changes',
        before(
          () => row(page, 2).getByLabel('Length in minutes').fill('30'),
          thenDo(press, () => page.getByText(/^Created: sessions [1-9]/).waitFor()),
        ),
      ],
      ['Apply', apply],
    ],
    'Copy the hours of a colleague': [
      [
        'Copy the hours of',
        before(
          () => doctor.selectOption(colleague.id),
          (_, words) => page.getByLabel(words).selectOption(scene.doctor.id),
        ),
      ],
      ['Copy', thenDo(press, () => page.getByText(/^Created: sessions [1-9]/).waitFor())],
      ['Apply', apply],
    ],
    'What a change does': [
      ['Go on with what I entered', before(changedByOthers('09:00'), press)],
      ['Begin again with the present hours', before(changedByOthers('10:00'), press)],
    ],
    'One session more, or less': [
      [
        'Add one',
        before(
          async () => {
            await page.goto(`/clinic/${scene.clinic.id}/working-hours?doctorId=${scene.doctor.id}`)
            const day = Temporal.Now.plainDateISO('UTC')
              .add({ days: 8 })
              .toLocaleString('en-GB', { dateStyle: 'short' })
            const sessions = page.getByRole('region', { name: coming })
            await sessions.getByRole('textbox', { name: 'Day' }).fill(day)
            for (const [name, time] of [
              ['From', '20:00'],
              ['Until', '21:00'],
            ] as const) {
              await sessions.getByRole('textbox', { name }).fill(time)
            }
          },
          thenDo(pressIn(coming), () => page.getByText('The session is open.').waitFor()),
        ),
      ],
      [coming, see],
      [
        'Withdraw',
        thenDo(pressIn(coming), async () => {
          await controlOf(page.getByRole('dialog'), 'Withdraw').click()
          await page.getByText('The session is withdrawn.').waitFor()
        }),
      ],
    ],
  })
})
