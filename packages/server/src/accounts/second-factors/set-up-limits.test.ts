import sql from 'sql-template-tag'
import { expect, onTestFinished, test, vi } from 'vitest'
import { aCreatedPasskey } from '../../../test/passkey-responses.ts'
import { call, serverOfFile, signUp } from '../../../test/running-server.ts'
import { codeOf, accountPassword as password, post, wrongCodeOf } from '../../../test/second-factor-steps.ts'

const server = await serverOfFile({ HOLDFAST_RATE_LIMIT: 'on', HOLDFAST_LIMIT_SIGN_INS_PER_EMAIL: '3' })

/** @returns the token and the secret of an app that is being set up */
async function beginning(email: string) {
  const { id, token } = await signUp(server.url, email, password)
  const { secret } = (await post(server.url, 'totp/begin', { password }, token)).body
  const confirm = async (code: string) => (await post(server.url, 'totp/confirm', { code }, token)).body.code ?? 'on'
  return { id, token, secret: String(secret), confirm }
}

test('wrong first codes of an app are slowed', async () => {
  // However slow the machine is, the wait does not end during the test.
  vi.setSystemTime(new Date())
  onTestFinished(() => void vi.useRealTimers())
  const { secret, confirm } = await beginning('guesses@example.org')
  const guess = wrongCodeOf(secret)
  const outcomes: unknown[] = []
  for (const code of [guess, guess, guess, codeOf(secret)]) outcomes.push(await confirm(code))
  expect(outcomes).toEqual(['code_wrong', 'code_wrong', 'code_wrong', 'rate_limited'])
})

test('an app that was begun more than ten minutes ago has to be begun again', async () => {
  const { id, token, secret, confirm } = await beginning('late@example.org')
  const begunAgo = (ago: string | null) =>
    server.database.ownerPool.query(sql`
      update auth.totp set "begunAt" = now() - ${ago}::interval where "userId" = ${id}`)
  for (const ago of ['601 seconds', null]) {
    await begunAgo(ago)
    expect(await confirm(codeOf(secret))).toBe('totp_missing')
  }
  const again = String((await post(server.url, 'totp/begin', { password }, token)).body.secret)
  await begunAgo('9 minutes')
  expect(await confirm(codeOf(again))).toBe('on')
})

test('passkeys that are created at the same time are 20 at most', async () => {
  const { id, token } = await signUp(server.url, 'keys@example.org', password)
  await server.database.ownerPool.query(sql`
    insert into auth.passkey ("userId", name, "credentialId", "publicKey", counter, transports, "createdAt")
     select ${id}, 'Key', md5(n::text), 'x', 0, '[]', now() from generate_series(1, 18) n`)
  await server.database.ownerPool.query('update auth.session set "secondFactorAt" = now() where "userId" = $1', [id])
  await expect.poll(async () => (await factors(token)).isShown).toBe(true)
  const origin = `http://localhost:${new URL(server.url).port}`
  const created: ReturnType<typeof aCreatedPasskey>[] = []
  for (let n = 0; n < 4; n += 1) {
    const { body } = await post(server.url, 'passkeys/options', {}, token, { origin })
    if (typeof body.challenge !== 'string') throw new Error(`No challenge: ${JSON.stringify(body)}`)
    created.push(aCreatedPasskey(body.challenge, { origin, rpId: 'localhost' }))
  }
  // Four requests have counted 18, and wait for the row of the account.
  const barrier = await server.database.ownerPool.connect()
  await barrier.query('begin')
  await barrier.query('select from auth."user" where id = $1 for update', [id])
  onTestFinished(async () => {
    await barrier.query('rollback')
    barrier.release()
  })
  const responses = created.map((response) =>
    post(server.url, 'passkeys', { name: 'New', response }, token, { origin }),
  )
  const waiting = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
  await expect.poll(async () => (await server.database.ownerPool.query(waiting)).rowCount).toBe(4)
  await barrier.query('rollback')
  const outcomes = (await Promise.all(responses)).map(({ status, body }) => body.code ?? status)
  expect(outcomes.toSorted()).toEqual([200, 200, 'too_many_passkeys', 'too_many_passkeys'])
  expect((await factors(token)).passkeys).toHaveLength(20)
  expect((await post(server.url, 'passkeys/options', {}, token, { origin })).body.code).toBe('too_many_passkeys')
})

test('a request for another factor that is under way when the sessions end adds none', async () => {
  const { id, token, secret, confirm } = await beginning('ended@example.org')
  const origin = `http://localhost:${new URL(server.url).port}`
  const { body } = await post(server.url, 'passkeys/options', { password }, token, { origin })
  const response = aCreatedPasskey(String(body.challenge), { origin, rpId: 'localhost' })
  // It does what a reset of the password does: it locks the row of the account, and then ends the sessions.
  const reset = await server.database.ownerPool.connect()
  await reset.query('begin')
  await reset.query('select from auth."user" where id = $1 for no key update', [id])
  onTestFinished(async () => {
    await reset.query('rollback')
    reset.release()
  })
  const added = post(server.url, 'passkeys', { name: 'New', response }, token, { origin })
  const confirmed = confirm(codeOf(secret))
  const waiting = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
  await expect.poll(async () => (await server.database.ownerPool.query(waiting)).rowCount).toBe(2)
  await reset.query('delete from auth.session where "userId" = $1', [id])
  await reset.query('commit')
  expect((await added).body.code).toBe('passkey_refused')
  expect(await confirmed).toBe('unauthenticated')
  // The session is still known in memory for a moment, as on another server.
  expect((await post(server.url, 'totp/begin', { password }, token)).status).toBe(401)
  const { rows } = await server.database.ownerPool.query(
    `select (select count(*)::int from auth.passkey where "userId" = $1) as passkeys,
            (select count(*)::int from auth.totp where "userId" = $1 and "confirmedAt" is not null) as apps`,
    [id],
  )
  expect(rows).toEqual([{ passkeys: 0, apps: 0 }])
})

const factors = async (bearer: string) => (await call(`${server.url}/api/auth/second-factors`, { bearer })).body
