import { mondayOf } from '@holdfast/vocabulary'
import { expect } from 'vitest'
import { denials, openWithoutProgram, sentBy, whoAmI } from './early-requests.ts'
import { untilRead } from './harness.ts'
import { holdRequests } from './routes.ts'
import { test } from './scene-test.ts'
import { aCase, aRequest, type aTheatre } from './theatre-scene.ts'

type Theatre = Awaited<ReturnType<typeof aTheatre>>

/** A page, not opened yet, with the requests that it has sent to the API. Changes are not read again. */
async function aPage(theatre: Theatre, who: 'staff' | 'doctor' | 'stranger') {
  const page = await theatre.scene.pageOf(who, { isNewContext: true, serviceWorkers: 'block' })
  await page.route('**/theatre/live', (route) => route.abort())
  return { page, sent: sentBy(page) }
}

function boardRequests({ clinicId, scene }: Theatre) {
  const today = Temporal.Now.plainDateISO(scene.clinic.timezone).toString()
  const board = (date: string, days: number) => `/api/v1/clinics/${clinicId}/theatre?date=${date}&days=${days}`
  return [
    { search: '', board: board(today, 1) },
    { search: '?day=2031-03-05', board: board('2031-03-05', 1) },
    { search: '?day=2031-03-05&view=week', board: board(mondayOf('2031-03-05'), 7) },
    { search: '?view=week', board: board(mondayOf(today), 7) },
  ]
}

test('the board is requested before the program has arrived, and nothing is requested twice', async ({ theatre }) => {
  const { clinicId } = theatre
  const doctors = `/api/v1/doctors?clinicId=${clinicId}&includeInactive=true&limit=100`
  const path = `/clinic/${clinicId}/theatre`
  for (const { search, board } of boardRequests(theatre)) {
    const early = await aPage(theatre, 'staff')
    await openWithoutProgram(early.page, path + search)
    const first = [whoAmI, `/api/v1/clinics/${clinicId}`, doctors, board]
    await expect.poll(() => early.sent).toEqual(first)
    await early.page.close()

    const { page, sent } = await aPage(theatre, 'staff')
    await page.goto(path + search)
    await page.getByRole('region', { name: 'Room 1', exact: true }).or(page.getByRole('rowheader')).first().waitFor()
    await untilRead(page)
    expect(sent.filter((one) => first.includes(one)).toSorted()).toEqual(first.toSorted())
    await page.close()
  }
})

test('the board is not requested early by people who may not see it', async ({ site, theatre }) => {
  await aCase(site, theatre, {})
  const path = `/clinic/${theatre.clinicId}/theatre`
  const isOfBoard = (one: string) => one.includes('/theatre') || one.includes('/doctors')
  const before = await denials(site)

  const stranger = await aPage(theatre, 'stranger')
  await stranger.page.goto(path)
  await stranger.page.getByRole('heading', { level: 1 }).waitFor()
  await untilRead(stranger.page)
  expect(stranger.sent.filter(isOfBoard)).toEqual([])

  const guest = await site.newPage({ isNewContext: true, serviceWorkers: 'block' })
  const sentByGuest = sentBy(guest)
  await guest.goto(path)
  await guest.waitForURL(/sign-in/)
  expect(sentByGuest.filter(isOfBoard)).toEqual([])

  // A role that needs a second factor, without one.
  const { page, sent } = await aPage(theatre, 'staff')
  await page.route(`**${whoAmI}`, async (route) => {
    const response = await route.fetch()
    const body = await response.json()
    for (const membership of body.account.memberships) membership.lacksSecondFactor = true
    await route.fulfill({ response, json: body })
  })
  await page.goto(path)
  await page.waitForURL(/\/account/)
  expect(sent.filter(isOfBoard)).toEqual([])
  expect(await denials(site)).toBe(before)
})

test('nothing moves when the waitlist arrives, beside the board and above it', async ({ site, theatre }) => {
  for (const name of ['Anna Able', 'Ben Brook', 'Carl Cole']) {
    await aRequest(site, theatre, { patient: { mrn: name, name } })
  }
  for (const width of [1280, 1000]) {
    const { page } = await aPage(theatre, 'staff')
    await page.setViewportSize({ width, height: 900 })
    const release = await holdRequests(page, '**/api/v1/clinics/*/case-requests**')
    await page.goto(`/clinic/${theatre.clinicId}/theatre`)
    const waitlist = page.getByRole('region', { name: 'Waitlist' })
    const shown = [
      page.locator('[data-track]').first(),
      page.getByText(/^Drag a case/),
      waitlist.getByRole('searchbox'),
    ]
    for (const one of shown) await one.waitFor()
    const places = () => Promise.all(shown.map((one) => one.boundingBox()))
    const before = await places()
    expect(await waitlist.getByRole('listitem').count()).toBe(0)
    release()
    await waitlist.getByText('Carl Cole').waitFor()
    expect(await places()).toEqual(before)
    await page.context().close()
  }
})
