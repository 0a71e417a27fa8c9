// Completeness: a table or column is neither verified nor named as out of scope
import { rolledBack, type TestDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import pg from 'pg'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { type Consequence, corruptedColumns } from '../../test/corrupted-columns.ts'
import { corruptedPatients } from '../../test/corrupted-patients.ts'
import { corruptedRows } from '../../test/corrupted-rows.ts'
import { notVerified } from '../../test/tables-not-verified.ts'
import { aVerifiedClinic, withIds } from '../../test/verify-scene.ts'
import { verify } from './verify.ts'

const corruptedTables = { ...corruptedColumns, ...corruptedPatients }

/** The kinds that are found after a change by hand, which is undone; or the constraint that rejects it. */
async function consequenceOf(database: TestDatabase, clinicNo: number, statement: string): Promise<string[]> {
  return rolledBack(database.ownerPool, async (client) => {
    const { rowCount } = await client.query(statement)
    if (rowCount === 0) throw new Error(`It changes nothing: ${statement}`)
    const { rows } = await client.query<{ kind: string }>(sql`select d->>'kind' as kind
          from holdfast.verify_clinic(${clinicNo}, 50) v cross join jsonb_array_elements(v.details) d
        union all select kind from holdfast.verify_receivers()`)
    return rows.map(({ kind }) => kind)
  }).catch((error: unknown) => {
    if (error instanceof pg.DatabaseError && error.constraint !== undefined) return [error.constraint]
    throw error
  })
}

const isAs = (expected: Consequence, kinds: readonly string[]) =>
  typeof expected === 'string'
    ? kinds.includes(expected)
    : 'refusedBy' in expected
      ? kinds.length === 1 && kinds[0] === expected.refusedBy
      : kinds.length === 0

test('each change by hand is found, rejected, or named as out of scope', async ({ database }) => {
  const { clinic, ids } = await aVerifiedClinic(database)
  const all = { clinicNo: clinic.no, detailsMax: 9 }
  expect((await verify(database.appPool, all)).details).toEqual([])
  const rows: [name: string, statement: string, expected: Consequence][] = Object.entries(corruptedRows).map(
    ([name, [statement, expected]]) => [name, statement, expected],
  )
  for (const [table, { where, columns }] of Object.entries(corruptedTables)) {
    for (const [column, [value, expected, itsWhere]] of Object.entries(columns)) {
      const statement = `update holdfast.${table} set ${column} = ${value} where ${itsWhere ?? where}`
      rows.push([`${table}.${column}`, statement, expected])
    }
  }
  const wrong = []
  for (const [name, statement, expected] of rows) {
    const kinds = await consequenceOf(database, clinic.no, withIds(statement, ids))
    if (!isAs(expected, kinds)) wrong.push({ name, expected, kinds })
  }
  expect(wrong).toEqual([])
  // Nothing was changed by the way.
  expect((await verify(database.appPool, all)).details).toEqual([])
})

test('each column of each table that verify is responsible for is changed, and no other', async ({ database }) => {
  const { rows } = await database.ownerPool.query<{ table: string; columns: string[] }>(`
    select c.table_name as table, array_agg(c.column_name::text order by c.ordinal_position) as columns
      from information_schema.columns c
      join information_schema.tables t using (table_schema, table_name)
     where c.table_schema = 'holdfast' and t.table_type = 'BASE TABLE'
       and not (select c.relispartition from pg_class c where c.oid = format('holdfast.%I', table_name)::regclass)
     group by c.table_name`)
  const stored = Object.fromEntries(rows.map(({ table, columns }) => [table, [...columns].sort()]))
  const listed = Object.fromEntries(
    Object.entries(corruptedTables).map(([table, { columns }]) => [table, Object.keys(columns).sort()]),
  )
  const tables = new Set(Object.keys(stored))
  for (const table of Object.keys(notVerified)) delete stored[table]
  expect(listed).toEqual(stored)
  expect(Object.keys(notVerified).filter((table) => !tables.has(table))).toEqual([])
})
