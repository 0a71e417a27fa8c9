import { expect } from 'vitest'
import { test, theatreDay } from '../../../test/theatre-scene.ts'

test('a search in a room that takes no new cases is refused, as a claim there is', async ({ rest, theatre }) => {
  const { path, staff: as, admin, surgeon, roomOne, roomTwo } = theatre
  const { clinicId: _clinic, startsAt: _start, ...body } = theatre.newCase({ roomId: roomTwo.id })
  const { id: requestId } = (await rest.call('createCaseRequest', { path, as, body })).body
  await rest.call('updateRoom', { path: { ...path, roomId: roomTwo.id }, as: admin, body: { active: false } })
  const suggest = (query: object) =>
    rest.call('suggestCaseTimes', { path, as, body: { from: theatreDay, to: theatreDay, limit: 1, ...query } })
  const claimed = (await theatre.book({ roomId: roomTwo.id })).problem
  const needs = { minutes: 60, service: 'X', surgeonId: surgeon.id }
  for (const [query, field] of [
    [{ requestId }, '/roomIds/0'],
    [{ needs, roomIds: [roomOne.id, roomTwo.id] }, '/roomIds/1'],
  ] as const) {
    const { problem } = await suggest(query)
    expect(problem).toMatchObject({ status: claimed.status, code: 'theatre_resource_inactive' })
    expect(problem.detail).toBe(claimed.detail)
    expect(problem.errors?.map((one) => one.path)).toEqual([field])
  }
  expect((await suggest({ needs, roomIds: [surgeon.id] })).problem).toMatchObject({
    code: 'theatre_resource_not_found',
    errors: [{ path: '/roomIds/0' }],
  })
  expect((await suggest({ needs })).body.suggestions).toMatchObject([{ roomId: roomOne.id }])
})
