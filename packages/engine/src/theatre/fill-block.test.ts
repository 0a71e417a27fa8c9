import { randomUUID } from 'node:crypto'
import { test } from '@holdfast/testkit/database-test'
import { expect, vi } from 'vitest'
import { aCase, aTheatre, caseOf, soonAt } from '../../test/theatre.ts'

test('to fill a block, the cases of requests in other blocks are not read', async ({ database }) => {
  const scene = await aTheatre(database)
  const { theatre, clinic, room } = scene
  const drafts = [{ startsAt: soonAt(8), endsAt: soonAt(9), capacity: 60 }]
  const owner = { service: null, surgeonId: null, releaseDays: null }
  const blocks = await theatre.createBlocks({ ...owner, roomId: room, when: { drafts }, dryRun: false, actorId: null })
  const blockId = (blocks.kind === 'done' ? blocks.items[0]?.blockId : null) ?? ''
  const caseIds: string[] = []
  for (const hour of [8, 10, 11, 12]) {
    const claim = aCase(scene, { startsAt: soonAt(hour) })
    const { patient, service, procedure, minutes, urgency, surgeonId } = claim
    const wanted = { patient, service, procedure, minutes, urgency, surgeonId, equipment: [], staffIds: [] }
    const none = { dueOn: null, roomId: null, anaesthetistId: null, note: null }
    const by = { createdBy: null, mayChangePatient: true }
    const created = await theatre.createCaseRequest(clinic.no, { ...wanted, ...none, ...by }, null)
    const requestId = created.kind === 'done' && created.value.kind === 'created' ? created.value.id : ''
    caseIds.push(caseOf(await theatre.claimCase({ ...claim, requestId })).id)
  }
  const queries = vi.spyOn(database.appPool, 'query')
  expect(await theatre.fillBlock({ blockId, confirm: false, actorId: null, key: randomUUID() })).toEqual({
    kind: 'filled',
    cases: [],
  })
  const sent = queries.mock.calls.map(([query]) => JSON.stringify(query)).join()
  queries.mockRestore()
  // The one in the block may have been booked by an earlier try of this call.
  expect(caseIds.filter((id) => sent.includes(id))).toEqual(caseIds.slice(0, 1))
})
