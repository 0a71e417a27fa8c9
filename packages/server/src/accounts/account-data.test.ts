import { randomUUID } from 'node:crypto'
import { columnsRead } from '@holdfast/testkit'
import sql, { type Sql } from 'sql-template-tag'
import { expect, test } from 'vitest'
import { call, serverOfFile, signUp } from '../../test/running-server.ts'
import { authSources } from './account-data.ts'

const server = await serverOfFile()

/** Tables that say nothing about a person, and why. */
const withoutPersonalData: Readonly<Record<string, string>> = {
  jwks: 'keys of the server',
  verification: 'secrets of steps that are in progress',
}

test('every table of accounts is read, or has none of a person’s data', async () => {
  const { rows } = await server.database.ownerPool.query<{ name: string }>(`
    select relname as name from pg_class where relnamespace = 'auth'::regnamespace and relkind = 'r'`)
  const read = Object.values(authSources).flatMap(({ tables }) => tables)
  expect([...read, ...Object.keys(withoutPersonalData)].toSorted()).toEqual(rows.map(({ name }) => name).toSorted())
})

/** Columns of the tables that are read which say nothing more about a person, and why. */
const leftOut: Readonly<Record<string, readonly string[]>> = {
  'keys and digests': [
    'account.accountId',
    'account.id',
    'account.userId',
    'emailLink.id',
    'formerEmail.digest',
    'formerEmail.id',
    'passkey.id',
    'recoveryCode.id',
    'session.id',
    'totp.id',
    'user.factorRemovedBy',
  ],
  'secrets, and what they are checked by': [
    'account.password',
    'emailLink.tokenHash',
    'passkey.counter',
    'passkey.credentialId',
    'passkey.publicKey',
    'passkey.transports',
    'recoveryCode.hash',
    'session.token',
    'totp.lastStep',
    'totp.secret',
  ],
  'of the library, for ways to sign in that this server does not have': [
    'account.accessToken',
    'account.accessTokenExpiresAt',
    'account.idToken',
    'account.providerId',
    'account.refreshToken',
    'account.refreshTokenExpiresAt',
    'account.scope',
    'user.image',
  ],
  'steps that are in progress, and what follows from them': [
    'emailLink.isProven',
    'emailLink.purpose',
    'session.secondFactorAt',
    'totp.begunAt',
    'user.feedsValidFrom',
    'user.mustChangePassword',
    'user.tokensValidFrom',
  ],
  'in the security log, which the document has': ['account.createdAt', 'account.updatedAt', 'emailLink.network'],
}

async function columnsOf(statements: Sql[]) {
  const tables = [...new Set(Object.values(authSources).flatMap((source) => source.tables))]
  const { read, all } = await columnsRead(server.database, {
    statements,
    tables: tables.map((table) => `auth."${table}"`),
    searchPath: 'auth',
  })
  return { read, missing: all.filter((column) => !read.includes(column)) }
}

const statements = () => Object.values(authSources).map(({ rows }) => rows(randomUUID()))

test('every column of an account’s tables is read, or is left out for a reason', async () => {
  const { missing } = await columnsOf(statements())
  expect(missing).toEqual(Object.values(leftOut).flat().toSorted())
})

test('negative control: a column that is not read, or that is added, is found', async () => {
  const withoutSessions = statements().filter(({ text }) => !text.includes('from session'))
  expect((await columnsOf(withoutSessions)).missing).toContain('session.ipAddress')
  const pool = server.database.ownerPool
  await pool.query('alter table auth.passkey add column "plantedAt" timestamptz')
  try {
    expect((await columnsOf(statements())).missing).toContain('passkey.plantedAt')
    const planted = sql`select p."plantedAt" from passkey p`
    expect((await columnsOf([...statements(), planted])).missing).not.toContain('passkey.plantedAt')
  } finally {
    await pool.query('alter table auth.passkey drop column "plantedAt"')
  }
})

test('an account reads its name, address and sessions, without passwords and tokens', async () => {
  const { token: bearer } = await signUp(server.url, 'ada@example.org')
  await signUp(server.url, 'ben@example.org')
  const { status, body, text } = await call(`${server.url}/api/v1/me/personal-data`, { bearer })
  expect(status).toBe(200)
  const sections = body.account as { name: string; rows: object[] }[]
  const rowsOf = (name: string) => sections.find((section) => section.name === name)?.rows
  expect(rowsOf('account')).toMatchObject([{ email: 'ada@example.org', emailVerified: false }])
  expect(rowsOf('sessions')).toHaveLength(1)
  expect(text).not.toContain('ben@example.org')
  const { rows } = await server.database.ownerPool.query<{ secret: string }>(`
    select token as secret from auth.session union all select password from auth.account where password is not null`)
  expect(rows.length).toBeGreaterThan(3)
  for (const { secret } of [...rows, { secret: bearer }]) expect(text).not.toContain(secret)
})
