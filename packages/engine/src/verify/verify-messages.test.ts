import {
  aBooking,
  aClinic,
  aDoctor,
  aSettlement,
  aSlot,
  type BuiltBooking,
  type BuiltSlot,
  type TestDatabase,
} from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { runSettleBatch } from '../bookings/settle-batch.ts'
import { inTransaction } from '../database/pools.ts'
import { createMessages } from '../messages/create-messages.ts'
import { planMessages } from '../messages/plan-messages.ts'
import { newId } from '../model/id.ts'
import { addLogReceiver } from '../tail/log-receivers.ts'
import { loggedEvents } from '../tail/logged-events.ts'
import { verify } from './verify.ts'

const patient = { name: 'Ada', email: 'ada@example.org' }
let database: TestDatabase
let slot: BuiltSlot

/** The messages have passed every event of now, and began an hour ago. */
test.beforeEach(async ({ database: testDatabase }) => {
  database = testDatabase
  const doctor = await aDoctor(database, await aClinic(database))
  slot = await aSlot(database, doctor, { capacity: 10, startsAt: new Date(Date.now() + 3_600_000) })
  await addLogReceiver(database.appPool, 'email')
  await receiver(
    `epoch = (select max(no) from holdfast.log_epoch), xid = '1000000000000', delivered_at = now(),
     added_at = now() - interval '1 hour'`,
  )
})

const receiver = (columns: string) =>
  database.ownerPool.query(`update holdfast.log_receiver set ${columns} where name = 'email'`)

const change = (table: string, columns: string, { id }: { id: string }) =>
  database.ownerPool.query(
    `update holdfast.${table} set ${columns} where ${table === 'booking_event' ? 'booking_id' : 'id'} = $1`,
    [id],
  )

async function findings() {
  const { details } = await verify(database.appPool, { clinicNo: slot.clinicNo, detailsMax: 100 })
  return details.filter(({ kind }) => kind.startsWith('message_'))
}

/** Plans the messages of all events of a booking. */
async function planAll({ id, version }: BuiltBooking): Promise<void> {
  const lines = Array.from({ length: version }, (_, index) => ({
    ...({ kind: 'booking', xid: 0n, seq: 0n, fromDoctorId: null, bookingId: id, type: 'held' } as const),
    version: index + 1,
    slotId: '',
    doctorId: '',
    fromSlotId: null,
  }))
  const events = await loggedEvents(database.appPool, lines)
  await inTransaction(database.appPool, (transaction) => planMessages(transaction, events))
}

test.for([
  ['CONFIRMED', 'confirmed in version 2'],
  ['CANCELLED', 'cancelled in version 3'],
  ['slot_withdrawn', 'failed in version 3'],
] as const)('message_missing: a booking that is %s, whose e-mail was never planned', async ([status, text]) => {
  const booking = await aBooking(database, slot, { patient, status })
  const lost = { kind: 'message_missing', bookingId: booking.id, message: `${text}, and no e-mail is planned` }
  expect(await findings()).toMatchObject([lost])
  await planAll(booking)
  expect(await findings()).toEqual([])
  // A reminder is none.
  const deleted = `delete from holdfast.message where booking_id = $1 and kind <> 'reminder'`
  expect((await database.ownerPool.query(deleted, [booking.id])).rowCount).toBe(1)
  expect(await findings()).toMatchObject([lost])
})

test('message_missing: a booking that was linked to an account since', async () => {
  const booking = await aBooking(database, slot, { patient })
  const link = aSettlement(booking.id, 'link', { actorId: newId(1), onBehalf: false })
  expect(await runSettleBatch(database.appPool, [link])).toMatchObject([{ outcome: { kind: 'done' } }])
  expect(await findings()).toMatchObject([{ kind: 'message_missing', bookingId: booking.id }])
})

test.for([['confirm'], ['confirm', 'withdraw']])(
  'message_missing: a booking whose attendance was changed since: %s',
  async (changes) => {
    const booking = await aBooking(database, slot, { patient })
    for (const change of changes) {
      const said = await database.appPool.query(
        `select outcome from holdfast.${change}_attendance($1, $2, $3, null, gen_random_uuid())`,
        [booking.clinicNo, booking.id, slot.id],
      )
      expect(said.rows).toEqual([{ outcome: 'done' }])
    }
    expect(await findings()).toMatchObject([{ kind: 'message_missing', bookingId: booking.id }])
  },
)

type Planting = [string, (booking: BuiltBooking) => Promise<unknown>, Parameters<typeof aBooking>[2]?]

const settings = (change: { emails: boolean }) => createMessages(database.appPool).changeSettings(slot.clinicNo, change)

const notPlanned: Planting[] = [
  ['a hold', async () => undefined, { status: 'PENDING' }],
  ['a hold that expired', async () => undefined, { status: 'hold_expired' }],
  ['no address', async () => undefined, { patient: { name: 'Ada' } }],
  ['a clinic without e-mails', () => settings({ emails: false })],
  [
    'what happened while a clinic had e-mails off',
    () => settings({ emails: false }).then(() => settings({ emails: true })),
  ],
  ['a visit that had begun', () => change('slot', `starts_at = now() - interval '1 minute'`, slot)],
  ['an event that is to be read', () => receiver(`xid = '3'`)],
  ['messages that begin later', () => receiver('added_at = now()')],
  ['messages that never began', () => receiver('delivered_at = null')],
  ['another epoch of the log', () => receiver('epoch = 1')],
  ['an event of the week before', (booking) => change('booking_event', `at = now() - interval '8 days'`, booking)],
]

test.for(notPlanned)('no message is missing for %s', async ([_what, plant, overrides]) => {
  const booking = await aBooking(database, slot, { patient, ...overrides })
  // Negative control: without it, one is.
  const control = await findings()
  expect(control.map(({ kind }) => kind)).toEqual(overrides === undefined ? ['message_missing'] : [])
  await plant(booking)
  expect(await findings()).toEqual([])
})

test('message_without_event: a message of a version, or of a booking, that the log does not have', async () => {
  const booking = await aBooking(database, slot, { patient })
  await planAll(booking)
  const plant = (bookingId: string, version: number) =>
    database.ownerPool.query(sql`
      insert into holdfast.message (clinic_no, id, booking_id, version, slot_id, kind, channel, due_at)
       values (${slot.clinicNo}, ${newId(slot.clinicNo)}, ${bookingId}, ${version}, ${slot.id}, 'moved', 'sms', now())`)
  await plant(booking.id, 2)
  expect(await findings()).toEqual([])
  const nobody = newId(slot.clinicNo)
  await plant(booking.id, 3)
  await plant(nobody, 1)
  const text = (version: number) => `a message (moved, sms) announces version ${version}, which its log does not have`
  expect(await findings()).toMatchObject([
    { kind: 'message_without_event', bookingId: booking.id, slotId: slot.id, message: text(3) },
    { kind: 'message_without_event', bookingId: nobody, message: text(1) },
  ])
})
