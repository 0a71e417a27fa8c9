import { createEmptyDatabase } from '@holdfast/testkit'
import type pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { files, withMigration } from '../../test/planted-files.ts'
import { changeDatabaseUrl } from '../database/database-url.ts'
import { createPool } from '../database/pools.ts'
import { migrate } from './migrate.ts'
import { migrationStatus } from './migration-status.ts'

let database: Awaited<ReturnType<typeof createEmptyDatabase>>
let owner: pg.Pool

beforeEach(async () => {
  database = await createEmptyDatabase()
  owner = createPool({ url: database.ownerUrl, max: 4, name: 'test owner' })
})
afterEach(async () => {
  await owner.end()
  await database.drop()
})

async function value(statement: string): Promise<unknown> {
  const { rows } = await owner.query<Record<string, unknown>>(statement)
  return Object.values(rows[0] ?? {})[0]
}

const applied = [files.schema, ...files.migrations]
const newestVersion = Math.max(...applied.map((file) => file.version))

test('an empty database gets everything, and a second time nothing', async () => {
  expect((await migrationStatus(owner)).pending).toContain(files.schema.name)
  const first = await migrate({ ownerUrl: database.ownerUrl })
  expect(first).toEqual({
    applied: applied.map((file) => file.name),
    functions: files.functions.map((file) => file.name),
    version: newestVersion,
    postponed: [],
  })
  expect(await migrate({ ownerUrl: database.ownerUrl })).toEqual({
    applied: [],
    functions: [],
    version: newestVersion,
    postponed: [],
  })
})

test('six processes at once: one migrates, the others wait for it', async () => {
  const logs: string[] = []
  const results = await Promise.all(
    Array.from({ length: 6 }, () => migrate({ ownerUrl: database.ownerUrl, log: (line) => void logs.push(line) })),
  )
  expect(results.filter((result) => result.applied.length > 0)).toHaveLength(1)
  expect(results.filter((result) => result.functions.length > 0)).toHaveLength(1)
  expect(logs).toContain('Another process is migrating this database: waiting for it.')
  expect(await value('select count(*)::int from holdfast.migration')).toBe(applied.length)
})

test('a new database has what the migrations would change: none of them runs', async () => {
  const result = await migrate({ ownerUrl: database.ownerUrl, files: withMigration(9000, 'select 1 / 0') })
  expect(result).toMatchObject({ applied: [...applied.map((file) => file.name), '9000-planted'], version: 9000 })
  expect(await migrationStatus(owner)).toEqual({ current: true, pending: [] })
})

test('a failing file of the schema leaves nothing behind, and is named', async () => {
  const planted = { name: '99-planted', text: 'select 1 / 0', checksum: '' }
  const broken = { ...files, schema: { ...files.schema, files: [...files.schema.files, planted] } }
  await expect(migrate({ ownerUrl: database.ownerUrl, files: broken })).rejects.toThrow(
    'schema/99-planted.sql: division by zero',
  )
  expect(await value("select to_regclass('holdfast.clinic')")).toBe(null)
  expect(await value('select count(*)::int from holdfast.migration')).toBe(0)
  expect((await migrate({ ownerUrl: database.ownerUrl })).version).toBe(newestVersion)
})

test('for a login without privileges, the error names what is missing and the SQL that grants it', async () => {
  const name = new URL(database.ownerUrl).pathname.slice(1)
  await owner.query(`create role ${name}_poor login password 'poor'; grant ${name}_poor to current_user`)
  try {
    const ownerUrl = changeDatabaseUrl(database.ownerUrl, { user: `${name}_poor`, password: 'poor' })
    await expect(migrate({ ownerUrl })).rejects.toMatchObject({
      kind: 'privilege_missing',
      message: expect.stringContaining(`GRANT CREATE ON DATABASE "${name}" TO "${name}_poor";`),
    })
    await migrate({ ownerUrl: database.ownerUrl })
    await owner.query(`grant create on database ${name} to ${name}_poor`)
    await expect(migrate({ ownerUrl })).rejects.toMatchObject({
      message: expect.stringContaining(`ALTER SCHEMA holdfast OWNER TO "${name}_poor";`),
    })
  } finally {
    await owner.query(`drop owned by ${name}_poor`)
    await owner.query(`drop role ${name}_poor`)
  }
})

test('an owner that is not a superuser can migrate', async () => {
  const name = new URL(database.ownerUrl).pathname.slice(1)
  await owner.query(`create role ${name}_owner login password 'owner'; grant ${name}_owner to current_user`)
  try {
    await owner.query(`grant create on database ${name} to ${name}_owner`)
    const ownerUrl = changeDatabaseUrl(database.ownerUrl, { user: `${name}_owner`, password: 'owner' })
    expect((await migrate({ ownerUrl })).version).toBe(newestVersion)
    expect((await migrate({ ownerUrl })).functions).toEqual([])
  } finally {
    await owner.query(`drop owned by ${name}_owner cascade`)
    await owner.query(`drop role ${name}_owner`)
  }
})

test('a database whose encoding cannot represent every name is refused', async () => {
  const name = `${new URL(database.ownerUrl).pathname.slice(1)}_ascii`
  await owner.query(`create database ${name} encoding 'SQL_ASCII' locale 'C' template template0`)
  try {
    const ownerUrl = changeDatabaseUrl(database.ownerUrl, { database: name })
    await expect(migrate({ ownerUrl })).rejects.toMatchObject({
      kind: 'encoding',
      message: expect.stringContaining('SQL_ASCII'),
    })
  } finally {
    await owner.query(`drop database ${name} with (force)`)
  }
})
