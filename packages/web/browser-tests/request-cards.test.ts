import { expect } from 'vitest'
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
