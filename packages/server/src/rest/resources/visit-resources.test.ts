import { aClinic, aDoctor, aSession, type BuiltSession, type TestDatabase } from '@holdfast/testkit'
import { expect } from 'vitest'
import type { RestApp } from '../../../test/rest-app.ts'
import { test } from '../../../test/rest-test.ts'

const device = { kind: 'device', name: 'Ultrasound', units: 1 } as const

/** A clinic with a room, a device, a visit type that needs both, and two doctors who have open sessions. */
async function aDesk(database: TestDatabase, rest: RestApp) {
  const clinic = await aClinic(database)
  const [admin, staff] = [await rest.aMember(clinic.no, 'admin'), await rest.aMember(clinic.no, 'staff')]
  const path = { clinicId: clinic.id }
  const create = async (body: object) => (await rest.call('createVisitResource', { path, as: admin, body })).body
  const [room, ultrasound] = [await create({ kind: 'room', name: ' Room 2 ' }), await create(device)]
  const needs = { room: true, roomIds: [room.id], deviceIds: [ultrasound.id] }
  const type = await rest.call('createVisitType', {
    path,
    as: admin,
    body: { name: 'Ultrasound', minutes: 20, needs },
  })
  const sessions = [
    await aSession(database, await aDoctor(database, clinic)),
    await aSession(database, await aDoctor(database, clinic)),
  ] as const
  const book = (session: BuiltSession, more: object = {}) =>
    rest.call('createBooking', {
      as: staff,
      body: {
        sessionId: session.id,
        startsAt: session.startsAt.toISOString(),
        visitTypeId: type.body.id,
        patient: { name: 'Ada Lovelace' },
        confirm: true,
        onBehalf: true,
        ...more,
      },
    })
  const timesOf = async ({ doctorId, startsAt }: BuiltSession) => {
    const day = startsAt.toISOString().slice(0, 10)
    const { body } = await rest.call('listTimes', {
      path: { doctorId },
      query: { visitTypeId: type.body.id, from: day, to: day, onBehalf: true },
      as: staff,
    })
    return body.items.map((one) => one.startsAt)
  }
  return { clinic, admin, staff, path, room, ultrasound, needs, type: type.body, sessions, book, timesOf }
}

test('an admin adds, changes and switches off rooms and devices, which staff reads', async ({ database, rest }) => {
  const { path, admin, staff, room, ultrasound } = await aDesk(database, rest)
  expect(room).toMatchObject({ kind: 'room', name: 'Room 2', units: 1, active: true })
  const changed = await rest.call('updateVisitResource', {
    path: { ...path, resourceId: ultrasound.id },
    as: admin,
    body: { name: 'Scanner', units: 3, active: false },
  })
  expect(changed.body).toEqual({ ...ultrasound, name: 'Scanner', units: 3, active: false })
  const listed = await rest.call('listVisitResources', { path, as: staff })
  expect(listed.body.items).toEqual([room, changed.body])
  const details = rest.audited.filter(({ subjectId }) => subjectId === ultrasound.id).map((one) => one.details)
  expect(details).toEqual([['visit resource added'], ['visit resource changed', 'name', 'units', 'active']])
})

test('no two rooms, and no two devices, of a clinic have one name', async ({ database, rest }) => {
  const { path, admin, room } = await aDesk(database, rest)
  const create = (body: { kind: 'room' | 'device'; name: string }) =>
    rest.call('createVisitResource', { path, as: admin, body })
  const taken = { status: 409, code: 'visit_resource_name_taken' }
  expect((await create({ kind: 'room', name: 'room 2 ' })).problem).toMatchObject(taken)
  expect((await create({ kind: 'device', name: 'Room 2' })).status).toBe(201)
  const other = (await create({ kind: 'room', name: 'Room 3' })).body
  const rename = (id: string, name: string) =>
    rest.call('updateVisitResource', { path: { ...path, resourceId: id }, as: admin, body: { name } })
  expect((await rename(other.id, 'ROOM 2')).problem).toMatchObject(taken)
  expect((await rename(room.id, 'ROOM 2')).body.name).toBe('ROOM 2')
  // Of two administrators at once, one is refused; another clinic has its own names.
  const both = await Promise.all([create({ kind: 'room', name: 'Room 4' }), create({ kind: 'room', name: 'Room 4' })])
  expect(both.map(({ status }) => status).toSorted()).toEqual([201, 409])
  await aDesk(database, rest)
})

test('a room has one unit, and the theatre has no consulting rooms', async ({ database, rest }) => {
  const { path, admin, room } = await aDesk(database, rest)
  const refused = await rest.call('createVisitResource', {
    path,
    as: admin,
    body: { ...device, kind: 'room', units: 2 },
  })
  expect(refused.problem).toMatchObject({ code: 'invalid_request', errors: [{ path: '/units' }] })
  const more = { path: { ...path, resourceId: room.id }, as: admin, body: { units: 2 } }
  expect((await rest.call('updateVisitResource', more)).problem.code).toBe('invalid_request')
  expect((await rest.call('listRooms', { path, as: admin })).body.items).toEqual([])
  expect((await rest.call('listEquipment', { path, as: admin })).body.items).toEqual([])
})

test('a visit type needs only rooms and devices of its clinic', async ({ database, rest }) => {
  const { path, admin, type, room, ultrasound, needs } = await aDesk(database, rest)
  expect(type.needs).toEqual(needs)
  const { ultrasound: foreign } = await aDesk(database, rest)
  const change = (changed: object) =>
    rest.call('updateVisitType', { path: { ...path, visitTypeId: type.id }, as: admin, body: { needs: changed } })
  for (const wrong of [
    { ...needs, deviceIds: [foreign.id] },
    { ...needs, deviceIds: [room.id] },
    { ...needs, roomIds: [ultrasound.id] },
  ]) {
    expect((await change(wrong)).problem.code).toBe('visit_resource_not_found')
  }
  expect((await change({ ...needs, room: false })).problem.code).toBe('invalid_request')
  const none = { room: false, roomIds: [], deviceIds: [] }
  expect((await change(none)).body.needs).toEqual(none)
})

test('a booking names its room and devices, also to its patient, until it is cancelled', async ({ database, rest }) => {
  const { book, staff, sessions, room, ultrasound } = await aDesk(database, rest)
  const account = rest.anAccount()
  const booked = await book(sessions[0], { onBehalf: false }).then(({ body }) => body)
  const taken = [
    { id: room.id, kind: 'room', name: 'Room 2' },
    { id: ultrasound.id, kind: 'device', name: 'Ultrasound' },
  ]
  const path = { bookingId: booked.id }
  expect((await rest.call('getBooking', { path, as: staff })).body.resources).toEqual(taken)
  const token = booked.manageToken ?? ''
  expect((await rest.call('getBooking', { path, token })).body.resources).toEqual(taken)
  expect((await rest.call('getBooking', { path, as: account })).status).toBe(404)
  const cancelled = await rest.call('cancelBooking', { path, as: staff, body: {} })
  expect(cancelled.body).not.toHaveProperty('resources')
})

test('the other doctor is refused while the device is taken, and the list says so before', async ({
  database,
  rest,
}) => {
  const { book, sessions, timesOf, clinic, type } = await aDesk(database, rest)
  const [one, other] = sessions
  const start = other.startsAt.toISOString()
  expect(await timesOf(other)).toContain(start)
  expect((await book(one)).status).toBe(201)
  expect(await timesOf(other)).not.toContain(start)
  const missing = [
    { kind: 'room', name: 'Room 2' },
    { kind: 'device', name: 'Ultrasound' },
  ]
  expect((await book(other)).problem).toMatchObject({ status: 409, code: 'needs_taken', missing })
  const anybody = { sessionId: undefined, clinicId: clinic.id, visitTypeId: type.id }
  expect((await book(other, anybody)).problem).toMatchObject({ code: 'needs_taken', missing })
})

test('it is switched off while visits have it only with withVisits', async ({ database, rest }) => {
  const { book, sessions, path, admin, room } = await aDesk(database, rest)
  await book(sessions[0])
  const off = { path: { ...path, resourceId: room.id }, as: admin, body: { active: false } }
  const { problem } = await rest.call('updateVisitResource', off)
  expect(problem).toMatchObject({ status: 409, code: 'visit_resource_in_use', visits: 1 })
  const stayed = await rest.call('updateVisitResource', { ...off, query: { withVisits: true } })
  expect(stayed.body.active).toBe(false)
})

test('the desk closes a room, after it has seen whose visits are in it', async ({ database, rest }) => {
  const { book, sessions, path, staff, room, clinic, timesOf } = await aDesk(database, rest)
  const { body: booked } = await book(sessions[0])
  const day = sessions[0].startsAt.toISOString().slice(0, 10)
  const body = { from: day, to: day, resourceId: room.id }
  const preview = await rest.call('createClosure', { path, query: { dryRun: true }, as: staff, body })
  const effect = preview.body as { slots?: number; bookings: { items: { id: string }[] } }
  expect(effect.slots).toBe(1)
  expect(effect.bookings.items.map(({ id }) => id)).toEqual([booked.id])
  const { body: closure } = await rest.call('createClosure', { path, as: staff, body })
  expect(closure).toMatchObject({ doctorId: null, resourceId: room.id, isApplied: true })
  expect(await timesOf(sessions[1])).toEqual([])
  const doctor = await rest.aMember(clinic.no, 'doctor', sessions[0].doctorId)
  expect((await rest.call('createClosure', { path, as: doctor, body })).problem.code).toBe('forbidden')
  const both = { ...body, doctorId: sessions[0].doctorId }
  expect((await rest.call('createClosure', { path, as: staff, body: both })).problem.code).toBe('invalid_request')
  const unknown = { ...body, resourceId: sessions[0].doctorId }
  expect((await rest.call('createClosure', { path, as: staff, body: unknown })).problem.code).toBe(
    'visit_resource_not_found',
  )
})
