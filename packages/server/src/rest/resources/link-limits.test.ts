import { DatabaseUnavailable } from '@holdfast/engine'
import { aClinic, aDoctor, aSlot, type TestDatabase } from '@holdfast/testkit'
import { expect, onTestFinished } from 'vitest'
import { type RestApp, startRestApp, type TestAccount } from '../../../test/rest-app.ts'
import { test } from '../../../test/rest-test.ts'

let clients = 0
const anAddress = () => {
  clients += 1
  return `203.0.113.${clients}`
}

type Limits = { accountBookingsMax?: number; accountHoldsMax?: number }

/** A clinic with these limits. `aGuests` books there as a guest, each time from another address. */
async function aScene(database: TestDatabase, rest: RestApp, limits: Limits) {
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic)
  const slot = await aSlot(database, doctor, { capacity: 100 })
  const admin = await rest.aMember(clinic.no, 'admin')
  await rest.call('updateBookingLimits', { path: { clinicId: clinic.id }, as: admin, body: limits })
  const aGuests = async (confirm = true) => {
    const body = { slotId: slot.id, patient: { name: 'P' }, confirm }
    const { body: booking } = await rest.call('createBooking', { body, remoteAddress: anAddress() })
    return { path: { bookingId: booking.id }, body: { manageToken: booking.manageToken ?? '' } }
  }
  return { clinic, doctor, slot, admin, aGuests }
}

/** A server that reserves what a link needs, and then cannot make it. */
async function startCutOff(database: TestDatabase, limited: RestApp): Promise<RestApp> {
  const lost = new DatabaseUnavailable('The connection was lost.', { outcomeUnknown: false, cause: null })
  const engine = { ...limited.engine, settle: () => Promise.reject(lost) }
  const cutOff = await startRestApp(database, { hasLimits: true, replaced: { engine } })
  onTestFinished(() => cutOff.stop())
  return cutOff
}

type Guests = Awaited<ReturnType<Awaited<ReturnType<typeof aScene>>['aGuests']>>

const link = (rest: RestApp, booking: Guests, as: TestAccount, key?: string) =>
  rest.call('linkBooking', { ...booking, as, ...(key ? { key } : {}) })

test('linked bookings count for the account’s limit: one more needs a cancellation', async ({ database, limited }) => {
  const { slot, aGuests } = await aScene(database, limited, { accountBookingsMax: 2 })
  const as = limited.anAccount()
  const own = await limited.call('createBooking', {
    body: { slotId: slot.id, patient: { name: 'P' }, confirm: true },
    as,
    remoteAddress: anAddress(),
  })
  expect((await link(limited, await aGuests(), as)).status).toBe(200)
  const third = await aGuests()
  const { problem } = await link(limited, third, as)
  expect(problem).toMatchObject({ status: 409, code: 'too_many_bookings', max: 2 })
  expect(problem.detail).toContain('an account at most 2 coming appointments')
  // Nothing has changed: the guest's token works, and another account can link the booking.
  const read = await limited.call('getBooking', { path: third.path, token: third.body.manageToken })
  expect([read.status, read.body.version]).toEqual([200, 1])
  await limited.call('cancelBooking', { path: { bookingId: own.body.id }, as })
  expect((await link(limited, third, as)).status).toBe(200)
  // What was linked counts for bookings, too.
  const body = { slotId: slot.id, patient: { name: 'P' }, confirm: true }
  const booked = await limited.call('createBooking', { body, as, remoteAddress: anAddress() })
  expect(booked.problem).toMatchObject({ code: 'too_many_bookings', max: 2 })
})

test('links at the same time do not exceed the limit', async ({ database, limited }) => {
  const { aGuests } = await aScene(database, limited, { accountBookingsMax: 3 })
  const as = limited.anAccount()
  const bookings = await Promise.all(Array.from({ length: 8 }, () => aGuests()))
  const linked = await Promise.all(bookings.map((booking) => link(limited, booking, as)))
  expect(linked.map(({ status }) => status).sort()).toEqual([200, 200, 200, 409, 409, 409, 409, 409])
  expect((await limited.call('listMyBookings', { as })).body.items.length).toBe(3)
})

test('holds count as holds', async ({ database, limited }) => {
  const { aGuests } = await aScene(database, limited, { accountHoldsMax: 1 })
  const as = limited.anAccount()
  expect((await link(limited, await aGuests(false), as)).status).toBe(200)
  expect((await link(limited, await aGuests(false), as)).problem).toMatchObject({ code: 'too_many_bookings', max: 1 })
  // A confirmed booking is no hold.
  expect((await link(limited, await aGuests(), as)).status).toBe(200)
})

test('the same link again gets its booking at the limit, with any key or none', async ({ database, limited }) => {
  const { aGuests } = await aScene(database, limited, { accountBookingsMax: 1 })
  const as = limited.anAccount()
  const booking = await aGuests()
  const first = await link(limited, booking, as, 'the key')
  for (const key of ['the key', 'another key', undefined]) {
    const again = await link(limited, booking, as, key)
    expect([again.status, again.body]).toEqual([200, first.body])
  }
  // Sent several times at once, it takes one place.
  const other = limited.anAccount()
  const one = await aGuests()
  const together = await Promise.all(Array.from({ length: 4 }, () => link(limited, one, other)))
  expect(together.map(({ status }) => status)).toEqual([200, 200, 200, 200])
})

test('a booking that was not linked takes no place', async ({ database, limited }) => {
  const { aGuests } = await aScene(database, limited, { accountBookingsMax: 1 })
  const [first, second] = [limited.anAccount(), limited.anAccount()]
  const booking = await aGuests()
  const linked = await Promise.all(
    [first, second].map(async (as) => ({ as, status: (await link(limited, booking, as)).status })),
  )
  expect(linked.map(({ status }) => status === 200).sort()).toEqual([false, true])
  const loser = linked.find(({ status }) => status !== 200)?.as ?? first
  expect((await link(limited, await aGuests(), loser)).status).toBe(200)
})

test('the reservation of a link that failed ends when another has it', async ({ database, limited }) => {
  const { aGuests } = await aScene(database, limited, { accountBookingsMax: 1 })
  const cutOff = await startCutOff(database, limited)
  const [slow, fast] = [limited.anAccount(), limited.anAccount()]
  const booking = await aGuests()
  expect((await link(cutOff, booking, cutOff.anAccount(slow))).status).toBe(503)
  // Control: meanwhile it counts.
  const own = await aGuests()
  expect((await link(limited, own, slow)).problem).toMatchObject({ code: 'too_many_bookings', max: 1 })
  expect((await link(limited, booking, fast)).status).toBe(200)
  expect((await link(limited, own, slow)).status).toBe(200)
  // It counts for the one who has it.
  expect((await link(limited, await aGuests(), fast)).problem).toMatchObject({ code: 'too_many_bookings' })
})

test('a link that fails on one server does not release the reservation of its retry on another', async ({
  database,
  limited,
  otherLimited,
}) => {
  const { aGuests } = await aScene(database, limited, { accountBookingsMax: 1 })
  const cutOff = await startCutOff(database, limited)
  const as = limited.anAccount()
  const booking = await aGuests()
  expect((await link(cutOff, booking, cutOff.anAccount(as))).status).toBe(503)
  expect((await link(otherLimited, booking, otherLimited.anAccount(as))).status).toBe(200)
  // The next batch of the first server is where it would release what its link had reserved.
  for (let n = 0; n < 2; n += 1) {
    expect((await link(limited, await aGuests(), as)).problem).toMatchObject({ code: 'too_many_bookings', max: 1 })
  }
})

test('what is over can be linked at the limit; members are not limited', async ({ database, limited, rest }) => {
  const { admin, clinic, doctor, aGuests } = await aScene(database, limited, { accountBookingsMax: 1 })
  const as = limited.anAccount()
  expect((await link(limited, await aGuests(), as)).status).toBe(200)
  const cancelled = await aGuests()
  await limited.call('cancelBooking', { path: cancelled.path, token: cancelled.body.manageToken })
  expect((await link(limited, cancelled, as)).status).toBe(200)
  for (const member of [
    admin,
    await limited.aMember(clinic.no, 'staff'),
    await limited.aMember(clinic.no, 'doctor', doctor.id),
  ]) {
    for (let n = 0; n < 2; n += 1) expect((await link(limited, await aGuests(), member)).status).toBe(200)
  }
  // The control: at the limit, and without limits.
  expect((await link(limited, await aGuests(), as)).status).toBe(409)
  expect((await link(rest, await aGuests(), rest.anAccount())).status).toBe(200)
})
