// Completeness: a route does not enforce its declared access, or this test does not list the operation's callers
import { aBooking, aClinic, aDoctor, aSlot } from '@holdfast/testkit'
import { expect } from 'vitest'
import {
  aScene,
  guarded,
  openToAnyone,
  operations,
  refusals,
  type Scene,
  send,
  withoutIds,
  writtenByAnyone,
} from '../../../test/access-scene.ts'
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

const members: (keyof Scene)[] = ['staff', 'admin', 'ownDoctor', 'colleague', 'site']

/** Who has access, where a caller with access succeeds. */
const reach: [OperationId, (keyof Scene)[]][] = [
  ['getBooking', ['owner', 'staff', 'admin', 'ownDoctor', 'site']],
  ['listBookingEvents', ['staff', 'admin', 'ownDoctor', 'site']],
  ['reopenBooking', ['staff', 'admin', 'ownDoctor', 'site']],
  ['createSlots', ['staff', 'admin', 'ownDoctor', 'site']],
  ['changeSlot', ['staff', 'admin', 'ownDoctor', 'site']],
  ['withdrawSlot', ['staff', 'admin', 'ownDoctor', 'site']],
  ['withdrawSlotsOfDoctor', ['staff', 'admin', 'ownDoctor', 'site']],
  ['listClinicBookings', ['staff', 'admin', 'ownDoctor', 'colleague', 'site']],
  ['exportClinicBookings', ['staff', 'admin', 'ownDoctor', 'colleague', 'site']],
  ['updateClinic', ['admin', 'site']],
  ['updateDoctor', ['admin', 'site']],
  ['getVideoRoom', ['staff', 'admin', 'ownDoctor', 'site']],
  ['setVideoRoom', ['admin', 'ownDoctor', 'site']],
  ['createDoctor', ['admin', 'site']],
  ['listMembers', ['admin', 'site']],
  ['createInvitation', ['admin', 'site']],
  ['listInvitations', ['admin', 'site']],
  ['listClinicAuditEvents', ['admin', 'site']],
  ['exportClinicAuditEvents', ['admin', 'site']],
  ['listAuditEvents', ['site']],
  ['exportAuditEvents', ['site']],
  ['recordExport', ['staff', 'admin', 'ownDoctor', 'colleague', 'site']],
  ['getClinicStats', ['admin', 'site']],
  ['exportClinicStats', ['admin', 'site']],
  ['listEvents', ['admin', 'site']],
  ['verifyClinic', ['admin', 'site']],
  ['erasePatients', ['admin', 'site']],
  ['getBookingLimits', ['admin', 'site']],
  ['updateBookingLimits', ['admin', 'site']],
  ['getClinicSecurity', ['admin', 'site']],
  ['getRetention', ['admin', 'site']],
  ['updateClinicSecurity', ['admin', 'site']],
  ['listBurstBookings', ['admin', 'site']],
  ['listBookingBursts', ['admin', 'site']],
  ['cancelBookingBurst', ['admin', 'site']],
  ['listMessages', ['staff', 'admin', 'site']],
  ['getMessage', ['admin', 'site']],
  ['sendMessage', ['staff', 'admin', 'site']],
  ['previewMessage', ['admin', 'site']],
  ['setClinicLogo', ['admin', 'site']],
  ['deleteClinicLogo', ['admin', 'site']],
  ['getMessageSettings', ['admin', 'site']],
  ['updateMessageSettings', ['admin', 'site']],
  ['planReminders', ['admin', 'site']],
  ['createWebhook', ['admin', 'site']],
  ['listWebhooks', ['admin', 'site']],
  ['getWebhook', ['admin', 'site']],
  ['updateWebhook', ['admin', 'site']],
  ['rotateWebhookSecret', ['admin', 'site']],
  ['listWebhookDeliveries', ['admin', 'site']],
  ['testWebhook', ['admin', 'site']],
  ['replayWebhook', ['admin', 'site']],
  ['createDoctorCalendarFeed', ['admin', 'ownDoctor', 'site']],
  ['getDoctorCalendarFeed', ['admin', 'ownDoctor', 'site']],
  ['deleteDoctorCalendarFeed', ['admin', 'ownDoctor', 'site']],
  ['setBusyCalendar', ['admin', 'ownDoctor', 'site']],
  ['getBusyCalendar', ['admin', 'ownDoctor', 'site']],
  ['deleteBusyCalendar', ['admin', 'ownDoctor', 'site']],
  ['listBlockedSlots', ['staff', 'admin', 'ownDoctor', 'site']],
  ['createClinicCalendarFeed', ['admin', 'site']],
  ['getClinicCalendarFeed', ['admin', 'site']],
  ['updateClinicCalendarFeed', ['admin', 'site']],
  ['deleteClinicCalendarFeed', ['admin', 'site']],
  ['listRooms', members],
  ['createRoom', ['admin', 'site']],
  ['updateRoom', ['admin', 'site']],
  ['listTheatreStaff', members],
  ['createTheatreStaff', ['admin', 'site']],
  ['updateTheatreStaff', ['admin', 'site']],
  ['listTheatreDoctors', members],
  ['updateTheatreDoctor', ['admin', 'site']],
  ['listEquipment', members],
  ['createEquipment', ['admin', 'site']],
  ['updateEquipment', ['admin', 'site']],
  ['listBlocks', members],
  ['createBlocks', ['admin', 'site']],
  ['changeBlock', ['admin', 'site']],
  ['withdrawBlock', ['admin', 'site']],
  ['listCases', members],
  ['checkCase', ['staff', 'admin', 'site']],
  ['getCase', ['staff', 'admin', 'ownDoctor', 'site']],
  ['listCaseEvents', ['staff', 'admin', 'ownDoctor', 'site']],
  ['getTheatre', members],
  ['suggestCaseTimes', ['staff', 'admin', 'site']],
  ['estimateCaseDuration', members],
  ['getTheatreReport', ['admin', 'site']],
  ['exportTheatreReport', ['admin', 'site']],
  ['listCaseRequests', members],
  ['createCaseRequest', members],
  ['getCaseRequest', ['staff', 'admin', 'ownDoctor', 'site']],
  ['createClinic', ['site']],
  ['getMe', ['owner', 'stranger', 'staff', 'site']],
]

const everybody = ['owner', 'stranger', 'staff', 'admin', 'ownDoctor', 'colleague', 'otherAdmin', 'site'] as const

test.for(reach)('%s succeeds for exactly %j', async ([id, allowed], { rest, scene }) => {
  const reached: string[] = []
  for (const name of everybody) {
    const { status } = await send(rest, id, scene.ids, { as: scene[name] })
    if (status < 300) reached.push(name)
    else expect([403, 404], `${name} ${status}`).toContain(status)
  }
  if (id === 'getMe') expect(reached).toEqual([...everybody])
  else expect(reached.sort()).toEqual([...allowed].sort())
})

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
  // Not the last character: two of its bits are unused.
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

const desk = ['staff', 'admin', 'ownDoctor', 'site'] as const

/** Who has access where a request may still be refused: because of the booking's state, or of what the body names. */
const attempts: [OperationId, readonly (keyof Scene)[]][] = [
  ['confirmBooking', ['owner', ...desk]],
  ['extendBooking', ['owner', ...desk]],
  ['confirmAttendance', ['owner', ...desk]],
  ['withdrawAttendance', desk],
  ['correctPatient', desk],
  ['rescheduleBooking', ['owner', ...desk]],
  ['cancelBooking', ['owner', ...desk]],
  ['arriveBooking', desk],
  ['completeBooking', desk],
  ['noShowBooking', desk],
  ['linkBooking', everybody],
  ['renewManageToken', ['owner']],
  ['listMyBookings', everybody],
  ['listMyWaitlistEntries', everybody],
  ['createMyCalendarFeed', everybody],
  ['getMyCalendarFeed', everybody],
  ['deleteMyCalendarFeed', everybody],
  ['getMyMessageChoices', everybody],
  ['setMyMessageChoices', everybody],
  ['deleteMyReminderOptOut', everybody],
  ['erasePatient', ['owner', 'admin', 'site']],
  ['changeMember', ['admin', 'site']],
  ['removeMember', ['admin', 'site']],
  ['revokeInvitation', ['admin', 'site']],
  ['deleteWebhook', ['admin', 'site']],
  ['acceptInvitation', everybody],
  ['createCase', ['staff', 'admin', 'site']],
  ['confirmCase', ['staff', 'admin', 'site']],
  ['moveCase', ['staff', 'admin', 'site']],
  ['swapCases', ['staff', 'admin', 'site']],
  ['bumpCases', ['staff', 'admin', 'site']],
  ['extendCase', ['staff', 'admin', 'site']],
  ['recordMilestone', ['staff', 'admin', 'site']],
  ['cancelCase', ['staff', 'admin', 'site']],
  ['fillBlock', ['staff', 'admin', 'site']],
  ['withdrawCaseRequest', ['staff', 'admin', 'ownDoctor', 'site']],
  ['eraseTheatrePatient', ['admin', 'site']],
  ['getWaitlistEntry', ['owner', 'staff', 'admin', 'ownDoctor', 'site']],
  ['listWaitlistOffers', ['owner', 'staff', 'admin', 'ownDoctor', 'site']],
  ['leaveWaitlist', ['owner', 'staff', 'admin', 'ownDoctor', 'site']],
  ['renewWaitlistToken', ['owner']],
  ['listWaitlistEntries', ['staff', 'admin', 'site']],
]

test.for(attempts)('%s is open to exactly %j', async ([id, allowed], { database, rest, scene }) => {
  const slot = await aSlot(database, scene.doctor)
  const booking = await aBooking(database, slot, { accountId: scene.owner.id })
  const ids = { ...scene.ids, slotId: slot.id, bookingId: booking.id }
  const admitted: string[] = []
  for (const name of everybody) {
    const reply = await send(rest, id, ids, { as: scene[name] })
    if (reply.status < 300 || !refusals.includes(reply.problem.code)) admitted.push(name)
  }
  expect(admitted.sort()).toEqual([...allowed].sort())
})

test('only the operations listed here are open to anyone', () => {
  const open = operations.filter(([, { access }]) => access === 'anyone').map(([id]) => id)
  expect(open.sort()).toEqual([...openToAnyone].sort())
  const writes = operations.filter(([id, { method }]) => open.includes(id) && method !== 'GET').map(([id]) => id)
  expect(writes.sort()).toEqual(writtenByAnyone)
})

test('every route that is not for anyone has its callers written down here', () => {
  const listed = [...reach, ...attempts].map(([id]) => id)
  expect(listed.sort()).toEqual(guarded.map(([id]) => id).sort())
})

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
    expect(await read({ as: scene[name] }), name).toBe(members.includes(name) ? 'admitted' : '404 doctor_not_found')
  }
  expect(await read({})).toBe('404 doctor_not_found')
  expect(await read({ token: scene.token })).toBe('404 doctor_not_found')
})

test('inactive doctors are listed for the clinic’s members', async ({ rest, scene }) => {
  const list = (clinicId: string, who: Pick<CallOptions, 'as' | 'token'>) =>
    rest.call('listDoctors', { query: { clinicId, includeInactive: true }, ...who }).then(outcomeOf)
  for (const name of everybody) {
    const expected = members.includes(name) ? 'admitted' : '404 clinic_not_found'
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
