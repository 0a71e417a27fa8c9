import { execFile, spawn } from 'node:child_process'
import { chmod, chown, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'
import type { Target } from '../load/load-job.ts'

const run = promisify(execFile)
const startSecondsMax = 20
const path = `${process.env.PATH}:/usr/sbin:/sbin`
const templates = new URL('../../deploy/', import.meta.url)
/** A program ends with its stdin, which closes when we stop it or when this process ends. */
const untilStdinEnds = '"$@" >&2 </dev/null & cat >/dev/null; kill $!; wait'
/** nginx allows each address 1,000 requests a second. */
const clientAddresses = 64
/** Debian's number of this account. */
const nobody = 65_534

export type NginxServer = { target: Target; stop(): Promise<void> }
export type PgBouncerServer = { urlOf(url: string): string; stop(): Promise<void> }

/** Why nginx and PgBouncer cannot be started here; null: they can. */
export async function whyNoProxies(): Promise<string | null> {
  const programs = { nginx: 'nginx-light', openssl: 'openssl', pgbouncer: 'pgbouncer' }
  for (const [program, name] of Object.entries(programs)) {
    const isThere = await run('sh', ['-c', `command -v ${program}`], { env: { PATH: path } }).then(
      () => true,
      () => false,
    )
    if (!isThere) return `${program} is missing: install Debian's package ${name}`
  }
  return null
}

/** nginx with TLS in front of the servers, by the files of deploy/. */
export async function startNginx(servers: readonly Target[]): Promise<NginxServer> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-bench-nginx-'))
  await chmod(directory, 0o711)
  const [http, https] = await freePorts(2)
  const files = { certificate: join(directory, 'certificate.pem'), key: join(directory, 'key.pem') }
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc', '-days', '2']
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
  await run('openssl', ['req', '-x509', ...curve, ...names, '-keyout', files.key, '-out', files.certificate])
  await fill('nginx/holdfast.conf.template', join(directory, 'holdfast.conf'), {
    HOST: 'localhost',
    HTTP_PORT: `${http}`,
    HTTPS_PORT: `${https}`,
    CERTIFICATE: files.certificate,
    KEY: files.key,
    SERVERS: servers.map(({ host, port }) => `server ${host}:${port} max_fails=3 fail_timeout=5s;`).join('\n  '),
  })
  const main = join(directory, 'nginx.conf')
  await fill('cluster/nginx.conf.template', main, { NGINX_DIRECTORY: directory })
  const stop = await start(['nginx', '-e', 'stderr', '-c', main], directory, async () => {
    await fetch(`http://127.0.0.1:${http}/`, { redirect: 'manual' })
  })
  const tls = { name: 'localhost', certificate: await readFile(files.certificate, 'utf8') }
  return { target: { host: '127.0.0.1', port: https ?? 0, tls, clientAddresses }, stop }
}

async function fill(template: string, file: string, values: Record<string, string>): Promise<void> {
  const text = await readFile(new URL(template, templates), 'utf8')
  await writeFile(
    file,
    text.replaceAll(/\$\{HOLDFAST_(\w+)\}/g, (variable, name: string) => values[name] ?? variable),
  )
}

/** PgBouncer with transaction pooling before the server of a superuser's URL. */
export async function startPgBouncer(ownerUrl: string): Promise<PgBouncerServer> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-bench-pgbouncer-'))
  const { host, port: serverPort, user, password } = new pg.Client({ connectionString: ownerUrl })
  const [port] = await freePorts(1)
  const files = { settings: join(directory, 'pgbouncer.ini'), users: join(directory, 'users.txt') }
  await writeFile(files.users, `"${user}" "${password}"\n`)
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
pool_mode = transaction
default_pool_size = 40
max_client_conn = 2000
`,
  )
  const account = process.getuid?.() === 0 ? await accountFor(host) : null
  if (account !== null) {
    for (const one of [directory, ...Object.values(files)]) await chown(one, account.uid, account.gid)
  }
  const urlOf = (url: string) => {
    const changed = new URL(url.replace(/^(postgres(?:ql)?:\/\/[^/@]*@)\//, '$1localhost/'))
    changed.port = `${port}`
    changed.searchParams.set('host', directory)
    return changed.href
  }
  const asAccount =
    account === null ? [] : ['setpriv', `--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups', '--']
  const stop = await start([...asAccount, 'pgbouncer', files.settings], directory, async () => {
    const client = new pg.Client({ connectionString: urlOf(ownerUrl) })
    client.on('error', () => undefined)
    await client.connect()
    await client.end()
  })
  return { urlOf, stop }
}

/** PgBouncer refuses root. A socket's directory may be open to its owner only. */
async function accountFor(host: string): Promise<{ uid: number; gid: number }> {
  const { uid, gid } = host.startsWith('/') ? await stat(host) : { uid: 0, gid: 0 }
  return uid === 0 ? { uid: nobody, gid: nobody } : { uid, gid }
}

/** @returns what stops it, and removes its directory. @throws Error with its output if it is not ready in time */
async function start(
  command: readonly string[],
  directory: string,
  check: () => Promise<void>,
): Promise<() => Promise<void>> {
  const child = spawn('sh', ['-c', untilStdinEnds, 'sh', ...command], {
    env: { PATH: path },
    stdio: ['pipe', 'ignore', 'pipe'],
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  let said = ''
  child.stderr.on('data', (part: Buffer) => {
    said = `${said}${part}`.slice(-2_000)
  })
  const stop = async () => {
    child.stdin.end()
    await ended
    await rm(directory, { recursive: true, force: true })
  }
  const endMs = performance.now() + startSecondsMax * 1_000
  for (;;) {
    const problem = await check().then(
      () => null,
      (error: unknown) => error,
    )
    if (problem === null) return stop
    if (performance.now() > endMs) {
      await stop()
      throw new Error(`${command.join(' ')} was not ready within ${startSecondsMax} s:\n${said}`, { cause: problem })
    }
    await delay(50)
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer()
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      return server
    }),
  )
  return Promise.all(
    servers.map(async (server) => {
      const address = server.address()
      await new Promise((resolve) => server.close(resolve))
      return typeof address === 'object' ? (address?.port ?? 0) : 0
    }),
  )
}
