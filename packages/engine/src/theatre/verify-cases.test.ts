import { plantFunction, type TestDatabase } from '@holdfast/testkit'
import { expect } from 'vitest'
import { copyCase } from '../../test/many-cases.ts'
import { aCase, aRoom, aTheatre, caseOf, soonAt, freshTest as test } from '../../test/theatre.ts'
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
  'an allocation that the index does not have': {
    statement: `update pg_index set indisready = false where indexrelid = 'holdfast.allocation_no_overlap'::regclass;
      with gone as (delete from holdfast.allocation where booking_id = $1 and kind = 'room' returning *)
      insert into holdfast.allocation select * from gone;
      update pg_index set indisready = true where indexrelid = 'holdfast.allocation_no_overlap'::regclass`,
    kinds: ['allocations_differ'],
  },
  'other minutes than its units': {
    statement: `update holdfast.theatre_case set ends_at = ends_at - interval '5 minutes' where booking_id = $1`,
    kinds: ['case_differs'],
  },
  'another expected end than in the log': {
    statement: `update holdfast.theatre_case set expected_ends_at = expected_ends_at + interval '5 minutes'
      where booking_id = $1`,
    kinds: ['case_differs'],
  },
  'an override that nobody made': {
    statement: `update holdfast.theatre_case set override = '{"rules": ["block_time"]}' where booking_id = $1`,
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

test('verify expects the end that was set last since the case was moved', async ({ database, scene }) => {
  const { theatre, clinic } = scene
  const { id: caseId } = caseOf(await theatre.claimCase(aCase(scene, { confirm: true })))
  const by = { caseId, actorId: null, key: null }
  const messages = async () =>
    (await verify(database.appPool, { clinicNo: clinic.no, detailsMax: 9 })).details.map(({ message }) => message)
  await theatre.extendCase({ ...by, expectedEndsAt: soonAt(11) })
  expect(await messages()).toEqual([])
  await theatre.moveCase({ ...by, change: { startsAt: soonAt(13) }, override: null })
  expect(await messages()).toEqual([])
  await theatre.extendCase({ ...by, expectedEndsAt: soonAt(15) })
  expect(await messages()).toEqual([])
  await database.ownerPool.query('update holdfast.theatre_case set expected_ends_at = ends_at')
  expect(await messages()).toEqual([
    expect.stringMatching(/^its end is expected at .* 14:00:00\+00, by its log at .* 15:00:00\+00$/),
  ])
})

test('a case that was stored without all that its plan needs', async ({ database, scene }) => {
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

/** Overlaps between cases from `first` on, an hour each, as pairs of their numbers. */
async function overlapsAfter(database: TestDatabase, statement: string): Promise<string[]> {
  const scene = await aTheatre(database)
  const { theatre, clinic, robot } = scene
  const ids: string[] = []
  for (const startsAt of [soonAt(8), soonAt(9), soonAt(10), soonAt(11), soonAt(13)]) {
    const request = aCase(scene, { startsAt, confirm: true, equipment: [{ equipmentId: robot, units: 1 }] })
    ids.push(caseOf(await theatre.claimCase(request)).id)
  }
  await database.ownerPool.query('alter table holdfast.allocation drop constraint allocation_no_overlap')
  await database.ownerPool.query(statement.replace('$1', `'${ids[0]}'`).replace('$2', `'${ids[4]}'`))
  const { details } = await verify(database.appPool, { clinicNo: clinic.no, detailsMax: 50 })
  return details.flatMap(({ kind, bookingId, message }) => {
    const numbered = ids.reduce((text, id, index) => text.replaceAll(id, String(index)), `${bookingId} ${message}`)
    return kind === 'allocation_overlap' ? numbered.replaceAll(/ [0-9a-f]{8}-[0-9a-f-]{27}/g, '') : []
  })
}

test('verify names each pair of cases that have one unit at a time, also with others between', async ({ database }) => {
  const longer = `update holdfast.allocation
    set during = tstzrange(lower(during), upper(during) + interval '135 minutes')
    where booking_id = $1 and kind = 'room'`
  expect((await overlapsAfter(database, longer)).toSorted()).toEqual([
    '0 room, unit 1, is also taken by 1',
    '0 room, unit 1, is also taken by 2',
    '0 room, unit 1, is also taken by 3',
  ])
})

test('verify names each pair of cases planned with one person at a time, also from one time', async ({ database }) => {
  const sameTime = `update holdfast.theatre_case c set starts_at = o.starts_at, ends_at = o.ends_at + interval '1 hour'
    from holdfast.theatre_case o where c.booking_id = $2 and o.booking_id = $1`
  const found = (await overlapsAfter(database, sameTime)).toSorted()
  expect(found.filter((text) => text.includes('plan'))).toEqual([
    '0 room is also in the plan of 4',
    '0 surgeon is also in the plan of 4',
    '1 room is also in the plan of 4',
    '1 surgeon is also in the plan of 4',
  ])
})

test('verify counts the units that are taken at the start of each case', async ({ database }) => {
  const other = `update holdfast.allocation set unit_no = 2,
      during = tstzrange(lower(during) - interval '120 minutes', upper(during) - interval '90 minutes')
    where booking_id = $2 and kind = 'equipment'`
  // From eleven to half past twelve; another case has it from eleven to twelve, and none at half past twelve.
  const found = await overlapsAfter(database, other)
  expect(found.filter((text) => text.includes('units'))).toEqual([
    expect.stringMatching(/^3 equipment: 2 units are taken at .* 11:00:00\+00, and there are 1$/),
    expect.stringMatching(/^4 equipment: 2 units are taken at .* 11:00:00\+00, and there are 1$/),
  ])
})

type PlanNode = { Plans?: PlanNode[] } & Record<string, unknown>

/** How many rows all steps of a plan have handled, also those that they left out. */
function rowsIn({ Plans: steps = [], ...step }: PlanNode): number {
  const ofOneLoop = ['Actual Rows', 'Rows Removed by Filter', 'Rows Removed by Join Filter']
    .map((field) => Number(step[field] ?? 0))
    .reduce((sum, rows) => sum + rows)
  return steps.map(rowsIn).reduce((sum, rows) => sum + rows, ofOneLoop * Number(step['Actual Loops']))
}

test('verify handles four times as many rows for four times as many cases of one room', async ({ database, scene }) => {
  const { clinic, theatre, robot } = scene
  const request = aCase(scene, { confirm: true, equipment: [{ equipmentId: robot, units: 1 }] })
  const one = caseOf(await theatre.claimCase(request))
  const { rows: found } = await database.ownerPool.query<{ body: string }>(`
    select prosrc as body from pg_proc where oid = 'holdfast.verify_allocations'::regproc`)
  const body = found[0]?.body.replaceAll('p_clinic_no', String(clinic.no)) ?? ''
  const connection = await database.ownerPool.connect()
  const handled = async () => {
    await connection.query('analyze')
    const { rows } = await connection.query(`explain (analyze, timing off, format json) ${body}`)
    return rowsIn(rows[0]['QUERY PLAN'][0].Plan)
  }
  try {
    await connection.query('set search_path = holdfast, pg_catalog')
    await copyCase(database, one, { from: 1, to: 250 })
    const few = await handled()
    await copyCase(database, one, { from: 251, to: 1_000 })
    // Each of them compared with all others: 15 times as many.
    expect((await handled()) / few).toBeLessThan(6)
  } finally {
    connection.release()
  }
})
