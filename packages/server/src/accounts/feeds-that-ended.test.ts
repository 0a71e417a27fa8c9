import { aClinic, aMember } from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { expect, test } from 'vitest'
import { call, serverOfFile, signUp } from '../../test/running-server.ts'
import { aPersonWithApp, accountPassword as password, post } from '../../test/second-factor-steps.ts'

const server = await serverOfFile()

const feedPath = '/api/v1/me/calendar-feed'

async function aPersonWithFeed(email: string) {
  const { id, token } = await signUp(server.url, email, password)
  return { id, token, url: await aFeed(token) }
}

async function aFeed(token: string, path: string = feedPath): Promise<string> {
  const created = await call(`${server.url}${path}`, { method: 'POST', body: {}, bearer: token })
  expect(created.status).toBe(201)
  return `${server.url}${new URL(String(created.body.url)).pathname}`
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
    const { rows } = await client.query<{ row: string }>(sql`select to_jsonb(f)::text as row
        from holdfast.calendar_feed f where created_by = ${id}`)
    expect(rows).toHaveLength(1)
    await end()
    expect((await client.query('select from holdfast.calendar_feed where created_by = $1', [id])).rowCount).toBe(0)
    await client.query(sql`insert into holdfast.calendar_feed select *
        from jsonb_populate_record(null::holdfast.calendar_feed, ${rows[0]?.row})`)
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

test('while a clinic is being moved, the sessions of who created its feed end, and so does the feed', async () => {
  const { id, token } = await signUp(server.url, 'moving@example.org', password)
  const { ownerPool } = server.database
  const clinic = await aClinic(server.database)
  await aMember(server.database, clinic, { role: 'admin', accountId: id })
  const urls = [await aFeed(token), await aFeed(token, `/api/v1/clinics/${clinic.id}/calendar-feed`)]
  const statuses = () => Promise.all(urls.map(statusOf))
  expect(await statuses()).toEqual([200, 200])
  await ownerPool.query(
    `insert into holdfast.moving_clinic (clinic_no, token, refused_until)
     values (${clinic.no}, gen_random_uuid(), 'infinity');
     create trigger moving_clinic before insert or update or delete on holdfast.calendar_feed
       for each row execute function holdfast.refuse_moving_clinic(${clinic.no})`,
  )
  expect((await post(server.url, 'revoke-sessions', {}, token)).status).toBe(200)
  expect(await statuses()).toEqual([404, 404])
  const { rows } = await ownerPool.query('select kind from holdfast.calendar_feed where created_by = $1', [id])
  expect(rows).toEqual([{ kind: 'clinic' }])
})

test('a feed that is created after the end works', async () => {
  const email = 'again@example.org'
  const { token } = await aPersonWithFeed(email)
  expect((await post(server.url, 'revoke-sessions', {}, token)).status).toBe(200)
  const later = await signIn(email)
  expect(await statusOf(await aFeed(later))).toBe(200)
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

test('a feed that was created with a second factor ends when the account has none any more', async () => {
  const { token } = await aPersonWithApp(server, 'factor@example.org')
  const { token: other, url } = await aPersonWithFeed('none@example.org')
  const created = await aFeed(token)
  expect([await statusOf(created), await statusOf(url)]).toEqual([200, 200])
  expect((await post(server.url, 'totp/remove', { password }, token)).status).toBe(200)
  expect([await statusOf(created), await statusOf(url)]).toEqual([404, 200])
  expect([await createdAt(token), await createdAt(other)]).toEqual([null, expect.any(String)])
})
