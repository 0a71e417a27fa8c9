import type { TestDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import type pg from 'pg'
import { expect } from 'vitest'
import { clinicTables } from './clinic-tables.ts'
import { withConnections } from './move-connections.ts'
import { tableName } from './moved-tables.ts'

/** The tables that are read as a whole to find the rows of a clinic: no index finds them. Changes are rolled back. */
function readAsAWhole({ ownerUrl }: TestDatabase, change = ''): Promise<string[]> {
  return withConnections(async ({ open }) => {
    const client = await open({ name: 'test', url: ownerUrl })
    await client.query(`begin; set local enable_seqscan = off; ${change}`)
    const read: string[] = []
    for (const table of await clinicTables(client)) {
      if ((await planOf(client, `select from ${tableName(table)} where ${table.of(1000)}`)).includes('Seq Scan')) {
        read.push(table.name)
      }
    }
    return read
  })
}

async function planOf(client: pg.Client, query: string): Promise<string> {
  const { rows } = await client.query<{ 'QUERY PLAN': string }>(`explain ${query}`)
  return rows.map((row) => row['QUERY PLAN']).join('\n')
}

test('a move finds the rows of a clinic by an index, but for the few calendar feeds', async ({ database }) => {
  expect(await readAsAWhole(database)).toEqual(['calendar_feed'])
})

test('negative control: without its index, a move reads all stored responses of the database', async ({ database }) => {
  expect(await readAsAWhole(database, 'drop index holdfast.answer_clinic')).toEqual(['answer', 'calendar_feed'])
})
