// Rest: each operation and each kind of caller
// Completeness: a route does not enforce its declared access, or its example is not valid
import type { Access } from '@holdfast/contract'
import { aBooking, aClinic, aDoctor, aSlot } from '@holdfast/testkit'
import { expect } from 'vitest'
import { aScene, guarded, refusals, send, withoutIds } from '../../../test/access-scene.ts'
import type { CallOptions, OperationId, Reply } from '../../../test/rest-app.ts'
import { test as restTest } from '../../../test/rest-test.ts'

const test = restTest.extend('scene', { scope: 'file' }, ({ database, rest }) => aScene(database, rest))
const narrower = guarded.filter(([, { access }]) => access !== 'account' && access !== 'site_administrator')
const ofAdmins = guarded.filter(([, { access }]) => access === 'admin' || access === 'doctor_admin')
const ofTheClinic = narrower.filter(([, { access }]) => access !== 'booking')
const withIds = guarded.filter(([, { url }]) => url.includes('{'))

test.for(guarded)('%s without a credential: 401, whether the thing exists or not', async ([id], { rest, scene }) => {
  for (const ids of [scene.ids, scene.unknownIds]) {
    const { problem, headers } = await send(rest, id, ids, {})
    expect(problem).toMatchObject({ status: 401, code: 'unauthenticated' })
    expect(headers['www-authenticate']).toContain('Bearer')
  }
  const unread = await rest.call(id, { path: scene.ids, query: { no: 'such' }, raw: '{' })
  expect(unread.problem.status).toBe(401)
})

test.for(narrower)('%s by somebody from elsewhere: 404, as for an unknown id', async ([id], { rest, scene }) => {
  for (const who of [{ as: scene.stranger }, { as: scene.otherAdmin }, { token: scene.otherToken }]) {
    const real = await send(rest, id, scene.ids, who)
    const unknown = await send(rest, id, scene.unknownIds, who)
    expect(real.problem.status).toBe(404)
    expect({ ...real.problem, detail: '', instance: '' }).toEqual({ ...unknown.problem, detail: '', instance: '' })
    expect(withoutIds(real.problem.detail)).toBe(withoutIds(unknown.problem.detail))
  }
})

test.for(ofAdmins)('%s by staff or a doctor of the clinic: 403', async ([id], { rest, scene }) => {
  for (const as of [scene.staff, scene.ownDoctor]) {
    expect((await send(rest, id, scene.ids, { as })).problem).toMatchObject({ status: 403, code: 'forbidden' })
  }
})

test.for(ofTheClinic)('%s of an unknown id, by those with the role: 404', async ([id], { rest, scene }) => {
  for (const as of [scene.admin, scene.site]) {
    const { problem } = await send(rest, id, scene.unknownIds, { as })
    expect(problem.status, `${problem.code} ${problem.detail}`).toBe(404)
  }
})

test.for(withIds)('%s of another system’s id: 404, and of what is not an id: 400', async ([id], { rest, scene }) => {
  const foreign = Object.fromEntries(Object.keys(scene.ids).map((name) => [name, crypto.randomUUID()]))
  expect((await send(rest, id, foreign, { as: scene.site })).problem.status).toBe(404)
  const malformed = Object.fromEntries(Object.keys(scene.ids).map((name) => [name, "1' or 1=1"]))
  expect((await send(rest, id, malformed, { as: scene.site })).problem).toMatchObject({
    status: 400,
    code: 'invalid_request',
  })
})

const everybody = ['owner', 'stranger', 'staff', 'admin', 'ownDoctor', 'colleague', 'otherAdmin', 'site'] as const
type Caller = (typeof everybody)[number]

const admins: readonly Caller[] = ['admin', 'site']
const office: readonly Caller[] = ['staff', ...admins]
const desk: readonly Caller[] = [...office, 'ownDoctor']

/** Who has each access to what the scene has. */
const reach: Record<Exclude<Access, 'anyone'>, readonly Caller[]> = {
  account: everybody,
  site_administrator: ['site'],
  admin: admins,
  doctor_admin: admins,
  member: [...desk, 'colleague'],
  calendar: desk,
  calendar_owner: [...admins, 'ownDoctor'],
  slot: desk,
  booking: ['owner', ...desk],
  booking_desk: desk,
  booking_patient: ['owner'],
  booking_erasure: ['owner', ...admins],
  booking_series: ['owner', ...desk],
  clinic_staff: office,
  closure: desk,
  case: desk,
  case_staff: office,
  case_request: desk,
  waitlist_entry: ['owner', ...desk],
  waitlist_desk: desk,
  waitlist_patient: ['owner'],
}

test('a doctor is refused a colleague’s calendar, and does not find a booking in it', async ({ rest, scene }) => {
  const writes = ['createSlots', 'changeSlot', 'withdrawSlot', 'withdrawSlotsOfDoctor', 'setVideoRoom'] as const
  for (const id of [...writes, 'getVideoRoom'] as const) {
    expect((await send(rest, id, scene.ids, { as: scene.colleague })).problem).toMatchObject({
      status: 403,
      code: 'forbidden',
    })
  }
  expect((await send(rest, 'getBooking', scene.ids, { as: scene.colleague })).problem.status).toBe(404)
  const listed = await rest.call('listClinicBookings', { path: scene.ids, as: scene.colleague })
  expect(listed.body.items).toEqual([])
  const own = await rest.call('listClinicBookings', { path: scene.ids, as: scene.ownDoctor })
  expect(own.body.items.map(({ id }) => id)).toEqual([scene.ids.bookingId])
  const others = await rest.call('listClinicBookings', {
    path: scene.ids,
    query: { doctorId: scene.ids.doctorId },
    as: scene.colleague,
  })
  expect(others.problem.status).toBe(403)
})

test('a clinic’s number in another id is not the clinic’s id', async ({ rest, scene }) => {
  const path = { ...scene.ids, clinicId: scene.ids.doctorId }
  expect((await rest.call('listClinicBookings', { path, as: scene.staff })).problem).toMatchObject({
    status: 404,
    code: 'clinic_not_found',
  })
  const doctorPath = { doctorId: scene.ids.slotId }
  expect((await rest.call('updateDoctor', { path: doctorPath, body: { name: 'x' }, as: scene.admin })).status).toBe(404)
})

test('the manage token gives access to its booking and to nothing else', async ({ rest, scene }) => {
  expect((await send(rest, 'getBooking', scene.ids, { token: scene.token })).status).toBe(200)
  expect((await rest.call('getMe', { token: scene.token })).problem.status).toBe(401)
  expect((await rest.call('listMyBookings', { token: scene.token })).problem.status).toBe(401)
  for (const id of ['listClinicBookings', 'verifyClinic', 'updateDoctor', 'getVideoRoom', 'withdrawSlot'] as const) {
    expect((await send(rest, id, scene.ids, { token: scene.token })).problem.status, id).toBe(404)
  }
  expect((await send(rest, 'createClinic', scene.ids, { token: scene.token })).problem.status).toBe(401)
  // The last character stays: two of its bits are unused.
  const nearly = scene.token.replace(/^hfm_./, (start) => (start === 'hfm_A' ? 'hfm_B' : 'hfm_A'))
  expect((await send(rest, 'getBooking', scene.ids, { token: nearly })).problem.status).toBe(404)
})

test('a membership that ends, ends at once', async ({ rest, scene }) => {
  const as = await rest.aMember(scene.clinic.no, 'staff')
  expect((await send(rest, 'getBooking', scene.ids, { as })).status).toBe(200)
  const path = { clinicId: scene.clinic.id, accountId: as.id }
  expect((await rest.call('removeMember', { path, as: scene.admin })).status).toBe(204)
  expect((await send(rest, 'getBooking', scene.ids, { as })).problem.status).toBe(404)
})

test.for(guarded)(
  '%s: its example is valid, and admitted for exactly those with access',
  async ([id, { access }], { database, rest, scene }) => {
    const slot = await aSlot(database, scene.doctor)
    const booking = await aBooking(database, slot, { accountId: scene.owner.id })
    const manageToken = rest.manageTokens.issue(booking.id, { accountId: scene.owner.id, epoch: 0 })
    const ids = { ...scene.ids, slotId: slot.id, bookingId: booking.id, manageToken }
    const admitted: string[] = []
    for (const name of everybody) {
      const reply = await send(rest, id, ids, { as: scene[name] })
      if (reply.status < 300) admitted.push(name)
      else if (refusals.includes(reply.problem.code)) expect([403, 404], name).toContain(reply.status)
      else {
        // The request is valid; the state of what it is about decides.
        expect([401, 403, 404, 409, 422, 503], `${name}: ${reply.problem.code}`).toContain(reply.status)
        admitted.push(name)
      }
    }
    expect(admitted.sort()).toEqual([...reach[access as keyof typeof reach]].sort())
  },
)

/** The caller's status and code; `admitted` if access was granted and only the request itself decides. */
function outcomeOf(reply: Pick<Reply<OperationId>, 'status' | 'problem'>): string {
  return reply.status < 300 || reply.status === 409 ? 'admitted' : `${reply.status} ${reply.problem.code}`
}

test('a booking on behalf is for those with access to the slot’s calendar', async ({ rest, scene }) => {
  const book = (slotId: string, who: Pick<CallOptions, 'as' | 'token'>) =>
    rest.call('createBooking', { body: { slotId, patient: { name: 'Ada' }, onBehalf: true }, ...who }).then(outcomeOf)
  const outcomes: Record<string, string> = {}
  for (const name of everybody) outcomes[name] = await book(scene.ids.slotId, { as: scene[name] })
  expect(outcomes).toEqual({
    owner: '404 slot_not_found',
    stranger: '404 slot_not_found',
    otherAdmin: '404 slot_not_found',
    colleague: '403 forbidden',
    ownDoctor: 'admitted',
    staff: 'admitted',
    admin: 'admitted',
    site: 'admitted',
  })
  for (const slotId of [scene.ids.slotId, scene.unknownIds.slotId]) {
    expect(await book(slotId, {})).toBe('401 unauthenticated')
    expect(await book(slotId, { token: scene.token })).toBe('404 slot_not_found')
    expect(await book(slotId, { as: scene.stranger })).toBe('404 slot_not_found')
  }
  expect(await book(scene.unknownIds.slotId, { as: scene.ownDoctor })).toBe('404 slot_not_found')
})

test('an inactive doctor’s slots are read by the clinic’s members', async ({ database, rest, scene }) => {
  const path = { doctorId: (await aDoctor(database, scene.clinic)).id }
  const read = (who: Pick<CallOptions, 'as' | 'token'>) =>
    rest.call('listSlots', { path, query: { from: '2026-01-01', to: '2026-01-02' }, ...who }).then(outcomeOf)
  expect(await read({})).toBe('admitted')
  await rest.call('updateDoctor', { path, as: scene.admin, body: { active: false } })
  for (const name of everybody) {
    expect(await read({ as: scene[name] }), name).toBe(
      reach.member.includes(name) ? 'admitted' : '404 doctor_not_found',
    )
  }
  expect(await read({})).toBe('404 doctor_not_found')
  expect(await read({ token: scene.token })).toBe('404 doctor_not_found')
})

test('inactive doctors are listed for the clinic’s members', async ({ rest, scene }) => {
  const list = (clinicId: string, who: Pick<CallOptions, 'as' | 'token'>) =>
    rest.call('listDoctors', { query: { clinicId, includeInactive: true }, ...who }).then(outcomeOf)
  for (const name of everybody) {
    const expected = reach.member.includes(name) ? 'admitted' : '404 clinic_not_found'
    expect(await list(scene.ids.clinicId, { as: scene[name] }), name).toBe(expected)
  }
  for (const clinicId of [scene.ids.clinicId, scene.unknownIds.clinicId]) {
    expect(await list(clinicId, {})).toBe('401 unauthenticated')
    expect(await list(clinicId, { token: scene.token })).toBe('404 clinic_not_found')
  }
  const everywhere = await rest.call('listDoctors', { query: { includeInactive: true }, as: scene.site })
  expect(everywhere.problem).toMatchObject({ status: 400, code: 'invalid_request' })
})

test('nobody moves a booking to another clinic, or links one without its token', async ({ database, rest, scene }) => {
  const elsewhere = await aSlot(database, await aDoctor(database, await aClinic(database)))
  for (const name of ['owner', 'staff', 'site'] as const) {
    const move = { path: scene.ids, body: { slotId: elsewhere.id }, as: scene[name] }
    expect(await rest.call('rescheduleBooking', move).then(outcomeOf)).toBe('404 slot_not_found')
    const link = { path: scene.ids, body: { manageToken: scene.otherToken }, as: scene[name] }
    expect(await rest.call('linkBooking', link).then(outcomeOf)).toBe('404 booking_not_found')
  }
})

test('doctors move bookings only within their own calendar; where they are the patient, as any patient', async ({
  database,
  rest,
  scene,
}) => {
  const other = await aDoctor(database, scene.clinic)
  const [own, full, ofOther] = [
    await aSlot(database, scene.doctor, { capacity: 9 }),
    await aSlot(database, scene.doctor),
    await aSlot(database, other, { capacity: 9 }),
  ]
  await aBooking(database, full)
  const booking = await aBooking(database, await aSlot(database, scene.doctor))
  const move = (path: { bookingId: string }, slotId: string, who: Pick<CallOptions, 'as' | 'token'>) =>
    rest.call('rescheduleBooking', { path, body: { slotId }, ...who })
  const path = { bookingId: booking.id }
  expect(await move(path, ofOther.id, { as: scene.ownDoctor }).then(outcomeOf)).toBe('403 forbidden')
  expect(await rest.engine.reads.booking(booking.id)).toMatchObject({ slotId: booking.slotId })
  expect(await move(path, scene.unknownIds.slotId, { as: scene.ownDoctor }).then(outcomeOf)).toBe('404 slot_not_found')
  const { problem } = await move(path, full.id, { as: scene.ownDoctor })
  expect(problem.code).toBe('slot_full')
  const offered = await Promise.all((problem.alternatives ?? []).map(({ id }) => rest.engine.reads.slot(id)))
  expect(offered.map((slot) => slot?.doctorId)).toEqual(offered.map(() => scene.doctor.id))
  expect(offered.map((slot) => slot?.id)).not.toContain(booking.slotId)
  expect(await move(path, own.id, { as: scene.ownDoctor }).then(outcomeOf)).toBe('admitted')
  const asPatient = await aBooking(database, ofOther, { accountId: scene.ownDoctor.id })
  const elsewhere = await aSlot(database, other)
  const asOwner = await move({ bookingId: asPatient.id }, elsewhere.id, { as: scene.ownDoctor })
  expect(outcomeOf(asOwner)).toBe('admitted')
  expect(await move(path, ofOther.id, { as: scene.staff }).then(outcomeOf)).toBe('admitted')
  expect(await move(path, own.id, { as: scene.admin }).then(outcomeOf)).toBe('admitted')
  expect(await move(path, ofOther.id, { token: rest.manageTokens.issue(booking.id) }).then(outcomeOf)).toBe('admitted')
})
