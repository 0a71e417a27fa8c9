import { aDoctor, aSession, aVisitResource, aVisitType } from '@holdfast/testkit'
import { localDay } from '@holdfast/vocabulary'
import { expect } from 'vitest'
import { aClinicScene } from './clinic-scene.ts'
import { axeFindings, closeBy, expectFits, expectReadable, untilRead } from './harness.ts'
import { test } from './scene-test.ts'

test('an admin adds a room and a device, and says which visit type needs them', async ({ site, scene }) => {
  await aVisitType(site.database, scene.clinic, { name: 'Ultrasound' })
  const page = await scene.open('admin', `/clinic/${scene.clinic.id}/rooms`)
  await page.getByText('No rooms or devices yet').waitFor()
  const add = async (kind: string, name: string, units?: string) => {
    await page.getByRole('button', { name: 'Add room or device' }).click()
    const form = page.getByRole('dialog', { name: 'Add room or device' })
    await form.getByLabel(kind, { exact: true }).check()
    await form.getByRole('textbox', { name: 'Name', exact: true }).fill(name)
    if (units !== undefined) await form.getByRole('textbox', { name: 'Pieces' }).fill(units)
    expect(await axeFindings(page)).toEqual([])
    await closeBy(form, 'Add room or device')
  }
  await add('Room', 'Room 2')
  await add('Device', 'Ultrasound', '2')
  await page.getByRole('row').filter({ hasText: 'Room 2' }).waitFor()
  await page.getByRole('button', { name: 'Add room or device' }).click()
  const again = page.getByRole('dialog', { name: 'Add room or device' })
  await again.getByRole('textbox', { name: 'Name', exact: true }).fill('room 2')
  await again.getByRole('button', { name: 'Add room or device' }).click()
  await again.getByText('Another room or device has this name').waitFor()
  expect(await axeFindings(page)).toEqual([])
  await page.keyboard.press('Escape')
  await closeBy(again, 'Close without saving')
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: 800 })
    await expectReadable(page)
  }
  await page.setViewportSize({ width: 1280, height: 800 })
  await page.goto(`/clinic/${scene.clinic.id}/visit-types`)
  await page.getByRole('button', { name: 'Edit Ultrasound' }).click()
  const form = page.getByRole('dialog', { name: 'Edit Ultrasound' })
  await form.getByLabel('One of these rooms').check()
  await form.getByRole('button', { name: 'Save' }).click()
  await form.getByText('Choose at least one room.').waitFor()
  await form.getByRole('combobox', { name: 'Rooms' }).click()
  await page.getByRole('option', { name: 'Room 2' }).click()
  await form.getByRole('combobox', { name: 'Devices' }).click()
  await page.getByRole('option', { name: 'Ultrasound' }).click()
  await page.keyboard.press('Tab')
  expect(await axeFindings(page)).toEqual([])
  await expectFits(page, { width: 390, height: 800 })
  await closeBy(form, 'Save')
  const { data } = await site.admin.listVisitTypes({ path: { clinicId: scene.clinic.id } })
  expect(data?.items[0]?.needs).toMatchObject({
    room: true,
    roomIds: [expect.any(String)],
    deviceIds: [expect.any(String)],
  })
})

test('the day, the booking and the ticket name the room; the room is closed, and switched off', async ({ site }) => {
  const scene = await aClinicScene(site)
  const { clinic } = scene
  const room = await aVisitResource(site.database, clinic, { name: 'Room 2' })
  const device = await aVisitResource(site.database, clinic, { kind: 'device', name: 'Scanner' })
  const type = await aVisitType(site.database, clinic, { name: 'Ultrasound', rooms: [room], devices: [device] })
  const session = await aSession(site.database, await aDoctor(site.database, clinic, { name: 'Dr Bo Berg' }))
  const { data: booked } = await site.admin.createBooking({
    body: {
      sessionId: session.id,
      startsAt: session.startsAt.toISOString(),
      visitTypeId: type.id,
      patient: { name: 'Grace Hopper' },
      confirm: true,
    },
  })
  const day = localDay(session.startsAt.getTime(), clinic.timezone)
  const page = await scene.open('admin', `/clinic/${clinic.id}/day?day=${day}`)
  const row = page.getByRole('row').filter({ hasText: 'Grace Hopper' })
  await row.getByText('Room 2').waitFor()
  await row.getByText('Scanner').waitFor()
  await row.getByRole('link', { name: 'Grace Hopper' }).click()
  await page.getByText('Rooms and devices').last().waitFor()
  await page.getByText('Room 2').waitFor()
  const patient = await site.open(`/ticket#${booked?.id}.${booked?.manageToken}`)
  await patient.getByRole('article').getByText('Room 2').waitFor()
  expect(await patient.getByText('Scanner').count()).toBe(0)

  await page.goto(`/clinic/${clinic.id}/closures`)
  await page.getByLabel('Who is closed').selectOption({ label: 'Room 2' })
  await page.getByRole('textbox', { name: 'First day' }).fill(day)
  await page.getByRole('textbox', { name: 'Last day' }).fill(day)
  await page.getByRole('button', { name: 'Show who is affected' }).click()
  await page.getByText('Further appointments do not get it then.').waitFor()
  await page.getByRole('link', { name: 'Grace Hopper', exact: true }).waitFor()
  for (const width of [1280, 390]) {
    await expectFits(page, { width, height: 800 })
  }
  await page.getByRole('button', { name: 'Close these times' }).click()
  await page.getByRole('button', { name: /Appointments: .*Room 2/ }).waitFor()

  await page.goto(`/clinic/${clinic.id}/rooms`)
  await untilRead(page)
  await page.getByRole('button', { name: 'Switch off Room 2' }).click()
  const question = page.getByRole('dialog', { name: 'Appointments to come have Room 2. Switch it off?' })
  await question.getByRole('button', { name: 'Switch off' }).click()
  await page.getByRole('button', { name: 'Switch on Room 2' }).waitFor()
})
