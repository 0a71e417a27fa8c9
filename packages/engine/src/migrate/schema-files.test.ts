// Completeness: a change of the schema files needs a migration that makes the same change
import { execFileSync } from 'node:child_process'
import { createEmptyDatabase } from '@holdfast/testkit'
import pg from 'pg'
import { expect, test } from 'vitest'
import { describeSchema } from '../../test/describe-schema.ts'
import { ledgerDefinition } from './ledger.ts'
import { engineRoot } from './read-release.ts'
import { sqlFiles } from './sql-files.ts'

const { schema, migrations } = await sqlFiles()
const schemaTexts = schema.files.map(({ text }) => text)

/** What texts create in an empty database, one after the other; and then each of the changes, alone. */
async function schemasOf(texts: string[], changes: string[] = []): Promise<{ schema: string; changed: string[] }> {
  const database = await createEmptyDatabase()
  const client = new pg.Client({ connectionString: database.ownerUrl })
  await client.connect()
  try {
    await client.query('begin')
    await client.query('set local client_min_messages = warning')
    for (const text of [ledgerDefinition, ...texts]) await client.query(text)
    await client.query('savepoint created')
    const described = await describeSchema(client)
    const changed: string[] = []
    for (const change of changes) {
      await client.query('rollback to savepoint created')
      await client.query(change)
      changed.push(await describeSchema(client))
    }
    return { schema: described, changed }
  } finally {
    await client.end()
    await database.drop()
  }
}

const git = (...args: string[]) => execFileSync('git', args, { cwd: engineRoot, encoding: 'utf8' })
const namesAt = (tag: string, folder: string) =>
  git('ls-tree', '--name-only', tag, `${folder}/`)
    .split('\n')
    .filter((path) => path.endsWith('.sql'))

/**
 * The last release whose schema is in files: its tag, or in a checkout without tags the commit before the version was
 * raised. undefined: there is none, or this checkout lacks its history.
 */
function lastRelease(): string | undefined {
  try {
    const tags = git('tag', '--list', 'v*', '--merged', 'HEAD', '--sort=-version:refname').split('\n')
    const raised = git('log', '-1', '--format=%H^', '-G"version":', '--', ':/package.json').trim()
    return [...tags, raised].find((commit) => commit !== '' && namesAt(commit, 'sql/schema').length > 0)
  } catch {
    return undefined
  }
}

const release = lastRelease()

test('the migrations since the last release lead to the schema files', async () => {
  // A checkout without its history, such as an archive, cannot tell what the last release was.
  const advice = 'the last release is not in this checkout: git fetch --tags --unshallow'
  if (release === undefined) return expect(migrations, advice).toEqual([])
  const tag = release
  const released = namesAt(tag, 'sql/schema').map((path) => git('show', `${tag}:./${path}`))
  const known = new Set(namesAt(tag, 'sql/migrations'))
  const added = migrations.filter(({ name }) => !known.has(`sql/migrations/${name}.sql`))
  const migrated = await schemasOf([...released, ...added.map(({ text }) => text)])
  const written = await schemasOf(schemaTexts)
  expect(migrated.schema, 'a migration is missing, or does not do what the schema files say').toBe(written.schema)
})

const changes = [
  'alter table holdfast.slot add column planted integer',
  'alter table holdfast.slot alter column taken drop default',
  'alter table holdfast.slot reset (fillfactor)',
  'create index planted on holdfast.slot (ends_at)',
  'alter table holdfast.slot drop constraint slot_never_overbooked',
  'alter table holdfast.slot drop constraint slot_clinic_no_resource_id_fkey',
  'alter sequence holdfast.booking_event_seq cache 10',
  'alter table holdfast.booking alter column patient set statistics -1',
  'alter table holdfast.clinic_logo alter column image set storage extended',
  'alter table holdfast.archived_row alter column place drop identity',
  'drop view holdfast.recent_event',
  'alter type holdfast.case_need add attribute planted integer',
  `create trigger planted before update on holdfast.slot for each row
     execute function suppress_redundant_updates_trigger()`,
]

test('negative control: any change of the schema is another text, and none is the same', async () => {
  const { schema: clean, changed } = await schemasOf(schemaTexts, ['select 1', ...changes])
  expect(changed.map((text, n) => text === clean || (['none', ...changes][n] ?? ''))).toEqual([true, ...changes])
})
