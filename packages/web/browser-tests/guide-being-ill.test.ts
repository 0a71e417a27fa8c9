import { aBooking, aSlot } from '@holdfast/testkit'
import type { Page } from 'playwright-core'
import { dataOf } from './a-practice.ts'
import { aClinicScene } from './clinic-scene.ts'
import { before, followGuide, open, press, pressIn, readGuide, type Step, thenDo } from './guide.ts'
import { test } from './site-test.ts'

const panelName = 'Withdraw slots'
const panel = (page: Page) => page.getByRole('region', { name: panelName })

test('the guide for a doctor who is ill names the pages and buttons that there are', async ({ site }) => {
  const scene = await aClinicScene(site)
  const slot = await aSlot(site.database, scene.doctor)
  const patient = { name: 'Grace Hopper', phone: '+44 1632 960471' }
  const lost = await aBooking(site.database, slot, { patient })
  const later = await aSlot(site.database, scene.doctor, {
    startsAt: new Date(slot.startsAt.getTime() + 7 * 86_400_000),
  })
  const typed = Temporal.PlainDate.from(slot.startsAt.toISOString().slice(0, 10)).toLocaleString('en-GB', {
    dateStyle: 'short',
  })
  const [page, own] = [await scene.pageOf('admin', { serviceWorkers: 'block' }), await scene.pageOf('doctor')]
  await page.goto('/')
  await own.goto('/')
  const asDoctor: Step = (_, words) => open(own, words)
  await followGuide(page, readGuide('being-ill'), {
    'Close the times': [
      ['Clinic', open],
      ['Slots', thenDo(open, () => page.getByLabel('Doctor', { exact: true }).selectOption(scene.doctor.id))],
      ['My day', asDoctor],
      ['My slots', thenDo(asDoctor, () => panel(own).waitFor())],
      [
        panelName,
        async (_, words) => {
          const form = page.getByRole('region', { name: words })
          for (const name of ['First day', 'Last day']) await form.getByRole('textbox', { name }).fill(typed)
        },
      ],
      ['Show who is affected', thenDo(pressIn(panelName), () => panel(page).getByText(patient.phone).waitFor())],
      ['Move', thenDo(pressIn(panelName), () => page.getByRole('dialog', { name: 'Move to another time' }).waitFor())],
      [
        'Print list',
        before(async () => {
          await page.goBack()
          await page.evaluate(() => Object.defineProperty(window, 'print', { value: () => undefined }))
        }, pressIn(panelName)),
      ],
      [
        'Withdraw …',
        before(
          () =>
            page.route(
              (url) => url.searchParams.get('dryRun') === 'false',
              (route) => route.abort(),
              { times: 1 },
            ),
          pressIn(panelName),
        ),
      ],
      ['Try again', thenDo(press, () => panel(page).getByText('1 appointment was lost.', { exact: false }).waitFor())],
      [
        'Book another time',
        async (_, words) => {
          const again = panel(page).getByRole('link', { name: words })
          await again.waitFor()
          const body = { slotId: later.id, patient, confirm: true, onBehalf: true, formerBookingId: lost.id }
          await dataOf(site.admin.createBooking({ body }))
        },
      ],
      [
        'Booked since',
        async (_, words) => {
          await panel(page)
            .getByRole('link', { name: new RegExp(`^${words}`) })
            .first()
            .waitFor()
        },
      ],
      ['Bookings', thenDo(open, () => page.getByText('Withdrawn by the clinic').first().waitFor())],
    ],
    'If the doctor leaves, or takes no new patients': [
      ['Doctors', open],
      ['Stop bookings', thenDo(press, () => page.getByRole('button', { name: /^Allow bookings/ }).waitFor())],
    ],
    Afterwards: [['Slots', thenDo(open, () => page.getByRole('region', { name: 'Create slots' }).waitFor())]],
  })
})
