import { aClinic, aDoctor, aSession, aVisitType, plantFunction, type TestDatabase } from '@holdfast/testkit'
import { freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import { timesSearchedMax } from '@holdfast/vocabulary'
import { expect } from 'vitest'
import { createSessions } from './create-sessions.ts'

const dayMs = 86_400_000

/** A doctor with a session of eight hours on each of so many days, and the query of their times. */
async function manySessions(database: TestDatabase, days: number, gridMinutes: number) {
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic)
  const { id: visitTypeId } = await aVisitType(database, clinic)
  const from = new Date(Math.ceil(Date.now() / dayMs + 1) * dayMs)
  for (let day = 0; day < days; day += 1) {
    await aSession(database, doctor, { startsAt: new Date(from.getTime() + day * dayMs), minutes: 480, gridMinutes })
  }
  await database.ownerPool.query('analyze')
  const to = new Date(from.getTime() + days * dayMs)
  return { clinic, query: { doctorId: doctor.id, visitTypeId, from, to, byDesk: false, accountId: null, limit: 2_000 } }
}

/** How often a list with a custom plan computes what is taken. */
async function computations(database: TestDatabase): Promise<number> {
  const { clinic, query } = await manySessions(database, 62, 10)
  const client = await database.ownerPool.connect()
  try {
    await client.query(`begin; set local track_functions = 'all'; set local plan_cache_mode = force_custom_plan`)
    const { rows } = await client.query(
      'select count(*)::integer as count from holdfast.open_times($1, $2, $3, $4, $5, false, null, 2000)',
      [clinic.no, query.doctorId, query.visitTypeId, query.from, query.to],
    )
    expect(rows).toEqual([{ count: 2_000 }])
    const { rows: counted } = await client.query<{ calls: number }>(
      `select calls::integer as calls from pg_stat_xact_user_functions where funcname = 'taken_times'`,
    )
    return counted[0]?.calls ?? Number.NaN
  } finally {
    await client.query('rollback')
    client.release()
  }
}

test('a list of times computes once what is taken', async ({ database }) => {
  expect(await computations(database)).toBe(1)
})

test('negative control: a custom plan that may repeat it computes it for each session', async ({ database }) => {
  await plantFunction(
    database,
    'open_times',
    { part: 'as materialized', becomes: 'as not materialized' },
    { part: `'force_generic_plan'`, becomes: `'force_custom_plan'` },
  )
  expect(await computations(database)).toBeGreaterThan(50)
})

test('among more than 20,000 starts no times are looked for', async ({ database }) => {
  const { query } = await manySessions(database, 42, 1)
  const { times } = createSessions(database.appPool, () => undefined)
  expect(await times(query)).toBeNull()
  const to = new Date(query.from.getTime() + 41 * dayMs)
  expect(41 * 481).toBeLessThan(timesSearchedMax)
  expect(await times({ ...query, to })).toHaveLength(2_000)
  expect(await times({ ...query, from: to, to })).toEqual([])
})
