import {
  aBooking,
  aClinic,
  aDoctor,
  anOfferMessage,
  aSlot,
  lapseHolds,
  offerAsFreed,
  type TestDatabase,
} from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import type { RestApp, TestAccount } from '../../../test/rest-app.ts'
import { test } from '../../../test/rest-test.ts'

const patient = { name: 'Grace Hopper', email: 'grace@example.org' }
const range = { from: '2026-01-01', to: '2026-12-31' }

/** A clinic whose doctor has one slot, which is taken. */
async function aFullDoctor(database: TestDatabase) {
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic)
  const slot = await aSlot(database, doctor)
  const booking = await aBooking(database, slot)
  const day = slot.startsAt.toISOString().slice(0, 10)
  return { clinic, doctor, slot, booking, wanted: { clinicId: clinic.id, doctorId: doctor.id, from: day, to: day } }
}

function cancel(rest: RestApp, bookingId: string) {
  const token = rest.manageTokens.issue(bookingId)
  return rest.call('cancelBooking', { path: { bookingId }, token })
}

test('a guest joins, is offered the place that is cancelled, and accepts it', async ({ database, rest }) => {
  const { doctor, slot, booking, wanted } = await aFullDoctor(database)
  const joined = await rest.call('createWaitlistEntry', { body: { ...wanted, patient } })
  expect(joined.status).toBe(201)
  expect(joined.body).toMatchObject({ status: 'waiting', position: 1, units: 1, urgency: 'routine', patient })
  const path = { doctorId: doctor.id }
  expect((await rest.call('getDoctorWaitlist', { path })).body).toEqual({ waiting: 1, waitingForSame: 1 })
  await cancel(rest, booking.id)

  const mine = { path: { entryId: joined.body.id }, token: joined.body.manageToken }
  const { offer, status } = (await rest.call('getWaitlistEntry', mine)).body
  expect(status).toBe('offered')
  expect(offer?.booking).toMatchObject({ slotId: slot.id, status: 'PENDING', patient })
  expect((await rest.call('createBooking', { body: { slotId: slot.id, patient } })).problem.code).toBe('slot_full')
  const taken = { path: { bookingId: offer?.booking.id ?? '' }, token: offer?.manageToken ?? null }
  expect((await rest.call('confirmBooking', taken)).body.status).toBe('CONFIRMED')
  const after = (await rest.call('getWaitlistEntry', mine)).body
  expect(after).toMatchObject({ status: 'accepted', endReason: 'accepted', offer: null })
})

test('an offer that is declined or lapses goes to the next', async ({ database, rest }) => {
  const { slot, booking, wanted } = await aFullDoctor(database)
  const join = (name: string) =>
    rest.call('createWaitlistEntry', { body: { ...wanted, patient: { name, email: `${name}@example.org` } } })
  const [first, second, third] = [await join('first'), await join('second'), await join('third')]
  const read = async ({ body: { id, manageToken } }: typeof first) =>
    (await rest.call('getWaitlistEntry', { path: { entryId: id }, token: manageToken })).body
  await cancel(rest, booking.id)
  await anOfferMessage(database, { id: first.body.id, clinicNo: slot.clinicNo })
  await lapseHolds(database, slot)
  await database.appPool.query('select holdfast.expire_holds(100)')
  expect(await read(first)).toMatchObject({ status: 'waiting', missedOffers: 1, position: 3, offer: null })
  const { offer } = await read(second)
  await rest.call('cancelBooking', { path: { bookingId: offer?.booking.id ?? '' }, token: offer?.manageToken ?? null })
  expect(await read(second)).toMatchObject({ status: 'waiting', missedOffers: 0 })
  expect(await read(third)).toMatchObject({ status: 'offered' })
  const offers = await rest.call('listWaitlistOffers', {
    path: { entryId: second.body.id },
    token: second.body.manageToken,
  })
  expect(offers.body.items).toMatchObject([{ slotId: slot.id, outcome: 'declined' }])
})

test('a place that is free already is not held: whoever joins reads that it is free', async ({ database, rest }) => {
  const { doctor, booking, wanted } = await aFullDoctor(database)
  const free = await aSlot(database, doctor)
  const { body } = await rest.call('createWaitlistEntry', { body: { ...wanted, patient } })
  expect(body).toMatchObject({ status: 'waiting', hasFreeTimes: true })
  const read = async () =>
    (await rest.call('getWaitlistEntry', { path: { entryId: body.id }, token: body.manageToken })).body
  expect(await read()).toMatchObject({ status: 'waiting', hasFreeTimes: true, offer: null })
  const other = { name: 'Ada', email: 'ada@example.org' }
  const claim = { body: { slotId: free.id, patient: other, confirm: true } }
  expect((await rest.call('createBooking', claim)).status).toBe(201)
  expect(await read()).toMatchObject({ status: 'waiting', hasFreeTimes: false })
  await cancel(rest, booking.id)
  expect(await read()).toMatchObject({ status: 'offered', hasFreeTimes: false })
})

test('nobody waits for the same twice, but for several places as well', async ({ database, limited: rest }) => {
  const { wanted } = await aFullDoctor(database)
  const body = { ...wanted, patient }
  expect((await rest.call('createWaitlistEntry', { body })).status).toBe(201)
  expect((await rest.call('createWaitlistEntry', { body })).problem).toMatchObject({
    status: 409,
    code: 'already_waiting',
  })
  expect((await rest.call('createWaitlistEntry', { body: { ...body, units: 2 } })).status).toBe(201)
})

test('nobody waits for the same twice, also where nobody is limited', async ({ database, rest }) => {
  const { wanted, clinic } = await aFullDoctor(database)
  const statusOf = async (call: Promise<{ status: number }>) => (await call).status
  const join = (body: object, as?: Awaited<ReturnType<typeof rest.aMember>>) =>
    rest.call('createWaitlistEntry', { body: { ...wanted, ...body }, ...(as === undefined ? {} : { as }) })
  expect(await statusOf(join({ patient }))).toBe(201)
  const { problem } = await join({ patient })
  expect(problem).toMatchObject({ status: 409, code: 'already_waiting' })
  expect(problem.entryId).toBeUndefined()
  expect(await statusOf(join({ patient: { ...patient, name: 'Her daughter' } }))).toBe(201)
  expect(await statusOf(join({ patient, units: 2 }))).toBe(201)
  // The same account, by another address.
  const as = rest.anAccount()
  expect(await statusOf(join({ patient: { name: 'Ada', email: 'ada@example.org' } }, as))).toBe(201)
  expect(await statusOf(join({ patient: { name: 'Ada', email: 'lovelace@example.org' } }, as))).toBe(409)
  // Nobody is limited otherwise.
  await database.ownerPool.query('update holdfast.clinic set address_holds_max = 1 where id = $1', [clinic.id])
  expect(await statusOf(join({ patient: { name: 'Another', email: 'another@example.org' } }))).toBe(201)
})

test('staff do not add the same person twice, and learn which entry there is', async ({ database, rest }) => {
  const { wanted, clinic } = await aFullDoctor(database)
  const as = await rest.aMember(clinic.no, 'staff')
  const add = (person: object) =>
    rest.call('createWaitlistEntry', { as, body: { ...wanted, patient: person, onBehalf: true } })
  const first = await add({ name: 'Jane Doe' })
  expect(first.status).toBe(201)
  const again = await Promise.all([add({ name: 'jane doe' }), add({ name: 'Jane Doe' })])
  for (const { problem } of again) expect(problem).toMatchObject({ code: 'already_waiting', entryId: first.body.id })
  // Another person of the same name.
  expect((await add({ name: 'Jane Doe', phone: '+44 1632 960 001' })).status).toBe(201)
  expect((await add({ name: 'Jane Doe', phone: '+44 1632 960001' })).problem.code).toBe('already_waiting')
  expect((await add({ name: 'Jane Doe', phone: '+44 1632 960 002' })).status).toBe(201)
  // A patient who left may be added again.
  await rest.call('leaveWaitlist', { as, path: { entryId: first.body.id } })
  expect((await add({ name: 'Jane Doe' })).status).toBe(201)
  // Two desks at once.
  const both = await Promise.all([add({ name: 'Joe Bloggs' }), add({ name: 'Joe Bloggs' })])
  expect(both.map(({ status }) => status).toSorted()).toEqual([201, 409])
})

test('a contact, an address and an account may wait only so often', async ({ database, limited: rest }) => {
  const { wanted, clinic } = await aFullDoctor(database)
  await database.ownerPool.query('update holdfast.clinic set address_holds_max = 3 where id = $1', [clinic.id])
  const join = (n: number) =>
    rest.call('createWaitlistEntry', { body: { ...wanted, patient: { name: `P${n}`, email: `p${n}@example.org` } } })
  for (const n of [1, 2, 3]) expect((await join(n)).status).toBe(201)
  const refused = await join(4)
  expect(refused.problem).toMatchObject({ status: 409, code: 'too_many_waitlist_entries', max: 3 })
  const tooMany = await rest.call('createWaitlistEntry', { body: { ...wanted, units: 50, patient } })
  expect(tooMany.problem.code).toBe('too_many_units')
  const staff = await rest.aMember(clinic.no, 'staff')
  const body = { ...wanted, patient, onBehalf: true, urgency: 'urgent' }
  expect((await rest.call('createWaitlistEntry', { as: staff, body })).body).toMatchObject({
    urgency: 'urgent',
    position: 1,
  })
})

test('members of the clinic who add an entry get no token, nor with a retry', async ({ database, rest }) => {
  const { clinic, wanted } = await aFullDoctor(database)
  const as = await rest.aMember(clinic.no, 'staff')
  const body = { ...wanted, patient }
  const add = () => rest.call('createWaitlistEntry', { as, key: 'add', body: { ...body, onBehalf: true } })
  for (const status of [201, 200]) expect(await add()).toMatchObject({ status, body: { manageToken: null } })
  const own = await rest.call('createWaitlistEntry', { as, body: { ...body, patient: { name: 'The member' } } })
  expect(own.body.manageToken).toMatch(/^hfm_/)
})

test('the log has whom the desk is shown by a repetition, or as waiting already', async ({ database, rest }) => {
  const { clinic, wanted } = await aFullDoctor(database)
  const as = await rest.aMember(clinic.no, 'staff')
  const body = { ...wanted, patient, onBehalf: true }
  const add = (key?: string) => rest.call('createWaitlistEntry', { as, body, ...(key === undefined ? {} : { key }) })
  rest.audited.length = 0
  const { id } = (await add('add')).body
  expect(rest.audited).toEqual([])
  expect((await add('add')).body.patient).toEqual(patient)
  const read = { kind: 'booking_read', clinicNo: clinic.no, actorId: as.id, subjectId: id }
  expect(rest.audited).toMatchObject([read])
  expect((await add()).problem.code).toBe('already_waiting')
  expect(rest.audited).toMatchObject([read, read])
  // Patients' repetitions are not recorded.
  const own = { body: { ...wanted, patient: { name: 'Ada', email: 'ada@example.org' } }, key: 'join' }
  for (const status of [201, 200]) expect((await rest.call('createWaitlistEntry', own)).status).toBe(status)
  expect(rest.audited).toHaveLength(2)
})

test('the clinic’s people see for which entries times are free, also in the list', async ({ database, rest }) => {
  const { clinic, doctor, wanted } = await aFullDoctor(database)
  const as = await rest.aMember(clinic.no, 'staff')
  const add = async (name: string, range = {}) => {
    const body = { ...wanted, ...range, patient: { name, phone: '+44 1632 960001' }, onBehalf: true }
    return (await rest.call('createWaitlistEntry', { as, body })).body
  }
  const listed = async (query = {}) => {
    const { items } = (await rest.call('listWaitlistEntries', { as, path: { clinicId: clinic.id }, query })).body
    return items.map(({ patient: { name }, hasFreeTimes }) => [name, hasFreeTimes])
  }
  expect(await add('Before')).toMatchObject({ hasFreeTimes: false })
  await aSlot(database, doctor)
  expect(await add('After')).toMatchObject({ hasFreeTimes: true })
  expect(await add('Other days', { from: '2099-01-01', to: '2099-12-31' })).toMatchObject({ hasFreeTimes: false })
  const inOrder = [
    ['Before', true],
    ['After', true],
    ['Other days', false],
  ]
  expect(await listed()).toEqual(inOrder)
  expect(await listed({ status: 'open', limit: 1 })).toEqual(inOrder.slice(0, 1))
})

test('the clinic’s people see who added an entry, and nobody else does', async ({ database, rest }) => {
  const { clinic, wanted } = await aFullDoctor(database)
  const as = await rest.aMember(clinic.no, 'staff')
  const body = { ...wanted, patient }
  const added = await rest.call('createWaitlistEntry', { as, body: { ...body, onBehalf: true } })
  expect(added.body.addedBy).toBe(as.name)
  await rest.call('createWaitlistEntry', { body: { ...body, patient: { name: 'Joined' } } })
  const { items } = (await rest.call('listWaitlistEntries', { as, path: { clinicId: clinic.id } })).body
  expect(items.map(({ addedBy }) => addedBy)).toEqual([as.name, null])
  const path = { entryId: added.body.id }
  expect((await rest.call('getWaitlistEntry', { as, path })).body.addedBy).toBe(as.name)
  const token = rest.manageTokens.issue(added.body.id)
  expect((await rest.call('getWaitlistEntry', { path, token })).body).toMatchObject({ patient, addedBy: null })
})

test('who leaves waits no longer, and an open offer is declined', async ({ database, rest }) => {
  const { slot, booking, wanted } = await aFullDoctor(database)
  const { body } = await rest.call('createWaitlistEntry', { body: { ...wanted, patient } })
  const mine = { path: { entryId: body.id }, token: body.manageToken }
  await cancel(rest, booking.id)
  expect((await rest.call('leaveWaitlist', mine)).status).toBe(204)
  expect((await rest.call('leaveWaitlist', mine)).status).toBe(204)
  expect((await rest.call('getWaitlistEntry', mine)).body).toMatchObject({ status: 'ended', endReason: 'left' })
  expect((await rest.call('createBooking', { body: { slotId: slot.id, patient } })).status).toBe(201)
})

test('an offer that ends because the clinic removes its entry is not called declined', async ({ database, rest }) => {
  const { clinic, doctor, booking, wanted } = await aFullDoctor(database)
  const { body } = await rest.call('createWaitlistEntry', { body: { ...wanted, patient } })
  const mine = { path: { entryId: body.id }, token: body.manageToken }
  const openOffer = async () => {
    const { offer } = (await rest.call('getWaitlistEntry', mine)).body
    return { path: { bookingId: offer?.booking.id ?? '' }, token: offer?.manageToken ?? null }
  }
  const stateOf = async (offer: Awaited<ReturnType<typeof openOffer>>) =>
    (await rest.call('getBooking', offer)).body.offer
  await cancel(rest, booking.id)
  const declined = await openOffer()
  expect(await stateOf(declined)).toBe('open')
  await rest.call('cancelBooking', declined)
  await offerAsFreed(database, await aSlot(database, doctor))
  const removed = await openOffer()
  const as = await rest.aMember(clinic.no, 'staff')
  expect((await rest.call('leaveWaitlist', { as, path: mine.path })).status).toBe(204)
  expect([await stateOf(declined), await stateOf(removed)]).toEqual(['declined', 'removed'])
  const offers = await rest.call('listWaitlistOffers', mine)
  expect(offers.body.items.map(({ outcome }) => outcome)).toEqual(['declined', 'removed'])
})

test('accounts and the clinic list entries', async ({ database, rest }) => {
  const { clinic, doctor, wanted } = await aFullDoctor(database)
  const account = rest.anAccount()
  const { body } = await rest.call('createWaitlistEntry', { as: account, body: { ...wanted, patient } })
  await rest.call('createWaitlistEntry', {
    body: { ...wanted, doctorId: undefined, specialization: 'General practice', patient },
  })
  const mine = await rest.call('listMyWaitlistEntries', { as: account })
  expect(mine.body.items.map(({ id }) => id)).toEqual([body.id])
  const staff = await rest.aMember(clinic.no, 'staff')
  const list = async (query: Record<string, string | number>) =>
    (await rest.call('listWaitlistEntries', { as: staff, path: { clinicId: clinic.id }, query })).body
  const first = await list({ limit: 1 })
  expect(first.items.map(({ id }) => id)).toEqual([body.id])
  const second = await list({ limit: 1, cursor: first.nextCursor ?? '' })
  expect(second).toMatchObject({ items: [{ specialization: 'General practice', position: 2 }], nextCursor: null })
  expect((await list({ doctorId: doctor.id, status: 'waiting' })).items).toHaveLength(1)
  expect((await list({ status: 'accepted' })).items).toEqual([])
})

test('the clinic lists who waits or has an offer, until when, and if they are notified', async ({ database, rest }) => {
  const { clinic, slot, booking, wanted } = await aFullDoctor(database)
  const join = async (name: string) =>
    (await rest.call('createWaitlistEntry', { body: { ...wanted, patient: { name, phone: '+44 1632 960001' } } })).body
  const [first, second] = [await join('first'), await join('second')]
  await cancel(rest, booking.id)
  const as = await rest.aMember(clinic.no, 'staff')
  const open = async () => {
    const { body } = await rest.call('listWaitlistEntries', {
      as,
      path: { clinicId: clinic.id },
      query: { status: 'open' },
    })
    return body.items.map(({ id, status, offeredUntil, offerNotified }) => ({
      id,
      status,
      offeredUntil,
      offerNotified,
    }))
  }
  const waiting = { id: second.id, status: 'waiting', offeredUntil: null, offerNotified: null }
  const { rows } = await database.ownerPool.query<{ until: Date }>(sql`select hold_expires_at as until
      from holdfast.booking where clinic_no = ${clinic.no} and waitlist_entry_id = ${first.id}`)
  const until = rows[0]?.until.toISOString()
  const offered = { id: first.id, status: 'offered', offeredUntil: expect.any(String), offerNotified: false }
  expect(await open()).toEqual([offered, waiting])
  expect(new Date((await open())[0]?.offeredUntil ?? 0).toISOString()).toBe(until)
  await anOfferMessage(database, { id: first.id, clinicNo: slot.clinicNo })
  expect(await open()).toEqual([{ ...offered, offerNotified: true }, waiting])
  await rest.call('leaveWaitlist', { as, path: { entryId: first.id } })
  expect(await open()).toMatchObject([{ id: second.id, status: 'offered' }])
})

test.for([
  { what: 'neither a doctor nor a specialization', change: { doctorId: undefined }, path: '/doctorId' },
  { what: 'both', change: { specialization: 'General practice' }, path: '/doctorId' },
  { what: 'a range that ends before it begins', change: { from: '2026-12-02', to: '2026-12-01' }, path: '/to' },
  { what: 'a range of years', change: { ...range, to: '2029-01-01' }, path: '/to' },
  { what: 'a range that is over', change: { from: '2020-01-01', to: '2020-01-02' }, path: '/to' },
  { what: 'times in the wrong order', change: { timeFrom: '12:00', timeTo: '09:00' }, path: '/timeTo' },
  { what: 'the urgency that a patient claims', change: { urgency: 'urgent' }, path: '/urgency' },
  {
    what: 'a specialization that nobody has',
    change: { doctorId: undefined, specialization: 'Astrology' },
    path: '/specialization',
  },
])('an entry with $what is refused', async ({ change, path }, { database, rest }) => {
  const { wanted } = await aFullDoctor(database)
  const { problem } = await rest.call('createWaitlistEntry', { body: { ...wanted, patient, ...change } })
  expect(problem).toMatchObject({ status: 400, errors: [{ path }] })
})

test('members alone add entries on behalf, and an unknown doctor is not found', async ({ database, rest }) => {
  const { wanted, clinic } = await aFullDoctor(database)
  const other = await aFullDoctor(database)
  const body = { ...wanted, patient, onBehalf: true }
  expect((await rest.call('createWaitlistEntry', { body })).problem.code).toBe('unauthenticated')
  expect((await rest.call('createWaitlistEntry', { as: rest.anAccount(), body })).problem.code).toBe('clinic_not_found')
  const elsewhere = { ...wanted, clinicId: clinic.id, doctorId: other.doctor.id, patient }
  expect((await rest.call('createWaitlistEntry', { body: elsewhere })).problem.code).toBe('doctor_not_found')
})

test('entries on behalf are for the desk, and a doctor who tries is logged', async ({ database, rest }) => {
  const { wanted, clinic, doctor } = await aFullDoctor(database)
  const waitingPatient = (name: string) => ({ name, email: `${name}@example.org` })
  const add = (as: TestAccount, name: string) =>
    rest.call('createWaitlistEntry', { as, body: { ...wanted, patient: waitingPatient(name), onBehalf: true } })
  for (const role of ['staff', 'admin'] as const) {
    expect((await add(await rest.aMember(clinic.no, role), `of-${role}`)).status).toBe(201)
  }
  const as = await rest.aMember(clinic.no, 'doctor', doctor.id)
  const already = rest.audited.length
  expect((await add(as, 'refused')).problem.code).toBe('forbidden')
  expect(rest.audited.slice(already)).toMatchObject([
    { kind: 'denied', clinicNo: clinic.no, actorId: as.id, details: ['createWaitlistEntry'] },
  ])
  // Without `onBehalf`, a doctor waits like anybody else.
  expect((await rest.call('createWaitlistEntry', { as, body: { ...wanted, patient } })).status).toBe(201)
  expect(rest.audited).toHaveLength(already + 1)
})
