import { plantFunction, type TestDatabase } from '@holdfast/testkit'
import { freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { aCase, aRoom, aTheatre, caseOf, soonAt } from '../../test/theatre.ts'
import { verify } from '../verify/verify.ts'

/** A case, and another of the same surgeon after it; then `statement` as the owner, with the first one's id. */
async function findingsAfter(database: TestDatabase, statement: string) {
  const scene = await aTheatre(database)
  const first = caseOf(await scene.theatre.claimCase(aCase(scene, { confirm: true })))
  await scene.theatre.claimCase(aCase(scene, { confirm: true, startsAt: soonAt(11) }))
  expect((await verify(database.appPool, { clinicNo: scene.clinic.no, detailsMax: 9 })).details).toEqual([])
  await database.ownerPool.query(statement.replaceAll('$1', `'${first.id}'`))
  const { details } = await verify(database.appPool, { clinicNo: scene.clinic.no, detailsMax: 9 })
  return [...new Set(details.map(({ kind }) => kind))]
}

const planted: Record<string, { statement: string; kinds: string[] }> = {
  'another time than in the log': {
    statement: `update holdfast.allocation set during = tstzrange(lower(during), upper(during) - interval '1 minute')
      where booking_id = $1 and kind = 'surgeon'`,
    kinds: ['allocations_differ'],
  },
  'an allocation too few': {
    statement: `delete from holdfast.allocation where booking_id = $1 and kind = 'patient'`,
    kinds: ['allocations_differ'],
  },
  'one unit at the same time in two cases': {
    statement: `alter table holdfast.allocation drop constraint allocation_no_overlap;
      update holdfast.allocation set during = tstzrange(lower(during), upper(during) + interval '2 hours')
       where booking_id = $1 and kind = 'room'`,
    kinds: ['allocation_overlap', 'allocations_differ'],
  },
  'other minutes than its units': {
    statement: `update holdfast.theatre_case set ends_at = ends_at - interval '5 minutes' where booking_id = $1`,
    kinds: ['case_differs'],
  },
  'a booking without its case': {
    statement: 'delete from holdfast.theatre_case where booking_id = $1',
    kinds: ['allocations_differ', 'case_differs'],
  },
  'a milestone of nothing': {
    statement: `insert into holdfast.case_milestone (clinic_no, booking_id, milestone, at)
      select clinic_no, slot_id, 'arrived', now() from holdfast.booking where id = $1`,
    kinds: ['case_differs'],
  },
}

test.for(Object.keys(planted))('%s', async (name, { database }) => {
  const { statement = '', kinds = [] } = planted[name] ?? {}
  expect(await findingsAfter(database, statement)).toEqual(kinds)
})

test('a case that was stored without all that its plan needs', async ({ database }) => {
  const scene = await aTheatre(database)
  const { theatre, clinic, robot } = scene
  await plantFunction(
    database,
    'allocate',
    {
      part: 'with ordinality n\n     cross join',
      becomes: "with ordinality n join (values (1)) one on n.kind <> 'surgeon'\n     cross join",
    },
    { part: 'if v_units is', becomes: 'if false and v_units is' },
  )
  const request = aCase(scene, { confirm: true, equipment: [{ equipmentId: robot, units: 1 }] })
  const booked = caseOf(await theatre.claimCase(request))
  const other = { clinic, surgeon: scene.surgeon, room: await aRoom(theatre, clinic) }
  await theatre.claimCase(aCase(other, { confirm: true }))
  const { details } = await verify(database.appPool, { clinicNo: clinic.no, detailsMax: 9 })
  const missing = { kind: 'allocations_differ', message: expect.stringContaining('its plan has surgeon') }
  expect(details).toMatchObject([
    { kind: 'allocation_overlap', bookingId: booked.id, message: expect.stringContaining('is also in the plan of') },
    missing,
    missing,
  ])
})
