import { accountOperations, type Operation, secondFactorOperations } from '@holdfast/contract'
import { signedInAgo } from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { expect, test } from 'vitest'
import { call, serverOfFile, serverOn, signUp } from '../../../test/running-server.ts'
import { isRecorded } from './record-account-events.ts'

/** Passkeys work at an address with https, on its own pages. */
const origin = 'https://book.example.org'

const server = await serverOfFile({ HOLDFAST_URL: origin })

const all: Operation[] = [...Object.values(accountOperations), ...Object.values(secondFactorOperations)]

const checking = all
  .filter(({ problems }) => problems?.includes('password_wrong'))
  .map(({ id, method, url }) => ({ id, method, url }))

/** What the operations' bodies need beside the password. */
const bodies: Record<string, object> = {
  changePassword: { currentPassword: 'a wrong password', newPassword: 'another fine password' },
  changeEmail: { newEmail: 'another@example.org' },
  revokeSession: { id: crypto.randomUUID() },
  removePasskey: { id: crypto.randomUUID() },
}

/** An account whose session began long enough ago that its password is asked for. */
async function aPerson() {
  const person = await signUp(server.url, `${crypto.randomUUID()}@example.org`)
  await signedInAgo(server.database, person.id)
  return person
}

async function tracesOf(accountId: string): Promise<string[]> {
  const { rows } = await server.database.ownerPool.query<{ kind: string }>(sql`
    select kind from holdfast.audit_event where actor_id = ${accountId} and kind like 'password%failed'`)
  return rows.map(({ kind }) => kind)
}

test('there are operations that check the password, each with a rule for the security log', () => {
  expect(checking.length).toBeGreaterThan(8)
  expect(checking.filter(({ url }) => !isRecorded(url))).toEqual([])
})

test.each(checking)('a wrong password at $id leaves a trace', async ({ id, method, url }) => {
  const { id: accountId, token: bearer } = await aPerson()
  const password = id === 'changePassword' ? {} : { password: 'a wrong password' }
  const { status, body } = await call(server.url + url, {
    method,
    body: { ...password, ...bodies[id] },
    bearer,
    headers: { origin },
  })
  expect([status, body.code]).toEqual([expect.any(Number), 'password_wrong'])
  const kind = id === 'changePassword' ? 'password_change_failed' : 'password_check_failed'
  await expect.poll(() => tracesOf(accountId)).toEqual([kind])
})

test('a password whose check takes longer than a response may is no wrong one', async () => {
  const { id, token: bearer } = await aPerson()
  const slow = await serverOn(server.database, { HOLDFAST_URL: origin, HOLDFAST_ANSWER_SECONDS_MAX: '1' })
  const blocking = await server.database.ownerPool.connect()
  try {
    await blocking.query('begin')
    await blocking.query('lock table auth.account in access exclusive mode')
    const body = { newEmail: 'slow@example.org', password: 'a wrong password' }
    const { status } = await call(slow.url + accountOperations.changeEmail.url, { method: 'POST', body, bearer })
    expect(status).toBe(503)
  } finally {
    await blocking.query('rollback')
    blocking.release()
    // It writes its security log.
    await slow.stop()
  }
  expect(await tracesOf(id)).toEqual([])
})

test('a password that was not sent is no wrong one', async () => {
  const { id, token: bearer } = await aPerson()
  const url = server.url + accountOperations.changeEmail.url
  const missing = await call(url, { method: 'POST', body: { newEmail: 'other@example.org' }, bearer })
  expect(missing.body.code).toBe('password_wrong')
  await call(`${server.url}/api/auth/token`, { bearer })
  await expect
    .poll(async () => {
      const { rows } = await server.database.ownerPool.query(sql`select kind from holdfast.audit_event
          where actor_id = ${id} order by seq`)
      return rows.map(({ kind }) => kind)
    })
    .toEqual(['sign_in', 'token_issued'])
})
