import { expect } from 'vitest'
import { dataOf } from './a-practice.ts'
import { axeFindings, closeBy, untilDrawn, untilRead } from './harness.ts'
import { holdRequests } from './routes.ts'
import { test } from './scene-test.ts'
import { aCase, aRequest, aTheatre, dragCase, inMinutes, openBoard, rowOf } from './theatre-scene.ts'

test('from a request to the report: suggested, held, confirmed, moved, refused, run', async ({ site, theatre }) => {
  const { clinicId } = theatre
  await aCase(site, theatre, { startsAt: inMinutes(300) })
  await aRequest(site, theatre, { procedure: { code: 'H1', display: 'Hip replacement' }, minutes: 60 })
  const page = await openBoard(theatre, 'staff')
  await page.getByRole('button', { name: 'Find a time: Hip replacement' }).click()
  const finding = page.getByRole('dialog', { name: 'Find a time: Hip replacement' })
  await finding
    .getByRole('button', { name: /Room 1$/ })
    .first()
    .click()
  expect(await axeFindings(page)).toEqual([])
  await finding.getByRole('button', { name: /^Hold .*, Room 1$/ }).click()

  const drawer = page.getByRole('dialog', { name: 'Hip replacement', exact: true })
  await drawer.getByText(/^Time left: [01]:\d\d$/).waitFor()
  await drawer.getByRole('button', { name: 'Confirm' }).click()
  await page.getByText('Hip replacement is confirmed.').waitFor()
  await page.keyboard.press('Escape')
  await drawer.waitFor({ state: 'detached' })
  await page.getByRole('region', { name: 'Waitlist' }).getByText('Nobody is waiting').waitFor()
  const hip = page.getByRole('button', { name: /Hip replacement/ })
  await rowOf(page, 'Room 1')
    .getByRole('button', { name: /Hip replacement/ })
    .waitFor()

  const row = page.locator('[data-track]').nth(1)
  await dragCase(page, hip, { to: hip, row, pixels: 150 })
  await rowOf(page, 'Room 2')
    .getByRole('button', { name: /Hip replacement/ })
    .waitFor()
  await page.getByText(/^Hip replacement moved: Room 2, /).waitFor()

  // It is at the same time as another case of the surgeon.
  await dragCase(page, hip, { to: page.getByRole('button', { name: /Prostatectomy/ }) })
  const refused = page.getByRole('dialog', { name: 'Can’t move here' })
  await refused.getByText(/^Dr\. Chen is in Room 1 until \d+:\d\d\.$/).waitFor()
  await closeBy(refused, 'Leave as it is')

  await rowOf(page, 'Room 2')
    .getByRole('button', { name: /Hip replacement/ })
    .click()
  for (const milestone of ['Patient arrived', 'In the room', 'Out of the room']) {
    await drawer.getByRole('button', { name: `${milestone}: now` }).click()
    await page.getByText(`Recorded: ${milestone}.`).waitFor()
  }
  await drawer.getByText('Done', { exact: true }).waitFor()
  expect(await axeFindings(page)).toEqual([])

  const admin = await theatre.scene.open('admin', `/clinic/${clinicId}/theatre/report`)
  await admin.getByRole('row', { name: /^Room 2 1 / }).waitFor()
  await admin.getByText('What the figures count').click()
  await admin.getByText('The share of block time during which patients were in the room.').waitFor()
  expect(await axeFindings(admin)).toEqual([])
})

test('two people hold the only robot at once: one gets it, and the other reads where it is', async ({ site }) => {
  const theatre = await aTheatre(site)
  const { clinicId, roomIds, robotId } = theatre
  const ito = await dataOf(
    site.admin.createTheatreStaff({ path: { clinicId }, body: { name: 'Dr. Ito', profession: 'surgeon' } }),
  )
  const equipment = [{ equipmentId: robotId, units: 1 }]
  const requestIds = [
    await aRequest(site, theatre, { equipment }),
    await aRequest(site, theatre, { equipment, surgeonId: ito.id }),
  ]
  const startsAt = inMinutes(120)
  const pages = [await theatre.scene.pageOf('staff'), await theatre.scene.pageOf('admin')]
  for (const [index, page] of pages.entries()) {
    const search = new URLSearchParams({ requestId: requestIds[index] ?? '', roomId: roomIds[index] ?? '', startsAt })
    await page.goto(`/clinic/${clinicId}/theatre/book?${search}`)
    await page.getByRole('button', { name: /^Hold / }).waitFor()
  }
  await Promise.all(pages.map((page) => page.getByRole('button', { name: /^Hold / }).click()))
  const outcomes = await Promise.all(
    pages.map(async (page) => {
      const held = page.getByRole('heading', { level: 1, name: 'The case is held' })
      const refused = page.getByRole('alert').filter({ hasText: 'Can’t hold this time' })
      await held.or(refused).waitFor()
      return (await held.isVisible()) ? null : refused
    }),
  )
  const losers = outcomes.filter((refused) => refused !== null)
  expect(losers).toHaveLength(1)
  await losers[0]?.getByText(/^Robot \(no\. 1\) is in Room [12] until \d+:\d\d\.$/).waitFor()
  // The clinic's day may be another than that of UTC.
  const day = Temporal.PlainDate.from(startsAt.slice(0, 10))
  const query = { from: day.subtract({ days: 1 }).toString(), to: day.add({ days: 1 }).toString() }
  const { items } = await dataOf(site.admin.listCases({ path: { clinicId }, query }))
  expect(items.filter(({ equipment: used }) => used.length > 0)).toHaveLength(1)
})

test('an urgent case displaces an elective one with a reason, which then waits again', async ({ site, theatre }) => {
  const { clinicId, roomIds } = theatre
  const startsAt = inMinutes(120)
  await aCase(site, theatre, { startsAt, procedure: { code: 'K1', display: 'Knee arthroscopy' } })
  const requestId = await aRequest(site, theatre, {
    urgency: 'immediate',
    procedure: { code: 'A1', display: 'Appendectomy' },
  })
  const page = await theatre.scene.pageOf('staff')
  const search = new URLSearchParams({ requestId, roomId: roomIds[0] ?? '', startsAt })
  await page.goto(`/clinic/${clinicId}/theatre/book?${search}`)
  await page.getByRole('button', { name: /^Hold / }).click()
  const refused = page.getByRole('alert').filter({ hasText: 'Can’t hold this time' })
  expect(await refused.getByRole('checkbox', { name: /^Knee arthroscopy, Room 1, / }).isChecked()).toBe(true)
  await refused.getByLabel('Reason').fill('Perforated appendix')
  expect(await axeFindings(page)).toEqual([])
  await refused.getByRole('button', { name: 'Bump cases' }).click()
  await page.getByRole('heading', { level: 1, name: 'The case is held' }).waitFor()
  await page.getByText('Back on the waitlist: 1.').waitFor()
  await page.getByRole('link', { name: 'Waitlist' }).click()
  const card = page.getByRole('listitem').filter({ hasText: 'Knee arthroscopy' })
  await card.getByText('Gave way to an emergency: Perforated appendix').waitFor()
})

test('an administrator books outside of the opening times with a reason; staff cannot', async ({ site, theatre }) => {
  const { clinicId } = theatre
  const closed = await dataOf(site.admin.createRoom({ path: { clinicId }, body: { name: 'Closed room', hours: [] } }))
  const requestId = await aRequest(site, theatre, {})
  const search = new URLSearchParams({ requestId, roomId: closed.id, startsAt: inMinutes(120) })
  const refusedOf = async (who: 'staff' | 'admin') => {
    const page = await theatre.scene.open(who, `/clinic/${clinicId}/theatre/book?${search}`)
    await page.getByRole('button', { name: /^Hold / }).click()
    const refused = page.getByRole('alert').filter({ hasText: 'Can’t hold this time' })
    await refused.getByText('The room is closed at this time.').waitFor()
    return { page, refused }
  }
  expect(await (await refusedOf('staff')).refused.getByLabel('Reason').count()).toBe(0)
  const { page, refused } = await refusedOf('admin')
  await refused.getByLabel('Reason').fill('The other rooms are being repaired')
  await refused.getByRole('button', { name: 'Hold anyway' }).click()
  await page.getByRole('heading', { level: 1, name: 'The case is held' }).waitFor()
  await page.getByText('The other rooms are being repaired').waitFor()
})

test('a case can be held as soon as its form is shown, however late the lists of the team arrive', async ({ site }) => {
  const theatre = await aTheatre(site)
  const requestId = await aRequest(site, theatre, {})
  const page = await theatre.scene.pageOf('staff')
  const release = await holdRequests(page, '**/api/v1/clinics/*/staff')
  const search = new URLSearchParams({ requestId, roomId: theatre.roomIds[0] ?? '', startsAt: inMinutes(120) })
  const others = [/\/case-requests\//, /\/rooms$/].map((url) => page.waitForResponse(url))
  await page.goto(`/clinic/${theatre.clinicId}/theatre/book?${search}`)
  for (const response of await Promise.all(others)) await response.finished()
  await page.getByRole('heading', { level: 1 }).or(page.getByText('Loading…')).first().waitFor()
  await untilDrawn(page)
  expect(await page.getByRole('button', { name: /^Hold / }).count()).toBe(0)
  release()
  await page.getByRole('button', { name: /^Hold / }).click()
  await page.getByRole('heading', { level: 1, name: 'The case is held' }).waitFor()
})

test('a case whose surgeon has left says so when it is moved, and takes another', async ({ site, theatre }) => {
  const { clinicId } = theatre
  const one = await aCase(site, theatre, {})
  const body = { name: 'Dr. Ito', profession: 'surgeon' } as const
  const ito = await dataOf(site.admin.createTheatreStaff({ path: { clinicId }, body }))
  const path = { clinicId, staffId: theatre.chenId }
  await dataOf(site.admin.updateTheatreStaff({ path, query: { withCases: true }, body: { active: false } }))
  const page = await openBoard(theatre, 'staff')
  await page.getByRole('button', { name: /Prostatectomy/ }).click()
  const drawer = page.getByRole('dialog', { name: 'Prostatectomy', exact: true })
  await drawer.getByRole('button', { name: 'Move', exact: true }).click()
  const start = drawer.getByLabel(/^Start/)
  const [hour, minute] = (await start.inputValue()).split(':')
  await start.fill(`${hour}:${minute === '05' ? '10' : '05'}`)
  await drawer.getByLabel('Minutes').fill('50')
  const move = drawer.getByRole('button', { name: 'Move', exact: true })
  await move.click()
  await page.getByText('It takes no new cases').waitFor()
  const team = drawer.getByText('Team and equipment')
  const surgeon = drawer.getByLabel('Surgeon')
  await team.click()
  await surgeon.selectOption({ label: 'Choose' })
  await team.click()
  await surgeon.waitFor({ state: 'hidden' })
  // What is missing is shown.
  await move.click()
  await surgeon.and(page.locator(':focus')).waitFor()
  await surgeon.selectOption({ label: 'Dr. Ito' })
  await move.click()
  await page.getByText(/^Prostatectomy moved: /).waitFor()
  const moved = await dataOf(site.admin.getCase({ path: { caseId: one.id } }))
  expect(moved).toMatchObject({ minutes: 50, surgeonId: ito.id })
})

test('lists of the team that cannot be read are read again on request, in a case and in a block', async ({ site }) => {
  const theatre = await aTheatre(site)
  const { clinicId, chenId, roomIds } = theatre
  await aCase(site, theatre, {})
  const block = { roomId: roomIds[1] ?? '', surgeonId: chenId, from: inMinutes(60), to: inMinutes(300) }
  await dataOf(site.admin.createBlocks({ path: { clinicId }, body: block }))
  const path = { clinicId, staffId: chenId }
  await dataOf(site.admin.updateTheatreStaff({ path, query: { withCases: true }, body: { active: false } }))
  const page = await theatre.scene.pageOf('admin')
  const lists = '**/api/v1/clinics/*/staff'
  const open = async (button: RegExp, action: RegExp) => {
    // A 429 is not repeated by itself, as 503 is.
    await page.route(lists, (route) => route.fulfill({ status: 429 }))
    await page.goto(`/clinic/${clinicId}/theatre`)
    await page.getByRole('button', { name: button }).click()
    await page.getByRole('dialog').getByRole('button', { name: action }).click()
    return page.getByRole('dialog')
  }
  const chosen = async () => {
    await page.unroute(lists)
    await page.getByRole('dialog').getByRole('button', { name: 'Try again' }).click()
    return page.getByRole('dialog').getByLabel('Surgeon').locator('option:checked').textContent()
  }
  const drawer = await open(/Prostatectomy/, /^Move$/)
  await drawer.getByText('Team and equipment').click()
  expect(await axeFindings(page)).toEqual([])
  expect(await chosen()).toBe('Dr. Chen')

  // A surgeon who has left keeps the block.
  const dialog = await open(/^Block /, /^Change: /)
  await dialog.getByRole('alert').waitFor()
  expect(await dialog.getByLabel('Surgeon').count()).toBe(0)
  expect(await chosen()).toBe('Dr. Chen')
})

test('a waitlist that cannot be read says so beside the board, and is read again on request', async ({ site }) => {
  const theatre = await aTheatre(site)
  await aRequest(site, theatre, {})
  const page = await theatre.scene.pageOf('staff')
  const list = '**/api/v1/clinics/*/case-requests**'
  await page.addInitScript(() => addEventListener('click', () => sessionStorage.setItem('clicked', 'yes'), true))
  // It fails until the click: the page also reads it by itself, for example a second after it has connected.
  await page.route(list, async (route) => {
    const isClicked = await page.evaluate(() => sessionStorage.getItem('clicked') !== null)
    await (isClicked ? route.continue() : route.fulfill({ status: 429 }))
  })
  await page.goto(`/clinic/${theatre.clinicId}/theatre`)
  const section = page.getByRole('region', { name: 'Waitlist' })
  await section.getByRole('alert').waitFor()
  await section.getByRole('button', { name: 'Try again' }).click()
  await section.getByText('Walter Wait').waitFor()
})

test('a long waitlist is shown page by page, and searched on the server', async ({ site, theatre }) => {
  const requestId = await aRequest(site, theatre, {})
  await site.database.ownerPool.query(
    `insert into holdfast.case_request
     select (jsonb_populate_record(q, jsonb_build_object('id', holdfast.new_id(q.clinic_no, now()))
       || case when n = 1050 then jsonb_build_object('note', 'interpreter', 'due_on', '2099-01-01') else '{}' end)).*
       from holdfast.case_request q, generate_series(1, 1050) n
      where q.id = $1`,
    [requestId],
  )
  const page = await openBoard(theatre, 'staff')
  const list = page.getByRole('region', { name: 'Waitlist' })
  await list.getByRole('listitem').nth(49).waitFor()
  expect(await list.getByRole('listitem').count()).toBe(50)
  await list.getByLabel('Search').fill('interpreter')
  await list.getByText('interpreter').waitFor()
  await expect.poll(() => list.getByRole('listitem').count()).toBe(1)
  await list.getByLabel('Search').fill('nobody')
  await list.getByText('No request matches').waitFor()
  await list.getByLabel('Search').fill('')
  await list.getByRole('link', { name: 'Show the whole waitlist' }).click()
  const requests = page.getByRole('main').getByRole('listitem')
  await expect.poll(() => requests.count()).toBe(50)
  await page.getByRole('button', { name: 'Show more' }).click()
  await expect.poll(() => requests.count()).toBe(100)
  await page.getByRole('textbox', { name: 'Due until' }).fill('2099-01-01')
  await page.getByText('interpreter').waitFor()
  expect(await axeFindings(page)).toEqual([])
  await page.reload()
  await page.getByText('interpreter').waitFor()
  await page.getByLabel('Urgency').selectOption('immediate')
  await page.getByText('No request matches').waitFor()
})

test('doctors see when rooms, colleagues and the robot are taken, and not by whom or what for', async ({ site }) => {
  const theatre = await aTheatre(site)
  await aCase(site, theatre, { equipment: [{ equipmentId: theatre.robotId, units: 1 }] })
  const page = await theatre.scene.open('doctor', '/my-day')
  await page.getByRole('link', { name: 'Theatre' }).click()
  await rowOf(page, 'Room 1')
    .getByText(/^Taken \d/)
    .waitFor()
  await page.getByLabel('People and equipment').click()
  await rowOf(page, 'Robot no. 1').getByText('Taken').waitFor()
  await rowOf(page, 'Dr. Chen').getByText('Taken').waitFor()
  expect(await page.getByText('Carl Coming').count()).toBe(0)
  expect(await page.getByText('Prostatectomy').count()).toBe(0)
  expect(await axeFindings(page)).toEqual([])
})

test('blocks of a month are previewed; one is filled from the board, taken over and withdrawn', async ({ site }) => {
  const theatre = await aTheatre(site)
  const { clinicId, roomIds } = theatre
  const block = { roomId: roomIds[0] ?? '', service: 'Urology', from: inMinutes(60), to: inMinutes(300) }
  await dataOf(site.admin.createBlocks({ path: { clinicId }, body: block }))
  await aRequest(site, theatre, {})
  const page = await openBoard(theatre, 'admin')
  await page.getByRole('button', { name: /^Block .*Urology/ }).click()
  const dialog = page.getByRole('dialog', { name: 'Block' })
  await dialog.getByText('0 minutes of 4 hours').waitFor()
  expect(await axeFindings(page)).toEqual([])
  await dialog.getByRole('button', { name: /^Fill from the waitlist: / }).click()
  await page.getByText('Booked from the waitlist: 1 (Cystoscopy).').waitFor()
  await dialog.getByText('40 minutes of 4 hours').waitFor()
  await dialog.getByRole('button', { name: /^Change: / }).click()
  await dialog.getByLabel('Belongs to').selectOption({ label: 'A surgeon' })
  await dialog.getByLabel('Surgeon').selectOption({ label: 'Dr. Chen' })
  await dialog.getByRole('button', { name: 'Save' }).click()
  await page.getByText('The block is changed.').waitFor()
  await dialog.getByText('Dr. Chen').waitFor()
  await aCase(site, theatre, { startsAt: inMinutes(180), confirm: false })
  await dialog.getByRole('button', { name: /^Withdraw: / }).click()
  await dialog.getByText('Cases that end with the block: 1.').waitFor()
  await dialog.getByText('Held cases, not confirmed yet, that end with the block: 1.').waitFor()
  await dialog.getByRole('button', { name: 'Leave as it is' }).click()
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })

  await page.getByRole('link', { name: 'Blocks' }).click()
  await page.getByRole('button', { name: 'Next week' }).click()
  await page.getByRole('button', { name: 'Add blocks' }).click()
  const form = page.getByRole('dialog', { name: 'Add blocks' })
  await form.getByText('Monthly', { exact: true }).click()
  await form.getByLabel('Service').fill('Orthopaedics')
  await form.getByLabel('Last', { exact: true }).click()
  expect(await axeFindings(page)).toEqual([])
  // An empty time is not previewed either: the browser asks for it.
  const start = form.getByLabel(/^Start/)
  await start.fill('')
  await form.getByRole('button', { name: 'Preview' }).click()
  await expect.poll(() => start.evaluate((field) => field === document.activeElement)).toBe(true)
  await start.fill('08:00')
  await form.getByRole('button', { name: 'Preview' }).click()
  await form.getByText(/^Would be created: \d\./).waitFor()
  await untilRead(page)
  await form.getByRole('button', { name: 'Create blocks' }).click()
  await form.getByText(/^Created: [6-9]\. There already: 0\./).waitFor()
})
