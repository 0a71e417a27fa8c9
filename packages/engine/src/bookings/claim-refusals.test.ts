import { randomUUID } from 'node:crypto'
import {
  aBooking,
  aClaim,
  aClinic,
  aDoctor,
  aSlot,
  type BuiltDoctor,
  claimWays,
  holdSlotLock,
  kinds,
  shiftSlot,
} from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { describe, expect } from 'vitest'
import type { ClaimOutcome, ClaimRequest } from '../model/claim.ts'
import { newId } from '../model/id.ts'
import { BatchQueue } from '../queue/batch-queue.ts'
import { runClaimBatch } from './claim-batch.ts'

let doctor: BuiltDoctor

test.beforeAll(async ({ database }) => {
  doctor = await aDoctor(database, await aClinic(database))
})

const { alone, together } = claimWays(runClaimBatch)

describe.each([alone, together])('refusals, claimed $way', ({ run, claim }) => {
  test('the outcome for a closed slot contains the reason', async ({ database }) => {
    const clinic = await aClinic(database, { settings: { minimumNoticeMinutes: 60, bookingHorizonDays: 30 } })
    const open = await aDoctor(database, clinic)
    const inactive = await aDoctor(database, clinic, { active: false })
    const inMinutes = (minutes: number) => new Date(Date.now() + minutes * 60_000)
    const slots = [
      await aSlot(database, open, { startsAt: inMinutes(-20) }),
      await aSlot(database, open, { startsAt: inMinutes(30) }),
      await aSlot(database, open, { startsAt: inMinutes(31 * 1440) }),
      await aSlot(database, open, { startsAt: inMinutes(200), withdrawn: true }),
      await aSlot(database, inactive, { startsAt: inMinutes(200) }),
      { id: newId(clinic.no), clinicNo: clinic.no },
      await aSlot(database, open, { startsAt: inMinutes(300) }),
    ]
    const outcomes = await claim(database.appPool, ...slots.map((slot) => aClaim(slot)))
    expect(outcomes.map((one) => (one === 'retry' ? one : one.kind === 'slot_closed' ? one.why : one.kind))).toEqual([
      'started',
      'minimum_notice',
      'booking_horizon',
      'withdrawn',
      'doctor_inactive',
      'slot_missing',
      'booked',
    ])
  })

  test('the desk books within the notice, beyond the horizon, and until the slot ends', async ({ database }) => {
    const clinic = await aClinic(database, { settings: { minimumNoticeMinutes: 60, bookingHorizonDays: 30 } })
    const inMinutes = (minutes: number) => new Date(Date.now() + minutes * 60_000)
    const slots = await Promise.all(
      [-16, -3, 30, 31 * 1440].map(async (minutes) =>
        aSlot(database, await aDoctor(database, clinic), { startsAt: inMinutes(minutes), minutes: 15, capacity: 2 }),
      ),
    )
    const outcomes = async (actorId: string | null) =>
      (await claim(database.appPool, ...slots.map((slot) => aClaim(slot, { actorId })))).map((one) =>
        one === 'retry' ? one : one.kind === 'slot_closed' ? one.why : one.kind,
      )
    expect(await outcomes(randomUUID())).toEqual(['ended', 'booked', 'booked', 'booked'])
    expect(await outcomes(null)).toEqual(['started', 'started', 'minimum_notice', 'booking_horizon'])
  })

  test('more units than the slot’s capacity, or a type that the doctor does not offer', async ({ database }) => {
    const slot = await aSlot(database, doctor, { capacity: 2 })
    expect(
      await claim(database.appPool, aClaim(slot, { units: 3 }), aClaim(slot, { appointmentType: 'video' })),
    ).toEqual([{ kind: 'units_over_capacity', capacity: 2 }, { kind: 'appointment_type_not_offered' }])
    const video = await aSlot(
      database,
      await aDoctor(database, await aClinic(database), { appointmentTypes: ['video'] }),
    )
    expect(await claim(database.appPool, aClaim(video))).toMatchObject([{ booking: { appointmentType: 'video' } }])
  })

  test('refusals and replays take no transaction id, so nothing is flushed for them', async ({ database }) => {
    const full = await aSlot(database, doctor)
    const known = aClaim(full)
    await claim(database.appPool, known)
    const past = await aSlot(database, await aDoctor(database, await aClinic(database)))
    await shiftSlot(database, past, -3000)
    const client = await database.appPool.connect()
    await client.query('begin')
    const pool = Object.assign(Object.create(database.appPool), { query: client.query.bind(client) })
    const results = await run(pool, [aClaim(full), aClaim(past), { ...known, bookingId: newId(full.clinicNo) }])
    const assigned = await client.query('select pg_current_xact_id_if_assigned() as xid')
    expect(assigned.rows).toEqual([{ xid: null }])
    // The control: a booked claim does take one.
    await run(pool, [aClaim(await aSlot(database, doctor))])
    expect((await client.query('select pg_current_xact_id_if_assigned() as xid')).rows).not.toEqual([{ xid: null }])
    await client.query('rollback')
    client.release()
    expect(results.map((result) => (result.kind === 'completed' ? result.outcome.kind : 'retry'))).toEqual([
      'slot_full',
      'slot_closed',
      'replayed',
    ])
  })

  test('a full slot is refused at once, even if another session has locked it', async ({ database }) => {
    const slot = await aSlot(database, doctor)
    await aBooking(database, slot)
    const lock = await holdSlotLock(database, slot)
    expect(kinds(await claim(database.appPool, aClaim(slot)))).toEqual(['slot_full'])
    await lock.release()
  })

  test('the log names the actor: a member of staff, not the account of the booking', async ({ database }) => {
    const slot = await aSlot(database, doctor, { capacity: 3 })
    const [accountId, actorId] = [randomUUID(), randomUUID()]
    const claims = [aClaim(slot, { accountId }), aClaim(slot, { actorId }), aClaim(slot)]
    await claim(database.appPool, ...claims)
    const { rows } = await database.ownerPool.query<{ booking_id: string; actor_id: string | null }>(sql`
      select booking_id, actor_id from holdfast.booking_event where slot_id = ${slot.id}`)
    const actors = claims.map(({ bookingId }) => rows.find((row) => row.booking_id === bookingId)?.actor_id)
    expect(actors).toEqual([accountId, actorId, null])
  })
})

test('an invalid one in a batch of 128 affects no other: it fails, and each is claimed alone', async ({ database }) => {
  const slot = await aSlot(database, doctor, { capacity: 200 })
  const queue = new BatchQueue<ClaimRequest, ClaimOutcome>({
    name: 'claim',
    run: (items) => runClaimBatch(database.appPool, items),
  })
  const poison = aClaim(slot, { reason: 'a NUL \u0000 here' })
  const outcomes = await Promise.allSettled(
    Array.from({ length: 128 }, (_, n) => queue.submit(n === 60 ? poison : aClaim(slot))),
  )
  expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(127)
  expect(outcomes[60]).toMatchObject({ status: 'rejected', reason: { code: '22021' } })
  const { rows } = await database.ownerPool.query('select taken from holdfast.slot where id = $1', [slot.id])
  expect(rows).toEqual([{ taken: 127 }])
})
