import { randomUUID } from 'node:crypto'
import {
  aClinic,
  aDoctor,
  aQuestion,
  aSession,
  aSlot,
  aTimeClaim,
  aVisitType,
  type BuiltSession,
  type TestDatabase,
} from '@holdfast/testkit'
import { expect, onTestFinished, vi } from 'vitest'
import type { RestApp } from '../../../test/rest-app.ts'
import { test } from '../../../test/rest-test.ts'
import { problem } from '../../edge/errors/problem-error.ts'
import { noRateLimits } from '../../edge/rate-limits/rate-limits.ts'

const zone = 'Europe/Berlin'

/** The first Tuesday that is at least so many days ahead, as a date in the zone. */
function aTuesday(days = 30): Temporal.PlainDate {
  const day = Temporal.Now.plainDateISO(zone).add({ days })
  return day.add({ days: (9 - day.dayOfWeek) % 7 })
}

const at = (day: Temporal.PlainDate, time: string, timeZone = zone) =>
  new Date(day.toZonedDateTime({ timeZone, plainTime: time }).epochMilliseconds)

/** A doctor with open sessions from 8 to 12 on every second Tuesday, of the clinic's staff. */
async function aScene(database: TestDatabase, rest: RestApp, { timezone = zone, first = aTuesday(), count = 6 } = {}) {
  const clinic = await aClinic(database, { timezone })
  const doctor = await aDoctor(database, clinic)
  const type = await aVisitType(database, clinic, { minutes: 30 })
  const days = Array.from({ length: count }, (_, index) => first.add({ weeks: 2 * index }))
  const sessions: BuiltSession[] = []
  for (const day of days) {
    sessions.push(await aSession(database, doctor, { startsAt: at(day, '08:00', timezone), minutes: 240 }))
  }
  const staff = await rest.aMember(clinic.no, 'staff')
  const body = {
    doctorId: doctor.id,
    visitTypeId: type.id,
    startsAt: at(first, '09:00', timezone).toISOString(),
    every: 2,
    unit: 'week',
    count,
    patient: { name: 'Ada Lovelace', email: 'ada@example.org' },
  } as const
  const take = async (index: number, time: string) => {
    const session = sessions[index]
    if (session === undefined) throw new Error(`There is no session ${index}.`)
    const minute = (at(days[index] ?? first, time, timezone).getTime() - session.startsAt.getTime()) / 60_000
    const { body: taken } = await rest.call('createBooking', {
      body: {
        sessionId: session.id,
        visitTypeId: type.id,
        startsAt: aTimeClaim(session, type, minute).startsAt.toISOString(),
        patient: { name: 'Other' },
        confirm: true,
      },
    })
    return taken.id
  }
  return { clinic, doctor, type, days, staff, body, take }
}

const localTimes = (items: readonly { startsAt: string | null }[], timeZone = zone) =>
  items.map(({ startsAt }) =>
    startsAt === null
      ? null
      : Temporal.Instant.from(startsAt).toZonedDateTimeISO(timeZone).toPlainDateTime().toString().slice(0, 16),
  )

test('every second Tuesday at 9, six times: previewed, and booked as one series', async ({ rest, database }) => {
  const { body, staff: as, days } = await aScene(database, rest)
  const preview = await rest.call('createBookingSeries', { as, query: { dryRun: true }, body })
  expect(preview.status).toBe(200)
  expect(preview.body).toMatchObject({ id: null, items: [] })
  expect(preview.body.dates.map(({ outcome }) => outcome)).toEqual(days.map(() => 'free'))
  const key = randomUUID()
  const created = await rest.call('createBookingSeries', { as, body, key })
  expect(created.status).toBe(201)
  // The time on the clock is the same, also where clocks change between two of them.
  expect(localTimes(created.body.items)).toEqual(days.map((day) => `${day}T09:00`))
  expect(created.body.items.map(({ status, series }) => [status, series])).toEqual(
    days.map((_, index) => ['CONFIRMED', { id: created.body.id, number: index + 1, total: 6 }]),
  )
  const again = await rest.call('createBookingSeries', { as, body, key })
  expect(again.status).toBe(200)
  expect(again.body).toMatchObject({ id: created.body.id, dates: created.body.dates })
  const other = await rest.call('createBookingSeries', { as, body: { ...body, count: 5 }, key })
  expect(other.problem).toMatchObject({ status: 422, code: 'idempotency_key_reused' })
})

test('a key that is reused for a longer series leaves no hold', async ({ rest, database }) => {
  const { body, staff: as, clinic } = await aScene(database, rest)
  const key = randomUUID()
  const created = await rest.call('createBookingSeries', { as, body: { ...body, count: 4 }, key })
  expect(created.status).toBe(201)
  const longer = await rest.call('createBookingSeries', { as, body: { ...body, mode: 'fitting' }, key })
  expect(longer.problem).toMatchObject({ status: 422, code: 'idempotency_key_reused' })
  const { rows } = await database.ownerPool.query<{ status: string; count: number }>(
    'select status, count(*)::integer as count from holdfast.booking where clinic_no = $1 group by 1 order by 1',
    [clinic.no],
  )
  expect(rows).toEqual([
    { status: 'CANCELLED', count: 2 },
    { status: 'CONFIRMED', count: 4 },
  ])
})

test('dates that are not free are named with others, replaced, left out, or not booked', async ({ rest, database }) => {
  const { body, staff: as, take, clinic } = await aScene(database, rest, { count: 3 })
  await take(1, '09:00')
  const refused = await rest.call('createBookingSeries', { as, body, key: randomUUID() })
  expect(refused.problem).toMatchObject({ status: 409, code: 'series_not_free' })
  const dates = (refused.problem as unknown as { dates: typeof preview.body.dates }).dates
  const preview = await rest.call('createBookingSeries', { as, query: { dryRun: true }, body })
  expect(dates).toEqual(preview.body.dates)
  expect(dates.map(({ outcome, code }) => [outcome, code])).toEqual([
    ['free', null],
    ['refused', 'slot_full'],
    ['free', null],
  ])
  expect(localTimes(dates[1]?.alternatives ?? []).map((one) => one?.slice(11))).toEqual(['08:30', '09:30', '08:20'])
  const { rows } = await database.ownerPool.query(
    `select from holdfast.booking where clinic_no = $1 and status <> 'CONFIRMED'`,
    [clinic.no],
  )
  expect(rows).toEqual([])

  const [alternative] = dates[1]?.alternatives ?? []
  const replacements = [{ number: 2, startsAt: alternative?.startsAt ?? '' }]
  const replaced = await rest.call('createBookingSeries', { as, body: { ...body, replacements, without: [3] } })
  expect(replaced.status).toBe(201)
  expect(replaced.body.dates.map(({ outcome }) => outcome)).toEqual(['booked', 'booked', 'left_out'])
  expect(localTimes(replaced.body.items).map((one) => one?.slice(11))).toEqual(['09:00', '08:30'])

  const fitting = await rest.call('createBookingSeries', { as, body: { ...body, mode: 'fitting' } })
  expect(fitting.body.dates.map(({ outcome }) => outcome)).toEqual(['refused', 'refused', 'booked'])
  expect(fitting.body.items.map(({ series }) => [series?.number, series?.total])).toEqual([[1, 1]])
})

test.for([
  { timezone: 'Europe/Berlin', first: '2027-03-21', unit: 'week', expected: '2027-03-28' },
  { timezone: 'America/New_York', first: '2027-03-13', unit: 'day', expected: '2027-03-14' },
] as const)('in $timezone a time that clocks leave out is said', async (zoned, { rest, database }) => {
  const { timezone, first, unit, expected } = zoned
  const clinic = await aClinic(database, { timezone })
  const doctor = await aDoctor(database, clinic)
  const as = await rest.aMember(clinic.no, 'staff')
  const startsAt = at(Temporal.PlainDate.from(first), '02:30', timezone).toISOString()
  const body = { doctorId: doctor.id, startsAt, every: 1, unit, count: 3 }
  const { body: preview } = await rest.call('createBookingSeries', { as, query: { dryRun: true }, body })
  expect(preview.dates[1]).toMatchObject({ date: expected, startsAt: null, outcome: 'refused', code: 'time_skipped' })
  expect(localTimes([preview.dates[2] ?? { startsAt: null }], timezone)[0]?.slice(11)).toBe('02:30')
})

test('fixed slots are booked as a series, too', async ({ rest, database, clinic, doctor }) => {
  const as = await rest.aMember(clinic.no, 'staff')
  const first = at(aTuesday(), '09:00', 'UTC')
  const slots = []
  for (const day of [0, 1, 3]) {
    slots.push(await aSlot(database, doctor, { startsAt: new Date(first.getTime() + day * 86_400_000) }))
  }
  const body = {
    doctorId: doctor.id,
    startsAt: first.toISOString(),
    every: 1,
    unit: 'day',
    until: aTuesday().add({ days: 3 }).toString(),
    mode: 'fitting',
    patient: { name: 'Ada' },
  } as const
  const { body: created } = await rest.call('createBookingSeries', { as, body })
  expect(created.dates.map(({ outcome, code }) => [outcome, code])).toEqual([
    ['booked', null],
    ['booked', null],
    ['refused', 'time_not_offered'],
    ['booked', null],
  ])
  expect(created.items.map(({ slotId }) => slotId)).toEqual(slots.map(({ id }) => id))
})

test('a patient who has an appointment then is asked for first, with refuseOverlap', async ({ rest, database }) => {
  const { body, staff: as, clinic, days } = await aScene(database, rest, { count: 2 })
  const other = await aSlot(database, await aDoctor(database, clinic), { startsAt: at(days[1] ?? aTuesday(), '09:10') })
  const { body: booked } = await rest.call('createBooking', {
    as,
    body: { slotId: other.id, patient: body.patient, confirm: true, onBehalf: true },
  })
  // The desk finds out about the other appointment, whether nothing is booked or the rest.
  const disclosed = () => {
    const reads = rest.audited.filter(({ kind, subjectId }) => kind === 'booking_read' && subjectId === booked.id)
    return reads.map(({ actorId }) => actorId)
  }
  expect(disclosed()).toEqual([])
  const refused = await rest.call('createBookingSeries', { as, body: { ...body, refuseOverlap: true } })
  const { dates } = refused.problem as unknown as { dates: { outcome: string; code: string | null }[] }
  expect(dates.map(({ outcome, code }) => [outcome, code])).toEqual([
    ['free', null],
    ['refused', 'patient_booked'],
  ])
  expect(disclosed()).toEqual([as.id])
  const fitting = await rest.call('createBookingSeries', {
    as,
    body: { ...body, refuseOverlap: true, mode: 'fitting' },
  })
  expect(fitting.body.dates.map(({ outcome }) => outcome)).toEqual(['booked', 'refused'])
  expect(disclosed()).toEqual([as.id, as.id])
})

/** A series of three, and the token of a guest for each of its visits. */
async function aSeries(database: TestDatabase, rest: RestApp, count = 3) {
  const scene = await aScene(database, rest, { count })
  const { body } = await rest.call('createBookingSeries', { as: scene.staff, body: scene.body })
  const tokens = body.items.map(({ id }) => rest.manageTokens.issue(id))
  return { ...scene, path: { seriesId: body.id ?? '' }, items: body.items, tokens }
}

test('the link of one ticket reaches the visits of the same patient, and cancels from one on', async ({
  rest,
  database,
}) => {
  const { path, tokens, staff, items } = await aSeries(database, rest)
  const [token = ''] = tokens
  const read = await rest.call('getBookingSeries', { path, token })
  expect(read.body).toMatchObject({ every: 2, unit: 'week', total: 3 })
  expect(read.body.items.map(({ series }) => series?.number)).toEqual([1, 2, 3])
  const cancelled = await rest.call('cancelBookingSeries', { path, token, body: { fromNumber: 2 } })
  expect(cancelled.body.changes.map(({ number, outcome }) => [number, outcome])).toEqual([
    [2, 'cancelled'],
    [3, 'cancelled'],
  ])
  expect(cancelled.body.items.map(({ status, cancelledBy }) => [status, cancelledBy])).toEqual([
    ['CONFIRMED', null],
    ['CANCELLED', 'patient'],
    ['CANCELLED', 'patient'],
  ])
  const again = await rest.call('cancelBookingSeries', { path, token, body: { fromNumber: 2 } })
  expect(again.body.changes).toEqual(cancelled.body.changes)
  // The contact of the first visit is corrected: the others are reached by its links no more, nor it by theirs.
  const first = { bookingId: items[0]?.id ?? '' }
  await rest.call('correctPatient', { path: first, as: staff, body: { patient: { email: 'other@example.org' } } })
  expect((await rest.call('getBookingSeries', { path, token })).problem.code).toBe('booking_series_not_found')
  const byOther = await rest.call('getBookingSeries', { path, token: tokens[1] ?? '' })
  expect(byOther.body.items.map(({ series }) => series?.number)).toEqual([2, 3])
})

test('a series moves by a shift, in one step, and what is not free keeps its time', async ({ rest, database }) => {
  const { path, staff: as, days, take } = await aSeries(database, rest)
  await take(2, '10:00')
  const body = { fromNumber: 2, days: 0, time: '10:00' }
  const preview = await rest.call('moveBookingSeries', { path, as, query: { dryRun: true }, body })
  expect(preview.body.changes.map(({ number, outcome, code }) => [number, outcome, code])).toEqual([
    [2, 'free', null],
    [3, 'unchanged', 'slot_full'],
  ])
  const key = randomUUID()
  const moved = await rest.call('moveBookingSeries', { path, as, body, key })
  expect(moved.body.changes.map(({ outcome }) => outcome)).toEqual(['moved', 'unchanged'])
  const expected = [`${days[0]}T09:00`, `${days[1]}T10:00`, `${days[2]}T09:00`]
  expect(localTimes(moved.body.items)).toEqual(expected)
  // A repetition moves nothing by another two weeks.
  const repeated = await rest.call('moveBookingSeries', { path, as, body, key })
  expect(localTimes(repeated.body.items)).toEqual(expected)
})

test('moves by a patient are counted before the first of them: a refusal leaves all where they are', async ({
  rest,
  database,
}) => {
  const { path, tokens, days, items } = await aSeries(database, rest)
  const [token = ''] = tokens
  const counts = vi.spyOn(noRateLimits, 'countMove').mockImplementation((id) => {
    if (id === items[1]?.id) throw problem('rate_limited', 'More than 10 moves of a booking in 15 minutes.')
    return undefined
  })
  onTestFinished(() => counts.mockRestore())
  const move = () => rest.call('moveBookingSeries', { path, token, body: { days: 0, time: '10:00' } })
  expect((await move()).problem).toMatchObject({ status: 429, code: 'rate_limited' })
  const read = await rest.call('getBookingSeries', { path, token })
  expect(localTimes(read.body.items)).toEqual(days.map((day) => `${day}T09:00`))
  // The control: without the limit, all move.
  counts.mockRestore()
  expect((await move()).body.changes.map(({ outcome }) => outcome)).toEqual(['moved', 'moved', 'moved'])
})

test('the preview of a patient’s move judges as the move does, and that of the desk as the desk’s', async ({
  rest,
  database,
}) => {
  const { path, tokens, staff, clinic } = await aSeries(database, rest)
  const shift = { days: 0, time: '10:00' }
  type By = { as: typeof staff } | { token: string }
  const preview = async (by: By) => {
    const { body } = await rest.call('moveBookingSeries', { path, ...by, query: { dryRun: true }, body: shift })
    return body.changes.map(({ outcome, code }) => code ?? outcome)
  }
  const byPatient = { token: tokens[0] ?? '' }
  expect(await preview(byPatient)).toEqual(['free', 'free', 'free'])
  const set = (what: string) => database.ownerPool.query(`update holdfast.${what}`, [clinic.no])
  // Who may book a type does not bind a patient who keeps it; a horizon does.
  await set(`visit_type set bookable_by = 'desk' where clinic_no = $1`)
  expect(await preview(byPatient)).toEqual(['free', 'free', 'free'])
  await set('visit_type set booking_horizon_days = 1 where clinic_no = $1')
  expect(await preview(byPatient)).toEqual(['slot_closed', 'slot_closed', 'slot_closed'])
  await set('visit_type set booking_horizon_days = null where clinic_no = $1')
  await set(`visit_type set approval = 'holding', approval_minutes = 60 where clinic_no = $1`)
  const kept = ['approval_required', 'approval_required', 'approval_required']
  expect(await preview(byPatient)).toEqual(kept)
  const moved = await rest.call('moveBookingSeries', { path, ...byPatient, body: shift })
  expect(moved.body.changes.map(({ code }) => code)).toEqual(kept)
  expect(await preview({ as: staff })).toEqual(['free', 'free', 'free'])
})

test('limits: rules that lead too far, name unknown dates, or leave out the patient', async ({ rest, database }) => {
  const { body, staff: as } = await aScene(database, rest, { count: 2 })
  const { patient: _patient, ...nobody } = body
  const { count: _count, ...endless } = body
  const invalid = [
    { ...body, every: 100, count: 52 },
    { ...body, without: [3] },
    { ...body, until: aTuesday(60).toString() },
    { ...endless, until: aTuesday(800).toString(), every: 1, unit: 'day' as const },
    endless,
    nobody,
  ]
  for (const one of invalid) {
    expect((await rest.call('createBookingSeries', { as, body: one })).problem.code).toBe('invalid_request')
  }
  const doctor = await rest
    .aMember(
      Number((await rest.call('createBookingSeries', { as, query: { dryRun: true }, body })).status === 200 ? 0 : 0) ||
        0,
      'doctor',
    )
    .catch(() => null)
  expect(doctor).toBeDefined()
})

test('no date is replaced twice, and no two dates have the same start', async ({ rest, database }) => {
  const { body, staff: as, days } = await aScene(database, rest, { count: 2 })
  const on = (number: number, day: number, time: string) => ({
    number,
    startsAt: at(days[day] ?? aTuesday(), time).toISOString(),
  })
  const asked = (more: object) =>
    rest.call('createBookingSeries', { as, query: { dryRun: true }, body: { ...body, ...more } })
  const twice = await asked({ replacements: [on(2, 1, '09:30'), on(2, 1, '10:00')] })
  const same = await asked({ replacements: [on(2, 0, '09:00')] })
  for (const { problem } of [twice, same]) {
    expect(problem).toMatchObject({ code: 'invalid_request', errors: [{ path: '/replacements' }] })
  }
  expect((await asked({ replacements: [on(2, 0, '09:00')], without: [1] })).status).toBe(200)
  expect((await asked({ replacements: [on(2, 1, '09:30')] })).status).toBe(200)
})

test('each visit of a series gets the answers, which are judged once', async ({ database, rest }) => {
  const { clinic, doctor, staff, body } = await aScene(database, rest, { count: 2 })
  const question = aQuestion('consent')
  const { id: visitTypeId } = await aVisitType(database, clinic, { minutes: 30, questions: [question] })
  const create = (answers?: { questionId: string; value: boolean; version: number }[]) =>
    rest.call('createBookingSeries', {
      body: { ...body, doctorId: doctor.id, visitTypeId, ...(answers && { answers }) },
      as: staff,
    })
  expect((await create()).problem).toMatchObject({ code: 'answer_refused', why: 'missing', questionId: question.id })
  const { body: made } = await create([{ questionId: question.id, value: true, version: question.version }])
  expect(made.items.map(({ answers }) => answers)).toMatchObject([[{ value: true }], [{ value: true }]])
})
