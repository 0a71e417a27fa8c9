import {
  aClinic,
  aDoctor,
  aSession,
  aSettlement,
  aSlot,
  aTimeClaim,
  aVisitResource,
  aVisitType,
  aWithdrawal,
  type BuiltClinic,
  type BuiltSession,
  createTestDatabase,
  lapseHolds,
  plantFunction,
  shiftSlot,
  type TestDatabase,
  type VisitTypeOverrides,
} from '@holdfast/testkit'
import { describe, expect } from 'vitest'
import { engineOf } from '../../test/engine-of.ts'
import { archive, fileOf, findings as found, old, test } from '../../test/old-month.ts'
import { restoreMonth } from '../archive/restore-month.ts'
import { runMoveBatch } from '../bookings/move-batch.ts'
import { runSettleBatch } from '../bookings/settle-batch.ts'
import type { Engine } from '../model/engine.ts'
import { withdrawSlots } from '../slots/withdraw-slots.ts'
import { expireHolds } from '../upkeep/expire-holds.ts'
import { runTimeClaimBatch } from './claim-times.ts'
import { moveToTime } from './move-to-time.ts'

type Needs = Pick<VisitTypeOverrides, 'capacity' | 'minutes' | 'bufferBeforeMinutes' | 'bufferAfterMinutes'>

/** Two doctors, whose visits need a room of two and the only device. */
async function aScene(database: TestDatabase, overrides: Needs = {}) {
  const clinic = await aClinic(database)
  const [second, first] = [
    await aVisitResource(database, clinic, { name: 'Room 10' }),
    await aVisitResource(database, clinic, { name: 'Room 2' }),
  ]
  const device = await aVisitResource(database, clinic, { kind: 'device', name: 'Ultrasound' })
  const type = await aVisitType(database, clinic, { rooms: [], devices: [device], ...overrides })
  const roomOnly = await aVisitType(database, clinic, { rooms: [first, second] })
  const [one, other] = [
    await aSession(database, await aDoctor(database, clinic)),
    await aSession(database, await aDoctor(database, clinic)),
  ]
  const engine = engineOf(database)
  return { clinic, engine, first, second, device, type, roomOnly, one, other }
}

async function claim(database: TestDatabase, session: BuiltSession, type: { id: string }, minute = 0, confirm = true) {
  const request = aTimeClaim(session, type, minute, { confirm })
  const [result] = await runTimeClaimBatch(database.appPool, [request])
  return { bookingId: request.bookingId, outcome: result?.kind === 'completed' ? result.outcome : result }
}

/** Books it, and returns the booking. */
async function book(database: TestDatabase, session: BuiltSession, type: { id: string }, minute = 0, confirm = true) {
  const { bookingId, outcome } = await claim(database, session, type, minute, confirm)
  if (outcome?.kind !== 'booked') throw new Error(JSON.stringify(outcome))
  return { bookingId, slotId: outcome.booking.slotId }
}

async function allocations(database: TestDatabase): Promise<string[]> {
  const { rows } = await database.ownerPool.query<{ name: string }>(
    `select r.name from holdfast.allocation a
       join holdfast.resource r on r.clinic_no = a.clinic_no and r.id = a.resource_id order by r.name`,
  )
  return rows.map(({ name }) => name)
}

const findings = async (database: TestDatabase) => (await found(database)).map(({ kind }) => kind)

async function close(clinic: BuiltClinic, { engine }: { engine: Engine }, resourceId: string) {
  const startsAt = new Date(Date.now() + 3_600_000).toISOString().slice(0, 16)
  const endsAt = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 16)
  const created = await engine.closures.create(
    {
      clinicNo: clinic.no,
      doctorId: null,
      resourceId,
      localStart: startsAt,
      localEnd: endsAt,
      yearly: false,
      note: null,
      createdBy: crypto.randomUUID(),
    },
    null,
  )
  if (created.kind !== 'done') throw new Error(created.kind)
  return created.closure
}

describe('what a visit takes', () => {
  test('it takes the first free room by name and a unit of the device, with its buffers', async ({ database }) => {
    const { one, type, engine } = await aScene(database, { bufferBeforeMinutes: 10, bufferAfterMinutes: 10 })
    const { slotId } = await book(database, one, type, 20)
    const taken = await engine.directory.resourcesOfVisits([slotId])
    expect(taken.get(slotId)).toMatchObject([
      { kind: 'room', name: 'Room 2' },
      { kind: 'device', name: 'Ultrasound' },
    ])
    const { rows } = await database.ownerPool.query<{ minutes: number }>(
      'select distinct extract(epoch from upper(during) - lower(during))::int / 60 as minutes from holdfast.allocation',
    )
    expect(rows).toEqual([{ minutes: 40 }])
    expect(await findings(database)).toEqual([])
  })

  test('a refusal names what is missing: a device, or none of several rooms', async ({ database }) => {
    const { one, other, type, roomOnly, clinic, first } = await aScene(database)
    await book(database, one, type)
    expect((await claim(database, other, type)).outcome).toEqual({
      kind: 'needs_taken',
      missing: [{ kind: 'device', name: 'Ultrasound' }],
    })
    await book(database, other, roomOnly)
    const third = await aSession(database, await aDoctor(database, clinic))
    expect((await claim(database, third, roomOnly)).outcome).toEqual({
      kind: 'needs_taken',
      missing: [{ kind: 'room', name: null }],
    })
    const inFirst = await aVisitType(database, clinic, { rooms: [first] })
    expect((await claim(database, third, inFirst)).outcome).toEqual({
      kind: 'needs_taken',
      missing: [{ kind: 'room', name: 'Room 2' }],
    })
  })

  test('without a doctor, the refusal is the same', async ({ database }) => {
    const { one, type, clinic, engine } = await aScene(database)
    await book(database, one, type)
    const of = { clinicNo: clinic.no, visitTypeId: type.id, startsAt: one.startsAt, byDesk: false, accountId: null }
    expect(await engine.sessions.freeAt(of)).toEqual([])
    expect(await engine.sessions.refusal(of)).toMatchObject({ kind: 'needs_taken', missing: [{ name: 'Ultrasound' }] })
  })

  test('a group shares what its first one took, and gives it back with its last one', async ({ database }) => {
    const { one, other, type } = await aScene(database, { capacity: 2 })
    const [a, b] = [await book(database, one, type), await book(database, one, type)]
    expect(a.slotId).toBe(b.slotId)
    expect(await allocations(database)).toEqual(['Room 2', 'Ultrasound'])
    const cancel = (bookingId: string) => runSettleBatch(database.appPool, [aSettlement(bookingId, 'cancel')])
    await cancel(a.bookingId)
    expect((await claim(database, other, type)).outcome?.kind).toBe('needs_taken')
    await cancel(b.bookingId)
    expect(await allocations(database)).toEqual([])
    await book(database, other, type)
    expect(await findings(database)).toEqual([])
  })
})

type Path = (
  database: TestDatabase,
  visit: Awaited<ReturnType<typeof book>>,
  scene: Awaited<ReturnType<typeof aScene>>,
) => Promise<unknown>

const byDesk = { actorId: null, onBehalf: true } as const
const paths: Record<string, { confirm?: boolean; free: Path }> = {
  'a cancellation': {
    free: (database, { bookingId }) =>
      runSettleBatch(database.appPool, [{ bookingId, action: 'cancel', ...byDesk, key: null, reason: null }]),
  },
  'a declined hold': {
    confirm: false,
    free: (database, { bookingId }) =>
      runSettleBatch(database.appPool, [{ bookingId, action: 'decline', ...byDesk, key: null, reason: null }]),
  },
  'the sweep of lapsed holds': {
    confirm: false,
    free: async (database, { slotId }, { clinic }) => {
      await lapseHolds(database, { clinicNo: clinic.no, id: slotId })
      return expireHolds(database.appPool)
    },
  },
  'a withdrawal of its slot': {
    free: (database, { slotId }, { clinic }) => withdrawSlots(database.appPool, aWithdrawal(clinic.no, { slotId })),
  },
  'a move to a fixed slot': {
    free: async (database, { bookingId }, { clinic }) => {
      const slot = await aSlot(database, await aDoctor(database, clinic), { minutes: 60 })
      return runMoveBatch(database.appPool, [{ bookingId, slotId: slot.id, ...byDesk }])
    },
  },
}

describe('what gives it back', () => {
  test.for(Object.entries(paths))('%s', async ([, { confirm = true, free }], { database }) => {
    const scene = await aScene(database)
    const visit = await book(database, scene.one, scene.type, 0, confirm)
    expect((await claim(database, scene.other, scene.type)).outcome?.kind).toBe('needs_taken')
    await free(database, visit, scene)
    expect(await allocations(database)).toEqual([])
    await book(database, scene.other, scene.type)
    expect(await findings(database)).toEqual([])
  })

  test('a lapsed hold of another doctor: it counts as free, and the claim gives it back first', async ({
    database,
  }) => {
    const { one, other, type, clinic, engine } = await aScene(database)
    const { slotId } = await book(database, one, type, 0, false)
    await lapseHolds(database, { clinicNo: clinic.no, id: slotId })
    const of = { clinicNo: clinic.no, visitTypeId: type.id, byDesk: false, accountId: null, limit: 1 }
    const listed = await engine.sessions.times({
      ...of,
      doctorId: other.doctorId,
      from: other.startsAt,
      to: other.endsAt,
    })
    expect(listed.items[0]?.startsAt).toEqual(other.startsAt)
    expect(await engine.claimTime(aTimeClaim(other, type, 0))).toMatchObject({ kind: 'booked' })
    expect(await findings(database)).toEqual([])
  })

  test('a move to another time takes it then, also one that overlaps the old time', async ({ database }) => {
    const { one, other, type } = await aScene(database)
    const { bookingId } = await book(database, one, type)
    const startsAt = new Date(one.startsAt.getTime() + 10 * 60_000)
    const to = { sessionId: one.id, startsAt, visitTypeId: null }
    const moved = await moveToTime(database.appPool, { bookingId, ...to, ...byDesk })
    expect(moved).toMatchObject({ kind: 'completed', outcome: { kind: 'done' } })
    expect(await allocations(database)).toEqual(['Room 2', 'Ultrasound'])
    expect((await claim(database, other, type, 20)).outcome?.kind).toBe('needs_taken')
    await book(database, other, type, 30)
    expect(await findings(database)).toEqual([])
  })

  test('an archived month takes it along, and brings it back', async ({ database, directory }) => {
    const { one, type, clinic, engine } = await aScene(database)
    const { bookingId, slotId } = await book(database, one, type)
    const settle = (action: 'arrive' | 'complete') =>
      engine.settle({ bookingId, action, ...byDesk, key: null, reason: null })
    await shiftSlot(
      database,
      { clinicNo: clinic.no, id: slotId },
      Math.floor((Date.now() - one.startsAt.getTime()) / 60_000),
    )
    await settle('arrive')
    await settle('complete')
    const minutes = Math.floor((old.getTime() - Date.now()) / 60_000)
    await shiftSlot(database, { clinicNo: clinic.no, id: slotId }, minutes)
    await database.ownerPool.query(`update holdfast.allocation a set during = holdfast.time_of_slot(s)
        from holdfast.slot s where s.id = a.booking_id`)
    await database.ownerPool.query('delete from holdfast.idempotency')
    await database.ownerPool.query(`update holdfast.booking set created_at = created_at - interval '8 months',
        updated_at = updated_at - interval '8 months'`)
    await database.ownerPool.query("update holdfast.booking_event set at = at - interval '8 months'")
    await database.ownerPool.query("update holdfast.slot set created_at = created_at - interval '8 months'")
    await archive(database, directory)
    expect(await allocations(database)).toEqual([])
    await restoreMonth(database.ownerPool, fileOf(directory))
    expect(await allocations(database)).toEqual(['Room 2', 'Ultrasound'])
    expect(await findings(database)).toEqual([])
  })
})

describe('rooms and devices that are closed or switched off', () => {
  test('a closed room is not taken; its bookings are named; removed, it is taken again', async ({ database }) => {
    const scene = await aScene(database)
    const { one, other, roomOnly, clinic, first, engine } = scene
    const { bookingId } = await book(database, one, roomOnly)
    const { localStart, localEnd, id } = await close(clinic, scene, first.id)
    const of = { clinicNo: clinic.no, doctorId: null, resourceId: first.id, limit: 10, cursor: null }
    const effect = await engine.closures.effect({ ...of, time: { localStart, localEnd, yearly: false } })
    expect(effect.bookings.items.map((booking) => booking.id)).toEqual([bookingId])
    expect(effect.counts).toMatchObject({ slots: 1, takenUnits: 1, sessions: 0, cases: 0 })
    const { slotId } = await book(database, other, roomOnly)
    const taken = await engine.directory.resourcesOfVisits([slotId])
    expect(taken.get(slotId)).toMatchObject([{ name: 'Room 10' }])
    const later = await book(database, one, roomOnly, 30)
    expect((await engine.directory.resourcesOfVisits([later.slotId])).get(later.slotId)).toMatchObject([
      { name: 'Room 10' },
    ])
    await engine.closures.remove(clinic.no, id)
    const last = await book(database, one, roomOnly, 60)
    expect((await engine.directory.resourcesOfVisits([last.slotId])).get(last.slotId)).toMatchObject([
      { name: 'Room 2' },
    ])
    expect(await findings(database)).toEqual([])
  })

  test('nobody joins a group whose room is closed', async ({ database }) => {
    const scene = await aScene(database, { capacity: 3 })
    const { one, type, clinic, engine, device } = scene
    await book(database, one, type)
    await close(clinic, scene, device.id)
    expect((await claim(database, one, type)).outcome).toEqual({ kind: 'slot_closed', why: 'doctor_busy' })
    const of = { clinicNo: clinic.no, visitTypeId: type.id, byDesk: false, accountId: null, limit: 9 }
    const listed = await engine.sessions.times({ ...of, doctorId: one.doctorId, from: one.startsAt, to: one.endsAt })
    expect(listed.items).toEqual([])
  })

  test('it is switched off, and has fewer units, only if no visit to come has what would go', async ({ database }) => {
    const { one, type, clinic, device, first, engine } = await aScene(database)
    const change = (id: string, its: Parameters<typeof engine.directory.updateVisitResource>[2]) =>
      engine.directory.updateVisitResource(clinic.no, id, its)
    expect(await change(device.id, { units: 3, name: 'Scanner' })).toMatchObject({
      kind: 'done',
      resource: { units: 3, name: 'Scanner' },
    })
    const { bookingId } = await book(database, one, type)
    expect(await change(device.id, { units: 1 })).toMatchObject({ kind: 'done' })
    const refusal = { kind: 'visit_resource_in_use', visits: 1, firstStartsAt: one.startsAt }
    expect(await change(first.id, { active: false })).toEqual(refusal)
    expect(await change(first.id, { active: false, withVisits: true })).toMatchObject({ kind: 'done' })
    await engine.settle({ bookingId, action: 'cancel', ...byDesk, key: null, reason: null })
    expect(await change(device.id, { active: false })).toMatchObject({ kind: 'done', resource: { active: false } })
    expect((await claim(database, one, type)).outcome).toMatchObject({
      kind: 'needs_taken',
      missing: [{ kind: 'device', name: 'Scanner' }],
    })
    expect(await change(first.id, { units: 2 })).toEqual({ kind: 'room_has_no_units' })
    expect(await change(one.doctorId, { active: false })).toEqual({ kind: 'visit_resource_missing' })
  })
})

describe('verify', () => {
  test.for<[string, string]>([
    ['a deleted allocation', 'delete from holdfast.allocation'],
    [
      'one that lasts longer',
      "update holdfast.allocation set during = tstzrange(lower(during), upper(during) + '1 h')",
    ],
    ['another unit', 'update holdfast.allocation set unit_no = unit_no + 1'],
    ['an allocation of an empty slot', 'update holdfast.slot set taken = 0'],
    ['what the slot says', `update holdfast.slot set takes = takes - 0`],
  ])('finds %s', async ([, corruption], { database }) => {
    const { one, type } = await aScene(database)
    await book(database, one, type)
    expect(await findings(database)).toEqual([])
    await database.ownerPool.query(corruption)
    expect(await findings(database)).toContain('allocations_differ')
  })
})

test('negative control: a path that keeps what a visit took is found by verify', async () => {
  const unguarded = await createTestDatabase()
  await plantFunction(unguarded, 'release_allocations', { part: /delete from allocation.*?;/s, becomes: 'null;' })
  const { one, type } = await aScene(unguarded)
  const { bookingId } = await book(unguarded, one, type)
  await runSettleBatch(unguarded.appPool, [{ bookingId, action: 'cancel', ...byDesk, key: null, reason: null }])
  expect(await findings(unguarded)).toContain('allocations_differ')
})
