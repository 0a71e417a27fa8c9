import { randomUUID } from 'node:crypto'
import {
  aBooking,
  aClinic,
  aDoctor,
  aSlot,
  holdLock,
  plantFunction,
  type TestDatabase,
  untilLockWaiters,
} from '@holdfast/testkit'
import { freshDatabaseTest } from '@holdfast/testkit/database-test'
import { expect, onTestFinished } from 'vitest'
import { type CallOptions, type RestApp, startRestApp } from '../../../test/rest-app.ts'
import { test } from '../../../test/rest-test.ts'

const home = '203.0.113.7'
const mobile = '198.51.100.9'
const desk = '192.0.2.1'

/** A clinic whose doctor has no free place. */
async function aScene(database: TestDatabase, rest: RestApp) {
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic)
  const slot = await aSlot(database, doctor)
  await aBooking(database, slot)
  const day = slot.startsAt.toISOString().slice(0, 10)
  const wanted = { clinicId: clinic.id, doctorId: doctor.id, from: day, to: day }
  const email = `${randomUUID()}@example.org`
  const account = rest.anAccount({ email })
  return { clinic, wanted, email, account, staff: await rest.aMember(clinic.no, 'staff') }
}

type Scene = Awaited<ReturnType<typeof aScene>>
type Person = { name?: string; email?: string; phone?: string }

const name = 'Ada Lovelace'
const phone = '+44 1632 960001'

/** A request to join; without a name in `patient`, by the same person. */
const guest = ({ wanted }: Scene, patient: Person, remoteAddress = home): CallOptions => ({
  body: { ...wanted, patient: { name, ...patient } },
  remoteAddress,
})
const signedIn = (scene: Scene, patient: Person): CallOptions => ({ ...guest(scene, patient), as: scene.account })
const byStaff = ({ wanted, staff }: Scene, patient: Person): CallOptions => ({
  as: staff,
  body: { ...wanted, patient: { name, ...patient }, onBehalf: true },
  remoteAddress: desk,
})

const pairs: { what: string; of: (scene: Scene) => [CallOptions, CallOptions] }[] = [
  {
    what: 'a guest at home and by the mobile network',
    of: (scene) => [guest(scene, { email: scene.email, phone }), guest(scene, { email: scene.email, phone }, mobile)],
  },
  {
    what: 'the desk and the patient',
    of: (scene) => [byStaff(scene, { email: scene.email, phone }), guest(scene, { email: scene.email, phone })],
  },
  {
    what: 'the patient with the e-mail address, and the desk with the telephone number too',
    of: (scene) => [guest(scene, { email: scene.email }), byStaff(scene, { email: scene.email, phone })],
  },
  {
    what: 'a guest and the account with that e-mail address',
    of: (scene) => [guest(scene, { email: scene.email }), signedIn(scene, { email: scene.email })],
  },
  {
    what: 'a guest and the account with that e-mail address, which sends none',
    of: (scene) => [guest(scene, { email: scene.email }), signedIn(scene, {})],
  },
  {
    what: 'the desk and the account, which sends another e-mail address',
    of: (scene) => [byStaff(scene, { email: scene.email }), signedIn(scene, { email: `new-${scene.email}` })],
  },
  {
    what: 'the same address and number, written differently',
    of: (scene) => [
      guest(scene, { email: `${scene.email.toUpperCase()}`, phone: '+441632960001' }),
      guest(scene, { name: 'ada  lovelace', phone: '+44 (1632) 960-001' }, mobile),
    ],
  },
]
const orders = pairs.flatMap(({ what, of }) => [
  { what: `${what}, in this order`, of },
  { what: `${what}, the other way round`, of: (scene: Scene) => of(scene).toReversed() as [CallOptions, CallOptions] },
])

test.for(orders)('one person waits once for the same: $what', async ({ of }, { database, rest }) => {
  const scene = await aScene(database, rest)
  const [first, second] = of(scene)
  const joined = await rest.call('createWaitlistEntry', first)
  expect(joined.status).toBe(201)
  const { problem } = await rest.call('createWaitlistEntry', second)
  expect(problem).toMatchObject({ status: 409, code: 'already_waiting' })
  // Only the clinic learns which entry there is.
  expect(problem.entryId).toBe(second.as === scene.staff ? joined.body.id : undefined)
  expect(JSON.stringify(problem).includes(joined.body.id)).toBe(second.as === scene.staff)
})

test.for(pairs)('people of different names may share $what', async ({ of }, { database, rest }) => {
  const [first, second] = of(await aScene(database, rest))
  const { patient, ...body } = second.body as { patient: Person }
  expect((await rest.call('createWaitlistEntry', first)).status).toBe(201)
  const child = { ...second, body: { ...body, patient: { ...patient, name: 'Byron Lovelace' } } }
  expect((await rest.call('createWaitlistEntry', child)).status).toBe(201)
})

test('an e-mail address that an account has not proven says nothing about who it is', async ({ database, rest }) => {
  const scene = await aScene(database, rest)
  const as = rest.anAccount({ email: `b-${scene.email}`, isConfirmed: false })
  expect((await rest.call('createWaitlistEntry', guest(scene, { email: as.email }))).status).toBe(201)
  expect((await rest.call('createWaitlistEntry', { ...guest(scene, {}), as })).status).toBe(201)
})

/** Both have looked for an entry, as far as they can, before either has written one. @returns the statuses */
async function joinAtOnce(database: TestDatabase, rest: RestApp, of: (typeof pairs)[number]['of']) {
  const requests = of(await aScene(database, rest))
  const table = await holdLock(database.ownerPool, 'lock table holdfast.waitlist_entry in share mode')
  const joining = requests.map((request) => rest.call('createWaitlistEntry', request))
  try {
    await untilLockWaiters(database, 2)
  } finally {
    await table.release()
  }
  return (await Promise.all(joining)).map(({ status }) => status).toSorted()
}

test.for(pairs)('at the same moment, one of two joins: $what', async ({ of }, { database, rest }) => {
  expect(await joinAtOnce(database, rest, of)).toEqual([201, 409])
})

freshDatabaseTest('the control: without the lock of the waitlist, both join', async ({ database }) => {
  const rest = await startRestApp(database)
  onTestFinished(() => rest.stop())
  await plantFunction(database, 'join_waitlist', {
    part: 'perform lock_joining(p_clinic_no);',
    becomes: '',
  })
  for (const { of } of pairs) expect(await joinAtOnce(database, rest, of)).toEqual([201, 201])
})
