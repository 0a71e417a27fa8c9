import { aBooking, aClinic, aDoctor, aSlot, type TestDatabase } from '@holdfast/testkit'
import { expect } from 'vitest'
import type { RestApp, TestAccount } from '../../../test/rest-app.ts'
import { test } from '../../../test/rest-test.ts'

const patient = { name: 'Grace Hopper', email: 'grace@example.org' }

/** A guest's booking of a new clinic, with the token that came with it. */
async function aGuestsBooking(database: TestDatabase, rest: RestApp, options: { confirm?: boolean } = {}) {
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic)
  const slot = await aSlot(database, doctor)
  const { body } = await rest.call('createBooking', { body: { slotId: slot.id, patient, ...options } })
  return { clinic, doctor, slot, id: body.id, path: { bookingId: body.id }, manageToken: body.manageToken ?? '' }
}

const link = (
  rest: RestApp,
  booking: { path: { bookingId: string }; manageToken: string },
  as?: TestAccount,
  key?: string,
) =>
  rest.call('linkBooking', {
    path: booking.path,
    body: { manageToken: booking.manageToken },
    ...(as ? { as } : {}),
    ...(key ? { key } : {}),
  })

const idsOf = async (rest: RestApp, as: TestAccount) =>
  (await rest.call('listMyBookings', { as })).body.items.map(({ id }) => id)

test('the bearer of a guest’s token links the booking to an account, once', async ({ database, rest }) => {
  const booking = await aGuestsBooking(database, rest, { confirm: true })
  const me = rest.anAccount()
  expect(await idsOf(rest, me)).toEqual([])
  expect((await rest.call('getBooking', { path: booking.path, as: me })).problem.status).toBe(404)
  const linked = await link(rest, booking, me)
  expect(linked.body).toMatchObject({ id: booking.id, status: 'CONFIRMED', patient, version: 2 })
  expect(linked.headers['holdfast-position']).toMatch(/^\d+\.\d+$/)
  expect(linked.headers['cache-control']).toBe('no-store')
  expect(JSON.stringify(linked.body)).not.toContain(me.id)
  expect(await idsOf(rest, me)).toEqual([booking.id])
  expect((await rest.call('getBooking', { path: booking.path, as: me })).body).toEqual(linked.body)

  const again = await link(rest, booking, me)
  expect([again.status, again.body]).toEqual([200, linked.body])
  expect(again.headers['holdfast-position']).toBe(linked.headers['holdfast-position'])
  // The guest's token is void.
  const voided = await rest.call('cancelBooking', { path: booking.path, token: booking.manageToken })
  expect(voided.problem).toMatchObject({ status: 404, code: 'booking_not_found' })
  const cancelled = await rest.call('cancelBooking', { path: booking.path, as: me })
  expect(cancelled.body.status).toBe('CANCELLED')
  expect((await link(rest, booking, me)).body.status).toBe('CANCELLED')
})

test('a booking of another account cannot be linked, even with its token', async ({ database, rest }) => {
  const booking = await aGuestsBooking(database, rest)
  const [me, other] = [rest.anAccount(), rest.anAccount()]
  await link(rest, booking, me)
  expect((await link(rest, booking, other)).problem).toMatchObject({ status: 404, code: 'booking_not_found' })
  const renewed = await rest.call('renewManageToken', { path: booking.path, as: me })
  const { problem } = await link(rest, { ...booking, manageToken: renewed.body.manageToken }, other)
  expect(problem).toMatchObject({ status: 409, code: 'booking_has_account' })
  expect(JSON.stringify(problem)).not.toContain(me.id)
  expect(await idsOf(rest, other)).toEqual([])
  // A booking created with an account belongs to it from the start.
  const { doctor } = await aGuestsBooking(database, rest)
  const created = await aBooking(database, await aSlot(database, doctor), { accountId: me.id })
  const binding = { accountId: me.id, epoch: 0 }
  const theirs = { path: { bookingId: created.id }, manageToken: rest.manageTokens.issue(created.id, binding) }
  expect((await link(rest, theirs, other)).problem.code).toBe('booking_has_account')
  expect((await link(rest, theirs, me)).status).toBe(200)
})

test('a booking in any state can be linked: a hold that ended, and a cancelled booking', async ({ database, rest }) => {
  const { clinic, doctor } = await aGuestsBooking(database, rest)
  const me = rest.anAccount()
  const slot = await aSlot(database, doctor, { capacity: 9 })
  for (const status of ['PENDING', 'CANCELLED', 'ARRIVED', 'NO_SHOW', 'COMPLETED', 'hold_expired'] as const) {
    const { id } = await aBooking(database, slot, { status })
    const { body } = await link(rest, { path: { bookingId: id }, manageToken: rest.manageTokens.issue(id) }, me)
    expect(body).toMatchObject(status === 'hold_expired' ? { status: 'FAILED', failureReason: status } : { status })
  }
  const report = await rest.engine.reads.verify({ clinicNo: clinic.no, detailsMax: 10 })
  expect(report.details).toEqual([])
})

test('without this booking’s token: 404 for every role, as for an unknown id', async ({ database, rest }) => {
  const [booking, another] = [await aGuestsBooking(database, rest), await aGuestsBooking(database, rest)]
  const owner = rest.anAccount()
  await link(rest, booking, owner)
  const unknownPath = { bookingId: booking.id.replace(/.$/, (last) => (last === '0' ? '1' : '0')) }
  const wrongTokens = [
    another.manageToken,
    // The last character stays: two of its bits say nothing.
    booking.manageToken.replace(/^hfm_./, (start) => (start === 'hfm_A' ? 'hfm_B' : 'hfm_A')),
    booking.manageToken.slice(0, -1),
    'hfm_',
    'anything',
  ]
  const { no } = booking.clinic
  const people = [
    rest.anAccount(),
    owner,
    await rest.aMember(no, 'staff'),
    await rest.aMember(no, 'admin'),
    await rest.aMember(no, 'doctor', booking.doctor.id),
    rest.anAccount({ siteAdministrator: true }),
  ]
  for (const as of people) {
    for (const manageToken of wrongTokens) {
      const real = (await link(rest, { path: booking.path, manageToken }, as)).problem
      const none = (await link(rest, { path: unknownPath, manageToken }, as)).problem
      expect(real).toMatchObject({ status: 404, code: 'booking_not_found' })
      const alike = { ...none, detail: none.detail.replace(unknownPath.bookingId, booking.id), instance: '' }
      expect({ ...real, instance: '' }).toEqual(alike)
    }
  }
  expect(await idsOf(rest, people[0] ?? owner)).toEqual([])
  const unborn = { path: unknownPath, manageToken: rest.manageTokens.issue(unknownPath.bookingId) }
  expect((await link(rest, unborn, owner)).problem.code).toBe('booking_not_found')
  const foreign = crypto.randomUUID()
  const elsewhere = { path: { bookingId: foreign }, manageToken: rest.manageTokens.issue(foreign) }
  expect((await link(rest, elsewhere, owner)).problem.code).toBe('booking_not_found')
})

test('without an account: 401, even with the booking’s token as the credential', async ({ database, rest }) => {
  const booking = await aGuestsBooking(database, rest)
  expect((await link(rest, booking)).problem).toMatchObject({ status: 401, code: 'unauthenticated' })
  const { path, manageToken } = booking
  const asHolder = await rest.call('linkBooking', { path, body: { manageToken }, token: manageToken })
  expect(asHolder.problem).toMatchObject({ status: 401, code: 'unauthenticated' })
  expect(await rest.engine.reads.booking(booking.id)).toMatchObject({ accountId: null, version: 1 })
})

test.for<[string, object | undefined, string]>([
  ['no body', undefined, '/'],
  ['no token', {}, '/manageToken'],
  ['a token that is no text', { manageToken: 7 }, '/manageToken'],
  ['an empty one', { manageToken: '' }, '/manageToken'],
  ['a control character', { manageToken: 'hfm_\u0000' }, '/manageToken'],
  ['a long one', { manageToken: 'h'.repeat(101) }, '/manageToken'],
  ['another account to give it to', { manageToken: 'x', accountId: 'y' }, '/accountId'],
])('a body with %s is refused by its field', async ([_what, body, path], { database, rest }) => {
  const { path: at } = await aGuestsBooking(database, rest)
  const { problem } = await rest.call('linkBooking', { path: at, as: rest.anAccount(), ...(body ? { body } : {}) })
  expect(problem).toMatchObject({ status: 400, code: 'invalid_request' })
  expect(problem.errors?.map((error) => error.path)).toContain(path)
})

test('two accounts link at once: exactly one succeeds', async ({ database, rest }) => {
  const booking = await aGuestsBooking(database, rest, { confirm: true })
  const accounts = Array.from({ length: 8 }, () => rest.anAccount())
  const replies = await Promise.all(accounts.map((as) => link(rest, booking, as)))
  // 409 or, if the token was void before it was checked, 404.
  expect(replies.filter(({ status }) => status === 200)).toHaveLength(1)
  expect(replies.filter(({ status }) => status === 409 || status === 404)).toHaveLength(7)
  const lists = await Promise.all(accounts.map((as) => idsOf(rest, as)))
  expect(lists.map((ids) => ids.length)).toEqual(replies.map(({ status }) => (status === 200 ? 1 : 0)))
})

test('a retry with its key gets the first response; with another body none', async ({ database, rest }) => {
  const booking = await aGuestsBooking(database, rest)
  const me = rest.anAccount()
  const first = await link(rest, booking, me, 'once')
  await rest.call('confirmBooking', { path: booking.path, as: me })
  const retry = await link(rest, booking, me, 'once')
  expect([retry.status, retry.body, retry.headers['holdfast-position']]).toEqual([
    200,
    first.body,
    first.headers['holdfast-position'],
  ])
  const other = await link(rest, { ...booking, manageToken: 'hfm_other' }, me, 'once')
  expect(other.problem.code).toBe('idempotency_key_reused')
})

test('the history has who linked and who undid a mark, and the status after that', async ({ database, rest }) => {
  const { clinic, doctor } = await aGuestsBooking(database, rest)
  const slot = await aSlot(database, doctor, { startsAt: new Date(Date.now() - 60_000) })
  const { id } = await aBooking(database, slot)
  const path = { bookingId: id }
  const [me, staff] = [rest.anAccount({ name: 'Grace' }), await rest.aMember(clinic.no, 'staff')]
  await link(rest, { path, manageToken: rest.manageTokens.issue(id) }, me)
  await rest.call('noShowBooking', { path, as: staff })
  expect((await rest.call('reopenBooking', { path, as: staff })).body).toMatchObject({
    status: 'CONFIRMED',
    version: 5,
  })
  const { body } = await rest.call('listBookingEvents', { path, as: staff })
  expect(body.items.slice(2)).toMatchObject([
    { event: { type: 'linked', statusAfter: 'CONFIRMED', actorId: me.id }, actorName: 'Grace' },
    { event: { type: 'no_show', statusAfter: null, actorId: staff.id } },
    { event: { type: 'reopened', statusAfter: 'CONFIRMED', actorId: staff.id } },
  ])
})
