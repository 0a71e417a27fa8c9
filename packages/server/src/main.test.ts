// Nightly: each way in which the process starts and stops
import dns from 'node:dns'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { createServer, isIPv6 } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { changeDatabaseUrl } from '@holdfast/engine'
import { createEmptyDatabase, ofKind, type TestDatabase, until } from '@holdfast/testkit'
import { anotherDatabase, test } from '@holdfast/testkit/database-test'
import { beforeAll, describe, expect, vi } from 'vitest'
import { administrator, call, serverOn, settingsFor, signIn, signUp } from '../test/running-server.ts'
import { failingServer, serverProcess } from '../test/server-process.ts'
import { openAccounts } from './accounts/open-accounts.ts'
import { openDatabase } from './compose/database/open-database.ts'
import { readConfig } from './config/config.ts'
import { StartError, startServer } from './main.ts'
import { createLogger } from './observe/logger.ts'
import { startWorker } from './worker.ts'

const log = createLogger('silent')

type Callback = (error: null, addresses: { address: string; family: number }[]) => void

/** PostgreSQL shows a connection a moment longer than its client has it. */
async function untilNoConnections(database: TestDatabase): Promise<void> {
  const left = async () => {
    const { rows } = await database.ownerPool.query(`select application_name from pg_stat_activity
        where datname = current_database() and application_name like 'holdfast%'`)
    return rows
  }
  await until(
    async () => (await left()).length === 0,
    async () => `no connections left, there are ${JSON.stringify(await left())}`,
  )
}

const clinics = async (url: string) => (await call(`${url}/api/v1/clinics`)).body.items

describe('a start', () => {
  test('of an empty database creates schema, administrator and demo clinic once, also if two start', async () => {
    const empty = await createEmptyDatabase()
    const said: string[][] = [[], []]
    const env = {
      DATABASE_URL: empty.ownerUrl,
      PORT: '0',
      HOLDFAST_DEMO: 'on',
      HOLDFAST_WORKER: 'off',
      HOLDFAST_RATE_LIMIT: 'off',
      HOLDFAST_ADMIN_EMAIL: 'first@example.org',
    }
    const servers = await Promise.all(said.map((lines) => startServer({ env, log, say: (line) => lines.push(line) })))
    try {
      const lines = said.flat()
      const password = lines.find((line) => line.startsWith('Password: '))?.slice('Password: '.length) ?? ''
      expect(lines.filter((line) => line === 'Administrator: first@example.org')).toHaveLength(1)
      expect(lines.filter((line) => line.startsWith('Password: '))).toHaveLength(1)
      for (const [index, server] of servers.entries()) {
        expect(said[index]?.at(-1)).toBe(`Holdfast is ready at ${server.url}`)
        expect(await clinics(server.url)).toHaveLength(1)
      }
      const [{ url } = { url: '' }] = servers
      const bearer = await signIn(url, { email: 'first@example.org', password })
      // A password that was printed has to be changed first.
      expect((await call(`${url}/api/v1/me`, { bearer })).body.code).toBe('password_change_required')
      const body = { currentPassword: password, newPassword: 'chosen by the first administrator' }
      expect((await call(`${url}/api/auth/change-password`, { method: 'POST', bearer, body })).status).toBe(200)
      expect((await call(`${url}/api/v1/me`, { bearer })).body).toMatchObject({ siteAdministrator: true })
      const doctors = await call(`${url}/api/v1/doctors?limit=100`)
      expect(doctors.body.items).toHaveLength(7)
      type Doctor = { id: string; appointmentTypes: string[]; nextAvailableAt: string | null; hasOpenSessions: boolean }
      const items = doctors.body.items as Doctor[]
      const isBookable = (one: Doctor) => one.nextAvailableAt !== null || one.hasOpenSessions
      expect(items.filter((one) => !isBookable(one))).toEqual([])
      const rooms = await Promise.all(
        items.map(async ({ id, appointmentTypes }) => {
          const { body } = await call(`${url}/api/v1/doctors/${id}/video-room`, { bearer })
          return { room: body.url, appointmentTypes }
        }),
      )
      const withRoom = rooms.filter(({ room }) => room !== null)
      expect(withRoom).toHaveLength(2)
      for (const one of withRoom) expect(one.appointmentTypes).toContain('video')
    } finally {
      await Promise.all(servers.map((server) => server.stop()))
    }
    const again: string[] = []
    const second = await startServer({ env, log, say: (line) => again.push(line) })
    expect(again).toEqual([`Holdfast is ready at ${second.url}`])
    expect(await clinics(second.url)).toHaveLength(1)
    await second.stop()
    await empty.drop()
  })

  test('works for an owner without rights to create roles, with DATABASE_APP_URL', async ({ database }) => {
    const empty = await createEmptyDatabase()
    const name = empty.ownerUrl.replace(/\?.*/, '').split('/').at(-1) ?? ''
    const owner = `${name}_owner`
    await database.ownerPool.query(`create role ${owner} login password 'of a test'`)
    await database.ownerPool.query(`alter database ${name} owner to ${owner}`)
    const server = await serverOn({
      ownerUrl: changeDatabaseUrl(empty.ownerUrl, { user: owner, password: 'of a test' }),
      appUrl: changeDatabaseUrl(database.appUrl, { database: name }),
    })
    const { token } = await signUp(server.url, 'somebody@example.org')
    expect((await call(`${server.url}/api/v1/me`, { bearer: token })).status).toBe(200)
    expect((await call(`${server.url}/readyz`)).status).toBe(200)
    await server.stop()
    await empty.drop()
    await database.ownerPool.query(`drop role ${owner}`)
  })

  test('names an unknown setting, and does not print a password from the settings', async () => {
    const another = await anotherDatabase()
    const server = await serverOn(another, { HOLDFAST_RATELIMIT: 'off' })
    expect(server.said[0]).toBe(
      'Warning: HOLDFAST_RATELIMIT is not a setting of Holdfast; did you mean HOLDFAST_RATE_LIMIT?',
    )
    expect(server.said.join('\n')).not.toContain(administrator.password)
    expect(server.said).toContain(`Administrator: ${administrator.email}`)
    expect(await clinics(server.url)).toEqual([])
    await server.stop()
  })

  test('with an administrator’s address in use: the start is refused, and that account gets no rights', async () => {
    const another = await anotherDatabase()
    const before = await serverOn(another, { HOLDFAST_ADMIN_EMAIL: 'other@example.org' })
    const stranger = await signUp(before.url, 'wanted@example.org', 'password of a stranger')
    await another.ownerPool.query('delete from holdfast.site_administrator')
    await before.stop()
    await expect(serverOn(another, { HOLDFAST_ADMIN_EMAIL: 'wanted@example.org' })).rejects.toThrow(
      /wanted@example\.org.*admin create.*--promote ACCOUNT_ID/,
    )
    const server = await serverOn(another, { HOLDFAST_ADMIN_EMAIL: 'other-again@example.org' })
    const me = await call(`${server.url}/api/v1/me`, { bearer: stranger.token })
    expect(me.body).toMatchObject({ email: 'wanted@example.org', siteAdministrator: false })
    await server.stop()
  })
})

test('HOST=localhost is one address, because only the first has limits', async ({ database }) => {
  const lookup = vi.spyOn(dns, 'lookup').mockImplementation(((...[name, , callback]: [string, unknown, Callback]) => {
    const addresses = name === 'localhost' ? ['127.0.0.1', '127.0.0.2'] : [name]
    callback(
      null,
      addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 })),
    )
  }) as never)
  const server = await startServer({ env: { ...settingsFor(database), HOST: 'localhost' }, log, say: () => undefined })
  lookup.mockRestore()
  const { port } = new URL(server.url)
  expect((await call(`http://127.0.0.1:${port}/livez`)).status).toBe(200)
  await expect(call(`http://127.0.0.2:${port}/livez`)).rejects.toThrow(TypeError)
  await server.stop()
})

describe('a start that fails', () => {
  test('because of its settings names each invalid one, and ends with 1 before any change', async ({ database }) => {
    const { code, stderr, stdout } = await failingServer({
      ...settingsFor(database),
      PORT: '99999',
      HOLDFAST_HOLD_SECONDS: '1',
    })
    expect(code).toBe(1)
    expect(stderr).toContain('PORT: "99999" is not a whole number from 0 to 65535')
    expect(stderr).toContain('HOLDFAST_HOLD_SECONDS: "1" is not a whole number from 30 to 900')
    expect(stderr).not.toMatch(/\s+at /)
    expect(stdout).toBe('')
  })

  test('because backups have no key says so before the administrator is created', async () => {
    const empty = await createEmptyDatabase()
    const env = { DATABASE_URL: empty.ownerUrl, PORT: '0', HOLDFAST_BACKUP_TO: '/var/backups/holdfast' }
    const { code, stderr, stdout } = await failingServer(env)
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain('HOLDFAST_BACKUP_PASSPHRASE')
    await empty.drop()
  })

  test('leaves nothing running', async ({ database }) => {
    const running = await serverOn(database)
    const { port } = new URL(running.url)
    const env = { ...settingsFor(database), PORT: port }
    await expect(startServer({ env, log, say: () => undefined })).rejects.toThrow(StartError)
    await expect(startServer({ env: { ...env, HOST: '203.0.113.1' }, log, say: () => undefined })).rejects.toThrow(
      /HOST=/,
    )
    await expect(startServer({ env: { ...env, PORT: 'x' }, log, say: () => undefined })).rejects.toThrow(/PORT: "x"/)
    await running.stop()
    await untilNoConnections(database)
  })

  test('because its port is in use says which port and what to do', async ({ database }) => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const address = other.address()
    const port = String(typeof address === 'object' ? address?.port : 0)
    const { code, stderr } = await failingServer({ ...settingsFor(database), PORT: port })
    other.close()
    expect(code).toBe(1)
    expect(stderr).toMatch(new RegExp(`Port ${port} of 127.0.0.1 is in use by another program. .* PORT=`))
    expect(stderr).not.toMatch(/\n\s+at /)
  })

  test('because its port is in use creates no database and no administrator', async ({ database }) => {
    const running = await serverOn(database)
    const directory = await mkdtemp(join(tmpdir(), 'holdfast-port-'))
    const said: string[] = []
    const env = { HOLDFAST_DATA: join(directory, 'data'), PORT: new URL(running.url).port }
    await expect(startServer({ env, log, say: (line) => said.push(line) })).rejects.toThrow(/in use by another/)
    const created = await readdir(env.HOLDFAST_DATA)
    await running.stop()
    await rm(directory, { recursive: true })
    expect(created.filter((name) => /postgres|password|secret/.test(name))).toEqual([])
    expect(said.join('\n')).not.toContain('Password')
  })

  test('because its port is in use has printed the password, as no later start does', async ({ database }) => {
    const empty = await anotherDatabase()
    const running = await serverOn(database)
    const { PORT: _, HOLDFAST_ADMIN_PASSWORD: __, ...env } = settingsFor(empty)
    const said: string[] = []
    const start = startServer({ env: { ...env, PORT: new URL(running.url).port }, log, say: (line) => said.push(line) })
    await expect(start).rejects.toThrow(/in use/)
    await running.stop()
    const password = said.find((line) => line.startsWith('Password: '))?.slice('Password: '.length) ?? ''
    const again = await startServer({ env: { ...env, PORT: '0' }, log, say: () => undefined })
    await signIn(again.url, { email: administrator.email, password })
    await again.stop()
  })

  test.for([
    ['site_administrator', ''],
    ['audit_event', ''],
    ['site_administrator', 'at the commit'],
  ])(
    'while it creates the administrator leaves none of it: %s %s; the next start creates and prints it',
    async ([table, when]) => {
      const empty = await anotherDatabase()
      const { HOLDFAST_ADMIN_PASSWORD: _, ...env } = settingsFor(empty)
      await empty.ownerPool.query(`
        create function public.fail() returns trigger language plpgsql as $$ begin raise 'crash'; end $$;
        create constraint trigger crash after insert on holdfast.${table}
          ${when === '' ? '' : 'deferrable initially deferred'} for each row execute function public.fail()`)
      const first: string[] = []
      await expect(startServer({ env, log, say: (line) => first.push(line) })).rejects.toThrow('crash')
      const { rows } = await empty.ownerPool.query(`
        select from auth."user" union all select from holdfast.site_administrator union all
        select from holdfast.audit_event`)
      expect(rows).toEqual([])
      // Printed before the commit: a process that ends right after it has printed the only password there is.
      expect(first.some((line) => line.startsWith('Password: '))).toBe(when !== '')
      await empty.ownerPool.query('drop function public.fail cascade')
      const said: string[] = []
      const server = await startServer({ env, log, say: (line) => said.push(line) })
      const password = said.find((line) => line.startsWith('Password: '))?.slice('Password: '.length) ?? ''
      await signIn(server.url, { email: administrator.email, password })
      await server.stop()
    },
  )

  test.for<[string, Record<string, string>, RegExp]>([
    [
      'the database is not there',
      { DATABASE_URL: 'postgres://nobody:x@127.0.0.1:1/none' },
      /The database cannot be used/,
    ],
    ['HOST is not a local address', { HOST: '203.0.113.1' }, /HOST=203\.0\.113\.1 is not an address of this machine/],
    ['DATABASE_APP_URL is no login', { DATABASE_APP_URL: 'postgres://nobody:x@127.0.0.1:1/none' }, /DATABASE_APP_URL/],
  ])('because %s says so in one line', async ([_what, env, message], { database }) => {
    const { code, stderr } = await failingServer({ ...settingsFor(database), ...env })
    expect(code).toBe(1)
    expect(stderr).toMatch(message)
    expect(stderr).not.toMatch(/\n\s+at /)
  })
})

describe('signals', () => {
  test.for(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s stops an idle server', async (signal, { database }) => {
    const server = await serverProcess({ ...settingsFor(database), HOLDFAST_WORKER: 'on' })
    expect(await server.end(signal)).toBe(0)
    await untilNoConnections(database)
  })
})

describe('HOST', () => {
  test.for<[string, RegExp]>([
    ['localhost', /^http:\/\/localhost:\d+$/],
    ['0.0.0.0', /^http:\/\/0\.0\.0\.0:\d+$/],
  ])('%s is listened on and appears in the ready line', async ([host, url], { database }) => {
    const server = await serverOn(database, { HOST: host })
    expect(server.url).toMatch(url)
    expect((await call(`${server.url.replace('0.0.0.0', '127.0.0.1')}/livez`)).status).toBe(200)
    await server.stop()
  })
})

describe('with the embedded database', () => {
  let dataDirectory: string

  beforeAll(async () => {
    dataDirectory = await mkdtemp(join(tmpdir(), 'holdfast-main-'))
    return async () => {
      await rm(dataDirectory, { recursive: true, force: true })
      await rm(`${dataDirectory}-secret`, { force: true })
    }
  })

  test('a command shares the server’s, a worker cannot; data persists; a command starts it for a time', async () => {
    const env = { PORT: '0', HOLDFAST_DATA: dataDirectory, HOLDFAST_RATE_LIMIT: 'off', HOLDFAST_WORKER: 'off' }
    const said: string[] = []
    const server = await startServer({ env, log, say: (line) => said.push(line) })
    await expect(startWorker({ env, log, say: () => undefined })).rejects.toThrow(/the server runs the jobs/)
    const result = ofKind(readConfig(env), 'ok')
    const { config } = result
    const shared = await openDatabase(config, { share: true })
    const prepared = await shared.prepare()
    expect(prepared.migrated.engine.applied).toEqual([])
    // The secret is not among the data.
    const secretFile = `${dataDirectory}-secret`
    expect(prepared.secrets).toEqual([(await readFile(secretFile, 'utf8')).trim()])
    expect((await stat(secretFile)).mode & 0o777).toBe(0o600)
    const opened = await openAccounts(config, prepared, log)
    const password = 'created by a command'
    const created = await opened.accounts.createAccount({ email: 'cli@example.org', name: 'Cli', password })
    expect(created.kind).toBe('created')
    expect((await opened.accounts.createAccount({ email: 'CLI@example.org', name: 'Cli', password })).kind).toBe(
      'email_taken',
    )
    expect((await opened.accounts.createAccount({ email: 'x@example.org', name: 'X', password: 'short' })).kind).toBe(
      'password_refused',
    )
    await signIn(server.url, { email: 'cli@example.org', password })
    await opened.close()
    await shared.stop()
    expect((await call(`${server.url}/readyz`)).status).toBe(200)
    await expect(startServer({ env, log, say: () => undefined })).rejects.toMatchObject({
      kind: 'data_directory_in_use',
    })
    await server.stop()

    const alone = await openDatabase(config, { share: true })
    expect((await alone.migrate()).migrated.engine.applied).toEqual([])
    await alone.stop()
    const again: string[] = []
    const second = await startServer({ env, log, say: (line) => again.push(line) })
    expect(again.join('\n')).not.toContain('Administrator')
    await signIn(second.url, { email: 'cli@example.org', password })
    expect(await clinics(second.url)).toHaveLength(1)
    await second.stop()
  })
})
