import { expect } from 'vitest'
import { dataOf } from './a-practice.ts'
import { axeFindings } from './harness.ts'
import { test } from './site-test.ts'
import { aRequest, aTheatre, openBoard } from './theatre-scene.ts'

test('a card of the waitlist names the surgeon, the equipment and the room that a request needs', async ({ site }) => {
  const theatre = await aTheatre(site)
  const needs = { equipment: [{ equipmentId: theatre.robotId, units: 1 }], roomId: theatre.roomIds[1] ?? '' }
  await aRequest(site, theatre, needs)
  const page = await openBoard(theatre, 'staff')
  await page.goto(`/clinic/${theatre.clinicId}/theatre/requests`)
  const card = page.getByRole('listitem').filter({ hasText: 'Cystoscopy' })
  for (const text of ['Surgeon: Dr. Chen', 'Equipment: 1 × Robot', 'Room: Room 2']) await card.getByText(text).waitFor()
  expect(await card.getByText('Anaesthetist').count()).toBe(0)
})

test('a request is corrected on the waitlist, also one whose room takes no new cases', async ({ site }) => {
  const theatre = await aTheatre(site)
  const { clinicId, roomIds } = theatre
  const roomId = roomIds[1] ?? ''
  const requestId = await aRequest(site, theatre, { roomId })
  await dataOf(site.admin.updateRoom({ path: { clinicId, roomId }, body: { active: false } }))
  const page = await openBoard(theatre, 'staff')
  await page.goto(`/clinic/${clinicId}/theatre/requests`)
  const open = () => page.getByRole('button', { name: 'Change: Cystoscopy' }).click()
  await open()
  const dialog = page.getByRole('dialog', { name: 'Change: Cystoscopy' })
  const room = dialog.getByLabel('Room', { exact: true })
  await room.getByText('Room 2 · Closed for new cases').waitFor({ state: 'attached' })
  expect(await room.inputValue()).toBe(roomId)
  await dialog.getByText('Walter Wait').waitFor()
  expect(await dialog.getByLabel('Record number').count()).toBe(0)
  expect(await axeFindings(page)).toEqual([])
  await room.selectOption({ label: 'Any room' })
  await dialog.getByLabel('Minutes').fill('45')
  await dialog.getByLabel('Note').fill('Fasting')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await page.getByText('The request for Cystoscopy is changed.').waitFor()
  const card = page.getByRole('listitem').filter({ hasText: 'Cystoscopy' })
  await card.getByText('Fasting').waitFor()
  expect(await card.getByText('Room: Room 2').count()).toBe(0)
  const read = () => dataOf(site.admin.getCaseRequest({ path: { requestId } }))
  expect(await read()).toMatchObject({ roomId: null, minutes: 45, note: 'Fasting', surgeonId: theatre.chenId })
  // Somebody else changes it while the form is open.
  await open()
  await dataOf(site.admin.changeCaseRequest({ path: { requestId }, body: { version: 2, minutes: 50 } }))
  await dialog.getByLabel('Note').fill('Not fasting')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await dialog.getByText('Somebody has changed this request meanwhile').waitFor()
  expect(await read()).toMatchObject({ minutes: 50, note: 'Fasting' })
})
