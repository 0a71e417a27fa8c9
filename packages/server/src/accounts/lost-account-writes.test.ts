// Nightly: each write of accounts, with its result lost
import { randomUUID } from 'node:crypto'
import { mayHaveRun } from '@holdfast/engine'
import sql from 'sql-template-tag'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { limitedPool, type QueryBudget } from '../../test/limited-pool.ts'
import { openTestAccounts } from '../../test/open-test-accounts.ts'
import { anAuthenticator } from '../../test/passkey-responses.ts'
import { runningServer } from '../../test/running-server.ts'
import { aPersonWithApp, challengeOf, codeOf, accountPassword as password } from '../../test/second-factor-steps.ts'
import { createAccounts } from './accounts.ts'
import { accountsPool } from './accounts-schema.ts'
import { createChangeNotices } from './notices/change-notices.ts'
import { createChangePassword } from './passwords/change-password.ts'
import { createPasswordLinks } from './passwords/password-links.ts'
import { createPasskeys } from './second-factors/passkeys.ts'
import { createRecoveryCodes } from './second-factors/recovery-codes.ts'
import { createSecondFactors } from './second-factors/second-factors.ts'
import { createSetUpTotp } from './second-factors/set-up-totp.ts'
import { createSignInCodes } from './second-factors/sign-in-codes.ts'
import { createTotp } from './second-factors/totp.ts'
import { createPendingSignIns } from './sessions/pending-sign-ins.ts'
import { rightsInDatabase } from './sessions/rights-source.ts'

const queriesMax = 40
const site = { origin: 'http://localhost', rpId: 'localhost' }
const from = { ipAddress: '192.0.2.1', userAgent: 'test', isRemembered: true }
const newPassword = 'entirely new words 7'
const noNotice = async () => undefined

/** All that writes accounts, with a pool whose connections are lost; `open` has another. */
async function aScene() {
  const server = await runningServer()
  const open = await openTestAccounts(server.database)
  const whole = accountsPool(server.database.appUrl, 2, 'lost account writes')
  const { budget, pool } = limitedPool(whole)
  const { passwords, totp } = open
  const plain = { seal: async (text: string) => text, open: async (text: string) => text }
  const principals = { forget: async () => undefined }
  const notices = createChangeNotices(rightsInDatabase)
  const recoveryCodes = createRecoveryCodes(pool, notices)
  return {
    server,
    open,
    budget,
    accounts: createAccounts(pool, passwords, principals),
    passkeys: createPasskeys(pool, principals, notices),
    changePassword: createChangePassword(pool, passwords, principals, notices),
    passwordLinks: createPasswordLinks(pool, passwords, principals, rightsInDatabase, notices),
    secondFactors: createSecondFactors(pool, principals, notices),
    recoveryCodes,
    totp: createTotp(pool, plain),
    setUpTotp: createSetUpTotp(pool, totp, principals, notices),
    signInCodes: createSignInCodes(pool, createPendingSignIns(pool), { totp, recoveryCodes }),
    async end() {
      await whole.end()
      await open.close()
      await server.end()
    },
  }
}

type Scene = Awaited<ReturnType<typeof aScene>>

let scene: Scene

beforeAll(async () => {
  scene = await aScene()
})
afterAll(() => scene.end())

type Prepared = {
  /** The same each time. */
  run: () => Promise<unknown>
  /** What it resolves to when it was not done before. */
  done: object
}

const anAddress = () => `${randomUUID()}@example.org`

/** Somebody who has signed in. */
async function aPerson({ server, open }: Scene) {
  const email = anAddress()
  const created = await open.accounts.createAccount({ email, name: 'Ada', password })
  const accountId = created.kind === 'created' ? created.account.id : ''
  const { rows } = await server.database.ownerPool.query<{ id: string }>(sql`
    insert into auth.session ("userId", token, "expiresAt", "createdAt", "updatedAt")
     values (${accountId}, gen_random_uuid()::text, now() + interval '1 day', now(), now()) returning id::text`)
  return { accountId, email, name: 'Ada', sessionId: rows[0]?.id ?? '' }
}

/** Somebody with an app, in the session in which it was set up. */
async function aPersonWithFactor({ server }: Scene) {
  const { id: accountId } = await aPersonWithApp(server, anAddress())
  const { rows } = await server.database.ownerPool.query<{ id: string }>(sql`
    select id::text from auth.session where "userId" = ${accountId}`)
  return { accountId, sessionId: rows[0]?.id ?? '' }
}

const writes: Record<string, (scene: Scene) => Promise<Prepared>> = {
  'a new account': async ({ accounts }) => {
    const account = { email: anAddress(), name: 'Ada', password }
    return { run: () => accounts.createAccount(account), done: { kind: 'created' } }
  },
  'a password that is set': async (scene) => {
    const { accountId } = await aPerson(scene)
    await scene.open.accounts.createPasswordReset(accountId)
    return { run: () => scene.accounts.setPassword(accountId, newPassword), done: { kind: 'done' } }
  },
  'a password that is changed': async (scene) => {
    const person = await aPerson(scene)
    await scene.open.pendingSignIns.begin(person.accountId)
    const passwords = { current: password, chosen: newPassword }
    const run = () => scene.changePassword(person, passwords, { from, secondFactorAt: null }, noNotice)
    return { run, done: { kind: 'done', token: expect.any(String) } }
  },
  'a link of the operator': async (scene) => {
    const { accountId } = await aPerson(scene)
    const run = () => scene.passwordLinks.createPasswordReset(accountId)
    return { run, done: { token: expect.any(String) } }
  },
  'a password that is chosen by a link': async (scene) => {
    const { accountId } = await aPerson(scene)
    const { token } = await scene.open.accounts.createPasswordReset(accountId)
    return { run: () => scene.passwordLinks.resetPassword(token, newPassword, noNotice), done: { kind: 'done' } }
  },
  'second factors that are reset': async ({ server, secondFactors }) => {
    const { id } = await aPersonWithApp(server, anAddress())
    return { run: () => secondFactors.reset(id), done: { hasTotp: true, recoveryCodes: 10 } }
  },
  'an app that is removed': async (scene) => {
    const caller = await aPersonWithFactor(scene)
    return { run: () => scene.secondFactors.removeTotp(caller, noNotice), done: { kind: 'removed' } }
  },
  'recovery codes that are replaced': async (scene) => {
    const caller = await aPersonWithFactor(scene)
    return { run: () => scene.recoveryCodes.replace(caller, noNotice), done: { kind: 'replaced' } }
  },
  'an app that is set up': async (scene) => {
    const person = await aPerson(scene)
    const begun = await scene.open.totp.begin(person)
    const code = codeOf(begun.kind === 'begun' ? begun.secret : '')
    return { run: () => scene.setUpTotp(person, code, noNotice), done: { kind: 'accepted' } }
  },
  'the secret of an app': async (scene) => {
    const person = await aPerson(scene)
    return { run: () => scene.totp.begin(person), done: { kind: 'begun' } }
  },
  'another name of a passkey': async (scene) => {
    const person = await aPerson(scene)
    const options = await scene.open.passkeys.creationOptions(site, person)
    const response = anAuthenticator(site).created(options?.challenge ?? '')
    const added = await scene.open.passkeys.add(site, person, { name: 'Key', response }, noNotice)
    const id = added.kind === 'added' ? added.passkey.id : ''
    return { run: () => scene.passkeys.rename(person, id, 'Another'), done: { kind: 'renamed' } }
  },
  'a sign-in by code': async ({ server, signInCodes }) => {
    const { id: accountId, email, secret } = await aPersonWithApp(server, anAddress())
    const signIn = { accountId, challenge: await challengeOf(server.url, email), code: codeOf(secret) }
    return { run: () => signInCodes.complete(signIn, from), done: { kind: 'accepted' } }
  },
  'a sign-in by recovery code': async ({ server, signInCodes }) => {
    const { id: accountId, email, recoveryCodes } = await aPersonWithApp(server, anAddress())
    const signIn = { accountId, challenge: await challengeOf(server.url, email), code: recoveryCodes[0] ?? '' }
    return { run: () => signInCodes.complete(signIn, from), done: { kind: 'accepted' } }
  },
  'a new passkey': async (scene) => {
    const person = await aPerson(scene)
    const options = await scene.open.passkeys.creationOptions(site, person)
    const response = anAuthenticator(site).created(options?.challenge ?? '')
    return { run: () => scene.passkeys.add(site, person, { name: 'Key', response }, noNotice), done: { kind: 'added' } }
  },
  'a sign-in by passkey': async (scene) => {
    const person = await aPerson(scene)
    const authenticator = anAuthenticator(site)
    const options = await scene.open.passkeys.creationOptions(site, person)
    const response = authenticator.created(options?.challenge ?? '')
    await scene.open.passkeys.add(site, person, { name: 'Key', response }, noNotice)
    const signed = authenticator.signed((await scene.open.passkeys.requestOptions(site)).challenge)
    const run = async () => {
      const verified = await scene.passkeys.verify(site, signed)
      return { token: verified === null ? null : await scene.passkeys.signIn(verified, from) }
    }
    return { run, done: { token: expect.any(String) } }
  },
}

/** Every row of the accounts' tables. */
async function rowsOf({ server }: Scene): Promise<string[]> {
  const tables = ['"user"', 'account', 'session', 'verification', 'totp', '"recoveryCode"', 'passkey']
  const all = tables.map((table) => `select '${table}' as name, to_jsonb(t)::text as text from auth.${table} t`)
  const { rows } = await server.database.ownerPool.query<{ name: string; text: string }>(all.join(' union all '))
  return rows.map(({ name, text }) => `${name} ${text}`).toSorted()
}

/** Which tables have other rows than before. */
function changedTables(before: string[], after: string[]): string[] {
  const [earlier, later] = [new Set(before), new Set(after)]
  const rows = [...before.filter((row) => !later.has(row)), ...after.filter((row) => !earlier.has(row))]
  return [...new Set(rows.map((row) => row.split(' ')[0] ?? ''))].toSorted()
}

/**
 * Prepares and runs a write again and again, each time with one query more before the connection is lost.
 *
 * @returns what each left that is neither nothing nor all of it, or that its error denies
 */
async function sweep(scene: Scene, name: string, mode: QueryBudget['mode']): Promise<string[]> {
  const { budget } = scene
  const prepare = writes[name]
  if (prepare === undefined) throw new Error(`There is no write ${name}.`)
  const left: { queries: number; changed: string[]; mayHave: boolean }[] = []
  for (let queries = 0; queries <= queriesMax; queries += 1) {
    const { run, done } = await prepare(scene)
    const before = await rowsOf(scene)
    Object.assign(budget, { left: queries, mode })
    const failure = await run()
      .then(() => null)
      .catch((error: unknown) => ({ error }))
    const hasFailed = failure !== null
    budget.left = Number.POSITIVE_INFINITY
    const changed = changedTables(before, await rowsOf(scene))
    if (!hasFailed) {
      const partly = left.filter((one) => one.changed.length > 0 && String(one.changed) !== String(changed))
      const denied = left.filter((one) => one.changed.length > 0 && !one.mayHave)
      return [...partly, ...denied].map((one) => `${one.queries} queries: ${one.changed}`)
    }
    left.push({ queries, changed, mayHave: mayHaveRun(failure.error) })
    // What was not written is not used up.
    if (changed.length === 0) expect(await run(), `${queries} queries`).toMatchObject(done)
  }
  throw new Error(`Not done with ${queriesMax} queries.`)
}

for (const mode of ['refused', 'lost'] as const) {
  test.for(Object.keys(writes))(
    `%s, a connection is ${mode}: all of it is written, or nothing, which can be repeated`,
    async (name) => {
      expect(await sweep(scene, name, mode)).toEqual([])
    },
  )
}

test('negative control: a write of two commits is found', async () => {
  writes['two commits'] = async () => {
    const { accountId } = await aPerson(scene)
    const { token } = await scene.open.accounts.createPasswordReset(accountId)
    const run = async () => {
      await scene.open.sessions.endAll(accountId)
      return scene.passwordLinks.resetPassword(token, newPassword, noNotice)
    }
    return { run, done: { kind: 'done' } }
  }
  expect(await sweep(scene, 'two commits', 'refused')).not.toEqual([])
})
