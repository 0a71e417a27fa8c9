// Rest: each mail about a change of what is needed to sign in
import { aClinic, aMember } from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { afterAll, expect, test } from 'vitest'
import { emailSteps } from '../../../test/email-steps.ts'
import { openTestAccounts } from '../../../test/open-test-accounts.ts'
import { anAuthenticator } from '../../../test/passkey-responses.ts'
import { accountPassword as password, post, setUpApp } from '../../../test/second-factor-steps.ts'
import type { ChangeNotice } from '../../accounts/notices/change-notices.ts'

const steps = await emailSteps()
afterAll(() => steps.end())
const { server, mailsTo, arrived, tokenTo, moveOn, aPerson, aConfirmedPerson, untilProcessed, withNewPassword } = steps

const passwordChanged = /The password of your account at \S+ was changed/

/** Changes the password so many times. @returns the last one */
async function changePassword(token: string, times = 1): Promise<string> {
  let currentPassword = password
  for (let n = 1; n <= times; n += 1) {
    const newPassword = `${n} times other words`
    const { status } = await post(server.url, 'change-password', { currentPassword, newPassword }, token)
    expect(status).toBe(200)
    currentPassword = newPassword
  }
  return currentPassword
}

test('a new password is announced to the owner with the way to choose another, five times a day', async () => {
  const person = await aConfirmedPerson()
  const changed = await changePassword(person.token, 6)
  const mail = await arrived(person.email, passwordChanged)
  expect(mail.text).toContain('/forgot-password')
  await untilProcessed()
  expect(mailsTo(person.email, passwordChanged)).toHaveLength(5)
  // The owner takes the account back, and what the thief does afterwards is refused.
  await withNewPassword(person.email)
  expect((await post(server.url, 'sign-in/email', { email: person.email, password: changed })).status).toBe(401)
})

test('a password that was chosen with a link is announced, too, in the language of the account', async () => {
  const person = await aConfirmedPerson()
  await server.database.ownerPool.query(`update auth."user" set language = 'de' where id = $1`, [person.id])
  await withNewPassword(person.email)
  expect((await arrived(person.email, /forgot-password/)).subject).toContain('Das Passwort Ihres Kontos')
})

test('a new second factor is announced, with the way to remove it, which works', async () => {
  const { id, email, token } = await aConfirmedPerson()
  await server.database.ownerPool.query(sql`update auth."user"
      set "emailVerifiedAt" = "emailVerifiedAt" - interval '1 month' where id = ${id}`)
  await setUpApp(server, token)
  const mail = await arrived(email, /An authenticator app was set up/)
  expect(mail.text).toMatch(/In the 72 hours after the addition/)
  await withNewPassword(email)
  expect((await arrived(email, /were removed/)).subject).toContain('The password of your account')
  const { rowCount } = await server.database.ownerPool.query('select from auth.totp where "userId" = $1', [id])
  expect(rowCount).toBe(0)
})

test('new recovery codes and the removal of factors are announced, and what removes nothing is not', async () => {
  const { id, email, token } = await aConfirmedPerson()
  await setUpApp(server, token)
  expect((await post(server.url, 'recovery-codes', {}, token)).status).toBe(200)
  await arrived(email, /New recovery codes were created for your account/)
  const { rows } = await server.database.ownerPool.query<{ id: string }>(sql`
    insert into auth.passkey ("userId", name, "credentialId", "publicKey", counter, transports, "createdAt")
     values (${id}, 'Key', gen_random_uuid()::text, 'x', 0, '[]', now()) returning id::text`)
  const removals = [
    { path: 'passkeys/remove', body: { id: rows[0]?.id }, repeated: 404, text: /A passkey of your account .* removed/ },
    { path: 'totp/remove', body: {}, repeated: 200, text: /The authenticator app of your account .* were removed/ },
  ]
  for (const { path, body, repeated, text } of removals) {
    const confirmed = { ...body, password }
    expect((await post(server.url, path, confirmed, token)).status).toBe(200)
    expect((await post(server.url, path, confirmed, token)).status).toBe(repeated)
    expect((await arrived(email, text)).text).toContain('/forgot-password')
    await untilProcessed()
    expect(mailsTo(email, text)).toHaveLength(1)
  }
})

test('a passkey is announced to an address that is new without a promise that the mailbox removes it', async () => {
  const person = await aConfirmedPerson()
  const email = await moveOn(person)
  const opened = await openTestAccounts(server.database)
  const site = { origin: 'http://localhost', rpId: 'localhost' }
  const { rows } = await server.database.ownerPool.query(sql`select id::text from auth.session
      where "userId" = ${person.id}`)
  const caller = { accountId: person.id, sessionId: rows[0]?.id }
  const options = await opened.passkeys.creationOptions(site, { accountId: person.id, email, name: 'Ada' })
  const response = anAuthenticator(site).created(options?.challenge ?? '')
  const notices: ChangeNotice[] = []
  await opened.passkeys.add(site, caller, { name: 'Key', response }, async (_transaction, notice) => {
    notices.push(notice)
  })
  await opened.close()
  expect(notices).toMatchObject([{ email, removableHours: null, areFactorsRemoved: false }])
})

test('an address that was never confirmed gets no notice, unless the account has a role', async () => {
  const [stranger, member] = [await aPerson(), await aPerson()]
  await aMember(server.database, await aClinic(server.database), { role: 'staff', accountId: member.id })
  for (const { email, token } of [stranger, member]) {
    await tokenTo(email)
    await changePassword(token)
  }
  await arrived(member.email, passwordChanged)
  await untilProcessed()
  expect(mailsTo(stranger.email, passwordChanged)).toEqual([])
})
