// Guarantee: a swap whose response was lost is repeated, and does not swap back
import type { Case } from '@holdfast/contract/client'
import type { APIResponse, Page, Route } from 'playwright-core'
import { expect } from 'vitest'
import { dataOf } from './a-practice.ts'
import type { Site } from './harness.ts'
import { test } from './site-test.ts'
import { aCase, aTheatre, inMinutes, openBoard } from './theatre-scene.ts'

/** A case in each of two rooms, which can change places. */
async function twoCases(site: Site) {
  const theatre = await aTheatre(site)
  const [firstRoom = '', secondRoom = ''] = theatre.roomIds
  const path = { clinicId: theatre.clinicId }
  const lee = await dataOf(site.admin.createTheatreStaff({ path, body: { name: 'Dr. Lee', profession: 'surgeon' } }))
  const one = await aCase(site, theatre, { roomId: firstRoom })
  const procedure = { code: 'H1', display: 'Hip replacement' }
  const other = await aCase(site, theatre, {
    roomId: secondRoom,
    surgeonId: lee.id,
    procedure,
    startsAt: inMinutes(120),
    service: 'Orthopaedics',
  })
  const roomOf = async ({ id }: { id: string }) => (await site.admin.getCase({ path: { caseId: id } })).data?.roomId
  const rooms = async () => [await roomOf(one), await roomOf(other)]
  return { theatre, other, rooms, firstRoom, secondRoom }
}

/**
 * The response to the nth swap is lost, and a replica is late: the board shows the former places.
 *
 * @returns the bodies of the swaps that were sent
 */
async function loseResponse(page: Page, nth: number) {
  const sent: (string | null)[] = []
  const before = new Map<string, APIResponse>()
  await page.route('**/api/v1/**', async (route) => {
    const request = route.request()
    if (request.url().endsWith('/swap')) {
      sent.push(request.postData())
      if (sent.length !== nth) return route.continue()
      await route.fetch()
      return route.abort()
    }
    const response = before.get(request.url()) ?? (await route.fetch())
    if (sent.length < nth) before.set(request.url(), response)
    await route.fulfill({ response })
  })
  await page.route('**/theatre/live', (route) => route.abort())
  await page.reload()
  return sent
}

async function openSwap(page: Page, other: Case) {
  await page.getByRole('button', { name: /Prostatectomy/ }).click()
  const dialog = page.getByRole('dialog', { name: 'Prostatectomy' })
  await dialog.getByRole('button', { name: 'Swap' }).click()
  await dialog.getByLabel('With').selectOption(other.id)
  await dialog.getByRole('button', { name: 'Swap' }).click()
  return dialog
}

test('a swap whose response was lost is sent again with the same key: the cases are swapped once', async ({ site }) => {
  const { theatre, other, rooms, firstRoom, secondRoom } = await twoCases(site)
  const page = await openBoard(theatre, 'staff')
  const sent = await loseResponse(page, 1)
  const dialog = await openSwap(page, other)
  await dialog.getByRole('alert').waitFor()
  expect(await rooms()).toEqual([secondRoom, firstRoom])
  await dialog.getByRole('button', { name: 'Swap' }).click()
  await page.getByText('The two cases changed places.').waitFor()
  expect(sent).toHaveLength(2)
  expect(await rooms()).toEqual([secondRoom, firstRoom])
})

test('a swap whose response was lost is sent again with its key after another one was refused', async ({ site }) => {
  const { theatre, other, rooms, firstRoom, secondRoom } = await twoCases(site)
  const third = await aCase(site, theatre, {
    procedure: { code: 'C1', display: 'Cystoscopy' },
    startsAt: inMinutes(200),
  })
  const page = await openBoard(theatre, 'staff')
  await loseResponse(page, 1)
  const dialog = await openSwap(page, other)
  await dialog.getByRole('alert').waitFor()
  expect(await rooms()).toEqual([secondRoom, firstRoom])
  const refuse = (route: Route) =>
    route.fulfill({ status: 409, json: { code: 'case_conflict', title: '', status: 409 } })
  await page.route('**/swap', refuse, { times: 1 })
  await dialog.getByLabel('With').selectOption(third.id)
  const refused = page.waitForResponse('**/swap')
  await dialog.getByRole('button', { name: 'Swap' }).click()
  await refused
  await dialog.getByLabel('With').selectOption(other.id)
  await dialog.getByRole('button', { name: 'Swap' }).click()
  await page.getByText('The two cases changed places.').waitFor()
  expect(await rooms()).toEqual([secondRoom, firstRoom])
})

test('a swap that overrides a rule is sent again as it was after a lost response', async ({ site }) => {
  const { theatre, other, rooms, firstRoom, secondRoom } = await twoCases(site)
  const path = { clinicId: theatre.clinicId, roomId: secondRoom }
  await dataOf(site.admin.updateRoom({ path, body: { hours: [] } }))
  const page = await openBoard(theatre, 'admin')
  // The first one is refused.
  const sent = await loseResponse(page, 2)
  const dialog = await openSwap(page, other)
  await dialog.getByLabel('Reason').fill('Weekend list')
  await dialog.getByRole('button', { name: 'Swap anyway' }).click()
  await dialog.getByRole('button', { name: 'Swap anyway' }).waitFor({ state: 'detached' })
  await dialog.getByRole('alert').waitFor()
  expect(await rooms()).toEqual([secondRoom, firstRoom])
  await dialog.getByRole('button', { name: 'Swap', exact: true }).click()
  await page.getByText('The two cases changed places.').waitFor()
  expect(sent[2]).toBe(sent[1])
  expect(await rooms()).toEqual([secondRoom, firstRoom])
})
