import { aDoctor, plantFunction } from '@holdfast/testkit'
import { freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { aCase, aRoom, aTheatre, caseOf, soonAt } from '../../test/theatre.ts'

// The checks under the locks miss everything: only the backstops of the table are left.
const blind = { part: /return v_conflicts;/, becomes: "return '[]';" }

test('what only the exclusion constraint notices is refused as busy, and nothing is written', async ({ database }) => {
  await plantFunction(database, 'case_conflicts', blind)
  const scene = await aTheatre(database)
  const { theatre, room, clinic } = scene
  await theatre.claimCase(aCase(scene, { confirm: true }))
  const second = aCase(scene, { startsAt: soonAt(9, 30) })
  const outcome = await theatre.claimCase(second)
  expect(outcome).toMatchObject({
    kind: 'refused',
    conflicts: [{ kind: 'resource_busy', from: soonAt(9), to: soonAt(10), ofCaseId: second.caseId, unit: null }],
  })
  expect(await theatre.case(second.caseId)).toBeNull()
  const listed = await theatre.cases({ clinicNo: clinic.no, from: soonAt(0), to: soonAt(24), withEnded: true })
  expect(listed.map(({ roomId }) => roomId)).toEqual([room])
})

test('equipment of which too few units are free is refused by its name', async ({ database }) => {
  await plantFunction(database, 'case_conflicts', blind)
  const scene = await aTheatre(database)
  const { theatre, clinic, robot } = scene
  const equipment = [{ equipmentId: robot, units: 1 }]
  caseOf(await theatre.claimCase(aCase(scene, { equipment, confirm: true })))
  const other = { clinic, room: await aRoom(theatre, clinic), surgeon: await aDoctor(database, clinic) }
  const claim = aCase(other, { equipment })
  expect(await theatre.claimCase(claim)).toMatchObject({
    kind: 'refused',
    conflicts: [{ role: 'equipment', resourceId: robot, unit: 1 }],
  })
})
