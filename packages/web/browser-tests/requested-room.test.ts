import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { dataOf } from './a-practice.ts'
import { axeFindings } from './harness.ts'
import { test } from './site-test.ts'
import { aRequest, aTheatre, inMinutes, openBoard } from './theatre-scene.ts'

/** The rooms of the times that are suggested, each once. */
async function suggestedRooms(page: Page): Promise<string[]> {
  const suggestions = page.getByRole('button', { name: / · Room \d/ })
  await suggestions.first().waitFor()
  const texts = await suggestions.allInnerTexts()
  return [...new Set(texts.flatMap((text) => text.match(/Room \d/)?.[0] ?? []))]
}

test('times are searched in the room that a request needs, on the page and in the dialog of the waitlist', async ({
  site,
}) => {
  const theatre = await aTheatre(site)
  const { clinicId } = theatre
  const [firstId = '', secondId = ''] = theatre.roomIds
  const requestId = await aRequest(site, theatre, { roomId: secondId })
  const page = await theatre.scene.pageOf('staff')
  const room = page.getByLabel('Room', { exact: true })
  await page.goto(`/clinic/${clinicId}/theatre/book?requestId=${requestId}`)
  await page.getByText('The request needs Room 2.').waitFor()
  expect(await room.inputValue()).toBe(secondId)
  await page.getByRole('button', { name: 'Suggest times' }).click()
  expect(await suggestedRooms(page)).toEqual(['Room 2'])
  // Somebody has chosen another room on the board.
  const search = new URLSearchParams({ requestId, roomId: firstId, startsAt: inMinutes(120) })
  await page.goto(`/clinic/${clinicId}/theatre/book?${search}`)
  await page.getByText('The request needs Room 2.').waitFor()
  expect(await room.inputValue()).toBe(firstId)

  await page.goto(`/clinic/${clinicId}/theatre/requests`)
  await page.getByRole('button', { name: 'Find a time: Cystoscopy' }).click()
  expect(await suggestedRooms(page)).toEqual(['Room 2'])
})

test('a request that is dropped in another room than it needs shows that room, and can take its own', async ({
  site,
}) => {
  const theatre = await aTheatre(site)
  const [firstId = '', secondId = ''] = theatre.roomIds
  await aRequest(site, theatre, { roomId: secondId })
  const page = await openBoard(theatre, 'staff')
  const card = page.getByRole('region', { name: 'Waitlist' }).getByRole('listitem')
  await card.waitFor()
  const track = page.locator('[data-track]').first()
  const now = (await page.locator('[data-track]').first().boundingBox())?.width ?? 0
  await card.dragTo(track, { targetPosition: { x: now - 150, y: 60 } })
  const dialog = page.getByRole('dialog', { name: 'Find a time: Cystoscopy' })
  const room = dialog.getByLabel('Room', { exact: true })
  await dialog.getByRole('alert').getByText('The request needs Room 2.').waitFor()
  expect(await room.inputValue()).toBe(firstId)
  await dialog.getByRole('button', { name: /^Hold .*Room 1/ }).waitFor()
  expect(await axeFindings(page)).toEqual([])
  await room.selectOption(secondId)
  await dialog.getByRole('button', { name: /^Hold .*Room 2/ }).click()
  await page.getByRole('dialog', { name: 'Cystoscopy', exact: true }).getByText('Room 2').first().waitFor()
})

test('a request whose room is no longer used gets a time in any room', async ({ site }) => {
  const theatre = await aTheatre(site)
  const [, secondId = ''] = theatre.roomIds
  await aRequest(site, theatre, { roomId: secondId })
  await dataOf(
    site.admin.updateRoom({ path: { clinicId: theatre.clinicId, roomId: secondId }, body: { active: false } }),
  )
  const page = await openBoard(theatre, 'staff')
  await page.getByRole('button', { name: 'Find a time: Cystoscopy' }).click()
  const dialog = page.getByRole('dialog', { name: 'Find a time: Cystoscopy' })
  await dialog.getByText('The request needs Room 2, which is no longer used. Any room can be chosen.').waitFor()
  expect(await suggestedRooms(page)).toEqual(['Room 1'])
  await dialog
    .getByRole('button', { name: / · Room 1/ })
    .first()
    .click()
  await dialog.getByRole('button', { name: /^Hold .*Room 1/ }).click()
  await page.getByRole('dialog', { name: 'Cystoscopy', exact: true }).getByText('Room 1').first().waitFor()
})
