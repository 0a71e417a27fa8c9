import { randomUUID } from 'node:crypto'
import { aBooking, aClinic, aDoctor, aSlot, type TestDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import pg from 'pg'
import { expect, onTestFinished } from 'vitest'
import { engineOf } from '../test/engine-of.ts'
import { changedPool, lostConnection } from '../test/losing-pool.ts'
import { aCase, aTheatre, caseOf, soonAt } from '../test/theatre.ts'
import { createEngine } from './create-engine.ts'
import type { Engine } from './model/engine.ts'

/** A primary that restarts reports this: it was reached, and takes no statements. */
const starting = () => Object.assign(new pg.DatabaseError('starting up', 0, 'error'), { code: '57P03' })

const writes = [
  'settle_bookings',
  'claim_cases',
  'schedule_cases',
  'create_blocks',
  'confirm_attendance',
  'withdraw_attendance',
]

/** An engine whose reads fail from the first write on. */
function anEngine({ appPool }: TestDatabase, failure: () => Error): Engine {
  let hasWritten = false
  const failing = changedPool(appPool, async (run, parameters) => {
    const text = JSON.stringify(parameters[0])
    const isWrite = writes.some((name) => text.includes(`holdfast.${name}(`))
    if (hasWritten && !isWrite) throw failure()
    hasWritten ||= isWrite
    return run(...parameters)
  })
  const engine = createEngine({ batchPool: appPool, generalPool: failing, unknownMsMax: 300 })
  onTestFinished(() => engine.stop())
  engine.onCommitted(() => {
    hasWritten = true
  })
  return engine
}

const failures = { 'the primary starts': starting, 'the connection is lost': lostConnection }

test.for(Object.entries(failures))(
  'after a commit, a read that fails is an unknown outcome: %s',
  async ([, failure], { database }) => {
    const unknown = { name: 'DatabaseUnavailable', outcomeUnknown: true }
    const booking = await aBooking(database, await aSlot(database, await aDoctor(database, await aClinic(database))))
    const attendance = { bookingId: booking.id, slotId: booking.slotId, actorId: null, key: randomUUID() }
    const first = anEngine(database, failure)
    await expect(first.confirmAttendance(attendance)).rejects.toMatchObject(unknown)
    // The same request again finds it.
    const healthy = engineOf(database)
    expect(await healthy.confirmAttendance(attendance)).toMatchObject({ kind: 'unchanged' })

    const scene = await aTheatre(database)
    onTestFinished(() => scene.engine.stop())
    caseOf(await scene.theatre.claimCase(aCase(scene, { startsAt: soonAt(16), confirm: true })))
    const drafts = [12, 16].map((hour) => ({ startsAt: soonAt(hour), endsAt: soonAt(hour + 2), capacity: 60 }))
    const owner = { service: null, surgeonId: null, releaseDays: null, actorId: null }
    const blocks = { ...owner, roomId: scene.room, when: { drafts }, dryRun: false }
    await expect(anEngine(database, failure).theatre.createBlocks(blocks)).rejects.toMatchObject(unknown)
    const held = caseOf(await scene.theatre.claimCase(aCase(scene)))
    const action = { caseId: held.id, actorId: null, key: randomUUID() }
    await expect(anEngine(database, failure).theatre.confirmCase(action)).rejects.toMatchObject(unknown)
    expect(await scene.theatre.confirmCase(action)).toMatchObject({ kind: 'unchanged', case: { status: 'CONFIRMED' } })
  },
)
