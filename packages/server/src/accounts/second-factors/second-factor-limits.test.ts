import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { type RunningServer, runningServer, serverOn, signUp } from '../../../test/running-server.ts'
import {
  aPersonWithApp,
  challengeOf,
  codeOf,
  forgetUsedCodes,
  type PersonWithApp,
  accountPassword as password,
  post,
  setUpApp,
  wrongCodeOf,
} from '../../../test/second-factor-steps.ts'

let limited: RunningServer

beforeAll(async () => {
  // However slow the machine is, no wait and no window ends during a test.
  vi.setSystemTime(new Date())
  limited = await runningServer({
    HOLDFAST_RATE_LIMIT: 'on',
    HOLDFAST_LIMIT_SIGN_INS_PER_EMAIL: '3',
    HOLDFAST_LIMIT_SIGN_INS_PER_IP: '100',
    HOLDFAST_LIMIT_ANONYMOUS_WRITES_PER_MINUTE: '100',
  })
})
afterAll(async () => {
  await limited.end()
  vi.useRealTimers()
})

describe('wrong codes', () => {
  const send = (challenge: string, code: string, headers = {}) =>
    post(limited.url, 'sign-in/code', { challenge, code }, undefined, headers)

  /** Codes of wrong attempts, each with a new challenge. */
  async function guesses(person: PersonWithApp, cookies: string[]): Promise<unknown[]> {
    const codes: unknown[] = []
    for (const cookie of cookies) {
      const { body } = await send(await challengeOf(limited.url, person.email), wrongCodeOf(person.secret), { cookie })
      codes.push(body.code)
    }
    return codes
  }

  test('are slowed by account, except in browsers where a second factor was shown', async () => {
    const person = await aPersonWithApp(limited, 'slow@example.org')
    const shown = await send(await challengeOf(limited.url, person.email), codeOf(person.secret))
    const cookie = cookiesOf(shown)
    await forgetUsedCodes(limited)
    // A new challenge gives no new attempts.
    const codes = await guesses(person, ['', '', '', ''])
    expect(codes).toEqual(['code_wrong', 'code_wrong', 'code_wrong', 'rate_limited'])
    const challenge = await challengeOf(limited.url, person.email)
    const refused = await send(challenge, codeOf(person.secret))
    expect([refused.body.code, Number(refused.headers.get('retry-after')) > 0]).toEqual(['rate_limited', true])
    expect((await send(challenge, codeOf(person.secret), { cookie })).status).toBe(200)
  })

  test('have one limit in all browsers that know the password alone', async () => {
    const email = 'early@example.org'
    const { token } = await signUp(limited.url, email, password)
    const cookies: string[] = []
    for (let round = 0; round < 4; round += 1) {
      cookies.push(cookiesOf(await post(limited.url, 'sign-in/email', { email, password })))
    }
    expect(new Set(cookies).size).toBe(4)
    const person = { id: '', email, token, ...(await setUpApp(limited, token)) }
    expect(await guesses(person, cookies)).toEqual(['code_wrong', 'code_wrong', 'code_wrong', 'rate_limited'])
  })

  test('have one limit in all browsers where a second factor was shown', async () => {
    const person = await aPersonWithApp(limited, 'browsers@example.org')
    const cookies: string[] = []
    for (let round = 0; round < 4; round += 1) {
      cookies.push(cookiesOf(await send(await challengeOf(limited.url, person.email), codeOf(person.secret))))
      await forgetUsedCodes(limited)
    }
    expect(new Set(cookies).size).toBe(4)
    expect(await guesses(person, cookies)).toEqual(['code_wrong', 'code_wrong', 'code_wrong', 'rate_limited'])
  })
})

test('a challenge that is none is refused, and counts as a write', async () => {
  const challenges = [{ toString: 1, valueOf: 1 }, ['A'.repeat(32)], null, 5, '']
  const few = await serverOn(limited.database, {
    HOLDFAST_RATE_LIMIT: 'on',
    HOLDFAST_LIMIT_ANONYMOUS_WRITES_PER_MINUTE: String(challenges.length),
  })
  onTestFinished(() => few.stop())
  const refused = (challenge: unknown) => post(few.url, 'sign-in/code', { challenge, code: '123456' })
  for (const challenge of challenges) expect((await refused(challenge)).status).toBe(400)
  expect((await refused('')).status).toBe(429)
})

/** The cookies that mark a browser. */
function cookiesOf({ headers }: Pick<Awaited<ReturnType<typeof post>>, 'headers'>): string {
  const lines = headers.getSetCookie().filter((line) => line.includes('holdfast.'))
  return lines.map((line) => line.split(';')[0]).join('; ')
}
