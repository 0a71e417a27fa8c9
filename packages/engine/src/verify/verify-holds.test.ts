import { randomUUID } from 'node:crypto'
import { checkHistory, lapseHolds, type TestDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { afterAll, expect } from 'vitest'
import { ada, aRequestScene, type RequestScene } from '../../test/requests.ts'
import { createEngine } from '../create-engine.ts'
import type { Engine } from '../model/engine.ts'
import { verify } from './verify.ts'

let database: TestDatabase
let engine: Engine

test.beforeAll(({ database: its }) => {
  database = its
  engine = createEngine({ batchPool: its.appPool, generalPool: its.appPool })
})
afterAll(() => engine.stop())

type ChangedHold = 'extended' | 'link_requested' | 'requested' | 'moved'

/** A hold of a clinic, which was changed before its end: its last event, of version 2, is of this type. */
async function aChangedHold(type: ChangedHold) {
  const scene = await aRequestScene(database, engine)
  const { id, slotId } = await scene.hold()
  const change = { bookingId: id, actorId: null, key: randomUUID() }
  const startsAt = new Date(scene.session.startsAt.getTime() + 3_600_000)
  const changes = {
    extended: () => scene.change(id, 'extend', false),
    link_requested: () => engine.bookingLinks.request({ ...change, patient: ada, reason: null, judgedVersion: null }),
    requested: () => scene.change(id, 'confirm', false),
    moved: () =>
      engine.moveToTime({ ...change, onBehalf: false, sessionId: scene.session.id, startsAt, visitTypeId: null }),
  }
  expect(await changes[type]()).toMatchObject({ kind: 'done' })
  const slot = (await engine.reads.booking(id))?.slotId ?? slotId
  return { id, slot: { clinicNo: scene.clinic.no, id: slot }, scene, findings: () => findingsOf(scene.clinic.no) }
}

async function findingsOf(clinicNo: number) {
  const { details } = await verify(database.appPool, { clinicNo, detailsMax: 9 })
  return details.map(({ kind, message }) => [kind, message])
}

const corrupt = (statement: string, id: string) => database.ownerPool.query(statement, [id])

test.for(['extended', 'link_requested', 'requested', 'moved'] as const)(
  'a hold that was %s has no finding, also when it has lapsed; after its end, it is one',
  async (type) => {
    const { id, slot, findings } = await aChangedHold(type)
    expect(await findings()).toEqual([])
    await lapseHolds(database, slot)
    expect(await findings()).toEqual([])
    await corrupt(
      `update holdfast.booking_event e set hold_expires_at = n.at from holdfast.booking_event n
        where e.booking_id = $1 and e.version = 1 and n.booking_id = $1 and n.version = 2`,
      id,
    )
    const late = expect.stringMatching(new RegExp(`^version 2: ${type} at .*, after its hold ended at`))
    expect(await findings()).toEqual([['illegal_transition', late]])
  },
)

test.for(['extended', 'link_requested', 'moved', 'requested'] as const)(
  'a request that is %s before the clinic has answered it',
  async (type) => {
    const { id, findings } = await aChangedHold('requested')
    const added = { booking: 'set version = 3', from: type === 'moved' ? 'slot_id' : 'null' }
    await corrupt(
      `insert into holdfast.booking_event (clinic_no, booking_id, version, at, type, slot_id, resource_id, units,
         hold_expires_at, from_slot_id, booking_digest)
       select clinic_no, booking_id, 3, at, '${type}', slot_id, resource_id, units, hold_expires_at, ${added.from},
              booking_digest
         from holdfast.booking_event where booking_id = $1 and version = 2`,
      id,
    )
    await corrupt(`update holdfast.booking ${added.booking} where id = $1`, id)
    const message = type === 'requested' ? 'it was requested 2 times' : `version 3: ${type} after it was requested`
    expect(await findings()).toContainEqual(['illegal_transition', message])
  },
)

test('what was approved may be moved', async () => {
  const { id, scene, findings } = await aChangedHold('requested')
  await scene.change(id, 'confirm', true)
  const startsAt = new Date(scene.session.startsAt.getTime() + 3_600_000)
  const target = { sessionId: scene.session.id, startsAt, visitTypeId: null }
  const moved = await engine.moveToTime({ bookingId: id, actorId: null, onBehalf: true, key: null, ...target })
  expect(moved).toMatchObject({ kind: 'done' })
  expect(await findings()).toEqual([])
})

test.for([
  ['its unit', 'update holdfast.slot set taken = 0 where id = $1', 'taken_differs'],
  ['its end', 'update holdfast.slot set next_lapse = null where id = $1', 'next_lapse_late'],
  ['its slot', 'update holdfast.slot set withdrawn_at = now() where id = $1', 'withdrawn_slot_booked'],
  ['its time', `update holdfast.booking set requested_at = null where slot_id = $1`, 'state_differs'],
  ['its hold', `update holdfast.booking set hold_expires_at = now() where slot_id = $1`, 'state_differs'],
  [
    'its approval',
    `update holdfast.booking set status = 'CONFIRMED', hold_expires_at = null where slot_id = $1`,
    'state_differs',
  ],
] as const)('a request loses %s', async ([, statement, kind]) => {
  const { slot, findings } = await aChangedHold('requested')
  await corrupt(statement, slot.id)
  expect((await findings()).map(([found]) => found)).toContain(kind)
})

const ends = {
  /** Cancelled after it was confirmed. */
  cancelled: async () => {
    const { id, scene } = await aChangedHold('requested')
    await scene.change(id, 'confirm', true)
    return endOf(id, scene, 'cancel')
  },
  released: async () => {
    const { id, scene } = await aChangedHold('extended')
    return endOf(id, scene, 'cancel')
  },
  declined: async () => {
    const { id, scene } = await aChangedHold('requested')
    return endOf(id, scene, 'decline')
  },
  /** A request that held nothing. */
  declinedOfNothing: async () => {
    const scene = await aRequestScene(database, engine, undefined, { approval: 'not_holding' })
    return endOf((await scene.request()).id, scene, 'decline')
  },
}

async function endOf(id: string, scene: RequestScene, action: 'cancel' | 'decline') {
  expect(await scene.change(id, action, true)).toMatchObject({ kind: 'done' })
  return { id, findings: () => findingsOf(scene.clinic.no) }
}

test.for([
  ['cancelled', 'FAILED', 'hold_expired'],
  ['cancelled', 'FAILED', 'slot_closed'],
  ['cancelled', 'FAILED', 'system_error'],
  ['cancelled', 'CANCELLED', 'hold_released'],
  ['cancelled', 'CANCELLED', 'time_taken'],
  ['cancelled', 'CANCELLED', 'bumped'],
  ['released', 'CANCELLED', null],
  ['released', 'CANCELLED', 'time_taken'],
  ['released', 'CANCELLED', 'bumped'],
  ['declined', 'CANCELLED', null],
  ['declined', 'CANCELLED', 'time_taken'],
  ['declinedOfNothing', 'CANCELLED', null],
] as const)('what was %s is written as %s, %s, in its row and its log', async ([end, status, reason]) => {
  const { id, findings } = await ends[end]()
  expect(await findings()).toEqual([])
  expect(await writeEnd(id, status, reason)).toBeGreaterThan(0)
  const type = status.toLowerCase()
  const message = expect.stringMatching(
    new RegExp(`: ${type} after .*, with . units and the reason ${reason ?? 'none'}$`),
  )
  expect(await findings()).toEqual([['illegal_transition', message]])
  expect((await checkHistory(database)).filter((fault) => fault.includes(id))).not.toEqual([])
})

test.for([
  ['cancelled', 'FAILED', 'slot_withdrawn'],
  ['released', 'FAILED', 'slot_closed'],
  ['declinedOfNothing', 'CANCELLED', 'time_taken'],
] as const)('control: what was %s is written as %s, %s, with which it may end', async ([end, status, reason]) => {
  const { id, findings } = await ends[end]()
  expect(await writeEnd(id, status, reason)).toBeGreaterThan(0)
  expect(await findings()).toEqual([])
  expect((await checkHistory(database)).filter((fault) => fault.includes(id))).toEqual([])
})

/** Writes another end of a booking into its row and its log, as a wrong statement of the engine would. */
async function writeEnd(id: string, status: 'FAILED' | 'CANCELLED', reason: string | null): Promise<number> {
  const { rowCount } = await database.ownerPool.query(sql`
    with logged as (
      update holdfast.booking_event set type = ${status.toLowerCase()}, reason = ${reason}
       where booking_id = ${id} and type = 'cancelled'
      returning booking_id, reason
    )
    update holdfast.booking b set status = ${status}, failure_reason = l.reason
      from logged l where b.id = l.booking_id`)
  return rowCount ?? 0
}
