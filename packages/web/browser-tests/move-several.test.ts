import { aDoctor, aSession, aVisitType } from '@holdfast/testkit'
import { expect } from 'vitest'
import { dataOf } from './a-practice.ts'
import { sessionDay } from './a-visit-practice.ts'
import { aClinicScene } from './clinic-scene.ts'
import { axeFindings, sidewaysPixels, untilRead } from './harness.ts'
import { test } from './site-test.ts'

test('the desk moves an afternoon by half an hour after a preview, and back', async ({ site }) => {
  const scene = await aClinicScene(site)
  await aDoctor(site.database, scene.clinic, { name: 'Dr Grace Hopper' })
  const type = await aVisitType(site.database, scene.clinic, { minutes: 40 })
  const startsAt = new Date(`${sessionDay}T12:00:00Z`)
  const session = await aSession(site.database, scene.doctor, { startsAt, minutes: 180 })
  const visits = [
    ['Ada', '12:00'],
    ['Bea', '12:40'],
    ['Cyd', '13:30'],
  ] as const
  for (const [name, time] of visits) {
    const body = {
      sessionId: session.id,
      visitTypeId: type.id,
      startsAt: `${sessionDay}T${time}:00Z`,
      patient: { name },
      confirm: true,
      onBehalf: true,
    }
    await dataOf(site.admin.createBooking({ body }))
  }
  const page = await scene.pageOf('staff')
  await page.goto(`/clinic/${scene.clinic.id}/day?day=${sessionDay}&doctors=${scene.doctor.id}`)
  await page.getByRole('button', { name: 'Move several…' }).click()
  const dialog = page.getByRole('dialog')
  const minutes = dialog.getByRole('textbox', { name: 'Minutes later' })
  const show = dialog.getByRole('button', { name: 'Show what changes' })
  const changes = dialog.getByRole('list', { name: 'What becomes of them' })
  // The last one would end after its session.
  await minutes.fill('60')
  await show.click()
  await changes.getByText(/^Cyd .*Keeps its time/).waitFor()
  await minutes.fill('30')
  await changes.waitFor({ state: 'hidden' })
  await show.click()
  await changes.getByText(/^Ada · 12:00 → .*12:30$/).waitFor()
  expect(await changes.getByText('Keeps its time').count()).toBe(0)
  expect(await axeFindings(page)).toEqual([])
  await page.setViewportSize({ width: 390, height: 844 })
  await untilRead(page)
  expect(await sidewaysPixels(page)).toBe(0)
  await page.setViewportSize({ width: 1280, height: 900 })
  await dialog.getByRole('button', { name: 'Move the appointments' }).click()
  await dialog.waitFor({ state: 'hidden' })
  const rowOf = (name: string) => page.getByRole('row', { name: new RegExp(name) })
  await rowOf('Ada').getByText('12:30').first().waitFor()
  await rowOf('Cyd').getByText('14:00').first().waitFor()
  // The undo is there after other pages, too.
  await page.getByRole('link', { name: 'Bookings', exact: true }).first().click()
  await page.getByRole('heading', { level: 1, name: 'Bookings' }).waitFor()
  await page.goBack()
  await page.getByText(/Dr Ada Lovelace.*: 3 moved$/).waitFor()
  expect(await axeFindings(page)).toEqual([])
  await page.getByRole('button', { name: 'Undo' }).click()
  await page.getByText('The appointments are back at their times.').waitFor()
  await rowOf('Bea').getByText('12:40').first().waitFor()
  expect(await page.getByText(/: 3 moved$/).count()).toBe(0)
})
