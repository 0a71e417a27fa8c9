import { randomUUID } from 'node:crypto'
import {
  aBooking,
  aClinic,
  aDoctor,
  aSlot,
  type BuiltBooking,
  type BuiltSlot,
  plantFunction,
  type TestDatabase,
} from '@holdfast/testkit'
import { anotherDatabase, test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { withdrawSlots } from '../slots/withdraw-slots.ts'
import { verify } from '../verify/verify.ts'
import { runMoveBatch } from './move-batch.ts'
import { runSettleBatch } from './settle-batch.ts'

const kindsOf = (results: { kind: string; outcome?: { kind: string } }[]) =>
  results.map(({ kind, outcome }) => outcome?.kind ?? kind)

type Scene = {
  its: TestDatabase
  slot: BuiltSlot
  another(): Promise<BuiltSlot>
  ahead: BuiltBooking
  held: BuiltBooking
}

/**
 * Two bookings of one slot: `ahead` is confirmed, by a server that failed over to this one with a clock an hour ahead;
 * `held` is a hold of two minutes that this server created.
 */
async function aScene(its: TestDatabase): Promise<Scene> {
  const clinic = await aClinic(its)
  const another = async () => aSlot(its, await aDoctor(its, clinic), { capacity: 2 })
  const slot = await another()
  const [ahead, held] = [await aBooking(its, slot), await aBooking(its, slot, { status: 'PENDING' })]
  const parameters = [ahead.clinicNo, ahead.id]
  await its.ownerPool.query(
    `update holdfast.booking_event set at = at + interval '1 hour',
      hold_expires_at = hold_expires_at + interval '1 hour'
      where clinic_no = $1 and booking_id = $2`,
    parameters,
  )
  await its.ownerPool.query(
    `update holdfast.booking set created_at = created_at + interval '1 hour',
      updated_at = updated_at + interval '1 hour'
      where clinic_no = $1 and id = $2`,
    parameters,
  )
  return { its, slot, another, ahead, held }
}

async function settleBoth({ its, ahead, held }: Scene): Promise<string[]> {
  const common = { actorId: randomUUID(), onBehalf: true, key: null, reason: null }
  return kindsOf(
    await runSettleBatch(its.appPool, [
      { ...common, bookingId: ahead.id, action: 'link' },
      { ...common, bookingId: held.id, action: 'confirm' },
    ]),
  )
}

async function moveBoth({ its, another, ahead, held }: Scene): Promise<string[]> {
  const [full, free] = [await another(), await another()]
  await aBooking(its, full, { status: 'PENDING', units: 2 })
  const common = { actorId: null, onBehalf: true }
  return kindsOf(
    await runMoveBatch(its.appPool, [
      { ...common, bookingId: ahead.id, slotId: full.id },
      { ...common, bookingId: ahead.id, slotId: free.id },
      { ...common, bookingId: held.id, slotId: free.id },
    ]),
  )
}

async function withdrawBoth({ its, slot, ahead, held }: Scene): Promise<string[]> {
  const { clinicNo, id: slotId } = slot
  const ways = { clinicNo, which: { slotId }, withBookings: true, dryRun: false, actorId: null }
  const outcome = await withdrawSlots(its.appPool, ways)
  const reported = outcome.kind === 'withdrawn' ? outcome.bookings.map(({ id }) => id) : []
  const { rows } = await its.ownerPool.query<{ id: string; failure_reason: string }>(sql`
    select id, failure_reason from holdfast.booking where slot_id = ${slotId}`)
  return [ahead, held].map(({ id }) => {
    const reason = rows.find((row) => row.id === id)?.failure_reason
    return `${reason}, ${reported.includes(id) ? 'reported' : 'not reported'}`
  })
}

const planted = {
  settling: {
    name: 'settle_bookings',
    part: 'v_now := clock_timestamp()',
    becomes: "$& + interval '1 hour'",
  },
  moving: { name: 'move_bookings', part: 'v_locked_at := clock_timestamp()', becomes: "$& + interval '1 hour'" },
  withdrawal: {
    name: 'withdraw_slots',
    part: /v_now := clock_timestamp\(\)(?=;\s+end if;\s+select count)/,
    becomes: "$& + interval '1 hour'",
  },
}

test.for([
  {
    what: 'settled together',
    act: settleBoth,
    right: ['done', 'done'],
    mistake: planted.settling,
    wrong: ['done', 'hold_expired'],
  },
  {
    what: 'moved together',
    act: moveBoth,
    right: ['slot_full', 'done', 'done'],
    mistake: planted.moving,
    wrong: ['retry', 'done', 'hold_expired'],
  },
  {
    what: 'withdrawn together',
    act: withdrawBoth,
    right: ['slot_withdrawn, reported', 'slot_withdrawn, reported'],
    mistake: planted.withdrawal,
    wrong: ['slot_withdrawn, reported', 'hold_expired, not reported'],
  },
])(
  'a hold $what with a booking written by a clock that was ahead is judged by the clock of now; negative ' +
    'control: by the other',
  async ({ act, right, mistake, wrong }, { database }) => {
    expect(await act(await aScene(database))).toEqual(right)
    const { overbooked, mismatches, details } = await verify(database.appPool, { clinicNo: null, detailsMax: 10 })
    expect({ overbooked, mismatches, details }).toEqual({ overbooked: 0, mismatches: 0, details: [] })
    const other = await anotherDatabase()
    const { name, ...change } = mistake
    await plantFunction(other, name, change)
    expect(await act(await aScene(other))).toEqual(wrong)
  },
)
