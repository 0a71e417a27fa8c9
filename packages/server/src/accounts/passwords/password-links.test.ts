import { randomUUID } from 'node:crypto'
import { rolledBack } from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestAccounts } from '../../../test/open-test-accounts.ts'
import { type RunningServer, runningServer, signIn, signUp } from '../../../test/running-server.ts'
import { accountPassword as initialPassword, post } from '../../../test/second-factor-steps.ts'
import type { OpenAccounts } from '../open-accounts.ts'
import { voidPasswordReset } from './password-links.ts'

let server: RunningServer
let opened: OpenAccounts

beforeAll(async () => {
  server = await runningServer()
  opened = await openTestAccounts(server.database)
})
afterAll(async () => {
  await opened.close()
  await server.end()
})

async function aPerson(): Promise<{ id: string; email: string }> {
  const email = `${randomUUID()}@example.org`
  return { id: (await signUp(server.url, email)).id, email }
}

const noNotice = async () => undefined
const ask = (email: string) => opened.accounts.createMailedPasswordReset(email, async () => undefined)

const askAgainAfter = async (minutes: number, { id, email }: { id: string; email: string }) => {
  await server.database.ownerPool.query(sql`update auth.verification
      set "mailedAt" = "mailedAt" - make_interval(mins => ${minutes}) where value = ${id}`)
  return (await ask(email))?.token ?? null
}

const isProven = async (id: string) => {
  const { rowCount } = await server.database.ownerPool.query(sql`select from holdfast.verified_account
      where account_id = ${id}`)
  return rowCount === 1
}

const isValid = async (token: string | null) => (await opened.accounts.byPasswordReset(token ?? '')) !== null

test('whoever asks for mails voids no link; three are valid at most, after growing pauses', async () => {
  const person = await aPerson()
  const { id, email } = person
  const ofOperator = (await opened.accounts.createPasswordReset(id)).token
  const first = await askAgainAfter(0, person)
  expect(await askAgainAfter(0, person)).toBeNull()
  const second = await askAgainAfter(3, person)
  expect(await askAgainAfter(3, person)).toBeNull()
  const third = await askAgainAfter(61, person)
  expect(await askAgainAfter(600, person)).toBeNull()
  const links = [ofOperator, first, second, third]
  expect(await Promise.all(links.map(isValid))).toEqual([true, true, true, true])
  expect((await opened.accounts.resetPassword(first ?? '', 'chosen with the first', noNotice)).kind).toBe('done')
  await signIn(server.url, { email, password: 'chosen with the first' })
  expect(await Promise.all(links.map(isValid))).toEqual([false, false, false, false])
  expect(await askAgainAfter(0, person)).not.toBeNull()
  // A link from an e-mail proves that the person has the address.
  expect(await isProven(id)).toBe(true)
})

test('whoever changes the password, or the address, voids no link that the owner got in another way', async () => {
  const person = await aPerson()
  const { id, email } = person
  const mailed = await askAgainAfter(0, person)
  const token = await signIn(server.url, { email, password: initialPassword })
  const change = { currentPassword: initialPassword, newPassword: 'chosen by a thief', revokeOtherSessions: true }
  expect((await post(server.url, 'change-password', change, token)).status).toBe(200)
  expect(await isValid(mailed)).toBe(true)
  // Mails are counted as before.
  expect(await askAgainAfter(0, person)).toBeNull()
  const { token: ofOperator } = await opened.accounts.createPasswordReset(id)
  const again = await askAgainAfter(0, person)
  await changeAddress(id)
  expect([await isValid(again), await isValid(ofOperator)]).toEqual([false, true])
})

test('the link of the operator ends the sessions, and the password signs in nobody any more', async () => {
  const { id, email } = await aPerson()
  const thief = await signIn(server.url, { email, password: initialPassword })
  const { token } = await opened.accounts.createPasswordReset(id)
  const { rowCount } = await server.database.ownerPool.query('select from auth.session where "userId" = $1', [id])
  expect(rowCount).toBe(0)
  const change = { currentPassword: initialPassword, newPassword: 'chosen by a thief' }
  await expect
    .poll(async () => (await post(server.url, 'change-password', change, thief)).status, { interval: 250 })
    .toBe(401)
  expect((await post(server.url, 'sign-in/email', { email, password: initialPassword })).status).toBe(401)
  expect((await opened.accounts.resetPassword(token, 'chosen by the owner', noNotice)).kind).toBe('done')
  await signIn(server.url, { email, password: 'chosen by the owner' })
})

const follow = (caller: { accountId: string; sessionId: string }, token: string) =>
  opened.accounts.useEmailLink(caller, token, async () => undefined)

/** Changes the address of an account, as somebody does who has shown a passkey. */
async function changeAddress(accountId: string): Promise<void> {
  const { rows } = await server.database.ownerPool.query<{ id: string }>(sql`
    insert into auth.session ("userId", token, "expiresAt", "createdAt", "updatedAt")
     values (${accountId}, gen_random_uuid()::text, now() + interval '1 day', now(), now()) returning id::text`)
  const sessionId = rows[0]?.id ?? ''
  const request = { newEmail: `${randomUUID()}@example.org`, language: 'en', sessionId, network: null } as const
  const link = await opened.accounts.createEmailLink(accountId, request, async () => undefined)
  const token = link.kind === 'created' ? link.token : ''
  const use = await follow({ accountId, sessionId }, token)
  expect(use.kind).toBe('changed')
}

test('of requests for a mail at the same time, one gets a link', async () => {
  const { email } = await aPerson()
  const links = await Promise.all([1, 2, 3, 4].map(() => ask(email)))
  expect(links.filter((link) => link !== null)).toHaveLength(1)
})

test.for([
  { what: 'gets none if the account has another address then', end: 'commit' as const, links: 0 },
  { what: 'gets one if it has the same (the control)', end: 'rollback' as const, links: 1 },
])('a request that waits while the address changes $what', async ({ end, links }) => {
  const { id, email } = await aPerson()
  const mailedTo: string[] = []
  await rolledBack(server.database.ownerPool, async (changing) => {
    await changing.query('update auth."user" set email = $2 where id = $1', [id, `${randomUUID()}@example.org`])
    const asking = opened.accounts.createMailedPasswordReset(email.toUpperCase(), async (_transaction, link) => {
      mailedTo.push(link.email)
    })
    await untilBlocked()
    await changing.query(end)
    expect((await asking) === null).toBe(links === 0)
  })
  expect(mailedTo).toEqual(links === 0 ? [] : [email])
  const stored = 'select from auth.verification where value = $1'
  expect((await server.database.ownerPool.query(stored, [id])).rowCount).toBe(links)
})

/** Waits until a connection waits for a row. */
async function untilBlocked(): Promise<void> {
  const blocked = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
  await expect.poll(async () => (await server.database.ownerPool.query(blocked)).rowCount).toBe(1)
}

test('a link that could not be sent is void, and does not count', async () => {
  const person = await aPerson()
  const lost = await askAgainAfter(0, person)
  await voidPasswordReset(server.database.appPool, lost ?? '')
  expect(await isValid(lost)).toBe(false)
  expect(await askAgainAfter(0, person)).not.toBeNull()
})

test('a link whose e-mail could not be stored is none, and does not count', async () => {
  const { email } = await aPerson()
  const broken = () => Promise.reject(new Error('The e-mail could not be stored.'))
  await expect(opened.accounts.createMailedPasswordReset(email, broken)).rejects.toThrow('could not be stored')
  expect(await ask(email)).not.toBeNull()
})

test('of two uses of a link at the same time, one sets its password', async () => {
  const { id, email } = await aPerson()
  const { token } = await opened.accounts.createPasswordReset(id)
  const passwords = ['the one of the two', 'the other of the two']
  const outcomes = await Promise.all(
    passwords.map((password) => opened.accounts.resetPassword(token, password, noNotice)),
  )
  expect(outcomes.map(({ kind }) => kind).toSorted()).toEqual(['done', 'link_used'])
  // The operator passed the link on.
  expect(await isProven(id)).toBe(false)
  await signIn(server.url, { email, password: passwords[outcomes.findIndex(({ kind }) => kind === 'done')] ?? '' })
})
