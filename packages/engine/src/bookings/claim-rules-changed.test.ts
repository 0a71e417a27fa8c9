// Rest: each rule that changes while claims wait
import { randomUUID } from 'node:crypto'
import {
  aClaim,
  aClinic,
  aDoctor,
  aSlot,
  type BuiltSlot,
  checkHistory,
  claimWays,
  holdSlotLock,
  kinds,
  neverReadAgain,
  plantFunction,
  type TestDatabase,
  takenOf,
  until,
} from '@holdfast/testkit'
import { anotherDatabase, test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { runClaimBatch } from './claim-batch.ts'

const { alone, together } = claimWays(runClaimBatch)

/** Waits until claims have waited for locks for longer than the facts that they read may be old (20 ms). */
async function untilWaitingLong(database: TestDatabase, count = 1): Promise<void> {
  await until(
    async () => {
      const { rows } = await database.ownerPool.query(`select from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock'
            and query_start < clock_timestamp() - interval '40 ms'`)
      return rows.length >= count
    },
    () => `${count} claims have waited for locks for 40 ms`,
  )
}

const changes = [
  {
    what: 'the doctor is deactivated',
    statement: 'update holdfast.resource set active = false where id = $2 and clinic_no = $1',
    outcome: { kind: 'slot_closed', why: 'doctor_inactive' },
  },
  {
    what: 'the doctor no longer sees patients in person',
    statement: `update holdfast.resource set appointment_types = '{video}' where id = $2 and clinic_no = $1`,
    outcome: { kind: 'appointment_type_not_offered' },
  },
  {
    what: 'the notice period is raised',
    statement: 'update holdfast.clinic set minimum_notice_minutes = 525600 where no = $1 and $2::uuid is not null',
    outcome: { kind: 'slot_closed', why: 'minimum_notice' },
  },
  {
    what: 'the booking horizon is lowered',
    statement: 'update holdfast.clinic set booking_horizon_days = 1 where no = $1 and $2::uuid is not null',
    outcome: { kind: 'slot_closed', why: 'booking_horizon' },
  },
] as const

/** Two claims, one of a slot whose rules change while both wait. */
async function claimWhile(database: TestDatabase, { claim }: typeof alone, { statement }: { statement: string }) {
  const slots: BuiltSlot[] = []
  for (let count = 0; count < 2; count += 1) {
    const doctor = await aDoctor(database, await aClinic(database))
    slots.push(await aSlot(database, doctor, { capacity: 2, startsAt: new Date(Date.now() + 3 * 86_400_000) }))
  }
  const [changed, other] = slots
  if (changed === undefined || other === undefined) throw new Error('no slots')
  const locks = [await holdSlotLock(database, changed), await holdSlotLock(database, other)]
  const claiming = claim(database.appPool, aClaim(changed, { appointmentType: 'in_person' }), aClaim(other))
  // It may fail before the release of the last lock is known here.
  claiming.catch(() => undefined)
  await untilWaitingLong(database)
  await database.ownerPool.query(statement, [changed.clinicNo, changed.doctorId])
  for (const lock of locks) await lock.release()
  const outcomes = await claiming
  return { outcomes, taken: [await takenOf(database, changed), await takenOf(database, other)] }
}

for (const way of [alone, together]) {
  test.for(changes)(`$what while a claim waits ${way.way}: it alone is refused`, async (change, { database }) => {
    const { outcomes, taken } = await claimWhile(database, way, change)
    expect(outcomes).toMatchObject([change.outcome, { kind: 'booked' }])
    expect(taken).toEqual([[0], [1]])
    expect(await checkHistory(database)).toEqual([])
  })

  test(`negative control: with facts of any age, it is booked ${way.way}`, async () => {
    const planted = await anotherDatabase()
    await neverReadAgain(planted)
    for (const change of changes) {
      expect((await claimWhile(planted, way, change)).outcomes).toMatchObject([{ kind: 'booked' }, { kind: 'booked' }])
    }
  })
}

test('what a claim read is read again after a wait only if something changed', async () => {
  const planted = await anotherDatabase()
  const readAgain = { part: 'v_is_locked := true;', becomes: "raise exception 'read again';" }
  await plantFunction(planted, 'claim_slots', readAgain)
  const nothing = { statement: 'select $1::integer, $2::uuid' }
  expect((await claimWhile(planted, together, nothing)).outcomes).toMatchObject([
    { kind: 'booked' },
    { kind: 'booked' },
  ])
  for (const change of changes) await expect(claimWhile(planted, together, change)).rejects.toThrow('read again')
})

/** A claim of a free slot that waits for its lock until this time. */
async function claimUntil(
  database: TestDatabase,
  { claim }: typeof alone,
  waiting: { at: Date; slot: BuiltSlot; actorId?: string },
) {
  const { at, slot, actorId = null } = waiting
  const lock = await holdSlotLock(database, slot)
  const claiming = claim(database.appPool, aClaim(slot, { actorId }))
  await untilWaitingLong(database)
  await until(
    async () => {
      const { rows } = await database.ownerPool.query('select where clock_timestamp() > $1', [at])
      return rows.length > 0
    },
    () => `the time ${at.toISOString()}`,
  )
  await lock.release()
  return { outcomes: await claiming, taken: await takenOf(database, slot) }
}

/** Enough for a claim to get to the lock on a busy machine. */
const soon = () => new Date(Date.now() + 3_000)

test.for([alone, together])('the notice begins while a claim waits $way: it is refused', async (way, { database }) => {
  const clinic = await aClinic(database, { settings: { minimumNoticeMinutes: 60 } })
  const at = soon()
  const startsAt = new Date(at.getTime() + 3_600_000)
  const slot = await aSlot(database, await aDoctor(database, clinic), { capacity: 2, startsAt })
  expect(await claimUntil(database, way, { at, slot })).toEqual({
    outcomes: [{ kind: 'slot_closed', why: 'minimum_notice' }],
    taken: [0],
  })
})

/** The desk's claim of a slot that ends while the claim waits. */
async function deskClaimAtEnd(database: TestDatabase, way: typeof alone) {
  const at = soon()
  const startsAt = new Date(at.getTime() - 900_000)
  const slot = await aSlot(database, await aDoctor(database, await aClinic(database)), { startsAt, minutes: 15 })
  return claimUntil(database, way, { at, slot, actorId: randomUUID() })
}

test.for([alone, together])('a slot ends as the desk’s claim waits $way: it is refused', async (way, { database }) => {
  const refused = [{ kind: 'slot_closed', why: 'ended' }]
  expect(await deskClaimAtEnd(database, way)).toEqual({ outcomes: refused, taken: [0] })
})

test.each([
  { ...alone, name: 'claim_slot', part: /claim_closed\(null, .*?\) is not null/ },
  { ...together, name: 'claim_slots', part: /claim_closed\(l\.withdrawn_at,.*?v_now\)/s },
])('negative control: without the check of $name under the lock, the desk books a slot that ended', async (control) => {
  const planted = await anotherDatabase()
  const becomes = control.name === 'claim_slot' ? 'false' : 'null'
  await plantFunction(planted, control.name, { part: control.part, becomes })
  // So that it is not read again.
  await neverReadAgain(planted)
  expect((await deskClaimAtEnd(planted, control)).outcomes).toMatchObject([{ kind: 'booked' }])
})

test.for([alone, together])(
  'one key in two claims that wait $way: one is booked, the other gets that booking',
  async ({ claim }, { database }) => {
    const slot = await aSlot(database, await aDoctor(database, await aClinic(database)), { capacity: 2 })
    const lock = await holdSlotLock(database, slot)
    const first = aClaim(slot)
    const second = { ...aClaim(slot), key: first.key, requestHash: first.requestHash }
    // The queue does the same: a claim that lost the race for the key is sent again.
    const claiming = [first, second].map(async (request) => {
      const outcomes = await claim(database.appPool, request)
      return outcomes.includes('retry') ? claim(database.appPool, request) : outcomes
    })
    await untilWaitingLong(database, 2)
    await lock.release()
    const outcomes = (await Promise.all(claiming)).flat()
    expect(kinds(outcomes).toSorted()).toEqual(['booked', 'replayed'])
    const ids = outcomes.map((outcome) => (outcome !== 'retry' && 'booking' in outcome ? outcome.booking.id : null))
    expect(ids[0]).toBe(ids[1])
    expect(await takenOf(database, slot)).toEqual([1])
    expect(await checkHistory(database)).toEqual([])
  },
)
