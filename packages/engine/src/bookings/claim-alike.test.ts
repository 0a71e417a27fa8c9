// Rest: each way to claim, compared with the others
import { randomUUID } from 'node:crypto'
import {
  aClaim,
  aClinic,
  aDoctor,
  aSettlement,
  aSlot,
  type BuiltDoctor,
  type BuiltSlot,
  type ClaimWay,
  checkHistory,
  claimWays,
  createTestDatabase,
  lapseHolds,
  plantFunction,
  shiftSlot,
  type TestDatabase,
} from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import fc from 'fast-check'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import type { ClaimOutcome, ClaimRequest } from '../model/claim.ts'
import { verify } from '../verify/verify.ts'
import { runClaimBatch } from './claim-batch.ts'
import { runSettleBatch } from './settle-batch.ts'

const { alone, together } = claimWays(runClaimBatch)

type Claim = Pick<ClaimRequest, 'units' | 'confirm' | 'appointmentType' | 'reason'> & {
  kind: 'claim'
  slot: number
  key: number
  hash: number
  account: number
  actor: number
}
type Step =
  | Claim
  | { kind: 'cancel'; booking: number }
  | { kind: 'lapse' | 'begin' | 'withdraw' | 'leave'; slot: number }

/**
 * Slots with room for 1, 2 and 3, and one of a doctor who sees patients by video too; the fifth number is a missing
 * slot.
 */
const slotCount = 4
const slot = fc.nat(slotCount - 1)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 30,
    arbitrary: fc.record({
      kind: fc.constant('claim' as const),
      slot: fc.nat(slotCount),
      units: fc.integer({ min: 1, max: 4 }),
      confirm: fc.boolean(),
      appointmentType: fc.constantFrom(null, null, 'in_person' as const, 'video' as const),
      reason: fc.option(fc.string({ maxLength: 20 }).filter((text) => !text.includes('\0') && text.isWellFormed())),
      key: fc.nat(12),
      hash: fc.nat(3),
      account: fc.nat(3),
      actor: fc.nat(3),
    }),
  },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('cancel' as const), booking: fc.nat(20) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('lapse' as const), slot }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('begin', 'withdraw', 'leave'), slot }) },
)

type Calendar = {
  database: TestDatabase
  claim: ClaimWay['claim']
  doctors: BuiltDoctor[]
  slots: BuiltSlot[]
  /** The ids of the bookings, in the order of their creation. */
  made: string[]
}

async function aCalendar(database: TestDatabase, { claim }: ClaimWay, startsAt: Date): Promise<Calendar> {
  const clinic = await aClinic(database, {
    settings: { holdSeconds: 90, minimumNoticeMinutes: 30, bookingHorizonDays: 30 },
  })
  const doctors: BuiltDoctor[] = []
  const slots: BuiltSlot[] = []
  for (const capacity of [1, 2, 3, 4]) {
    const doctor = await aDoctor(database, clinic, capacity === 4 ? { appointmentTypes: ['video', 'in_person'] } : {})
    doctors.push(doctor)
    slots.push(await aSlot(database, doctor, { capacity, startsAt }))
  }
  return { database, claim, doctors, slots, made: [] }
}

/** Keys, hashes and accounts by number: the same on both calendars. */
const names = Array.from({ length: 13 }, () => randomUUID())
const nameOf = (number: number) => names[number] ?? ''
const personOf = (number: number) => (number === 0 ? null : nameOf(number))

function requestOf(calendar: Calendar, one: Claim): ClaimRequest {
  const { slots, doctors } = calendar
  const missing = { id: doctors[0]?.id ?? '', clinicNo: doctors[0]?.clinicNo ?? 0 }
  return aClaim(slots[one.slot] ?? missing, {
    units: one.units,
    confirm: one.confirm,
    appointmentType: one.appointmentType,
    reason: one.reason,
    key: nameOf(one.key),
    requestHash: nameOf(one.hash),
    // An account that books for another person books for a guest: verify reads the first actor as the booking's
    // account.
    accountId: one.actor === 0 ? personOf(one.account) : null,
    actorId: personOf(one.actor),
  })
}

/** The outcome, with everything replaced that differs between two calendars. */
function outcomeWithoutIds(calendar: Calendar, outcome: ClaimOutcome | 'retry' | undefined): object | string {
  if (outcome === undefined || outcome === 'retry') return 'retry'
  if (!('booking' in outcome)) return outcome
  const { booking, position, ...rest } = outcome
  const { id, clinicId, doctorId, slotId, createdAt, holdExpiresAt, ...same } = booking
  return {
    ...rest,
    ...same,
    booking: calendar.made.indexOf(id),
    clinic: clinicId === calendar.doctors[0]?.clinicId,
    slot: calendar.slots.findIndex((at) => at.id === slotId && at.doctorId === doctorId),
    heldMs: holdExpiresAt === null ? null : holdExpiresAt.getTime() - createdAt.getTime(),
    logged: /^\d+$/.test(position),
  }
}

async function run(calendar: Calendar, one: Step): Promise<object | string> {
  const { database } = calendar
  if (one.kind === 'claim') {
    const [outcome] = await calendar.claim(database.appPool, requestOf(calendar, one))
    if (outcome !== undefined && outcome !== 'retry' && outcome.kind === 'booked')
      calendar.made.push(outcome.booking.id)
    return outcomeWithoutIds(calendar, outcome)
  }
  if (one.kind === 'cancel') {
    const bookingId = calendar.made[one.booking]
    if (bookingId === undefined) return 'nothing to cancel'
    const [result] = await runSettleBatch(database.appPool, [aSettlement(bookingId, 'cancel')])
    return result?.kind === 'completed' ? result.outcome.kind : 'retry'
  }
  const at = calendar.slots[one.slot]
  if (at === undefined) throw new Error('no such slot')
  if (one.kind === 'lapse') return `${await lapseHolds(database, at)} lapsed`
  if (one.kind === 'begin') await shiftSlot(database, at, -1440)
  if (one.kind === 'withdraw') {
    await database.appPool.query(sql`
      select holdfast.withdraw_slots(${at.clinicNo}, ${at.id}, null, null, null, true, false, null)`)
  }
  if (one.kind === 'leave') {
    await database.appPool.query('update holdfast.resource set active = false where id = $1', [at.doctorId])
  }
  return one.kind
}

/** Everything the claims wrote, without ids and times. */
async function written({ database, doctors, slots, made }: Calendar): Promise<object> {
  const clinicNo = doctors[0]?.clinicNo
  const of = async (query: string) => (await database.ownerPool.query(query, [clinicNo])).rows
  const slotRows = await of('select id, taken, next_lapse is null as no_hold from holdfast.slot where clinic_no = $1')
  const bookings = await of(
    `select id, units, status, failure_reason, account_id, appointment_type, patient, reason, version,
            hold_expires_at is null as no_hold, created_at = updated_at as untouched
       from holdfast.booking where clinic_no = $1`,
  )
  const events = await of(
    `select booking_id as id, version, type, units, actor_id, reason, hold_expires_at is null as no_hold,
            hold_expires_at - at > '1 s' as held
       from holdfast.booking_event where clinic_no = $1 order by seq`,
  )
  const keys = await of('select booking_id as id, key, request_hash from holdfast.idempotency where clinic_no = $1')
  const numbered = (rows: { id: string }[]) => rows.map((row) => ({ ...row, id: made.indexOf(row.id) }))
  return {
    slots: slots.map((at) => ({ ...slotRows.find((row) => row.id === at.id), id: 0 })),
    bookings: numbered(bookings).toSorted((a, b) => a.id - b.id),
    events: numbered(events),
    keys: numbered(keys).toSorted((a, b) => a.id - b.id),
  }
}

/**
 * Runs the same history twice, on two equal calendars; throws at the first difference. Adds the outcomes to `kinds`.
 */
async function compare(its: TestDatabase, steps: Step[], kinds: Set<string>): Promise<void> {
  const startsAt = new Date(Math.ceil(Date.now() / 900_000 + 4) * 900_000)
  const [one, other] = [await aCalendar(its, alone, startsAt), await aCalendar(its, together, startsAt)]
  for (const next of steps) {
    const result = await run(one, next)
    expect({ next, result: await run(other, next) }).toEqual({ next, result })
    if (next.kind === 'claim' && typeof result === 'object' && 'kind' in result) kinds.add(String(result.kind))
  }
  expect(await written(other)).toEqual(await written(one))
  for (const { doctors } of [one, other]) {
    const report = await verify(its.appPool, { clinicNo: doctors[0]?.clinicNo ?? 0, detailsMax: 10 })
    expect(report).toMatchObject({ overbooked: 0, mismatches: 0, details: [] })
  }
}

const histories = fc.array(step, { minLength: 30, maxLength: 60, size: 'max' })

// fast-check prints the seed of a failure, and replays it.
test('claims has the same outcomes, and writes the same rows, alone or in a batch', async ({ database }) => {
  const kinds = new Set<string>()
  await fc.assert(
    fc.asyncProperty(histories, (steps) => compare(database, steps, kinds)),
    // No shrinking: it would take longer than a test may, and the failure would not be reported.
    { numRuns: 25, endOnFailure: true },
  )
  expect(await checkHistory(database)).toEqual([])
  // An outcome that never occurred would not have been compared.
  expect([...kinds].toSorted()).toEqual([
    'appointment_type_not_offered',
    'booked',
    'key_reused',
    'replayed',
    'slot_closed',
    'slot_full',
    'slot_missing',
    'units_over_capacity',
  ])
})

test.each([
  { what: 'does not record when a hold lapses', part: /, clock_timestamp\(\) \+ v_hold\) end/, becomes: ') end' },
  {
    what: 'logs the account if another one acts',
    part: 'coalesce(p_actor_id, p_account_id)',
    becomes: 'p_account_id',
  },
  { what: 'ignores the hash', part: 'k.request_hash, p_hash', becomes: 'p_hash, p_hash' },
])(
  'negative control: a claim_slot that $what differs from claim_slots',
  async (mistake) => {
    const planted = await createTestDatabase()
    await plantFunction(planted, 'claim_slot', mistake)
    const property = fc.asyncProperty(histories, (steps) => compare(planted, steps, new Set()))
    const { errorInstance } = await fc.check(property, { numRuns: 25, endOnFailure: true })
    // It must be a difference, and not an error of the function.
    expect(errorInstance).toMatchObject({ name: 'AssertionError' })
    await planted.drop()
  },
  180_000,
)
