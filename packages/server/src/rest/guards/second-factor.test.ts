import sql from 'sql-template-tag'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  administrator,
  call,
  type RunningServer,
  runningServer,
  serverOn,
  signIn,
  signUp,
} from '../../../test/running-server.ts'
import {
  challengeOf,
  codeOf,
  forgetUsedCodes,
  accountPassword as password,
  post,
  setUpApp,
} from '../../../test/second-factor-steps.ts'
import { storedSessionToken } from '../../accounts/sessions/hashed-session-tokens.ts'

const roles = ['admin', 'staff', 'doctor', 'site administrator'] as const
const credentials = ['password', 'password JWT', 'code', 'code JWT', 'recovery code'] as const
type Role = (typeof roles)[number]
type Credential = (typeof credentials)[number]

let server: RunningServer
let scene: Awaited<ReturnType<typeof aScene>>

beforeAll(async () => {
  server = await runningServer()
  scene = await aScene()
})
afterAll(() => server.end())

const send = (bearer: string, path: string, options: { method?: string; body?: unknown } = {}) =>
  call(`${server.url}/api/v1/${path}`, { bearer, ...options })

/** A clinic, and for each role a person with sessions of every kind. */
async function aScene() {
  const site = await signIn(server.url)
  const clinic = await send(site, 'clinics', { method: 'POST', body: { name: 'North', timezone: 'UTC' } })
  const clinicId = String(clinic.body.id)
  const doctor = { clinicId, name: 'Dr. Own', specialization: 'Cardiology' }
  const doctorId = String((await send(site, 'doctors', { method: 'POST', body: doctor })).body.id)
  const { ownerPool } = server.database
  const { rows } = await ownerPool.query<{ no: number }>('select no from holdfast.clinic where id = $1', [clinicId])
  const sessions = new Map<string, string>()
  for (const role of roles) {
    const email = `a-${role.replace(' ', '-')}@example.org`
    const { id, token } = await signUp(server.url, email, password)
    if (role === 'site administrator') {
      await ownerPool.query('insert into holdfast.site_administrator (account_id) values ($1)', [id])
    } else {
      await ownerPool.query(sql`insert into holdfast.membership
          values (${rows[0]?.no}, ${id}, ${role}, ${role === 'doctor' ? doctorId : null})`)
    }
    const { secret, recoveryCodes } = await setUpApp(server, token)
    const finish = async (code: string) => {
      await forgetUsedCodes(server)
      const challenge = await challengeOf(server.url, email)
      return String((await post(server.url, 'sign-in/code', { challenge, code })).body.token)
    }
    const jwt = async (bearer: string) => String((await call(`${server.url}/api/auth/token`, { bearer })).body.token)
    const withCode = await finish(codeOf(secret))
    const withRecoveryCode = await finish(recoveryCodes[0] ?? '')
    // The session looks as if it had been started before the app was set up.
    await ownerPool.query(sql`update auth.session set "secondFactorAt" = null
        where token = ${storedSessionToken(token.split('.')[0] ?? '')}`)
    for (const [credential, bearer] of [
      ['password', token],
      ['password JWT', await jwt(token)],
      ['code', withCode],
      ['code JWT', await jwt(withCode)],
      ['recovery code', withRecoveryCode],
    ] as const) {
      sessions.set(`${role} ${credential}`, bearer)
    }
  }
  const bearer = (role: Role, credential: Credential) => sessions.get(`${role} ${credential}`) ?? ''
  return { clinicId, doctorId, clinicNo: rows[0]?.no, bearer }
}

const setRule = (bearer: string, rolesNeedSecondFactor: boolean) =>
  send(bearer, `clinics/${scene.clinicId}/security`, { method: 'PATCH', body: { rolesNeedSecondFactor } })

const bookingsOf = (bearer: string) => send(bearer, `clinics/${scene.clinicId}/bookings`)

const hasShown = (credential: Credential) => !credential.startsWith('password')

test('only somebody with a second factor can require one', async () => {
  for (const role of ['admin', 'site administrator'] as const) {
    expect((await setRule(scene.bearer(role, 'password'), true)).body.code).toBe('second_factor_required')
    expect((await setRule(scene.bearer(role, 'password'), false)).status).toBe(200)
  }
  expect((await setRule(scene.bearer('staff', 'code'), true)).body.code).toBe('forbidden')
})

describe('negative control: while the clinic requires none', () => {
  test.each(roles)('%s reads bookings with every credential', async (role) => {
    for (const credential of credentials) expect((await bookingsOf(scene.bearer(role, credential))).status).toBe(200)
  })
})

describe('when the clinic requires a second factor', () => {
  beforeAll(async () => {
    expect((await setRule(scene.bearer('admin', 'code'), true)).status).toBe(200)
  })

  test.each(roles.flatMap((role) => credentials.map((credential) => [role, credential] as const)))(
    '%s, signed in with %s',
    async (role, credential) => {
      const { status, body } = await bookingsOf(scene.bearer(role, credential))
      expect([status, body.code]).toEqual(hasShown(credential) ? [200, undefined] : [403, 'second_factor_required'])
    },
  )

  test('the account itself says which roles are not usable', async () => {
    const lacks = async (credential: Credential) => {
      const { memberships } = (await send(scene.bearer('staff', credential), 'me')).body
      return memberships as { lacksSecondFactor: boolean }[]
    }
    expect((await lacks('password JWT')).map((one) => one.lacksSecondFactor)).toEqual([true])
    expect((await lacks('code JWT')).map((one) => one.lacksSecondFactor)).toEqual([false])
  })

  test('whoever turns their app off loses the use of the role at once, in all sessions', async () => {
    const first = scene.bearer('doctor', 'code')
    expect((await post(server.url, 'totp/remove', {}, first)).status).toBe(200)
    for (const bearer of [first, scene.bearer('doctor', 'recovery code'), scene.bearer('doctor', 'code JWT')]) {
      expect((await bookingsOf(bearer)).body.code).toBe('second_factor_required')
    }
    await setUpApp(server, first)
    expect((await bookingsOf(first)).status).toBe(200)
  })

  test('another clinic is not concerned', async () => {
    const site = scene.bearer('site administrator', 'password')
    const other = await send(site, 'clinics', { method: 'POST', body: { name: 'South', timezone: 'UTC' } })
    expect((await send(site, `clinics/${String(other.body.id)}/members`)).status).toBe(200)
  })
})

test('HOLDFAST_ADMIN_SECOND_FACTOR=on: site administrators need one everywhere', async () => {
  const strict = await runningServer({ HOLDFAST_ADMIN_SECOND_FACTOR: 'on' })
  try {
    const bearer = await signIn(strict.url, administrator)
    const create = () =>
      call(`${strict.url}/api/v1/clinics`, { method: 'POST', bearer, body: { name: 'New', timezone: 'UTC' } })
    expect((await create()).body.code).toBe('second_factor_required')
    expect((await call(`${strict.url}/api/v1/me`, { bearer })).body.lacksSecondFactor).toBe(true)
    const begun = await post(strict.url, 'totp/begin', { password: administrator.password }, bearer)
    await post(strict.url, 'totp/confirm', { code: codeOf(String(begun.body.secret)) }, bearer)
    expect((await create()).status).toBe(201)
  } finally {
    await strict.end()
  }
})

test('HOLDFAST_ADMIN_SECOND_FACTOR=on: feeds that site administrators created without one cannot be read', async () => {
  const site = scene.bearer('site administrator', 'password')
  const { body: clinic } = await send(site, 'clinics', { method: 'POST', body: { name: 'East', timezone: 'UTC' } })
  const doctor = { clinicId: clinic.id, name: 'Dr. East', specialization: 'Cardiology' }
  const { body: created } = await send(site, 'doctors', { method: 'POST', body: doctor })
  const ofDoctor = `doctors/${String(created.id)}/calendar-feed`
  const ofClinic = `clinics/${String(clinic.id)}/calendar-feed`
  const feed = async (bearer: string, path: string) =>
    new URL(String((await send(bearer, path, { method: 'POST', body: {} })).body.url)).pathname
  const feeds = [await feed(site, ofClinic), await feed(site, ofDoctor)]
  const own = await feed(site, 'me/calendar-feed')
  const strict = await serverOn(server.database, { HOLDFAST_ADMIN_SECOND_FACTOR: 'on' })
  try {
    const statuses = (url: string, paths: string[]) =>
      Promise.all(paths.map(async (path) => (await call(`${url}${path}`)).status))
    expect(await statuses(strict.url, [...feeds, own])).toEqual([404, 404, 200])
    // A membership does not replace it, as it does not in requests.
    const { id } = (await send(site, 'me')).body
    await server.database.ownerPool.query(sql`insert into holdfast.membership select no, ${id}, 'admin'
        from holdfast.clinic where id = ${clinic.id}`)
    expect(await statuses(strict.url, feeds)).toEqual([404, 404])
    // The controls: without the setting, and with a second factor.
    expect(await statuses(server.url, feeds)).toEqual([200, 200])
    const withFactor = await feed(scene.bearer('site administrator', 'code'), ofClinic)
    expect(await statuses(strict.url, [withFactor])).toEqual([200])
    await server.database.ownerPool.query('delete from holdfast.site_administrator where account_id = $1', [id])
    expect(await statuses(strict.url, feeds.slice(1))).toEqual([200])
  } finally {
    await strict.stop()
  }
})
