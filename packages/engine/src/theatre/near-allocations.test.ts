import { randomUUID } from 'node:crypto'
import type { TestDatabase } from '@holdfast/testkit'
import { freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { copyCase } from '../../test/many-cases.ts'
import { aCase, aTheatre, caseOf, soonAt } from '../../test/theatre.ts'
import type { Case } from '../model/theatre-case.ts'
import { takenNear } from './case-reads.ts'

/** How many allocations a list examines for each thing that a case takes, by its kind. */
async function examinedFor({ ownerPool }: TestDatabase, { id }: Case): Promise<Record<string, number>> {
  const { rows } = await ownerPool.query<{ kind: string; found: number }>(sql`
    select a.kind, count(*)::integer as found
      from holdfast.theatre_case t
      join holdfast.allocation a on a.clinic_no = t.clinic_no and a.booking_id = t.booking_id
     cross join lateral ${takenNear(sql`a`, sql`t`)} f
     where t.booking_id = ${id}
     group by a.kind`)
  return Object.fromEntries(rows.map(({ kind, found }) => [kind, found]))
}

async function anEmptyCase(database: TestDatabase) {
  const scene = await aTheatre(database)
  const { theatre } = scene
  const one = caseOf(await theatre.claimCase(aCase(scene, { confirm: true })))
  const leave = (at: Date | null) => {
    const end = { milestone: 'out_of_room', at, isTrial: true } as const
    return theatre.recordMilestone({ caseId: one.id, ...end, actorId: null, key: randomUUID() })
  }
  const plannedAts = async () => {
    const { rows } = await database.ownerPool.query<{ at: Date | null }>(sql`
      select planned_at as at from holdfast.allocation where booking_id = ${one.id}`)
    return rows.map(({ at }) => at)
  }
  return { one, leave, plannedAts }
}

test('a list examines cases near a case, also ones that take nothing, however many others', async ({ database }) => {
  const { one } = await anEmptyCase(database)
  const each = (found: number) => ({ patient: found, room: found, surgeon: found })
  expect(await examinedFor(database, one)).toEqual(each(1))
  await copyCase(database, one, { from: 1, to: 20, areOver: true })
  expect(await examinedFor(database, one)).toEqual(each(21))
  await copyCase(database, one, { from: -500, to: -49, areOver: true })
  await copyCase(database, one, { from: 49, to: 500, areOver: true })
  await copyCase(database, one, { from: 501, to: 600 })
  expect(await examinedFor(database, one)).toEqual(each(21))
})

test('an allocation has its planned start as long as it takes no time', async ({ database }) => {
  const { leave, plannedAts } = await anEmptyCase(database)
  expect(await plannedAts()).toEqual([null, null, null])
  await leave(soonAt(7))
  expect(await plannedAts()).toEqual([soonAt(9), soonAt(9), soonAt(9)])
  await leave(soonAt(9, 30))
  expect(await plannedAts()).toEqual([null, null, null])
})
