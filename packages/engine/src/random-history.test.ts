import { randomUUID } from 'node:crypto'
import {
  aClinic,
  aDoctor,
  aMove,
  aSettlement,
  aSlot,
  aWithdrawal,
  checkHistory,
  lapseHolds,
  shiftSlot,
} from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import fc from 'fast-check'
import { expect } from 'vitest'
import { createEngine } from './create-engine.ts'
import { newId } from './model/id.ts'
import type { SettleAction } from './model/settle.ts'
import type { SetCapacityOutcome } from './model/slot.ts'

type Step =
  | { kind: 'claim'; slot: number; units: number; confirm: boolean; key: number }
  | { kind: 'settle'; booking: number; action: SettleAction; account: number }
  | { kind: 'move'; booking: number; slot: number }
  | { kind: 'lapse'; slot: number }
  | { kind: 'sweep' }
  | { kind: 'begin'; slot: number }
  | { kind: 'withdraw'; slot: number }
  | { kind: 'resize'; capacity: number }

const slotCount = 5
const slot = fc.nat(slotCount - 1)
/** The first slot alone gets another capacity: the checker knows one capacity of each slot, and that is its largest. */
const largest = 6
const booking = fc.nat(200)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 200,
    arbitrary: fc.record({
      kind: fc.constant('claim' as const),
      slot,
      units: fc.integer({ min: 1, max: 3 }),
      confirm: fc.boolean(),
      key: fc.nat(60),
    }),
  },
  {
    weight: 200,
    arbitrary: fc.record({
      kind: fc.constant('settle' as const),
      booking,
      action: fc.constantFrom<SettleAction>(
        ...(['confirm', 'cancel', 'extend', 'arrive', 'complete', 'no_show', 'reopen', 'link'] as const),
      ),
      account: fc.nat(2),
    }),
  },
  { weight: 20, arbitrary: fc.record({ kind: fc.constant('move' as const), booking, slot }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('lapse' as const), slot }) },
  { weight: 5, arbitrary: fc.constant({ kind: 'sweep' as const }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('begin' as const), slot }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('withdraw' as const), slot }) },
  {
    weight: 12,
    arbitrary: fc.record({ kind: fc.constant('resize' as const), capacity: fc.integer({ min: 1, max: largest }) }),
  },
)

/** A zone in which the day has just begun: slots of the next hours are today's, so their patients may arrive. */
function zoneOfEarlyMorning(): string {
  const hoursEast = ((13 - new Date().getUTCHours() + 24) % 24) - 12
  return `Etc/GMT${hoursEast > 0 ? '-' : '+'}${Math.abs(hoursEast)}`
}

const startsAt = new Date(Math.ceil(Date.now() / 900_000 + 4) * 900_000)
// At full length: by default fast-check generates a few steps, which contain no arrival.
const histories = fc.array(fc.array(step, { minLength: 10, maxLength: 40, size: 'max' }), {
  minLength: 10,
  maxLength: 10,
})
const done: Partial<Record<SettleAction, number>> = {}
const resized: Partial<Record<SetCapacityOutcome['kind'], number>> = {}
const largestOf = new Map<string, number>()

// Two engines are two server processes on one database. fast-check prints the seed of a failure, and replays it.
test('ten clients of two servers do anything: nothing is overbooked, the log explains all', async ({ database }) => {
  await fc.assert(
    fc.asyncProperty(histories, async (clients) => {
      const doctor = await aDoctor(database, await aClinic(database, { timezone: zoneOfEarlyMorning() }))
      const slots = [await aSlot(database, doctor, { capacity: 2, startsAt })]
      for (let n = 1; n < slotCount; n += 1)
        slots.push(await aSlot(database, doctor, { capacity: 2 + n * 2, startsAt: slots.at(-1)?.endsAt ?? startsAt }))
      const engines = [0, 1].map(() => createEngine({ batchPool: database.appPool, generalPool: database.appPool }))
      const accounts = Array.from({ length: 3 }, () => randomUUID())
      const keys = Array.from({ length: 61 }, () => randomUUID())
      const bookingIds: string[] = []
      const run = async (client: number, one: Step): Promise<void> => {
        const engine = engines[client % 2]
        const at = 'slot' in one ? slots[one.slot] : slots[0]
        if (engine === undefined || at === undefined) throw new Error('no such engine or slot')
        const bookingId = 'booking' in one ? bookingIds[one.booking % Math.max(bookingIds.length, 1)] : undefined
        if (one.kind === 'claim') {
          const outcome = await engine.claim({
            bookingId: newId(at.clinicNo),
            slotId: at.id,
            units: one.units,
            patient: { name: 'Ada' },
            appointmentType: null,
            reason: null,
            confirm: one.confirm,
            accountId: null,
            actorId: null,
            key: keys[one.key] ?? '',
            requestHash: keys[(one.key + one.slot) % keys.length] ?? '',
          })
          if (outcome.kind === 'booked') bookingIds.push(outcome.booking.id)
        } else if (one.kind === 'settle' && bookingId !== undefined) {
          const outcome = await engine.settle(
            aSettlement(bookingId, one.action, { actorId: accounts[one.account] ?? null, key: randomUUID() }),
          )
          if (outcome.kind === 'done') done[one.action] = (done[one.action] ?? 0) + 1
        } else if (one.kind === 'move' && bookingId !== undefined) {
          await engine.move(aMove(bookingId, at.id))
        } else if (one.kind === 'lapse') {
          await lapseHolds(database, at)
        } else if (one.kind === 'sweep') {
          await database.appPool.query('select holdfast.expire_holds(100)')
        } else if (one.kind === 'begin') {
          await shiftSlot(database, at, -1440)
        } else if (one.kind === 'resize') {
          const outcome = await engine.setCapacity({ clinicNo: at.clinicNo, slotId: at.id, capacity: one.capacity })
          resized[outcome.kind] = (resized[outcome.kind] ?? 0) + 1
        } else if (one.kind === 'withdraw') {
          await engine.withdrawSlots(aWithdrawal(at.clinicNo, { slotId: at.id }))
        }
      }
      await Promise.all(
        clients.map(async (steps, client) => {
          for (const one of steps) await run(client, one)
        }),
      )
      if (slots[0] !== undefined) largestOf.set(slots[0].id, largest)
      expect(await checkHistory(database, largestOf)).toEqual([])
      const { overbooked, mismatches, details } = await (
        engines[0] ?? createEngine({ batchPool: database.appPool, generalPool: database.appPool })
      ).reads.verify({
        clinicNo: doctor.clinicNo,
        detailsMax: 10,
      })
      expect({ overbooked, mismatches, details }).toEqual({ overbooked: 0, mismatches: 0, details: [] })
    }),
    // No shrinking: a fault stays in the log that all runs share.
    { numRuns: 30, endOnFailure: true },
  )
  expect(resized).toMatchObject({ capacity_set: expect.any(Number), capacity_in_use: expect.any(Number) })
  // An action that never succeeded would have tested nothing.
  expect(Object.keys(done).toSorted()).toEqual([
    'arrive',
    'cancel',
    'complete',
    'confirm',
    'extend',
    'link',
    'no_show',
    'reopen',
  ])
})
