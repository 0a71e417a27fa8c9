import { randomUUID } from 'node:crypto'
import { aBooking, aClaim, aSlot, type TestDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { aCase, aTheatre, caseOf } from '../../test/theatre.ts'
import { verify } from './verify.ts'

/**
 * Changes by hand, each of which verify finds, as which kind; or which it cannot find, and why. $1 is the clinic, $2 a
 * claimed booking of now, $3 one that was claimed before it, $4 a case, $5 its request, $6 a slot without bookings.
 */
const found = {
  'a key that names another booking': [
    'key_differs',
    'update holdfast.idempotency set booking_id = $3 where clinic_no = $1 and booking_id = $2',
  ],
  'digests set to null': [
    'state_differs',
    'update holdfast.booking_event set booking_digest = null where clinic_no = $1 and booking_id = $2',
  ],
  'the digest of the first event': [
    'illegal_transition',
    'update holdfast.booking_event set booking_digest = null where clinic_no = $1 and booking_id = $7 and version = 1',
  ],
  'the digest of a slot': ['slot_differs', 'update holdfast.slot set digest = null where clinic_no = $1 and id = $6'],
  'a withdrawal': ['slot_differs', `update holdfast.slot set withdrawn_at = now() where clinic_no = $1 and id = $6`],
  'a block': ['slot_differs', `update holdfast.slot set blocked_at = now() where clinic_no = $1 and id = $6`],
  oldest_booking_at: [
    'older_booking',
    `update holdfast.slot set created_at = now() + interval '1 minute', oldest_booking_at = null
      where clinic_no = $1 and taken > 0`,
  ],
  'the staff of a case': [
    'case_differs',
    `update holdfast.theatre_case set staff_ids = array[gen_random_uuid()] where booking_id = $4`,
  ],
  'the equipment of a case': [
    'case_differs',
    `update holdfast.theatre_case set equipment = '[]' where booking_id = $4`,
  ],
  'the urgency of a case': [
    'case_differs',
    `update holdfast.theatre_case set urgency = 'urgent' where booking_id = $4`,
  ],
  'the procedure of a case': [
    'case_differs',
    `update holdfast.theatre_case set procedure_code = '1' where booking_id = $4`,
  ],
  'the digest of a case': ['case_differs', 'update holdfast.theatre_case set digest = null where booking_id = $4'],
  'a request without its case': ['case_differs', 'update holdfast.case_request set case_id = null where id = $5'],
  'a request with another case': [
    'case_differs',
    'update holdfast.case_request set case_id = gen_random_uuid() where id = $5',
  ],
  'a live booking deleted with its events': [
    'taken_differs',
    `with gone as (delete from holdfast.booking_event where clinic_no = $1 and booking_id = $2)
     delete from holdfast.booking where clinic_no = $1 and id = $2`,
  ],
  'a token of nothing': [
    'token_without_booking',
    `insert into holdfast.manage_token (clinic_no, booking_id, epoch, renewal_key)
     select $1, holdfast.new_id($1, now()), 1, gen_random_uuid()`,
  ],
} as const

const outOfScope = {
  'an actor, which no digest contains': [
    'update holdfast.booking_event set actor_id = gen_random_uuid() where booking_id = $7 and version = 2',
  ],
  'the epoch of a token, which is stored only there': [
    'update holdfast.manage_token set epoch = 9 where clinic_no = $1 and booking_id = $2',
  ],
  'an origin: bookings of the clinic’s people have none, and rows are deleted after a time': [
    'delete from holdfast.booking_origin where clinic_no = $1',
  ],
} as const

async function aScene(database: TestDatabase) {
  // Otherwise every row is from the hour in which an older release may have written it.
  await database.ownerPool.query(`update holdfast.migration set applied_at = applied_at - interval '1 day'`)
  const scene = await aTheatre(database)
  const { clinic, engine, theatre, surgeon, robot } = scene
  const slot = await aSlot(database, surgeon, { capacity: 9 })
  const [first, second] = [aClaim(slot, { confirm: true }), aClaim(slot, { confirm: true })]
  await engine.claim(first)
  await engine.claim(second)
  await database.ownerPool.query(
    `insert into holdfast.manage_token (clinic_no, booking_id, epoch, renewal_key) values ($1, $2, 1, $3)`,
    [clinic.no, second.bookingId, randomUUID()],
  )
  const confirmed = await aBooking(database, slot)
  const request = aCase(scene, { confirm: true, equipment: [{ equipmentId: robot, units: 1 }] })
  const wanted = { dueOn: null, note: null, createdBy: null, mayChangePatient: true }
  const created = await theatre.createCaseRequest(clinic.no, { ...request, ...wanted }, null)
  const requestId = created.kind === 'done' && created.value.kind === 'created' ? created.value.id : ''
  const booked = caseOf(await theatre.claimCase({ ...request, requestId }))
  const empty = await aSlot(database, surgeon)
  const ids = [clinic.no, second.bookingId, first.bookingId, booked.id, requestId, empty.id, confirmed.id]
  const kindsAfter = async (statement: string) => {
    const used = statement.replace(/\$(\d)/g, (_all, n: string) =>
      n === '1' ? String(clinic.no) : `'${ids[Number(n) - 1]}'`,
    )
    const client = await database.ownerPool.connect()
    try {
      await client.query('begin')
      await client.query(used)
      const found = await client.query<{ details: { kind: string }[] }>(
        'select details from holdfast.verify_clinic($1, 50)',
        [clinic.no],
      )
      return found.rows[0]?.details.map(({ kind }) => kind) ?? []
    } finally {
      await client.query('rollback')
      client.release()
    }
  }
  return { clinic, kindsAfter }
}

test('each change by hand is found, or named as out of scope', async ({ database }) => {
  const { clinic, kindsAfter } = await aScene(database)
  expect((await verify(database.appPool, { clinicNo: clinic.no, detailsMax: 9 })).details).toEqual([])
  const missed = []
  for (const [name, [kind, statement]] of Object.entries(found)) {
    const kinds = await kindsAfter(statement)
    if (!kinds.includes(kind)) missed.push({ name, kinds })
  }
  expect(missed).toEqual([])
  for (const [name, [statement]] of Object.entries(outOfScope)) {
    expect(await kindsAfter(statement), name).toEqual([])
  }
})

test('receiver_differs: a receiver of the log is further than the log', async ({ database }) => {
  const all = { clinicNo: null, detailsMax: 9 }
  await database.ownerPool.query('select holdfast.begin_log_epoch(null)')
  await database.ownerPool.query(
    `insert into holdfast.log_receiver (name, epoch, xid, seq) select 'email', max(no), '3', 0 from holdfast.log_epoch`,
  )
  expect((await verify(database.appPool, all)).details).toEqual([])
  for (const ahead of [`xid = '1000000000000'`, 'seq = 1000000000000', 'epoch = epoch + 1']) {
    await database.ownerPool.query(`update holdfast.log_receiver set ${ahead}`)
    const { details } = await verify(database.appPool, all)
    expect(details, ahead).toMatchObject([{ kind: 'receiver_differs', slotId: null, bookingId: null }])
    await database.ownerPool.query(`update holdfast.log_receiver set xid = '3', seq = 0,
      epoch = (select max(no) from holdfast.log_epoch)`)
  }
})
