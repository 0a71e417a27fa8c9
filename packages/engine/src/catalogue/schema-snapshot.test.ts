// Completeness: schema.snapshot.sql is out of date: run `npm run snapshot --workspace packages/engine`
import { createEmptyDatabase, createTestDatabase } from '@holdfast/testkit'
import pg from 'pg'
import { expect, test } from 'vitest'
import { ledgerDefinition } from '../migrate/ledger.ts'
import { describeSchema } from './describe-schema.ts'

const snapshot = new URL('../../schema.snapshot.sql', import.meta.url).pathname

const header = `-- The schema that the migrations make, written by a test from the catalogue; nothing runs this file.
-- After a new migration: npm run snapshot --workspace packages/engine

`

async function describe(url: string, before = ''): Promise<string> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(`begin; set local search_path = public; ${before}`)
    return await describeSchema(client)
  } finally {
    await client.end()
  }
}

test('the migrations make exactly what schema.snapshot.sql shows', async () => {
  const database = await createTestDatabase()
  try {
    await expect(header + (await describe(database.ownerUrl))).toMatchFileSnapshot(snapshot)
  } finally {
    await database.drop()
  }
})

test('negative control: a column, an index or a looser check more is another text', async () => {
  const database = await createTestDatabase()
  try {
    const clean = await describe(database.ownerUrl)
    for (const change of [
      'alter table holdfast.slot add column planted integer',
      'alter table holdfast.slot alter column taken drop default',
      'alter table holdfast.slot reset (fillfactor)',
      'create index planted on holdfast.slot (ends_at)',
      'alter table holdfast.slot drop constraint slot_never_overbooked',
      'alter table holdfast.slot drop constraint slot_clinic_no_resource_id_fkey',
      'alter sequence holdfast.booking_event_seq cache 10',
      `create trigger planted before update on holdfast.slot for each row
         execute function suppress_redundant_updates_trigger()`,
    ]) {
      expect(await describe(database.ownerUrl, change)).not.toBe(clean)
    }
  } finally {
    await database.drop()
  }
})

test('the snapshot is complete: run on an empty database, it creates the same schema', async () => {
  const migrated = await createTestDatabase()
  const empty = await createEmptyDatabase()
  try {
    const text = await describe(migrated.ownerUrl)
    expect(await describe(empty.ownerUrl, text)).toBe(text)
    // It includes the ledger, which is created before the first migration.
    expect(ledgerDefinition).toContain('holdfast.function_file')
    expect(text).toContain('create table holdfast.function_file')
  } finally {
    await Promise.all([migrated.drop(), empty.drop()])
  }
})
