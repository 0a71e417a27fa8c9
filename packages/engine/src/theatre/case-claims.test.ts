import { aDoctor, holdLock, plantFunction, type TestDatabase } from '@holdfast/testkit'
import fc from 'fast-check'
import { describe, expect } from 'vitest'
import {
  aSmallTheatre,
  claimAlone,
  claimTogether,
  lapseBlock,
  type NumberedClaim,
  plansOf,
  shape,
  written,
} from '../../test/case-batches.ts'
import { aCase, aRoom, aTheatre, caseOf, soonAt, freshTest as test } from '../../test/theatre.ts'
import { verify } from '../verify/verify.ts'

const numberedClaim: fc.Arbitrary<NumberedClaim> = fc.record({
  room: fc.nat(shape.rooms - 1),
  surgeon: fc.nat(shape.surgeons - 1),
  nurse: fc.option(fc.nat(shape.nurses - 1)),
  quarter: fc.nat(35),
  minutes: fc.constantFrom(30, 45, 60),
  equipment: fc.uniqueArray(fc.record({ kind: fc.nat(shape.kinds - 1), units: fc.integer({ min: 1, max: 2 }) }), {
    maxLength: shape.kinds,
    selector: ({ kind }) => kind,
  }),
  patient: fc.nat(shape.patients - 1),
  name: fc.constantFrom('Ada Okafor', 'Ada Okafor', 'Ada Okafor', 'Ada Lind'),
  birthDate: fc.constantFrom(null, null, null, '1970-05-01'),
  key: fc.nat(shape.keys - 1),
  hash: fc.nat(shape.keys - 1),
  confirm: fc.boolean(),
  actor: fc.option(fc.nat(shape.actors - 1)),
  // A claim of a batch that has one is sent alone.
  request: fc.constantFrom(null, null, null, null, null, null, 0, 1, shape.requests - 1),
  override: fc.option(fc.constantFrom('Reason 1', 'Reason 2', 'Reason 3')),
})

/** Batches of claims; before each of them, the holds on the block of a room may lapse. */
const histories = fc.array(
  fc.record({
    lapsing: fc.option(fc.nat(1), { freq: 3 }),
    claims: fc.array(numberedClaim, { minLength: 2, maxLength: 9 }),
  }),
  { minLength: 4, maxLength: 9, size: 'max' },
)
type History = { lapsing: number | null; claims: NumberedClaim[] }[]

/**
 * Runs the same batches in two theatres that are alike: together in one, and in the other one by one. The claims of a
 * batch do not affect each other: what is refused is refused by what was there before, and what is booked takes nothing
 * that another one of the batch needs. Throws at the first difference.
 */
async function compare(database: TestDatabase, history: History, counts: Map<string, number>): Promise<void> {
  const [one, other] = [await aSmallTheatre(database), await aSmallTheatre(database)]
  for (const [batch, { lapsing, claims }] of history.entries()) {
    if (lapsing !== null) for (const theatre of [one, other]) await lapseBlock(database, theatre, lapsing)
    const { decided, plans } = await claimTogether(database, other, claims, batch)
    const plansAlone = plansOf(one, claims, batch)
    for (const outcome of ['refused', 'done', 'alone']) {
      for (const [n, result] of decided.entries()) {
        if (result.outcome !== outcome) continue
        counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
        const [plan, planAlone] = [plans[n], plansAlone[n]]
        if (plan === undefined || planAlone === undefined) throw new Error('claim_cases returns a row for each plan.')
        const expected = await claimAlone(database, one, planAlone)
        const actual = outcome === 'alone' ? await claimAlone(database, other, plan) : result
        expect({ claim: claims[n], ...actual }).toEqual({ claim: claims[n], ...expected })
      }
    }
  }
  expect(await written(database, other)).toEqual(await written(database, one))
  for (const { scene } of [one, other]) {
    const report = await verify(database.appPool, { clinicNo: scene.clinic.no, detailsMax: 5 })
    expect(report).toMatchObject({ overbooked: 0, mismatches: 0, details: [] })
  }
}

test('claims of a batch have the outcomes of single claims, and write the same rows', async ({ database }) => {
  const counts = new Map<string, number>()
  await fc.assert(
    fc.asyncProperty(histories, (history) => compare(database, history, counts)),
    // No shrinking: it would take longer than a test may, and the failure would not be reported.
    { numRuns: 15, endOnFailure: true },
  )
  // What never occurred would not have been compared.
  for (const outcome of ['done', 'refused', 'alone']) expect(counts.get(outcome), outcome).toBeGreaterThan(20)
})

/** A claim of an hour at nine in room 0, by surgeon and patient 0, with this number's key, hash, actor and reason. */
function numbered(key: number, overrides: Partial<NumberedClaim> = {}): NumberedClaim {
  const who = { surgeon: 0, nurse: null, patient: 0, name: 'Ada Okafor', birthDate: null }
  const own = { key, hash: key, actor: key, request: null, override: `Reason ${key}` }
  return { room: 0, ...who, quarter: 4, minutes: 60, equipment: [], ...own, confirm: false, ...overrides }
}

const [second, third] = [
  { quarter: 8, surgeon: 1, patient: 1 },
  { quarter: 12, surgeon: 2, patient: 2 },
]

describe('negative controls: a batch that forgets a rule differs', () => {
  test.for([
    {
      rule: 'what the claims of a batch need at one time',
      planted: { part: 'c.n not in (select x.n from clashing x)', becomes: 'true' },
      history: [{ lapsing: null, claims: [numbered(1), numbered(2, { room: 1, patient: 1 })] }],
    },
    {
      rule: 'the minutes that they take of one block',
      planted: { part: '(v_claim.place).slot_id = any (v_won_slot_ids)', becomes: 'false' },
      history: [{ lapsing: null, claims: [numbered(1), numbered(2, second), numbered(3, third)] }],
    },
    {
      rule: 'patients whom they share',
      planted: { part: 'b.n < c.n and (', becomes: 'b.n < 0 and (' },
      history: [{ lapsing: null, claims: [numbered(1), numbered(2, { ...second, room: 1, patient: 0 })] }],
    },
    {
      rule: 'holds that have lapsed',
      planted: { part: '(l.next_lapse is null or l.next_lapse > v_now)', becomes: 'true' },
      history: [
        { lapsing: null, claims: [numbered(1)] },
        { lapsing: 0, claims: [numbered(2, second)] },
      ],
    },
    {
      rule: 'everything that is wrong with a claim',
      planted: { part: "if v_conflicts <> '[]' then", becomes: 'if false then' },
      history: [numbered(1), numbered(2, second), numbered(3, { ...third, override: null })].map((claim) => ({
        lapsing: null,
        claims: [claim],
      })),
    },
  ])('$rule', async ({ planted, history }, { database }) => {
    await compare(database, history, new Map())
    await plantFunction(database, 'claim_cases', planted)
    await expect(compare(database, history, new Map())).rejects.toThrow()
  })
})

const elsewhereToo = { room: 1, surgeon: 1, patient: 1 }
/** Two claims that do not affect each other, and then two that overrun their blocks and rename their patients. */
const overrun = { quarter: 27, minutes: 30, name: 'Ada Lind' }
const sent = [
  { lapsing: null, claims: [numbered(1), numbered(2, elsewhereToo)] },
  {
    lapsing: null,
    claims: [numbered(3, overrun), numbered(4, { ...elsewhereToo, ...overrun })],
  },
]

describe('negative controls: what one claim of a batch has is written for another', () => {
  test.for([
    {
      what: 'the actor of the event',
      function: 'book_cases',
      part: '(b.row).units, c.hold_until, c.actor_id',
      becomes: '(b.row).units, c.hold_until, p_actor_ids[1]',
    },
    {
      what: 'the override, with its reason',
      function: 'book_cases',
      part: "nullif(c.plan->'override', 'null') as override",
      becomes: "nullif(p_plans[1]->'override', 'null') as override",
    },
    {
      what: 'the request hash',
      function: 'book_cases',
      part: 'select p_clinic_no, k.key, k.hash, k.id, p_at',
      becomes: 'select p_clinic_no, k.key, p_hashes[1], k.id, p_at',
    },
    {
      what: 'the service',
      function: 'book_cases',
      part: "c.plan->>'service'",
      becomes: "p_plans[1]->>'service'",
    },
    {
      what: 'the procedure',
      function: 'book_cases',
      part: "c.plan->'procedure' as procedure",
      becomes: "p_plans[1]->'procedure' as procedure",
    },
    {
      what: 'the actor of the security log',
      function: 'save_patients',
      part: 'v_item.actor_id, v_item.id,',
      becomes: 'p_actor_ids[1], v_item.id,',
    },
    {
      what: 'the actors, swapped',
      function: 'claim_cases',
      part: "v_actor_ids := v_actor_ids || (v_claim.plan->>'actorId')::uuid",
      becomes: "v_actor_ids := (v_claim.plan->>'actorId')::uuid || v_actor_ids",
    },
    {
      what: 'the hashes, swapped',
      function: 'claim_cases',
      part: "v_hashes := v_hashes || (v_claim.plan->>'requestHash')::uuid",
      becomes: "v_hashes := (v_claim.plan->>'requestHash')::uuid || v_hashes",
    },
  ])('$what', async ({ function: changed, ...planted }, { database }) => {
    await compare(database, sent, new Map())
    await plantFunction(database, changed, planted)
    await expect(compare(database, sent, new Map())).rejects.toThrow()
  })
})

/** A claim for another room, surgeon and patient than those of `aCase`. */
async function elsewhere(database: TestDatabase, scene: Awaited<ReturnType<typeof aTheatre>>) {
  const { theatre, clinic } = scene
  return aCase({ clinic, room: await aRoom(theatre, clinic), surgeon: await aDoctor(database, clinic) })
}

test('claims that arrive together are booked in one transaction', async ({ database, scene }) => {
  const claims = [await elsewhere(database, scene), await elsewhere(database, scene), await elsewhere(database, scene)]
  // The day of each room's open time is there.
  for (const claim of claims) await scene.theatre.claimCase({ ...aCase(scene), ...claim, ...anotherTime(scene) })
  const outcomes = await Promise.all(claims.map((claim) => scene.theatre.claimCase(claim)))
  expect(outcomes).toMatchObject(claims.map(({ caseId }) => ({ kind: 'booked', case: { id: caseId } })))
  const positions = outcomes.map((outcome) => ('position' in outcome ? outcome.position : outcome.kind))
  expect(new Set(positions).size).toBe(1)
})

/** What another claim of the same room and surgeon has to have. */
function anotherTime(scene: Awaited<ReturnType<typeof aTheatre>>) {
  const { caseId, key, requestHash, patient } = aCase(scene)
  return { caseId, key, requestHash, patient, startsAt: soonAt(13) }
}

test('a claim whose surgeon stays locked does not delay those that arrive with it for long', async ({ database }) => {
  const scene = await aTheatre(database)
  const other = await elsewhere(database, scene)
  const lock = await holdLock(database.ownerPool, 'select from holdfast.resource where id = $1 for update', [
    scene.surgeon.id,
  ])
  const waiting = scene.theatre.claimCase(aCase(scene))
  expect(await scene.theatre.claimCase(other)).toMatchObject({ kind: 'booked' })
  await lock.release()
  expect(await waiting).toMatchObject({ kind: 'booked' })
})

test('when a batch fails, each of its claims has its own outcome', async ({ database }) => {
  // The exclusion constraint fails like this, should a check have missed something.
  await plantFunction(database, 'claim_cases', {
    part: 'if v_won <> ',
    becomes: "if v_won <> '{}' then raise exclusion_violation; end if; if v_won <> ",
  })
  const scene = await aTheatre(database)
  const [one, other] = [await elsewhere(database, scene), await elsewhere(database, scene)]
  const again = { ...one, ...anotherTime(scene), startsAt: one.startsAt }
  const outcomes = await Promise.all([one, again, other].map((claim) => scene.theatre.claimCase(claim)))
  expect(outcomes.map(({ kind }) => kind).toSorted()).toEqual(['booked', 'booked', 'refused'])
  const booked = caseOf(outcomes[2] ?? { kind: 'missing' })
  expect(await scene.theatre.case(booked.id)).toEqual(booked)
})
