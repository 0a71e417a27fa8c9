import { aClinic, aDoctor, aSession, aVisitType, plantFunction, rolledBack, type TestDatabase } from '@holdfast/testkit'
import { freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import { timesSearchedMax } from '@holdfast/vocabulary'
import { expect, vi } from 'vitest'
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
  const whose = { clinicNo: clinic.no, doctorId: doctor.id, visitTypeId, byDesk: false, accountId: null }
  return { clinic, query: { ...whose, from, to, limit: 2_000 } }
}

/** How often a list with a custom plan computes what is taken. */
async function computations(database: TestDatabase): Promise<number> {
  const { clinic, query } = await manySessions(database, 62, 10)
  return rolledBack(database.ownerPool, async (client) => {
    await client.query(`set local track_functions = 'all'; set local plan_cache_mode = force_custom_plan`)
    const { rows } = await client.query(
      'select count(*)::integer as count from holdfast.open_times($1, $2, $3, $4, $5, false, false, 2000)',
      [clinic.no, query.doctorId, query.visitTypeId, query.from, query.to],
    )
    expect(rows).toEqual([{ count: 2_000 }])
    const { rows: counted } = await client.query<{ calls: number }>(`select calls::integer as calls
        from pg_stat_xact_user_functions where funcname = 'taken_times'`)
    return counted[0]?.calls ?? Number.NaN
  })
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

test('sessions are searched until they have 20,000 starts', async ({ database }) => {
  const { clinic, query } = await manySessions(database, 42, 1)
  const { times } = createSessions(database.appPool, () => undefined)
  const after = (days: number) => new Date(query.from.getTime() + days * dayMs)
  expect(41 * 481).toBeLessThan(timesSearchedMax)
  const { items, searchedUntil } = await times(query)
  expect(items).toHaveLength(2_000)
  expect(searchedUntil).toEqual(after(41))
  expect(await times({ ...query, to: after(41) })).toEqual({ items, searchedUntil })
  expect(await times({ ...query, from: after(41), to: after(41) })).toEqual({ items: [], searchedUntil })
  // With a second doctor, half as many days.
  const other = await aDoctor(database, clinic)
  for (let day = 0; day < 42; day += 1) {
    await aSession(database, other, { startsAt: after(day), minutes: 480, gridMinutes: 1 })
  }
  const ofBoth = await times({ ...query, doctorId: null, from: after(10) })
  expect(ofBoth.searchedUntil).toEqual(after(30))
})

test('an empty range of times is read without a query', async ({ database }) => {
  const { query } = await manySessions(database, 1, 60)
  const asked = vi.fn(() => Promise.reject(new Error('asked')))
  const { times } = createSessions({ query: asked } as never, () => undefined)
  for (const later of [0, 5]) {
    const from = new Date(query.to.getTime() + later)
    expect(await times({ ...query, from })).toEqual({ items: [], searchedUntil: query.to })
  }
  await expect(times(query)).rejects.toThrow('asked')
})
