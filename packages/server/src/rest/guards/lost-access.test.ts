// Completeness: a write of a booking or a waitlist entry is carried out for a caller whose access has ended meanwhile
import { randomUUID } from 'node:crypto'
import { type Operation, restOperations } from '@holdfast/contract'
import type { BookedAnswer } from '@holdfast/engine'
import {
  aBooking,
  aClinic,
  aDoctor,
  aSlot,
  aWaitlistEntry,
  type TestDatabase,
  untilLockWaiters,
} from '@holdfast/testkit'
import { describe, expect } from 'vitest'
import type { CallOptions, RestApp } from '../../../test/rest-app.ts'
import { test } from '../../../test/rest-test.ts'

type Scene = Awaited<ReturnType<typeof aScene>>
type WriteId = Extract<keyof typeof restOperations, keyof typeof writes>
type Write = {
  kind?: 'entry'
  status?: 'PENDING' | 'CANCELLED'
  path?: Record<string, string>
  body?(scene: Scene): object
}

const consent: BookedAnswer = {
  ...{
    questionId: randomUUID(),
    kind: 'consent',
    label: 'You may call me',
    labels: {},
    required: false,
    version: 1,
    value: true,
  },
  agreedAt: '2026-11-30T09:00:00.000Z',
}
type Kind = keyof typeof kinds
type Caller = {
  /** How the caller has access to the booking or the entry. */
  by(rest: RestApp, scene: Scene, kind: Kind): CallOptions | Promise<CallOptions>
  /** Ends that access, and locks the booking or the entry. */
  ending: Record<Kind, string>
  values(scene: Scene, kind: Kind): unknown[]
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
  const colleague = await aDoctor(database, clinic)
  const ofColleague = await aSlot(database, colleague)
  const accountId = randomUUID()
  const patient = { name: 'Ada Lovelace', email: 'ada@example.org', answers: [consent] }
  const account = hasAccount ? { accountId } : {}
  const booking = await aBooking(database, slot, { status, patient, ...account })
  const entry = await aWaitlistEntry(database, doctor, {
    patient: { name: patient.name, email: patient.email },
    ...account,
  })
  return { clinic, doctor, colleague, slot, later, ofColleague, accountId, booking, entry }
}

const kinds = {
  booking: {
    accesses: ['booking', 'booking_desk', 'booking_patient', 'booking_erasure'],
    pathOf: (id: string) => ({ bookingId: id }),
    table: 'booking',
    missing: 'booking_not_found',
  },
  entry: {
    accesses: ['waitlist_entry', 'waitlist_desk', 'waitlist_patient'],
    pathOf: (id: string) => ({ entryId: id }),
    table: 'waitlist_entry',
    missing: 'waitlist_entry_not_found',
  },
}
const accesses = Object.values(kinds).flatMap((kind) => kind.accesses)

/** Every operation that changes a booking or a waitlist entry to which somebody has access. */
const writes = {
  rescheduleBooking: { body: ({ later }: Scene) => ({ slotId: later.id }) },
  confirmBooking: { status: 'PENDING', body: () => ({}) },
  declineBooking: { status: 'PENDING', body: () => ({}) },
  extendBooking: { status: 'PENDING' },
  cancelBooking: { body: () => ({}) },
  confirmAttendance: { body: ({ slot }: Scene) => ({ slotId: slot.id }) },
  withdrawAttendance: { body: ({ slot }: Scene) => ({ slotId: slot.id }) },
  withdrawConsent: { path: { questionId: consent.questionId } },
  correctAnswers: {
    body: () => ({ version: 1, answers: [{ questionId: consent.questionId, value: true, version: 1 }] }),
  },
  arriveBooking: {},
  completeBooking: {},
  noShowBooking: {},
  reopenBooking: {},
  correctPatient: { body: () => ({ reason: 'Check-up' }) },
  renewManageToken: {},
  erasePatient: { status: 'CANCELLED' },
  leaveWaitlist: { kind: 'entry' },
  correctWaitlistEntry: { kind: 'entry', body: () => ({ patient: { name: 'Ada Byron' } }) },
  renewWaitlistToken: { kind: 'entry' },
} as const satisfies Record<string, Write>

const byDesk = [
  'declineBooking',
  'withdrawAttendance',
  'arriveBooking',
  'completeBooking',
  'noShowBooking',
  'reopenBooking',
  'correctPatient',
  'correctWaitlistEntry',
]

const renewal = 'select from holdfast.renew_manage_token($1, $2, null, 0, gen_random_uuid(), 10)'

const callers: Record<string, Caller> = {
  'the bearer of a token that was renewed': {
    by: (rest, scene, kind) => ({ token: rest.manageTokens.issue(scene[kind].id) }),
    ending: { booking: renewal, entry: renewal },
    values: ({ clinic, ...scene }, kind) => [clinic.no, scene[kind].id],
    never: [...byDesk, 'erasePatient'],
  },
  'an account that has lost it': {
    by: (rest, { accountId }) => ({ as: rest.anAccount({ id: accountId }) }),
    ending: {
      booking: 'update holdfast.booking set account_id = null where clinic_no = $1 and id = $2',
      entry: 'update holdfast.waitlist_entry set account_id = null where clinic_no = $1 and id = $2',
    },
    values: ({ clinic, ...scene }, kind) => [clinic.no, scene[kind].id],
    never: byDesk,
  },
  'a doctor who has lost it to a colleague': {
    by: async (rest, { clinic, doctor }) => ({ as: await rest.aMember(clinic.no, 'doctor', doctor.id) }),
    ending: {
      booking: `select from holdfast.move_bookings(array[$1::integer], array[$2::uuid], array[$3::uuid],
                                                   array[null::uuid], array[true])`,
      entry: 'update holdfast.waitlist_entry set resource_id = $3 where clinic_no = $1 and id = $2',
    },
    values: ({ clinic, booking, entry, colleague, ofColleague }, kind) =>
      kind === 'booking' ? [clinic.no, booking.id, ofColleague.id] : [clinic.no, entry.id, colleague.id],
    never: ['renewManageToken', 'erasePatient', 'renewWaitlistToken'],
  },
}

test('each operation that changes a booking or an entry is among those that are tried here', () => {
  const changing = Object.entries<Operation>(restOperations).filter(
    ([, { access, method }]) => accesses.includes(access) && method !== 'GET',
  )
  expect(Object.keys(writes).toSorted()).toEqual(changing.map(([id]) => id).toSorted())
})

describe.each(Object.entries(callers))('%s', (name, { by, ending, values, never }) => {
  const tried = Object.entries<Write>(writes).filter(([id]) => !never.includes(id)) as [WriteId, Write][]

  test.for(tried)('%s finds nothing, and changes nothing', async ([id, write], { database, rest }) => {
    const { kind = 'booking', status, body, path } = write
    const { pathOf, table, missing } = kinds[kind]
    const prepare = async () => {
      const scene = await aScene(database, status, name.includes('account'))
      const caller = await by(rest, scene, kind)
      return {
        scene,
        ...caller,
        path: { ...pathOf(scene[kind].id), ...path },
        ...(body === undefined ? {} : { body: body(scene) }),
      }
    }
    // The control: with the access, it is found.
    expect((await rest.call(id, await prepare())).status).not.toBe(404)
    const { scene, ...options } = await prepare()
    const stored = async () =>
      (await database.ownerPool.query(`select t from holdfast.${table} t where t.id = $1`, [scene[kind].id])).rows
    const client = await database.ownerPool.connect()
    await client.query('begin')
    await client.query(ending[kind], values(scene, kind))
    const responding = rest.call(id, options)
    await Promise.race([untilLockWaiters(database, 1), responding])
    await client.query('commit')
    client.release()
    const before = await stored()
    expect((await responding).problem).toMatchObject({ status: 404, code: missing })
    expect(await stored()).toEqual(before)
  })
})
