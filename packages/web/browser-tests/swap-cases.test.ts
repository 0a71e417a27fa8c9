// Guarantee: a swap whose response was lost is repeated, and does not swap back
import type { APIResponse } from 'playwright-core'
import { expect } from 'vitest'
import { dataOf } from './a-practice.ts'
import { test } from './site-test.ts'
import { aCase, aTheatre, inMinutes, openBoard } from './theatre-scene.ts'

test('a swap whose response was lost is sent again with the same key: the cases are swapped once', async ({ site }) => {
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
  const page = await openBoard(theatre, 'staff')
  let requests = 0
  // The response to the first one is lost, and a replica is late: the board shows the former places.
  const before = new Map<string, APIResponse>()
  await page.route('**/api/v1/**', async (route) => {
    const request = route.request()
    if (request.url().endsWith('/swap')) {
      requests += 1
      if (requests > 1) return route.continue()
      await route.fetch()
      return route.abort()
    }
    const response = before.get(request.url()) ?? (await route.fetch())
    if (requests === 0) before.set(request.url(), response)
    await route.fulfill({ response })
  })
  await page.route('**/theatre/live', (route) => route.abort())
  await page.reload()
  await page.getByRole('button', { name: /Prostatectomy/ }).click()
  const dialog = page.getByRole('dialog', { name: 'Prostatectomy' })
  await dialog.getByRole('button', { name: 'Swap' }).click()
  await dialog.getByLabel('With').selectOption(other.id)
  await dialog.getByRole('button', { name: 'Swap' }).click()
  await dialog.getByRole('alert').waitFor()
  expect([await roomOf(one), await roomOf(other)]).toEqual([secondRoom, firstRoom])
  await dialog.getByRole('button', { name: 'Swap' }).click()
  await page.getByText('The two cases changed places.').waitFor()
  expect(requests).toBe(2)
  expect([await roomOf(one), await roomOf(other)]).toEqual([secondRoom, firstRoom])
})
