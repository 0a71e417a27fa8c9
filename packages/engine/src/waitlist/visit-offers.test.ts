import { randomUUID } from 'node:crypto'
import {
  aClinic,
  aDoctor,
  aQuestion,
  aSession,
  aTimeClaim,
  aVisitResource,
  aVisitType,
  aWaitlistEntry,
  checkHistory,
  holdLock,
  lapseHolds,
  ofKind,
  plantFunction,
  type TestDatabase,
  untilLockWaiters,
  type VisitTypeOverrides,
  type WaitlistEntryOverrides,
} from '@holdfast/testkit'
import { freshDatabaseTest, test } from '@holdfast/testkit/database-test'
import { describe, expect } from 'vitest'
import { anEntry } from '../../test/joined.ts'
import { createEngine } from '../create-engine.ts'
import type { SettleAction } from '../model/settle.ts'
import { runTimeClaimBatch } from '../sessions/claim-times.ts'
import { moveToTime } from '../sessions/move-to-time.ts'
import { expireHolds } from '../upkeep/expire-holds.ts'

const needsApproval = ({ ownerPool }: TestDatabase, { id }: { id: string }) =>
  ownerPool.query(`update holdfast.visit_type set approval = 'holding' where id = $1`, [id])

/** A session of 60 minutes that two visits fill, which need the only room: of Ada, whose visit can be given up. */
async function aScene(database: TestDatabase, overrides: VisitTypeOverrides = {}, confirm = true) {
  const clinic = await aClinic(database)
  await aVisitResource(database, clinic)
  const type = await aVisitType(database, clinic, { minutes: 30, rooms: [], ...overrides })
  const doctor = await aDoctor(database, clinic)
  const session = await aSession(database, doctor, { minutes: 60 })
  const engine = createEngine({ batchPool: database.appPool, generalPool: database.appPool })
  const claim = async (minute: number, of: { id: string } = type, isConfirmed = true, at = session) => {
    const request = aTimeClaim(at, of, minute, { confirm: isConfirmed, actorId: randomUUID() })
    const [result] = await runTimeClaimBatch(database.appPool, [request])
    return result?.kind === 'completed' ? result.outcome : result
  }
  const settle = ({ id }: { id: string }, action: SettleAction) =>
    engine.settle({ bookingId: id, action, actorId: null, onBehalf: true, key: randomUUID(), reason: null })
  const book = async (minute: number, isConfirmed = true) => {
    return ofKind(await claim(minute, type, isConfirmed), 'booked').booking
  }
  const [first, second] = [await book(0, confirm), await book(30)]
  const wait = (change: WaitlistEntryOverrides = {}) =>
    aWaitlistEntry(database, doctor, { visitTypeId: type.id, ...change })
  const offerOf = async (entry: { id: string }) => {
    const bookingId = (await engine.waitlist.entry(entry.id))?.offerBookingId ?? null
    return bookingId === null ? null : engine.reads.booking(bookingId)
  }
  const faults = async () => [
    ...(await engine.reads.verify({ clinicNo: clinic.no, detailsMax: 10 })).details,
    ...(await checkHistory(database)),
  ]
  return { clinic, type, doctor, session, engine, claim, settle, first, second, wait, offerOf, faults }
}

const john = { name: 'John Snow', email: 'john@example.org' }

describe('visits in open sessions that become free', () => {
  test('the one who waits for the type is offered it, with its room, and nobody else gets it', async ({ database }) => {
    const { doctor, type, first, settle, wait, offerOf, claim, clinic, faults } = await aScene(database)
    const [ofSlots, entry] = [await aWaitlistEntry(database, doctor), await wait({ patient: john })]
    await settle(first, 'cancel')
    const offer = await offerOf(entry)
    expect(offer).toMatchObject({ slotId: first.slotId, status: 'PENDING', patient: john })
    expect(await offerOf(ofSlots)).toBeNull()
    expect(await claim(0)).toMatchObject({ kind: 'slot_full' })
    const colleague = await aSession(database, await aDoctor(database, clinic), { minutes: 60 })
    expect(await claim(0, type, true, colleague)).toMatchObject({ kind: 'needs_taken' })
    expect(await settle(offer ?? { id: '' }, 'confirm')).toMatchObject({ kind: 'done' })
    expect(await faults()).toEqual([])
  })

  test('positions count who waits for the same type alone, also in the record of an offer', async ({ database }) => {
    const { first, settle, wait, offerOf, engine, doctor, clinic, session } = await aScene(database)
    const otherDay = ((session.startsAt.getUTCDay() + 1) % 7) + 1
    const other = await aVisitType(database, clinic, { minutes: 30 })
    const specialization = (await engine.directory.doctor(doctor.id))?.specialization ?? ''
    const entries = [
      await aWaitlistEntry(database, doctor),
      await wait({ visitTypeId: other.id }),
      await wait({ weekdays: [otherDay] }),
      await wait({ patient: john, specialization }),
      await wait({ patient: { name: 'Mary Seacole', email: 'mary@example.org' } }),
    ]
    const positions = () => Promise.all(entries.map(async ({ id }) => (await engine.waitlist.entry(id))?.position))
    expect(await positions()).toEqual([1, 1, 1, 2, 3])
    await settle(first, 'cancel')
    const offered = entries[3] ?? { id: '' }
    expect(await offerOf(offered)).toMatchObject({ slotId: first.slotId })
    expect(await engine.waitlist.offersOf(offered.id)).toMatchObject([{ position: 2 }])
  })

  test('one of any doctor with the specialization is offered it', async ({ database }) => {
    const { first, settle, wait, offerOf, engine, doctor, faults } = await aScene(database)
    const specialization = (await engine.directory.doctor(doctor.id))?.specialization ?? ''
    const entry = await wait({ specialization })
    await settle(first, 'cancel')
    expect(await offerOf(entry)).toMatchObject({ slotId: first.slotId })
    expect(await faults()).toEqual([])
  })

  test('two visits next to each other that are freed are offered to two', async ({ database }) => {
    const { first, second, settle, wait, offerOf, faults } = await aScene(database)
    const [one, other] = [await wait(), await wait({ patient: john })]
    await Promise.all([settle(first, 'cancel'), settle(second, 'cancel')])
    const slots = [(await offerOf(one))?.slotId, (await offerOf(other))?.slotId]
    expect(slots.toSorted()).toEqual([first.slotId, second.slotId].toSorted())
    expect(await faults()).toEqual([])
  })

  test('an offer that is declined or lapses goes on to the next', async ({ database }) => {
    const { first, settle, wait, offerOf, claim, faults, clinic } = await aScene(database)
    const entries = [
      await wait(),
      await wait({ patient: john }),
      await wait({ patient: { name: 'Mary Seacole', email: 'mary@example.org' } }),
    ]
    await settle(first, 'cancel')
    await settle((await offerOf(entries[0] ?? { id: '' })) ?? { id: '' }, 'decline')
    expect(await offerOf(entries[1] ?? { id: '' })).toMatchObject({ slotId: first.slotId })
    await lapseHolds(database, { clinicNo: clinic.no, id: first.slotId })
    expect(await claim(0)).toMatchObject({ kind: expect.stringMatching('slot_full|retry') })
    expect(await offerOf(entries[2] ?? { id: '' })).toMatchObject({ slotId: first.slotId })
    expect(await faults()).toEqual([])
  })

  test('a hold that lapses is offered', async ({ database }) => {
    const { first, wait, offerOf, faults, clinic } = await aScene(database, {}, false)
    const entry = await wait()
    await lapseHolds(database, { clinicNo: clinic.no, id: first.slotId })
    await expireHolds(database.appPool)
    expect(await offerOf(entry)).toMatchObject({ slotId: first.slotId })
    expect(await faults()).toEqual([])
  })

  test('the visit that a move leaves is offered', async ({ database }) => {
    const { first, doctor, wait, offerOf, faults, engine } = await aScene(database)
    const later = await aSession(database, doctor, { minutes: 30, startsAt: new Date(Date.now() + 96 * 3_600_000) })
    const entry = await wait()
    expect(await engine.waitlist.withFreeTimes(doctor.clinicNo, [entry.id], 'patient')).toEqual(new Set([entry.id]))
    const request = { bookingId: first.id, sessionId: later.id, startsAt: later.startsAt, visitTypeId: null }
    const moved = await moveToTime(database.appPool, { ...request, actorId: null, onBehalf: true })
    expect(moved).toMatchObject({ outcome: { kind: 'done' } })
    expect(await offerOf(entry)).toMatchObject({ slotId: first.slotId })
    expect(await faults()).toEqual([])
  })

  test('a visit that needs approval is offered to those alone whom the desk has added', async ({ database }) => {
    const { first, settle, wait, offerOf, type } = await aScene(database)
    await needsApproval(database, type)
    const [own, added] = [await wait(), await wait({ patient: john, joinedBy: randomUUID() })]
    await settle(first, 'cancel')
    expect([await offerOf(own), (await offerOf(added))?.slotId]).toEqual([null, first.slotId])
  })

  test('nobody is offered it who can book another time', async ({ database }) => {
    const { first, doctor, settle, wait, offerOf } = await aScene(database)
    await aSession(database, doctor, { minutes: 30, startsAt: new Date(Date.now() + 96 * 3_600_000) })
    const entry = await wait()
    await settle(first, 'cancel')
    expect(await offerOf(entry)).toBeNull()
  })

  test('who accepts it answers what the type asks', async ({ database }) => {
    const { first, settle, wait, offerOf, type, engine } = await aScene(database)
    const question = aQuestion('text')
    await database.ownerPool.query(
      'update holdfast.visit_type set questions = $1, questions_version = 1 where id = $2',
      [JSON.stringify([question]), type.id],
    )
    const entry = await wait()
    await settle(first, 'cancel')
    const offer = (await offerOf(entry)) ?? { id: '' }
    const asPatient = { bookingId: offer.id, action: 'confirm', actorId: null, onBehalf: false, reason: null } as const
    expect(await engine.settle({ ...asPatient, key: randomUUID() })).toMatchObject({ kind: 'answer_refused' })
    expect(await offerOf(entry)).toMatchObject({ status: 'PENDING' })
  })

  test.for([
    ['is not for everybody', { bookableBy: 'desk' }, 'visit_type_of_desk'],
    ['needs approval', {}, 'visit_type_of_desk'],
    ['is not offered', { active: false }, 'visit_type_not_offered'],
  ] as const)('a patient does not join for a type that %s', async ([what, change, kind], { database }) => {
    const { doctor, clinic, engine } = await aScene(database)
    const type = await aVisitType(database, clinic, change)
    if (what === 'needs approval') await needsApproval(database, type)
    const key = { key: randomUUID(), requestHash: randomUUID() }
    const joined = await engine.waitlist.join(anEntry(doctor, { visitTypeId: type.id }), key)
    expect(joined).toMatchObject({ value: { kind } })
  })
})

/** What changes after the visit was booked, as SQL with the type's id, the session's and the doctor's. */
const changes = {
  nothing: 'select $1::uuid, $2::uuid, $3::uuid',
  'a longer visit': 'update holdfast.visit_type set minutes = 40 where id = $1 and $2::uuid <> $3::uuid',
  'a longer notice':
    'update holdfast.visit_type set minimum_notice_minutes = 20000 where id = $1 and $2::uuid <> $3::uuid',
  'only for the desk': `update holdfast.visit_type set bookable_by = 'desk' where id = $1 and $2::uuid <> $3::uuid`,
  'a type that is switched off': 'update holdfast.visit_type set active = false where id = $1 and $2::uuid <> $3::uuid',
  'a withdrawn session': 'update holdfast.open_session set withdrawn_at = now() where id = $2 and $1::uuid <> $3::uuid',
  'another grid':
    "update holdfast.open_session set starts_at = starts_at - interval '7 min' where id = $2 and $1::uuid <> $3::uuid",
  'a doctor who takes no bookings':
    'update holdfast.resource set active = false where id = $3 and $1::uuid <> $2::uuid',
  'a room that is switched off': `update holdfast.resource r set active = false from holdfast.visit_type t
    where t.id = $1 and $2::uuid <> $3::uuid and r.clinic_no = t.clinic_no and r.kind = 'consulting_room'`,
} as const

describe('what is offered is what a claim would book, and nothing else', () => {
  test.for(Object.entries(changes))('after %s', async ([, change], { database }) => {
    const outcomeOf = async (isAwaited: boolean) => {
      const { type, session, doctor, wait, first, settle, offerOf } = await aScene(database)
      await database.ownerPool.query(change, [type.id, session.id, doctor.id])
      const entry = isAwaited ? await wait() : null
      await settle(first, 'cancel')
      if (entry !== null) return (await offerOf(entry)) !== null
      const [claimed] = await runTimeClaimBatch(database.appPool, [aTimeClaim(session, type, 0)])
      return claimed?.kind === 'completed' && claimed.outcome.kind === 'booked'
    }
    expect(await outcomeOf(true)).toBe(await outcomeOf(false))
  })
})

/** A visit is cancelled, and somebody claims its time while the cancellation is under way. */
async function cancelAndClaim(database: TestDatabase) {
  const { first, settle, wait, offerOf, claim, faults } = await aScene(database)
  const entry = await wait()
  const freed = 'perform offer_places(v_freed_clinic_nos'
  const isReleased = 'perform pg_advisory_xact_lock(4242);'
  await plantFunction(database, 'settle_bookings', { part: freed, becomes: `${isReleased} ${freed}` })
  const lock = await holdLock(database.ownerPool, 'select pg_advisory_xact_lock(4242)')
  const cancelled = settle(first, 'cancel')
  await untilLockWaiters(database, 1)
  const claimed = claim(0)
  await lock.releaseOnce(2)
  await cancelled
  return { claimed: (await claimed)?.kind, isOffered: (await offerOf(entry)) !== null, faults: await faults() }
}

freshDatabaseTest('a claim of the time that is being freed does not come before who waits', async ({ database }) => {
  expect(await cancelAndClaim(database)).toEqual({ claimed: 'slot_full', isOffered: true, faults: [] })
})

freshDatabaseTest('negative control: without the rule for visits, the claim has the time', async ({ database }) => {
  await plantFunction(database, 'place_offered_to', {
    part: /return query\s+select/,
    becomes: 'return; return query select',
  })
  expect(await cancelAndClaim(database)).toMatchObject({ claimed: 'booked', isOffered: false })
})

freshDatabaseTest('negative control: an offer without the allocations loses its room', async ({ database }) => {
  await plantFunction(database, 'offer_places', { part: /insert into allocation [^;]*;/, becomes: 'null;' })
  const { first, settle, wait, offerOf, claim, clinic, type } = await aScene(database)
  const entry = await wait()
  await settle(first, 'cancel')
  expect(await offerOf(entry)).not.toBeNull()
  const colleague = await aSession(database, await aDoctor(database, clinic), { minutes: 60 })
  expect(await claim(0, type, true, colleague)).toMatchObject({ kind: 'booked' })
})
