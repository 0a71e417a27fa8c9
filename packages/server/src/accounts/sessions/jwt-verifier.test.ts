// Rest: each forged token
import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import sql from 'sql-template-tag'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { call, type RunningServer, runningServer, serverOn, signIn, signUp } from '../../../test/running-server.ts'
import { forgetSecret } from '../../compose/database/database-secrets.ts'
import { keyGraceSeconds } from './jwt-times.ts'

let server: RunningServer
let account: { id: string; token: string }

beforeAll(async () => {
  server = await runningServer()
  account = await signUp(server.url, 'program@example.org')
})
afterAll(() => server.end())

const me = (bearer: string, url = server.url) => call(`${url}/api/v1/me`, { bearer })
const status = async (bearer: string) => (await me(bearer)).status

async function newJwt(url = server.url, bearer = account.token): Promise<string> {
  return String((await call(`${url}/api/auth/token`, { bearer })).body.token)
}

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const read = (jwt: string, index: 0 | 1): Record<string, unknown> =>
  JSON.parse(Buffer.from(jwt.split('.')[index] ?? '', 'base64url').toString())

/** A token as an attacker would write it. */
function forged(header: object, payload: object, key?: KeyObject | string): string {
  const signed = `${part(header)}.${part(payload)}`
  if (key === undefined) return `${signed}.`
  const signature =
    typeof key === 'string' ? createHmac('sha256', key).update(signed).digest() : sign(null, Buffer.from(signed), key)
  return `${signed}.${signature.toString('base64url')}`
}

/** Header and claims of a good token, for tokens that are wrong in one thing only. */
async function good() {
  const jwt = await newJwt()
  return { header: read(jwt, 0), payload: read(jwt, 1) }
}

describe('a JWT', () => {
  test('is short-lived, contains only the account id, and works', async () => {
    const jwt = await newJwt()
    const payload = read(jwt, 1)
    expect(Object.keys(payload).sort()).toEqual(['aud', 'exp', 'iat', 'iss', 'sid', 'sub'])
    expect(Number(payload.exp) - Number(payload.iat)).toBe(900)
    expect(read(jwt, 0)).toMatchObject({ alg: 'EdDSA' })
    expect((await me(jwt)).body).toMatchObject({ id: account.id, email: 'program@example.org' })
    expect(await status(jwt)).toBe(200)
  })

  test('signed by our key is checked claim by claim (the control for the refusals below)', async () => {
    const { privateKey, kid } = await ownKey()
    const { payload } = await good()
    const nowSeconds = Math.floor(Date.now() / 1000)
    const other = await signUp(server.url, 'stranger@example.org')
    const stranger = read(String((await call(`${server.url}/api/auth/token`, { bearer: other.token })).body.token), 1)
    expect(await status(forged({ alg: 'EdDSA', kid }, payload, privateKey))).toBe(200)
    const wrong: Record<string, object> = {
      expired: { ...payload, exp: nowSeconds - 1 },
      'without an end': { ...payload, exp: undefined },
      'from the future': { ...payload, iat: nowSeconds + 60 },
      'not yet valid': { ...payload, nbf: nowSeconds + 60 },
      'of another issuer': { ...payload, iss: 'https://other.example' },
      'for another audience': { ...payload, aud: 'https://other.example' },
      'for several audiences': { ...payload, aud: ['holdfast', 'https://other.example'] },
      'for nobody': { ...payload, sub: undefined },
      'of no session': { ...payload, sid: undefined },
      'of a session that is not there': { ...payload, sid: '00000000-0000-4000-8000-000000000000' },
      'of another account’s session': { ...payload, sid: stranger.sid },
      'without a time': { ...payload, iat: undefined },
      'for no account': { ...payload, sub: '00000000-0000-4000-8000-000000000000' },
      'with SQL for a subject': { ...payload, sub: "' or true --" },
    }
    for (const [what, claims] of Object.entries(wrong)) {
      expect(await status(forged({ alg: 'EdDSA', kid }, claims, privateKey)), what).toBe(401)
    }
  })

  test('with another algorithm, no algorithm, another key or another key id is refused', async () => {
    const { header, payload } = await good()
    const other = generateKeyPairSync('ed25519')
    const jwks = await call(`${server.url}/api/auth/jwks`)
    const tokens: Record<string, string> = {
      none: forged({ ...header, alg: 'none' }, payload),
      'none with a signature': `${forged({ ...header, alg: 'none' }, payload)}${'A'.repeat(86)}`,
      'HMAC with the public key': forged({ ...header, alg: 'HS256' }, payload, JSON.stringify(jwks.body)),
      'another key': forged(header, payload, other.privateKey),
      'an unknown key': forged({ ...header, kid: 'unknown' }, payload, other.privateKey),
      'a list of key ids': forged({ ...header, kid: [header.kid] }, payload, other.privateKey),
      'no key named': forged({ alg: 'EdDSA' }, payload, other.privateKey),
      'its own key in the header': forged(
        { ...header, kid: 'mine', jwk: other.publicKey.export({ format: 'jwk' }) },
        payload,
        other.privateKey,
      ),
      'a critical extension': forged({ ...header, crit: ['b64'], b64: false }, payload, other.privateKey),
      'no JSON': `${Buffer.from('x').toString('base64url')}.${part(payload)}.${'A'.repeat(86)}`,
    }
    for (const [what, token] of Object.entries(tokens)) expect(await status(token), what).toBe(401)
  })

  test('whose payload was changed after signing is refused', async () => {
    const jwt = await newJwt()
    const [head, , signature] = jwt.split('.')
    const changed = part({ ...read(jwt, 1), sub: '11111111-1111-4111-8111-111111111111' })
    expect(await status(`${head}.${changed}.${signature}`)).toBe(401)
  })

  test('ends with its session: by signing out, from the list, and with all others', async () => {
    const email = 'ends@example.org'
    const { token } = await signUp(server.url, email)
    const jwtOf = async (bearer: string) => String((await call(`${server.url}/api/auth/token`, { bearer })).body.token)
    const post = (path: string, bearer: string, body: object = {}) =>
      call(`${server.url}/api/auth${path}`, { method: 'POST', bearer, body })
    const another = () => signIn(server.url, { email, password: 'a password of ten' })
    const ways: Record<string, (session: string, jwt: string) => Promise<unknown>> = {
      '/sign-out': (session) => post('/sign-out', session),
      'signing out with the JWT itself': (_session, jwt) => post('/sign-out', jwt),
      '/revoke-session': (_session, jwt) => post('/revoke-session', token, { id: read(jwt, 1).sid }),
      '/revoke-other-sessions': () => post('/revoke-other-sessions', token),
      '/revoke-sessions': () => post('/revoke-sessions', token),
    }
    for (const [what, end] of Object.entries(ways)) {
      const session = await another()
      const jwt = await jwtOf(session)
      expect(await status(jwt), what).toBe(200)
      await end(session, jwt)
      expect(await status(jwt), what).toBe(401)
    }
  })

  test('issued before the account’s JWTs were revoked is refused, even with its session', async () => {
    const { id, token } = await signUp(server.url, 'revokes@example.org')
    const jwt = String((await call(`${server.url}/api/auth/token`, { bearer: token })).body.token)
    const validFrom = async (seconds: number) => {
      await server.database.ownerPool.query(sql`update auth."user"
          set "tokensValidFrom" = now() + make_interval(secs => ${seconds}) where id = ${id}`)
      const fresh = await serverOn(server.database)
      const { status: found } = await me(jwt, fresh.url)
      await fresh.stop()
      return found
    }
    expect(await validFrom(-60)).toBe(200)
    expect(await validFrom(60)).toBe(401)
  })

  test('of an account that was deleted is refused within seconds', async () => {
    const gone = await signUp(server.url, 'gone@example.org')
    const jwt = String((await call(`${server.url}/api/auth/token`, { bearer: gone.token })).body.token)
    expect(await status(jwt)).toBe(200)
    await server.database.ownerPool.query('delete from auth."user" where id = $1', [gone.id])
    await expect.poll(() => status(jwt), { interval: 250 }).toBe(401)
  })
})

describe('rotation of the signing key', () => {
  test('logs nobody out: old tokens stay valid, new ones use a new key, and other processes accept both', async () => {
    const second = await serverOn(server.database)
    try {
      const before = await newJwt()
      expect(await status(before)).toBe(200)
      // The key's signing life ends; it is not removed.
      await server.database.ownerPool.query(`update auth.jwks set "expiresAt" = now() - interval '1 s'`)
      const after = await newJwt()
      expect(read(after, 0).kid).not.toBe(read(before, 0).kid)
      for (const jwt of [before, after]) {
        expect(await status(jwt)).toBe(200)
        expect((await me(jwt, second.url)).status).toBe(200)
      }
      const jwks = await call(`${server.url}/api/auth/jwks`)
      expect(JSON.stringify(jwks.body)).toContain(String(read(before, 0).kid))
      expect(jwks.text).not.toMatch(/"d":|privateKey/)
    } finally {
      await second.stop()
    }
  })

  test('a key stops verifying after its grace period', async () => {
    const jwt = await newJwt()
    await server.database.ownerPool.query(sql`update auth.jwks
        set "expiresAt" = now() - make_interval(secs => ${keyGraceSeconds + 1})`)
    // A process that never saw the token.
    const fresh = await serverOn(server.database)
    try {
      expect((await me(jwt, fresh.url)).status).toBe(401)
    } finally {
      await fresh.stop()
    }
  })

  test('another HOLDFAST_SECRET creates a new key; if the old one stays configured, nobody is logged out', async () => {
    const [oldSecret, newSecret] = ['o'.repeat(40), 'n'.repeat(40)]
    await forgetSecret(server.database.ownerUrl)
    const old = await serverOn(server.database, { HOLDFAST_SECRET: oldSecret })
    const response = await call(`${old.url}/api/auth/sign-in/email`, {
      method: 'POST',
      body: { email: 'program@example.org', password: 'a password of ten' },
    })
    const cookie = (response.headers.getSetCookie()[0] ?? '').split(';')[0] ?? ''
    const session = await signIn(old.url, { email: 'program@example.org', password: 'a password of ten' })
    const jwt = await newJwt(old.url, session)
    await old.stop()

    const both = await serverOn(server.database, { HOLDFAST_SECRET: `${newSecret},${oldSecret}` })
    expect((await call(`${both.url}/api/v1/me`, { headers: { cookie } })).status).toBe(200)
    expect((await me(jwt, both.url)).status).toBe(200)
    expect(read(await newJwt(both.url, session), 0).kid).toBe(read(jwt, 0).kid)
    const out = { cookie, 'x-holdfast-client': 'test' }
    expect((await call(`${both.url}/api/auth/sign-out`, { method: 'POST', body: {}, headers: out })).status).toBe(200)
    expect((await call(`${both.url}/api/v1/me`, { headers: { cookie } })).status).toBe(401)
    await both.stop()

    const alone = await serverOn(server.database, { HOLDFAST_SECRET: newSecret })
    expect((await me(jwt, alone.url)).status).toBe(200)
    const again = await signIn(alone.url, { email: 'program@example.org', password: 'a password of ten' })
    expect(read(await newJwt(alone.url, again), 0).kid).not.toBe(read(jwt, 0).kid)
    await alone.stop()
  })
})

/** Adds the tests' key pair to the server's, so that the tests can sign. */
async function ownKey(): Promise<{ privateKey: KeyObject; kid: string }> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const { rows } = await server.database.ownerPool.query(
    `insert into auth.jwks ("publicKey", "privateKey", "createdAt", alg, crv)
     values ($1, '""', now() - interval '1 year', 'EdDSA', 'Ed25519') returning id::text`,
    [JSON.stringify(publicKey.export({ format: 'jwk' }))],
  )
  return { privateKey, kid: String(rows[0].id) }
}
