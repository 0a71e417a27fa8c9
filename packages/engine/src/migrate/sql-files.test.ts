// Completeness: an SQL file breaks the rules for its name
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readSqlFiles, type SqlFiles } from './sql-files.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'holdfast-sql-'))
})
afterEach(() => rm(root, { recursive: true }))

async function read(files: Record<string, string>): Promise<SqlFiles> {
  const always = { 'package.json': '{"version": "1.2.3"}', 'sql/grants.sql': 'select 1;' }
  for (const folder of ['sql/schema', 'sql/migrations', 'sql/functions'])
    await mkdir(join(root, folder), { recursive: true })
  for (const [name, text] of Object.entries({ ...always, ...files })) {
    await mkdir(dirname(join(root, name)), { recursive: true })
    await writeFile(join(root, name), text)
  }
  return readSqlFiles(pathToFileURL(`${root}/`))
}

test('migrations are ordered by number, and line endings do not change a checksum', async () => {
  const files = await read({
    'sql/migrations/0404-b.sql': 'select 1;\nselect 2;\n',
    'sql/migrations/0403-a.sql': 'select 1;\r\nselect 2;\r\n',
    'sql/functions/notes.md': 'not SQL',
  })
  expect(files.migrations.map((file) => [file.version, file.name])).toEqual([
    [403, '0403-a'],
    [404, '0404-b'],
  ])
  expect(files.migrations[0]?.checksum).toBe(files.migrations[1]?.checksum)
  expect(files).toMatchObject({ functions: [], release: '1.2.3', grants: 'select 1;' })
})

test('the files of the schema are in order, and a change of one changes its checksum', async () => {
  const [one, other] = [
    await read({ 'sql/schema/02-b.sql': 'select 2;', 'sql/schema/01-a.sql': 'select 1;' }),
    await read({ 'sql/schema/02-b.sql': 'select 3;' }),
  ]
  expect(one.schema).toMatchObject({ version: 402, name: '0402-schema', files: [{ name: '01-a' }, { name: '02-b' }] })
  expect(other.schema.checksum).not.toBe(one.schema.checksum)
})

test('functions are ordered by their names, whatever folders they are in', async () => {
  const files = await read({ 'sql/functions/b/a.sql': '', 'sql/functions/a/c.sql': '', 'sql/functions/b.sql': '' })
  expect(files.functions.map(({ name }) => name)).toEqual(['a', 'b', 'c'])
})

test.each<[string, Record<string, string>]>([
  ['The name of 1-a.sql', { 'sql/migrations/1-a.sql': '' }],
  ['The name of Planted.sql', { 'sql/functions/Planted.sql': '' }],
  ['Two files create the function claim', { 'sql/functions/a/claim.sql': '', 'sql/functions/b/claim.sql': '' }],
  ['The name of tables.sql', { 'sql/schema/tables.sql': '' }],
  ['Two migrations have the number 403', { 'sql/migrations/0403-a.sql': '', 'sql/migrations/0403-b.sql': '' }],
  ['The number of 0402-a should be above', { 'sql/migrations/0402-a.sql': '' }],
  ["The engine's package.json has no version", { 'package.json': '{}' }],
])('refused: %s', async (message, files) => {
  await expect(read(files)).rejects.toThrow(message)
})
