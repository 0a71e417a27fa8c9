import { newId } from '@holdfast/engine'
import { expect } from 'vitest'
import { test } from '../../../test/theatre-scene.ts'

test('a case can be checked without being booked', async ({ rest, theatre }) => {
  const check = () => rest.call('checkCase', { as: theatre.staff, body: theatre.newCase() })
  expect((await check()).body).toEqual({ conflicts: [], atRiskBy: null })
  const { body } = await theatre.book()
  expect((await check()).body.conflicts).toMatchObject([
    { code: 'resource_busy', kind: 'room', caseId: body.id, ofCaseId: null },
    { code: 'resource_busy', kind: 'surgeon', caseId: body.id },
  ])
})

test('a check for a request that is not on the waitlist is refused as its booking is', async ({ rest, theatre }) => {
  const body = theatre.newCase({ requestId: newId(theatre.clinic.no) })
  const { problem } = await rest.call('checkCase', { as: theatre.staff, body })
  expect(problem).toMatchObject({ status: 404, code: 'case_request_not_found' })
})

test('a check that names cases that give way is refused: the result would lack them', async ({ rest, theatre }) => {
  const { id } = (await theatre.book({ confirm: true })).body
  const emergency = theatre.newCase({ urgency: 'immediate' })
  const withBump = { ...emergency, bump: { caseIds: [id], reason: 'Bleeding' } }
  const check = (body: typeof emergency) => rest.call('checkCase', { as: theatre.staff, body })
  const { problem } = await check(withBump)
  expect(problem).toMatchObject({ status: 400, code: 'invalid_request', detail: expect.stringContaining('bump') })
  const { conflicts } = (await check(emergency)).body
  expect(conflicts).toMatchObject([{ bumpableCaseIds: [id] }, { bumpableCaseIds: [id] }])
})
