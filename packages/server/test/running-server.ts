import { Writable } from 'node:stream'
import { createLogger, type Logger } from '@holdfast/server/logger'
import { type StartedServer, startServer } from '@holdfast/server/main'
import { createTestDatabase, type TestDatabase } from '@holdfast/testkit'
import { afterAll } from 'vitest'

export const administrator = { email: 'admin@example.org', password: 'correct horse battery' }

export type RunningServer = StartedServer & {
  database: TestDatabase
  log: Logger
  /** The log so far, on level debug, one JSON object per line. */
  logText(): string
  /** The lines printed for people at the start. */
  said: string[]
  /** Stops the server and drops the database. */
  end(): Promise<void>
}

/** A whole server on a real port and a separate database. It has no limits and jobs, unless `env` sets them. */
export async function runningServer(env: Record<string, string> = {}): Promise<RunningServer> {
  const database = await createTestDatabase()
  const started = await serverOn(database, env)
  return {
    ...started,
    database,
    async end() {
      await started.stop()
      await database.drop()
    },
  }
}

/** The same for all tests of a file, after which it ends. */
export async function serverOfFile(env?: Record<string, string>): Promise<RunningServer> {
  const server = await runningServer(env)
  afterAll(() => server.end())
  return server
}

/** Another server on a database that exists. */
export async function serverOn(database: Pick<TestDatabase, 'ownerUrl' | 'appUrl'>, env: Record<string, string> = {}) {
  const lines: string[] = []
  const said: string[] = []
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk))
      done()
    },
  })
  const log = createLogger('debug', stream)
  const started = await startServer({ env: { ...settingsFor(database), ...env }, log, say: (line) => said.push(line) })
  return { ...started, said, log, logText: () => lines.join('') }
}

/** The settings of a server on a test's database; also for one in a separate process. */
export function settingsFor(database: Pick<TestDatabase, 'ownerUrl' | 'appUrl'>): Record<string, string> {
  return {
    DATABASE_URL: database.ownerUrl,
    DATABASE_APP_URL: database.appUrl,
    PORT: '0',
    HOLDFAST_SECRET: 'a-secret-of-the-tests-that-is-long-enough',
    HOLDFAST_ADMIN_EMAIL: administrator.email,
    HOLDFAST_ADMIN_PASSWORD: administrator.password,
    HOLDFAST_RATE_LIMIT: 'off',
    HOLDFAST_WORKER: 'off',
    HOLDFAST_DEMO: 'off',
  }
}

export type ApiResponse = { status: number; headers: Headers; body: Record<string, unknown>; text: string }

/** One request with a JSON body. */
export async function call(
  url: string,
  {
    method = 'GET',
    body,
    bearer,
    headers = {},
    signal,
  }: {
    method?: string
    body?: unknown
    bearer?: string
    headers?: Record<string, string>
    signal?: AbortSignal
  } = {},
): Promise<ApiResponse> {
  const response = await fetch(url, {
    method,
    redirect: 'manual',
    ...(signal === undefined ? {} : { signal }),
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  const isJson = /json/.test(response.headers.get('content-type') ?? '')
  const parsed: unknown = isJson && text !== '' ? JSON.parse(text) : {}
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: isRecord(parsed) ? parsed : { value: parsed },
  }
}

/** Signs in. @returns the session token */
export async function signIn(url: string, who: { email: string; password: string } = administrator): Promise<string> {
  const response = await call(`${url}/api/auth/sign-in/email`, { method: 'POST', body: who })
  if (typeof response.body.token !== 'string') throw new Error(`Sign-in returned ${response.status}: ${response.text}`)
  return response.body.token
}

/** Signs up and in. @returns the account's id and session token */
export async function signUp(
  url: string,
  email: string,
  password = 'a password of ten',
): Promise<{ id: string; token: string }> {
  const body = { name: email.split('@')[0] ?? email, email, password }
  const signedUp = await call(`${url}/api/auth/sign-up/email`, { method: 'POST', body })
  if (signedUp.status !== 200) throw new Error(`Sign-up returned ${signedUp.status}: ${signedUp.text}`)
  const signedIn = await call(`${url}/api/auth/sign-in/email`, { method: 'POST', body: { email, password } })
  const { token, user } = signedIn.body
  if (typeof token !== 'string' || !isRecord(user))
    throw new Error(`Sign-in returned ${signedIn.status}: ${signedIn.text}`)
  return { id: String(user.id), token }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
