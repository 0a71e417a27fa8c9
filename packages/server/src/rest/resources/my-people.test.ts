import { aClinic, aDoctor, aSlot, type TestDatabase } from '@holdfast/testkit'
import { accountPeopleMax } from '@holdfast/vocabulary'
import { expect } from 'vitest'
import type { RestApp, TestAccount } from '../../../test/rest-app.ts'
import { test } from '../../../test/rest-test.ts'

const mia = { name: 'Mia King', birthDate: '2019-04-03', relation: 'child' }

const add = (rest: RestApp, as: TestAccount, body: object = mia) => rest.call('createMyPerson', { as, body })
const listed = async (rest: RestApp, as: TestAccount) => {
  const { body, headers } = await rest.call('listMyPeople', { as })
  expect(headers['cache-control']).toBe('no-store')
  return body.items
}

test('people are added, corrected and removed; of another account they do not exist', async ({ rest }) => {
  const [as, stranger] = [rest.anAccount(), rest.anAccount()]
  const added = await add(rest, as)
  expect(added).toMatchObject({ status: 201, body: mia })
  const path = { personId: added.body.id }
  expect(await listed(rest, as)).toEqual([{ id: path.personId, ...mia }])
  expect(await listed(rest, stranger)).toEqual([])
  const body = { name: 'Mia Lovelace', relation: null }
  for (const id of ['updateMyPerson', 'deleteMyPerson'] as const) {
    const refused = await rest.call(id, { as: stranger, path, ...(id === 'updateMyPerson' ? { body } : {}) })
    expect(refused.problem).toMatchObject({ status: 404, code: 'person_not_found' })
  }
  expect(await listed(rest, as)).toEqual([{ id: path.personId, ...mia }])
  // The control: the account itself.
  expect(await rest.call('updateMyPerson', { as, path, body })).toMatchObject({
    status: 200,
    body: { ...mia, ...body },
  })
  expect((await rest.call('deleteMyPerson', { as, path })).status).toBe(204)
  expect((await rest.call('deleteMyPerson', { as, path })).problem.status).toBe(404)
  expect(await listed(rest, as)).toEqual([])
})

test.for([
  ['/name', {}],
  ['/name', { name: ' ' }],
  ['/name', { name: 'x'.repeat(201) }],
  ['/birthDate', { name: 'Mia', birthDate: '2020-02-30' }],
  ['/birthDate', { name: 'Mia', birthDate: '2199-01-01' }],
  ['/relation', { name: 'Mia', relation: 'guardian' }],
  ['/sex', { name: 'Mia', sex: 'female' }],
] as const)('a person with a wrong %s is refused, and it is named: %j', async ([path, body], { rest }) => {
  const as = rest.anAccount()
  const { problem } = await add(rest, as, body)
  expect(problem).toMatchObject({ status: 400, code: 'invalid_request' })
  expect(JSON.stringify(problem.errors)).toContain(path.slice(1))
  expect(await listed(rest, as)).toEqual([])
})

test('a correction is checked like what is added', async ({ rest }) => {
  const as = rest.anAccount()
  const path = { personId: (await add(rest, as)).body.id }
  for (const body of [{ birthDate: '2199-01-01' }, { name: '' }, { relation: 'nobody' }]) {
    expect((await rest.call('updateMyPerson', { as, path, body })).problem).toMatchObject({ status: 400 })
  }
  expect(await listed(rest, as)).toEqual([{ id: path.personId, ...mia }])
})

test('an account has ten people at most, and room again once one is removed', async ({ rest }) => {
  const as = rest.anAccount()
  for (let count = 0; count < accountPeopleMax; count += 1) expect((await add(rest, as)).status).toBe(201)
  const { problem } = await add(rest, as)
  expect(problem).toMatchObject({ status: 409, code: 'too_many_people', detail: expect.stringContaining('10') })
  const [first] = await listed(rest, as)
  await rest.call('deleteMyPerson', { as, path: { personId: first?.id ?? '' } })
  expect((await add(rest, as)).status).toBe(201)
})

test('only an account has people: neither a guest nor the bearer of a manage token', async ({ database, rest }) => {
  const slot = await aSlot(database, await aDoctor(database, await aClinic(database)))
  const as = rest.anAccount()
  const { body } = await rest.call('createBooking', { as, body: { slotId: slot.id, patient: { name: 'Mia King' } } })
  for (const token of [null, String(body.manageToken)]) {
    expect((await rest.call('listMyPeople', { token })).problem.status).toBe(401)
    expect((await rest.call('createMyPerson', { token, body: mia })).problem.status).toBe(401)
  }
  expect((await rest.call('listMyPeople', { as })).status).toBe(200)
})

/** Slots of three doctors of a clinic at one time. */
async function slotsAtOnce(database: TestDatabase) {
  const clinic = await aClinic(database)
  const first = await aSlot(database, await aDoctor(database, clinic))
  const { startsAt } = first
  const [second, third] = [
    await aSlot(database, await aDoctor(database, clinic), { startsAt }),
    await aSlot(database, await aDoctor(database, clinic), { startsAt }),
  ]
  return { clinic, slotIds: [first.id, second.id, third.id] as const }
}

test('two children of an account at one time are two patients; one child twice is asked about', async ({
  database,
  rest,
}) => {
  const { clinic, slotIds } = await slotsAtOnce(database)
  const as = rest.anAccount()
  const contact = { email: 'parent@example.org', phone: '+44 20 7946 0018' }
  const book = (slotId: string, name: string) =>
    rest.call('createBooking', {
      as,
      body: { slotId, patient: { name, ...contact }, confirm: true, refuseOverlap: true },
    })
  const ofMia = await book(slotIds[0], 'Mia King')
  expect(ofMia.status).toBe(201)
  // The negative control: the same child.
  expect((await book(slotIds[1], 'mia KING')).problem).toMatchObject({
    code: 'patient_booked',
    otherAppointment: { bookingId: ofMia.body.id },
  })
  const ofLeo = await book(slotIds[1], 'Leo King')
  expect(ofLeo.status).toBe(201)
  // A hold in the name of the parent, as the site requests it, becomes the other child's appointment.
  const body = { slotId: slotIds[2], patient: { name: 'Ada King', email: contact.email } }
  const hold = (await rest.call('createBooking', { as, body })).body
  const confirm = (name: string) =>
    rest.call('confirmBooking', {
      path: { bookingId: hold.id },
      token: String(hold.manageToken),
      body: { patient: { name, ...contact }, refuseOverlap: true },
    })
  expect((await confirm('Leo King')).problem.code).toBe('patient_booked')
  expect((await confirm('Ada King')).body.status).toBe('CONFIRMED')
  // A new number of one child does not make the other one the same patient.
  const staff = await rest.aMember(clinic.no, 'staff')
  const correct = (patient: object) =>
    rest.call('correctPatient', {
      path: { bookingId: ofLeo.body.id },
      as: staff,
      body: { patient, refuseOverlap: true },
    })
  expect((await correct({ phone: '+44 20 7946 0019' })).status).toBe(200)
  expect((await correct({ name: 'Mia King' })).problem.code).toBe('patient_booked')
})

test('a booking keeps its name when the person is corrected or removed, and stays the account’s', async ({
  database,
  rest,
}) => {
  const { slotIds } = await slotsAtOnce(database)
  const as = rest.anAccount()
  const path = { personId: (await add(rest, as)).body.id }
  const booking = { slotId: slotIds[0], patient: { name: mia.name }, confirm: true }
  const { body: booked } = await rest.call('createBooking', { as, body: booking })
  await rest.call('updateMyPerson', { as, path, body: { name: 'Mia Lovelace' } })
  const mine = async () => (await rest.call('listMyBookings', { as })).body.items
  expect(await mine()).toMatchObject([{ id: booked.id, patient: { name: mia.name }, version: 1 }])
  await rest.call('deleteMyPerson', { as, path })
  expect(await mine()).toMatchObject([{ id: booked.id, patient: { name: mia.name }, version: 1 }])
  expect((await rest.call('cancelBooking', { as, path: { bookingId: booked.id } })).status).toBe(200)
})
