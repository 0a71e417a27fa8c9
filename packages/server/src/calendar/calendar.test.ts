import { aDoctor } from '@holdfast/testkit'
import { test as base } from '@holdfast/testkit/database-test'
import { describe, expect, onTestFinished, vi } from 'vitest'
import { aScene, cancel, claim, everything, seen, unitsOf } from '../../test/calendar-stage.ts'

const test = base.extend('scene', ({ database }) => aScene(database))

// With DATABASE_URL the test files share a server, and an open transaction of another one delays the log.
describe('lists', () => {
  test('share one load, and are read at once after it', async ({ database }) => {
    const scene = await aScene(database, { slots: 3 })
    await Promise.all([scene.listed(), scene.listed(), scene.listed()])
    expect(scene.calendar.figures.loads).toBe(1)
    const view = scene.list()
    expect(view).not.toBeInstanceOf(Promise)
    expect(Object.values(unitsOf(view instanceof Promise ? null : view))).toEqual([5, 5, 5])
  })

  test('of a doctor who does not exist are null', async ({ database, scene }) => {
    const inactive = await aDoctor(database, scene.clinic, { active: false })
    expect(await scene.calendar.days(inactive.id, scene.day, scene.day, null)).toBeNull()
    expect(scene.calendar.figures.doctors).toBe(0)
  })

  test('of days next to loaded ones load only those', async ({ scene }) => {
    await scene.listed()
    const next = Temporal.PlainDate.from(scene.day).add({ days: 1 }).toString()
    await scene.calendar.days(scene.doctor.id, next, next, null)
    expect(scene.calendar.figures.loads).toBe(2)
    expect(scene.calendar.days(scene.doctor.id, scene.day, next, null)).not.toBeInstanceOf(Promise)
  })

  test('that fail are loaded again by the next caller', async ({ scene }) => {
    scene.failing.add('days')
    await expect(scene.listed()).rejects.toThrow('cut the connection')
    scene.failing.clear()
    expect(await scene.listed()).toBe(5)
  })
})

describe('own commits', () => {
  test('are listed before their caller gets its response, without a read', async ({ database }) => {
    const scene = await aScene(database, { slots: 2 })
    await scene.listed()
    // The log may report a commit before its response arrives; then the slot is read.
    scene.log.close()
    const { bookingId } = await claim(scene)
    expect(await scene.listed()).toBe(4)
    await cancel(scene, bookingId)
    expect(await scene.listed()).toBe(5)
    const moved = await claim(scene)
    await scene.engine.move({ bookingId: moved.bookingId, slotId: scene.other.id, actorId: null, onBehalf: true })
    expect([await scene.listed(), await scene.listed(scene.other)]).toEqual([5, 4])
    scene.log.open()
    await scene.untilCurrent()
    expect(scene.calendar.figures).toMatchObject({ loads: 1, patches: 0 })
  })

  test('that a load did not see are applied to it', async ({ database }) => {
    const planted = async (plant: boolean) => {
      const scene = await aScene(database)
      if (plant) scene.plant.days = everything
      scene.gates.days.close()
      const listed = scene.listed()
      await seen(() => scene.gates.days.waiting.length === 1, 'the load')
      await claim(scene)
      scene.gates.days.open()
      return listed
    }
    expect(await planted(false)).toBe(4)
    expect(await planted(true)).toBe(5)
  })

  test('are not replaced by a read of the slot that did not see them', async ({ database }) => {
    const planted = async (plant: boolean) => {
      const scene = await aScene(database)
      await scene.listed()
      if (plant) scene.plant.slots = everything
      scene.gates.slots.close()
      await claim(scene, 'elsewhere')
      await seen(() => scene.gates.slots.waiting.length === 1, 'the read of the slot')
      // The log may report the next commit before its response arrives; then the slot is read again.
      scene.log.close()
      await claim(scene)
      scene.gates.slots.open()
      await seen(() => scene.calendar.figures.changedSlots === 0, 'the slot')
      return scene.listed()
    }
    expect(await planted(false)).toBe(3)
    expect(await planted(true)).toBe(4)
  })

  test('on one slot keep the order of their locks, whichever is announced first', async ({ scene }) => {
    await scene.listed()
    scene.log.close()
    scene.commits.close()
    await claim(scene)
    await claim(scene)
    scene.commits.open((queue) => queue.toReversed())
    expect(await scene.listed()).toBe(3)
    scene.log.open()
    await scene.untilCurrent()
    expect(await scene.listed()).toBe(3)
    expect(scene.calendar.figures.patches).toBe(0)
  })

  test('announced after a read that saw more do not bring the old value back', async ({ database }) => {
    const planted = async (plant: boolean) => {
      const scene = await aScene(database)
      await scene.listed()
      scene.commits.close()
      const { bookingId } = await claim(scene)
      await cancel(scene, bookingId, 'elsewhere')
      await scene.untilCurrent()
      const before = await scene.listed()
      if (plant) scene.commits.open((queue) => queue.map((one) => ({ ...one, snapshot: everything })))
      else scene.commits.open()
      return [before, await scene.listed()]
    }
    expect(await planted(false)).toEqual([5, 5])
    expect(await planted(true)).toEqual([5, 4])
  })

  test('whose count is not known make the next list wait for a read', async ({ scene }) => {
    await scene.listed()
    scene.log.close()
    scene.commits.close()
    await claim(scene)
    scene.commits.open((queue) =>
      queue.map((one) => ({
        ...one,
        snapshot: null,
        slots: one.slots.map((slot) => ({ ...slot, available: null, lapsesInMs: null })),
      })),
    )
    expect(scene.list()).toBeInstanceOf(Promise)
    expect(await scene.listed()).toBe(4)
    expect(scene.calendar.figures).toMatchObject({ loads: 1, patches: 1 })
  })

  test('delivered twice change nothing', async ({ scene }) => {
    await scene.listed()
    scene.commits.close()
    await claim(scene)
    await claim(scene)
    scene.commits.open(([first, second]) => [first, second, first].filter((one) => one !== undefined))
    expect(await scene.listed()).toBe(3)
  })
})

describe('commits of other processes', () => {
  test('are listed when the log has reported them, after one read for all slots', async ({ database }) => {
    const scene = await aScene(database, { slots: 2 })
    await scene.listed()
    scene.log.close()
    await claim(scene, 'elsewhere')
    await claim(scene, 'elsewhere', scene.other)
    expect(await scene.listed()).toBe(5)
    await seen(() => scene.log.waiting.flatMap(([entries]) => entries).length >= 2, 'the log')
    scene.log.open()
    await scene.untilCurrent()
    expect([await scene.listed(), await scene.listed(scene.other)]).toEqual([4, 4])
    expect(scene.calendar.figures).toMatchObject({ loads: 1, patches: 1, patchedSlots: 2 })
  })

  test('with their position are waited for, without a load', async ({ scene }) => {
    await scene.listed()
    const { position } = await claim(scene, 'elsewhere')
    // The clock of the wait does not advance: the list waits however late the log is.
    const now = vi.spyOn(performance, 'now').mockReturnValue(performance.now())
    onTestFinished(() => now.mockRestore())
    expect(await scene.listed(scene.slot, position)).toBe(4)
    expect(scene.calendar.figures.loads).toBe(1)
  })

  test('with their position are loaded when the log is late', async ({ scene }) => {
    await scene.listed()
    scene.log.close()
    const { position } = await claim(scene, 'elsewhere')
    expect(await scene.listed(scene.slot, position)).toBe(4)
    expect(scene.calendar.figures.loads).toBe(2)
  })

  test('with a position that the log cannot report in time are loaded at once', async ({ scene }) => {
    await scene.listed()
    const waitsMs = async (ahead: bigint) => {
      const times: number[] = []
      for (let n = 0; n < 5; n += 1) {
        const startedAt = performance.now()
        await scene.calendar.days(scene.doctor.id, scene.day, scene.day, scene.calendar.horizon + ahead)
        times.push(performance.now() - startedAt)
      }
      return times
    }
    // The control: a position that may arrive is waited for.
    expect(Math.max(...(await waitsMs(1_000_000n)))).toBeGreaterThan(90)
    // The clock of the wait does not advance: a list that waits would wait for ever.
    const now = vi.spyOn(performance, 'now').mockReturnValue(performance.now())
    onTestFinished(() => now.mockRestore())
    await waitsMs(10_000_000n)
    expect(scene.calendar.figures.loads).toBe(11)
  })

  test('with positions that the log cannot report yet share the load after the current one', async ({ scene }) => {
    await scene.listed()
    scene.log.close()
    const { position } = await claim(scene, 'elsewhere')
    const lists = (count: number) => Array.from({ length: count }, () => scene.listed(scene.slot, position))
    scene.gates.days.close()
    const first = lists(1)
    await seen(() => scene.gates.days.waiting.length === 1, 'the load')
    const second = await claim(scene, 'elsewhere')
    const later = Array.from({ length: 9 }, () => scene.listed(scene.slot, second.position))
    scene.gates.days.open()
    expect(await Promise.all(first)).toEqual([4])
    expect(new Set(await Promise.all(later))).toEqual(new Set([3]))
    expect(scene.calendar.figures.loads).toBe(3)
  })

  test('with their position: only the first list waits while the log is held back', async ({ scene }) => {
    await scene.listed()
    scene.log.close()
    const { position } = await claim(scene, 'elsewhere')
    await scene.listed(scene.slot, position)
    const second = await claim(scene, 'elsewhere')
    const now = vi.spyOn(performance, 'now')
    onTestFinished(() => now.mockRestore())
    scene.gates.days.close()
    const beganAtMs = performance.now()
    // The clock of the wait does not advance: this list would wait for ever.
    now.mockReturnValue(beganAtMs)
    const listed = scene.listed(scene.slot, second.position)
    await seen(() => scene.gates.days.waiting.length === 1, 'the load')
    scene.gates.days.open()
    expect(await listed).toBe(3)
  })

  test('are loaded when the log is held back, and everything is loaded again', async ({ scene }) => {
    await scene.listed()
    scene.log.close()
    await claim(scene, 'elsewhere')
    expect(await scene.listed()).toBe(5)
    scene.calendar.outdate()
    expect(await scene.listed()).toBe(4)
  })

  test('that a load did not see are read after it', async ({ database }) => {
    const planted = async (plant: boolean) => {
      const scene = await aScene(database)
      if (plant) scene.plant.days = everything
      scene.gates.days.close()
      const listed = scene.listed()
      await seen(() => scene.gates.days.waiting.length === 1, 'the load')
      const { position } = await claim(scene, 'elsewhere')
      await seen(() => scene.calendar.horizon > position, 'the log')
      scene.gates.days.open()
      await listed
      await scene.untilCurrent()
      return scene.listed()
    }
    expect(await planted(false)).toBe(4)
    expect(await planted(true)).toBe(5)
  })

  test('are read again until the database responds', async ({ scene }) => {
    await scene.listed()
    scene.failing.add('slots')
    const { position } = await claim(scene, 'elsewhere')
    await seen(() => scene.calendar.figures.changedSlots === 1, 'the changed slot')
    await seen(() => scene.calendar.horizon > position, 'the log')
    expect(await scene.list(position)).toMatchObject({ isStale: true })
    scene.failing.clear()
    await scene.untilCurrent()
    expect(await scene.listed()).toBe(4)
  })
})
