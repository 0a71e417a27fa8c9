import { aBooking, aClinic, aDoctor, aVisitType, holdLock, type TestDatabase } from '@holdfast/testkit'
import { expect } from 'vitest'
import type { RestApp, TestAccount } from '../../../test/rest-app.ts'
import { test } from '../../../test/rest-test.ts'

type Asked = { as?: TestAccount; dryRun?: boolean; validFrom?: string; validUntil?: string; version?: number }

async function aScene(database: TestDatabase, rest: RestApp) {
  const clinic = await aClinic(database, { timezone: 'Europe/Berlin', settings: { bookingHorizonDays: 10 } })
  const doctor = await aDoctor(database, clinic)
  const day = (days: number) => Temporal.Now.plainDateISO(clinic.timezone).add({ days }).toString()
  const path = { doctorId: doctor.id }
  const [staff, own] = [await rest.aMember(clinic.no, 'staff'), await rest.aMember(clinic.no, 'doctor', doctor.id)]
  const set = (bands: object[], { as = staff, dryRun = false, ...days }: Asked = {}) => {
    const body = { bands: bands as never, validFrom: day(1), ...days }
    return rest.call('setWorkingHours', { path, as, query: { dryRun }, body })
  }
  const get = async () => (await rest.call('getWorkingHours', { path, as: staff })).body
  const slots = async (days: number) => {
    const query = { from: day(days), to: day(days) }
    return (await rest.call('listSlots', { path, as: staff, query })).body.items
  }
  return { clinic, doctor, day, path, staff, own, set, get, slots }
}

const daily = (more: object) => ({ weekdays: [1, 2, 3, 4, 5, 6, 7], ...more })

test('the desk sets working hours after a preview, and sees until when they are filled', async ({ database, rest }) => {
  const { clinic, doctor, day, set, get, slots } = await aScene(database, rest)
  expect(await get()).toEqual({ versions: [], version: 0, filledUntil: null, runsOutOn: null })
  const bands = [daily({ from: '09:00', to: '11:00', slotMinutes: 60 }), daily({ from: '22:30', to: '02:00' })]
  const counts = { creates: { sessions: 10, slots: 20 }, withdraws: { sessions: 0, slots: 0 }, affected: [] }
  const preview = await set(bands, { dryRun: true })
  expect(preview).toMatchObject({ status: 200, body: { versions: [], filledUntil: null, preview: counts } })
  expect(await slots(3)).toEqual([])
  const done = await set(bands)
  const shown = {
    versions: [
      {
        validFrom: day(1),
        validUntil: null,
        bands: [
          { ...bands[0], everyWeeks: 1, inWeekOf: null, gridMinutes: null, capacity: 1, visitTypeIds: null },
          {
            ...bands[1],
            everyWeeks: 1,
            inWeekOf: null,
            gridMinutes: 10,
            slotMinutes: null,
            capacity: null,
            visitTypeIds: null,
          },
        ],
      },
    ],
    version: 1,
    filledUntil: day(10),
    runsOutOn: null,
  }
  expect(done).toMatchObject({ status: 200, body: { ...shown, preview: counts } })
  expect(done.headers['holdfast-position']).toEqual(expect.any(String))
  expect(await get()).toEqual(shown)
  const at = Temporal.PlainDate.from(day(3)).toZonedDateTime({ timeZone: clinic.timezone, plainTime: '09:00' })
  expect((await slots(3)).map(({ startsAt }) => startsAt)).toEqual(
    [at, at.add({ hours: 1 })].map((one) => new Date(one.epochMilliseconds).toISOString()),
  )
  const changes = rest.audited.filter(({ subjectId }) => subjectId === doctor.id)
  expect(changes.map(({ kind, details }) => [kind, details])).toEqual([['doctor_changed', ['working hours changed']]])
})

test('a change names the bookings outside of it, and the security log has that', async ({ database, rest }) => {
  const { doctor, day, own, set, slots } = await aScene(database, rest)
  await set([daily({ from: '09:00', to: '11:00', slotMinutes: 60 })])
  const [first] = await slots(2)
  if (first === undefined) throw new Error('No slot was created.')
  const slot = {
    ...first,
    clinicNo: doctor.clinicNo,
    startsAt: new Date(first.startsAt),
    endsAt: new Date(first.endsAt),
  }
  const booking = await aBooking(database, slot)
  const afternoon = [daily({ from: '14:00', to: '16:00', slotMinutes: 60 })]
  for (const dryRun of [true, false]) {
    const { body } = await set(afternoon, { as: own, dryRun, validUntil: day(20) })
    expect(body.preview.affected.map(({ id }) => id)).toEqual([booking.id])
    expect(body.preview).toMatchObject({ withdraws: { slots: 19 }, creates: { slots: 20 }, affectedSlots: 1 })
    expect(body.runsOutOn).toBe(dryRun ? null : day(20))
  }
  expect((await slots(2)).map(({ id }) => id)).toContain(first.id)
  const reads = rest.audited.filter(({ kind, subjectId }) => kind === 'bookings_read' && subjectId === doctor.id)
  expect(reads.map(({ details }) => details)).toEqual([['working hours'], ['working hours']])
})

test('an edit keeps the weeks of a band, and one weekday has other times in others', async ({ database, rest }) => {
  const { day, set, get } = await aScene(database, rest)
  const weekly = (times: object) => ({ weekdays: [5], everyWeeks: 2, gridMinutes: 10, ...times })
  const late = weekly({ from: '12:00', to: '18:00' })
  const weeks = async () => (await get()).versions.at(-1)?.bands.map(({ inWeekOf }) => inWeekOf)
  const monday = (days: number) => {
    const date = Temporal.PlainDate.from(day(days))
    return date.subtract({ days: date.dayOfWeek - 1 }).toString()
  }
  // Without a day, weeks are counted from the first day, as they were before there was one.
  await set([late], { validFrom: day(0) })
  expect(await weeks()).toEqual([monday(0)])
  const both = [
    { ...late, inWeekOf: day(7) },
    { ...weekly({ from: '08:00', to: '13:00' }), inWeekOf: day(14) },
  ]
  expect((await set(both, { validFrom: day(0) })).status).toBe(200)
  expect(await weeks()).toEqual([monday(7), monday(0)])
  const again = (await get()).versions.at(-1)?.bands.map(({ weekdays, from, to, everyWeeks, inWeekOf }) => {
    return { weekdays, from, to, everyWeeks, ...(inWeekOf === null ? {} : { inWeekOf }) }
  })
  expect((await set(again ?? [], { validFrom: day(7) })).status).toBe(200)
  expect(await weeks()).toEqual([monday(7), monday(14)])
  const same = [both[0] ?? {}, { ...both[1], inWeekOf: day(21) }]
  expect((await set(same)).problem.errors).toMatchObject([{ path: '/bands/1' }])
})

test('of two who change the same hours, the later is notified, a repetition not', async ({ database, rest }) => {
  const { set, get } = await aScene(database, rest)
  const [one, other] = [[daily({ from: '08:00', to: '10:00' })], [daily({ from: '14:00', to: '16:00' })]]
  const { version } = await get()
  const outcomes = await Promise.all([set(one, { version }), set(other, { version })])
  expect(outcomes.map(({ status }) => status).sort()).toEqual([200, 409])
  const [first, second] = outcomes[0]?.status === 200 ? [one, other] : [other, one]
  expect((await get()).versions).toMatchObject([{ bands: first }])
  expect((await set(first, { version })).body).toMatchObject({ version: 1 })
  expect((await set(second, { version })).problem).toMatchObject({ code: 'working_hours_changed', version: 1 })
  expect((await set(second, { version: 1 })).body).toMatchObject({ version: 2 })
  // Without one, as before: whatever there is, is replaced.
  expect((await set(first)).body).toMatchObject({ version: 3, versions: [{ bands: first }] })
})

test('of two managers with one version who both wait for the lock, one is told', async ({ database, rest }) => {
  const { doctor, set } = await aScene(database, rest)
  const held = await holdLock(
    database.ownerPool,
    `select pg_advisory_xact_lock(hashtextextended('holdfast.working_hours ' || $1::text, 0))`,
    [doctor.id],
  )
  const both = ['08:00', '14:00'].map((from) => set([daily({ from, to: '18:00' })], { version: 0 }))
  await held.releaseOnce(2)
  const outcomes = await Promise.all(both)
  expect(outcomes.map(({ status }) => status).toSorted()).toEqual([200, 409])
})

test('what cannot be working hours is named', async ({ database, rest }) => {
  const { clinic, doctor, day, set, get } = await aScene(database, rest)
  const errors = async (bands: object[], more = {}) => (await set(bands, more)).problem.errors
  const [morning, night] = [daily({ from: '09:00', to: '12:00' }), { weekdays: [1], from: '22:00', to: '09:30' }]
  expect(await errors([morning, night])).toEqual([
    {
      path: '/bands/1',
      message:
        'must not overlap another band: Monday 22:00–09:30 overlaps ' +
        'Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday 09:00–12:00 (bands/0)',
    },
  ])
  expect(await errors([daily({ from: '09:00', to: '09:00' })])).toMatchObject([{ path: '/bands/0/to' }])
  expect(await errors([daily({ from: '09:00', to: '09:30', slotMinutes: 40 })])).toMatchObject([
    { path: '/bands/0/slotMinutes' },
  ])
  expect(await errors([{ ...morning, slotMinutes: 20, gridMinutes: 5 }])).toMatchObject([
    { path: '/bands/0/gridMinutes' },
  ])
  expect(await errors([{ ...morning, capacity: 2 }])).toMatchObject([{ path: '/bands/0/capacity' }])
  expect(await errors([{ ...morning, slotMinutes: 20, visitTypeIds: [doctor.id] }])).toMatchObject([
    { path: '/bands/0/visitTypeIds' },
  ])
  expect(await errors([morning], { validUntil: day(0) })).toMatchObject([{ path: '/validUntil' }])
  expect(await errors([morning], { validFrom: '2099-01-01' })).toMatchObject([{ path: '/validFrom' }])
  expect(await errors([morning], { validFrom: '2020-01-01' })).toMatchObject([{ path: '/validFrom' }])
  const unknown = await set([{ ...morning, visitTypeIds: [doctor.id] }])
  expect(unknown.problem.code).toBe('visit_type_not_found')
  expect((await get()).versions).toEqual([])
  const type = await aVisitType(database, clinic)
  expect((await set([{ ...morning, visitTypeIds: [type.id] }])).status).toBe(200)
})

test('hours with too many slots or sessions up to the horizon are refused', async ({ database, rest }) => {
  const { clinic, day, staff, set } = await aScene(database, rest)
  const settings = { bookingHorizonDays: 730 }
  await rest.call('updateClinic', {
    path: { clinicId: clinic.id },
    as: await rest.aMember(clinic.no, 'admin'),
    body: { settings },
  })
  const slots = [daily({ from: '00:00', to: '24:00', slotMinutes: 5 })]
  const sessions = Array.from({ length: 24 }, (_, hour) => {
    const [from, to] = [hour, hour + 1].map((one) => `${`${one}`.padStart(2, '0')}:00`)
    return daily({ from, to, gridMinutes: 10 })
  })
  for (const dryRun of [true, false]) {
    const { problem } = await set(slots, { dryRun, as: staff })
    expect(problem).toMatchObject({ status: 400, code: 'invalid_request', errors: [{ path: '/bands' }] })
    expect(problem.errors?.[0]?.message).toMatch(/at most 50000 slots .* not about 210240/)
    expect((await set(sessions, { dryRun })).problem.errors?.[0]?.message).toMatch(/at most 5000 sessions/)
  }
  // The control: for fewer days, they are previewed.
  expect((await set(slots, { dryRun: true, validUntil: day(10) })).body.preview.creates.slots).toBe(10 * 288)
})
