import { expect, onTestFinished } from 'vitest'
import { startRestApp } from '../../../test/rest-app.ts'
import { test } from '../../../test/rest-test.ts'
import { aTheatre, theatreTime } from '../../../test/theatre-scene.ts'

test('of a block that is filled in part, the caller learns how many cases are booked, and to repeat it', async ({
  database,
  rest,
}) => {
  const { path, admin, staff, roomOne } = await aTheatre(database, rest)
  const times = { roomId: roomOne.id, from: theatreTime('08:00'), to: theatreTime('10:30') }
  const { body: blocks } = await rest.call('createBlocks', { path, as: admin, body: times })
  const fillBlock = async () => ({ kind: 'filled_in_part' as const, cases: [], retryAfterSeconds: 2 })
  const engine = { ...rest.engine, theatre: { ...rest.engine.theatre, fillBlock } }
  const busy = await startRestApp(database, { replaced: { engine } })
  onTestFinished(() => busy.stop())
  const fill = { path: { ...path, blockId: blocks.items[0]?.blockId ?? '' }, body: { confirm: true } }
  const { headers, problem } = await busy.call('fillBlock', { ...fill, as: busy.anAccount(staff) })
  expect(problem).toMatchObject({ status: 503, code: 'unavailable' })
  expect(problem.detail).toContain('Cases that are booked: 0. Repeat the request with the same Idempotency-Key')
  expect(headers['retry-after']).toBe('2')
})

test('a block of a room that takes no new cases is not filled, and the answer says why', async ({ database, rest }) => {
  const { path, admin, staff, roomOne } = await aTheatre(database, rest)
  const times = { roomId: roomOne.id, from: theatreTime('08:00'), to: theatreTime('10:30') }
  const { body: blocks } = await rest.call('createBlocks', { path, as: admin, body: times })
  const fill = { path: { ...path, blockId: blocks.items[0]?.blockId ?? '' }, as: staff }
  expect((await rest.call('fillBlock', fill)).body).toEqual({ items: [] })
  await rest.call('updateRoom', { path: { ...path, roomId: roomOne.id }, as: admin, body: { active: false } })
  const { problem } = await rest.call('fillBlock', fill)
  expect(problem).toMatchObject({ status: 409, code: 'theatre_resource_inactive' })
  expect(problem.detail).toContain(roomOne.id)
})
