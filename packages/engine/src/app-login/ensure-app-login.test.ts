import { test } from '@holdfast/testkit/database-test'
import pg from 'pg'
import { expect } from 'vitest'
import { changeDatabaseUrl, databaseOf } from '../database/database-url.ts'
import { serverSecrets } from '../database/server-secrets.ts'
import { appLoginName, ensureAppLogin } from './ensure-app-login.ts'

let login: string

test.beforeAll(async ({ database }) => {
  login = appLoginName(await query(database.ownerUrl, 'select current_database()'))
})

async function query(url: string, statement: string): Promise<string> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<Record<string, unknown>>(statement)
    return String(Object.values(rows[0] ?? {})[0])
  } finally {
    await client.end()
  }
}

test('eight starts at once get one working login, a member of holdfast_app and no more', async ({ database }) => {
  const urls = await Promise.all(Array.from({ length: 8 }, () => ensureAppLogin({ ownerUrl: database.ownerUrl })))
  expect(new Set(urls).size).toBe(1)
  const url = urls[0] ?? ''
  expect(await query(url, 'select current_user')).toBe(login)
  expect(await query(url, "select pg_has_role('holdfast_app', 'usage')")).toBe('true')
  expect(
    await query(url, 'select rolsuper or rolcreaterole or rolcreatedb from pg_roles where rolname = current_user'),
  ).toBe('false')
})

test('a login with another password, or without its role, is repaired', async ({ database }) => {
  const before = await ensureAppLogin({ ownerUrl: database.ownerUrl })
  await query(database.ownerUrl, `alter role ${login} password 'another'`)
  await query(database.ownerUrl, `revoke holdfast_app from ${login}`)
  const after = await ensureAppLogin({ ownerUrl: database.ownerUrl })
  expect(after).toBe(before)
  expect(await query(after, "select pg_has_role('holdfast_app', 'usage')")).toBe('true')
})

test('an owner who may not create roles reads the SQL to run; DATABASE_APP_URL then suffices', async ({ database }) => {
  const name = `${login}_poor`
  await ensureAppLogin({ ownerUrl: database.ownerUrl })
  await query(database.ownerUrl, `create role ${name} login password 'poor'`)
  await query(database.ownerUrl, `grant ${name} to current_user`)
  try {
    await query(database.ownerUrl, `drop owned by ${login}`)
    await query(database.ownerUrl, `drop role ${login}`)
    await query(database.ownerUrl, `grant connect on database ${databaseOf(database.ownerUrl)} to ${name}`)
    await query(database.ownerUrl, `grant usage on schema holdfast to ${name}`)
    await query(database.ownerUrl, `grant all on holdfast.setting to ${name}`)
    const ownerUrl = changeDatabaseUrl(database.ownerUrl, { user: name, password: 'poor' })
    await expect(ensureAppLogin({ ownerUrl })).rejects.toMatchObject({
      kind: 'privilege_missing',
      message: expect.stringContaining(`CREATE ROLE "${login}" LOGIN PASSWORD '…' IN ROLE holdfast_app;`),
    })
    expect(await ensureAppLogin({ ownerUrl, appUrl: database.appUrl })).toBe(database.appUrl)
  } finally {
    await query(database.ownerUrl, `drop owned by ${name}`)
    await query(database.ownerUrl, `drop role ${name}`)
  }
})

test('DATABASE_APP_URL of the owner, no member, a writer, elsewhere, unreachable is refused', async ({ database }) => {
  const { ownerUrl } = database
  await expect(ensureAppLogin({ ownerUrl, appUrl: ownerUrl })).rejects.toMatchObject({ kind: 'too_powerful' })
  const other = changeDatabaseUrl(ownerUrl, { database: 'postgres' })
  await expect(ensureAppLogin({ ownerUrl, appUrl: other })).rejects.toMatchObject({ kind: 'wrong_database' })
  const nobody = changeDatabaseUrl(ownerUrl, { user: 'nobody_at_all', password: 'x' })
  await expect(ensureAppLogin({ ownerUrl, appUrl: nobody })).rejects.toMatchObject({ kind: 'unreachable' })
  const stranger = `${login}_stranger`
  await query(ownerUrl, `create role ${stranger} login password 'stranger'`)
  try {
    const appUrl = changeDatabaseUrl(ownerUrl, { user: stranger, password: 'stranger' })
    await expect(ensureAppLogin({ ownerUrl, appUrl })).rejects.toMatchObject({ kind: 'not_a_member' })
    await query(ownerUrl, `grant holdfast_app to ${stranger}`)
    expect(await ensureAppLogin({ ownerUrl, appUrl })).toBe(appUrl)
    await query(ownerUrl, `grant pg_write_all_data to ${stranger}`)
    await expect(ensureAppLogin({ ownerUrl, appUrl })).rejects.toMatchObject({
      kind: 'too_powerful',
      message: expect.stringContaining('may write allocation, booking, booking_event, idempotency, slot without'),
    })
    await query(ownerUrl, `revoke pg_write_all_data from ${stranger}`)
    await query(ownerUrl, `grant update (status) on holdfast.booking to ${stranger}`)
    await expect(ensureAppLogin({ ownerUrl, appUrl })).rejects.toMatchObject({
      kind: 'too_powerful',
      message: expect.stringContaining('may write booking without'),
    })
    await query(ownerUrl, `revoke update (status) on holdfast.booking from ${stranger}`)
    expect(await ensureAppLogin({ ownerUrl, appUrl })).toBe(appUrl)
  } finally {
    await query(ownerUrl, `drop owned by ${stranger}`)
    await query(ownerUrl, `drop role ${stranger}`)
  }
})

test('a login name fits into 63 bytes, and is unique for long database names', () => {
  expect(appLoginName('clinic')).toBe('clinic_holdfast_app')
  const long = ['ä'.repeat(31), `${'ä'.repeat(30)}x`].map(appLoginName)
  for (const name of long) expect(Buffer.byteLength(name)).toBeLessThanOrEqual(63)
  expect(long[0]).not.toBe(long[1])
})

test('the secret is generated once, also by concurrent processes; HOLDFAST_SECRET goes first', async ({ database }) => {
  const secrets = await Promise.all(Array.from({ length: 8 }, () => serverSecrets(database.ownerPool, null)))
  expect(new Set(secrets.map((one) => one.join())).size).toBe(1)
  expect(Buffer.from(secrets[0]?.[0] ?? '', 'base64url')).toHaveLength(32)
  expect(await serverSecrets(database.ownerPool, ['new', 'old'])).toEqual(['new', 'old'])
  await expect(serverSecrets(database.appPool, null)).rejects.toThrow('permission denied')
})
