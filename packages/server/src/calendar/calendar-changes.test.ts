import { aBooking, aClaim, aDoctor, aSlot, lapseHolds, type TestDatabase, until } from '@holdfast/testkit'
import { test as base } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { describe, expect, onTestFinished, vi } from 'vitest'
import { aScene, claim, type Scene, seen } from '../../test/calendar-stage.ts'

const test = base.extend('scene', ({ database }) => aScene(database))

// With DATABASE_URL the test files share a server, and an open transaction of another one delays the log.
type SceneOptions = Parameters<typeof aScene>[1]

/**
 * A scene whose slot has a hold of some seconds, which still lasted at the end of `prepare`: on a slow machine a longer
 * one.
 */
async function beforeLapse(
  database: TestDatabase,
  options: SceneOptions,
  prepare: (scene: Scene, hold: () => Promise<unknown>) => Promise<unknown>,
): Promise<{ scene: Scene; holdExpiresAt: Date }> {
  for (let holdMs = 3_000; ; holdMs *= 2) {
    const scene = await aScene(database, options)
    let holdExpiresAt = new Date(0)
    await prepare(scene, () => {
      holdExpiresAt = new Date(Date.now() + holdMs)
      return aBooking(database, scene.slot, { status: 'PENDING', holdExpiresAt })
    })
    // Far enough from its end, because the process may be suspended now.
    if (Date.now() < holdExpiresAt.getTime() - holdMs / 3) return { scene, holdExpiresAt }
  }
}

describe('lapses', () => {
  test('are listed when the hold ends, though nothing is written', async ({ database }) => {
    let before: unknown
    const { scene, holdExpiresAt } = await beforeLapse(database, { slots: 2 }, async (each, hold) => {
      await hold()
      before = await each.listed()
    })
    expect(before).toBe(4)
    // A timer that fires a moment early, by the database's clock, is set again.
    await until(async () => (await scene.listed()) === 5, 'the lapse')
    expect(Date.now()).toBeGreaterThanOrEqual(holdExpiresAt.getTime())
    expect(await scene.stored()).toBe(4)
    expect(scene.calendar.figures.loads).toBe(1)
  })

  test('of own holds too', async ({ database, scene }) => {
    await scene.listed()
    scene.log.close()
    scene.commits.close()
    await scene.engine.claim(aClaim(scene.slot))
    await lapseHolds(database, scene.slot)
    scene.commits.open((queue) =>
      queue.map((one) => ({ ...one, slots: one.slots.map((slot) => ({ ...slot, lapsesInMs: 3_000 })) })),
    )
    expect(await scene.listed()).toBe(4)
    await seen(() => scene.calendar.figures.lapses === 1, 'the lapse')
    expect(await scene.listed()).toBe(5)
  })
})

describe('when a hold lapses', () => {
  test('counts from the commit, however long the load took that did not see it', async ({ database, scene }) => {
    const now = performance.now.bind(performance)
    let addedMs = 0
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + addedMs)
    onTestFinished(() => clock.mockRestore())
    scene.gates.days.close()
    const late = scene.list()
    await seen(() => scene.gates.days.waiting.length === 1, 'the load')
    await scene.engine.claim(aClaim(scene.slot))
    await lapseHolds(database, scene.slot)
    addedMs = 24 * 3_600_000
    scene.log.close()
    scene.gates.days.open()
    await late
    await seen(() => scene.calendar.figures.lapses === 1, 'the lapse')
    expect(await scene.listed()).toBe(5)
  })
})

describe('watched doctors', () => {
  const watch = (scene: Scene, readAgain = false) => scene.calendar.watch([scene.doctor.id], { readAgain })

  test('that are not active are left out', async ({ database, scene }) => {
    const inactive = await aDoctor(database, scene.clinic, { active: false })
    const watched = await scene.calendar.watch([scene.doctor.id, inactive.id], { readAgain: false })
    expect([...watched]).toEqual([[scene.doctor.id, { isPartial: false, lapsed: [] }]])
    expect(scene.calendar.figures.doctors).toBe(1)
    scene.calendar.unwatch(scene.doctor.id)
    expect(scene.calendar.figures.doctors).toBe(0)
  })

  test('own commits are emitted when the log reports them, with positions, without a read', async ({ scene }) => {
    await watch(scene)
    scene.log.close()
    const { position } = await claim(scene)
    expect(scene.changes).toEqual([])
    scene.log.open()
    await scene.untilCurrent()
    expect(scene.changes).toEqual([
      {
        kind: 'slot',
        doctorId: scene.doctor.id,
        slotId: scene.slot.id,
        available: 4,
        at: position,
        cause: 'event',
      },
    ])
    expect(scene.calendar.figures).toMatchObject({ patches: 0, doctorReads: 1, loads: 0 })
  })

  test('commits of other processes are emitted once read, and hold the position back', async ({ scene }) => {
    await watch(scene)
    scene.gates.slots.close()
    const { position } = await claim(scene, 'elsewhere')
    await seen(() => scene.gates.slots.waiting.length === 1, 'the read of the slot')
    await seen(() => scene.calendar.horizon > position, 'the log')
    expect([scene.changes, scene.calendar.emittedBefore]).toEqual([[], position])
    scene.gates.slots.open()
    await scene.untilCurrent()
    expect(scene.changes).toMatchObject([{ slotId: scene.slot.id, available: 4, at: position, cause: 'event' }])
    expect(scene.calendar.emittedBefore).toBe(scene.calendar.horizon)
  })

  test('a lapse is emitted once, of a slot that was never listed too', async ({ database }) => {
    const { scene } = await beforeLapse(database, {}, async (each, hold) => {
      await hold()
      await each.untilCurrent()
      await watch(each)
    })
    await seen(() => scene.changes.length > 0, 'the lapse')
    await scene.untilCurrent()
    expect(scene.changes).toMatchObject([{ slotId: scene.slot.id, available: 5, cause: 'lapse' }])
  })

  test('a lapse that a load sees before its timer is emitted by the load', async ({ database, scene }) => {
    await aBooking(database, scene.slot, { status: 'PENDING', holdExpiresAt: new Date(Date.now() + 3_600_000) })
    await scene.untilCurrent()
    await watch(scene)
    await lapseHolds(database, scene.slot)
    await scene.untilCurrent()
    scene.changes.length = 0
    expect(await scene.listed()).toBe(5)
    expect(scene.changes).toMatchObject([{ slotId: scene.slot.id, available: 5, cause: 'lapse' }])
  })

  test('the slots of a move are emitted for both doctors', async ({ database, scene }) => {
    const colleague = await aDoctor(database, scene.clinic)
    const target = await aSlot(database, colleague, { capacity: 2 })
    await scene.calendar.watch([scene.doctor.id, colleague.id], { readAgain: false })
    const { bookingId } = await claim(scene)
    await scene.untilCurrent()
    scene.changes.length = 0
    await scene.elsewhere.move({ bookingId, slotId: target.id, actorId: null, onBehalf: true })
    await scene.untilCurrent()
    const units = scene.changes.filter((change) => change.kind === 'slot')
    expect(new Map(units.map(({ slotId, available }) => [slotId, available]))).toEqual(
      new Map([
        [scene.slot.id, 5],
        [target.id, 1],
      ]),
    )
  })

  test('slots that are created or withdrawn are emitted as a change of the doctor', async ({ database, scene }) => {
    await watch(scene)
    await aSlot(database, scene.doctor)
    await scene.untilCurrent()
    expect(scene.changes).toMatchObject([{ kind: 'doctor', doctorId: scene.doctor.id }])
  })

  test('dropped from memory, they keep their lapses', async ({ database }) => {
    const { scene } = await beforeLapse(database, { bytesMax: 2_000 }, async (each, hold) => {
      await hold()
      await each.untilCurrent()
      await watch(each)
      await each.listed()
      const other = await aDoctor(database, each.clinic)
      await each.calendar.days(other.id, each.day, each.day, null)
      await seen(() => each.calendar.figures.doctorReads === 2, 'the read of the held slots')
      each.changes.length = 0
    })
    await seen(() => scene.changes.length > 0, 'the lapse')
    expect(scene.changes).toMatchObject([{ slotId: scene.slot.id, available: 5, cause: 'lapse' }])
  })

  test('that were inactive for a while keep their lapses', async ({ database }) => {
    const activate = async (scene: Scene, active: boolean) => {
      await database.ownerPool.query(sql`update holdfast.resource set active = ${active} where id = ${scene.doctor.id}`)
      await scene.untilCurrent()
    }
    const { scene } = await beforeLapse(database, {}, async (each, hold) => {
      await watch(each)
      await each.listed()
      await hold()
      await activate(each, false)
      expect(await each.list()).toBeNull()
      await activate(each, true)
      each.changes.length = 0
    })
    await seen(() => scene.changes.length > 0, 'the lapse')
    expect(scene.changes).toMatchObject([{ slotId: scene.slot.id, available: 5, cause: 'lapse' }])
  })

  test('for a client that resumes, the slots that have lapsed, and values of slots', async ({ database, scene }) => {
    await aBooking(database, scene.slot, { status: 'PENDING' })
    await lapseHolds(database, scene.slot)
    await watch(scene)
    const watched = await watch(scene, true)
    expect(watched.get(scene.doctor.id)).toEqual({ isPartial: false, lapsed: [scene.slot.id] })
    expect([...(await scene.calendar.read([scene.slot.id]))]).toEqual([[scene.slot.id, 5]])
  })
})
