import { randomUUID } from 'node:crypto'
import { aBooking, aDoctor, aSlot } from '@holdfast/testkit'
import { expect } from 'vitest'
import { aClinicScene } from './clinic-scene.ts'
import { axeFindings } from './harness.ts'
import { test } from './site-test.ts'

test('the list of a day says who has another appointment at the same time, also if it shows one doctor', async ({
  site,
}) => {
  const scene = await aClinicScene(site)
  const patient = { name: `Twice ${randomUUID()}`, email: 'twice@example.org' }
  const slot = await aSlot(site.database, scene.doctor)
  await aBooking(site.database, slot, { patient })
  const { clinicNo: no, clinicId: id } = scene.doctor
  const colleague = await aDoctor(site.database, { no, id, timezone: 'UTC' })
  const atOnce = await aSlot(site.database, colleague, { startsAt: slot.startsAt })
  const other = await aBooking(site.database, atOnce, { patient })
  const page = await scene.pageOf('staff')
  const day = slot.startsAt.toISOString().slice(0, 10)
  await page.goto(`/clinic/${scene.clinic.id}/day?day=${day}&doctors=${scene.doctor.id}`)
  const link = page.getByRole('link', { name: /^At the same time: / })
  await link.waitFor()
  expect(await link.getAttribute('href')).toContain(other.id)
  expect(await axeFindings(page)).toEqual([])
})
