// Completeness: a write of a booking is carried out for a caller whose access to it has ended meanwhile
import { randomUUID } from 'node:crypto'
import { type Operation, restOperations } from '@holdfast/contract'
import { aBooking, aClinic, aDoctor, aSlot, type TestDatabase, untilLockWaiters } from '@holdfast/testkit'
import { describe, expect } from 'vitest'
import type { CallOptions, RestApp } from '../../../test/rest-app.ts'
import { test } from '../../../test/rest-test.ts'

type Scene = Awaited<ReturnType<typeof aScene>>
type WriteId = Extract<keyof typeof restOperations, keyof typeof writes>
type Write = { status?: 'PENDING' | 'CANCELLED'; body?(scene: Scene): object }
type Caller = {
  /** How the caller has access to the booking. */
  by(rest: RestApp, scene: Scene): CallOptions | Promise<CallOptions>
  /** Ends that access, and locks the booking. */
  ending: string
  values(scene: Scene): unknown[]
  never: readonly string[]
}

async function aScene(
  database: TestDatabase,
  status: 'PENDING' | 'CONFIRMED' | 'CANCELLED' = 'CONFIRMED',
  hasAccount = false,
) {
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic)
  const [slot, later] = [await aSlot(database, doctor), await aSlot(database, doctor)]
  const ofColleague = await aSlot(database, await aDoctor(database, clinic))
  const accountId = randomUUID()
  const patient = { name: 'Ada Lovelace', email: 'ada@example.org' }
  const booking = await aBooking(database, slot, { status, patient, ...(hasAccount ? { accountId } : {}) })
  return { clinic, doctor, slot, later, ofColleague, accountId, booking }
}

/** Every operation that changes a booking to which somebody has access. */
const writes = {
  rescheduleBooking: { body: ({ later }: Scene) => ({ slotId: later.id }) },
  confirmBooking: { status: 'PENDING', body: () => ({}) },
  extendBooking: { status: 'PENDING' },
  cancelBooking: { body: () => ({}) },
  confirmAttendance: { body: ({ slot }: Scene) => ({ slotId: slot.id }) },
  withdrawAttendance: { body: ({ slot }: Scene) => ({ slotId: slot.id }) },
  arriveBooking: {},
  completeBooking: {},
  noShowBooking: {},
  reopenBooking: {},
  correctPatient: { body: () => ({ reason: 'Check-up' }) },
  renewManageToken: {},
  erasePatient: { status: 'CANCELLED' },
} as const satisfies Record<string, Write>

const byDesk = [
  'withdrawAttendance',
  'arriveBooking',
  'completeBooking',
  'noShowBooking',
  'reopenBooking',
  'correctPatient',
]

const callers: Record<string, Caller> = {
  'the bearer of a token that was renewed': {
    by: (rest, { booking }) => ({ token: rest.manageTokens.issue(booking.id) }),
    ending: `select from holdfast.renew_manage_token($1, $2, null, 0, gen_random_uuid(), 10)`,
    values: ({ clinic, booking }) => [clinic.no, booking.id],
    never: [...byDesk, 'erasePatient'],
  },
  'an account that has lost the booking': {
    by: (rest, { accountId }) => ({ as: rest.anAccount({ id: accountId }) }),
    ending: 'update holdfast.booking set account_id = null where clinic_no = $1 and id = $2',
    values: ({ clinic, booking }) => [clinic.no, booking.id],
    never: byDesk,
  },
  'a doctor whose booking was moved to a colleague': {
    by: async (rest, { clinic, doctor }) => ({ as: await rest.aMember(clinic.no, 'doctor', doctor.id) }),
    ending: `select from holdfast.move_bookings(array[$1::integer], array[$2::uuid], array[$3::uuid],
                                                array[null::uuid], array[true])`,
    values: ({ clinic, booking, ofColleague }) => [clinic.no, booking.id, ofColleague.id],
    never: ['renewManageToken', 'erasePatient'],
  },
}

const bookingAccesses = ['booking', 'booking_desk', 'booking_patient', 'booking_erasure']

test('each operation that changes a booking is among those that are tried here', () => {
  const changing = Object.entries<Operation>(restOperations).filter(
    ([, { access, method }]) => bookingAccesses.includes(access) && method !== 'GET',
  )
  expect(Object.keys(writes).toSorted()).toEqual(changing.map(([id]) => id).toSorted())
})

describe.each(Object.entries(callers))('%s', (name, { by, ending, values, never }) => {
  const tried = Object.entries<Write>(writes).filter(([id]) => !never.includes(id)) as [WriteId, Write][]

  test.for(tried)('%s finds no booking, and changes none', async ([id, { status, body }], { database, rest }) => {
    const prepare = async () => {
      const scene = await aScene(database, status, name.includes('account'))
      const path = { bookingId: scene.booking.id }
      return { scene, ...(await by(rest, scene)), path, ...(body === undefined ? {} : { body: body(scene) }) }
    }
    // The control: with the access, the booking is found.
    expect((await rest.call(id, await prepare())).status).not.toBe(404)
    const { scene, ...options } = await prepare()
    const stored = async () =>
      (await database.ownerPool.query('select b from holdfast.booking b where b.id = $1', [scene.booking.id])).rows
    const client = await database.ownerPool.connect()
    await client.query('begin')
    await client.query(ending, values(scene))
    const responding = rest.call(id, options)
    await Promise.race([untilLockWaiters(database, 1), responding])
    await client.query('commit')
    client.release()
    const before = await stored()
    expect((await responding).problem).toMatchObject({ status: 404, code: 'booking_not_found' })
    expect(await stored()).toEqual(before)
  })
})
