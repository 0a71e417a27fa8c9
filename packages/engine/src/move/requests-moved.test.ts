import { lapseHolds, takenOf } from '@holdfast/testkit'
import { expect } from 'vitest'
import { aScene, test } from '../../test/moving-clinic.ts'
import { aRequestScene, plannedOf } from '../../test/requests.ts'
import { expireHolds } from '../upkeep/expire-holds.ts'

test('requests are moved with their clinic, and approved, declined or given back there', async ({
  database,
  north,
}) => {
  const moving = await aScene(database, north)
  const clinic = { no: moving.clinicNo, id: moving.clinicId, timezone: 'UTC' }
  const { request, change } = await aRequestScene(database, moving.engines.directory, clinic)
  const [one, two, three] = [await request(0), await request(30), await request(60)]
  await moving.move(1)
  await moving.expectClean(true)
  const there = moving.engines.north
  expect(await there.reads.booking(one.id)).toEqual(one)
  expect(await change(one.id, 'confirm', false, there)).toMatchObject({ kind: 'unchanged' })
  expect(await change(one.id, 'confirm', true, there)).toMatchObject({ booking: { status: 'CONFIRMED' } })
  expect(await change(two.id, 'decline', true, there)).toMatchObject({ booking: { status: 'CANCELLED' } })
  await lapseHolds(north, { clinicNo: clinic.no, id: three.slotId })
  expect(await expireHolds(north.appPool)).toBe(1)
  expect(await takenOf(north, { id: one.slotId }, { id: two.slotId }, { id: three.slotId })).toEqual([1, 0, 0])
  expect(await plannedOf(north, one.id)).toEqual([['confirmed', 3, null]])
  expect(await plannedOf(north, two.id)).toEqual([['declined', 3, false]])
  expect(await plannedOf(north, three.id)).toEqual([['request_lapsed', 3, null]])
  await moving.expectClean(true)
})
