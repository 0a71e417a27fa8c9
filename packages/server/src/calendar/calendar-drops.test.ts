import { Snapshot } from '@holdfast/engine'
import { aBooking, aDoctor, aMove, aSlot, aWithdrawal } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { describe, expect } from 'vitest'
import { aScene, cancel, claim, everything, seen, unitsOf } from '../../test/calendar-stage.ts'
import type { DaysView } from './calendar.ts'

// With DATABASE_URL the test files share a server, and an open transaction of another one delays the log.
describe('changes of the directory', () => {
  test('of this process are loaded by the next list', async ({ database }) => {
    const scene = await aScene(database)
    await scene.listed()
    scene.log.close()
    await scene.engine.createSlots({
      doctorId: scene.doctor.id,
      drafts: [
        { startsAt: new Date(scene.slot.endsAt), endsAt: new Date(scene.slot.endsAt.getTime() + 60_000), capacity: 2 },
      ],
      dryRun: false,
    })
    expect(Object.values(unitsOf(await scene.list()))).toEqual([5, 2])
    scene.log.open()
    await scene.untilCurrent()
    await scene.list()
    expect(scene.calendar.figures.loads).toBe(2)
  })

  test('of other processes are loaded when the log reported them, also by a load in progress', async ({ database }) => {
    const planted = async (plant: boolean) => {
      const scene = await aScene(database)
      if (plant) scene.plant.days = everything
      scene.gates.days.close()
      const late = scene.list()
      await seen(() => scene.gates.days.waiting.length === 1, 'the load')
      const added = await aSlot(database, scene.doctor)
      await scene.untilCurrent()
      scene.gates.days.open()
      await late
      return unitsOf(await scene.list())[added.id]
    }
    expect(await planted(false)).toBe(1)
    expect(await planted(true)).toBeUndefined()
  })

  test('of the clinic concern all its doctors, and a deactivated doctor is not found', async ({ database }) => {
    const scene = await aScene(database)
    await scene.listed()
    await database.ownerPool.query(sql`
      update holdfast.clinic set timezone = 'Asia/Tokyo' where no = ${scene.clinic.no}`)
    await scene.untilCurrent()
    const view = await scene.list()
    expect(view?.calendar.rules.timezone).toBe('Asia/Tokyo')
    await database.ownerPool.query('update holdfast.resource set active = false where id = $1', [scene.doctor.id])
    await scene.untilCurrent()
    expect(await scene.list()).toBeNull()
  })
})

describe('a slot that the loaded days lack', () => {
  const rowsOf = (view: DaysView | null) => {
    const rows: [string, number, number, number][] = []
    view?.calendar.forEachSlot(view.start, view.end, (id, startsAtMs, endsAtMs, capacity, available) => {
      rows.push([id, (endsAtMs - startsAtMs) / 60_000, capacity, available])
    })
    return rows
  }

  test.for([true, false])('created by another process, booked here: watched %s', async (isWatched, { database }) => {
    const scene = await aScene(database)
    if (isWatched) await scene.calendar.watch([scene.doctor.id], { readAgain: false })
    await scene.list()
    scene.log.close()
    const added = await aSlot(database, scene.doctor, { capacity: 9 })
    await claim(scene, 'engine', added)
    const minutes = (added.endsAt.getTime() - added.startsAt.getTime()) / 60_000
    expect(rowsOf(await scene.list())).toContainEqual([added.id, minutes, 9, 8])
  })

  test.for(['cancel', 'move'])('withdrawn, does not return by %s of its last booking', async (change, { database }) => {
    const scene = await aScene(database, { slots: 2 })
    await scene.calendar.watch([scene.doctor.id], { readAgain: false })
    await scene.list()
    await scene.engine.withdrawSlots(aWithdrawal(scene.clinic.no, { slotId: scene.slot.id }))
    await scene.untilCurrent()
    await scene.list()
    // An earlier release could confirm bookings in withdrawn slots.
    const { id: bookingId } = await aBooking(database, scene.slot)
    if (change === 'cancel') await cancel(scene, bookingId)
    else await scene.engine.move(aMove(bookingId, scene.other.id))
    await scene.untilCurrent()
    expect(rowsOf(await scene.list()).map(([id]) => id)).toEqual([scene.other.id])
  })
})

describe('without the database', () => {
  test('transactions that were lost do not hide others with their numbers', async ({ database }) => {
    const scene = await aScene(database)
    await scene.listed()
    scene.commits.close()
    await claim(scene)
    const { rows } = await database.ownerPool.query<{ next: string }>(`
      select pg_snapshot_xmax(pg_current_snapshot()) as next`)
    const next = Number(rows[0]?.next)
    const positions = Array.from({ length: 2_000 }, (_, n) => String(next + n))
    const lost = { slots: [], snapshot: null }
    scene.commits.open((queue) => queue.flatMap((one) => positions.map((position) => ({ ...one, ...lost, position }))))
    scene.calendar.trust(false)
    scene.calendar.trust(true)
    await scene.untilCurrent()
    const before = await scene.listed()
    await claim(scene, 'elsewhere')
    await scene.untilCurrent()
    expect([before, await scene.listed()]).toEqual([4, 3])
  })

  test('the last known slots are stale, and loaded again when it is back', async ({ database }) => {
    const scene = await aScene(database)
    await scene.listed()
    scene.failing.add('days')
    scene.calendar.trust(false)
    expect(await scene.list()).toMatchObject({ isStale: true })
    scene.log.close()
    await claim(scene, 'elsewhere')
    scene.failing.clear()
    scene.calendar.trust(true)
    expect(await scene.list()).toMatchObject({ isStale: false })
    expect(await scene.listed()).toBe(4)
    expect(scene.changes).toEqual([{ kind: 'all', at: scene.calendar.horizon }])
  })

  test('unknown days fail', async ({ database }) => {
    const scene = await aScene(database)
    await scene.listed()
    scene.failing.add('days')
    const next = Temporal.PlainDate.from(scene.day).add({ days: 1 }).toString()
    await expect(Promise.resolve(scene.calendar.days(scene.doctor.id, next, next, null))).rejects.toThrow('cut')
  })

  test('a restored one may know less: what it says counts', async ({ database }) => {
    const scene = await aScene(database)
    await scene.listed()
    await claim(scene)
    await scene.untilCurrent()
    await database.ownerPool.query('update holdfast.slot set taken = 0 where id = $1', [scene.slot.id])
    scene.plant.days = new Snapshot(5, 5, [])
    expect(await scene.listed()).toBe(4)
    scene.calendar.trust(false)
    expect(await scene.listed()).toBe(5)
    scene.calendar.trust(true)
    expect(await scene.listed()).toBe(5)
    await database.ownerPool.query('update holdfast.slot set taken = 1 where id = $1', [scene.slot.id])
  })
})

describe('memory', () => {
  test('the doctor whose list was read least recently goes first', async ({ database }) => {
    const scene = await aScene(database, { bytesMax: 3_500 })
    const others = [await aDoctor(database, scene.clinic), await aDoctor(database, scene.clinic)]
    const read = async (doctorId: string) => await scene.calendar.days(doctorId, scene.day, scene.day, null)
    await scene.listed()
    for (const { id } of others) {
      await read(id)
      await scene.listed()
    }
    expect(scene.calendar.figures).toMatchObject({ doctors: 2, loads: 3 })
    expect(scene.calendar.figures.bytes).toBeLessThan(3_500)
    expect(scene.list()).not.toBeInstanceOf(Promise)
  })

  test('a calendar larger than the limit serves those who wait for it, and is not stored', async ({ database }) => {
    const scene = await aScene(database, { bytesMax: 1_000 })
    expect(await Promise.all([scene.listed(), scene.listed()])).toEqual([5, 5])
    await seen(() => scene.calendar.figures.doctors === 0, 'that it is dropped')
    expect(await scene.listed()).toBe(5)
    expect(scene.calendar.figures.loads).toBe(2)
  })
})
