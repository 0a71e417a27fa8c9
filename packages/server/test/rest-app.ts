import { randomUUID } from 'node:crypto'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { createEgress } from '@holdfast/adapters/egress'
import { type Operation, type Problem, restOperations, type Static, type TSchema } from '@holdfast/contract'
import { clinicNoIn, createCalendarReads, createClinicLimiter, createEngine, type Engine } from '@holdfast/engine'
import { aMember, type TestDatabase } from '@holdfast/testkit'
import type { Role } from '@holdfast/vocabulary'
import Fastify, { type FastifyInstance, type FastifyRequest, type LightMyRequestResponse } from 'fastify'
import type pg from 'pg'
import type { AccountCard } from '../src/accounts/accounts.ts'
import type { AccountPrincipal } from '../src/accounts/sessions/principals.ts'
import type { AuditEntry } from '../src/audit/audit-entry.ts'
import { AuditUnavailable } from '../src/audit/audit-recorder.ts'
import { ResponseCache } from '../src/cache/response-cache.ts'
import { Calendar } from '../src/calendar/calendar.ts'
import { SlotLists } from '../src/calendar/slot-lists.ts'
import type { Principal } from '../src/edge/authentication/principal.ts'
import { readJsonOnly } from '../src/edge/bodies/json-bodies.ts'
import { serializerCompiler } from '../src/edge/bodies/serializers.ts'
import { validatorCompiler } from '../src/edge/bodies/validator.ts'
import { errorHandler } from '../src/edge/errors/error-handler.ts'
import { notFound } from '../src/edge/errors/not-found.ts'
import { problem } from '../src/edge/errors/problem-error.ts'
import { noRateLimits } from '../src/edge/rate-limits/rate-limits.ts'
import { createReadHolidays } from '../src/holidays/read-holidays.ts'
import { DatabaseBreaker } from '../src/lifecycle/database-breaker.ts'
import { createRecipientDigests } from '../src/messages/recipient-digests.ts'
import { createLogger } from '../src/observe/logger.ts'
import type { RestShards } from '../src/rest/find-responder.ts'
import { ExportSlots } from '../src/rest/responses/export-slots.ts'
import type { RestDeps } from '../src/rest/rest-deps.ts'
import { restRoutes } from '../src/rest/rest-routes.ts'
import { createApiKeySecrets } from '../src/secrets/api-keys.ts'
import { createBookingOrigins } from '../src/secrets/booking-origins.ts'
import { createConfirmationTokens, createUnsubscribeTokens } from '../src/secrets/confirmation-tokens.ts'
import { createManageTokens, guestBinding, type ManageTokenBinding } from '../src/secrets/manage-tokens.ts'
import { createSealedTexts } from '../src/secrets/sealed-texts.ts'
import { createVisitRooms } from '../src/secrets/visit-rooms.ts'
import { checkContract } from './check-contract.ts'
import { healthOfTest } from './health-of-test.ts'

export type OperationId = keyof typeof restOperations

/** A test's account. */
export type TestAccount = AccountCard &
  Pick<AccountPrincipal, 'siteAdministrator' | 'secondFactorAt' | 'administrationNeedsSecondFactor'> & {
    /** The e-mail address is proven. Default: true. */
    isConfirmed: boolean
    /** Default: now. */
    createdAt: Date
  }

export type CallOptions = {
  path?: Record<string, string>
  query?: Record<string, string | number | boolean> | string
  body?: unknown
  /** A text that is sent as it is, instead of `body`. */
  raw?: string
  as?: TestAccount
  token?: string | null
  key?: string
  headers?: Record<string, string>
  /** The address that the request comes from. */
  remoteAddress?: string
}

type ResponseBody<Described extends Operation> = {
  [Status in keyof Described['responses']]: Described['responses'][Status] extends {
    schema: infer Schema extends TSchema
  }
    ? Static<Schema>
    : never
}[keyof Described['responses']]

/** `body` throws if the request was refused, `problem` if it was not: a test states what it expects by reading one. */
export type Reply<Id extends OperationId> = {
  status: number
  headers: Record<string, unknown>
  body: ResponseBody<(typeof restOperations)[Id]>
  problem: Problem
}

/** The REST routes on the real engine and database. A header names the account, in place of a session. */
export type RestApp = {
  app: FastifyInstance
  engine: Engine
  /** Tokens of guests' bookings, unless bound otherwise. */
  manageTokens: { issue(bookingId: string, binding?: ManageTokenBinding): string }
  /** Violations of the contract; must be empty. */
  violations: string[]
  /** What the security log would get. */
  audited: AuditEntry[]
  /** Whether the security log cannot be written now. */
  auditLog: { isDown: boolean }
  /** The routes' clock; undefined: the real time. */
  clock: { now: Date | undefined }
  anAccount(options?: Partial<TestAccount>): TestAccount
  aMember(clinicNo: number, role: Role, doctorId?: string): Promise<TestAccount>
  call<Id extends OperationId>(id: Id, options?: CallOptions): Promise<Reply<Id>>
  stop(): Promise<void>
}

export const restAppSecret = 'a secret of the tests'
const secret = restAppSecret
/** API keys of a test. */
export const apiKeySecrets = createApiKeySecrets([secret])
export const accountHeader = 'x-test-account'

type StartOptions = { hasLimits?: boolean; sendsMails?: boolean; replaced?: Partial<RestDeps> }

export async function startRestApp(
  { appPool: pool, ownerPool }: Pick<TestDatabase, 'appPool' | 'ownerPool'>,
  { hasLimits = false, sendsMails = false, replaced = {} }: StartOptions = {},
): Promise<RestApp> {
  const engine = createEngine({ batchPool: pool, generalPool: pool })
  const manageTokens = createManageTokens([secret])
  const accounts = new Map<string, TestAccount>()
  const violations: string[] = []
  const audited: AuditEntry[] = []
  const auditLog = { isDown: false }
  const clock: RestApp['clock'] = { now: undefined }
  const app = anHttpApp()
  app.decorateRequest('principal')
  app.decorateRequest('sessionId', 'of a test')
  app.decorate('identifyAgain', (request: FastifyRequest) => principalOf(request, engine, accounts))
  app.decorate('rateLimits', noRateLimits)
  for (const name of ['limitBooking', 'limitPatient'] as const) app.decorate(name, (_request, _reply, done) => done())
  const storeSiteAdministrator = siteAdministratorsIn(ownerPool)
  app.addHook('onRequest', async (request) => {
    request.principal = await principalOf(request, engine, accounts)
    const { principal } = request
    if (principal.kind === 'account' && principal.siteAdministrator) await storeSiteAdministrator(principal.accountId)
  })
  await app.register(checkContract, { violations }).register(notFound)
  await app.register(
    restRoutes(
      ofOneDatabase({
        engine,
        exportSlots: new ExportSlots(),
        limitClinic: createClinicLimiter({ atOnceMax: 64, waitingMax: 1_000, waitMsMax: 5_000 }),
        audit: auditOf(audited, auditLog),
        mails: { isAvailable: false, store: async () => undefined, request: async () => undefined },
        ticketUrl: ({ bookingId }) => `https://book.example.org/ticket#${bookingId}`,
        ...enteredAddresses(),
        manageTokens,
        apiKeySecrets,
        ...(sendsMails ? sendingDeps : { sendsSms: false, confirmationTokens: null }),
        ...derivedFrom([secret]),
        bookingOrigins: createBookingOrigins([secret]),
        hasBookingLimits: hasLimits,
        freshness: untailed(),
        slotLists: uncachedLists(pool),
        calendarReads: createCalendarReads(pool),
        storedFor: { auditMonths: 12, backupTo: '/var/backups', backupDays: 30 },
        publicUrl: null,
        holdSecondsDefault: 120,
        now: () => clock.now ?? new Date(),
        accounts: accountsAmong(accounts),
        sessions: { isStillLive: async () => true },
        requireRecentSignIn: async () => undefined,
        health: healthOfTest(pool),
        ...replaced,
      }),
    ),
  )
  await app.ready()

  const anAccount: RestApp['anAccount'] = (options = {}) => {
    const account = testAccount(options)
    accounts.set(account.id, account)
    return account
  }
  return {
    app,
    engine,
    manageTokens: { issue: (bookingId, binding = guestBinding) => manageTokens.issue(bookingId, binding) },
    violations,
    audited,
    auditLog,
    clock,
    anAccount,
    async aMember(clinicNo, role, doctorId) {
      const account = anAccount()
      await aMember({ ownerPool: pool }, { no: clinicNo }, { accountId: account.id, role, doctorId: doctorId ?? null })
      return account
    },
    call: (id, options = {}) => call(app, id, options),
    stop: () => app.close().then(() => engine.stop()),
  }
}

function anHttpApp() {
  const app = Fastify({ bodyLimit: 1_048_576, onProtoPoisoning: 'error', onConstructorPoisoning: 'error' })
  readJsonOnly(app)
  app.setValidatorCompiler(validatorCompiler()).setSerializerCompiler(serializerCompiler())
  app.setErrorHandler(errorHandler)
  return app
}

/** There are a mail server and an SMS provider. */
const sendingDeps = { sendsSms: true, confirmationTokens: createConfirmationTokens([secret]) }

function auditOf(audited: AuditEntry[], log: RestApp['auditLog']): RestDeps['audit'] {
  return {
    record: (entry) => void audited.push(entry),
    async acknowledge(entries) {
      if (log.isDown && entries.length > 0) throw new AuditUnavailable()
      audited.push(...entries)
    },
  }
}

function ofOneDatabase(rest: Omit<RestDeps, 'ofClinic' | 'readHolidays'>): RestShards {
  const common: RestDeps = { readHolidays: createReadHolidays(), ...rest, ofClinic: () => common }
  const places = { known: () => 0, requireHere: async () => undefined }
  return { common, of: () => common, lookAgain: async () => false, places, others: [] }
}

function testAccount({ id = randomUUID(), ...options }: Partial<TestAccount>): TestAccount {
  return {
    id,
    email: `${id}@example.org`,
    name: 'Ada Account',
    siteAdministrator: false,
    secondFactorAt: null,
    isConfirmed: true,
    createdAt: new Date(),
    administrationNeedsSecondFactor: [],
    ...options,
  }
}

function accountsAmong(accounts: ReadonlyMap<string, TestAccount>): RestDeps['accounts'] {
  const isNew = ({ isConfirmed, createdAt }: TestAccount, hours: number) =>
    !isConfirmed && createdAt.getTime() > Date.now() - hours * 3_600_000
  const confirmed = () => [...accounts.values()].filter(({ isConfirmed }) => isConfirmed)
  return {
    byIds: async (ids) => new Map([...accounts].filter(([id]) => ids.includes(id))),
    mayHaveFeed: async ({ accountId }) => accounts.has(accountId),
    time: async () => new Date(),
    personalData: async () => [],
    newUnconfirmed: async (ids, hours) =>
      [...accounts.values()].filter((one) => ids.includes(one.id) && isNew(one, hours)).map(({ id }) => id),
    confirmedEmail: async (id) => confirmed().find((account) => account.id === id)?.email ?? null,
    ofConfirmedEmail: async (email) => confirmed().find((account) => account.email === email)?.id ?? null,
  }
}

function derivedFrom(secrets: readonly string[]) {
  return {
    unsubscribeTokens: createUnsubscribeTokens(secrets),
    recipientDigests: createRecipientDigests(secrets),
    visitRooms: createVisitRooms(secrets),
  }
}

/** Webhooks and external calendars. */
function enteredAddresses(): Pick<RestDeps, 'webhookSender' | 'busyCalendarUrls'> {
  return {
    webhookSender: { egress: createEgress({ allowPrivate: true }), sealed: createSealedTexts([secret], 'webhook') },
    busyCalendarUrls: createSealedTexts([secret], 'busy-calendar'),
  }
}

/** Stores each site administrator once, and resolves when it is done. */
function siteAdministratorsIn(pool: pg.Pool): (accountId: string) => Promise<unknown> {
  const stored = new Map<string, Promise<unknown>>()
  return (accountId) => {
    const storing =
      stored.get(accountId) ??
      pool.query('insert into holdfast.site_administrator (account_id) values ($1) on conflict do nothing', [accountId])
    stored.set(accountId, storing)
    return storing
  }
}

/** Nothing is cached: builders write without the engine, and no tail reads the log. */
function untailed() {
  const cache = new ResponseCache({ bytesMax: 1_000_000 })
  cache.trust(false)
  return { cache, breaker: new DatabaseBreaker(), tail: { horizon: 0n, epoch: 1, transactionAt: () => 0n } }
}

/** Each list is read from the database. */
function uncachedLists(pool: pg.Pool): RestDeps['slotLists'] {
  const tail = { horizon: 0n, subscribe: () => () => undefined }
  const reads = createCalendarReads(pool)
  const log = createLogger('silent')
  return {
    read(...of) {
      const calendar = new Calendar({ tail, reads, bytesMax: 1_000_000, log })
      return new SlotLists({ calendar, bytesMax: 1_000_000 }).read(...of)
    },
  }
}

async function principalOf(
  request: FastifyRequest,
  engine: Engine,
  accounts: Map<string, TestAccount>,
): Promise<Principal> {
  const [, token] = /^Bearer (hfm_.*)$/.exec(request.headers.authorization ?? '') ?? []
  if (token !== undefined) return { kind: 'manage_token', token }
  const sentKey = apiKeySecrets.parse((request.headers.authorization ?? '').replace(/^Bearer /, ''))
  if (sentKey !== null) {
    const found = await engine.apiKeys.open(clinicNoIn(sentKey.id) ?? 0, sentKey.id, sentKey.digest)
    if (found === null) throw problem('unauthenticated', 'The API key is not valid.')
    return { kind: 'api_key', role: 'staff', ...found }
  }
  const account = accounts.get(String(request.headers[accountHeader]))
  if (account === undefined) return { kind: 'anonymous' }
  const { id: accountId, email, name, siteAdministrator, secondFactorAt } = account
  const memberships = await Promise.all(
    (await engine.directory.membershipsOf(accountId)).map(async (membership) => ({
      ...membership,
      needsSecondFactor: await engine.directory.rolesNeedSecondFactor(membership.clinicNo),
    })),
  )
  const administrationNeedsSecondFactor = account.administrationNeedsSecondFactor
  const person = { kind: 'account', accountId, email, name, siteAdministrator } as const
  return { ...person, memberships, secondFactorAt, administrationNeedsSecondFactor }
}

async function call<Id extends OperationId>(app: FastifyInstance, id: Id, options: CallOptions): Promise<Reply<Id>> {
  const { method, url }: Operation = restOperations[id]
  const { path = {}, query = {}, body, raw, as, token, key, headers = {}, remoteAddress } = options
  const search = typeof query === 'string' ? query : new URLSearchParams(entriesOfText(query)).toString()
  const pathname = url.replaceAll(/\{(\w+)\}/g, (_all, name: string) => encodeURIComponent(path[name] ?? `no-${name}`))
  const payload = raw ?? (body === undefined ? undefined : JSON.stringify(body))
  const response = await app.inject({
    method,
    url: search === '' ? pathname : `${pathname}?${search}`,
    headers: {
      ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
      ...(as ? { [accountHeader]: as.id } : {}),
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(key === undefined ? {} : { 'idempotency-key': key }),
      ...headers,
    },
    ...(payload === undefined ? {} : { payload }),
    ...(remoteAddress === undefined ? {} : { remoteAddress }),
  })
  const payloadText = textOf(response)
  const isText = /^(text|image)\//.test(String(response.headers['content-type']))
  const received: unknown = payloadText === '' ? undefined : isText ? payloadText : JSON.parse(payloadText)
  const isProblem = response.statusCode >= 400
  const outcome = `${id} returned ${response.statusCode}: ${payloadText.slice(0, 500)}`
  return {
    status: response.statusCode,
    headers: response.headers,
    get body() {
      if (isProblem) throw new Error(outcome)
      return received as Reply<Id>['body']
    },
    get problem() {
      if (!isProblem) throw new Error(outcome)
      return received as Problem
    },
  }
}

function entriesOfText(query: Record<string, string | number | boolean>): [string, string][] {
  return Object.entries(query).map(([name, value]) => [name, String(value)])
}

/** The body as clients decode it. */
function textOf({ headers, payload, rawPayload }: LightMyRequestResponse): string {
  if (headers['content-encoding'] === 'br') return brotliDecompressSync(rawPayload).toString()
  return headers['content-encoding'] === 'gzip' ? gunzipSync(rawPayload).toString() : payload
}
