import { aBooking, aClinic, aDoctor, aSlot, lapseHolds, type TestDatabase } from '@holdfast/testkit'
import { expect } from 'vitest'
import type { CallOptions, RestApp } from '../../../test/rest-app.ts'
import { test as base } from '../../../test/rest-test.ts'

const test = base.extend('scene', ({ database, rest }) => aCalendar(database, rest))

async function aCalendar(database: TestDatabase, rest: RestApp, timezone = 'UTC') {
  const clinic = await aClinic(database, { timezone })
  const doctor = await aDoctor(database, clinic)
  const staff = await rest.aMember(clinic.no, 'staff')
  return { clinic, doctor, staff, path: { doctorId: doctor.id } }
}

// One for all tests: midnight may pass while they run.
const today = Temporal.Now.plainDateISO('UTC')
/** A day from now on, as `YYYY-MM-DD`. */
const day = (ahead: number) => today.add({ days: ahead }).toString()
const at = (ahead: number, time: string) => `${day(ahead)}T${time}:00Z`
const slotAt = (ahead: number, from: string, to: string, capacity?: number) => ({
  startsAt: at(ahead, from),
  endsAt: at(ahead, to),
  ...(capacity === undefined ? {} : { capacity }),
})

async function refusal(rest: RestApp, options: CallOptions) {
  const { problem } = await rest.call('createSlots', options)
  expect(problem).toMatchObject({ status: 400, code: 'invalid_request' })
  return problem.errors?.map(({ path, message }) => [path, message])
}

test('slots are created, skipped if they exist, or conflicts if they overlap', async ({ database, rest }) => {
  const { staff, path } = await aCalendar(database, rest)
  const slots = [slotAt(3, '09:00', '09:30', 5), slotAt(3, '10:00', '10:30')]
  const created = await rest.call('createSlots', { path, as: staff, body: { slots } })
  expect(created.status).toBe(201)
  expect(created.body).toMatchObject({ created: 2, skipped: 0, conflicts: 0 })
  expect(created.headers['holdfast-position']).toMatch(/^\d+\.\d+$/)
  const again = await rest.call('createSlots', {
    path,
    as: staff,
    body: { slots: [slotAt(3, '09:00', '09:30', 5), slotAt(3, '10:15', '10:45')] },
  })
  expect(again.status).toBe(200)
  expect(again.body).toMatchObject({ created: 0, skipped: 1, conflicts: 1 })
  expect(again.body.items.map(({ outcome }) => outcome)).toEqual(['skipped', 'conflict'])
  expect(again.body.items[1]?.slotId).toBe(created.body.items[1]?.slotId)
})

test('a dry run reports the same and creates nothing', async ({ rest, scene: { staff, path } }) => {
  const body = { slots: [slotAt(3, '09:00', '09:30')] }
  const dry = await rest.call('createSlots', { path, as: staff, body, query: { dryRun: true } })
  expect(dry).toMatchObject({ status: 200, body: { created: 1, items: [{ slotId: null }] } })
  const query = { from: day(3), to: day(3) }
  expect((await rest.call('listSlots', { path, query })).body.items).toEqual([])
  expect((await rest.call('createSlots', { path, as: staff, body })).body.created).toBe(1)
})

test('times may have any offset; responses are in UTC', async ({ rest, scene: { staff, path } }) => {
  const body = { slots: [{ startsAt: `${day(5)}T09:00:00+05:30`, endsAt: `${day(5)}T09:30:00+05:30` }] }
  const { items } = (await rest.call('createSlots', { path, as: staff, body })).body
  expect(items[0]).toMatchObject({ startsAt: `${day(5)}T03:30:00.000Z`, endsAt: `${day(5)}T04:00:00.000Z` })
})

test('each invalid slot is reported by its position', async ({ rest, scene: { staff, path } }) => {
  const good = Array.from({ length: 17 }, (_, index) => slotAt(3, `00:${10 + index}`, `00:${11 + index}`))
  const with17 = (slot: object) => refusal(rest, { path, as: staff, body: { slots: [...good, slot] } })
  expect(await with17(slotAt(3, '10:00', '10:00'))).toEqual([
    ['/slots/17/endsAt', expect.stringContaining('must be after startsAt')],
  ])
  expect(await with17(slotAt(3, '10:00', '09:00'))).toEqual([
    ['/slots/17/endsAt', expect.stringContaining('must be after startsAt')],
  ])
  expect(await with17(slotAt(-1, '10:00', '10:30'))).toEqual([
    ['/slots/17/endsAt', expect.stringContaining('must be in the future')],
  ])
  expect(await with17(slotAt(800, '10:00', '10:30'))).toEqual([
    ['/slots/17/startsAt', expect.stringContaining('2 years ahead')],
  ])
  // Claims of times, and lists of what reaches into a day, look for no longer ones.
  expect(await with17({ startsAt: at(3, '10:00'), endsAt: at(4, '11:01') })).toEqual([
    ['/slots/17/endsAt', expect.stringContaining('at most 25 hours')],
  ])
  expect(await with17(slotAt(3, '00:12', '00:13'))).toEqual([['/slots/17', 'must not overlap /slots/2']])
  expect(await with17(slotAt(3, '00:00', '23:00'))).toEqual([
    ['/slots/17', expect.stringContaining('must not overlap')],
  ])
})

test('a rule is in the clinic’s time zone', async ({ database, rest }) => {
  const { staff, path } = await aCalendar(database, rest, 'America/New_York')
  const rule = { from: day(10), to: day(10), weekdays: [1, 2, 3, 4, 5, 6, 7], startTime: '09:00', endTime: '10:30' }
  const created = await rest.call('createSlots', {
    path,
    as: staff,
    body: { rule: { ...rule, slotMinutes: 30, breaks: [{ startTime: '09:30', endTime: '10:00' }], capacity: 2 } },
  })
  expect(created.body.created).toBe(2)
  const local = created.body.items.map(({ startsAt }) =>
    Temporal.Instant.from(startsAt).toZonedDateTimeISO('America/New_York').toPlainTime().toString(),
  )
  expect(local).toEqual(['09:00:00', '10:00:00'])
  expect(created.body.items[0]?.capacity).toBe(2)
})

test('an invalid rule is reported by its field', async ({ rest, scene: { staff, path } }) => {
  const rule = { from: day(1), to: day(2), weekdays: [1], startTime: '09:00', endTime: '10:00' }
  const wrong = (change: object) => refusal(rest, { path, as: staff, body: { rule: { ...rule, ...change } } })
  expect((await wrong({ to: day(0) }))?.[0]?.[0]).toBe('/rule/to')
  expect((await wrong({ weekdays: [0, 8] }))?.map(([at]) => at)).toEqual(['/rule/weekdays/0', '/rule/weekdays/1'])
  expect((await wrong({ endTime: '08:00' }))?.[0]?.[0]).toMatch(/^\/rule\/(startTime|endTime)$/)
  expect((await wrong({ startTime: '24:00' }))?.[0]?.[0]).toBe('/rule/startTime')
  expect((await wrong({ slotMinutes: 0 }))?.[0]?.[0]).toBe('/rule/slotMinutes')
  expect((await wrong({ to: day(800) }))?.[0]?.[0]).toBe('/rule/to')
  const many = { to: day(700), weekdays: [1, 2, 3, 4, 5, 6, 7], startTime: '00:00', endTime: '24:00', slotMinutes: 5 }
  expect((await wrong(many))?.[0]).toEqual(['/rule', expect.stringMatching(/at most 10000 slots, not 20\d{4}/)])
})

test('slots and rule exclude each other', async ({ rest, scene: { staff, path } }) => {
  expect(await refusal(rest, { path, as: staff, body: {} })).toEqual([
    ['/', 'must have either slots or rule, not neither'],
  ])
  const rule = { from: day(1), to: day(1), weekdays: [1], startTime: '09:00', endTime: '10:00' }
  const both = { slots: [slotAt(3, '09:00', '10:00')], rule }
  expect(await refusal(rest, { path, as: staff, body: both })).toEqual([
    ['/', 'must have either slots or rule, not both'],
  ])
})

test('one call creates ten thousand slots', async ({ rest, scene: { staff, path } }) => {
  const first = Date.parse(at(10, '00:00'))
  const slots = Array.from({ length: 10_000 }, (_, index) => ({
    startsAt: new Date(first + index * 300_000).toISOString(),
    endsAt: new Date(first + (index + 1) * 300_000).toISOString(),
  }))
  expect((await rest.call('createSlots', { path, as: staff, body: { slots } })).body.created).toBe(10_000)
  const all = await rest.call('listSlots', { path, query: { from: day(10), to: day(44) } })
  expect(all.body.items).toHaveLength(10_000)
})

test('the list has the free units, and its ETag detects that nothing changed', async ({ database, rest }) => {
  const { doctor, path } = await aCalendar(database, rest)
  const slot = await aSlot(database, doctor, { capacity: 3, startsAt: new Date(at(2, '09:00')) })
  const full = await aSlot(database, doctor, { startsAt: new Date(at(2, '10:00')) })
  await aBooking(database, full)
  await aSlot(database, doctor, { withdrawn: true, startsAt: new Date(at(2, '11:00')) })
  const query = { from: day(2), to: day(2) }
  const list = await rest.call('listSlots', { path, query })
  expect(list.body.items).toEqual([
    {
      id: slot.id,
      doctorId: doctor.id,
      startsAt: slot.startsAt.toISOString(),
      endsAt: slot.endsAt.toISOString(),
      capacity: 3,
      available: 3,
    },
    expect.objectContaining({ id: full.id, available: 0 }),
  ])
  expect(list.headers['cache-control']).toBe('no-cache')
  const etag = String(list.headers.etag)
  expect(etag).toMatch(/^W\/".+"$/)
  const again = (ifNoneMatch: string) =>
    rest.call('listSlots', { path, query, headers: { 'if-none-match': ifNoneMatch } })
  for (const match of [etag, etag.slice(2), `"other", ${etag}`, '*']) {
    expect(await again(match)).toMatchObject({ status: 304, headers: { etag } })
  }
  expect((await again('"other"')).status).toBe(200)
  await aBooking(database, slot, { status: 'PENDING' })
  const changed = await again(etag)
  expect(changed).toMatchObject({ status: 200, body: { items: [{ available: 2 }, { available: 0 }] } })
  await lapseHolds(database, slot)
  expect((await again(etag)).status).toBe(304)
  const free = await rest.call('listSlots', { path, query: { ...query, onlyAvailable: true } })
  expect(free.body.items.map(({ id }) => id)).toEqual([slot.id])
})

test('available only: not what has passed, is within the notice or beyond the horizon', async ({ database, rest }) => {
  const settings = { minimumNoticeMinutes: 120, bookingHorizonDays: 2 }
  const doctor = await aDoctor(database, await aClinic(database, { settings }))
  const hourMs = 3_600_000
  const in_ = (hours: number) => new Date(Math.ceil(Date.now() / hourMs) * hourMs + hours * hourMs)
  const ids: Record<string, string> = {}
  for (const hours of [-3, 1, 3, 46, 49]) ids[hours] = (await aSlot(database, doctor, { startsAt: in_(hours) })).id
  const list = async (onlyAvailable: boolean) => {
    const query = { from: day(-2), to: day(5), onlyAvailable }
    const { body } = await rest.call('listSlots', { path: { doctorId: doctor.id }, query })
    return body.items.map(({ id }) => id)
  }
  expect(await list(false)).toEqual([ids[-3], ids[1], ids[3], ids[46], ids[49]])
  expect(await list(true)).toEqual([ids[3], ids[46]])
})

test('once a doctor’s bookings are stopped, members read the slots, nobody books', async ({ database, rest }) => {
  const { doctor, staff, path } = await aCalendar(database, rest)
  const slot = await aSlot(database, doctor, { capacity: 2 })
  await aBooking(database, slot)
  const query = { from: day(0), to: day(60) }
  const before = await rest.call('listSlots', { path, query, as: staff })
  await database.ownerPool.query('update holdfast.resource set active = false where id = $1', [doctor.id])
  const after = await rest.call('listSlots', { path, query, as: staff })
  expect(after.body.items).toEqual(before.body.items)
  expect(after.body.items).toContainEqual(expect.objectContaining({ id: slot.id, capacity: 2, available: 1 }))
  expect(after.headers['cache-control']).toBe('no-store')
  const free = await rest.call('listSlots', { path, query: { ...query, onlyAvailable: true }, as: staff })
  expect(free.body.items).toEqual([])
  expect((await rest.call('listSlots', { path, query })).problem.code).toBe('doctor_not_found')
})

test('a list spans at most 62 days, in order, of dates that exist', async ({ rest, scene: { path } }) => {
  const ask = (from: string, to: string) => rest.call('listSlots', { path, query: { from, to } })
  expect((await ask(day(0), day(61))).status).toBe(200)
  expect((await ask(day(0), day(62))).problem.errors).toEqual([
    { path: '/query/to', message: expect.stringContaining('at most 62 days from the first, not 63') },
  ])
  expect((await ask(day(1), day(0))).problem.errors?.[0]?.message).toContain('must not be before from')
  for (const wrong of ['2026-02-30', '2026-2-3', 'today', '0000-01-01', '']) {
    expect((await ask(wrong, day(0))).problem.errors?.[0]?.path, wrong).toBe('/query/from')
  }
  expect((await rest.call('listSlots', { path })).problem.errors?.map((error) => error.path)).toEqual([
    '/query/from',
    '/query/to',
  ])
})

test('a slot is withdrawn; one with bookings only with withBookings', async ({ database, rest }) => {
  const { doctor, staff } = await aCalendar(database, rest)
  const slot = await aSlot(database, doctor, { capacity: 2 })
  const booking = await aBooking(database, slot)
  const path = { slotId: slot.id }
  const refused = await rest.call('withdrawSlot', { path, as: staff })
  expect(refused.problem).toMatchObject({ status: 409, code: 'slot_has_bookings', bookings: 1 })
  const query = { withBookings: true }
  const dry = await rest.call('withdrawSlot', { path, as: staff, query: { ...query, dryRun: true } })
  expect(dry.body).toMatchObject({ slots: 1, bookings: [{ id: booking.id, status: 'CONFIRMED', units: 1 }] })
  expect(dry.headers['holdfast-position']).toBeUndefined()
  const done = await rest.call('withdrawSlot', { path, as: staff, query })
  expect(done.body).toEqual(dry.body)
  expect(done.headers['holdfast-position']).toMatch(/^\d+\.\d+$/)
  const token = rest.manageTokens.issue(booking.id)
  const seen = await rest.call('getBooking', { path: { bookingId: booking.id }, token })
  expect(seen.body).toMatchObject({ status: 'FAILED', failureReason: 'slot_withdrawn' })
  expect((await rest.call('withdrawSlot', { path, as: staff, query })).status).toBe(200)
})

test('a slot that has begun cannot be withdrawn', async ({ database, rest, scene: { doctor, staff } }) => {
  const slot = await aSlot(database, doctor, { startsAt: new Date(Date.now() - 60_000) })
  const { problem } = await rest.call('withdrawSlot', { path: { slotId: slot.id }, as: staff })
  expect(problem).toMatchObject({ status: 409, code: 'slot_in_past' })
})

test('a doctor’s days are withdrawn in the clinic’s time zone', async ({ database, rest }) => {
  const { doctor, staff, path } = await aCalendar(database, rest, 'Pacific/Auckland')
  const zoned = Temporal.PlainDate.from(day(5)).toZonedDateTime({ timeZone: 'Pacific/Auckland', plainTime: '00:30' })
  const inside = await aSlot(database, doctor, { startsAt: new Date(zoned.epochMilliseconds) })
  const before = await aSlot(database, doctor, { startsAt: new Date(zoned.epochMilliseconds - 3_600_000) })
  const query = { from: day(5), to: day(5) }
  const done = await rest.call('withdrawSlotsOfDoctor', { path, as: staff, query })
  expect(done.body).toEqual({ slots: 1, sessions: 0, bookings: [] })
  const left = await rest.call('listSlots', { path, query: { from: day(4), to: day(6) } })
  expect(left.body.items.map(({ id }) => id)).toEqual([before.id])
  expect(inside.id).not.toBe(before.id)
})

test('of a doctor’s day, the slots within some hours are withdrawn, no others', async ({ database, rest }) => {
  const { doctor, staff, path } = await aCalendar(database, rest)
  const at = (time: string) => new Date(`${day(5)}T${time}:00Z`)
  const slots = await Promise.all(
    ['08:45', '09:00', '09:15', '09:30'].map((time) => aSlot(database, doctor, { startsAt: at(time), minutes: 15 })),
  )
  const hours = { startsFrom: at('09:00').toISOString(), startsBefore: at('09:30').toISOString() }
  const withdraw = (query: object) => rest.call('withdrawSlotsOfDoctor', { path, as: staff, query: query as never })
  // Hours outside of the days select nothing.
  expect((await withdraw({ from: day(6), to: day(6), ...hours })).body).toEqual({ slots: 0, sessions: 0, bookings: [] })
  const dry = await withdraw({ from: day(5), to: day(5), ...hours, dryRun: true })
  expect(dry.body).toEqual({ slots: 2, sessions: 0, bookings: [] })
  const done = await withdraw({ from: day(5), to: day(5), ...hours })
  expect(done.body).toEqual(dry.body)
  const left = await rest.call('listSlots', { path, query: { from: day(5), to: day(5) } })
  expect(left.body.items.map(({ id }) => id)).toEqual([slots[0]?.id, slots[3]?.id])
})

test('the desk gives a slot more places and fewer, and lists and later drafts show it', async ({ database, rest }) => {
  const { doctor, staff, path } = await aCalendar(database, rest)
  const slot = await aSlot(database, doctor, { startsAt: new Date(at(3, '09:00')), capacity: 2 })
  await aBooking(database, slot, { units: 2 })
  const query = { from: day(3), to: day(3) }
  expect((await rest.call('listSlots', { path, query })).body.items).toMatchObject([{ capacity: 2, available: 0 }])
  const change = (capacity: number) =>
    rest.call('changeSlot', { path: { slotId: slot.id }, as: staff, body: { capacity } })
  const changed = await change(4)
  expect(changed).toMatchObject({ status: 200, body: { id: slot.id, doctorId: doctor.id, capacity: 4, available: 2 } })
  expect(changed.headers['holdfast-position']).toMatch(/^\d+\.\d+$/)
  expect((await rest.call('listSlots', { path, query })).body.items).toMatchObject([{ capacity: 4, available: 2 }])
  expect((await change(1)).problem).toMatchObject({ status: 409, code: 'capacity_in_use', takenUnits: 2 })
  expect((await change(0)).problem).toMatchObject({ status: 400, code: 'invalid_request' })
  expect(await change(2)).toMatchObject({ status: 200, body: { available: 0 } })
  const body = { slots: [slotAt(3, '09:00', '09:15', 7)] }
  const again = await rest.call('createSlots', { path, as: staff, body })
  const item = { outcome: 'capacity_differs', capacity: 2, slotId: slot.id }
  expect(again).toMatchObject({ status: 200, body: { created: 0, skipped: 1, differing: 1, items: [item] } })
})
