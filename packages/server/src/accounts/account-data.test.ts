import { afterAll, beforeAll, expect, test } from 'vitest'
import { call, type RunningServer, runningServer, signUp } from '../../test/running-server.ts'
import { authSources } from './account-data.ts'

let server: RunningServer

beforeAll(async () => {
  server = await runningServer()
})
afterAll(() => server.end())

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
