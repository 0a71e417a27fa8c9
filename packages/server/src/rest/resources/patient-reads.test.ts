// Rest: each response that names a patient
import { randomUUID } from 'node:crypto'
import { lapseHolds, type TestDatabase } from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { aScene, guarded, type Scene, send } from '../../../test/access-scene.ts'
import type { OperationId, RestApp } from '../../../test/rest-app.ts'
import { aTheatre, test, theatreTime } from '../../../test/theatre-scene.ts'

/** Only the patient's account may call them. */
const ofPatients = ['account', 'booking_patient', 'waitlist_patient']

/** Operations that show the scenes' admin no patient. */
const withoutPatient: OperationId[] = [
  // Nothing is free for it: booking-series.test.ts books some.
  'createBookingSeries',
  // It returns the booking without the patient.
  'erasePatient',
  // There is no burst: booking-limits.test.ts has one.
  'listBurstBookings',
  // What it calls "patient" is the kind of a conflict.
  'checkCase',
  // The doctor has no bookings in blocked slots: busy-calendars.test.ts has some.
  'setBusyCalendar',
  'getBusyCalendar',
  // Nobody is booked on their days: closures.test.ts has some.
  'createClosure',
  'getClosureEffect',
  // Nobody is booked outside of them: change-hours.test.ts has somebody.
  'setWorkingHours',
]

const withPatients = guarded.filter(
  ([, { access, responses }]) => !ofPatients.includes(access) && JSON.stringify(responses).includes('"patient"'),
)

/**
 * Whether a body or a problem names a patient: problems of bookings and cases that do not allow a change do. An erased
 * patient has no name.
 */
const showsPatient = (received: unknown) => /"patient":\{[^}]*"name":"[^"]/.test(JSON.stringify(received ?? null))

/** How many changes of the clinic's bookings and cases are in the log. */
async function eventsOf(database: TestDatabase, { clinic }: Scene): Promise<number> {
  const { rows } = await database.ownerPool.query<{ count: number }>(sql`select count(*)::integer as count
      from holdfast.booking_event where clinic_no = ${clinic.no}`)
  return rows[0]?.count ?? 0
}

/** Sends the request as an admin. @returns whether the response shows a patient, and neither log has the request */
async function isUnrecorded(database: TestDatabase, rest: RestApp, scene: Scene, id: OperationId, key?: string) {
  const before = await eventsOf(database, scene)
  rest.audited.length = 0
  const { admin: as } = scene
  const reply = await send(rest, id, scene.ids, key === undefined ? { as } : { as, key })
  const isShown = showsPatient(reply.status < 300 ? reply.body : reply.problem)
  const isChanged = (await eventsOf(database, scene)) > before
  return { isShown, isUnrecorded: isShown && !isChanged && !rest.audited.some(({ actorId }) => actorId === as.id) }
}

test('most operations that return patients are found by their schemas', () => {
  const ids = withPatients.map(([id]) => id)
  expect(ids.length).toBeGreaterThan(25)
  expect(ids).toEqual(expect.arrayContaining(['getBooking', 'listCases', 'fillBlock', 'getWaitlistEntry']))
})

/** A scene whose booking and case are cancelled: the refusals to change them show them. */
async function anEndedScene(database: TestDatabase, rest: RestApp): Promise<Scene> {
  const scene = await aScene(database, rest)
  for (const id of ['cancelBooking', 'cancelCase'] as const) {
    expect([id, (await send(rest, id, scene.ids, { as: scene.admin })).status]).toEqual([id, 200])
  }
  return scene
}

test.for(withPatients)(
  '%s: whoever gets a patient is in the security log or has changed something, also by repeating the request',
  async ([id], { database, rest }) => {
    const found = []
    for (const scene of [await aScene(database, rest), await anEndedScene(database, rest)]) {
      const key = randomUUID()
      for (const sent of [key, key, undefined, undefined]) {
        found.push(await isUnrecorded(database, rest, scene, id, sent))
      }
    }
    expect(found.map((one) => one.isUnrecorded)).toEqual(found.map(() => false))
    expect(found.some(({ isShown }) => isShown)).toBe(!withoutPatient.includes(id))
  },
)

test.for(withPatients)('%s: shows no patient that cannot be recorded as read', async ([id], { database, rest }) => {
  const scene = await aScene(database, rest)
  rest.auditLog.isDown = true
  const key = randomUUID()
  try {
    for (const sent of [key, key, undefined]) {
      expect([id, (await isUnrecorded(database, rest, scene, id, sent)).isUnrecorded]).toEqual([id, false])
    }
  } finally {
    rest.auditLog.isDown = false
  }
})

test('the repetitions show patients, so that the test above can fail', async ({ database, rest }) => {
  for (const id of ['fillBlock', 'confirmCase', 'moveCase', 'cancelCase', 'cancelBooking'] as const) {
    const scene = await aScene(database, rest)
    const key = randomUUID()
    await isUnrecorded(database, rest, scene, id, key)
    expect([id, (await isUnrecorded(database, rest, scene, id, key)).isShown]).toEqual([id, true])
  }
})

/** Which cases the request has recorded as read, in any order. */
const readsIn = (rest: RestApp, actorId: string) =>
  rest.audited
    .filter((one) => one.kind === 'booking_read' && one.actorId === actorId)
    .map(({ subjectId }) => subjectId)
    .toSorted()

test('a refusal records the case that it shows, which need not be the one in the path', async ({ database, rest }) => {
  const theatre = await aTheatre(database, rest)
  const { staff: as } = theatre
  const one = (await theatre.book({ confirm: true })).body.id
  const cancelled = (await theatre.book({ startsAt: theatreTime('10:00'), confirm: true })).body.id
  const lapsed = (await theatre.book({ startsAt: theatreTime('12:00') })).body.id
  await rest.call('cancelCase', { path: { caseId: cancelled }, as, body: { reasonCode: 'other' } })
  const { rows } = await database.ownerPool.query('select slot_id from holdfast.booking where id = $1', [lapsed])
  await lapseHolds(database, { clinicNo: theatre.clinic.no, id: rows[0].slot_id })
  const path = { caseId: one }
  const refused = [
    ['invalid_transition', cancelled, () => rest.call('swapCases', { path, as, body: { caseId: cancelled } })],
    ['hold_expired', lapsed, () => rest.call('swapCases', { path, as, body: { caseId: lapsed } })],
    ['hold_expired', lapsed, () => rest.call('confirmCase', { path: { caseId: lapsed }, as, body: {} })],
  ] as const
  for (const [code, shown, request] of refused) {
    rest.audited.length = 0
    const { problem } = await request()
    expect(problem).toMatchObject({ code, case: { id: shown, patient: { name: expect.any(String) } } })
    expect(readsIn(rest, as.id)).toEqual([shown])
  }
})

test('a refusal that shows no case records no read', async ({ rest, theatre }) => {
  const { id } = (await theatre.book({ confirm: true })).body
  await theatre.book({ startsAt: theatreTime('10:00'), confirm: true })
  rest.audited.length = 0
  const body = { startsAt: theatreTime('10:30') }
  const { problem } = await rest.call('moveCase', { path: { caseId: id }, as: theatre.staff, body })
  expect(problem.code).toBe('resource_busy')
  expect(rest.audited).toEqual([])
  // A case that has ended is named, and not shown.
  const ended = (await theatre.book({ startsAt: theatreTime('12:00'), confirm: true })).body.id
  await rest.call('cancelCase', { path: { caseId: ended }, as: theatre.staff, body: { reasonCode: 'other' } })
  rest.audited.length = 0
  const bump = { caseIds: [ended], reason: 'Ruptured aneurysm' }
  const bumped = await rest.call('bumpCases', { path: { caseId: id }, as: theatre.staff, body: bump })
  expect(bumped.problem).toMatchObject({ code: 'bump_refused', bumpRefusals: [{ caseId: ended }] })
  expect(rest.audited).toEqual([])
})

test('a repeated swap records both cases, with its response stored or not', async ({ database, rest, theatre }) => {
  const { staff: as, roomTwo } = theatre
  const one = (await theatre.book({ confirm: true })).body.id
  const other = (await theatre.book({ startsAt: theatreTime('10:00'), roomId: roomTwo.id, confirm: true })).body.id
  const key = randomUUID()
  const swap = () => rest.call('swapCases', { path: { caseId: one }, as, key, body: { caseId: other } })
  expect((await swap()).status).toBe(200)
  // The second time, as if the server had died before it stored the response.
  for (const isStored of [true, false]) {
    if (!isStored) await database.ownerPool.query('delete from holdfast.answer')
    rest.audited.length = 0
    expect((await swap()).body.cases.map(({ roomId }) => roomId)).toEqual([roomTwo.id, theatre.roomOne.id])
    expect(readsIn(rest, as.id)).toEqual([one, other].toSorted())
  }
})
