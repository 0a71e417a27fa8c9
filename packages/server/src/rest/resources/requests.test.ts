import { randomUUID } from 'node:crypto'
import { aClinic, aDoctor, aSession, aVisitType, lapseHolds, type TestDatabase } from '@holdfast/testkit'
import { expect, onTestFinished } from 'vitest'
import { type RestApp, startRestApp } from '../../../test/rest-app.ts'
import { test } from '../../../test/rest-test.ts'

const patient = { name: 'Ada', email: 'ada@example.org' }
const [grace, mary] = ['Grace', 'Mary'].map((name) => ({ patient: { name, email: `${name}@example.org` } }))

/** A clinic whose visit type needs approval, within an hour. */
async function aPractice(database: TestDatabase, rest: RestApp, approval: 'holding' | 'not_holding' = 'holding') {
  const clinic = await aClinic(database)
  const session = await aSession(database, await aDoctor(database, clinic))
  const type = await aVisitType(database, clinic, { approval, approvalMinutes: 60 })
  const at = { sessionId: session.id, startsAt: session.startsAt.toISOString(), visitTypeId: type.id }
  const book = (more: object = {}, options: object = {}) =>
    rest.call('createBooking', { body: { ...at, patient, confirm: true, ...more }, ...options })
  const request = async (more: object = {}) => {
    const { body } = await book(more)
    return { path: { bookingId: body.id }, token: body.manageToken ?? '', slotId: body.slotId }
  }
  const staff = await rest.aMember(clinic.no, 'staff')
  const list = async (more: object = {}) => {
    const query = { requested: true, ...more }
    return (await rest.call('listClinicBookings', { path: { clinicId: clinic.id }, query, as: staff })).body.items
  }
  const count = async (as = staff) => (await rest.call('countRequests', { path: { clinicId: clinic.id }, as })).body
  return { clinic, session, type, at, book, request, staff, list, count }
}

test('a patient requests a time, which is held, and staff approve it', async ({ database, rest }) => {
  const { book, at, staff, list } = await aPractice(database, rest)
  const options = { key: randomUUID() }
  const made = await book({}, options)
  expect(made.status).toBe(201)
  expect(made.body).toMatchObject({ status: 'PENDING', requestedAt: expect.any(String) })
  const { id, requestedAt, holdExpiresAt } = made.body
  expect(Date.parse(holdExpiresAt ?? '') - Date.parse(requestedAt ?? '')).toBe(3_600_000)
  const again = await book({}, options)
  expect([again.status, again.body]).toEqual([200, made.body])
  // Of two requests for one time, the second one is told.
  expect((await book()).problem.code).toBe('slot_full')

  const own = { path: { bookingId: id }, token: made.body.manageToken ?? '' }
  expect((await rest.call('confirmBooking', own)).body).toMatchObject({ status: 'PENDING', requestedAt })
  expect((await rest.call('extendBooking', own)).problem.code).toBe('already_extended')
  expect((await rest.call('declineBooking', own)).status).toBe(403)
  expect(await list()).toMatchObject([{ id, status: 'PENDING', requestedAt, patient }])
  const byDesk = { path: own.path, as: staff }
  const later = { ...at, startsAt: new Date(Date.parse(at.startsAt) + 3_600_000).toISOString() }
  const moved = await rest.call('rescheduleBooking', { ...byDesk, body: later })
  expect(moved.problem.code).toBe('approval_required')

  // The clinic approves what was requested; who the patient is, and what was answered, is corrected by other rules.
  const corrected = await rest.call('confirmBooking', { ...byDesk, body: { patient: { name: 'Ada King' } } })
  expect(corrected.problem).toMatchObject({ code: 'invalid_request', errors: [{ path: '/patient' }] })
  expect((await rest.call('confirmBooking', byDesk)).body).toMatchObject({ status: 'CONFIRMED', requestedAt, patient })
  expect((await rest.call('confirmBooking', byDesk)).status).toBe(200)
  expect(await list()).toEqual([])
  expect((await rest.call('declineBooking', byDesk)).problem.code).toBe('invalid_transition')
  expect((await book({}, options)).body).toMatchObject({ id, status: 'CONFIRMED', holdExpiresAt: null })
})

type Practice = Awaited<ReturnType<typeof aPractice>>

type Made = Practice & { database: TestDatabase; rest: RestApp; path: { bookingId: string }; slotId: string }

test.for<[how: string, end: (made: Made) => Promise<unknown>, status: string]>([
  ['declined', ({ rest, staff: as, path }) => rest.call('declineBooking', { path, as }), 'CANCELLED'],
  [
    'approved, and cancelled by the clinic',
    async ({ rest, staff: as, path }) => {
      await rest.call('confirmBooking', { path, as })
      await rest.call('cancelBooking', { path, as })
    },
    'CANCELLED',
  ],
  [
    'not answered',
    ({ database, clinic, slotId }) => lapseHolds(database, { clinicNo: clinic.no, id: slotId }),
    'FAILED',
  ],
])('a retry of a request that was %s gets it as it is', async ([, end, status], { database, rest }) => {
  const practice = await aPractice(database, rest)
  const options = { key: randomUUID() }
  const { body: made } = await practice.book({}, options)
  const { id, slotId, manageToken, requestedAt } = made
  await end({ ...practice, database, rest, path: { bookingId: id }, slotId })
  const again = await practice.book({}, options)
  expect(again.status).toBe(200)
  expect(again.body).toMatchObject({ id, status, holdExpiresAt: null, manageToken, requestedAt })
  const { rows } = await database.ownerPool.query(
    `select count(*)::integer as events from holdfast.booking_event where booking_id = $1 and type = 'requested'`,
    [id],
  )
  expect(rows).toEqual([{ events: 1 }])
  expect((await practice.book()).status).toBe(201)
})

test('a retry of what was held, and is not there any more, is refused', async ({ database, rest }) => {
  const { at, book, clinic } = await aPractice(database, rest)
  const options = { key: randomUUID() }
  const settle: RestApp['engine']['settle'] = async () => ({ kind: 'locked', retryAfterSeconds: 1 })
  const first = await startRestApp(database, { replaced: { engine: { ...rest.engine, settle } } })
  onTestFinished(() => first.stop())
  const tried = await first.call('createBooking', { ...options, body: { ...at, patient, confirm: true } })
  expect(tried.problem.code).toBe('locked')
  const { rows } = await database.ownerPool.query<{ slot_id: string }>(
    'select slot_id from holdfast.booking where clinic_no = $1',
    [clinic.no],
  )
  await lapseHolds(database, { clinicNo: clinic.no, id: rows[0]?.slot_id ?? '' })
  expect((await book({}, options)).problem.code).toBe('hold_expired')
})

test('a request at a time that was closed meanwhile is not approved', async ({ database, rest }) => {
  const { session, request, staff, clinic } = await aPractice(database, rest)
  const { path } = await request()
  const day = (at: Date) => at.toISOString().slice(0, 10)
  const body = { from: day(session.startsAt), to: day(session.endsAt) }
  const as = await rest.aMember(clinic.no, 'admin')
  const closing = { path: { clinicId: clinic.id }, body, as }
  const preview = await rest.call('createClosure', { ...closing, query: { dryRun: true } })
  const shown = { id: path.bookingId, status: 'PENDING', requestedAt: expect.any(String) }
  expect(preview.body).toMatchObject({ bookings: { items: [shown] } })
  const closed = await rest.call('createClosure', closing)
  expect(closed.status).toBe(201)
  const approved = await rest.call('confirmBooking', { path, as: staff })
  expect(approved.problem).toMatchObject({ code: 'slot_closed', status: 409 })
  expect((await rest.call('declineBooking', { path, as: staff })).body.status).toBe('CANCELLED')
})

test('staff correct the contact of a request', async ({ database, rest }) => {
  const { request, staff, clinic } = await aPractice(database, rest)
  const { path } = await request()
  const body = { patient: { email: 'ada@example.com' } }
  const corrected = await rest.call('correctPatient', { path, body, as: staff })
  expect(corrected.body).toMatchObject({ status: 'PENDING', patient: body.patient, requestedAt: expect.any(String) })
  const listed = await rest.call('listClinicBookings', {
    path: { clinicId: clinic.id },
    query: { requested: true },
    as: staff,
  })
  expect(listed.body.items).toMatchObject([{ patient: body.patient }])
})

test.for([
  { refused: 'locked', isRetried: true, status: 'PENDING', requests: 1 },
  { refused: 'booking_erased', isRetried: true, status: 'PENDING', requests: 1 },
  // A hold: the next retry asks again.
  { refused: 'locked', isRetried: false, status: 'PENDING', requests: 0 },
  { refused: 'booking_erased', isRetried: false, status: 'CANCELLED', requests: 0 },
] as const)(
  'a try that is $refused gives back no request of its retry (retried: $isRetried)',
  async ({ refused, isRetried, status, requests }, { database, rest }) => {
    const { at, book, list, clinic } = await aPractice(database, rest)
    const options = { key: randomUUID() }
    const settle: RestApp['engine']['settle'] = async (wanted) => {
      if (wanted.action !== 'confirm') return rest.engine.settle(wanted)
      if (isRetried) expect((await book({}, options)).body.requestedAt).toEqual(expect.any(String))
      return refused === 'locked' ? { kind: refused, retryAfterSeconds: 1 } : { kind: refused }
    }
    const first = await startRestApp(database, { replaced: { engine: { ...rest.engine, settle } } })
    onTestFinished(() => first.stop())
    const tried = await first.call('createBooking', { ...options, body: { ...at, patient, confirm: true } })
    expect(tried.problem.code).toBe(refused)
    const { rows } = await database.ownerPool.query('select status from holdfast.booking where clinic_no = $1', [
      clinic.no,
    ])
    expect(rows).toEqual([{ status }])
    expect(await list()).toHaveLength(requests)
  },
)

test('a hold becomes a request when its patient confirms it', async ({ database, rest }) => {
  const { book, list } = await aPractice(database, rest)
  const { body: hold } = await book({ patient: undefined, confirm: false })
  expect(hold.requestedAt).toBeUndefined()
  expect(await list()).toEqual([])
  const own = { path: { bookingId: hold.id }, token: hold.manageToken ?? '' }
  const asked = await rest.call('confirmBooking', { ...own, body: { patient, reason: 'Knee' } })
  expect(asked.body).toMatchObject({ status: 'PENDING', patient, reason: 'Knee', requestedAt: expect.any(String) })
  expect(await list()).toHaveLength(1)
})

test('staff decline a request with a reason, which its patient reads', async ({ database, rest }) => {
  const { book, request, staff } = await aPractice(database, rest)
  const { path, token } = await request()
  const reason = 'Please see your family doctor first.'
  const declined = await rest.call('declineBooking', { path, body: { reason }, as: staff })
  expect(declined.status).toBe(200)
  expect((await rest.call('declineBooking', { path, body: { reason }, as: staff })).status).toBe(200)
  const { body } = await rest.call('getBooking', { path, token })
  expect(body).toMatchObject({ status: 'CANCELLED', cancellationReason: reason, cancelledBy: 'clinic' })
  // The time is free again.
  expect((await book()).status).toBe(201)
})

test('a request that is not answered, or is withdrawn, frees its time', async ({ database, rest }) => {
  const { book, request, staff, clinic } = await aPractice(database, rest)
  const lapsed = await request()
  await lapseHolds(database, { clinicNo: clinic.no, id: lapsed.slotId })
  expect((await rest.call('confirmBooking', { path: lapsed.path, as: staff })).problem.code).toBe('hold_expired')
  const { path, token } = await request()
  expect((await rest.call('cancelBooking', { path, token })).body).toMatchObject({ cancelledBy: 'patient' })
  expect((await book()).status).toBe(201)
})

test('what staff book needs no approval', async ({ database, rest }) => {
  const { book, staff } = await aPractice(database, rest)
  expect((await book({ onBehalf: true }, { as: staff })).body).toMatchObject({ status: 'CONFIRMED' })
})

test('a patient who has something else then is not asked for: the time is free again', async ({ database, rest }) => {
  const { clinic, book, staff, at } = await aPractice(database, rest)
  const account = rest.anAccount()
  const other = await aSession(database, await aDoctor(database, clinic))
  const plain = await aVisitType(database, clinic)
  const first = await book(
    { sessionId: other.id, startsAt: at.startsAt, visitTypeId: plain.id, refuseOverlap: true },
    { as: account },
  )
  expect(first.body.status).toBe('CONFIRMED')
  expect((await book({ refuseOverlap: true }, { as: account })).problem.code).toBe('patient_booked')
  expect((await book({ onBehalf: true, patient: { name: 'Grace' } }, { as: staff })).body.status).toBe('CONFIRMED')
})

test('requests that hold nothing are for one time, until staff approve one', async ({ database, rest }) => {
  const { book, clinic, staff, list } = await aPractice(database, rest, 'not_holding')
  const options = { key: randomUUID() }
  const first = await book({}, options)
  expect(first.body).toMatchObject({ status: 'PENDING', units: 0, requestedAt: expect.any(String) })
  expect(await book({}, options)).toMatchObject({ status: 200, body: first.body })
  expect((await book()).problem).toMatchObject({ code: 'already_requested', status: 409 })
  const second = await book(grace)
  const third = await book({ onBehalf: true }, { as: staff })
  expect([second.body.units, third.body.status]).toEqual([0, 'CONFIRMED'])
  const pathOf = ({ body }: typeof first) => ({ path: { bookingId: body.id } })
  expect(await list({ withTimeFree: true })).toMatchObject([{ isTimeFree: false }, { isTimeFree: false }])
  expect((await list()).map((request: object) => 'isTimeFree' in request)).toEqual([false, false])
  const query = { withTimeFree: true }
  const alone = await rest.call('listClinicBookings', { path: { clinicId: clinic.id }, query, as: staff })
  expect(alone.problem).toMatchObject({
    code: 'invalid_request',
    errors: [{ path: '/query/withTimeFree' }],
  })
  const refused = await rest.call('confirmBooking', { ...pathOf(second), as: staff })
  expect(refused.problem).toMatchObject({ code: 'slot_full', alternatives: [] })
  await rest.call('cancelBooking', { ...pathOf(third), as: staff })
  expect(await list({ withTimeFree: true })).toMatchObject([{ isTimeFree: true }, { isTimeFree: true }])

  const approval = { ...pathOf(second), as: staff, key: randomUUID() }
  const approved = await rest.call('confirmBooking', approval)
  expect(approved.body).toMatchObject({ status: 'CONFIRMED', units: 1 })
  expect((await rest.call('confirmBooking', approval)).body).toEqual(approved.body)
  expect(await list()).toEqual([])
  const told = await rest.call('getBooking', { ...pathOf(first), token: first.body.manageToken ?? '' })
  expect(told.body).toMatchObject({ status: 'CANCELLED', failureReason: 'time_taken', cancelledBy: 'clinic' })
  const late = await rest.call('confirmBooking', { ...pathOf(first), as: staff })
  expect(late.problem.code).toBe('invalid_transition')
})

test('waiting requests are counted as the list has them, and the security log has no reader', async ({
  database,
  rest,
}) => {
  const { clinic, session, type, book, request, staff, list, count } = await aPractice(database, rest, 'not_holding')
  expect(await count()).toEqual({ waiting: 0, isMore: false, firstEndsAt: null })
  const other = await aSession(database, await aDoctor(database, clinic))
  const later = new Date(session.startsAt.getTime() + 3_600_000).toISOString()
  const elsewhere = { sessionId: other.id, startsAt: other.startsAt.toISOString(), visitTypeId: type.id }
  // What does not wait: a hold, an appointment, and requests that were answered, withdrawn or not answered in time.
  await book({ startsAt: later, confirm: false, patient: undefined })
  const [declined, withdrawn, lapsed] = [await request(), await request(grace), await request(mary)]
  await rest.call('declineBooking', { path: declined.path, as: staff })
  await rest.call('cancelBooking', { path: withdrawn.path, token: withdrawn.token })
  await lapseHolds(database, { clinicNo: clinic.no, id: lapsed.slotId })
  await book({ ...elsewhere, onBehalf: true }, { as: staff })
  const [first] = [await request(), await request(grace)]
  expect((await book({ ...elsewhere, startsAt: later })).body.requestedAt).toEqual(expect.any(String))

  rest.audited.length = 0
  const counted = await count()
  expect(rest.audited).toEqual([])
  const listed = await list()
  // The control: the list is recorded.
  expect(rest.audited).toMatchObject([{ kind: 'bookings_read', actorId: staff.id }])
  expect(listed).toHaveLength(3)
  const [firstEndsAt] = listed.map(({ holdExpiresAt }) => holdExpiresAt).toSorted()
  expect(counted).toEqual({ waiting: 3, isMore: false, firstEndsAt })
  expect(listed.find(({ id }) => id === first.path.bookingId)?.holdExpiresAt).toBe(firstEndsAt)

  const asDoctor = await rest.aMember(clinic.no, 'doctor', session.doctorId)
  expect(await count(asDoctor)).toEqual({ waiting: 2, isMore: false, firstEndsAt })
  const others = { path: { clinicId: clinic.id }, query: { doctorId: other.doctorId } }
  expect((await rest.call('countRequests', { ...others, as: asDoctor })).problem.code).toBe('forbidden')
  expect((await rest.call('countRequests', { ...others, as: staff })).body.waiting).toBe(1)
})

test('requests are listed page by page, those that end first ahead', async ({ database, rest }) => {
  const { clinic, session, request, staff } = await aPractice(database, rest, 'not_holding')
  const later = (minutes: number) => new Date(session.startsAt.getTime() + minutes * 60_000).toISOString()
  const sent = [
    await request({ startsAt: later(120) }),
    await request({ startsAt: later(0) }),
    await request({ startsAt: later(60), ...grace }),
  ]
  const page = async (cursor: string | null, requested = true) => {
    const query = { requested, limit: 2, ...(cursor === null ? {} : { cursor }) }
    return rest.call('listClinicBookings', { path: { clinicId: clinic.id }, query, as: staff })
  }
  const [first, plain] = [await page(null), await page(null, false)]
  const next = await page(first.body.nextCursor)
  const ids = [...first.body.items, ...next.body.items].map(({ id }) => id)
  expect(ids).toEqual(sent.map(({ path }) => path.bookingId))
  expect([first.body.items.length, next.body.nextCursor]).toEqual([2, null])
  // A list in another order goes on elsewhere.
  expect((await page(plain.body.nextCursor)).problem.code).toBe('invalid_request')
})
