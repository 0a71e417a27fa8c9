import { randomUUID } from 'node:crypto'
import { DatabaseUnavailable } from '@holdfast/engine'
import { aClinic, aDoctor, aSlot, type TestDatabase } from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { expect, onTestFinished, vi } from 'vitest'
import type { RestApp } from '../../../test/rest-app.ts'
import { test as base } from '../../../test/rest-test.ts'

const test = base.extend('scene', ({ database, limited }) => aScene(database, limited))

let clients = 0
/** The address of another client. */
const anAddress = () => {
  clients += 1
  return `198.51.${Math.floor(clients / 250)}.${(clients % 250) + 1}`
}

async function aScene(database: TestDatabase, rest: RestApp) {
  const clinic = await aClinic(database)
  const slot = await aSlot(database, await aDoctor(database, clinic), { capacity: 1000 })
  const admin = await rest.aMember(clinic.no, 'admin')
  return { clinic, slot, admin, path: { clinicId: clinic.id } }
}

type Booking = { patient?: object; confirm?: boolean; units?: number; onBehalf?: boolean }

const book = (rest: RestApp, slotId: string, body: Booking, options: Parameters<RestApp['call']>[1] = {}) =>
  rest.call('createBooking', { body: { slotId, patient: { name: 'P' }, confirm: true, ...body }, ...options })

async function times(count: number, ask: (round: number) => Promise<{ status: number }>): Promise<number[]> {
  const statuses: number[] = []
  for (let round = 0; round < count; round += 1) statuses.push((await ask(round)).status)
  return statuses
}

test('one address fills no calendar, guest or account; members have no limit', async ({ database, limited, rest }) => {
  const { slot, admin, path } = await aScene(database, limited)
  await limited.call('updateBookingLimits', { path, as: admin, body: { addressBookingsMax: 6 } })
  const remoteAddress = anAddress()
  const asGuests = await times(9, () => book(limited, slot.id, {}, { remoteAddress }))
  expect(asGuests).toEqual([201, 201, 201, 201, 201, 201, 409, 409, 409])
  // Guests who use up the limit do not keep patients with accounts behind the same address from booking.
  const asAccounts = await times(9, () => book(limited, slot.id, {}, { remoteAddress, as: limited.anAccount() }))
  expect(asAccounts).toEqual([201, 201, 201, 201, 201, 201, 409, 409, 409])
  const refused = await book(limited, slot.id, {}, { remoteAddress })
  expect(refused.problem).toMatchObject({ code: 'too_many_bookings', max: 6 })
  expect(refused.problem.detail).toContain('one internet connection')
  const desk = { onBehalf: true, units: 20, patient: { name: 'P', email: 'series@example.org' } }
  expect(await times(15, () => book(limited, slot.id, desk, { remoteAddress, as: admin }))).toEqual(Array(15).fill(201))
  // The control: without limits.
  expect(await times(9, () => book(rest, slot.id, {}, { remoteAddress }))).toEqual(Array(9).fill(201))
})

test('an IPv6 customer is limited by /56 and /48', async ({ limited, scene: { slot, admin, path } }) => {
  await limited.call('updateBookingLimits', { path, as: admin, body: { addressBookingsMax: 2 } })
  const from = (group: string) => book(limited, slot.id, {}, { remoteAddress: `2001:db8:9:${group}::1` })
  expect(await times(3, (round) => from(`10${round}`))).toEqual([201, 201, 409])
  expect(await times(7, (round) => from(`${round + 2}00`))).toEqual([201, 201, 201, 201, 201, 201, 409])
})

test('holds are limited; cancelling one makes room', async ({ limited, scene: { slot } }) => {
  const [remoteAddress, as] = [anAddress(), limited.anAccount()]
  const hold = () => book(limited, slot.id, { confirm: false }, { remoteAddress, as })
  const held = [await hold(), await hold(), await hold(), await hold(), await hold()]
  expect((await hold()).problem).toMatchObject({ code: 'too_many_bookings', max: 5 })
  await limited.call('cancelBooking', { path: { bookingId: held[0]?.body.id ?? '' }, as })
  expect((await hold()).status).toBe(201)
})

test('strangers who use up the limit of a contact do not stop its owner', async ({ database, limited }) => {
  const { slot, admin, path } = await aScene(database, limited)
  await limited.call('updateBookingLimits', { path, as: admin, body: { contactBookingsMax: 2 } })
  const owner = limited.anAccount()
  const patient = { name: 'P', email: owner.email }
  const remoteAddress = anAddress()
  const stranger = () => book(limited, slot.id, { patient }, { remoteAddress })
  expect(await times(3, stranger)).toEqual([201, 201, 409])
  expect((await stranger()).problem.detail).toContain('Sign in with this e-mail address')
  // Elsewhere as a guest, or at the same address with the account. Another account does not count as its owner.
  expect((await book(limited, slot.id, { patient }, { remoteAddress: anAddress() })).status).toBe(201)
  expect((await book(limited, slot.id, { patient }, { as: owner, remoteAddress })).status).toBe(201)
  expect((await book(limited, slot.id, { patient }, { as: limited.anAccount(), remoteAddress })).status).toBe(409)
})

test('a phone number is a contact too, however it is written', async ({ limited, scene: { slot, admin, path } }) => {
  await limited.call('updateBookingLimits', { path, as: admin, body: { contactBookingsMax: 2 } })
  const from = async (remoteAddress: string) =>
    times(3, (round) => {
      const phone = ['+44 20 7946', '+44207946', '(44) 20-7946'][round] ?? ''
      return book(limited, slot.id, { patient: { name: 'P', phone } }, { remoteAddress })
    })
  expect(await from(anAddress())).toEqual([201, 201, 409])
  expect(await from(anAddress())).toEqual([201, 201, 409])
})

test('a contact that comes with the confirmation counts too', async ({ limited, scene: { slot, admin, path } }) => {
  await limited.call('updateBookingLimits', { path, as: admin, body: { contactBookingsMax: 2 } })
  const patient = { name: 'P', email: `${randomUUID()}@example.org` }
  const remoteAddress = anAddress()
  const confirm = async () => {
    const hold = await book(limited, slot.id, { confirm: false }, { remoteAddress })
    const access = { path: { bookingId: hold.body.id }, token: hold.body.manageToken, remoteAddress }
    return limited.call('confirmBooking', { ...access, body: { patient } })
  }
  expect(await times(3, confirm)).toEqual([200, 200, 409])
})

test('a confirmation that changes nothing counts for no contact', async ({ limited, scene: { slot, admin, path } }) => {
  await limited.call('updateBookingLimits', { path, as: admin, body: { contactBookingsMax: 2 } })
  const patient = { name: 'P', email: `${randomUUID()}@example.org` }
  const remoteAddress = anAddress()
  const confirm = ({ body }: Awaited<ReturnType<typeof book>>, of = patient) =>
    limited.call('confirmBooking', {
      path: { bookingId: body.id },
      token: body.manageToken,
      body: { patient: of },
      remoteAddress,
    })
  // Confirmed before, without a contact.
  for (let n = 0; n < 3; n += 1) {
    expect((await confirm(await book(limited, slot.id, {}, { remoteAddress }))).status).toBe(200)
  }
  // Confirmed at the same time, with another contact: both are admitted before one of them confirms.
  const { settle } = limited.engine
  const settling = vi.spyOn(limited.engine, 'settle')
  onTestFinished(() => settling.mockRestore())
  for (let n = 0; n < 3; n += 1) {
    const hold = await book(limited, slot.id, { confirm: false }, { remoteAddress })
    const elsewhere = { name: 'P', email: `${randomUUID()}@example.org` }
    settling.mockImplementationOnce(async (request) => {
      await confirm(hold, elsewhere)
      return settle(request)
    })
    const late = await confirm(hold)
    expect(late.body.patient.email).toBe(elsewhere.email)
  }
  // Nothing was used up. What two confirmations have in common stays counted.
  const hold = () => book(limited, slot.id, { confirm: false }, { remoteAddress })
  const twice = await hold()
  settling.mockImplementationOnce(async (request) => {
    await confirm(twice)
    return settle(request)
  })
  expect((await confirm(twice)).status).toBe(200)
  expect((await confirm(await hold())).status).toBe(200)
  expect((await confirm(await hold())).problem.code).toBe('too_many_bookings')
})

test('too many units are refused; a retry gets its booking, whatever the limits', async ({ database, limited }) => {
  const { slot, admin, path } = await aScene(database, limited)
  const remoteAddress = anAddress()
  expect((await book(limited, slot.id, { units: 5 }, { remoteAddress })).problem).toMatchObject({
    status: 422,
    code: 'too_many_units',
    max: 4,
  })
  const key = randomUUID()
  const first = await book(limited, slot.id, { units: 4 }, { remoteAddress, key })
  await limited.call('updateBookingLimits', { path, as: admin, body: { addressBookingsMax: 1, guestUnitsMax: 1 } })
  const again = await book(limited, slot.id, { units: 4 }, { remoteAddress, key })
  expect(again).toMatchObject({ status: 200, body: { id: first.body.id } })
})

test('claims that are refused for another reason use up nothing', async ({ database, limited }) => {
  const { slot, admin, path, clinic } = await aScene(database, limited)
  await limited.call('updateBookingLimits', { path, as: admin, body: { addressBookingsMax: 2 } })
  const full = await aSlot(database, await aDoctor(database, clinic))
  expect((await book(limited, full.id, {}, { remoteAddress: anAddress() })).status).toBe(201)
  const remoteAddress = anAddress()
  for (let n = 0; n < 5; n += 1) {
    expect((await book(limited, full.id, {}, { remoteAddress })).problem.code).toBe('slot_full')
  }
  expect((await book(limited, slot.id, {}, { remoteAddress })).status).toBe(201)
})

test('a request repeated during its first try gets the booking, whatever the limits', async ({ database, limited }) => {
  const { slot } = await aScene(database, limited)
  const patient = { name: 'P', email: `${randomUUID()}@example.org` }
  const options = { remoteAddress: anAddress(), key: randomUUID() }
  const replies = await Promise.all(
    Array.from({ length: 60 }, () => book(limited, slot.id, { patient, confirm: false }, options)),
  )
  expect(replies.map(({ status }) => status).sort()).toEqual([...Array(59).fill(200), 201])
  expect(new Set(replies.map(({ body }) => body.id)).size).toBe(1)
})

test('a claim that the database never got uses up nothing', async ({ limited, scene: { slot, admin, path } }) => {
  await limited.call('updateBookingLimits', { path, as: admin, body: { addressBookingsMax: 2 } })
  const claim = vi.spyOn(limited.engine, 'claim')
  const lost = (outcomeUnknown: boolean) => {
    claim.mockRejectedValueOnce(new DatabaseUnavailable('x', { outcomeUnknown, cause: null }))
  }
  onTestFinished(() => claim.mockRestore())
  const remoteAddress = anAddress()
  for (let n = 0; n < 5; n += 1) {
    lost(false)
    expect((await book(limited, slot.id, {}, { remoteAddress })).status).toBe(503)
  }
  // The control: claims that may have booked keep their room.
  for (let n = 0; n < 2; n += 1) {
    lost(true)
    expect((await book(limited, slot.id, {}, { remoteAddress })).status).toBeGreaterThanOrEqual(500)
  }
  expect((await book(limited, slot.id, {}, { remoteAddress })).problem.code).toBe('too_many_bookings')
})

test('a burst is found by its address, and cancelled with one call', async ({ database, limited }) => {
  const { slot, admin, path } = await aScene(database, limited)
  const remoteAddress = anAddress()
  for (let n = 0; n < 7; n += 1) await book(limited, slot.id, {}, { remoteAddress })
  const other = await book(limited, slot.id, {}, { remoteAddress: anAddress() })
  const { items } = (await limited.call('listBookingBursts', { path, as: admin })).body
  expect(items).toMatchObject([{ kind: 'address', bookings: 7 }])
  expect(JSON.stringify(items)).not.toContain(remoteAddress)
  const burst = { path: { ...path, burstId: items[0]?.id ?? '' }, as: admin }
  const listed = (await limited.call('listBurstBookings', burst)).body
  expect(listed).toMatchObject({ remaining: false, items: Array(7).fill({ status: 'CONFIRMED', slotId: slot.id }) })
  expect(listed.items.map(({ id }) => id)).not.toContain(other.body.id)
  const cancelled = await limited.call('cancelBookingBurst', { ...burst, body: { hours: 24 } })
  expect(cancelled.body).toEqual({ cancelled: 7, remaining: false })
  expect((await limited.call('listBookingBursts', { path, as: admin })).body.items).toEqual([])
  const { rows } = await database.ownerPool.query('select taken from holdfast.slot where id = $1', [slot.id])
  expect(rows).toEqual([{ taken: 1 }])
  const kept = await limited.call('getBooking', { path: { bookingId: other.body.id }, token: other.body.manageToken })
  expect(kept.body.status).toBe('CONFIRMED')
})

test('a burst of which some bookings could not be cancelled is not finished', async ({ database, limited }) => {
  const { slot, admin, path } = await aScene(database, limited)
  const remoteAddress = anAddress()
  for (let n = 0; n < 6; n += 1) await book(limited, slot.id, {}, { remoteAddress })
  const { items } = (await limited.call('listBookingBursts', { path, as: admin })).body
  const burst = { path: { ...path, burstId: items[0]?.id ?? '' }, as: admin }
  const cancel = async () => (await limited.call('cancelBookingBurst', { ...burst, body: { hours: 24 } })).body
  const settle = vi.spyOn(limited.engine, 'settle')
  onTestFinished(() => settle.mockRestore())
  for (let n = 0; n < 2; n += 1) settle.mockResolvedValueOnce({ kind: 'overloaded', retryAfterSeconds: 1 })
  expect(await cancel()).toEqual({ cancelled: 4, remaining: true })
  expect(await cancel()).toEqual({ cancelled: 2, remaining: false })
})

test('a burst with failed cancellations is reported with the others, and recorded', async ({ database, limited }) => {
  const { slot, admin, path } = await aScene(database, limited)
  const remoteAddress = anAddress()
  for (let n = 0; n < 6; n += 1) await book(limited, slot.id, {}, { remoteAddress })
  const { items } = (await limited.call('listBookingBursts', { path, as: admin })).body
  const burst = { path: { ...path, burstId: items[0]?.id ?? '' }, as: admin, body: { hours: 24 } }
  const settle = vi.spyOn(limited.engine, 'settle')
  onTestFinished(() => settle.mockRestore())
  settle.mockRejectedValueOnce(new DatabaseUnavailable('x', { outcomeUnknown: false, cause: null }))
  limited.audited.length = 0
  expect((await limited.call('cancelBookingBurst', burst)).body).toEqual({ cancelled: 5, remaining: true })
  expect(limited.audited).toMatchObject([{ kind: 'burst_cancelled', subjectId: burst.path.burstId }])
  settle.mockRejectedValueOnce(new DatabaseUnavailable('x', { outcomeUnknown: true, cause: null }))
  expect((await limited.call('cancelBookingBurst', burst)).problem.detail).toContain('the outcome is unknown')
  expect(limited.audited[1]?.details).toEqual(['outcome unknown'])
})

test('cancelling a burst leaves the bookings of accounts', async ({ limited, scene: { slot, admin, path } }) => {
  const remoteAddress = anAddress()
  const as = limited.anAccount()
  const own = await book(limited, slot.id, {}, { remoteAddress })
  const { id: bookingId, manageToken } = own.body
  await limited.call('linkBooking', { path: { bookingId }, as, body: { manageToken: manageToken ?? '' } })
  for (let n = 0; n < 5; n += 1) await book(limited, slot.id, {}, { remoteAddress })
  const { items } = (await limited.call('listBookingBursts', { path, as: admin })).body
  expect(items).toMatchObject([{ kind: 'address', bookings: 6, guestBookings: 5 }])
  const burst = { path: { ...path, burstId: items[0]?.id ?? '' }, as: admin }
  const cancelled = await limited.call('cancelBookingBurst', { ...burst, body: { hours: 24 } })
  expect(cancelled.body).toEqual({ cancelled: 5, remaining: false })
  const again = await limited.call('cancelBookingBurst', { ...burst, body: { hours: 24 } })
  expect(again.body).toEqual({ cancelled: 0, remaining: false })
  const kept = await limited.call('getBooking', { path: { bookingId: own.body.id }, as })
  expect(kept.body.status).toBe('CONFIRMED')
})

test('of accounts, a burst cancels what new, unconfirmed ones have booked', async ({ database, limited }) => {
  const { slot, admin, path } = await aScene(database, limited)
  const remoteAddress = anAddress()
  const bots = [limited.anAccount({ isConfirmed: false }), limited.anAccount({ isConfirmed: false })]
  const older = limited.anAccount({ isConfirmed: false, createdAt: new Date(Date.now() - 25 * 3_600_000) })
  const patients = [limited.anAccount(), older]
  for (const as of [...bots, ...bots, ...patients]) await book(limited, slot.id, {}, { remoteAddress, as })
  const { items } = (await limited.call('listBookingBursts', { path, as: admin })).body
  expect(items).toMatchObject([{ kind: 'address', bookings: 6, guestBookings: 0, newAccountBookings: 4 }])
  const burst = { path: { ...path, burstId: items[0]?.id ?? '' }, as: admin }
  const listed = (await limited.call('listBurstBookings', burst)).body
  expect(listed).toMatchObject({ remaining: false, items: { length: 4 } })
  limited.audited.length = 0
  const cancelled = await limited.call('cancelBookingBurst', { ...burst, body: { hours: 24 } })
  expect(cancelled.body).toEqual({ cancelled: 4, remaining: false })
  expect(limited.audited).toMatchObject([{ kind: 'burst_cancelled', subjectId: burst.path.burstId }])
  for (const as of bots) {
    const own = (await limited.call('listMyBookings', { as })).body.items
    expect(own.map(({ status }) => status)).toEqual(['CANCELLED', 'CANCELLED'])
  }
  for (const as of patients) {
    expect((await limited.call('listMyBookings', { as })).body.items).toMatchObject([{ status: 'CONFIRMED' }])
  }
})

test('the burst of a new, unconfirmed account is cancelled by its digest', async ({ database, limited }) => {
  const { slot, admin, path } = await aScene(database, limited)
  const as = limited.anAccount({ isConfirmed: false })
  for (let n = 0; n < 5; n += 1) await book(limited, slot.id, {}, { as, remoteAddress: anAddress() })
  const { items } = (await limited.call('listBookingBursts', { path, as: admin })).body
  expect(items).toMatchObject([{ kind: 'account', bookings: 5, newAccountBookings: 5 }])
  const burst = { path: { ...path, burstId: items[0]?.id ?? '' }, as: admin, body: { hours: 24 } }
  expect((await limited.call('cancelBookingBurst', burst)).body).toEqual({ cancelled: 5, remaining: false })
})

test('a burst of an account does not name it', async ({ database, limited, scene: { slot, admin, path, clinic } }) => {
  const as = limited.anAccount()
  for (let n = 0; n < 5; n += 1) await book(limited, slot.id, {}, { as })
  const { items } = (await limited.call('listBookingBursts', { path, as: admin })).body
  const burst = items.find(({ kind }) => kind === 'account')
  expect(burst).toMatchObject({ bookings: 5, guestBookings: 0 })
  // The control: it is what the clinic's limits count.
  const { rows } = await database.ownerPool.query(sql`select distinct subject::text from holdfast.booking_origin
      where clinic_no = ${clinic.no} and kind = 'account'`)
  expect(rows).toEqual([{ subject: as.id }])
  expect(burst?.id).not.toBe(as.id)
})

test('limits that are not named stay as they are', async ({ limited, scene: { admin, path } }) => {
  const before = (await limited.call('getBookingLimits', { path, as: admin })).body
  expect(before).toMatchObject({ guestUnitsMax: 4, addressBookingsMax: 40, contactHoldsMax: 3 })
  const changed = await limited.call('updateBookingLimits', { path, as: admin, body: { contactHoldsMax: 7 } })
  expect(changed.body).toEqual({ ...before, contactHoldsMax: 7 })
  const refused = await limited.call('updateBookingLimits', { path, as: admin, body: { contactHoldsMax: 0 } })
  expect(refused.problem).toMatchObject({ code: 'invalid_request', errors: [{ path: '/contactHoldsMax' }] })
})
