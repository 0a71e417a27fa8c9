import { randomUUID } from 'node:crypto'
import { aBooking, aClinic, aDoctor, aSlot, type TestDatabase } from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { expect, onTestFinished } from 'vitest'
import { type CallOptions, type RestApp, restAppSecret } from '../../../test/rest-app.ts'
import { test } from '../../../test/rest-test.ts'
import { createUnsubscribeTokens } from '../../secrets/confirmation-tokens.ts'

/** Somebody waits for a doctor with a full slot: `offer` frees it, so that it is offered to them. */
async function aWaiter(database: TestDatabase, rest: RestApp, as?: CallOptions['as']) {
  const clinic = await aClinic(database)
  const [doctor, colleague] = [await aDoctor(database, clinic), await aDoctor(database, clinic)]
  const slot = await aSlot(database, doctor)
  const taken = await aBooking(database, slot)
  const day = slot.startsAt.toISOString().slice(0, 10)
  const patient = { name: 'Grace Hopper', email: 'grace@example.org' }
  const body = { clinicId: clinic.id, doctorId: doctor.id, from: day, to: day, patient }
  const joined = (await rest.call('createWaitlistEntry', { body, ...(as ? { as } : {}) })).body
  const path = { entryId: joined.id }
  const token = joined.manageToken ?? ''
  const read = async (who: Pick<CallOptions, 'as' | 'token'> = { token }) =>
    (await rest.call('getWaitlistEntry', { path, ...who })).body
  const offer = async () => {
    await rest.call('cancelBooking', { path: { bookingId: taken.id }, token: rest.manageTokens.issue(taken.id) })
    const { offer } = await read()
    const booking = { path: { bookingId: offer?.booking.id ?? '' }, token: offer?.manageToken ?? '' }
    return booking
  }
  return { clinic, doctor, colleague, path, token, read, offer }
}

test('the link of an entry reads the offer while it is open, and nothing of the visit', async ({ database, rest }) => {
  const { clinic, read, offer } = await aWaiter(database, rest)
  const booking = await offer()
  expect((await rest.call('confirmBooking', booking)).body.status).toBe('CONFIRMED')
  expect(await read()).toMatchObject({ status: 'accepted', offer: null })
  const staff = await rest.aMember(clinic.no, 'staff')
  expect((await read({ as: staff })).offer).toMatchObject({ booking: { status: 'CONFIRMED' }, manageToken: null })
})

test('it gives nobody the token of an offer that was renewed, or linked to an account', async ({ database, rest }) => {
  for (const take of ['renewManageToken', 'linkBooking'] as const) {
    const { read, offer } = await aWaiter(database, rest)
    const { path, token } = await offer()
    const taken =
      take === 'linkBooking'
        ? await rest.call(take, { path, as: rest.anAccount(), body: { manageToken: token } })
        : await rest.call(take, { path, token })
    expect(taken.status, take).toBe(200)
    expect(await read(), take).toMatchObject({ status: 'offered', offer: null })
  }
})

test('an account reads the offer of its entry, also when it was accepted', async ({ database, rest }) => {
  const as = rest.anAccount()
  const { path, read, offer } = await aWaiter(database, rest, as)
  const booking = await offer()
  await rest.call('confirmBooking', booking)
  expect((await read({ as })).offer).toMatchObject({ booking: { status: 'CONFIRMED' }, manageToken: booking.token })
  // The entry's token is the account's: that of a guest opens nothing.
  const guests = { path, token: rest.manageTokens.issue(path.entryId) }
  expect((await rest.call('getWaitlistEntry', guests)).problem.code).toBe('waitlist_entry_not_found')
})

test('a doctor for whom somebody waited does not read the visit with a colleague', async ({ database, rest }) => {
  const { clinic, doctor, colleague, read, offer } = await aWaiter(database, rest)
  const { path } = await offer()
  const staff = await rest.aMember(clinic.no, 'staff')
  const as = await rest.aMember(clinic.no, 'doctor', doctor.id)
  expect((await read({ as })).offer).toMatchObject({ booking: { status: 'PENDING' }, manageToken: null })
  const { id: slotId } = await aSlot(database, colleague)
  await rest.call('confirmBooking', { path, as: staff })
  expect((await rest.call('rescheduleBooking', { path, as: staff, body: { slotId } })).status).toBe(200)
  expect((await read({ as })).offer).toBeNull()
  expect((await read({ as: staff })).offer).toMatchObject({ booking: { slotId } })
})

test('the token of an entry works until a day after the entry has ended', async ({ database, rest }) => {
  const { path, token } = await aWaiter(database, rest)
  const statusAfter = async (hours: number) => {
    await database.ownerPool.query(sql`update holdfast.waitlist_entry
        set ended_at = now() - make_interval(hours => ${hours}) where id = ${path.entryId}`)
    return (await rest.call('getWaitlistEntry', { path, token })).status
  }
  expect((await rest.call('leaveWaitlist', { path, token })).status).toBe(204)
  expect([await statusAfter(23), await statusAfter(25)]).toEqual([200, 404])
})

test('a renewed token voids the former, whose retry gets the same; members get none', async ({ database, rest }) => {
  const { clinic, path, token, read } = await aWaiter(database, rest)
  const key = randomUUID()
  const renew = (sent: string) => rest.call('renewWaitlistToken', { path, token: sent, key })
  const renewed = (await renew(token)).body.manageToken
  expect((await renew(token)).body.manageToken).toBe(renewed)
  expect((await rest.call('getWaitlistEntry', { path, token })).problem.code).toBe('waitlist_entry_not_found')
  expect(await read({ token: renewed })).toMatchObject({ status: 'waiting' })
  const admin = await rest.aMember(clinic.no, 'admin')
  expect((await rest.call('renewWaitlistToken', { path, as: admin })).problem.code).toBe('forbidden')
})

test('a token that is voided after it was found valid reads nothing of the entry', async ({ database, rest }) => {
  const { path, token } = await aWaiter(database, rest)
  const { entry } = rest.engine.waitlist
  const { promise: found, resolve: isFound } = Promise.withResolvers<void>()
  const { promise: voided, resolve: isVoided } = Promise.withResolvers<void>()
  rest.engine.waitlist.entry = async (...parameters) => {
    isFound()
    await voided
    return entry(...parameters)
  }
  const reading = rest.call('getWaitlistEntry', { path, token })
  await found
  expect((await rest.call('renewWaitlistToken', { path, token })).status).toBe(200)
  isVoided()
  expect((await reading).problem.code).toBe('waitlist_entry_not_found')
  rest.engine.waitlist.entry = entry
})

test('a token that is voided after it was found valid lists no offers of the entry', async ({ database, rest }) => {
  const { path, token, offer } = await aWaiter(database, rest)
  await offer()
  const { waitlist } = rest.engine
  const { offersOf } = waitlist
  onTestFinished(() => {
    waitlist.offersOf = offersOf
  })
  const list = () => rest.call('listWaitlistOffers', { path, token })
  expect((await list()).body.items).toHaveLength(1)
  waitlist.offersOf = async (...parameters) => {
    expect((await rest.call('renewWaitlistToken', { path, token })).status).toBe(200)
    return offersOf(...parameters)
  }
  expect((await list()).problem.code).toBe('waitlist_entry_not_found')
})

test('a link to leave that went to an address corrected meanwhile ends nothing', async ({ database, rest }) => {
  const { clinic, path, read } = await aWaiter(database, rest)
  const { entryId } = path
  const as = await rest.aMember(clinic.no, 'staff')
  const { waitlist } = rest.engine
  const { entry } = waitlist
  onTestFinished(() => {
    waitlist.entry = entry
  })
  const leave = (email: string) => {
    const token = createUnsubscribeTokens([restAppSecret]).issue(entryId, email)
    return rest.call('leaveWaitlistByLink', { body: { entryId, token } })
  }
  waitlist.entry = async (...parameters) => {
    const found = await entry(...parameters)
    waitlist.entry = entry
    const body = { patient: { email: 'right@example.org' } }
    expect((await rest.call('correctWaitlistEntry', { as, path, body })).status).toBe(200)
    return found
  }
  expect((await leave('grace@example.org')).problem.code).toBe('link_used')
  expect(await read({ as })).toMatchObject({ status: 'waiting' })
  // The control: the link that the corrected address gets, also a second time.
  for (let times = 0; times < 2; times += 1) expect((await leave('right@example.org')).status).toBe(200)
  expect(await read({ as })).toMatchObject({ status: 'ended', endReason: 'left' })
})
