import { randomUUID } from 'node:crypto'
import { aClinic, aDoctor, aSession, aVisitType, lapseHolds, plantFunction, type TestDatabase } from '@holdfast/testkit'
import { freshDatabaseTest } from '@holdfast/testkit/database-test'
import { waitingRequestsMax } from '@holdfast/vocabulary'
import { expect, onTestFinished } from 'vitest'
import { type RestApp, startRestApp, type TestAccount } from '../../../test/rest-app.ts'
import { test } from '../../../test/rest-test.ts'

let sent = 0
const aContact = () => {
  sent += 1
  return { name: 'P', email: `p${sent}@example.org` }
}
const anAddress = () => {
  sent += 1
  return `198.51.100.${sent % 250}`
}

type Caller = { as?: TestAccount; remoteAddress?: string; key?: string }

/** A clinic with two visit types, of which one needs approval and holds nothing; each request is for another time. */
async function aPractice(database: TestDatabase, rest: RestApp) {
  const clinic = await aClinic(database)
  const limits = { address_holds_max: 50, account_holds_max: 50, contact_holds_max: 50, contact_bookings_max: 50 }
  const columns = Object.entries({ ...limits, address_bookings_max: 50, account_bookings_max: 50 })
  const set = columns.map(([name, value]) => `${name} = ${value}`).join()
  await database.ownerPool.query(`update holdfast.clinic set ${set} where no = $1`, [clinic.no])
  const session = await aSession(database, await aDoctor(database, clinic), { minutes: 600, gridMinutes: 5 })
  const asked = await aVisitType(database, clinic, { approval: 'not_holding', approvalMinutes: 600, minutes: 5 })
  const plain = await aVisitType(database, clinic, { minutes: 5 })
  let times = 0
  const at = (visitTypeId: string) => {
    times += 1
    const startsAt = new Date(session.startsAt.getTime() + times * 300_000).toISOString()
    return { sessionId: session.id, startsAt, visitTypeId }
  }
  const book = (type: { id: string }, patient: object, caller: Caller = {}) =>
    rest.call('createBooking', {
      body: { ...at(type.id), patient, confirm: true },
      remoteAddress: anAddress(),
      ...caller,
    })
  return { clinic, session, asked, plain, at, book }
}

type Practice = Awaited<ReturnType<typeof aPractice>>

/** As many requests as may wait; then one more. */
async function oneMore({ book, asked }: Practice, max: number, next: () => { patient: object; caller: Caller }) {
  const made = []
  for (let n = 0; n < max; n += 1) {
    const { patient, caller } = next()
    made.push(await book(asked, patient, caller))
  }
  expect(made.map(({ body }) => body.requestedAt)).not.toContain(null)
  const { patient, caller } = next()
  return { made, more: await book(asked, patient, caller) }
}

test.for(['contact', 'address', 'account'] as const)(
  'requests of one %s that wait are limited, until one is over',
  async (kind, { database, limited }) => {
    const practice = await aPractice(database, limited)
    const { book, asked, plain, clinic } = practice
    const [patient, remoteAddress, as] = [aContact(), anAddress(), limited.anAccount()]
    const max = waitingRequestsMax[kind]
    const next = () => ({
      patient: kind === 'contact' ? patient : aContact(),
      caller: { ...(kind === 'account' ? { as } : { remoteAddress }), key: randomUUID() },
    })
    const { made, more } = await oneMore(practice, max, next)
    expect(more.problem).toMatchObject({ status: 409, code: 'too_many_bookings', max })
    expect(more.problem.detail).toContain(`at most ${max} requests that wait for its answer`)
    const { caller } = next()
    // What needs no approval is not limited by it, nor is anybody else.
    expect((await book(plain, next().patient, caller)).body.status).toBe('CONFIRMED')
    const other = await book(asked, aContact(), { remoteAddress: anAddress() })
    expect(other.status).toBe(201)

    const [approved, declined, withdrawn, lapsed] = made.map(({ body }) => body)
    const staff = await limited.aMember(clinic.no, 'staff')
    const path = (booking: typeof approved) => ({ bookingId: booking?.id ?? '' })
    const ends = [
      () => limited.call('confirmBooking', { path: path(approved), as: staff }),
      () => limited.call('declineBooking', { path: path(declined), as: staff }),
      () => limited.call('cancelBooking', { path: path(withdrawn), as: staff }),
      () => lapseHolds(database, { clinicNo: clinic.no, id: lapsed?.slotId ?? '' }),
    ]
    for (const end of ends) {
      await end()
      const again = next()
      expect((await book(asked, again.patient, again.caller)).status).toBe(201)
      expect((await book(asked, next().patient, next().caller)).problem.code).toBe('too_many_bookings')
    }
  },
)

test('who has as many requests as may wait gets the result of a lost one again', async ({ database, limited }) => {
  const { asked, at } = await aPractice(database, limited)
  const remoteAddress = anAddress()
  const patient = aContact()
  const call = (body: object, key: string) =>
    limited.call('createBooking', { body: { ...at(asked.id), patient, confirm: true, ...body }, key, remoteAddress })
  const [key, body] = [randomUUID(), at(asked.id)]
  const first = await call(body, key)
  for (let n = 1; n < waitingRequestsMax.contact; n += 1) expect((await call({}, randomUUID())).status).toBe(201)
  expect((await call({}, randomUUID())).problem.code).toBe('too_many_bookings')
  expect(await call(body, key)).toMatchObject({ status: 200, body: { id: first.body.id } })
  const own = { path: { bookingId: first.body.id }, token: first.body.manageToken ?? '', remoteAddress }
  expect((await limited.call('confirmBooking', { ...own, body: { patient } })).body.id).toBe(first.body.id)
})

test('a contact that comes with the confirmation of a hold is counted then', async ({ database, limited }) => {
  const { asked, at } = await aPractice(database, limited)
  const [remoteAddress, patient] = [anAddress(), aContact()]
  const confirmed = []
  for (let n = 0; n <= waitingRequestsMax.contact; n += 1) {
    const held = await limited.call('createBooking', { body: at(asked.id), remoteAddress })
    const own = { path: { bookingId: held.body.id }, token: held.body.manageToken ?? '', remoteAddress }
    confirmed.push((await limited.call('confirmBooking', { ...own, body: { patient } })).status)
  }
  expect(confirmed).toEqual([200, 200, 200, 200, 200, 409])
})

freshDatabaseTest('control: without this limit, one address has any number', async ({ database }) => {
  await plantFunction(database, 'admit_claims', {
    part: 'elsif v_may_ask and v_requests >= v_subject.requests_max then',
    becomes: 'elsif false then',
  })
  const rest = await startRestApp(database, { hasLimits: true })
  onTestFinished(() => rest.stop())
  const remoteAddress = anAddress()
  const next = () => ({ patient: aContact(), caller: { remoteAddress } })
  const { more } = await oneMore(await aPractice(database, rest), waitingRequestsMax.address, next)
  expect(more.status).toBe(201)
})
