import { aBooking, aSlot } from '@holdfast/testkit'
import { expect } from 'vitest'
import { dataOf } from './a-practice.ts'
import { aClinicScene, noonZone } from './clinic-scene.ts'
import { axeFindings, untilRead } from './harness.ts'
import { test } from './site-test.ts'

const soon = () => new Date(Math.ceil(Date.now() / 60_000 + 10) * 60_000)

test('after a doctor’s bookings are stopped, what is booked stays in sight, and can be moved to somebody else', async ({
  site,
}) => {
  const scene = await aClinicScene(site, { timezone: noonZone() })
  const grace = await dataOf(
    site.admin.createDoctor({
      body: { clinicId: scene.clinic.id, name: 'Dr Grace Hopper', specialization: 'Oncology' },
    }),
  )
  const booking = await aBooking(site.database, await aSlot(site.database, scene.doctor, { startsAt: soon() }), {
    patient: { name: 'Pia Patient' },
  })
  await aSlot(site.database, { ...grace, clinicNo: scene.clinic.no }, { startsAt: soon() })
  const stop = { path: { doctorId: scene.doctor.id }, body: { active: false } }
  await dataOf(site.admin.updateDoctor(stop))

  const own = await scene.pageOf('doctor')
  for (const path of ['/my-day', '/my-day/week']) {
    await own.goto(path)
    await own.getByText('Bookings are stopped').waitFor()
    await own.getByText('An admin of the clinic can allow bookings again.').waitFor()
    await own.getByRole('button', { name: /Pia Patient, Confirmed$/ }).waitFor()
    await untilRead(own)
    expect(await own.getByRole('alert').allTextContents(), path).toEqual([])
    expect(await axeFindings(own), path).toEqual([])
  }

  const staff = await scene.pageOf('staff')
  await staff.goto(`/clinic/${scene.clinic.id}/bookings/${booking.id}?move=true`)
  const dialog = staff.getByRole('dialog', { name: 'Move to another time' })
  const doctor = dialog.getByLabel('Doctor')
  await doctor.waitFor()
  expect(await doctor.locator('option:checked').textContent()).toBe('Choose a doctor')
  await untilRead(staff)
  expect(await dialog.getByRole('alert').count()).toBe(0)
  await doctor.selectOption({ value: grace.id })
  await dialog.getByRole('button', { name: /^\d+:\d\d/ }).waitFor()
  expect(await doctor.locator('option').count()).toBe(1)

  const admin = await scene.pageOf('admin')
  await admin.goto(`/clinic/${scene.clinic.id}/times?doctorId=${scene.doctor.id}`)
  await admin.getByRole('button', { name: /Pia Patient, Confirmed$/ }).waitFor()
  await admin.getByRole('link', { name: 'Allow bookings on the Doctors page' }).click()
  await admin.getByRole('button', { name: 'Allow bookings for Dr Ada Lovelace' }).click()
  await admin.getByRole('button', { name: 'Stop bookings for Dr Ada Lovelace' }).waitFor()
  await admin.goBack()
  await admin.getByRole('button', { name: /Pia Patient, Confirmed$/ }).waitFor()
  await expect.poll(() => admin.getByText('Bookings are stopped').count()).toBe(0)
})
