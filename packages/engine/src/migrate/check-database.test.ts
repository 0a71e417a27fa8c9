import { expect, test } from 'vitest'
import { type DatabaseFacts, judgeDatabase } from './check-database.ts'

const good: DatabaseFacts = {
  version: 150_000,
  version_text: '15.0',
  in_recovery: false,
  read_only: false,
  encoding: 'UTF8',
  login: 'me',
  database: 'clinic',
  may_create_in_database: true,
  schema_exists: false,
  schema_owner: null,
  owns_schema: true,
  has_icu: true,
  extension_installed: false,
  extension_available: true,
  app_role_exists: false,
  in_app_role: false,
  may_create_role: true,
}

test('PostgreSQL 15 and an owner’s privileges are enough', () => {
  expect(() => judgeDatabase(good)).not.toThrow()
})

// The cases that need another server; the others are in migrate.test.ts, with a real one.
test.each<[string, Partial<DatabaseFacts>, string]>([
  ['server_too_old', { version: 140_011, version_text: '14.11' }, 'PostgreSQL 14.11'],
  ['read_only', { in_recovery: true }, 'standby'],
  ['read_only', { read_only: true }, 'move-database --reopen'],
  ['icu_missing', { has_icu: false }, 'built without ICU'],
  ['extension_missing', { extension_available: false }, 'btree_gist'],
  ['privilege_missing', { may_create_role: false }, 'CREATE ROLE holdfast_app NOLOGIN;'],
])('%s', (kind, facts, message) => {
  expect(() => judgeDatabase({ ...good, ...facts })).toThrow(expect.objectContaining({ kind }))
  expect(() => judgeDatabase({ ...good, ...facts })).toThrow(message)
})
