import { randomUUID } from 'node:crypto'
import {
  aBooking,
  aClaim,
  aClinic,
  aDoctor,
  aSlot,
  claimWays,
  plantFunction,
  type TestDatabase,
} from '@holdfast/testkit'
import { anotherDatabase, test } from '@holdfast/testkit/database-test'
import { describe, expect } from 'vitest'
import type { ClaimOutcome, ClaimRequest } from '../model/claim.ts'
import { newId } from '../model/id.ts'
import { runClaimBatch } from './claim-batch.ts'

let database: TestDatabase

test.beforeAll(({ database: testDatabase }) => {
  database = testDatabase
})

const { alone, together } = claimWays(runClaimBatch)

/**
 * What can be wrong with a claim, in the order of claim_verdict: of two things that are wrong the first is reported.
 * `slot_missing:block`: the slot is an operating room's, and reported as missing.
 */
const verdicts = [
  'replayed',
  'key_reused',
  'slot_missing',
  'slot_missing:block',
  'slot_closed:withdrawn',
  'slot_closed:started',
  'slot_closed:doctor_busy',
  'slot_closed:doctor_inactive',
  'slot_closed:minimum_notice',
  'slot_closed:booking_horizon',
  'appointment_type_not_offered',
  'units_over_capacity',
  'slot_full',
] as const
type Verdict = (typeof verdicts)[number]

/** A slot starts once, and a key was used with one hash: no claim is wrong in two of these ways. */
const alternatives: readonly (readonly Verdict[])[] = [
  ['slot_closed:started', 'slot_closed:minimum_notice', 'slot_closed:booking_horizon'],
  ['replayed', 'key_reused'],
  ['slot_missing', 'slot_missing:block'],
]

/** If a claim has no slot, only its key can be wrong as well. */
const needSlot = (verdict: Verdict) => verdict !== 'replayed' && verdict !== 'key_reused'

function canBeBoth(first: Verdict, second: Verdict): boolean {
  if (first === 'slot_missing' && needSlot(second)) return false
  return !alternatives.some((group) => group.includes(first) && group.includes(second))
}

const startsInMinutes: Partial<Record<Verdict, number>> = {
  'slot_closed:started': -20,
  'slot_closed:minimum_notice': 30,
  'slot_closed:booking_horizon': 31 * 1440,
}

/** A claim that is wrong in these ways, on a separate calendar. */
async function aWrongClaim(its: TestDatabase, wrong: readonly Verdict[]): Promise<ClaimRequest> {
  const is = (verdict: Verdict) => wrong.includes(verdict)
  const clinic = await aClinic(its, { settings: { minimumNoticeMinutes: 60, bookingHorizonDays: 30 } })
  const minutes = wrong.map((verdict) => startsInMinutes[verdict]).find((found) => found !== undefined) ?? 200
  const slot = await aSlot(its, await aDoctor(its, clinic, { active: !is('slot_closed:doctor_inactive') }), {
    startsAt: new Date(Date.now() + minutes * 60_000),
    capacity: 2,
    withdrawn: is('slot_closed:withdrawn'),
  })
  if (is('slot_full')) await aBooking(its, slot, { units: 2 })
  if (is('slot_closed:doctor_busy')) {
    await its.ownerPool.query('update holdfast.slot set blocked_at = now() where id = $1', [slot.id])
  }
  if (is('slot_missing:block')) {
    await its.ownerPool.query("update holdfast.resource set kind = 'operating_room', open_time_id = id where id = $1", [
      slot.doctorId,
    ])
  }
  const claim = aClaim(is('slot_missing') ? { id: newId(clinic.no), clinicNo: clinic.no } : slot, {
    units: is('units_over_capacity') ? 3 : 1,
    appointmentType: is('appointment_type_not_offered') ? 'video' : null,
  })
  if (is('replayed') || is('key_reused')) {
    const open = await aSlot(its, await aDoctor(its, clinic))
    const requestHash = is('replayed') ? claim.requestHash : randomUUID()
    const first = aClaim(open, { key: claim.key, requestHash })
    expect(await alone.claim(its.appPool, first)).toMatchObject([{ kind: 'booked' }])
  }
  return claim
}

function verdictOf(outcome: ClaimOutcome | 'retry' | undefined): string | undefined {
  if (outcome === undefined || outcome === 'retry') return outcome
  return outcome.kind === 'slot_closed' ? `slot_closed:${outcome.why}` : outcome.kind
}

const reported = (verdict: Verdict) => (verdict === 'slot_missing:block' ? 'slot_missing' : verdict)

const pairs = verdicts.flatMap((first, index) =>
  verdicts.slice(index + 1).flatMap((second) => (canBeBoth(first, second) ? [[first, second] as const] : [])),
)

describe.each([alone, together])('claimed $way', ({ claim }) => {
  test.each(verdicts)('a claim that is wrong in one way: %s', async (verdict) => {
    const [outcome] = await claim(database.appPool, await aWrongClaim(database, [verdict]))
    expect(verdictOf(outcome)).toBe(reported(verdict))
  })

  test('nothing wrong: booked', async () => {
    const [outcome] = await claim(database.appPool, await aWrongClaim(database, []))
    expect(verdictOf(outcome)).toBe('booked')
  })

  test.each(pairs)('%s is reported before %s', async (first, second) => {
    const [outcome] = await claim(database.appPool, await aWrongClaim(database, [first, second]))
    expect(verdictOf(outcome)).toBe(reported(first))
  })
})

test('negative control: two rules of claim_verdict in another order are detected', async () => {
  const planted = await anotherDatabase()
  const rule = "WHEN (NOT p_doctor_active) THEN 'slot_closed:doctor_inactive'::text"
  await plantFunction(planted, 'claim_verdict', { part: /(ELSE COALESCE\()/, becomes: `${rule} $1` })
  const claim = await aWrongClaim(planted, ['slot_closed:withdrawn', 'slot_closed:doctor_inactive'])
  for (const { claim: book } of [alone, together]) {
    const [outcome] = await book(planted.appPool, claim)
    expect(verdictOf(outcome)).toBe('slot_closed:doctor_inactive')
  }
})

test('negative control: a claim_verdict that ignores whose slot it is books a block as an appointment', async () => {
  const planted = await anotherDatabase()
  await plantFunction(planted, 'claim_verdict', { part: "(p_kind <> 'doctor'::text)", becomes: 'false' })
  for (const { claim: book } of [alone, together]) {
    const [outcome] = await book(planted.appPool, await aWrongClaim(planted, ['slot_missing:block']))
    expect(verdictOf(outcome)).toBe('booked')
  }
})
