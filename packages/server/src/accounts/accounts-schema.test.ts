import { rolledBack } from '@holdfast/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RunningServer, runningServer, signUp } from '../../test/running-server.ts'

let server: RunningServer

beforeAll(async () => {
  server = await runningServer()
  await signUp(server.url, 'somebody@example.org')
})
afterAll(() => server.end())

const attempt = async (statement: string): Promise<string> => {
  return rolledBack(server.database.appPool, async (client) => {
    await client.query(statement)
    return 'done'
  }).catch((error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : String(error)))
}

test.each([
  `update auth."user" set email = 'eve@example.org'`,
  'update auth."user" set id = gen_random_uuid()',
  'delete from auth."user"',
  'update auth.account set "userId" = "userId"',
  'delete from auth.account',
  'update auth.session set token = token',
  'update auth.session set "userId" = "userId"',
  'update auth.session set "expiresAt" = now()',
  'update auth.jwks set "publicKey" = "publicKey"',
  'delete from auth.jwks',
  `update auth.totp set "userId" = "userId"`,
  `update auth."recoveryCode" set hash = hash`,
  `update auth.passkey set "publicKey" = "publicKey"`,
  `update auth.passkey set "credentialId" = "credentialId"`,
  'update auth.verification set value = value',
  'update auth."emailLink" set email = email',
  'delete from auth."formerEmail"',
  `insert into auth."formerEmail" ("userId", digest, "changedAt") select id, 'planted', now() from auth."user"`,
  'truncate auth.session',
  'create table auth.planted ()',
  'alter table auth.session add column planted text',
  'insert into holdfast.site_administrator select id from auth."user"',
])('the application role may not: %s', async (statement) => {
  expect(await attempt(statement)).toBe('42501')
})

test.each([
  `update auth."user" set name = 'Eve'`,
  'update auth."user" set "emailVerified" = true',
  `update auth."user" set "factorRemovedAt" = now(), "factorRemovedBy" = null`,
  'update auth.account set password = password',
  'update auth.session set "updatedAt" = now()',
  'delete from auth.session',
  `update auth.session set "secondFactorAt" = now()`,
  `update auth.totp set "lastStep" = 0`,
  'update auth.passkey set name = name, counter = counter',
  'delete from auth.totp',
  'delete from auth."recoveryCode"',
  'delete from auth.passkey',
  'delete from auth."emailLink"',
  `select auth.change_address('no link')`,
])('it may (the control): %s', async (statement) => {
  expect(await attempt(statement)).toBe('done')
})
