import { aDoctor } from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { aCase, aRoom, soonAt, freshTest as test } from '../../test/theatre.ts'
import { claimOf } from './case-plans.ts'
import { sentPlan } from './schedule-cases.ts'

test('two claims of one batch with the same caseId are refused with a clear error', async ({ database, scene }) => {
  const { theatre, clinic } = scene
  const elsewhere = { clinic, room: await aRoom(theatre, clinic), surgeon: await aDoctor(database, clinic) }
  // It stores the day of each room's open time.
  for (const place of [scene, elsewhere]) await theatre.claimCase(aCase(place))
  const one = aCase(scene, { startsAt: soonAt(12) })
  const other = { ...aCase(elsewhere, { startsAt: soonAt(12) }), caseId: one.caseId }
  const plans = [one, other].flatMap((request) => {
    const { plans, actorId, key, requestHash } = claimOf(request)
    return plans.map((plan) => ({ ...sentPlan(plan), actorId, key, requestHash }))
  })
  const claiming = database.appPool.query(sql`
    select * from holdfast.claim_cases(${clinic.no}, ${JSON.stringify(plans)})`)
  await expect(claiming).rejects.toMatchObject({
    code: '22023',
    message: 'each case that is claimed needs a caseId, and no two have the same',
  })
})
