import { afterAll, beforeAll, expect, test } from 'vitest'
import { call, type RunningServer, runningServer, signUp } from '../../test/running-server.ts'
import { accountPassword as password, post } from '../../test/second-factor-steps.ts'

let server: RunningServer

beforeAll(async () => {
  server = await runningServer()
})
afterAll(() => server.end())

const feedPath = '/api/v1/me/calendar-feed'

async function aPersonWithFeed(email: string) {
  const { id, token } = await signUp(server.url, email, password)
  const created = await call(`${server.url}${feedPath}`, { method: 'POST', body: {}, bearer: token })
  expect(created.status).toBe(201)
  const url = new URL(String(created.body.url))
  return { id, token, url: `${server.url}${url.pathname}` }
}

const statusOf = async (url: string) => (await call(url)).status

const createdAt = async (token: string) => (await call(`${server.url}${feedPath}`, { bearer: token })).body.createdAt

async function signIn(email: string): Promise<string> {
  return String((await post(server.url, 'sign-in/email', { email, password })).body.token)
}

/** What ends an account's sessions deletes its feeds, but not their rows in a shard: such a row is stored again. */
async function endButKeepRow(id: string, end: () => Promise<unknown>): Promise<void> {
  const { ownerPool } = server.database
  const client = await ownerPool.connect()
  try {
    const { rows } = await client.query<{ row: string }>(
      'select to_jsonb(f)::text as row from holdfast.calendar_feed f where created_by = $1',
      [id],
    )
    expect(rows).toHaveLength(1)
    await end()
    expect((await client.query('select from holdfast.calendar_feed where created_by = $1', [id])).rowCount).toBe(0)
    await client.query(
      'insert into holdfast.calendar_feed select * from jsonb_populate_record(null::holdfast.calendar_feed, $1)',
      [rows[0]?.row],
    )
  } finally {
    client.release()
  }
}

test('a feed that is older than the end of its account’s sessions has ended, though its row is stored', async () => {
  const email = 'ended@example.org'
  const { id, token, url } = await aPersonWithFeed(email)
  expect(await statusOf(url)).toBe(200)
  await endButKeepRow(id, async () => {
    expect((await post(server.url, 'revoke-sessions', {}, token)).status).toBe(200)
  })
  expect(await statusOf(url)).toBe(404)
  const later = await signIn(email)
  expect(await createdAt(later)).toBeNull()
  // The control: without the mark, the row is a feed.
  await server.database.ownerPool.query('update auth."user" set "feedsValidFrom" = null where id = $1', [id])
  expect(await statusOf(url)).toBe(200)
  expect(await createdAt(later)).not.toBeNull()
})

test('a feed that is created after the end works', async () => {
  const email = 'again@example.org'
  const { token } = await aPersonWithFeed(email)
  expect((await post(server.url, 'revoke-sessions', {}, token)).status).toBe(200)
  const later = await signIn(email)
  const created = await call(`${server.url}${feedPath}`, { method: 'POST', body: {}, bearer: later })
  expect(await statusOf(`${server.url}${new URL(String(created.body.url)).pathname}`)).toBe(200)
})

test('a change of the password that ends no session ends no feed', async () => {
  const { token, url } = await aPersonWithFeed('changed@example.org')
  const change = { currentPassword: password, newPassword: `${password} more` }
  expect((await post(server.url, 'change-password', change, token)).status).toBe(200)
  expect(await statusOf(url)).toBe(200)
  const other = { currentPassword: `${password} more`, newPassword: password, revokeOtherSessions: true }
  expect((await post(server.url, 'change-password', other, token)).status).toBe(200)
  expect(await statusOf(url)).toBe(404)
})
