import { randomUUID } from 'node:crypto'
import { createAuditLog } from '@holdfast/engine'
import { messageOf } from '@holdfast/engine/message-of'
import { createSiteAdministrator, type OpenAccounts, openAccounts } from '@holdfast/server/accounts'
import { openDatabase } from '@holdfast/server/compose'
import { readConfig } from '@holdfast/server/config'
import { createLogger } from '@holdfast/server/logger'
import { until } from '@holdfast/testkit'
import { Secret, TOTP } from 'otpauth'
import type pg from 'pg'

type Databases = { ownerUrl: string; appUrl: string; owner: pg.Pool | pg.Client }
type Scene = Databases & { opened: OpenAccounts; email: string; id: string; clinicNo: number }

const secret = 'a secret of the drill that is long enough'
const password = 'a password of ten'
const origin = { ipAddress: '127.0.0.1', userAgent: 'drill', isRemembered: true }
const stored = async () => undefined

/** Migrates a plain database with its accounts. @returns the URL of the application's role */
export async function migrateWithAccounts(ownerUrl: string): Promise<string> {
  const database = await openDatabase(settingsOf(ownerUrl), { share: true })
  return (await database.migrate()).appUrl
}

/**
 * What accounts do, on the coordinator of a distributed database as on a plain one, as the application's role: an
 * account with a role in a clinic signs up, signs in, changes and loses what it has.
 *
 * @returns the steps that did something else than they do on a plain database, each with what it did
 */
export async function tryAccounts(databases: Databases, clinicNo: number): Promise<string[]> {
  const database = { appUrl: databases.appUrl, secrets: [secret] }
  const opened = await openAccounts(settingsOf(databases.ownerUrl), database, createLogger('silent'))
  const scene = { ...databases, opened, clinicNo, email: `${randomUUID()}@example.org`, id: '' }
  const failed: string[] = []
  try {
    for (const [name, step] of Object.entries(steps)) {
      try {
        await step(scene)
      } catch (error) {
        failed.push(`${name}: ${messageOf(error)}`)
      }
    }
  } finally {
    await opened.close()
  }
  return failed
}

function settingsOf(ownerUrl: string) {
  const read = readConfig({ DATABASE_URL: ownerUrl, HOLDFAST_SECRET: secret, HOLDFAST_RATE_LIMIT: 'off' })
  if (read.kind !== 'ok') throw new Error('The settings of the drill are not valid.')
  return read.config
}

const steps: Record<string, (scene: Scene) => Promise<void>> = {
  async 'sign-up'(scene) {
    const { status } = await ask(scene, 'sign-up/email', { email: scene.email, password, name: 'Drill' })
    scene.id = (await scene.opened.accounts.byEmail(scene.email))?.id ?? ''
    same([status, scene.id === ''], [200, false])
  },
  async 'rights in a session'(scene) {
    await scene.owner.query(`insert into holdfast.membership (clinic_no, account_id, role) values ($1, $2, 'admin')`, [
      scene.clinicNo,
      scene.id,
    ])
    // Prepared: the plan for any values comes after the fifth time.
    for (let time = 0; time < 8; time += 1) {
      const { principal } = (await scene.opened.principals.bySession(await signIn(scene))) ?? {}
      same(
        principal?.memberships.map(({ clinicNo, role }) => [clinicNo, role]),
        [[scene.clinicNo, 'admin']],
      )
    }
  },
  async sessions(scene) {
    const { sessions, principals } = scene.opened
    const token = await signIn(scene)
    const found = await principals.bySession(token)
    if (found === null) throw new Error('no session')
    same((await sessions.list(found.principal)).length > 1, true)
    await sessions.endOthers(scene.id, found.sessionId)
    same((await sessions.list(found.principal)).length, 1)
    await sessions.endAll(scene.id, (transaction) => record(transaction, scene.id))
    same([await principals.bySession(token), await sessions.isStillLive(scene.id, found.sessionId)], [null, false])
    same(await auditedClinics(scene), [scene.clinicNo])
  },
  async 'feeds end with the sessions, wherever they are'(scene) {
    const { accounts, sessions } = scene.opened
    // Times have milliseconds: a feed that is created in the one in which sessions end has ended, too.
    const validFeed = () =>
      until(
        async () => {
          const feed = { accountId: scene.id, createdAt: await accounts.time() }
          return (await accounts.mayHaveFeed(feed)) ? feed : undefined
        },
        () => 'a feed that is created after the sessions ended',
      )
    const before = await validFeed()
    await sessions.endAll(scene.id)
    same(await accounts.mayHaveFeed(before), false)
    await validFeed()
    await signIn(scene)
    await sessions.endEverybodys()
  },
  async 'change of the password'(scene) {
    const found = await scene.opened.principals.bySession(await signIn(scene))
    const caller = { accountId: scene.id, sessionId: found?.sessionId ?? '' }
    const change = { current: password, chosen: `${password} more` }
    const replaced = { from: origin, secondFactorAt: null }
    same((await scene.opened.changePassword(caller, change, replaced)).kind, 'done')
    same((await scene.opened.accounts.setPassword(scene.id, password)).kind, 'done')
  },
  async 'reset of the password'(scene) {
    const { accounts } = scene.opened
    const passedOn = await accounts.createPasswordReset(scene.id, (transaction) => record(transaction, scene.id))
    same((await accounts.resetPassword(passedOn.token, password)).kind, 'done')
    const mailed = await accounts.createMailedPasswordReset(scene.id, stored)
    same((await accounts.resetPassword(mailed?.token ?? '', password)).kind, 'done')
    same(await accounts.confirmedEmail(scene.id), scene.email)
  },
  async 'change of the address'(scene) {
    const { accounts } = scene.opened
    const request = { newEmail: `new-${scene.email}`, language: 'en' as const }
    const link = await accounts.createEmailLink(scene.id, request, stored)
    const use = await accounts.useEmailLink(scene.id, link.kind === 'created' ? link.token : '', stored)
    const undoToken = use.kind === 'changed' && use.undo.kind === 'link' ? use.undo.token : ''
    same([use.kind, await accounts.byEmailUndo(undoToken)], ['changed', scene.id])
    same(await accounts.undoEmailChange(scene.id, undoToken), true)
    same((await accounts.byEmail(scene.email))?.id, scene.id)
    await accounts.setPassword(scene.id, password)
  },
  async 'second factor'(scene) {
    const { totp, setUpTotp, secondFactors, principals, signInCodes, pendingSignIns } = scene.opened
    const begun = await totp.begin({ accountId: scene.id, email: scene.email })
    const found = await principals.bySession(await signIn(scene))
    const code = new TOTP({ secret: Secret.fromBase32(begun?.secret ?? '') }).generate()
    const setUp = await setUpTotp({ accountId: scene.id, sessionId: found?.sessionId ?? '' }, code)
    const [recoveryCode = ''] = setUp.kind === 'accepted' ? setUp.recoveryCodes : []
    const { challenge } = await pendingSignIns.begin(scene.id)
    const completed = await signInCodes.complete({ challenge, accountId: scene.id, code: recoveryCode }, origin)
    same([setUp.kind, completed.kind], ['accepted', 'accepted'])
    const removed = await secondFactors.reset(scene.id, (transaction) => record(transaction, scene.id))
    same(removed, { hasTotp: true, recoveryCodes: 9, passkeys: 0 })
  },
  async notices({ opened: { signInNotices, accounts }, id, email, owner }) {
    const noticed: string[] = []
    const note = async (isKnownBrowser: boolean) =>
      signInNotices.noteSignIn(id, { isKnownBrowser, userAgent: 'drill', language: 'de' }, async (_, { email: to }) => {
        noticed.push(to)
      })
    await note(false)
    await note(false)
    same(noticed, [email])
    await owner.query(`update auth."user" set "createdAt" = now() - interval '1 day' where id = $1`, [id])
    await accounts.noteSignUp(email, async (_, to) => void noticed.push(to))
    same(noticed, [email, email])
  },
  async 'site administrator'(scene) {
    const account = { email: `admin-${scene.email}`, name: 'Drill', password }
    const created = await createSiteAdministrator(scene.opened.accounts, account, {
      ownerUrl: scene.ownerUrl,
      kind: 'command',
    })
    same([created.kind, await scene.opened.accounts.hasSiteAdministrator()], ['created', true])
    const admin = { ...scene, email: account.email, id: created.kind === 'created' ? created.account.id : '' }
    const { principal } = (await scene.opened.principals.bySession(await signIn(admin))) ?? {}
    same([principal?.siteAdministrator, principal?.memberships], [true, []])
    same(await auditedClinics(admin), [0])
  },
}

/** Fails with both, unless they are the same. */
function same(found: unknown, expected: unknown): void {
  const [one, other] = [JSON.stringify(found), JSON.stringify(expected)]
  if (one !== other) throw new Error(`${one} instead of ${other}`)
}

function ask({ opened: { auth, publicUrl } }: Scene, path: string, body: object): Promise<Response> {
  const headers = { 'content-type': 'application/json' }
  return auth.handler(
    new Request(`${publicUrl}/api/auth/${path}`, { method: 'POST', headers, body: JSON.stringify(body) }),
  )
}

/** @returns the session's token */
async function signIn(scene: Scene): Promise<string> {
  const response = await ask(scene, 'sign-in/email', { email: scene.email, password })
  const body: unknown = await response.json()
  if (typeof body !== 'object' || body === null || !('token' in body)) throw new Error(`no sign-in: ${response.status}`)
  return String(body.token)
}

/** The entry in the security log, as of a command. */
function record(transaction: pg.PoolClient, subjectId: string): Promise<void> {
  const event = { kind: 'sessions_ended', clinicNo: null, actorKind: 'command', actorId: null, network: null } as const
  return createAuditLog(transaction).append([{ ...event, subjectId, details: [], count: 1, ageMs: 0 }])
}

/** The clinics in whose security log the account is. */
async function auditedClinics({ owner, id }: Scene): Promise<number[]> {
  const { rows } = await owner.query<{ no: number }>(
    'select clinic_no as no from holdfast.audit_event where subject_id = $1 order by 1',
    [id],
  )
  return rows.map(({ no }) => no)
}
