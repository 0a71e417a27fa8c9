// Drill: database servers that start, stop and are killed
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fillDataDirectory, ofKind } from '@holdfast/testkit'
import { Client } from 'pg'
import { afterEach, describe, expect, test } from 'vitest'
import { errorCode } from '../error-code.ts'
import { prepareClusterHome } from './cluster-home.ts'
import { EmbeddedPostgresError } from './embedded-postgres-error.ts'
import { pollUntil } from './poll-until.ts'
import { postgresBinaries } from './postgres-binaries.ts'
import { startPostmaster } from './postmaster.ts'
import { readPostmasterState } from './postmaster-file.ts'
import {
  type EmbeddedPostgres,
  type StartEmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from './start-embedded-postgres.ts'

const isRoot = process.getuid?.() === 0
const moduleUrl = import.meta.resolve('./start-embedded-postgres.ts')

const running: EmbeddedPostgres[] = []
const children: ChildProcess[] = []
const directories: string[] = []

afterEach(async () => {
  for (const child of children.splice(0)) if (child.exitCode === null) child.kill('SIGKILL')
  for (const database of running.splice(0)) await database.stop()
  for (const directory of directories.splice(0)) {
    await endLeftover(join(directory, 'postgres'))
    await rm(directory, { recursive: true, force: true })
  }
})

/** A server that a killed Holdfast left, which may be ending just now. */
async function endLeftover(clusterDirectory: string): Promise<void> {
  const isGone = async () => {
    const state = await readPostmasterState(clusterDirectory)
    if (state.kind !== 'live') return true
    signal(state.file.pid, 'SIGQUIT')
    return undefined
  }
  await pollUntil(isGone, 60_000)
}

/** Sends a signal to a process that may have ended by now. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error
  }
}

/** Under /tmp, and not os.tmpdir(): the length of the path decides where the socket goes. */
async function aDirectory(): Promise<string> {
  const directory = await mkdtemp('/tmp/hf-test-')
  await chmod(directory, 0o711)
  directories.push(directory)
  return directory
}

/** One in which initdb has run, where a test is not about the first start. */
async function aFilledDirectory(): Promise<string> {
  const directory = await aDirectory()
  await fillDataDirectory(directory)
  return directory
}

async function start(options: StartEmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const database = await startEmbeddedPostgres(options)
  running.push(database)
  return database
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query({ text: sql, rowMode: 'array' })).rows.flat()
  } finally {
    await client.end()
  }
}

async function failureOf(attempt: Promise<unknown>): Promise<EmbeddedPostgresError> {
  const error = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof EmbeddedPostgresError)) throw new Error(`expected an EmbeddedPostgresError, got ${error}`)
  return error
}

/** Another Holdfast: a process that starts the database, says its URL and then only waits. It survives SIGINT. */
async function startElsewhere(
  dataDirectory: string,
  account: { uid?: number; gid?: number } = {},
): Promise<{ child: ChildProcess; url: string }> {
  const script = `import { startEmbeddedPostgres } from ${JSON.stringify(moduleUrl)}
    process.on('SIGINT', () => console.log('interrupted'))
    const database = await startEmbeddedPostgres({ dataDirectory: ${JSON.stringify(dataDirectory)} })
    console.log(database.ownerUrl)
    process.stdin.on('end', () => database.stop()).resume()`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    cwd: '/',
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
    ...account,
  })
  children.push(child)
  const [url] = await once(createInterface(child.stdout), 'line')
  return { child, url: String(url) }
}

async function postmasterPid(dataDirectory: string): Promise<number> {
  return ofKind(await readPostmasterState(join(dataDirectory, 'postgres')), 'live').file.pid
}

describe('startEmbeddedPostgres', () => {
  test('a first start creates a durable UTF-8 database that listens on a socket only', async () => {
    const dataDirectory = await aDirectory()
    const database = await start({ dataDirectory })
    const settings = ['fsync', 'synchronous_commit', 'timezone', 'listen_addresses', 'server_encoding']
    const sql = settings.map((name) => `current_setting('${name}')`).join(', ')
    expect(await query(database.ownerUrl, `select ${sql}`)).toEqual(['on', 'on', 'UTC', '', 'UTF8'])
    expect(
      await query(database.ownerUrl, 'select datlocale from pg_database where datname = current_database()'),
    ).toEqual(['C.UTF-8'])
    expect(database.version).toMatch(/^18\.\d+$/)
    expect((await stat(join(dataDirectory, 'owner-password'))).mode & 0o777).toBe(0o600)
    expect((await stat(join(dataDirectory, 'socket'))).mode & 0o777).toBe(0o700)
  })

  test('the owner must log in with a password', async () => {
    const { ownerUrl } = await start({ dataDirectory: await aFilledDirectory() })
    const url = new URL(ownerUrl)
    url.password = 'guessed'
    await expect(query(url.href, 'select 1')).rejects.toThrow(/password authentication failed/)
  })

  test('a second start keeps the data and the URL', async () => {
    const dataDirectory = await aFilledDirectory()
    const first = await start({ dataDirectory })
    await query(first.ownerUrl, 'create table stored as select 42 as value')
    await first.stop()
    await first.stop()
    const second = await start({ dataDirectory })
    expect(await query(second.ownerUrl, 'select value from stored')).toEqual([42])
    expect(second.ownerUrl).toBe(first.ownerUrl)
  })

  test('a data directory in use is refused with an error that names the process and the directory', async () => {
    const dataDirectory = await aFilledDirectory()
    const { child, url } = await startElsewhere(dataDirectory)
    const error = await failureOf(start({ dataDirectory }))
    expect(error.kind).toBe('data_directory_in_use')
    expect(error.message).toContain(`process ${child.pid}`)
    expect(error.message).toContain(dataDirectory)
    expect(await query(url, 'select 1'), 'the one in use is left alone').toEqual([1])
    child.stdin?.end()
    await once(child, 'exit')
    const after = await start({ dataDirectory })
    expect(await query(after.ownerUrl, 'select 1')).toEqual([1])
  })

  test('a kill -9 of Holdfast also shuts down its server cleanly', async () => {
    const dataDirectory = await aFilledDirectory()
    const { child, url } = await startElsewhere(dataDirectory)
    await query(url, 'create table stored as select 42 as value')
    expect((await readPostmasterState(join(dataDirectory, 'postgres'))).kind).toBe('live')
    child.kill('SIGKILL')
    const isGone = async () => {
      const { kind } = await readPostmasterState(join(dataDirectory, 'postgres'))
      return kind === 'none' ? kind : undefined
    }
    expect(await pollUntil(isGone, 20_000), 'a server killed in its turn would leave its file').toBe('none')
    const database = await start({ dataDirectory })
    expect(await query(database.ownerUrl, 'select value from stored')).toEqual([42])
  })

  test('the next start stops a server that a killed Holdfast left running, and keeps its data', async () => {
    const dataDirectory = await aFilledDirectory()
    const first = await start({ dataDirectory })
    await query(first.ownerUrl, 'create table stored as select 42 as value')
    await first.stop()
    const log = () => undefined
    const clusterHome = await prepareClusterHome(dataDirectory, join(dataDirectory, 'shared'), log)
    const binaries = await postgresBinaries(clusterHome.account, join(dataDirectory, 'shared'), log)
    const settings = { unix_socket_directories: join(dataDirectory, 'socket'), listen_addresses: '' }
    const left = await startPostmaster(clusterHome, binaries, settings)
    const said: string[] = []
    const database = await start({ dataDirectory, log: (message) => said.push(message) })
    expect(await left.ended).toBe('exit code 0')
    expect(said.join('\n')).toContain(`process ${left.pid}`)
    expect(await query(database.ownerUrl, 'select value from stored')).toEqual([42])
  })

  test('a server and its Holdfast both killed: the next start recovers what was committed', async () => {
    const dataDirectory = await aFilledDirectory()
    const { child, url } = await startElsewhere(dataDirectory)
    await query(url, 'create table stored as select 42 as value')
    const pid = await postmasterPid(dataDirectory)
    // Held still, it neither starts its server again nor, by its end, has it stopped in good order.
    child.kill('SIGSTOP')
    process.kill(pid, 'SIGKILL')
    child.kill('SIGKILL')
    await once(child, 'exit')
    const database = await start({ dataDirectory })
    expect(await query(database.ownerUrl, 'select value from stored')).toEqual([42])
  })

  test('Ctrl-C, which signals the whole foreground process group, does not reach the server', async () => {
    const dataDirectory = await aFilledDirectory()
    const { child, url } = await startElsewhere(dataDirectory)
    const lines = createInterface(child.stdout ?? process.stdin)
    const firstLine = once(lines, 'line')
    process.kill(-Number(child.pid), 'SIGINT')
    expect(await firstLine).toEqual(['interrupted'])
    expect(await query(url, 'select 1')).toEqual([1])
  })

  test('a server that crashes is restarted under the same URL', async () => {
    const dataDirectory = await aFilledDirectory()
    const said: string[] = []
    const { ownerUrl } = await start({ dataDirectory, log: (message) => said.push(message) })
    const firstPid = await postmasterPid(dataDirectory)
    process.kill(firstPid, 'SIGKILL')
    const result = await pollUntil(() => query(ownerUrl, 'select 1').catch(() => undefined), 20_000)
    expect(result).toEqual([1])
    expect(await postmasterPid(dataDirectory)).not.toBe(firstPid)
    expect(said.join('\n')).toContain('SIGKILL')
  })

  test('if the path is too long for a socket, the socket is in the temporary directory until the stop', async () => {
    const dataDirectory = join(await aDirectory(), 'deep'.repeat(30))
    await fillDataDirectory(dataDirectory)
    const database = await start({ dataDirectory })
    const socketDirectory = String(new URL(database.ownerUrl).searchParams.get('host'))
    expect(socketDirectory.length).toBeLessThan(85)
    expect(await query(database.ownerUrl, 'select 1')).toEqual([1])
    await database.stop()
    await expect(stat(socketDirectory)).rejects.toThrow(/ENOENT/)
  })

  test('a data directory that cannot be created is refused with an error that names it', async () => {
    const directory = await aDirectory()
    await writeFile(join(directory, 'file'), '')
    const error = await failureOf(start({ dataDirectory: join(directory, 'file', 'data') }))
    expect(error.kind).toBe('data_directory_unusable')
    expect(error.message).toContain(join(directory, 'file', 'data'))
  })

  test('a directory in /proc, where none can be created, is refused at once', async () => {
    const error = await failureOf(start({ dataDirectory: '/proc/holdfast/data' }))
    expect(error.kind).toBe('data_directory_unusable')
    expect(error.message).toContain('/proc/holdfast/data')
  })
})

describe('a damaged cluster', () => {
  test('one whose creation was interrupted is created again', async () => {
    const dataDirectory = await aDirectory()
    await mkdir(join(dataDirectory, 'postgres.initialising-0a1b2c3d', 'base'), { recursive: true })
    await writeFile(join(dataDirectory, 'postgres.initialising-0a1b2c3d', 'PG_VERSION'), '18\n')
    const database = await start({ dataDirectory })
    expect(await query(database.ownerUrl, 'select 1')).toEqual([1])
    expect(await readdir(dataDirectory)).not.toContain('postgres.initialising-0a1b2c3d')
  })

  test('a directory with other files is refused and not changed', async () => {
    const dataDirectory = await aDirectory()
    await mkdir(join(dataDirectory, 'postgres'))
    await writeFile(join(dataDirectory, 'postgres', 'diary.txt'), 'dear diary')
    expect((await failureOf(start({ dataDirectory }))).kind).toBe('not_a_cluster')
    expect(await readFile(join(dataDirectory, 'postgres', 'diary.txt'), 'utf8')).toBe('dear diary')
  })

  test('one of another major version is refused with both versions', async () => {
    const dataDirectory = await aDirectory()
    await mkdir(join(dataDirectory, 'postgres'))
    await writeFile(join(dataDirectory, 'postgres', 'PG_VERSION'), '17\n')
    const error = await failureOf(start({ dataDirectory }))
    expect(error.kind).toBe('other_major_version')
    expect(error.message).toMatch(/PostgreSQL 17.*carries 18\./)
  })

  test('a lost password file is created again, and the data is still there', async () => {
    const dataDirectory = await aFilledDirectory()
    const first = await start({ dataDirectory })
    await query(first.ownerUrl, 'create table stored as select 42 as value')
    await first.stop()
    await rm(join(dataDirectory, 'owner-password'))
    const second = await start({ dataDirectory })
    expect(second.ownerUrl).not.toBe(first.ownerUrl)
    expect(await query(second.ownerUrl, 'select value from stored')).toEqual([42])
  })

  test('a postmaster.pid of a dead process, or of another program, does not prevent a start', async () => {
    const dataDirectory = await aFilledDirectory()
    const clusterDirectory = join(dataDirectory, 'postgres')
    const first = await start({ dataDirectory })
    const content = await readFile(join(clusterDirectory, 'postmaster.pid'), 'utf8')
    await first.stop()
    const { uid, gid } = await stat(clusterDirectory)
    const stranger = spawn('/bin/sh', ['-c', 'read line'], { cwd: '/', stdio: ['pipe', 'ignore', 'ignore'], uid, gid })
    children.push(stranger)
    await once(stranger, 'spawn')
    await writeFile(join(clusterDirectory, 'postmaster.pid'), content.replace(/^\d+/, String(stranger.pid)))
    expect((await readPostmasterState(clusterDirectory)).kind).toBe('reused')
    const second = await start({ dataDirectory })
    await second.stop()
    stranger.stdin?.end()
    await once(stranger, 'exit')
    await writeFile(join(clusterDirectory, 'postmaster.pid'), content.replace(/^\d+/, String(stranger.pid)))
    expect((await readPostmasterState(clusterDirectory)).kind).toBe('dead')
    const third = await start({ dataDirectory })
    expect(await query(third.ownerUrl, 'select 1')).toEqual([1])
  })

  test('a refused setting is reported with the log of the server, and the directory is unlocked', async () => {
    const dataDirectory = await aFilledDirectory()
    const error = await failureOf(start({ dataDirectory, settings: { max_connections: '-1' } }))
    expect(error.kind).toBe('start_failed')
    expect(error.message).toContain('max_connections')
    const database = await start({ dataDirectory })
    expect(await query(database.ownerUrl, 'select 1')).toEqual([1])
  })
})

if (isRoot) {
  describe('as root', () => {
    test('the server runs as an unprivileged account', async () => {
      const dataDirectory = await aDirectory()
      await start({ dataDirectory })
      expect((await stat(`/proc/${await postmasterPid(dataDirectory)}`)).uid).not.toBe(0)
    })

    test('an empty directory that only root can enter is opened for traversal', async () => {
      const dataDirectory = await aDirectory()
      await chmod(dataDirectory, 0o700)
      await start({ dataDirectory })
      expect((await stat(dataDirectory)).mode & 0o777).toBe(0o711)
      expect((await stat(join(dataDirectory, 'postgres'))).mode & 0o777).toBe(0o700)
    })

    test('if the account cannot enter, the database is in the shared directory and is found there again', async () => {
      const closed = await aDirectory()
      await chmod(closed, 0o700)
      await mkdir(join(closed, 'checkout'))
      const dataDirectory = join(closed, 'checkout', '.holdfast')
      const shared = await aDirectory()
      await chmod(shared, 0o755)
      const options = { dataDirectory, sharedDirectory: join(shared, 'holdfast') }
      const said: string[] = []
      const first = await start({ ...options, log: (message) => said.push(message) })
      await query(first.ownerUrl, 'create table stored as select 42 as value')
      await first.stop()
      const home = (await readFile(join(dataDirectory, 'database-location'), 'utf8')).trim()
      expect(home.startsWith(shared)).toBe(true)
      expect(said.join('\n')).toContain(home)
      const second = await start(options)
      expect(await query(second.ownerUrl, 'select value from stored')).toEqual([42])
      await second.stop()
      await rm(home, { recursive: true })
      const error = await failureOf(start(options))
      expect(error.kind).toBe('data_missing')
      expect(error.message).toContain(home)
    })

    test('an ordinary user runs the server directly; another user is refused, and root may take it over', async () => {
      const dataDirectory = join(await aDirectory(), 'data')
      await chmod(String(directories.at(-1)), 0o777)
      const nobody = { uid: 65_534, gid: 65_534 }
      const { child, url } = await startElsewhere(dataDirectory, nobody)
      expect((await stat(`/proc/${await postmasterPid(dataDirectory)}`)).uid).toBe(nobody.uid)
      await query(url, 'create table stored as select 42 as value')
      child.stdin?.end()
      await once(child, 'exit')
      const database = await start({ dataDirectory })
      expect(await query(database.ownerUrl, 'select value from stored')).toEqual([42])
      expect((await stat(`/proc/${await postmasterPid(dataDirectory)}`)).uid).toBe(nobody.uid)
    })
  })
}
