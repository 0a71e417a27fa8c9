import { randomUUID } from 'node:crypto'
import { aDoctor, holdSlotLock, type TestDatabase, untilLockWaiters } from '@holdfast/testkit'
import type pg from 'pg'
import sql from 'sql-template-tag'
import { describe, expect } from 'vitest'
import { aCase, aRoom, aTheatre, type BuiltTheatre, caseOf, soonAt, freshTest as test } from '../../test/theatre.ts'
import { aTransaction, endHold, slotOf } from '../../test/theatre-transaction.ts'
import { newId } from '../model/id.ts'
import type { Case } from '../model/theatre-case.ts'
import { verify } from '../verify/verify.ts'

/** Confirms a hold that ends within 3 seconds, and waits until it has ended; the caller commits. */
async function confirmAndWait(client: pg.PoolClient, clinicNo: number, { id }: Case): Promise<void> {
  const { rows } = await client.query<{ outcome: string }>(sql`
    select outcome from holdfast.settle_bookings(array[${clinicNo}::integer], array[${id}::uuid], array['confirm'],
     array[null::uuid], array[true], array[null::uuid], array[null::text])`)
  expect(rows).toEqual([{ outcome: 'done' }])
  await client.query("select pg_sleep_until(clock_timestamp() + interval '3 seconds')")
}

async function expectWell(database: TestDatabase, { clinic }: BuiltTheatre): Promise<void> {
  const report = await verify(database.appPool, { clinicNo: clinic.no, detailsMax: 9 })
  expect(report.details).toEqual([])
}

test('a patient whom other claims have stored meanwhile is not in two rooms at once', async ({ database, scene }) => {
  const { theatre, clinic } = scene
  const patient = { mrn: 'M-1', name: 'Ada Okafor', birthDate: null }
  const elsewhere = async () => ({
    clinic,
    room: await aRoom(theatre, clinic),
    surgeon: await aDoctor(database, clinic),
  })
  const [b, c] = [await elsewhere(), await elsewhere()]
  const earlier = caseOf(await theatre.claimCase(aCase(b, { startsAt: soonAt(15) })))
  const lock = await holdSlotLock(database, await slotOf(database, earlier))
  // It looked for the patient, found none, and waits for its slot.
  const waiting = theatre.claimCase(aCase(b, { patient }))
  await untilLockWaiters(database, 1)
  await theatre.claimCase(aCase(scene, { patient, startsAt: soonAt(6) }))
  const other = await aTransaction(database)
  const spelled = { ...patient, mrn: 'm 1' }
  expect(await other.theatre.claimCase(aCase(c, { patient: spelled }))).toMatchObject({ kind: 'booked' })
  await lock.release()
  // Now for the patient, whom the uncommitted claim has locked.
  await untilLockWaiters(database, 1)
  await other.commit()
  expect(await waiting).toMatchObject({ kind: 'refused', conflicts: [{ kind: 'resource_busy', role: 'patient' }] })
  await expectWell(database, scene)
})

describe('a move that waits for the slot of its case', () => {
  /** A hold at nine, and the move of a confirmed case of its surgeon and robot to nine, which waits. */
  async function aWaitingMove(database: TestDatabase) {
    const scene = await aTheatre(database)
    const { theatre, clinic, robot, surgeon } = scene
    const equipment = [{ equipmentId: robot, units: 1 }]
    const room = await aRoom(theatre, clinic)
    const held = caseOf(await theatre.claimCase(aCase(scene, { equipment })))
    const later = aCase({ clinic, room, surgeon }, { startsAt: soonAt(15), equipment, confirm: true })
    const booked = caseOf(await theatre.claimCase(later))
    const lock = await holdSlotLock(database, await slotOf(database, booked))
    const change = { startsAt: soonAt(9) }
    const moving = theatre.moveCase({ caseId: booked.id, change, override: null, actorId: null, key: randomUUID() })
    await untilLockWaiters(database, 1)
    return { scene, held, booked, lock, moving }
  }

  const refused = {
    kind: 'refused',
    conflicts: [
      { kind: 'resource_busy', role: 'surgeon' },
      { kind: 'resource_busy', role: 'equipment' },
    ],
  }

  test('does not take what a hold has that lapses meanwhile', async ({ database }) => {
    const { scene, held, booked, lock, moving } = await aWaitingMove(database)
    await endHold(database, held, 0)
    await lock.release()
    expect(await moving).toMatchObject(refused)
    expect(await scene.theatre.case(booked.id)).toEqual(booked)
    await expectWell(database, scene)
  })

  test('does not take what a hold has whose confirmation in time is not committed yet', async ({ database }) => {
    const { scene, held, lock, moving } = await aWaitingMove(database)
    const other = await aTransaction(database)
    await endHold(database, held, 3)
    await confirmAndWait(other.client, scene.clinic.no, held)
    await lock.release()
    expect(await moving).toMatchObject(refused)
    await other.commit()
    expect(await scene.theatre.case(held.id)).toMatchObject({ status: 'CONFIRMED' })
    await expectWell(database, scene)
  })
})

test('a doctor gets no slot while the confirmation of a case, made in time, is not committed', async ({ database }) => {
  const scene = await aTheatre(database)
  const { theatre, clinic, surgeon } = scene
  const held = caseOf(await theatre.claimCase(aCase(scene)))
  await endHold(database, held, 3)
  const other = await aTransaction(database)
  await confirmAndWait(other.client, clinic.no, held)
  const { rows } = await database.appPool.query(
    `select outcome from holdfast.create_slots($1, $2, array[$3::uuid], array[$4::timestamptz],
       array[$5::timestamptz], array[1], false)`,
    [clinic.no, surgeon.id, newId(clinic.no), soonAt(9), soonAt(9, 30)],
  )
  expect(rows).toEqual([{ outcome: 'conflict' }])
  await other.commit()
  await expectWell(database, scene)
})

test('a claim sent many times at once is never refused by its own case', async ({ scene }) => {
  const request = aCase(scene, { confirm: true })
  const outcomes = await Promise.all(Array.from({ length: 60 }, () => scene.theatre.claimCase(request)))
  expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(['booked', 'replayed']))
})

test('a repeated move is answered as the first, though its surgeon was deactivated since', async ({ database }) => {
  const scene = await aTheatre(database)
  const { theatre, surgeon } = scene
  const { id: caseId } = caseOf(await theatre.claimCase(aCase(scene, { confirm: true })))
  const request = { caseId, change: { startsAt: soonAt(12) }, override: null, actorId: null, key: randomUUID() }
  expect(await theatre.moveCase(request)).toMatchObject({ kind: 'done' })
  await database.ownerPool.query('update holdfast.resource set active = false where id = $1', [surgeon.id])
  expect(await theatre.moveCase(request)).toMatchObject({ kind: 'unchanged' })
  const later = { ...request, change: { startsAt: soonAt(13) }, key: randomUUID() }
  expect(await theatre.moveCase(later)).toMatchObject({ kind: 'resource_invalid' })
})

test('an id of ten days ago, as from a server with a wrong clock, is refused', async ({ scene }) => {
  const request = aCase(scene)
  const ms = Number.parseInt(request.caseId.replaceAll('-', '').slice(0, 12), 16) - 10 * 86_400_000
  const hex = ms.toString(16).padStart(12, '0')
  const caseId = `${hex.slice(0, 8)}-${hex.slice(8)}${request.caseId.slice(13)}`
  await expect(scene.theatre.claimCase({ ...request, caseId })).rejects.toMatchObject({ code: '23514' })
})

test("a case of another patient does not fulfil a patient's request", async ({ scene }) => {
  const { theatre, clinic } = scene
  const case1 = aCase(scene, { confirm: true })
  const emergency = aCase(scene, { urgency: 'immediate', confirm: true })
  const bumped = caseOf(await theatre.claimCase(case1))
  await theatre.bumpCases({ emergency, bumpedCaseIds: [bumped.id], reason: 'Bleeding' })
  const [request] = await theatre.caseRequests({ clinicNo: clinic.no, status: 'open' })
  const requestId = request?.id ?? ''
  const startsAt = soonAt(12)
  expect(await theatre.claimCase(aCase(scene, { requestId, startsAt }))).toEqual({ kind: 'request_missing' })
  expect(await theatre.claimCase(aCase(scene, { requestId, startsAt, patient: case1.patient }))).toMatchObject({
    kind: 'booked',
  })
})
