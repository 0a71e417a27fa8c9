import { afterAll, expect, test } from 'vitest'
import { anAddress, emailSteps } from '../../../test/email-steps.ts'
import { type ApiResponse, serverOn } from '../../../test/running-server.ts'
import { aPersonWithApp, accountPassword as password, post } from '../../../test/second-factor-steps.ts'

const steps = await emailSteps()
const { server, mailsTo, arrived, tokenTo, aPerson, aConfirmedPerson } = steps
const limited = await serverOn(server.database, {
  HOLDFAST_RATE_LIMIT: 'on',
  HOLDFAST_LIMIT_SIGN_INS_PER_IP: '3',
  HOLDFAST_LIMIT_SIGN_INS_PER_EMAIL: '100',
})
afterAll(async () => {
  await limited.stop()
  await steps.end()
})

const newPassword = 'chosen by the owner'
const notice = /in a browser where it was not used before/
const cookieOf = ({ headers }: ApiResponse, name = 'browser') =>
  headers
    .getSetCookie()
    .find((one) => one.startsWith(`holdfast.${name}=`))
    ?.split(';')[0] ?? ''
const signInWith = (account: object, cookie: string, agent: string, url = server.url) =>
  post(url, 'sign-in/email', account, undefined, { cookie, 'user-agent': agent })

/** Somebody signs up with an address, and its owner chooses a new password by e-mail. */
async function aTakenAccount() {
  const { email } = await aPerson()
  const stranger = cookieOf(await signInWith({ email, password }, '', 'Firefox/140.0'))
  await post(server.url, 'request-password-reset', { email })
  const reset = await post(server.url, 'reset-password', { token: await tokenTo(email, 'reset'), newPassword })
  expect([reset.status, stranger === '']).toEqual([200, false])
  return { email, stranger, owner: cookieOf(reset) }
}

test('after a password reset, sign-ins in earlier browsers are announced, and where it was reset none is', async () => {
  const { email, stranger, owner } = await aTakenAccount()
  const account = { email, password: newPassword }
  expect((await signInWith(account, owner, 'Edg/140.0')).status).toBe(200)
  expect((await signInWith(account, stranger, 'Chrome/140.0')).status).toBe(200)
  expect((await arrived(email, notice)).text).toContain('Chrome')
  expect(mailsTo(email, notice)).toHaveLength(1)
})

test('after a reset of the password, whoever had the account keeps its owner out of no known browser', async () => {
  const { email, stranger, owner } = await aTakenAccount()
  const statuses = []
  for (const attempt of [1, 2, 3, 4]) {
    const { status } = await signInWith({ email, password: `wrong ${attempt}` }, stranger, 'Firefox/140.0', limited.url)
    statuses.push(status)
  }
  expect(statuses).toEqual([401, 401, 401, 429])
  const account = { email, password: newPassword }
  expect((await signInWith(account, owner, 'Edg/140.0', limited.url)).status).toBe(200)
  // The control: without the mark, the address of both counts.
  expect((await signInWith(account, '', 'Edg/140.0', limited.url)).status).toBe(429)
})

test.each([
  ['change-password', { currentPassword: password, newPassword }, newPassword],
  ['revoke-sessions', { password }, password],
] as const)('after %s, only the browser where it was done is known', async (path, body, passwordThen) => {
  const { email, token } = await aConfirmedPerson()
  const [own, other] = [
    cookieOf(await signInWith({ email, password }, '', 'Edg/140.0')),
    cookieOf(await signInWith({ email, password }, '', 'Edg/140.0')),
  ]
  const before = mailsTo(email, notice).length
  const changed = await post(server.url, path, body, token, { cookie: own })
  expect(changed.status).toBe(200)
  const account = { email, password: passwordThen }
  await signInWith(account, cookieOf(changed), 'Firefox/140.0')
  await signInWith(account, other, 'Chrome/140.0')
  await arrived(email, notice, before + 1)
  expect(mailsTo(email, notice).map(({ text = '' }) => text.includes('Firefox'))).not.toContain(true)
})

test('a change of the password leaves the mark of the second factor in a session that has shown one', async () => {
  const { token } = await aPersonWithApp(server, anAddress())
  const changed = await post(server.url, 'change-password', { currentPassword: password, newPassword }, token)
  expect([cookieOf(changed), cookieOf(changed, 'factor')]).not.toContain('')
  // The control: a session without one.
  const without = await post(
    server.url,
    'change-password',
    { currentPassword: password, newPassword },
    (await aPerson()).token,
  )
  expect([cookieOf(without) !== '', cookieOf(without, 'factor')]).toEqual([true, ''])
})
