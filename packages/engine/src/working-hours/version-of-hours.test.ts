// Guarantee: the version that comes with working hours is that of these hours, so that who changes them overwrites no
// change that they have not seen.
import { aClinic, aDoctor, ofKind, type TestDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { aBand, hoursOf } from '../../test/working-hours.ts'
import type { WorkingHours } from '../model/working-hours.ts'
import { createWorkingHours } from './create-working-hours.ts'

const at = (from: string) => [aBand({ from, to: '18:00' })]
const startsOf = ({ versions }: WorkingHours) => versions.map(({ bands }) => bands.map(({ from }) => from))

async function aScene(database: TestDatabase) {
  const doctor = await aDoctor(database, await aClinic(database, { settings: { bookingHorizonDays: 5 } }))
  const hours = createWorkingHours(database.appPool, () => undefined)
  const set = async (from: string, version: number | null) => {
    return ofKind(await hours.set(hoursOf(doctor, at(from), { version })), 'done').hours
  }
  return { doctor, hours, set }
}

type Query = (statement: string) => Promise<unknown>

/** The pool, with another way to run the queries that are in no transaction. */
function withQueries(pool: TestDatabase['appPool'], queryOf: (query: Query) => Query) {
  const query = queryOf((statement) => pool.query(statement))
  return new Proxy(pool, { get: (target, name) => (name === 'query' ? query : Reflect.get(target, name, target)) })
}

test('hours that change while they are read are refused to whoever changes what was read', async ({ database }) => {
  const { doctor, hours, set } = await aScene(database)
  await set('08:00', 0)
  let version = 1
  const pool = withQueries(database.appPool, (query) => async (statement) => {
    const result = await query(statement)
    await set(`${10 + version}:00`, version)
    version += 1
    return result
  })
  const read = await createWorkingHours(pool, () => undefined).read(doctor.id)
  expect([read.version, startsOf(read)]).toEqual([1, [['08:00']]])
  const late = await hours.set(hoursOf(doctor, at('07:00'), { version: read.version }))
  expect(late).toEqual({ kind: 'working_hours_changed', version })
})

test('a change returns what it has written, and not what another one has written meanwhile', async ({ database }) => {
  const { doctor, hours, set } = await aScene(database)
  const text = 'select from holdfast.working_calendar where resource_id = $1 and version = 1'
  const pool = withQueries(database.appPool, (query) => async (statement) => {
    // The first query after the transaction that writes the hours.
    if ((await database.ownerPool.query(text, [doctor.id])).rowCount === 1) await set('14:00', 1)
    return query(statement)
  })
  const first = await createWorkingHours(pool, () => undefined).set(hoursOf(doctor, at('08:00'), { version: 0 }))
  if (first.kind !== 'done') throw new Error(first.kind)
  expect([first.hours.version, startsOf(first.hours)]).toEqual([1, [['08:00']]])
  const read = await hours.read(doctor.id)
  expect([read.version, startsOf(read)]).toEqual([2, [['14:00']]])
  expect(first.hours.filledUntil).toBe(read.filledUntil)
  const again = await hours.set(hoursOf(doctor, at('08:30'), { version: first.hours.version }))
  expect(again).toEqual({ kind: 'working_hours_changed', version: 2 })
})
