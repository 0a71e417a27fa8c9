import { randomUUID } from 'node:crypto'
import { newId } from '@holdfast/engine'
import { aBooking, aClinic, aDoctor, aPatientRecord, aSlot, ofKind, type TestDatabase } from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { operations, send } from '../../test/access-scene.ts'
import type { CallOptions, RestApp } from '../../test/rest-app.ts'
import { test as restTest } from '../../test/rest-test.ts'

/** A clinic with a confirmed case in a block, an appointment of its surgeon, and everybody who could change them. */
async function aScene(database: TestDatabase, rest: RestApp) {
  const { theatre } = rest.engine
  const clinic = await aClinic(database)
  const surgeon = await aDoctor(database, clinic)
  const dayMs = (Math.floor(Date.now() / 86_400_000) + 2) * 86_400_000
  const at = (hours: number) => new Date(dayMs + hours * 3_600_000)
  const room = await theatre.createRoom(clinic.no, { name: 'OR 1', site: null, turnoverMinutes: 0, hours: null }, null)
  if (!('value' in room)) throw new Error(room.kind)
  const roomId = room.value.id
  await theatre.createBlocks({
    roomId,
    service: null,
    surgeonId: null,
    releaseDays: null,
    when: { drafts: [{ startsAt: at(8), endsAt: at(12), capacity: 240 }] },
    dryRun: false,
    actorId: null,
  })
  const aCase = async (startsAt: Date) => {
    const outcome = await theatre.claimCase({
      caseId: newId(clinic.no),
      roomId,
      startsAt,
      minutes: 60,
      surgeonId: surgeon.id,
      anaesthetistId: null,
      staffIds: [],
      equipment: [],
      patient: { mrn: randomUUID(), name: 'Ada Okafor', birthDate: null },
      service: 'Orthopaedics',
      procedure: { code: '27447', display: 'Total knee arthroplasty' },
      urgency: 'elective',
      blockId: null,
      requestId: null,
      override: null,
      confirm: true,
      actorId: null,
      key: randomUUID(),
      requestHash: randomUUID(),
    })
    if (outcome.kind !== 'booked') throw new Error(outcome.kind)
    const { rows } = await database.ownerPool.query(sql`select slot_id from holdfast.booking
        where id = ${outcome.case.id}`)
    return { id: outcome.case.id, slotId: String(rows[0]?.slot_id) }
  }
  const record = ofKind(await rest.engine.patients.create(clinic.no, aPatientRecord(), null), 'done')
  return {
    clinic,
    patientId: record.value.id,
    surgeon,
    roomId,
    day: at(0).toISOString().slice(0, 10),
    inBlock: await aCase(at(9)),
    inOpenTime: await aCase(at(14)),
    free: await aSlot(database, surgeon, { startsAt: at(18), capacity: 100 }),
    people: {
      staff: await rest.aMember(clinic.no, 'staff'),
      admin: await rest.aMember(clinic.no, 'admin'),
      surgeon: await rest.aMember(clinic.no, 'doctor', surgeon.id),
      site: rest.anAccount({ siteAdministrator: true }),
      account: rest.anAccount(),
    },
  }
}

const test = restTest.extend('scene', { scope: 'file' }, ({ database, rest }) => aScene(database, rest))

type Scene = Awaited<ReturnType<typeof aScene>>

const ofBookings = operations.filter(([, { url }]) => url.includes('{bookingId}'))

/** Who finds a booking by an operation: `operation person` for each response that is not 404. */
async function foundBy(rest: RestApp, scene: Scene, bookingId: string): Promise<string[]> {
  const found: string[] = []
  const { clinic, patientId } = scene
  const questionId = randomUUID()
  const ids = {
    clinicId: clinic.id,
    slotId: scene.free.id,
    ownerId: scene.people.account.id,
    bookingId,
    patientId,
    questionId,
  }
  const callers: [string, Pick<CallOptions, 'as' | 'token'>][] = [
    ...Object.entries(scene.people).map(([name, as]): [string, { as: typeof as }] => [name, { as }]),
    ['token', { token: rest.manageTokens.issue(bookingId) }],
  ]
  for (const [id, { access }] of ofBookings) {
    for (const [name, who] of callers) {
      const link = { path: ids, body: { manageToken: rest.manageTokens.issue(bookingId) }, ...who }
      const { status } = await (id === 'linkBooking' ? rest.call(id, link) : send(rest, id, ids, who))
      // Nobody's manage token is an account.
      const isRefusedByRole = access === 'clinic_staff' && status === 403
      if (status !== 404 && !(name === 'token' && status === 401) && !isRefusedByRole) found.push(`${id} ${name}`)
    }
  }
  return found
}

test('no route of bookings finds a case, whoever calls it', async ({ rest, scene }) => {
  expect(ofBookings.length).toBeGreaterThan(10)
  for (const { id } of [scene.inBlock, scene.inOpenTime]) {
    const before = await rest.engine.theatre.case(id)
    expect(await foundBy(rest, scene, id)).toEqual([])
    expect(await rest.engine.theatre.case(id)).toEqual(before)
  }
})

test('negative control: an appointment is found by each of these routes', async ({ database, rest, scene }) => {
  const found = new Set<string>()
  const guest = await aBooking(database, scene.free)
  for (const one of await foundBy(rest, scene, guest.id)) found.add(one.split(' ')[0] ?? '')
  // The guest was asked nothing: answers.test.ts withdraws a consent.
  const finding = ofBookings.map(([id]) => id).filter((id) => id !== 'withdrawConsent')
  expect([...found].sort()).toEqual(finding.sort())
})

test('negative control: a case that is stored as an appointment is found', async ({ database, rest, scene }) => {
  const planted = await aScene(database, rest)
  await database.ownerPool.query(sql`update holdfast.booking
      set appointment_type = 'in_person', patient = '{"name": "Ada"}' where id = ${planted.inBlock.id}`)
  expect(await foundBy(rest, { ...scene, ...planted }, planted.inBlock.id)).toContain('arriveBooking staff')
})

test('a link by account does not make a case one of the account’s bookings', async ({ database, rest, scene }) => {
  const as = scene.people.account
  await database.ownerPool.query(sql`
    update holdfast.booking set account_id = ${as.id} where id = ${scene.inOpenTime.id}`)
  expect((await rest.call('listMyBookings', { as })).body.items).toEqual([])
  expect((await rest.call('getBooking', { path: { bookingId: scene.inOpenTime.id }, as })).problem.status).toBe(404)
  const own = await aBooking(database, scene.free, { accountId: as.id })
  expect((await rest.call('listMyBookings', { as })).body.items.map(({ id }) => id)).toEqual([own.id])
})

test.for(['inBlock', 'inOpenTime'] as const)(
  'nobody books, moves to or withdraws the slot of a case %s',
  async (which, { database, rest, scene }) => {
    const { slotId } = scene[which]
    const appointment = await aBooking(database, scene.free)
    const callers: Pick<CallOptions, 'as'>[] = [{}, ...Object.values(scene.people).map((as) => ({ as }))]
    for (const who of callers) {
      for (const confirm of [false, true]) {
        const body = { slotId, patient: { name: 'Ada' }, confirm }
        expect((await rest.call('createBooking', { body, ...who })).problem.code).toBe('slot_not_found')
      }
    }
    for (const as of [scene.people.staff, scene.people.admin, scene.people.surgeon, scene.people.site]) {
      const body = { slotId, patient: { name: 'Ada' }, onBehalf: true }
      expect((await rest.call('createBooking', { body, as })).problem.code).toBe('slot_not_found')
      const move = { path: { bookingId: appointment.id }, body: { slotId }, as }
      expect((await rest.call('rescheduleBooking', move)).problem.code).toBe('slot_not_found')
      for (const dryRun of [true, false]) {
        const query = { dryRun, withBookings: true }
        expect((await rest.call('withdrawSlot', { path: { slotId }, query, as })).problem.code).toBe('slot_not_found')
      }
    }
    const move = { path: { bookingId: appointment.id }, body: { slotId } }
    const token = rest.manageTokens.issue(appointment.id)
    expect((await rest.call('rescheduleBooking', { ...move, token })).problem.code).toBe('slot_not_found')
    expect(await rest.engine.theatre.case(scene[which].id)).toMatchObject({ status: 'CONFIRMED' })
    // The control: the same request for a doctor's slot.
    const own = await aBooking(database, scene.free)
    const query = { dryRun: true, withBookings: true }
    const path = { slotId: own.slotId }
    expect((await rest.call('withdrawSlot', { path, query, as: scene.people.staff })).status).toBe(200)
  },
)

test('a room is no doctor: no route of doctors finds it', async ({ rest, scene }) => {
  const doctorId = scene.roomId
  const ids = { clinicId: scene.clinic.id, doctorId }
  const found: string[] = []
  const ofDoctors = operations.filter(([, { url }]) => url.includes('{doctorId}')).map(([id]) => id)
  for (const as of [scene.people.staff, scene.people.admin, scene.people.site]) {
    for (const id of ofDoctors) {
      const { status } = await send(rest, id, ids, { as })
      if (status < 400 || status === 409) found.push(id)
    }
  }
  expect(found).toEqual([])
  expect(ofDoctors).toContain('createSlots')
})

test('lists and figures of a clinic have only appointments', async ({ database, rest }) => {
  const scene = await aScene(database, rest)
  const { clinic, day, people } = scene
  const as = people.admin
  const path = { clinicId: clinic.id }
  const bookings = async (query: Record<string, string>) =>
    (await rest.call('listClinicBookings', { path, query: { from: day, to: day, ...query }, as })).body.items
  const searches = [{}, { doctorId: scene.roomId }, { q: scene.inBlock.id }, { q: scene.inBlock.id.slice(-8) }]
  for (const query of searches) expect(await bookings(query)).toEqual([])
  const stats = async () =>
    (await rest.call('getClinicStats', { path, query: { from: day, to: day }, as })).body.totals.CONFIRMED
  const newest = async () => {
    const { items } = (await rest.call('listEvents', { path, query: { newest: true }, as })).body
    return [...new Set(items.map((event) => event.bookingId))]
  }
  expect([await stats(), await newest()]).toEqual([0, []])
  const own = await aBooking(database, scene.free)
  expect((await bookings({})).map(({ id }) => id)).toEqual([own.id])
  expect([await stats(), await newest()]).toEqual([1, [own.id]])
})
