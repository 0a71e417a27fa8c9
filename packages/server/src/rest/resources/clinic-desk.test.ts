import { aBooking, aClinic, aDoctor, aSlot, type TestDatabase, until } from '@holdfast/testkit'
import { expect, vi } from 'vitest'
import type { RestApp } from '../../../test/rest-app.ts'
import { test } from '../../../test/rest-test.ts'

async function aDesk(database: TestDatabase, rest: RestApp) {
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic)
  const admin = await rest.aMember(clinic.no, 'admin')
  return { clinic, doctor, admin, path: { clinicId: clinic.id } }
}

test('the clinic’s bookings are found by day, status, doctor and patient, in pages', async ({ database, rest }) => {
  const { doctor, admin, path, clinic } = await aDesk(database, rest)
  const slot = await aSlot(database, doctor, { capacity: 10 })
  const other = await aSlot(database, await aDoctor(database, clinic), { capacity: 10 })
  const ada = await aBooking(database, slot, {
    patient: { name: 'Ada Lovelace', email: 'ada@example.org', phone: '77' },
  })
  const held = await aBooking(database, slot, { status: 'PENDING', patient: { name: 'Bob' } })
  const third = await aBooking(database, other, { patient: { name: 'Cyd' } })
  const ids = async (query: Record<string, string | number>) =>
    (await rest.call('listClinicBookings', { path, as: admin, query })).body.items.map(({ id }) => id).sort()
  expect(await ids({})).toEqual([ada.id, held.id, third.id].sort())
  expect(await ids({ status: 'PENDING' })).toEqual([held.id])
  expect(await ids({ doctorId: doctor.id })).toEqual([ada.id, held.id].sort())
  const reference = `${ada.id.slice(-8, -4)}-${ada.id.slice(-4)}`.toUpperCase()
  for (const q of ['lovelace', 'ADA@EXAMPLE', '77', ada.id, reference, ada.id.slice(-8)])
    expect(await ids({ q }), q).toEqual([ada.id])
  expect(await ids({ to: '2020-01-02', from: '2020-01-01' })).toEqual([])
  expect(await ids({ to: '2020-01-02' })).toEqual([])
  const first = await rest.call('listClinicBookings', { path, as: admin, query: { limit: 2 } })
  const second = await rest.call('listClinicBookings', {
    path,
    as: admin,
    query: { limit: 2, cursor: first.body.nextCursor ?? '' },
  })
  expect([...first.body.items, ...second.body.items].map(({ id }) => id).sort()).toEqual(await ids({}))
  expect(second.body.nextCursor).toBeNull()
  expect(first.headers['cache-control']).toBe('no-store')
  expect(first.body.items.find(({ id }) => id === ada.id)?.patient.email).toBe('ada@example.org')
})

test('a page has up to a thousand bookings, compressed, unless more has to be found out for each', async ({
  database,
  rest,
}) => {
  const { doctor, admin, path } = await aDesk(database, rest)
  const slot = await aSlot(database, doctor, { capacity: 101 })
  for (let nth = 0; nth < 101; nth += 1) await aBooking(database, slot, { patient: { name: `Patient ${nth}` } })
  const list = (query: { limit: number; withBookedSince?: boolean; requested?: boolean; withTimeFree?: boolean }) =>
    rest.call('listClinicBookings', { path, as: admin, query })
  const whole = await list({ limit: 1_000 })
  expect(whole.body.items).toHaveLength(101)
  expect(whole.body.nextCursor).toBeNull()
  expect(whole.headers.vary).toContain('accept-encoding')
  for (const slow of [{ withBookedSince: true }, { requested: true, withTimeFree: true }]) {
    const message = 'must be at most 100 with withBookedSince or withTimeFree, not 101'
    expect((await list({ limit: 101, ...slow })).problem).toMatchObject({
      status: 400,
      errors: [{ path: '/query/limit', message }],
    })
    expect((await list({ limit: 100, ...slow })).status).toBe(200)
  }
  expect((await list({ limit: 1_001 })).status).toBe(400)
})

test('the list has the flags of linked records, also for the doctor, and no others', async ({ database, rest }) => {
  const { doctor, admin, path, clinic } = await aDesk(database, rest)
  const own = await rest.aMember(clinic.no, 'doctor', doctor.id)
  const slot = await aSlot(database, doctor, { capacity: 3 })
  const [linked, plain, unlinked] = [
    await aBooking(database, slot, { patient: { name: 'Ada' } }),
    await aBooking(database, slot, { patient: { name: 'Bob' } }),
    await aBooking(database, slot, { patient: { name: 'Cyd' } }),
  ]
  const recordOf = async (name: string, flags: string[]) =>
    (await rest.call('createPatient', { path, as: admin, body: { name, flags } })).body.id
  const link = async (bookingId: string, patientId: string) =>
    rest.call('linkBookingToPatient', { path: { ...path, bookingId }, as: admin, body: { patientId } })
  await link(linked.id, await recordOf('Ada', ['Interpreter', 'Wheelchair']))
  await link(plain.id, await recordOf('Bob', []))
  for (const [as, query] of [
    [admin, {}],
    [own, { doctorId: doctor.id }],
    [admin, { withBookedSince: true }],
  ] as const) {
    const { items } = (await rest.call('listClinicBookings', { path, as, query })).body
    expect(Object.fromEntries(items.map(({ id, patientFlags }) => [id, patientFlags]))).toEqual({
      [linked.id]: ['Interpreter', 'Wheelchair'],
      [plain.id]: undefined,
      [unlinked.id]: undefined,
    })
  }
})

test('the list shows who got an appointment since a withdrawal, doctors only theirs', async ({ database, rest }) => {
  const { doctor, admin, path, clinic } = await aDesk(database, rest)
  const colleague = await aDoctor(database, clinic)
  const slot = await aSlot(database, doctor)
  const day = slot.startsAt.toISOString().slice(0, 10)
  const patient = { name: 'Grace Hopper', email: 'grace@example.org' }
  const lost = await aBooking(database, slot, { patient })
  await rest.call('withdrawSlot', { path: { slotId: slot.id }, as: admin, query: { withBookings: true } })
  const listed = async (as: typeof admin, withBookedSince = true) => {
    const query = { from: day, to: day, doctorId: doctor.id, ...(withBookedSince && { withBookedSince }) }
    return (await rest.call('listClinicBookings', { path, as, query })).body.items
  }
  const ended = { id: lost.id, failureReason: 'slot_withdrawn' }
  expect(await listed(admin)).toEqual([expect.not.objectContaining({ bookedSince: expect.anything() })])
  const later = await aSlot(database, colleague, { startsAt: new Date(slot.startsAt.getTime() + 7 * 86_400_000) })
  const body = { slotId: later.id, patient, confirm: true, onBehalf: true }
  const { id: bookingId } = (await rest.call('createBooking', { body, as: admin })).body
  const bookedSince = { bookingId, startsAt: later.startsAt.toISOString() }
  expect(await listed(admin)).toMatchObject([{ ...ended, bookedSince }])
  const looked = vi.spyOn(rest.engine.reads, 'bookedSinceWithdrawal')
  expect(await listed(admin, false)).toEqual([expect.not.objectContaining({ bookedSince: expect.anything() })])
  expect(looked).not.toHaveBeenCalled()
  const own = await listed(await rest.aMember(clinic.no, 'doctor', doctor.id))
  expect(own).toMatchObject([ended])
  expect(own).toEqual([expect.not.objectContaining({ bookedSince: expect.anything() })])
})

test('days out of order or more than 366 are refused', async ({ database, rest }) => {
  const { admin, path } = await aDesk(database, rest)
  for (const id of ['listClinicBookings', 'getClinicStats', 'exportClinicStats'] as const) {
    const ask = (from: string, to: string) => rest.call(id, { path, as: admin, query: { from, to } })
    expect((await ask('2026-01-02', '2026-01-01')).problem.errors?.[0]?.path).toBe('/query/to')
    expect((await ask('2026-01-01', '2027-01-02')).problem.detail).toContain('at most 366 days')
    expect((await ask('2026-01-01', '2027-01-01')).status).toBe(200)
  }
})

test('figures count every status', async ({ database, rest }) => {
  const { doctor, admin, path } = await aDesk(database, rest)
  const slot = await aSlot(database, doctor, { capacity: 4 })
  await aBooking(database, slot)
  await aBooking(database, slot, { status: 'CANCELLED' })
  const date = slot.startsAt.toISOString().slice(0, 10)
  const { body } = await rest.call('getClinicStats', { path, as: admin, query: { from: date, to: date } })
  expect(body).toMatchObject({
    days: [
      {
        date,
        capacity: 4,
        taken: 1,
        openMinutes: 60,
        takenMinutes: 15,
        bookings: { CONFIRMED: 1, CANCELLED: 1, PENDING: 0 },
      },
    ],
    totals: { CONFIRMED: 1, CANCELLED: 1, NO_SHOW: 0 },
    utilisation: 0.25,
    noShowRate: null,
  })
  expect((await rest.call('getClinicStats', { path, as: admin })).body.days).toHaveLength(31)
  const query = { from: date, to: date, separator: 'semicolon' } as const
  const file = await rest.call('exportClinicStats', { path, as: admin, query })
  expect(file.headers['content-disposition']).toBe(`attachment; filename="statistics-${date}-${date}.csv"`)
  expect(String(file.body).split('\r\n')).toEqual([
    '\uFEFFdate;capacity;taken;openMinutes;takenMinutes;' +
      'PENDING;CONFIRMED;FAILED;CANCELLED;ARRIVED;NO_SHOW;COMPLETED;lapsed;released',
    `${date};4;1;60;15;0;1;0;1;0;0;0;0;0`,
    '',
  ])
})

test('the log is read in order, and continues after a position', async ({ database, rest }) => {
  const { doctor, admin, path } = await aDesk(database, rest)
  const slot = await aSlot(database, doctor, { capacity: 3 })
  const body = { slotId: slot.id, patient: { name: 'Ada' } }
  const created = await rest.call('createBooking', { body })
  await rest.call('confirmBooking', { path: { bookingId: created.body.id }, token: created.body.manageToken })
  // A line shows once every older transaction of the whole server has ended; other tests have some open.
  await until(
    async () => (await rest.call('listEvents', { path, as: admin })).body.items.length === 2,
    'two events in the log',
  )
  const first = await rest.call('listEvents', { path, as: admin, query: { limit: 1 } })
  expect(first.body.items).toMatchObject([{ bookingId: created.body.id, version: 1, type: 'held', units: 1 }])
  expect(JSON.stringify(first.body)).not.toContain('Ada')
  const after = first.body.items[0]?.position ?? ''
  expect(first.body.nextCursor).toBe(after)
  const onward = await rest.call('listEvents', { path, as: admin, query: { after } })
  expect(onward.body).toMatchObject({
    items: [{ version: 2, type: 'confirmed', holdExpiresAt: null }],
    nextCursor: null,
  })
  for (const wrong of ['x', '1', '-1.1', '99999999999999999999.1', '1.9999999999999999999']) {
    const { problem } = await rest.call('listEvents', { path, as: admin, query: { after: wrong } })
    expect(problem.errors?.[0]?.path, wrong).toBe('/query/after')
  }
  expect(
    (await rest.call('listEvents', { path, as: admin, query: { after: '18446744073709551615.1' } })).status,
  ).toBeLessThan(500)
})

test('verify counts a consistent clinic, and names what was corrupted', async ({ database, rest }) => {
  const { doctor, admin, path } = await aDesk(database, rest)
  const slot = await aSlot(database, doctor, { capacity: 3 })
  await aBooking(database, slot)
  const sound = await rest.call('verifyClinic', { path, as: admin })
  expect(sound.body).toEqual({ slots: 1, bookings: 1, events: 2, overbooked: 0, mismatches: 0, details: [] })
  await database.ownerPool.query('update holdfast.slot set taken = 3 where id = $1', [slot.id])
  const corrupted = await rest.call('verifyClinic', { path, as: admin })
  expect(corrupted.body.mismatches).toBe(1)
  expect(corrupted.body.details).toMatchObject([{ kind: 'taken_differs', slotId: slot.id, clinicId: path.clinicId }])
})

test('members change their role and leave; the last admin stays', async ({ database, rest }) => {
  const { clinic, doctor, admin, path } = await aDesk(database, rest)
  const person = await rest.aMember(clinic.no, 'staff')
  const pathOf = (accountId: string) => ({ clinicId: clinic.id, accountId })
  const change = (accountId: string, body: object) =>
    rest.call('changeMember', { path: pathOf(accountId), as: admin, body })
  expect(await change(person.id, { role: 'doctor', doctorId: doctor.id })).toMatchObject({
    status: 200,
    body: { accountId: person.id, email: person.email, name: person.name, role: 'doctor', doctorId: doctor.id },
  })
  const listed = await rest.call('listMembers', { path, as: admin })
  expect(listed.body.items.map(({ accountId, role }) => [accountId, role]).sort()).toEqual(
    [
      [admin.id, 'admin'],
      [person.id, 'doctor'],
    ].sort(),
  )
  const self = { path: pathOf(admin.id), as: admin }
  expect((await rest.call('removeMember', self)).problem).toMatchObject({ status: 409, code: 'last_admin' })
  expect((await change(admin.id, { role: 'staff' })).problem.code).toBe('last_admin')
  const leaving = { path: pathOf(person.id), as: admin }
  expect((await rest.call('removeMember', leaving)).status).toBe(204)
  expect((await rest.call('removeMember', leaving)).problem).toMatchObject({ status: 404, code: 'member_not_found' })
  expect((await change(person.id, { role: 'staff' })).problem).toMatchObject({ status: 404, code: 'member_not_found' })
})

test('no member without an invitation, and no doctor’s role without a doctor here', async ({ database, rest }) => {
  const { admin, clinic, path, doctor } = await aDesk(database, rest)
  const person = await rest.aMember(clinic.no, 'staff')
  const elsewhere = await aDoctor(database, await aClinic(database))
  const refused = async (accountId: string, body: object) =>
    (await rest.call('changeMember', { path: { ...path, accountId }, as: admin, body })).problem
  expect(await refused(rest.anAccount().id, { role: 'staff' })).toMatchObject({ status: 404, code: 'member_not_found' })
  expect((await refused(person.id, { role: 'doctor' })).errors).toEqual([
    { path: '/doctorId', message: 'is required with role doctor' },
  ])
  expect((await refused(person.id, { role: 'admin', doctorId: doctor.id })).errors?.[0]?.path).toBe('/doctorId')
  for (const doctorId of [elsewhere.id, path.clinicId]) {
    expect(await refused(person.id, { role: 'doctor', doctorId })).toMatchObject({ code: 'doctor_not_found' })
  }
  expect((await refused(person.id, { role: 'owner' })).errors?.[0]?.path).toBe('/role')
})

test('an account sees itself and its own bookings, and none by e-mail address', async ({ database, rest }) => {
  const { clinic, doctor, path } = await aDesk(database, rest)
  const slot = await aSlot(database, doctor, { capacity: 5 })
  const me = await rest.aMember(clinic.no, 'staff')
  const patient = { name: me.name, email: me.email }
  expect((await rest.call('getMe', { as: me })).body).toEqual({
    id: me.id,
    email: me.email,
    name: me.name,
    siteAdministrator: false,
    lacksSecondFactor: false,
    memberships: [{ clinicId: path.clinicId, role: 'staff', doctorId: null, lacksSecondFactor: false }],
  })
  await rest.call('createBooking', { body: { slotId: slot.id, patient } })
  expect((await rest.call('listMyBookings', { as: me })).body).toEqual({ items: [], nextCursor: null })
  const own = await rest.call('createBooking', { body: { slotId: slot.id, patient }, as: me })
  const ids = async (query: Record<string, string>) =>
    (await rest.call('listMyBookings', { as: me, query })).body.items.map(({ id }) => id)
  expect(await ids({})).toEqual([own.body.id])
  expect(await ids({ status: 'PENDING' })).toEqual([own.body.id])
  expect(await ids({ status: 'CANCELLED' })).toEqual([])
  expect(await ids({ from: '2020-01-01', to: '2020-02-01' })).toEqual([])
  const wrong = await rest.call('listMyBookings', { as: me, query: { from: '2026-02-01', to: '2026-01-01' } })
  expect(wrong.problem.errors?.[0]?.path).toBe('/query/to')
})

test('a booking’s history has every change and its author, before the clinic’s log', async ({ database, rest }) => {
  const { doctor, admin, clinic } = await aDesk(database, rest)
  const slot = await aSlot(database, doctor)
  const booking = await aBooking(database, slot)
  const path = { bookingId: booking.id }
  await rest.call('cancelBooking', { path, as: admin, body: { reason: 'Ill' } })
  const open = await database.ownerPool.connect()
  await open.query('begin')
  await open.query('select pg_current_xact_id()')
  const { body } = await rest.call('listBookingEvents', { path, as: admin })
  await open.query('commit')
  open.release()
  expect(body.items).toMatchObject([
    { event: { type: 'held', version: 1 }, actorName: null },
    { event: { type: 'confirmed', version: 2 }, actorName: null },
    { event: { type: 'cancelled', version: 3, actorId: admin.id }, actorName: admin.name },
  ])
  expect(body.items).toMatchObject(Array(3).fill({ fromStartsAt: null, startsAt: null }))
  const token = rest.manageTokens.issue(booking.id)
  expect((await rest.call('listBookingEvents', { path, token })).problem.code).toBe('forbidden')
  const colleague = await rest.aMember(clinic.no, 'doctor', (await aDoctor(database, clinic)).id)
  expect((await rest.call('listBookingEvents', { path, as: colleague })).problem.code).toBe('booking_not_found')
})

test('a booking’s history says from when and to when it was moved', async ({ database, rest }) => {
  const { doctor, admin } = await aDesk(database, rest)
  const day = Date.now() + 2 * 86_400_000
  const startsAt = (hours: number) => new Date(day + hours * 3_600_000)
  const slots = []
  for (const hours of [0, 1, 2]) slots.push(await aSlot(database, doctor, { startsAt: startsAt(hours) }))
  const booking = await aBooking(database, slots[0] as (typeof slots)[0])
  const path = { bookingId: booking.id }
  for (const slot of slots.slice(1))
    await rest.call('rescheduleBooking', { path, as: admin, body: { slotId: slot.id } })
  const { body } = await rest.call('listBookingEvents', { path, as: admin })
  const [first, second, third] = [0, 1, 2].map((hours) => startsAt(hours).toISOString())
  expect(body.items.slice(2)).toMatchObject([
    { event: { type: 'moved' }, fromStartsAt: first, startsAt: second },
    { event: { type: 'moved' }, fromStartsAt: second, startsAt: third },
  ])
})

test('the newest events are returned newest first', async ({ database, rest }) => {
  const { doctor, admin, path } = await aDesk(database, rest)
  const slot = await aSlot(database, doctor, { capacity: 2 })
  await aBooking(database, slot)
  const last = await aBooking(database, slot)
  const newest = await until(async () => {
    const { body } = await rest.call('listEvents', { path, as: admin, query: { newest: true, limit: 3 } })
    return body.items[0]?.bookingId === last.id ? body : undefined
  }, 'the last booking in the log')
  expect(newest.items.map(({ version }) => version)).toEqual([2, 1, 2])
  expect(newest.nextCursor).toBeNull()
  const query = { newest: true, confirmedOnly: true, limit: 3 }
  const confirmed = (await rest.call('listEvents', { path, as: admin, query })).body
  expect(confirmed.items.map(({ type }) => type)).toEqual(['confirmed', 'confirmed'])
  const alone = await rest.call('listEvents', { path, as: admin, query: { confirmedOnly: true } })
  expect(alone.problem.errors?.[0]?.path).toBe('/query/confirmedOnly')
  const both = await rest.call('listEvents', { path, as: admin, query: { newest: true, after: '1.1' } })
  expect(both.problem.errors?.[0]?.path).toBe('/query/newest')
})
