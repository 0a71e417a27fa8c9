import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chown, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { messageOf } from '@holdfast/vocabulary'
import { errorCode } from '../error-code.ts'
import type { ClusterHome } from './cluster-home.ts'
import { EmbeddedPostgresError } from './embedded-postgres-error.ts'
import type { PostgresBinaries } from './postgres-binaries.ts'
import { restoringPrefix } from './restoring-prefix.ts'
import { type Account, spawnIdentity } from './unprivileged-account.ts'

/** The database and its owner, both created with the cluster. */
export const embeddedDatabaseName = 'holdfast'
export const embeddedOwnerName = 'holdfast'

const passwordName = 'owner-password'
const draftPrefix = 'postgres.initialising-'

/**
 * Creates the cluster if there is none, and returns its owner's password. Call it with the data directory locked.
 *
 * The cluster is created under another name and renamed when it is complete. An incomplete one is recognised by its
 * name and created again; a cluster with the final name is never changed.
 *
 * @throws EmbeddedPostgresError `not_a_cluster`, `other_major_version`, `restore_unfinished`, `initialise_failed`; and
 *   whatever `beforeCreating` throws
 */
export async function initialiseCluster(
  clusterHome: ClusterHome,
  binaries: PostgresBinaries,
  beforeCreating?: () => Promise<void>,
): Promise<string> {
  const { clusterDirectory, dataDirectory, account } = clusterHome
  const existing = await majorVersionOf(clusterDirectory)
  const known = await readOwnerPassword(dataDirectory)
  if (existing !== undefined) {
    if (existing !== binaries.majorVersion) throw otherVersion(clusterDirectory, existing, binaries)
    if (known !== undefined) return known
    // The file was lost, but not the cluster; or the cluster was restored, which is without this file.
    const password = await resetOwnerPassword(clusterHome, binaries)
    await writeDurably(join(dataDirectory, passwordName), password)
    return password
  }
  await refuseUnfinishedRestore(clusterHome.home)
  await beforeCreating?.()
  const password = known ?? newPassword()
  await writeDurably(join(dataDirectory, passwordName), password)
  await removeDrafts(clusterHome.home)
  // A unique name: an initdb whose Holdfast was killed may still be writing to an earlier draft.
  const draft = join(clusterHome.home, `${draftPrefix}${randomBytes(4).toString('hex')}`)
  await mkdir(draft, { mode: 0o700 })
  if (account !== undefined) await chown(draft, account.uid, account.gid)
  await runInitdb(draft, password, binaries, account)
  await runSingleUser(draft, `CREATE DATABASE ${embeddedDatabaseName}`, binaries, account)
  await rename(draft, clusterDirectory)
  await syncDirectory(dirname(clusterDirectory))
  return password
}

/** Anyone who may run the server may also set the owner's password. @returns the new one */
export async function resetOwnerPassword(
  { clusterDirectory, account }: ClusterHome,
  binaries: PostgresBinaries,
): Promise<string> {
  const password = newPassword()
  await runSingleUser(clusterDirectory, `ALTER ROLE ${embeddedOwnerName} PASSWORD '${password}'`, binaries, account)
  return password
}

/**
 * A new database beside it would look as if everything had been lost.
 *
 * @throws EmbeddedPostgresError `restore_unfinished`
 */
export async function refuseUnfinishedRestore(home: string): Promise<void> {
  const found = (await namesIn(home))?.find((name) => name.startsWith(restoringPrefix))
  if (found === undefined) return
  throw new EmbeddedPostgresError(
    'restore_unfinished',
    `A restore into ${home} was interrupted. Run \`holdfast restore\` again with the same --data, or remove the ` +
      'directory to start with an empty database.',
  )
}

async function removeDrafts(home: string): Promise<void> {
  for (const name of await readdir(home)) {
    if (!name.startsWith(draftPrefix)) continue
    await rm(join(home, name), { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
  }
}

/** The owner's password; undefined when none has been stored. */
export async function readOwnerPassword(dataDirectory: string): Promise<string | undefined> {
  try {
    const password = (await readFile(join(dataDirectory, passwordName), 'utf8')).trim()
    return password === '' ? undefined : password
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

/** Hexadecimal, so it needs no quoting in SQL, in a URL or in a file. */
function newPassword(): string {
  return randomBytes(24).toString('hex')
}

/**
 * The major version of PostgreSQL that created a cluster; undefined: there is none.
 *
 * @throws EmbeddedPostgresError `not_a_cluster`
 */
export async function majorVersionOf(clusterDirectory: string): Promise<number | undefined> {
  try {
    return Number((await readFile(join(clusterDirectory, 'PG_VERSION'), 'utf8')).trim())
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error
  }
  if ((await namesIn(clusterDirectory)) === undefined) return undefined
  throw new EmbeddedPostgresError(
    'not_a_cluster',
    `${clusterDirectory} exists but contains no PostgreSQL database (PG_VERSION is missing). Nothing was changed. ` +
      'Restore the files, or move the directory away to start with an empty database.',
  )
}

/** undefined: there is no such directory. */
async function namesIn(directory: string): Promise<string[] | undefined> {
  return readdir(directory).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  })
}

function otherVersion(clusterDirectory: string, found: number, binaries: PostgresBinaries): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    'other_major_version',
    `The database in ${clusterDirectory} was created by PostgreSQL ${found}, and this Holdfast carries ` +
      `${binaries.version}. Nothing was changed. Dump it with the Holdfast that created it and restore it here, ` +
      'or set HOLDFAST_DATA to another directory.',
  )
}

/**
 * Which encoding and sort order the database has: PostgreSQL's built-in C.UTF-8 is the same on every machine, whatever
 * it has installed. The database of deploy/compose.yaml is created in the same way.
 */
export const collationArguments = [
  '--encoding=UTF8',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  '--locale=C',
  '--data-checksums',
]

async function runInitdb(
  directory: string,
  password: string,
  binaries: PostgresBinaries,
  account: Account | undefined,
): Promise<void> {
  // initdb reads the password from a file that its account can open, which it can't do with root's /dev/stdin.
  const passwordPath = `${directory}.password`
  await rm(passwordPath, { force: true })
  await writeFile(passwordPath, `${password}\n`, { mode: 0o600 })
  if (account !== undefined) await chown(passwordPath, account.uid, account.gid)
  const args = [
    `--pgdata=${directory}`,
    `--username=${embeddedOwnerName}`,
    `--pwfile=${passwordPath}`,
    '--auth=scram-sha-256',
    ...collationArguments,
  ]
  try {
    await runProgram(binaries.initdb, args, '', account)
  } finally {
    await rm(passwordPath, { force: true })
  }
}

/** Single-user mode runs SQL without a server, a password or a socket. */
async function runSingleUser(
  directory: string,
  sql: string,
  binaries: PostgresBinaries,
  account: Account | undefined,
): Promise<void> {
  await runProgram(binaries.postgres, ['--single', '-j', '-D', directory, 'postgres'], `${sql};\n\n`, account)
}

export async function runProgram(
  program: string,
  args: string[],
  input: string,
  account: Account | undefined,
): Promise<void> {
  const env = { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }
  const running = promisify(execFile)(program, args, { cwd: '/', env, ...spawnIdentity(account) })
  // A program that ends before reading all of its input breaks the pipe. Its exit code is the better error.
  running.child.stdin?.on('error', () => undefined)
  running.child.stdin?.end(input)
  const result = await running.then(
    ({ stderr }) => ({ failed: false, stderr }),
    (error: Error & { stderr?: string }) => ({ failed: true, stderr: error.stderr || messageOf(error) }),
  )
  // Single-user mode reports an SQL error and still exits with 0.
  if (!result.failed && !/^.*(ERROR|FATAL|PANIC): /m.test(result.stderr)) return
  throw new EmbeddedPostgresError('initialise_failed', `Can't create the database: ${result.stderr.trim()}`)
}

/** Writes the whole file or nothing, also on a power failure: it must be as durable as the cluster it opens. */
async function writeDurably(path: string, text: string): Promise<void> {
  const draft = `${path}.new`
  await writeFile(draft, `${text}\n`, { mode: 0o600, flush: true })
  await rename(draft, path)
  await syncDirectory(dirname(path))
}

export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path)
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}
