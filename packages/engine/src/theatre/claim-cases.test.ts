import { holdLock, plantFunction, type TestDatabase, untilLockWaiters } from '@holdfast/testkit'
import { freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { describe, expect } from 'vitest'
import { callClaimCases, outcomesOf, somePlaces, untilWaitingOrOver, waitForLocks } from '../../test/claim-batch.ts'
import { aCase, aTheatre, type BuiltTheatre, caseOf, someEquipment, soonAt } from '../../test/theatre.ts'
import { aTransaction, endHold } from '../../test/theatre-transaction.ts'
import { newId } from '../model/id.ts'
import type { ClaimCaseRequest } from '../model/theatre-case.ts'
import { verify } from '../verify/verify.ts'

// claim_cases beside another transaction. Each scene is played as it should be, and as a negative control with bugs
// planted, of which each has to change what is seen.

type Scene = { database: TestDatabase; scene: BuiltTheatre; places: Awaited<ReturnType<typeof somePlaces>> }
type Planted = { bug: string; function: string; part: string | RegExp; becomes: string; shown: unknown }
type Played = { name: string; play(scene: Scene): Promise<unknown>; expected: unknown; planted: Planted[] }

async function aScene(database: TestDatabase): Promise<Scene> {
  await waitForLocks(database)
  const scene = await aTheatre(database)
  return { database, scene, places: await somePlaces(database, scene, 3) }
}

/** Claims the first requests in a transaction that commits when the others wait for it. Returns the others' outcome. */
async function claimBehind({ database, scene }: Scene, first: ClaimCaseRequest[], others: ClaimCaseRequest[]) {
  const transaction = await aTransaction(database)
  await callClaimCases(transaction.client, scene, first)
  const waiting = outcomesOf(callClaimCases(database.appPool, scene, others))
  await untilWaitingOrOver(database, waiting)
  await transaction.commit()
  return waiting
}

/** Claims it in a call that waits for the surgeon until `meanwhile` is done. */
async function claimMeanwhile(
  { database, scene }: Scene,
  request: ClaimCaseRequest,
  meanwhile: () => Promise<unknown>,
) {
  const lock = await holdLock(database.ownerPool, 'select from holdfast.resource where id = $1 for update', [
    request.surgeonId,
  ])
  const waiting = outcomesOf(callClaimCases(database.appPool, scene, [request]))
  await untilLockWaiters(database, 1)
  await meanwhile()
  await lock.release()
  return waiting
}

async function bookedOf({ database }: Scene, requests: ClaimCaseRequest[]): Promise<number> {
  const { rowCount } = await database.ownerPool.query(sql`select from holdfast.booking
      where id = any (${requests.map(({ caseId }) => caseId)})`)
  return rowCount ?? 0
}

async function faultsOf({ database, scene }: Scene): Promise<string[]> {
  const { details } = await verify(database.appPool, { clinicNo: scene.clinic.no, detailsMax: 9 })
  return details.map(({ kind }) => kind)
}

function at<Item>(items: readonly Item[], index: number): Item {
  const item = items[index]
  if (item === undefined) throw new RangeError(`There is no item ${index}.`)
  return item
}

const scenes: Played[] = [
  {
    name: 'a doctor gets no clinic slot while a case of theirs is not committed',
    async play(all) {
      const { database, scene, places } = all
      const { surgeon } = at(places, 0)
      const transaction = await aTransaction(database)
      await callClaimCases(transaction.client, scene, [aCase(at(places, 0), { confirm: true })])
      const creating = database.appPool.query<{ outcome: string }>(
        `select outcome from holdfast.create_slots($1, $2, array[$3::uuid], array[$4::timestamptz],
           array[$5::timestamptz], array[1], false)`,
        [scene.clinic.no, surgeon.id, newId(scene.clinic.no), soonAt(9), soonAt(9, 30)],
      )
      await untilWaitingOrOver(database, creating)
      await transaction.commit()
      return { slot: (await creating).rows[0]?.outcome, faults: await faultsOf(all) }
    },
    expected: { slot: 'conflict', faults: [] },
    planted: [
      {
        bug: 'the resources not locked',
        function: 'claim_cases',
        part: 'perform lock_resources(p_clinic_no, v_resource_ids);',
        becomes: '',
        shown: { slot: 'created', faults: ['allocation_overlap'] },
      },
    ],
  },
  {
    name: 'of equipment with two units, two transactions take one each',
    async play(all) {
      const equipmentId = await someEquipment(all.scene.theatre, all.scene.clinic, { units: 2 })
      const of = (n: number) => aCase(at(all.places, n), { equipment: [{ equipmentId, units: 1 }], confirm: true })
      return claimBehind(all, [of(0)], [of(1)])
    },
    expected: ['done'],
    planted: [
      {
        bug: 'the equipment not locked',
        function: 'claim_cases',
        part: /union all\s+select \(e->>'equipmentId'\)::uuid from jsonb_array_elements\(p\.plan->'equipment'\) e/,
        becomes: '',
        shown: ['alone'],
      },
      {
        bug: 'the equipment not locked, and taken all the same',
        function: 'claim_cases',
        part: 'v_resource_ids);',
        becomes: `array(select i.id from unnest(v_resource_ids) i(id) join resource r on r.id = i.id
                         where r.kind <> 'equipment'));`,
        shown: ['23P01'],
      },
    ],
  },
  {
    name: 'a case is not booked in a block that another transaction withdraws',
    async play(all) {
      const { database, scene, places } = all
      const { clinic, theatre } = scene
      const drafts = [{ startsAt: soonAt(9), endsAt: soonAt(15), capacity: 120 }]
      const owner = { service: null, surgeonId: null, releaseDays: null }
      const roomId = at(places, 0).room
      await theatre.createBlocks({ ...owner, roomId, when: { drafts }, dryRun: false, actorId: null })
      const transaction = await aTransaction(database)
      await transaction.client.query(sql`
        select holdfast.withdraw_slots(s.clinic_no, s.id, null, null, null, false, false, null)
         from holdfast.slot s where s.clinic_no = ${clinic.no} and s.resource_id = ${roomId}`)
      const claiming = outcomesOf(callClaimCases(database.appPool, scene, [aCase(at(places, 0), { confirm: true })]))
      await untilWaitingOrOver(database, claiming)
      await transaction.commit()
      return claiming
    },
    // The room's open time, whose slot it has not locked, is left to schedule_cases.
    expected: ['alone'],
    planted: [
      {
        bug: 'the slot not locked',
        function: 'claim_cases',
        part: 'order by s.clinic_no, s.id for update) q;',
        becomes: 'order by s.clinic_no, s.id) q;',
        shown: ['done'],
      },
      {
        bug: 'a slot that was not locked',
        function: 'claim_cases',
        part: 'l.slot_id = any (v_slot_ids)',
        becomes: 'l.slot_id is not null',
        shown: ['done'],
      },
    ],
  },
  {
    name: 'what a hold has that lapses while a claim waits for a lock does not refuse the claim',
    async play(all) {
      const [here, elsewhere] = [at(all.places, 0), at(all.places, 1)]
      const held = caseOf(await all.scene.theatre.claimCase(aCase(here)))
      const request = aCase({ ...elsewhere, surgeon: here.surgeon })
      return claimMeanwhile(all, request, () => endHold(all.database, held, 0))
    },
    expected: ['alone'],
    planted: [
      {
        bug: 'the time from before the locks',
        function: 'claim_cases',
        part: 'perform lock_resources(p_clinic_no, v_resource_ids);\n    v_now := clock_timestamp();',
        becomes: 'perform lock_resources(p_clinic_no, v_resource_ids);',
        shown: ['refused'],
      },
      {
        bug: 'a lapsed hold not given back',
        function: 'claim_cases',
        part: /\s+or lapsed_cases\(p_clinic_no, v_claim\.taking_ids, v_now\) <> '{}'/,
        becomes: '',
        shown: ['23P01'],
      },
    ],
  },
  {
    name: 'a key that two transactions use at once books one case, and no part of a batch that lost it',
    async play(all) {
      const [first, second, third] = all.places.map((place) => aCase(place, { confirm: true }))
      if (first === undefined || second === undefined || third === undefined) throw new Error('There are three places.')
      const again = { ...second, key: first.key }
      const outcomes = await claimBehind(all, [first], [again, third])
      return { outcomes, booked: await bookedOf(all, [first, again, third]) }
    },
    expected: { outcomes: ['40001'], booked: 1 },
    planted: [
      {
        bug: 'the key not checked',
        function: 'book_cases',
        part: 'if v_won < cardinality(p_plans) then',
        becomes: 'if false then',
        shown: { outcomes: ['done', 'done'], booked: 3 },
      },
    ],
  },
  {
    name: 'a claim is not refused by its own case, of a try that commits meanwhile',
    async play(all) {
      const patient = { mrn: 'M-1', name: 'Ada Okafor', birthDate: null }
      const known = aCase(at(all.places, 0), { patient, startsAt: soonAt(6) })
      await all.scene.theatre.claimCase(known)
      const request = aCase(at(all.places, 0), { patient, confirm: true })
      return claimBehind(all, [request], [request])
    },
    expected: ['alone'],
    planted: [
      {
        bug: 'the refusal not looked at again',
        function: 'claim_cases',
        part: "case when o.outcome = 'refused' and k.is_used then 'alone' else o.outcome end",
        becomes: 'o.outcome',
        shown: ['refused'],
      },
    ],
  },
  {
    name: 'a patient stored while a claim waits for a lock is not booked without a lock of theirs',
    async play(all) {
      const patient = { mrn: 'M-1', name: 'Ada Okafor', birthDate: null }
      const other = aCase(at(all.places, 1), { startsAt: soonAt(6), patient })
      return claimMeanwhile(all, aCase(at(all.places, 0), { patient }), () => all.scene.theatre.claimCase(other))
    },
    expected: ['alone'],
    planted: [
      {
        bug: 'what a plan needs not compared with what is locked',
        function: 'claim_cases',
        part: 'and d.resource_ids <@ v_resource_ids',
        becomes: '',
        shown: ['done'],
      },
    ],
  },
  {
    name: 'a patient whom two transactions store at once fails the batch of the second',
    async play(all) {
      const patient = { mrn: 'M-1', name: 'Ada Okafor', birthDate: null }
      const [first, other] = [aCase(at(all.places, 0), { patient }), aCase(at(all.places, 1))]
      const second = aCase(at(all.places, 2), { patient: { ...patient, mrn: 'm 1' }, startsAt: soonAt(12) })
      const outcomes = await claimBehind(all, [first], [second, other])
      return { outcomes, booked: await bookedOf(all, [second, other]) }
    },
    expected: { outcomes: ['40001'], booked: 0 },
    planted: [
      {
        bug: 'the patients not counted',
        function: 'book_cases',
        part: 'if cardinality(v_patients) < cardinality(p_plans) then',
        becomes: 'if false then',
        shown: { outcomes: ['23503'], booked: 0 },
      },
    ],
  },
  {
    name: 'a patient whom another transaction erases gets no case by the number that is erased',
    async play(all) {
      const { database, scene, places } = all
      const { theatre, clinic } = scene
      const patient = { mrn: 'M-1', name: 'Ada Okafor', birthDate: null }
      const { id: caseId } = caseOf(await theatre.claimCase(aCase(at(places, 0), { patient })))
      await theatre.cancelCase({ caseId, reasonCode: 'patient', actorId: null, key: null })
      const transaction = await aTransaction(database)
      const of = { mrn: patient.mrn }
      expect(await transaction.patients.erase({ clinicNo: clinic.no, of, actorId: null })).toMatchObject({
        kind: 'erased',
        bookings: 0,
        cases: 1,
        requests: 0,
      })
      const claiming = outcomesOf(callClaimCases(database.appPool, scene, [aCase(at(places, 1), { patient })]))
      await untilWaitingOrOver(database, claiming)
      await transaction.commit()
      return claiming
    },
    expected: ['40001'],
    planted: [
      {
        bug: 'an erased patient found',
        function: 'save_patients',
        part: ' and t.erased_at is null',
        becomes: '',
        shown: ['done'],
      },
    ],
  },
  {
    name: 'of two claims of a batch with one key, the second is not decided',
    async play({ database, scene, places }) {
      const [first, second] = [aCase(at(places, 0)), aCase(at(places, 1))]
      return outcomesOf(callClaimCases(database.appPool, scene, [first, { ...second, key: first.key }]))
    },
    expected: ['done', 'alone'],
    planted: [
      {
        bug: 'the keys of a batch not compared',
        function: 'claim_cases',
        part: /\s+or b\.plan->'key' = c\.plan->'key'/,
        becomes: '',
        shown: ['40001'],
      },
    ],
  },
  {
    name: 'claims that arrive together fulfil their requests of the waitlist',
    async play({ database, scene, places }) {
      const { theatre, clinic } = scene
      const claims = await Promise.all(
        places.map(async (place) => {
          const claim = aCase(place, { confirm: true })
          const request = { ...claim, dueOn: null, roomId: null, note: null, createdBy: null, mayChangePatient: true }
          const created = await theatre.createCaseRequest(clinic.no, request, null)
          const requestId = created.kind === 'done' && created.value.kind === 'created' ? created.value.id : ''
          return { ...claim, requestId }
        }),
      )
      const [first] = claims
      const decided = await outcomesOf(callClaimCases(database.appPool, scene, first === undefined ? [] : [first]))
      await Promise.all(claims.map((claim) => theatre.claimCase(claim)))
      const requests = await Promise.all(claims.map(({ requestId }) => theatre.caseRequest(requestId)))
      return { decided, fulfilled: requests.map((request, n) => request?.caseId === claims[n]?.caseId) }
    },
    expected: { decided: ['alone'], fulfilled: [true, true, true] },
    planted: [
      {
        bug: 'a request in a batch',
        function: 'claim_cases',
        part: "where p.plan->>'requestId' is null",
        becomes: 'where true',
        shown: { decided: ['done'], fulfilled: [false, false, false] },
      },
    ],
  },
]

for (const { name, play, expected, planted } of scenes) {
  describe(name, () => {
    test('as it should be', async ({ database }) => {
      const all = await aScene(database)
      expect(await play(all)).toEqual(expected)
      expect(await faultsOf(all)).toEqual([])
    })

    test.for(planted)('negative control: $bug', async ({ function: changed, part, becomes, shown }, { database }) => {
      const all = await aScene(database)
      await plantFunction(database, changed, { part, becomes })
      expect(await play(all)).toEqual(shown)
    })
  })
}

describe('a call waits for a lock for at most half a second', () => {
  /** Which of the two gives up first: a call, or a session that waits for the same lock for four seconds. */
  async function firstToGiveUp(database: TestDatabase): Promise<unknown> {
    const scene = await aTheatre(database)
    const lock = await holdLock(database.ownerPool, 'select from holdfast.resource where id = $1 for update', [
      scene.surgeon.id,
    ])
    const other = await database.ownerPool.connect()
    await other.query("set lock_timeout = '4s'")
    const waiting = other.query('select from holdfast.resource where id = $1 for update', [scene.surgeon.id]).then(
      () => ['the lock'],
      () => ['the other'],
    )
    await untilLockWaiters(database, 1)
    const claiming = outcomesOf(callClaimCases(database.appPool, scene, [aCase(scene)]))
    const first = await Promise.race([claiming, waiting])
    await lock.release()
    await Promise.all([claiming, waiting])
    other.release(true)
    return first
  }

  test('as it should be', async ({ database }) => {
    expect(await firstToGiveUp(database)).toEqual(['55P03'])
  })

  test('negative control: the limit of the connection', async ({ database }) => {
    await plantFunction(database, 'claim_cases', { part: /SET lock_timeout TO '500ms'/i, becomes: '' })
    expect(await firstToGiveUp(database)).toEqual(['the other'])
  })
})
