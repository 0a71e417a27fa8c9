import { randomUUID } from 'node:crypto'
import { aClinic, aMember } from '@holdfast/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestAccounts } from '../../../test/open-test-accounts.ts'
import { type RunningServer, runningServer } from '../../../test/running-server.ts'
import type { OpenAccounts } from '../open-accounts.ts'
import type { SignInNotice } from './sign-in-notices.ts'

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

async function anAccount({ isConfirmed }: { isConfirmed: boolean }) {
  const email = `${randomUUID()}@example.org`
  const created = await opened.accounts.createAccount({ email, name: 'Ada', password: 'words that nobody guesses' })
  if (created.kind !== 'created') throw new Error('The account was not created.')
  const { id } = created.account
  await server.database.ownerPool.query('update auth."user" set "emailVerified" = $2 where id = $1', [id, isConfirmed])
  return { id, email }
}

const note = async (
  id: string,
  { isKnownBrowser = false, userAgent = 'Firefox', language = null as 'de' | 'ar' | null } = {},
) => {
  let stored: SignInNotice | null = null
  await opened.signInNotices.noteSignIn(id, { isKnownBrowser, userAgent, language }, async (_transaction, notice) => {
    stored = notice
  })
  return stored
}

test('a first sign-in is not announced, a later one in another browser is, in the language of the first', async () => {
  const { id, email } = await anAccount({ isConfirmed: true })
  expect(await note(id, { language: 'de' })).toBeNull()
  expect(await note(id, { isKnownBrowser: true })).toBeNull()
  expect(await note(id, { language: 'ar' })).toMatchObject({ email, language: 'de' })
})

test('the same browser is announced once a day, and five of them at most', async () => {
  const { id } = await anAccount({ isConfirmed: true })
  await note(id)
  const racing = await Promise.all([note(id), note(id), note(id)])
  expect(racing.filter((notice) => notice !== null)).toHaveLength(1)
  const others = []
  for (const userAgent of ['A', 'B', 'C', 'D', 'E']) others.push((await note(id, { userAgent })) !== null)
  expect(others).toEqual([true, true, true, true, false])
  await server.database.ownerPool.query(`update auth.verification set "expiresAt" = now() where value like $1`, [
    `%${id}`,
  ])
  expect(await note(id)).not.toBeNull()
})

test('an address that was not confirmed is not notified, unless the account has a role', async () => {
  const [stranger, member] = [await anAccount({ isConfirmed: false }), await anAccount({ isConfirmed: false })]
  await aMember(server.database, await aClinic(server.database), { role: 'staff', accountId: member.id })
  for (const { id } of [stranger, member]) await note(id)
  expect(await note(stranger.id)).toBeNull()
  expect(await note(member.id)).not.toBeNull()
})
