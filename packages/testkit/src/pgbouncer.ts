import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, chown, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { until } from './barrier.ts'
import { endProcess } from './end-process.ts'

const program = '/usr/sbin/pgbouncer'
const port = 6432
/** Debian's number of this account. */
const nobody = 65_534

/** Why there is no PgBouncer on this machine; null: there is one. */
export const whyNoPgBouncer = existsSync(program) ? null : `${program} is missing: install Debian's package pgbouncer.`

export type PgBouncer = {
  directory: string
  /** The same database and login through it. */
  urlOf(url: string): string
  stop(): Promise<void>
}

/**
 * PgBouncer before the server of a URL, with only the settings it cannot do without: it refuses every startup parameter
 * that it does not know.
 *
 * @param ownerUrl the URL of a superuser, whom it asks for the passwords of the others
 */
export async function startPgBouncer(
  ownerUrl: string,
  poolMode: 'transaction' | 'session' | 'statement' = 'transaction',
  poolSize = 60,
): Promise<PgBouncer> {
  const directory = await mkdtemp(join(tmpdir(), 'hf-bouncer-'))
  await chmod(directory, 0o755)
  const files = { settings: join(directory, 'pgbouncer.ini'), users: join(directory, 'userlist.txt') }
  const { host, port: serverPort, user, password } = new pg.Client({ connectionString: ownerUrl })
  await writeFile(files.users, `"${user}" "${password}"\n`, { mode: 0o600 })
  await writeFile(
    files.settings,
    `[databases]
* = host=${host} port=${serverPort}
[pgbouncer]
unix_socket_dir = ${directory}
listen_port = ${port}
auth_type = scram-sha-256
auth_file = ${files.users}
auth_user = ${user}
auth_query = SELECT usename, passwd FROM pg_shadow WHERE usename = $1
pool_mode = ${poolMode}
default_pool_size = ${poolSize}
max_client_conn = 2000
server_idle_timeout = 5
server_tls_sslmode = prefer
admin_users = ${user}
`,
  )
  const account = process.getuid?.() === 0 ? await accountFor(host) : null
  if (account !== null) {
    for (const path of [directory, ...Object.values(files)]) await chown(path, account.uid, account.gid)
  }
  const child = spawn(program, [files.settings], { stdio: ['ignore', 'ignore', 'pipe'], ...account })
  const urlOf = (url: string) => throughPgBouncer(url, directory)
  try {
    await untilReady(child, urlOf(ownerUrl))
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
  return {
    directory,
    urlOf,
    async stop() {
      await endProcess(child, 'SIGTERM')
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** PgBouncer refuses root. A socket's directory may be open to its owner only. */
async function accountFor(host: string): Promise<{ uid: number; gid: number }> {
  const { uid, gid } = host.startsWith('/') ? await stat(host) : { uid: 0, gid: 0 }
  return uid === 0 ? { uid: nobody, gid: nobody } : { uid, gid }
}

/** @param directory the directory of its socket */
export function throughPgBouncer(url: string, directory: string): string {
  const changed = new URL(url.replace(/^(postgres(?:ql)?:\/\/[^/@]*@)\//, '$1localhost/'))
  changed.port = `${port}`
  changed.searchParams.set('host', directory)
  changed.searchParams.delete('options')
  return changed.href
}

async function untilReady(child: ChildProcess, url: string): Promise<void> {
  let said = ''
  child.stderr?.on('data', (data: Buffer) => {
    said = `${said}${data}`.slice(-2_000)
  })
  await until(
    async () => {
      if (child.exitCode !== null) throw new Error(`PgBouncer has ended: ${said}`)
      const client = new pg.Client({ connectionString: url })
      client.on('error', () => {})
      return client.connect().then(
        () => client.end().then(() => true as const),
        () => undefined,
      )
    },
    () => `PgBouncer to accept a connection: ${said}`,
  )
}
